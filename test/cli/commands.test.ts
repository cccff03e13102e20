import { access, mkdir, readFile, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { decide } from '../../src/sandbox/decide.ts'
import { freePort } from '../support/place.ts'
import { CLIENT_ID, laptop, SECRET, startCommand } from './support.ts'

const COMMANDS = ['login', 'token', 'status', 'logout', 'accounts', 'doctor', 'sandbox', 'serve']
const RED = '\u001b[31mred\u009b0m'

/** A laptop on which nobody has connected an account. */
let fresh: Awaited<ReturnType<typeof laptop>>
beforeAll(async () => {
  fresh = await laptop()
})
afterAll(() => fresh[Symbol.asyncDispose]())

test.each(['help', '--help', '-h'])('%s lists every command', async (word) => {
  const { status, stdout, stderr } = await fresh.run([word])

  for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${command}\\b.* {2}\\S`, 'm'))
  expect([status, stderr]).toStrictEqual([0, ''])
})

test.each(COMMANDS)('%s --help says how the command is used, and does nothing', async (command) => {
  const asked = await fresh.run([command, '--help'])
  const helped = await fresh.run(['help', command])

  expect(asked.stdout).toMatch(new RegExp(`^Usage: instagram-access-token ${command} `))
  expect(helped).toStrictEqual(asked)
  expect([asked.status, asked.stderr]).toStrictEqual([0, ''])
  await expect(access(fresh.user)).rejects.toThrow()
})

test.each(['--version', '-v'])('%s is the version of the package', async (option) => {
  const manifest = await readFile(join(import.meta.dirname, '../../package.json'), 'utf8')

  const { status, stdout } = await fresh.run([option])

  expect([status, stdout]).toStrictEqual([0, `${(JSON.parse(manifest) as { version: string }).version}\n`])
})

test.each([
  [['tokn'], "Unknown command 'tokn'. Did you mean token?"],
  [['Acounts'], 'Did you mean accounts?'],
  [['help', 'doktor'], 'Did you mean doctor?'],
  [['frobnicate'], 'frobnicate'],
  [['--jason'], "Unknown option '--jason'. Did you mean --json?"],
  [['accounts', '--serch', 'x'], 'Did you mean --search?'],
  [['--no-open', 'token'], 'Options follow the command: instagram-access-token token'],
  [['login', 'now'], 'now'],
  [['--port', '70000'], 'It must be a whole number from 1 to 65535.'],
  [['sandbox', '--port', 'x'], 'It must be a whole number'],
  [['sandbox', '--redirect-uri', 'response'], '--redirect-uri must be'],
  [['sandbox', '--redirect-uri', 'http://localhost/\u001b[31m'], '--redirect-uri must be'],
  [['doctor', '--jason'], '--jason'],
  [['serve', 'me'], 'me'],
  [['accounts', 'destroy'], 'instagram-access-token accounts refresh <account>'],
])('%j is not understood, and the reason is given', async (args, words) => {
  const { status, stdout, stderr } = await fresh.run(args)

  expect([status, stdout]).toStrictEqual([2, ''])
  expect(stderr).toContain(words)
  expect(stderr).not.toContain('    at ')
})

test.each([
  [['token', '--json'], {}, 1, 'failed', 'No account is connected. Connect one: instagram-access-token login'],
  [['accounts', 'refresh', '1', '--json'], {}, 1, 'failed', 'No account 1.'],
  [['token', '--json', '--name', 'A'], {}, 2, 'usage', '--name requires --env'],
  [['accounts', '--json', 'destroy'], {}, 2, 'usage', 'Unknown action “destroy”.'],
  [['doctor', '--json', 'all'], {}, 2, 'usage', 'all'],
  [['tokn', '--json'], {}, 2, 'usage', 'Did you mean token?'],
  [['token', '--json'], { TOKEN_KEYS: 'canary' }, 1, 'settings', 'Invalid settings'],
  [['accounts', '--json'], { TOKEN_KEYS: 'canary' }, 1, 'settings', 'Invalid settings'],
])('a program that asks %j, with %j, gets the failure as JSON', async (args, change, status, name, words) => {
  await using here = await laptop()

  const failed = await here.run(args, change)

  const { error } = JSON.parse(failed.stdout) as { error: { message: string; steps: string[] } }
  expect(error).toStrictEqual({
    name,
    message: expect.stringContaining(words) as string,
    steps: name === 'settings' ? [expect.stringMatching(/^TOKEN_KEYS must be/)] : [],
  })
  expect(failed.stderr).toContain(error.message)
  expect(failed.stdout + failed.stderr).not.toMatch(/canary| {4}at /)
  expect(failed.status).toBe(status)
})

test.each([
  [[RED]],
  [['help', RED]],
  [[`--${RED}`]],
  [['token', RED]],
  [['token', '@one', RED]],
  [['accounts', RED]],
  [['accounts', 'refresh', RED]],
  [['accounts', '--status', RED]],
  [['doctor', RED]],
])('%j is repeated without control characters', async (args) => {
  await using here = await laptop()

  const { status, stderr } = await here.run(args)

  expect(status).not.toBe(0)
  expect(stderr).toContain('red')
  expect(stderr).not.toMatch(/[^\P{C}\n]/u)
})

test('the doctor shows a path with its control characters escaped', async () => {
  const folder = join(fresh.home, 'a\u001b[31mred')
  await mkdir(folder)

  const { stdout } = await fresh.run(['doctor'], { DATABASE_URL: `file:${folder}` })

  expect(stdout).toContain(`The database ${fresh.home}/a\\u001b[31mred cannot be opened`)
  expect(stdout).not.toContain('\u001b')
})

test('the doctor checks the settings of a login on this machine', async () => {
  await using here = await laptop()
  await here.login()

  const well = await here.run(['doctor'])
  const ill = await here.run(['doctor', '--json'], { INSTAGRAM_SCOPES: 'user_profile' })

  expect(well.stdout).toMatch(/^✓ App ID /m)
  expect(well.stdout).toMatch(/^✓ Token keys /m)
  expect(well.stdout).toMatch(/\n\n\d+ passed, \d+ unknown\n$/)
  expect([well.status, well.stderr]).toStrictEqual([0, ''])
  expect(JSON.parse(ill.stdout)).toMatchObject({ wrong: 1 })
  expect(ill.status).toBe(1)
})

test('the doctor compares an Embed URL with the settings, and prints its lines for .env', async () => {
  await using here = await laptop()
  const redirect_uri = here.redirectUri.replace('https:', 'http:')
  const query = { client_id: CLIENT_ID, redirect_uri, response_type: 'code', scope: 'instagram_business_basic' }
  const url = `https://www.instagram.com/oauth/authorize?${new URLSearchParams(query).toString()}`
  const env = [
    `INSTAGRAM_CLIENT_ID=${CLIENT_ID}`,
    `INSTAGRAM_REDIRECT_URI=${redirect_uri}`,
    'INSTAGRAM_SCOPES=instagram_business_basic',
  ]

  const { status, stdout } = await here.run(['doctor', '--embed-url', url])
  const json = await here.run(['doctor', '--json', '--embed-url', url])

  expect(status).toBe(1)
  expect(stdout).toMatch(/^✓ Embed URL: app ID +It matches/m)
  expect(stdout).toMatch(
    /^✗ Embed URL: redirect URI +It is “http:.*: the scheme differs.*\n +→ Set INSTAGRAM_REDIRECT_URI/m,
  )
  expect(stdout.endsWith(`\n${env.join('\n')}\n`)).toBe(true)
  expect(JSON.parse(json.stdout)).toMatchObject({ env })
})

test('the doctor accepts any redirect path, as a login does, but in the project only that of the web app', async () => {
  await using here = await laptop({ redirectUri: 'https://tokens.invalid/instagram/callback' })
  const environment = { ...here.nothing, INSTAGRAM_CLIENT_ID: CLIENT_ID, INSTAGRAM_CLIENT_SECRET: SECRET }

  const { status, stdout } = await here.run(['doctor'])
  const ill = await here.run(['doctor'], { INSTAGRAM_REDIRECT_URI: 'https://tokens.invalid/callback?a=1' })
  const project = await startCommand({
    args: ['doctor'],
    environment: {
      ...environment,
      INSTAGRAM_REDIRECT_URI: here.redirectUri,
      DATABASE_URL: `file:${here.home}/accounts.db`,
    },
    isProject: true,
  }).ended

  expect(stdout).toMatch(/^✓ Settings /m)
  expect(stdout).toMatch(/^✓ Redirect URI {2,}/m)
  expect(stdout).not.toContain('/response')
  // Nothing answers at that name.
  expect([status, stdout]).toEqual([1, expect.stringContaining(' 1 failed,')])
  expect(ill.stdout).toMatch(/^✗ INSTAGRAM_REDIRECT_URI +INSTAGRAM_REDIRECT_URI must have no query/m)
  expect(project.stdout).toMatch(/^✗ INSTAGRAM_REDIRECT_URI +INSTAGRAM_REDIRECT_URI must have the path \/response/m)
})

test('on a fresh clone the doctor finds nothing wrong, and creates nothing', async () => {
  const database = join(fresh.home, 'project', 'accounts.db')
  const environment = { SANDBOX_PORT: '1', PORT: '2', DATABASE_URL: `file:${database}` }

  const { status } = await startCommand({ args: ['doctor'], environment, isProject: true }).ended

  expect(status).toBe(0)
  await expect(access(join(fresh.home, 'project'))).rejects.toThrow()
})

test('what is wrong is listed with its fix below it, and without a secret', async () => {
  const { status, stdout } = await fresh.run(['doctor'], { PORT: 'canary', SESSION_SECRETS: 'short-canary' })

  expect(stdout).toMatch(/^✗ PORT +PORT must be a whole number.*\n +→ \S/m)
  expect(stdout).toMatch(/^✗ SESSION_SECRETS +SESSION_SECRETS must be.*\n +→ \S/m)
  for (const never of ['canary', '\u001b', '    at ']) expect(stdout).not.toContain(never)
  expect(status).toBe(1)
})

test.each([
  ['has colors', false],
  ['has no colors with NO_COLOR', true],
])('a terminal %s', async (_, isPlain) => {
  vi.stubEnv('FORCE_COLOR', undefined)
  vi.stubEnv('NO_COLOR', isPlain ? '1' : undefined)

  const { stdout } = await fresh.sit(['doctor'], { DATABASE_URL: 'file::memory:' }).ended

  expect(stdout.includes('\u001b[32m✓')).toBe(!isPlain)
  expect(stdout.includes('\u001b')).toBe(!isPlain)
  vi.unstubAllEnvs()
})

test('accounts are listed and disconnected without an app', async () => {
  await using here = await laptop()
  await here.login()

  const list = await here.run(['accounts', '--json'], {}, here.nothing)
  const { id } = JSON.parse(list.stdout) as { id: string }
  const gone = await here.run(['accounts', 'disconnect', id, '--yes'], {}, here.nothing)
  const rest = await here.run(['accounts'], {}, here.nothing)

  expect(gone.stdout).toContain('@harbour.bakery was disconnected, and its token was deleted. Access was also revoked')
  expect([rest.status, rest.stdout]).toStrictEqual([0, ''])
})

test('status names the database and the app, lists the accounts, and fails unless all have a valid token', async () => {
  await using here = await laptop()
  const before = await here.run(['status'])
  await here.login()

  const after = await here.run(['status'], {}, here.nothing)
  const json = await here.run(['status', '--json'], {}, here.nothing)

  expect([before.status, before.stdout]).toEqual([1, expect.stringContaining('\n0 accounts\n')])
  expect(after.stdout).toContain(`Database: ${here.user}/accounts.db\nApp ID: ${CLIENT_ID}\n`)
  expect(after.stdout).toMatch(/^✓ ok {2}@harbour\.bakery .* expires in \d\d days, refreshed in \d\d days$/m)
  expect([after.status, after.stderr]).toStrictEqual([0, ''])
  expect(JSON.parse(json.stdout)).toMatchObject({ client_id: CLIENT_ID, accounts: 1, by_status: { ok: 1 } })
  expect(after.stdout + json.stdout).not.toMatch(/IGAA|canary/)
})

test('logout disconnects the only account once that is confirmed, and revokes access at Instagram', async () => {
  await using here = await laptop()
  await here.login()

  const unsure = await here.run(['logout'])
  const cli = here.sit(['logout'])
  await cli.says('Disconnect @harbour.bakery')
  cli.types('y')
  const done = await cli.ended

  expect([unsure.status, unsure.stderr]).toStrictEqual([2, '✗ Not a terminal: add --yes to confirm.\n'])
  expect([done.status, done.stdout]).toEqual([0, expect.stringContaining('Access was also revoked')])
  expect((await here.run(['token'])).stderr).toContain('No account is connected.')
})

test('the doctor examines the accounts of the other commands, also when no app is set', async () => {
  await using here = await laptop()
  await here.login()

  const { stdout } = await here.run(['doctor'], { TOKEN_KEYS: `other:${Buffer.alloc(32, 9).toString('base64')}` }, {})

  expect(stdout).toMatch(/^✗ Token keys /m)
})

test('a database that is named is used in place of the user’s', async () => {
  await using here = await laptop()
  const site = { DATABASE_URL: `file:${here.home}/site.db` }
  const cli = here.start([], site)
  await here.visit(await decide(await cli.link()))
  await cli.ended

  const there = await here.run(['token'], site)
  const own = await here.run(['token'])

  expect([there.status, own.status]).toStrictEqual([0, 1])
})

test('the sandbox prints settings with which a login in another terminal uses it', async () => {
  await using here = await laptop()
  const port = await freePort()
  const sandbox = here.start(['sandbox', '--port', String(port), '--redirect-uri', here.redirectUri])
  await sandbox.says(`✓ Sandbox: http://127.0.0.1:${port}`)
  const printed = /^(?:\w+=.*\n)+/m.exec(sandbox.output())?.[0] ?? ''
  const settings = Object.fromEntries(
    printed
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/s).slice(0, 2)),
  ) as Record<string, string>

  const cli = here.start([], { DATABASE_URL: `file:${here.home}/sandbox/accounts.db` }, settings)
  await here.visit(await decide(await cli.link()))
  const login = await cli.ended
  sandbox.signal('SIGINT')

  expect((await sandbox.ended).status).toBe(0)
  expect(settings).toMatchObject({
    INSTAGRAM_REDIRECT_URI: here.redirectUri,
    DATABASE_URL: 'file:./sandbox/accounts.db',
  })
  expect(login.stdout).toMatch(/^IGAA/)
})

test('a program gets the settings of the sandbox as JSON', async () => {
  const sandbox = fresh.start(['sandbox', '--json', '--port', String(await freePort())])
  await sandbox.says('✓')
  sandbox.signal('SIGTERM')

  const { stdout } = await sandbox.ended

  expect(JSON.parse(stdout)).toMatchObject({
    INSTAGRAM_CLIENT_ID: CLIENT_ID,
    INSTAGRAM_REDIRECT_URI: 'http://localhost:3000/response',
  })
  expect(stdout).not.toContain(SECRET)
})

test('a sandbox whose port is in use says which, with status 1', async () => {
  const other = createServer().listen(fresh.port, '127.0.0.1')
  await once(other, 'listening')

  const { status, stdout, stderr } = await fresh.run(['sandbox', '--port', String(fresh.port)])

  expect([status, stdout]).toStrictEqual([1, ''])
  expect(stderr).toBe(`✗ Port ${fresh.port} is in use. Choose another one with --port.\n`)
  other.close()
})

const OWN_SECRETS = {
  TOKEN_KEYS: `own:${Buffer.alloc(32, 1).toString('base64')}`,
  SESSION_SECRETS: 'session-secret-marked-canary-0123456789',
}

test.each([
  ['accounts', 'no secrets', {}],
  ['accounts', 'secrets', OWN_SECRETS],
  ['token', 'no secrets', {}],
  ['login', 'no secrets', {}],
])('where no folder can be created, %s, given %s, names it and ends', async (command, _, secrets) => {
  await using here = await laptop()
  const file = join(here.home, 'file')
  await writeFile(file, '')
  vi.stubEnv('XDG_DATA_HOME', join(file, 'data'))

  const { status, stderr } = await here.run([command], secrets)

  vi.unstubAllEnvs()
  expect(status).toBe(1)
  expect(stderr).toContain(file)
  expect(stderr).not.toContain('    at ')
})

import { access, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { decide } from '../../src/sandbox/decide.ts'
import { freePort } from '../support/place.ts'
import { CLIENT_ID, laptop, SECRET } from './support.ts'

const COMMANDS = ['login', 'token', 'accounts', 'doctor', 'sandbox', 'serve']

test.each(['help', '--help', '-h'])('%s lists every command', async (word) => {
  await using here = await laptop()

  const { status, stdout, stderr } = await here.run([word])

  for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${command} +\\S`, 'm'))
  expect([status, stderr]).toStrictEqual([0, ''])
})

test.each(COMMANDS)('%s says how it is used, and does nothing', async (command) => {
  await using here = await laptop()

  const asked = await here.run([command, '--help'])
  const helped = await here.run(['help', command])

  expect(asked.stdout).toMatch(new RegExp(`^instagram-access-token \\[?${command}`))
  expect(helped).toStrictEqual(asked)
  expect([asked.status, asked.stderr]).toStrictEqual([0, ''])
  await expect(access(here.user)).rejects.toThrow()
})

test('--version is the package’s', async () => {
  await using here = await laptop()
  const manifest = await readFile(join(import.meta.dirname, '../../package.json'), 'utf8')

  const { stdout } = await here.run(['--version'])

  expect(stdout).toBe(`${(JSON.parse(manifest) as { version: string }).version}\n`)
})

test.each([
  [['tokn'], 'There is no command “tokn”. Did you mean token?'],
  [['Acounts'], 'Did you mean accounts?'],
  [['help', 'doktor'], 'Did you mean doctor?'],
  [['frobnicate'], 'There is no command “frobnicate”.'],
  [['--jason'], '--jason'],
  [['login', 'now'], 'now'],
  [['--port', '70000'], '--port must be'],
  [['sandbox', '--port', 'x'], '--port must be'],
  [['sandbox', '--redirect-uri', 'response'], '--redirect-uri must be'],
  [['sandbox', '--redirect-uri', 'http://localhost/\u001b[31m'], '--redirect-uri must be'],
  [['doctor', '--jason'], '--jason'],
  [['serve', 'me'], 'me'],
  [['accounts', 'destroy'], 'instagram-access-token accounts refresh <id>'],
])('%j is not understood, and says why', async (args, words) => {
  await using here = await laptop()

  const { status, stdout, stderr } = await here.run(args)

  expect([status, stdout]).toStrictEqual([2, ''])
  expect(stderr).toContain(words)
  expect(stderr).not.toContain('    at ')
})

test.each([
  [['token', '--json'], {}, 1, 'failed', 'no account is connected yet'],
  [['accounts', 'refresh', '1', '--json'], {}, 1, 'failed', 'No account has the id 1.'],
  [['token', '--json', '--name', 'A'], {}, 2, 'usage', '--name goes with --env'],
  [['accounts', '--json', 'destroy'], {}, 2, 'usage', 'There is no “destroy”.'],
  [['doctor', '--json', 'all'], {}, 2, 'usage', 'all'],
  [['tokn', '--json'], {}, 2, 'usage', 'Did you mean token?'],
  [['token', '--json'], { TOKEN_KEYS: 'canary' }, 1, 'settings', 'need mending'],
  [['accounts', '--json'], { TOKEN_KEYS: 'canary' }, 1, 'settings', 'need mending'],
])(
  'a program that asks %j, with %j, is told of its failure as JSON',
  async (args, change, status, name, words) => {
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
  },
)

test.each([
  [['\u001b[31mred\u009b0m']],
  [['help', '\u001b[31mred\u009b0m']],
  [['--\u001b[31mred\u009b0m']],
  [['token', '\u001b[31mred\u009b0m']],
  [['token', '@one', '\u001b[31mred\u009b0m']],
  [['accounts', '\u001b[31mred\u009b0m']],
  [['accounts', 'refresh', '\u001b[31mred\u009b0m']],
  [['accounts', '--status', '\u001b[31mred\u009b0m']],
  [['doctor', '\u001b[31mred\u009b0m']],
])('%j is repeated without what would steer a terminal', async (args) => {
  await using here = await laptop()

  const { status, stderr } = await here.run(args)

  expect(status).not.toBe(0)
  expect(stderr).toContain('red')
  expect(stderr).not.toMatch(/[^\P{C}\n]/u)
})

test('the doctor shows a path without what would steer a terminal', async () => {
  await using here = await laptop()
  await mkdir(join(here.home, 'a\u001b[31mred'))

  const { stdout } = await here.run(['doctor'], { DATABASE_URL: 'file:./a\u001b[31mred' })

  expect(stdout).toContain('The database ./ared cannot be opened')
  expect(stdout).not.toContain('\u001b')
})

test('accounts are listed and disconnected without an app', async () => {
  await using here = await laptop()
  await here.login()

  const list = await here.run(['accounts', '--json'], {}, here.nothing)
  const { id } = JSON.parse(list.stdout) as { id: string }
  const gone = await here.run(['accounts', 'disconnect', id, '--yes'], {}, here.nothing)
  const rest = await here.run(['accounts'], {}, here.nothing)

  expect(gone.stdout).toContain('@harbour.bakery was disconnected')
  expect([rest.status, rest.stdout]).toStrictEqual([0, ''])
})

test('the doctor looks at the settings of a login on this machine', async () => {
  await using here = await laptop()
  await here.login()

  const well = await here.run(['doctor'])
  const ill = await here.run(['doctor', '--json'], { INSTAGRAM_SCOPES: 'user_profile' })

  expect(well.stdout).toMatch(/^✓ App ID /m)
  expect(well.stdout).toMatch(/^✓ Token keys /m)
  expect(well.stdout).toContain(' 0 wrong,')
  expect(well.status).toBe(0)
  expect(JSON.parse(ill.stdout)).toMatchObject({ wrong: 1 })
  expect(ill.status).toBe(1)
})

test('the doctor takes any path that a login takes', async () => {
  await using here = await laptop({ redirectUri: 'https://tokens.invalid/instagram/callback' })

  const { status, stdout } = await here.run(['doctor'])
  const ill = await here.run(['doctor'], { INSTAGRAM_REDIRECT_URI: 'https://tokens.invalid/callback?a=1' })

  expect(stdout).toMatch(/^✓ Settings /m)
  expect(stdout).toMatch(/^✓ Redirect URI /m)
  expect(stdout).not.toContain('/response')
  // Nothing answers at that name.
  expect([status, stdout]).toEqual([1, expect.stringContaining(' 1 wrong,')])
  expect(ill.stdout).toMatch(/^✗ INSTAGRAM_REDIRECT_URI +INSTAGRAM_REDIRECT_URI must have no query/m)
})

test('a database that is named is the one', async () => {
  await using here = await laptop()
  const site = { DATABASE_URL: 'file:./site.db' }
  const cli = here.start([], site)
  await here.visit(await decide(await cli.link()))
  await cli.ended

  const there = await here.run(['token'], site)
  const own = await here.run(['token'])

  expect([there.status, own.status]).toStrictEqual([0, 1])
})

test('the web app runs on the accounts of this user, by https with the same certificate', async () => {
  await using here = await laptop()
  await here.login()
  const serving = here.start(['serve'], { API_KEYS: 'api-key-marked-canary-0123456789abcdef' })
  let log = ''
  serving.child.stdout.on('data', (text) => (log += String(text)))
  while (!log.includes('Ready')) await once(serving.child.stdout, 'data')

  const page = await here.visit(`https://localhost:${here.port}/`)
  serving.child.kill('SIGINT')

  expect([page.status, page.text]).toEqual([200, expect.stringContaining('Get Started')])
  expect((await serving.ended).status).toBe(0)
  expect((await here.run(['token'])).status).toBe(0)
})

test('the web app in its sandbox keeps invented people away from the accounts', async () => {
  await using here = await laptop()
  const ports = { PORT: String(here.port), SANDBOX_PORT: String(await freePort()) }
  const serving = here.start(['serve'], ports, here.nothing)
  let log = ''
  serving.child.stdout.on('data', (text) => (log += String(text)))
  while (!log.includes('Ready')) await once(serving.child.stdout, 'data')

  serving.child.kill('SIGTERM')

  expect((await serving.ended).status).toBe(0)
  await access(join(here.user, 'sandbox', 'accounts.db'))
  await expect(access(join(here.user, 'accounts.db'))).rejects.toThrow()
})

test('the sandbox prints settings, by which a login in another terminal takes it for Instagram', async () => {
  await using here = await laptop()
  const port = await freePort()
  const options = ['--port', String(port), '--redirect-uri', here.redirectUri]
  const sandbox = here.start(['sandbox', ...options])
  await sandbox.says(`✓ The sandbox is at http://127.0.0.1:${port}`)
  sandbox.child.kill('SIGINT')
  const { status, stdout } = await sandbox.ended
  const again = here.start(['sandbox', ...options])
  await again.says('✓')
  await writeFile(join(here.home, '.env'), stdout)

  const { HOME = '', XDG_DATA_HOME = '', PATH = '' } = here.nothing
  const cli = here.start([], {}, { HOME, XDG_DATA_HOME, PATH })
  await here.visit(await decide(await cli.link()))

  expect(status).toBe(0)
  expect(stdout).toContain(`INSTAGRAM_REDIRECT_URI=${here.redirectUri}\n`)
  expect((await cli.ended).stdout).toMatch(/^IGAA/)
  await access(join(here.home, 'sandbox', 'accounts.db'))
  await expect(access(join(here.user, 'accounts.db'))).rejects.toThrow()
})

const OWN_SECRETS = {
  TOKEN_KEYS: `own:${Buffer.alloc(32, 1).toString('base64')}`,
  SESSION_SECRETS: 'session-secret-marked-canary-0123456789',
}

test.runIf(process.platform === 'linux').each([
  ['accounts', 'no secrets', {}],
  ['accounts', 'secrets', OWN_SECRETS],
  ['token', 'no secrets', {}],
  ['login', 'no secrets', {}],
  ['serve', 'no secrets', {}],
])('where no folder can be made, %s, given %s, names it and ends', async (command, _, secrets) => {
  await using here = await laptop()

  const { status, stderr } = await here.run([command], { ...secrets, XDG_DATA_HOME: '/proc/nowhere/data' })

  expect(status).toBe(1)
  expect(stderr).toContain('/proc/nowhere')
  expect(stderr).not.toContain('    at ')
})

test('programs get the sandbox’s settings as JSON', async () => {
  await using here = await laptop()
  const sandbox = here.start(['sandbox', '--json', '--port', String(await freePort())])
  await sandbox.says('✓')
  sandbox.child.kill('SIGTERM')

  const { stdout } = await sandbox.ended

  expect(JSON.parse(stdout)).toMatchObject({
    INSTAGRAM_CLIENT_ID: CLIENT_ID,
    INSTAGRAM_REDIRECT_URI: 'http://localhost:3000/response',
  })
  expect(stdout).not.toContain(SECRET)
})

test('a sandbox whose port is in use says which, with status 1', async () => {
  await using here = await laptop()
  const other = createServer().listen(here.port, '127.0.0.1')
  await once(other, 'listening')

  const { status, stdout, stderr } = await here.run(['sandbox', '--port', String(here.port)])

  expect([status, stdout]).toStrictEqual([1, ''])
  expect(stderr).toBe(
    `Cannot go on: port ${here.port} is in use by another program. Choose another one by --port.\n`,
  )
  other.close()
})

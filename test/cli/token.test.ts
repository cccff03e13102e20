import { chmod, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase, type Value } from '../../src/database/database.ts'
import { laptop, startCommand } from './support.ts'

type Laptop = Awaited<ReturnType<typeof laptop>>

const DAY_MS = 24 * 60 * 60 * 1000
const BAKERY = { id: '27640875392278831', userId: '17841403815449847' }
const TOKEN = /IGAA\w+/g

/** A laptop with one connected account, for the tests that leave it as it is. */
let shared: Laptop
let accessToken: string
beforeAll(async () => {
  shared = await laptop()
  accessToken = (await shared.login()).stdout.trim()
})
afterAll(() => shared[Symbol.asyncDispose]())

/** Changes what is stored for this user. */
async function change({ user }: Laptop, sql: string, ...parameters: Value[]): Promise<void> {
  const database = await openDatabase(`file:${join(user, 'accounts.db')}`)
  await database.query(sql, parameters)
  await database.close()
}

/** The token becomes 55 days old, and is due. */
async function age(here: Laptop): Promise<void> {
  const milliseconds = 55 * DAY_MS
  await change(
    here,
    'UPDATE accounts SET token_obtained_at = token_obtained_at - $1, expires_at = expires_at - $1, due_at = $2',
    milliseconds,
    Date.now() - DAY_MS,
  )
  here.sandbox.pass(milliseconds)
}

test.each(['@harbour.bakery', 'Harbour.Bakery', BAKERY.id, BAKERY.userId])(
  'an account is found by its user name or id, such as %s',
  async (name) => {
    const token = await shared.run(['token', name])

    expect(token).toStrictEqual({ status: 0, stdout: `${accessToken}\n`, stderr: '' })
  },
)

test('a token that is due is refreshed first, without an Instagram app', async () => {
  await using here = await laptop()
  const { stdout } = await here.login()
  await age(here)

  const token = await here.run(['token', '--json'], {}, here.nothing)

  const { access_token, expires_in } = JSON.parse(token.stdout) as Record<string, unknown>
  expect(access_token).toMatch(/^IGAA/)
  expect(access_token).not.toBe(stdout.trim())
  expect(expires_in).toBeGreaterThan(59 * 24 * 60 * 60)
  expect(here.sandbox.calls.filter(({ endpoint }) => endpoint === 'refresh')).toHaveLength(1)
  expect(token.status).toBe(0)
})

test('while a token cannot be refreshed, the current one is given with a warning', async () => {
  await using here = await laptop()
  const { stdout } = await here.login()
  await age(here)
  here.sandbox.fail('temporary_failure', { at: 'refresh' })

  const token = await here.run(['token'])

  expect([token.status, token.stdout]).toStrictEqual([0, stdout])
  expect(token.stderr).toMatch(/^! a token could not be refreshed\n {2}→ \S/m)
})

test('an account whose person removed the app is explained, to people and to programs', async () => {
  await using here = await laptop()
  await here.login()
  await age(here)
  here.sandbox.revoke('business')

  const { status, stdout, stderr } = await here.run(['token', '--json'])

  expect(stderr).toMatch(/^✗ This site was removed.*\n {2}\S.*\n {2}→ .*\n.* {2}→ .*instagram-access-token login\n$/)
  expect(JSON.parse(stdout)).toStrictEqual({
    error: {
      name: 'app_removed',
      message: expect.stringMatching(/^This site was removed/) as string,
      steps: expect.arrayContaining(['To reconnect it, run: instagram-access-token login']) as string[],
    },
  })
  expect([status, (stdout + stderr).includes('IGAA')]).toStrictEqual([1, false])
})

test('a token that no key decrypts is explained', async () => {
  const { status, stderr } = await shared.run(['token'], {
    TOKEN_KEYS: `other:${Buffer.alloc(32, 9).toString('base64')}`,
  })

  expect(status).toBe(1)
  expect(stderr).toMatch(/^✗ [^]*TOKEN_KEYS/)
})

const COMMANDS = [['token'], ['accounts', 'refresh', BAKERY.id], ['doctor'], ['login', '--no-open']]

test.each(COMMANDS)('before %s sends something to a host that only .env names, a person is asked', async (...args) => {
  const before = shared.sandbox.calls.length
  const cli = startCommand({ args, environment: {}, fromFile: shared.nothing, isTerminal: true })
  await cli.says(/\.env in this folder[^]*INSTAGRAM_GRAPH_URL[^]*correct\?/)

  cli.types('n')

  const { status, stderr } = await cli.ended
  expect([status, shared.sandbox.calls.length]).toStrictEqual([1, before])
  expect(stderr).toContain('Nothing was sent.')
})

test.each([
  ['WEBHOOK_URL', 'http://127.0.0.1:9/hook', { WEBHOOK_SECRETS: `whsec_${Buffer.alloc(32, 1).toString('base64')}` }],
  ['DATABASE_URL', 'postgres://u:canary@db.invalid/accounts', {}],
  ['DATABASE_URL', 'postgres://u:canary@localhost/accounts?host=db.invalid', {}],
])(
  'a %s that only .env names, such as %s, is asked about, or refused without a terminal',
  async (name, value, more) => {
    const start = { args: ['token'], environment: {}, fromFile: { [name]: value, ...more } }
    const refused = startCommand(start)
    const asked = startCommand({ ...start, isTerminal: true })
    await asked.says(new RegExp(`\\.env in this folder[^]*${name}[^]*correct\\?`))

    asked.types('n')

    expect((await asked.ended).status).toBe(1)
    const { status, stderr } = await refused.ended
    expect([status, stderr]).toStrictEqual([
      1,
      expect.stringMatching(/\.env in this folder .*set these variables in the environment instead/),
    ])
    expect(stderr + asked.output()).not.toContain('canary')
  },
)

test('a person who answers yes gets the token', async () => {
  const cli = startCommand({ args: ['token'], environment: {}, fromFile: shared.nothing, isTerminal: true })
  await cli.says(/Is that\s+correct/)
  cli.types('y')

  expect(await cli.ended).toMatchObject({ status: 0, stdout: `${accessToken}\n` })
})

test('of several accounts one must be named', async () => {
  await using here = await laptop()
  const { stdout } = await here.login()
  await here.login([], { as: 'creator' })

  const unnamed = await here.run(['token'])
  const named = await here.run(['token', '@harbour.bakery'])

  expect([unnamed.status, unnamed.stdout]).toStrictEqual([2, ''])
  expect(unnamed.stderr).toContain('@mira.draws, @harbour.bakery')
  expect(named.stdout).toBe(stdout)
})

test.each([
  [['@harbour'], 1, 'No account @harbour. List accounts: instagram-access-token accounts'],
  [['27640875392278830'], 1, 'No account 27640875392278830.'],
  [['@one', '@two'], 2, '@two'],
  [['--name', 'TOKEN'], 2, '--name requires --env'],
  [['--env', '.env', '--name', 'A B'], 2, '--name must be'],
  [['--env', '.env', '--name', '__proto__'], 2, '--name cannot be __proto__'],
  [['--env', ''], 2, '--env must name a file'],
])('for %j there is no token, with status %i', async (args, status, words) => {
  const token = await shared.run(['token', ...args])

  expect([token.status, token.stdout]).toStrictEqual([status, ''])
  expect(token.stderr).toContain(words)
})

test('an account whose token lasts one hour is reported, and gets a long-lived one once there is an app', async () => {
  await using here = await laptop()
  here.sandbox.fail('temporary_failure', { at: 'long_lived' })
  const { stdout, stderr } = await here.login()
  await change(here, 'UPDATE accounts SET due_at = 1')

  const withoutApp = await here.run(['token'], {}, here.nothing)
  await change(here, 'UPDATE accounts SET due_at = 1')
  const withApp = await here.run(['token', '--json'])

  expect(stderr).toMatch(/! connected, but with missing data or permissions\n {2}→ \S/)
  expect([withoutApp.status, withoutApp.stdout]).toStrictEqual([0, stdout])
  expect(withoutApp.stderr).toContain('! ')
  const { expires_in } = JSON.parse(withApp.stdout) as { expires_in: number }
  expect(expires_in).toBeGreaterThan(59 * 24 * 60 * 60)
})

test('a login sets the token in a new file of its owner only, and prints the rest for programs', async () => {
  await using here = await laptop()
  const file = join(here.home, '.env')

  const { status, stdout, stderr } = await here.login(['--env', file, '--json'])

  expect(JSON.parse(stdout)).toMatchObject({ username: 'harbour.bakery', token_type: 'bearer' })
  expect(stderr).toContain(`✓ INSTAGRAM_ACCESS_TOKEN is set in ${file}.`)
  expect(stdout + stderr).not.toMatch(TOKEN)
  expect(await readFile(file, 'utf8')).toMatch(/^INSTAGRAM_ACCESS_TOKEN=IGAA\w+\n$/)
  expect([status, (await stat(file)).mode & 0o777]).toStrictEqual([0, 0o600])
})

test('a login whose file cannot be written names it, and stores the account', async () => {
  await using here = await laptop()

  const { status, stdout, stderr } = await here.login(['--env', join(here.home, 'missing', '.env')])

  expect([status, stdout]).toStrictEqual([1, ''])
  expect(stderr).toContain('missing/.env cannot be written')
  expect((await here.run(['token'])).stdout).toMatch(TOKEN)
})

test.each([
  ['a comment, another and no end', '# mine\nA=1\nTOKEN=old\nB="x # y"', '# mine\nA=1\nTOKEN=…\nB="x # y"'],
  ['other variables only, and no end', 'A=1', 'A=1\nTOKEN=…\n'],
  ['CRLF', 'A=1\r\nTOKEN=old\r\n', 'A=1\r\nTOKEN=…\r\n'],
  ['CRLF, and other variables only', 'A=1\r\n', 'A=1\r\nTOKEN=…\r\n'],
  ['an export', 'export TOKEN=old # since May\nA=1\n', 'export TOKEN=…\nA=1\n'],
  ['blanks around it', '  TOKEN = "old"\n', '  TOKEN =…\n'],
  ['the variable twice: the last one counts', 'TOKEN=a\nTOKEN=b\n', 'TOKEN=a\nTOKEN=…\n'],
  ['similar names', 'MY_TOKEN=1\nTOKEN_2=2\n', 'MY_TOKEN=1\nTOKEN_2=2\nTOKEN=…\n'],
  ['such a line in a text of several lines', 'A="x\nTOKEN=1\ny"\n', 'A="x\nTOKEN=1\ny"\nTOKEN=…\n'],
  ['a value of several lines', 'A=1\nTOKEN="old\nA=2\nend" # mine\nB=2\n', 'A=1\nTOKEN=…\nB=2\n'],
  ['a value of several CRLF lines', "TOKEN='old\r\nend'\r\nA=1\r\n", 'TOKEN=…\r\nA=1\r\n'],
  ['an open quotation mark', 'TOKEN="old\nA=1\n', 'TOKEN=…\nA=1\n'],
  ['a colon', 'TOKEN: old\nA=1\n', 'TOKEN: …\nA=1\n'],
])('in a file with %s only the line of the variable changes', async (_, before, after) => {
  const file = join(shared.home, 'site.env')
  await writeFile(file, before, { mode: 0o600 })

  const { status, stderr } = await shared.run(['token', '--env', file, '--name', 'TOKEN'])

  expect((await readFile(file, 'utf8')).replaceAll(TOKEN, '…')).toBe(after)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(stderr).toBe(`✓ TOKEN is set in ${file}.\n`)
  expect(status).toBe(0)
})

test.each([0o640, 0o604, 0o666])(
  'of a file that others may read (%i) is warned, and it becomes the owner’s',
  async (mode) => {
    const file = join(shared.home, `${mode}.env`)
    await writeFile(file, 'A=1\n')
    await chmod(file, mode)

    const first = await shared.run(['token', '--env', file])
    const second = await shared.run(['token', '--env', file])

    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(first.stderr).toContain(`! Other users could read ${file}. Now only its owner can.\n`)
    expect(second.stderr).not.toContain('Other users')
  },
)

test('a symbolic link stays, and its target is changed, or created', async () => {
  const folder = join(shared.home, 'links')
  await mkdir(join(folder, 'shared'), { recursive: true })
  await writeFile(join(folder, 'kept'), 'A=1\n')
  await symlink('kept', join(folder, 'site.env'))
  await symlink('shared/newest', join(folder, 'new.env'))
  await symlink('created', join(folder, 'shared', 'newest'))

  await shared.run(['token', '--env', join(folder, 'site.env')])
  await shared.run(['token', '--env', join(folder, 'new.env')])

  expect(await readFile(join(folder, 'kept'), 'utf8')).toMatch(/^A=1\nINSTAGRAM_ACCESS_TOKEN=IGAA/)
  const created = join(folder, 'shared', 'created')
  expect(await readFile(created, 'utf8')).toMatch(/^INSTAGRAM_ACCESS_TOKEN=IGAA/)
  expect((await stat(created)).mode & 0o777).toBe(0o600)
  expect(await readlink(join(folder, 'new.env'))).toBe('shared/newest')
  expect(await readdir(folder)).toStrictEqual(['kept', 'new.env', 'shared', 'site.env'])
})

test.each([
  ['Latin-1', Buffer.from('NAME=Café\n', 'latin1')],
  ['UTF-16', Buffer.from('\uFEFFA=1\n', 'utf16le')],
])('a file in %s is refused, and stays as it is', async (encoding, before) => {
  const file = join(shared.home, encoding)
  await writeFile(file, before)

  const { status, stderr } = await shared.run(['token', '--env', file])

  expect([status, await readFile(file)]).toStrictEqual([1, before])
  expect(stderr).toContain(`${encoding} cannot be read`)
})

test('the name of a file is printed without control characters', async () => {
  const { status, stderr } = await shared.run(['token', '--env', join(shared.home, '\u001b[31mred')])

  expect([status, stderr]).toStrictEqual([0, `✓ INSTAGRAM_ACCESS_TOKEN is set in ${shared.home}/red.\n`])
})

import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { createKeyRing, type TokenKey } from '../../src/accounts/keyRing.ts'
import { type Database, openDatabase } from '../../src/storage/database.ts'
import { person } from '../support/person.ts'
import { projectEngine } from '../support/places.ts'
import { ON_A_TERMINAL, programs } from '../support/programs.ts'
import { startWorld } from '../support/world.ts'

// Two processes one after the other may take longer than the usual limit on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

const OLD_KEY: TokenKey = { id: 'k1', secret: Buffer.alloc(32, 7) }
const NEW_KEY: TokenKey = { id: 'k2', secret: Buffer.alloc(32, 8) }
const LOST_KEY: TokenKey = { id: 'lost', secret: Buffer.alloc(32, 9) }
const SESSION_SECRETS = 'session-secret-marked-canary-0123456789'

const tokenKeys = (...keys: TokenKey[]) =>
  keys.map(({ id, secret }) => `${id}:${secret.toString('base64')}`).join(',')

/** The command in a folder of its own, with a database of accounts. */
async function place() {
  await using starting = new AsyncDisposableStack()
  const { folder, start } = starting.use(await programs())
  const { url: databaseUrl } = starting.use(await projectEngine().place())
  const database = starting.adopt(await openDatabase(databaseUrl), (opened) => opened.close())
  const settings = { DATABASE_URL: databaseUrl, SESSION_SECRETS, TOKEN_KEYS: tokenKeys(NEW_KEY, OLD_KEY) }
  const ending = starting.move()

  return {
    folder,
    database,
    start: (environment: Record<string, string> = {}, ...options: string[]) =>
      start('commands/rotateKeys.ts', { ...settings, ...environment }, ...options),
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  }
}

/** So many accounts, their tokens sealed under this key. Each token begins with `IGAA`. */
async function keep(database: Database, count: number, key: TokenKey): Promise<void> {
  const keyRing = createKeyRing([key])
  await database.transaction(async (queries) => {
    for (let index = 0; index < count; index++) {
      const accountKey = crypto.randomUUID()
      await queries.run(
        `INSERT INTO accounts (account_key, id, asked_scopes, token_kind, sealed_token, token_obtained_at,
           connected_at, token_key_id, status, status_since, failed_tries)
         VALUES ($1, $1, '[]', 'long_lived', $2, 0, 0, $3, 'ok', 0, 0)`,
        accountKey,
        keyRing.seal(`IGAA${accountKey}`, accountKey),
        key.id,
      )
    }
  })
}

/** How many tokens there are that the newest key opens. */
async function readable(database: Database): Promise<number> {
  const keyRing = createKeyRing([NEW_KEY])
  const rows = await database.all("SELECT account_key, sealed_token FROM accounts WHERE token_key_id = 'k2'")
  return rows.filter(({ account_key: key, sealed_token: sealed }) => {
    return keyRing.open(String(sealed), String(key)) === `IGAA${String(key)}`
  }).length
}

/** What must never be seen: tokens, sealed or not, keys, and a stack. */
const SECRETS = new RegExp(
  ['IGAA', 'canary', 'BwcHBwcH', 'CAgICAgI', ' {4}at ', String.raw`\b1\.k\d\.`].join('|'),
)

test('seals every account anew, and tells for each key whether it is still needed', async () => {
  await using here = await place()
  await keep(here.database, 1200, OLD_KEY)
  await keep(here.database, 34, NEW_KEY)

  const { status, stdout, stderr } = await here.start().ended

  expect(stdout).toBe(
    '1,200 accounts sealed anew under k2. Now there are under\n' +
      '  k2: 1,234 accounts (the newest key)\n' +
      '  k1: 0 accounts (no longer needed: it may be removed from TOKEN_KEYS)\n',
  )
  expect(stderr).toBe('')
  expect(status).toBe(0)
  expect(await readable(here.database)).toBe(1234)
})

test('done again there is nothing left to do', async () => {
  await using here = await place()
  await keep(here.database, 3, OLD_KEY)
  await here.start().ended

  const { status, stdout } = await here.start().ended

  expect(stdout).toContain('0 accounts sealed anew under k2.')
  expect(stdout).toContain('k2: 3 accounts')
  expect(status).toBe(0)
})

test('accounts whose key is missing are told of, and make it end with status 1', async () => {
  await using here = await place()
  await keep(here.database, 2, OLD_KEY)
  await keep(here.database, 1, LOST_KEY)

  const { status, stdout, stderr } = await here.start().ended

  expect(stdout).toContain('  lost: 1 account (a key that is missing from TOKEN_KEYS)\n')
  expect(stdout).toContain('1 account could not be opened, and stayed as before.\n')
  expect(stdout + stderr).not.toMatch(SECRETS)
  expect(status).toBe(1)
})

test('an old key under which a broken token stays is still needed', async () => {
  await using here = await place()
  await keep(here.database, 1, { ...OLD_KEY, secret: LOST_KEY.secret })

  const { status, stdout } = await here.start().ended

  expect(stdout).toContain('  k1: 1 account (still needed)\n')
  expect(status).toBe(1)
})

test('with --json it prints the counts and nothing else', async () => {
  await using here = await place()
  await keep(here.database, 2, OLD_KEY)
  await keep(here.database, 1, LOST_KEY)

  const { status, stdout, stderr } = await here.start(ON_A_TERMINAL, '--json').ended

  expect(JSON.parse(stdout)).toStrictEqual({
    sealed: 2,
    unreadable: 1,
    finished: true,
    keys: [
      { id: 'k2', accounts: 2, newest: true, missing: false },
      { id: 'k1', accounts: 0, newest: false, missing: false },
      { id: 'lost', accounts: 1, newest: false, missing: true },
    ],
  })
  expect(stdout + stderr).not.toMatch(SECRETS)
  expect(status).toBe(1)
})

test('on a terminal one line is drawn again and again, and wiped in the end', async () => {
  await using here = await place()
  await keep(here.database, 1200, OLD_KEY)

  const { stdout } = await here.start(ON_A_TERMINAL).ended

  const [drawn = '', ...report] = stdout.split('\n')
  expect(drawn).toContain('\r\x1b[K1,200 accounts sealed')
  expect(drawn.replaceAll('\x1b[K', '').split('\r')).toStrictEqual([
    '',
    '░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░   0 %  0 of 1,200',
    '████████████░░░░░░░░░░░░░░░░░░  41 %  500 of 1,200',
    '█████████████████████████░░░░░  83 %  1,000 of 1,200',
    '██████████████████████████████ 100 %  1,200 of 1,200',
    '1,200 accounts sealed anew under k2. Now there are under',
  ])
  expect(report[0]).toBe('  k2: 1,200 accounts (the newest key)')
})

test('Ctrl-C stops it after the batch in hand with status 130, and the next one goes on from there', async () => {
  await using here = await place()
  await keep(here.database, 10_000, OLD_KEY)
  const first = here.start(ON_A_TERMINAL)
  await once(first.child.stdout, 'data')

  first.child.kill('SIGINT')
  const { status, stdout, stderr } = await first.ended
  const second = await here.start({}, '--json').ended

  expect(status).toBe(130)
  expect(stdout).toContain('Stopped before the end. Start it again at any time: it goes on from here.')
  expect(stderr).toBe('')
  expect(JSON.parse(second.stdout)).toMatchObject({ finished: true, unreadable: 0 })
  expect(JSON.parse(second.stdout)).not.toMatchObject({ sealed: 10_000 })
  expect(await readable(here.database)).toBe(10_000)
})

test('killed in the middle it leaves every token whole, and the next one finishes', async () => {
  await using here = await place()
  await keep(here.database, 10_000, OLD_KEY)
  const first = here.start(ON_A_TERMINAL)
  await once(first.child.stdout, 'data')

  first.child.kill('SIGKILL')
  await first.ended
  const { status } = await here.start().ended

  expect(status).toBe(0)
  expect(await readable(here.database)).toBe(10_000)
})

test('while somebody else writes again and again, both get on', async () => {
  await using here = await place()
  await keep(here.database, 3000, OLD_KEY)
  const { child, ended } = here.start(ON_A_TERMINAL)
  let written = 0

  for await (const progress of child.stdout) {
    expect(String(progress)).not.toMatch(SECRETS)
    written += await here.database.transaction(async (queries) => {
      const changed = await queries.run('UPDATE accounts SET failed_tries = failed_tries + 1')
      // The command finds the database locked for some turns.
      for (let turn = 0; turn < 100; turn++) await setImmediate()
      return changed / 3000
    })
  }

  expect((await ended).status).toBe(0)
  expect(await readable(here.database)).toBe(3000)
  expect(await here.database.all('SELECT DISTINCT failed_tries FROM accounts')).toStrictEqual([
    { failed_tries: written },
  ])
})

test('the app goes on meanwhile, and then does without the old key', async () => {
  await using world = await startWorld()
  await using here = await place()
  const mira = person(world)
  await mira.login()
  world.restart({ TOKEN_KEYS: tokenKeys(NEW_KEY, OLD_KEY) })

  const { status, stdout } = await here.start({ DATABASE_URL: world.databaseUrl }).ended

  expect(stdout).toContain('  k2: 1 account (the newest key)')
  expect(status).toBe(0)
  const [row] = await world.database.all('SELECT token_key_id, status FROM accounts')
  expect(row).toStrictEqual({ token_key_id: 'k2', status: 'ok' })
  expect((await mira.get('/')).status).toBe(200)
  world.restart({ TOKEN_KEYS: tokenKeys(NEW_KEY) })
  await world.upkeep()
  expect((await mira.get('/')).text).toContain('@harbour.bakery')
  expect(await world.database.all('SELECT status FROM accounts')).toStrictEqual([{ status: 'ok' }])
})

test('with no account at all it says so, and calls no key superfluous', async () => {
  await using here = await place()

  const { status, stdout } = await here.start().ended

  expect(stdout).toBe('There is no account in the database that DATABASE_URL names.\n')
  expect(status).toBe(0)
})

test('mistakes in the settings are named in sentences, without a value or a stack', async () => {
  await using here = await place()
  await writeFile(join(here.folder, '.env'), 'LOG_LEVEL=loud\n')

  const { status, stdout, stderr } = await here.start({ TOKEN_KEYS: 'k1:canary' }).ended

  expect(stderr).toContain('TOKEN_KEYS must be keys written as id:base64 of 32 bytes')
  expect(stderr).toContain('LOG_LEVEL')
  expect(stdout + stderr).not.toMatch(/canary|loud| {4}at /)
  expect(status).toBe(1)
})

test.each([
  ['what is no database', { DATABASE_URL: 'file:./.env' }, [], 'cannot be opened'],
  ['an option that it does not know', {}, ['--quiet'], "Unknown option '--quiet'"],
])('%s is said in a sentence, with status 1', async (_what, environment, options, sentence) => {
  await using here = await place()
  await writeFile(
    join(here.folder, '.env'),
    '# This is no database, but long enough to be taken for one.\n'.repeat(20),
  )

  const { status, stdout, stderr } = await here.start(environment, ...options).ended

  expect(stderr).toContain(`Cannot go on: `)
  expect(stderr).toContain(sentence)
  expect(stdout + stderr).not.toMatch(SECRETS)
  expect(status).toBe(1)
})

test('a program that asks for JSON gets the reason so too', async () => {
  await using here = await place()

  const { status, stdout } = await here.start({ TOKEN_KEYS: 'k1:canary' }, '--json').ended

  expect(JSON.parse(stdout)).toMatchObject({
    error: { name: 'settings', steps: [expect.stringMatching(/^TOKEN_KEYS must be/)] },
  })
  expect(status).toBe(1)
})

import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTokenCipher } from '../../src/accounts/tokenCipher.ts'
import type { TokenKey } from '../../src/config.ts'
import { type Database, openDatabase, type Row } from '../../src/database/database.ts'
import { person } from '../support/person.ts'
import { type Place, postgres, sqlite } from '../support/places.ts'
import { SESSION_SECRET, startWorld } from '../support/world.ts'
import { type Ended, type Running, startCommand } from './support.ts'

const OLD_KEY: TokenKey = { id: 'k1', secret: Buffer.alloc(32, 7) }
const NEW_KEY: TokenKey = { id: 'k2', secret: Buffer.alloc(32, 8) }
const LOST_KEY: TokenKey = { id: 'lost', secret: Buffer.alloc(32, 9) }

const tokenKeys = (...keys: TokenKey[]) => keys.map(({ id, secret }) => `${id}:${secret.toString('base64')}`).join(',')

/** Tokens, encrypted or not, keys, and stacks. */
const SECRETS = new RegExp(['IGAA', 'canary', 'BwcHBwcH', 'CAgICAgI', ' {4}at ', String.raw`\b1\.k\d\.`].join('|'))

let place: Place
let database: Database
beforeEach(async () => {
  place = await sqlite.place()
  database = await openDatabase(place.url)
})
afterEach(async () => {
  await database.close()
  await place[Symbol.asyncDispose]()
})

function start(args: readonly string[], environment: Record<string, string> = {}, isTerminal = false): Running {
  const settings = {
    DATABASE_URL: place.url,
    SESSION_SECRETS: SESSION_SECRET,
    TOKEN_KEYS: tokenKeys(NEW_KEY, OLD_KEY),
  }
  return startCommand({ args, environment: { ...settings, ...environment }, isTerminal, isProject: true })
}

function rotateKeys(environment: Record<string, string> = {}, ...options: string[]): Promise<Ended> {
  return start(['rotate-keys', ...options], environment).ended
}

/** Stores so many accounts, their tokens encrypted with this key. Each token begins with `IGAA`. */
async function storeAccounts(count: number, key: TokenKey): Promise<void> {
  const cipher = createTokenCipher([key])
  await database.transaction(async (transaction) => {
    for (let index = 0; index < count; index++) {
      const accountKey = crypto.randomUUID()
      await transaction.query(
        `INSERT INTO accounts (account_key, id, asked_scopes, token_kind, sealed_token, token_obtained_at,
           connected_at, token_key_id, status, status_since, failed_tries)
         VALUES ($1, $1, '[]', 'long_lived', $2, 0, 0, $3, 'ok', 0, 0)`,
        [accountKey, cipher.encrypt(`IGAA${accountKey}`, accountKey), key.id],
      )
    }
  })
}

/** How many tokens the newest key decrypts. */
async function countReadable(): Promise<number> {
  const cipher = createTokenCipher([NEW_KEY])
  const { rows } = await database.query("SELECT account_key, sealed_token FROM accounts WHERE token_key_id = 'k2'")
  return rows.filter(
    ({ account_key: key, sealed_token: token }) => cipher.decrypt(String(token), String(key)) === `IGAA${String(key)}`,
  ).length
}

async function rowsOf(opened: Database, table: string): Promise<Row[]> {
  return (await opened.query(`SELECT * FROM ${table} ORDER BY 1`)).rows
}

test('every token is encrypted with the newest key, and each older key is no longer needed', async () => {
  await storeAccounts(1200, OLD_KEY)
  await storeAccounts(34, NEW_KEY)

  const { status, stdout, stderr } = await rotateKeys()
  const again = await rotateKeys()

  expect(stdout).toBe(
    '1,200 accounts re-encrypted with k2. Accounts by key:\n' +
      '  k2: 1,234 accounts (the newest key)\n' +
      '  k1: 0 accounts (no longer needed: you can remove it from TOKEN_KEYS)\n',
  )
  expect([status, stderr]).toStrictEqual([0, ''])
  expect(await countReadable()).toBe(1234)
  expect([again.status, again.stdout]).toEqual([0, expect.stringContaining('0 accounts re-encrypted with k2.')])
})

test('accounts whose key is missing, or whose token is broken, are counted and give status 1', async () => {
  await storeAccounts(1, LOST_KEY)
  await storeAccounts(1, { ...OLD_KEY, secret: LOST_KEY.secret })

  const { status, stdout, stderr } = await rotateKeys()

  expect(stdout).toContain('  lost: 1 account (missing from TOKEN_KEYS)\n')
  expect(stdout).toContain('  k1: 1 account (still needed)\n')
  expect(stdout).toContain('2 accounts could not be decrypted and were not changed.\n')
  expect(stdout + stderr).not.toMatch(SECRETS)
  expect(status).toBe(1)
})

test('a program gets the counts as JSON and nothing else', async () => {
  await storeAccounts(2, OLD_KEY)
  await storeAccounts(1, LOST_KEY)

  const { status, stdout, stderr } = await start(['rotate-keys', '--json'], {}, true).ended

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

test('a terminal shows how far the rotation is, until it is done', async () => {
  await storeAccounts(600, OLD_KEY)

  const { stdout, stderr } = await start(['rotate-keys'], {}, true).ended

  for (const progress of ['0 of 600', '500 of 600', '600 of 600']) expect(stderr).toContain(progress)
  expect(stderr.endsWith('\r\u001b[K')).toBe(true)
  expect(stdout).toMatch(/^600 accounts re-encrypted/)
})

test('Ctrl-C ends a rotation after the current batch with status 130, and the next one goes on', async () => {
  await storeAccounts(600, OLD_KEY)
  const first = start(['rotate-keys'], {}, true)
  await first.says('500 of')

  first.signal('SIGINT')
  const { status, stdout } = await first.ended
  const second = await rotateKeys({}, '--json')

  expect(status).toBe(130)
  expect(stdout).toContain('Stopped early. Run the command again to continue.')
  expect(JSON.parse(second.stdout)).toMatchObject({ sealed: 100, finished: true, unreadable: 0 })
  expect(await countReadable()).toBe(600)
})

test('while another process writes, both go on', async () => {
  await storeAccounts(1000, OLD_KEY)
  const rotation = rotateKeys()
  const over = rotation.then(() => true)
  let written = 0

  do {
    await database.query('UPDATE accounts SET failed_tries = failed_tries + 1')
    written++
  } while (!(await Promise.race([over, setImmediate(false)])))

  expect((await rotation).status).toBe(0)
  expect(await countReadable()).toBe(1000)
  const { rows } = await database.query('SELECT DISTINCT failed_tries FROM accounts')
  expect(rows).toStrictEqual([{ failed_tries: written }])
})

test('the app goes on during a rotation, and needs no older key afterwards', async () => {
  await using world = await startWorld({}, { engine: sqlite })
  const mira = person(world)
  await mira.login()
  world.restart({ TOKEN_KEYS: tokenKeys(NEW_KEY, OLD_KEY) })

  const { status, stdout } = await rotateKeys({ DATABASE_URL: world.databaseUrl })

  expect(stdout).toContain('  k2: 1 account (the newest key)')
  expect(status).toBe(0)
  world.restart({ TOKEN_KEYS: tokenKeys(NEW_KEY) })
  await world.runJobs()
  expect((await mira.get('/')).text).toContain('@harbour.bakery')
  expect(await rowsOf(world.database, 'accounts')).toMatchObject([{ status: 'ok', token_key_id: 'k2' }])
})

test('without any account no key is called superfluous', async () => {
  expect(await rotateKeys()).toStrictEqual({
    status: 0,
    stdout: 'The database in DATABASE_URL has no accounts.\n',
    stderr: '',
  })
})

test('mistakes in the settings of a rotation are named without a value, and programs get them too', async () => {
  const { status, stdout, stderr } = await rotateKeys({ TOKEN_KEYS: 'k1:canary', LOG_LEVEL: 'loud' }, '--json')

  expect(stderr).toContain('TOKEN_KEYS must be keys in the format id:base64 of 32 bytes')
  expect(stderr).toContain('LOG_LEVEL')
  expect(stderr).toMatch(/\nNo data was lost\. You can run the command again\.\n$/)
  expect(JSON.parse(stdout)).toMatchObject({ error: { name: 'settings' } })
  expect(stdout + stderr).not.toMatch(/canary|loud| {4}at /)
  expect(status).toBe(1)
})

test.each([
  ['a file that is no database', { DATABASE_URL: `file:${import.meta.filename}` }, [], 1, 'cannot be opened'],
  ['an unknown option', {}, ['--quiet'], 2, "Unknown option '--quiet'"],
])('%s ends a rotation with a sentence', async (_, environment, options, code, sentence) => {
  const { status, stdout, stderr } = await rotateKeys(environment, ...options)

  expect(stderr).toContain(sentence)
  expect(stdout + stderr).not.toMatch(SECRETS)
  expect(status).toBe(code)
})

test('a whole site is copied to PostgreSQL, counted, and goes on there', async () => {
  await using world = await startWorld({}, { engine: sqlite })
  await using target = await postgres.place()
  await person(world).login()
  await world.database.query(
    `INSERT INTO events (id, payload, created_at, deliver_at, failed_tries) VALUES ('e', '{}', 1, 2, 0)`,
  )
  await world.database.query("INSERT INTO deletions (confirmation_code, asked_at, done_at) VALUES ('c', 1, 2)")
  await world.database.transaction(async (transaction) => {
    for (let number = 0; number < 1200; number++)
      await transaction.query("INSERT INTO sessions (sid, data, expires_at) VALUES ($1, '{}', 1)", [
        `sid-canary-${number}`,
      ])
  })
  const environment = { FROM_DATABASE_URL: world.databaseUrl, DATABASE_URL: target.url }

  const { status, stdout, stderr } = await start(['copy-database'], environment).ended

  expect(stderr).toBe('Keep the app stopped until the copy is complete. Otherwise its changes are lost.\n')
  expect(stdout).toMatch(/^1,205 rows copied\. Rows in both databases:\n {2}accounts: 1\n {2}sessions: 1,201\n/)
  expect(stdout).toContain('keep SESSION_SECRETS and TOKEN_KEYS')
  expect(stdout + stderr).not.toContain('canary')
  expect(status).toBe(0)
  const copy = await openDatabase(target.url)
  for (const table of await tablesOf(world.database))
    expect(await rowsOf(copy, table)).toStrictEqual(await rowsOf(world.database, table))
  const rotation = await rotateKeys({ DATABASE_URL: target.url }, '--json')
  expect(JSON.parse(rotation.stdout)).toMatchObject({ sealed: 1, unreadable: 0, finished: true })
  await copy.close()
})

/** Every table but that of the schema's versions. */
async function tablesOf(opened: Database): Promise<string[]> {
  const { rows } = await opened.query(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'schema_versions'",
  )
  return rows.map(({ name }) => String(name))
}

test('a program gets the counts of a copy as JSON, and a database that holds something is refused', async () => {
  await using other = await sqlite.place()
  await database.query("INSERT INTO sessions (sid, data, expires_at) VALUES ('a', '{}', 1)")
  const options = ['copy-database', '--json', '--from', place.url, '--to', other.url]

  const first = await start(options).ended
  const second = await start(options).ended

  expect(JSON.parse(first.stdout)).toStrictEqual({
    copied: 1,
    finished: true,
    tables: { accounts: 0, sessions: 1, events: 0, login_attempts: 0, deletions: 0 },
  })
  expect(first.status).toBe(0)
  expect(second.status).toBe(1)
  expect(second.stderr).toContain('must be empty. Its table sessions has rows.')
})

test('Ctrl-C ends a copy with status 130, and nothing is copied', async () => {
  await using other = await sqlite.place()
  await storeAccounts(600, OLD_KEY)
  const copy = start(['copy-database', '--from', place.url, '--to', other.url], {}, true)
  await copy.says('500 rows')

  copy.signal('SIGINT')

  expect((await copy.ended).status).toBe(130)
  const target = await openDatabase(other.url)
  expect(await rowsOf(target, 'accounts')).toStrictEqual([])
  await target.close()
})

test.each([
  ['no database to copy from', () => ({ DATABASE_URL: 'file::memory:' }), 'Name the database to copy from'],
  [
    'no database to copy to',
    () => ({ FROM_DATABASE_URL: place.url, DATABASE_URL: '' }),
    'Name the database to copy to',
  ],
  ['the same database twice', () => ({ FROM_DATABASE_URL: place.url }), 'Both databases are the same.'],
  ['a missing file', () => ({ FROM_DATABASE_URL: 'file:./nothing.db' }), 'There is no database ./nothing.db'],
  [
    'a server that cannot be reached',
    () => ({ FROM_DATABASE_URL: place.url, DATABASE_URL: 'postgres://me:canary@127.0.0.1:9/accounts' }),
    'The database 127.0.0.1:9/accounts cannot be opened',
  ],
])('%s is named in a sentence, with status 1', async (_, environment, sentence) => {
  const { status, stdout, stderr } = await start(['copy-database'], environment()).ended

  expect(stderr).toContain('✗ ')
  expect(stderr).toContain(sentence)
  expect(stdout + stderr).not.toMatch(/canary| {4}at /)
  expect(status).toBe(1)
})

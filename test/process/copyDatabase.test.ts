import { expect, test, vi } from 'vitest'
import { type Database, openDatabase } from '../../src/storage/database.ts'
import { postgres, sqlite } from '../support/places.ts'
import { ON_A_TERMINAL, programs } from '../support/programs.ts'
import { person } from '../support/person.ts'
import { SESSION_SECRET, startWorld } from '../support/world.ts'

// Several processes one after the other may take longer than the usual limit on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

/** The command in an empty folder, an SQLite database to copy from, and an empty PostgreSQL database. */
async function place() {
  await using starting = new AsyncDisposableStack()
  const { start } = starting.use(await programs())
  const { url: from } = starting.use(await sqlite.place())
  const { url: to } = starting.use(await postgres.place())
  const open = async (url: string) =>
    starting.adopt(await openDatabase(url), (opened: Database) => opened.close())
  const before = await open(from)
  const after = await open(to)
  const ending = starting.move()

  return {
    from,
    to,
    before,
    after,
    start: (environment: Record<string, string>, ...options: string[]) =>
      start('commands/copyDatabase.ts', environment, ...options),
    rotateKeys: (environment: Record<string, string>) =>
      start('commands/rotateKeys.ts', environment, '--json'),
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  }
}

async function keepSessions(database: Database, count: number): Promise<void> {
  await database.transaction(async (queries) => {
    for (let number = 0; number < count; number += 1)
      await queries.run(
        "INSERT INTO sessions (sid, data, expires_at) VALUES ($1, '{}', 1)",
        `sid-canary-${number}`,
      )
  })
}

async function sessions(database: Database): Promise<unknown> {
  const [row] = await database.all('SELECT COUNT(*) AS count FROM sessions')
  return row?.['count']
}

test('copies what the settings name, counts it, and says what to do next', async () => {
  await using here = await place()
  await keepSessions(here.before, 1200)

  const { status, stdout, stderr } = await here.start({
    FROM_DATABASE_URL: here.from,
    DATABASE_URL: here.to,
  }).ended

  expect(stderr).toBe(
    'The app must be stopped until this is done: what it changed meanwhile would be missing.\n',
  )
  expect(stdout).toContain('1,200 rows copied. Now there are in both\n  accounts: 0\n')
  expect(stdout).toContain('  sessions: 1,200\nBoth were counted, and have the same.')
  expect(stdout + stderr).not.toContain('canary')
  expect(status).toBe(0)
  expect(await sessions(here.after)).toBe(1200)
})

test('with --json it prints the counts and nothing else', async () => {
  await using here = await place()
  await keepSessions(here.before, 3)

  const { status, stdout } = await here.start(ON_A_TERMINAL, '--json', '--from', here.from, '--to', here.to)
    .ended

  expect(JSON.parse(stdout)).toMatchObject({
    copied: 3,
    finished: true,
    tables: { accounts: 0, sessions: 3 },
  })
  expect(status).toBe(0)
})

test.each([
  ['Ctrl-C stops it after the batch in hand', 'SIGINT', 130],
  ['it is killed', 'SIGKILL', null],
] as const)('where %s, the next one goes on from there', async (_, signal, code) => {
  await using here = await place()
  await keepSessions(here.before, 20_000)
  const settings = { FROM_DATABASE_URL: here.from, DATABASE_URL: here.to }
  const first = here.start({ ...settings, ...ON_A_TERMINAL })
  await expect.poll(() => sessions(here.after), { timeout: 20_000, interval: 5 }).toBeGreaterThan(0)

  first.child.kill(signal)
  const { status, stdout } = await first.ended
  const half = Number(await sessions(here.after))
  const second = await here.start(settings, '--json').ended

  expect(status).toBe(code)
  if (code !== null) expect(stdout).toContain('Start it again at any time: it goes on from here.')
  expect(half).toBeLessThan(20_000)
  expect(JSON.parse(second.stdout)).toMatchObject({ copied: 20_000 - half, finished: true })
  expect(await sessions(here.after)).toBe(20_000)
})

test('on a terminal one line is drawn again and again, and wiped in the end', async () => {
  await using here = await place()
  await keepSessions(here.before, 1000)
  const settings = { FROM_DATABASE_URL: here.from, DATABASE_URL: here.to }

  const { stdout } = await here.start({ ...settings, ...ON_A_TERMINAL }).ended

  expect(stdout.split('\r')).toContain('███████████████░░░░░░░░░░░░░░░  50 %  500 of 1,000\x1b[K')
  expect(stdout).toContain('\r\x1b[K1,000 rows copied.')
})

test('a site that was copied goes on: who was connected still is, and keys can be changed there', async () => {
  await using world = await startWorld({}, { engine: sqlite })
  await using here = await place()
  const mira = person(world)
  await mira.login()
  await here.start({ FROM_DATABASE_URL: world.databaseUrl, DATABASE_URL: here.to }).ended

  const rotation = await here.rotateKeys({
    DATABASE_URL: here.to,
    SESSION_SECRETS: SESSION_SECRET,
    TOKEN_KEYS: [8, 7].map((byte) => `k${byte - 6}:${Buffer.alloc(32, byte).toString('base64')}`).join(','),
  }).ended

  expect(JSON.parse(rotation.stdout)).toMatchObject({ sealed: 1, unreadable: 0, finished: true })
  expect(await here.after.all('SELECT username, token_key_id FROM accounts')).toStrictEqual([
    { username: 'harbour.bakery', token_key_id: 'k2' },
  ])
  expect(await here.after.all('SELECT * FROM sessions ORDER BY sid')).toStrictEqual(
    await world.database.all('SELECT * FROM sessions ORDER BY sid'),
  )
})

test.each([
  ['no database to copy from', () => ({}), 'name the database to copy from'],
  ['no database to copy to', ({ from }) => ({ FROM_DATABASE_URL: from }), 'name the database to copy to'],
  [
    'the same database twice',
    ({ from }) => ({ FROM_DATABASE_URL: from, DATABASE_URL: from }),
    'are the same',
  ],
  [
    'a file that is not there',
    ({ to }) => ({ FROM_DATABASE_URL: 'file:./nothing.db', DATABASE_URL: to }),
    'There is no database ./nothing.db',
  ],
  [
    'a server that is away',
    ({ from }) => ({ FROM_DATABASE_URL: from, DATABASE_URL: 'postgres://me:canary@127.0.0.1:9/accounts' }),
    'The database 127.0.0.1:9/accounts cannot be opened',
  ],
] as const satisfies [string, (urls: { from: string; to: string }) => Record<string, string>, string][])(
  '%s is said in a sentence, with status 1',
  async (_, settings, sentence) => {
    await using here = await place()

    const { status, stdout, stderr } = await here.start(settings(here)).ended

    expect(stderr).toContain(`Cannot go on: `)
    expect(stderr).toContain(sentence)
    expect(stdout + stderr).not.toMatch(/canary| {4}at /)
    expect(status).toBe(1)
  },
)

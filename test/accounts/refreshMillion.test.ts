import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createCensus } from '../../src/accounts/census.ts'
import { createKeeping, type Keeping } from '../../src/accounts/keeping.ts'
import { createInstagram } from '../../src/instagram/client.ts'
import { type Database, openDatabase, type Value } from '../../src/storage/database.ts'
import { NOW, settingsFor } from '../instagram/support.ts'
import { idOf } from './refreshStage.ts'
import { DAY } from './refreshWorld.ts'
import { connected, OLD_KEY } from './support.ts'

/** A statement as it was asked. */
interface Asked {
  sql: string
  parameters: readonly Value[]
}

/** So many accounts, and every statement that was asked of their database. */
interface Crowd extends Keeping {
  database: Database
  asked: Asked[]
}

const ending = new AsyncDisposableStack()
let thousand: Crowd
let million: Crowd
let clock = NOW

beforeAll(async () => {
  thousand = await crowd(1_000)
  million = await crowd(1_000_000)
}, 60_000)
afterAll(() => ending.disposeAsync(), 30_000)

async function crowd(count: number): Promise<Crowd> {
  const folder = await mkdtemp(join(tmpdir(), 'crowd-'))
  ending.defer(() => rm(folder, { recursive: true }))
  const file = join(folder, 'accounts.db')
  {
    const database = await openDatabase(`file:${file}`)
    await keep(database, []).accounts.connect(connected())
    await database.close()
  }
  multiply(file, count)
  const database = ending.adopt(await openDatabase(`file:${file}`), (opened) => opened.close())
  const asked: Asked[] = []
  return { ...keep(database, asked), database, asked }
}

/** Copies the one account until there are so many, each with ids and a due date of its own. */
function multiply(file: string, count: number): void {
  const database = new DatabaseSync(file)
  // Nothing here need survive a power cut.
  database.exec('PRAGMA journal_mode = OFF')
  database.exec('PRAGMA synchronous = OFF')
  const columns = database
    .prepare('SELECT name FROM pragma_table_info(?)')
    .all('accounts')
    .map(({ name }) => String(name))
  const own: Record<string, string> = {
    account_key: "printf('key-%07d', number)",
    id: 'CAST(27640875392278831 + 2 * number AS TEXT)',
    user_id: 'CAST(17841403815449847 + 2 * number AS TEXT)',
    due_at: 'due_at + number',
  }
  database.exec(`
    WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < ${count - 1})
    INSERT INTO accounts (${columns.join(', ')})
    SELECT ${columns.map((name) => own[name] ?? name).join(', ')} FROM accounts, numbers`)
  database.close()
}

/** A keeping that writes down what it asks of the database. */
function keep(database: Database, asked: Asked[]): Keeping {
  return createKeeping({
    database: {
      all(sql, ...parameters) {
        asked.push({ sql, parameters })
        return database.all(sql, ...parameters)
      },
      run(sql, ...parameters) {
        asked.push({ sql, parameters })
        return database.run(sql, ...parameters)
      },
      runUnsynced: (sql, ...parameters) => database.runUnsynced(sql, ...parameters),
      transaction: (work) => database.transaction(work),
      close: () => database.close(),
    },
    // Nobody listens there: what is due is claimed, and fails.
    instagram: ending.adopt(
      createInstagram(settingsFor('http://127.0.0.1:9'), () => clock),
      (client) => client.close(),
    ),
    tokenKeys: [OLD_KEY],
    refreshDaysBeforeExpiry: 10,
    listeners: [],
    keepEvents: false,
    reconnectUrl: () => '',
    onError: () => undefined,
    now: () => clock,
  })
}

/** The one statement that `work` asks for, and SQLite's plan for it. */
async function planOf({ database, asked }: Crowd, work: () => Promise<unknown>): Promise<string[]> {
  asked.length = 0
  await work()
  expect(asked).toHaveLength(1)
  const [{ sql, parameters } = { sql: '', parameters: [] }] = asked
  const plan = await database.all(`EXPLAIN QUERY PLAN ${sql}`, ...parameters)
  return plan.map(({ detail }) => String(detail))
}

/** How many times longer a million takes than a thousand: medians of runs that take turns. */
async function growth(work: (crowd: Crowd) => Promise<unknown>, repeats: number): Promise<number> {
  const times = new Map<Crowd, number[]>([
    [thousand, []],
    [million, []],
  ])
  for (let round = 0; round < 31; round += 1)
    for (const [crowd, taken] of times) {
      const start = performance.now()
      for (let repeat = 0; repeat < repeats; repeat += 1) await work(crowd)
      taken.push(performance.now() - start)
    }
  const [few = NaN, many = NaN] = [...times.values()].map((taken) => taken.toSorted((a, b) => a - b)[15])
  return many / few
}

test('there are a million accounts', async () => {
  expect(await million.database.all('SELECT COUNT(*) AS count FROM accounts')).toStrictEqual([{ count: 1e6 }])
})

test('a pass over a million accounts with none due is one query by the index', async () => {
  const plan = await planOf(million, () => million.refresher.refreshDue())

  expect(plan.join('\n')).toMatch(/SEARCH accounts USING (COVERING )?INDEX accounts_due_at \(due_at<\?\)/)
  expect(plan.join('\n')).not.toMatch(/SCAN|TEMP B-TREE/)
})

test('and takes as long as over a thousand', async () => {
  expect(await growth(({ refresher }) => refresher.refreshDue(), 20)).toBeLessThanOrEqual(3)
})

test.each([
  ['by its key', ({ accounts }: Crowd) => accounts.find('key-0000500')],
  ['by its app-scoped id', ({ accounts }: Crowd) => accounts.findById(idOf(500))],
  ['by its professional id', ({ accounts }: Crowd) => accounts.findById('17841403815450847')],
  ['by no id', ({ accounts }: Crowd) => accounts.findById('1')],
])('an account is found %s by indexes', async (_, find) => {
  const plan = await planOf(million, () => find(million))

  expect(plan.join('\n')).toContain('SEARCH accounts USING INDEX')
  expect(plan.join('\n')).not.toContain('SCAN')
  expect(await growth(find, 20)).toBeLessThanOrEqual(3)
})

test('a page of a list is read by the index, wherever it begins', async () => {
  const list = ({ accounts }: Crowd) => accounts.list({ after: idOf(990), limit: 5 })

  const plan = await planOf(million, () => list(million))

  expect(plan.join('\n')).toMatch(/SEARCH accounts USING INDEX \S+ \(id>\?\)/)
  expect(plan.join('\n')).not.toMatch(/SCAN|TEMP B-TREE/)
  expect((await list(million)).map(({ id }) => id)).toStrictEqual([991, 992, 993, 994, 995].map(idOf))
  expect(await growth(list, 20)).toBeLessThanOrEqual(3)
})

test.each(['nearestExpiry', 'refreshLag'] as const)(
  'the metrics’ %s takes as long as of a thousand',
  async (name) => {
    const times = await growth(({ database }) => createCensus(database, () => clock)[name](), 20)

    expect(times).toBeLessThanOrEqual(3)
  },
)

test('with all of a million due, a claim does not look at them all', async () => {
  clock = new Date(NOW.getTime() + 55 * DAY)
  million.asked.length = 0
  const { refresher } = million
  const settled = million.database.transaction.bind(million.database)
  let calls = 0
  million.database.transaction = (work) => {
    calls += 1
    if (calls === 8) refresher.stop()
    return settled(work)
  }

  await refresher.refreshDue()

  const claims = million.asked.filter(({ sql }) => sql.includes('UPDATE accounts SET lease'))
  const [{ sql, parameters } = { sql: '', parameters: [] }] = claims
  const plan = await million.database.all(`EXPLAIN QUERY PLAN ${sql}`, ...parameters)
  expect(plan.map(({ detail }) => detail)).toContain(
    'SEARCH accounts USING INDEX sqlite_autoindex_accounts_1 (account_key=?)',
  )
  expect(claims.length).toBeGreaterThan(2)
  expect(claims.length).toBeLessThan(12)
})

import { expect, test } from 'vitest'
import { createClaims } from '../../src/accounts/claims.ts'
import { createEvents } from '../../src/accounts/events.ts'
import { createKeyRing } from '../../src/accounts/keyRing.ts'
import { claimDue } from '../../src/accounts/webhookQueue.ts'
import { type Database, openDatabase, type Value } from '../../src/storage/database.ts'
import { NOW } from '../instagram/support.ts'
import { postgres } from '../support/places.ts'
import { OLD_KEY } from './support.ts'

const ROWS = 100_000

/** So many accounts and events, all due, in two processes. */
async function crowd() {
  await using starting = new AsyncDisposableStack()
  const { url } = starting.use(await postgres.place())
  const open = async () => starting.adopt(await openDatabase(url), (opened) => opened.close())
  const [database, other] = [await open(), await open()]
  await database.run(
    `INSERT INTO accounts (account_key, id, asked_scopes, token_kind, sealed_token, token_obtained_at, connected_at,
       token_key_id, status, status_since, due_at, failed_tries)
     SELECT 'key-' || n, CAST(n AS TEXT), '[]', 'long_lived', '1.k1.', 0, 0, 'k1', 'ok', 0, n, 0
     FROM generate_series(1, ${ROWS}) AS n`,
  )
  await database.run(
    `INSERT INTO events (id, payload, created_at, deliver_at, failed_tries)
     SELECT 'evt-' || n, '{}', n, n, 0 FROM generate_series(1, ${ROWS}) AS n`,
  )
  await database.run('ANALYZE accounts')
  await database.run('ANALYZE events')
  const ending = starting.move()
  return { database, other, [Symbol.asyncDispose]: () => ending.disposeAsync() }
}

function claimsOn(database: Database) {
  const now = () => NOW
  const events = createEvents({ now, listeners: [], kept: false, reconnectUrl: () => '' })
  return createClaims(database, createKeyRing([OLD_KEY]), events, now)
}

/** The database, and the plan of each statement asked of it. */
function explained(database: Database, plans: string[]): Database {
  return {
    ...database,
    async all(sql: string, ...parameters: Value[]) {
      const plan = await database.all(`EXPLAIN ${sql}`, ...parameters)
      plans.push(plan.map((row) => String(row['QUERY PLAN'])).join('\n'))
      return database.all(sql, ...parameters)
    },
  }
}

test('of many that are due some are claimed by the indexes, and no more than asked for', async () => {
  await using here = await crowd()
  const plans: string[] = []
  const database = explained(here.database, plans)

  const accounts = await claimsOn(database).due(4)
  const events = await claimDue(database, 10, NOW)

  expect(accounts.map(({ account }) => account.id).toSorted()).toStrictEqual(['1', '2', '3', '4'])
  expect(events.map(({ id }) => id)).toStrictEqual(
    Array.from({ length: 10 }, (_, index) => `evt-${index + 1}`),
  )
  expect(plans.join('\n')).toContain('Index Scan using accounts_due_at')
  expect(plans.join('\n')).toContain('Index Scan using events_deliver_at')
  expect(plans.join('\n')).not.toContain('Seq Scan')
})

test('what another process is just changing is passed over, not waited for', async () => {
  await using here = await crowd()

  const meanwhile = await here.other.transaction(async (queries) => {
    await queries.run("UPDATE accounts SET failed_tries = 1 WHERE account_key IN ('key-1', 'key-3')")
    await queries.run("UPDATE events SET failed_tries = 1 WHERE id IN ('evt-1', 'evt-3')")
    return {
      accounts: await claimsOn(here.database).due(2),
      events: await claimDue(here.database, 2, NOW),
    }
  })

  expect(meanwhile.accounts.map(({ account }) => account.id).toSorted()).toStrictEqual(['2', '4'])
  expect(meanwhile.events.map(({ id }) => id)).toStrictEqual(['evt-2', 'evt-4'])
})

test('twenty who claim at the same moment never get the same', async () => {
  await using here = await crowd()
  const databases = Array.from({ length: 20 }, (_, index) => (index % 2 ? here.database : here.other))

  const accounts = await Promise.all(databases.map((database) => claimsOn(database).due(4)))
  const events = await Promise.all(databases.map((database) => claimDue(database, 4, NOW)))

  expect(new Set(accounts.flat().map(({ account }) => account.id)).size).toBe(80)
  expect(new Set(events.flat().map(({ id }) => id)).size).toBe(80)
})

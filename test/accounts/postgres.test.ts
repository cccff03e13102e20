import pino from 'pino'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createEvents } from '../../src/accounts/events.ts'
import { createLeases } from '../../src/accounts/refresher.ts'
import { createTokenCipher } from '../../src/accounts/tokenCipher.ts'
import { createWebhookDelivery } from '../../src/accounts/webhooks.ts'
import { type Database, openDatabase } from '../../src/database/database.ts'
import { postgres } from '../support/places.ts'
import { NOW, OLD_KEY } from './stage.ts'

const ROWS = 20_000

const closing = new AsyncDisposableStack()
let database: Database
let other: Database
beforeAll(async () => {
  const { url } = closing.use(await postgres.place())
  const open = async () => closing.adopt(await openDatabase(url), (opened) => opened.close())
  database = await open()
  other = await open()
  await database.query(
    `INSERT INTO accounts (account_key, id, asked_scopes, token_kind, sealed_token, token_obtained_at, connected_at,
       token_key_id, status, status_since, due_at, failed_tries)
     SELECT 'key-' || n, CAST(n AS TEXT), '[]', 'long_lived', '1.k1.', 0, 0, 'k1', 'ok', 0, n, 0
     FROM generate_series(1, ${ROWS}) AS n`,
  )
  await database.query(
    `INSERT INTO events (id, payload, created_at, deliver_at, failed_tries)
     SELECT 'evt-' || n, '{}', n, n, 0 FROM generate_series(1, ${ROWS}) AS n`,
  )
  await database.query('ANALYZE accounts')
  await database.query('ANALYZE events')
})
beforeEach(async () => {
  await database.query('UPDATE accounts SET leased_until = NULL WHERE leased_until IS NOT NULL')
})
afterAll(() => closing.disposeAsync())

function leasesOn(connection: Database) {
  const now = () => NOW
  const events = createEvents({ now, listeners: [], forWebhook: false, reconnectUrl: () => null })
  return createLeases(connection, createTokenCipher([OLD_KEY]), events, now)
}

async function leaseIds(connection: Database, limit: number): Promise<string[]> {
  return (await leasesOn(connection).takeDue(limit)).map(({ account }) => account.id).toSorted()
}

test('of many due accounts and events, some are leased by an index', async () => {
  const plans: string[] = []
  const explained: Database = {
    ...database,
    async query(sql, parameters) {
      const { rows } = await database.query(`EXPLAIN ${sql}`, parameters)
      plans.push(rows.map((row) => String(row['QUERY PLAN'])).join('\n'))
      return database.query(sql, parameters)
    },
  }
  const delivery = createWebhookDelivery({
    database: explained,
    url: 'http://127.0.0.1:9',
    secrets: [`whsec_${OLD_KEY.secret.toString('base64')}`],
    proxy: {},
    log: pino({ level: 'silent' }),
    now: () => new Date(10),
  })

  const ids = await leaseIds(explained, 4)
  await delivery.deliverDue()
  await delivery.close()

  expect(ids).toStrictEqual(['1', '2', '3', '4'])
  expect(plans.join('\n')).toContain('Index Scan using accounts_due_at')
  expect(plans.join('\n')).toContain('Index Scan using events_deliver_at')
  expect(plans.join('\n')).not.toContain('Seq Scan')
})

test('accounts that another process is changing are skipped, not waited for', async () => {
  const ids = await other.transaction(async (transaction) => {
    await transaction.query("UPDATE accounts SET failed_tries = 1 WHERE account_key IN ('key-1', 'key-3')")
    return leaseIds(database, 2)
  })

  expect(ids).toStrictEqual(['2', '4'])
})

test('twenty processes that lease at the same moment never get the same account', async () => {
  const connections = Array.from({ length: 20 }, (_, index) => (index % 2 ? database : other))

  const ids = await Promise.all(connections.map((connection) => leaseIds(connection, 4)))

  expect(new Set(ids.flat()).size).toBe(80)
})

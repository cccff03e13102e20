import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { APP_ID } from '../admin/support.ts'
import { DAY_MS } from '../../src/facts.ts'
import { person } from '../support/person.ts'
import { onSqlite } from '../support/places.ts'
import { startWorld } from '../support/world.ts'
import { ID, knowledge, meta, USER_ID } from './metaCalls.ts'

const WEBHOOK_SECRET = Buffer.alloc(32, 5).toString('base64')
const world = await startWorld({
  WEBHOOK_URL: 'http://127.0.0.1:9/hook?key=canary',
  WEBHOOK_SECRETS: `whsec_${WEBHOOK_SECRET}`,
})
afterAll(() => world[Symbol.asyncDispose]())
beforeEach(async () => {
  for (const table of ['accounts', 'sessions', 'events', 'login_attempts'])
    await world.database.query(`DELETE FROM ${table}`)
  world.log.length = 0
})

async function count(table: string): Promise<number> {
  return (await world.database.query(`SELECT * FROM ${table}`)).rows.length
}

/** Every byte of the database's files, as text. */
async function bytes(): Promise<string> {
  const folder = dirname(world.databaseFile)
  const names = (await readdir(folder)).filter((name) => name.startsWith(basename(world.databaseFile)))
  return (await Promise.all(names.map((name) => readFile(join(folder, name), 'latin1')))).join('')
}

test('the jobs delete expired sessions and old login attempts, and nothing else', async () => {
  await person(world).login()
  await world.runJobs()
  const soon = [await count('sessions'), await count('login_attempts'), await count('accounts')]
  world.pass(2 * DAY_MS)
  await world.database.query('UPDATE sessions SET expires_at = $1', [Date.now() - 1])
  // More than are deleted at once.
  await world.database.query(
    `INSERT INTO sessions (sid, data, expires_at)
     WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 2500)
     SELECT 's' || i, '{}', 0 FROM numbers`,
  )

  await world.runJobs()

  expect(soon).toStrictEqual([1, 1, 1])
  const later = [await count('sessions'), await count('login_attempts'), await count('accounts')]
  expect(later).toStrictEqual([0, 0, 1])
})

test('undelivered events are kept for a week after the webhook was removed', async () => {
  await person(world).login()
  const waiting = await count('events')
  world.restart({ WEBHOOK_URL: '', WEBHOOK_SECRETS: '' })
  await world.runJobs()
  const soon = await count('events')
  world.pass(8 * DAY_MS)

  await world.runJobs()

  world.restart()
  expect([waiting, soon, await count('events')]).toStrictEqual([1, 1, 0])
})

test('the log shows neither the query of the webhook’s URL nor its secret', async () => {
  await person(world).login()
  await world.runJobs()

  const log = world.log.join('')
  expect(log).toContain('an event could not be delivered')
  expect(log).not.toContain('canary')
  expect(log).not.toContain(WEBHOOK_SECRET)
})

onSqlite('after a data deletion, nothing about the person is left in any file of the database', async () => {
  await person(world).login()
  world.pass(55 * DAY_MS)
  await world.runJobs() // Refreshes the token; its event waits.
  await person(world).login()
  const known = await knowledge(world)
  const before = await bytes()

  await meta(world, '/data-deletion')
  await world.runJobs()

  const after = await bytes()
  for (const piece of known) {
    expect(piece.length).toBeGreaterThan(10)
    expect(before).toContain(piece)
    expect(after).not.toContain(piece)
  }
})

onSqlite('nor about a person who disconnected before, and whose events still wait', async () => {
  const somebody = person(world)
  await somebody.login()
  await somebody.submit('/disconnect', { account: APP_ID })
  const before = await bytes()

  await meta(world, '/data-deletion')
  await world.runJobs()

  const after = await bytes()
  for (const piece of ['harbour.bakery', ID, USER_ID]) {
    expect(before).toContain(piece)
    expect(after).not.toContain(piece)
  }
})

onSqlite('opening pages without a login writes nothing to the database', async () => {
  const changes = () => world.database.query('SELECT total_changes() AS total')
  const somebody = person(world)
  const before = await changes()

  await somebody.get('/')
  await somebody.get('/')

  expect(await count('sessions')).toBe(0)
  expect(await changes()).toStrictEqual(before)
})

import express from 'express'
import pino from 'pino'
import request from 'supertest'
import { expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '../../src/storage/database.ts'
import { health } from '../../src/web/health.ts'
import { withOutages } from '../support/outage.ts'
import { startWorld, type World } from '../support/world.ts'

function levels({ log }: World): unknown[] {
  return log.map((line) => (JSON.parse(line) as { level: number }).level)
}

test('the process is alive and ready: small JSON, no cookie, nothing kept, nothing in the log above debug', async () => {
  await using world = await startWorld()

  const [alive, ready] = [
    await request(world.origin).get('/healthz'),
    await request(world.origin).get('/readyz'),
  ]

  expect([alive.status, alive.text]).toStrictEqual([200, '{"status":"alive"}'])
  expect([ready.status, ready.text]).toStrictEqual([200, '{"status":"ready"}'])
  for (const { headers } of [alive, ready]) {
    expect(headers['set-cookie']).toBeUndefined()
    expect(headers['cache-control']).toBe('no-store')
  }
  expect(await world.database.all('SELECT sid FROM sessions')).toStrictEqual([])
  expect(levels(world)).toStrictEqual([20, 20])
})

test('while the database is away the process is alive and not ready; it heals by itself, and the log tells each once', async () => {
  await using world = await startWorld()
  world.outage.begin()

  const away = [await request(world.origin).get('/readyz'), await request(world.origin).get('/readyz')]
  const alive = await request(world.origin).get('/healthz')
  world.outage.end()
  const back = [await request(world.origin).get('/readyz'), await request(world.origin).get('/readyz')]

  expect(away.map(({ status, text }) => [status, text])).toStrictEqual([
    [503, '{"status":"not ready"}'],
    [503, '{"status":"not ready"}'],
  ])
  expect(alive.status).toBe(200)
  expect(back.map(({ status }) => status)).toStrictEqual([200, 200])
  expect(world.log.filter((line) => line.includes('"Not ready: the database is away."'))).toHaveLength(1)
  expect(world.log.filter((line) => line.includes('"Ready again: the database answers."'))).toHaveLength(1)
})

test('a database that hangs makes it not ready within the limit, and is asked once however many look', async () => {
  const opened = await openDatabase('file::memory:')
  onTestFinished(() => opened.close())
  const { database, outage } = withOutages(opened)
  const app = express().use(health({ database, log: pino({ level: 'silent' }), limitMs: 30 }))
  outage.hang()

  const answers = await Promise.all(Array.from({ length: 5 }, () => request(app).get('/readyz')))

  expect(answers.map(({ status }) => status)).toStrictEqual([503, 503, 503, 503, 503])
  expect(outage.asked()).toBe(1)
})

test('told to stop, it is not ready at once, and alive to the end', async () => {
  await using world = await startWorld()
  world.stop()

  const [ready, alive] = [
    await request(world.origin).get('/readyz'),
    await request(world.origin).get('/healthz'),
  ]

  expect([ready.status, alive.status]).toStrictEqual([503, 200])
})

test('alive needs no database', async () => {
  await using world = await startWorld()
  world.outage.begin()

  await request(world.origin).get('/healthz')

  expect(world.outage.asked()).toBe(0)
})

import { expect, test } from 'vitest'
import { DAY_MS, HOUR_MS, startBench, tokenOf } from './support.ts'

test('lets 60 days pass at once, and every token with them', async () => {
  await using bench = await startBench()
  const token = await bench.longLived()

  bench.pass(59 * DAY_MS)
  const before = await bench.me(token)
  bench.pass(DAY_MS)
  const after = await bench.me(token)

  expect([before.status, after.status]).toEqual([200, 400])
})

test('keeps a token alive for a year by a refresh every 50 days', async () => {
  await using bench = await startBench()
  let token = await bench.longLived()

  for (let refreshes = 0; refreshes < 7; refreshes += 1) {
    bench.pass(50 * DAY_MS)
    token = await tokenOf(await bench.refresh(token))
  }
  bench.pass(15 * DAY_MS)

  expect((await bench.me(token)).status).toBe(200)
})

test('adds what passes to a clock that moves by itself', async () => {
  let time = Date.parse('2026-11-23T12:00:00Z')
  await using bench = await startBench({ now: () => new Date(time) })

  time += DAY_MS
  bench.pass(HOUR_MS)

  expect(await bench.home()).toContain('datetime="2026-11-24T13:00:00.000Z"')
})

test('steps back as well, and a token that was not of age is young again', async () => {
  await using bench = await startBench()
  const token = await bench.longLived()
  bench.pass(2 * DAY_MS)

  bench.pass(-1.5 * DAY_MS)

  expect((await bench.refresh(token)).status).toBe(400)
  expect(await bench.home()).toContain('moved forward by 12 hours.')
})

test('moves no clock but its own', async () => {
  await using one = await startBench()
  await using two = await startBench()

  one.pass(DAY_MS)

  expect(await one.home()).toContain('datetime="2026-11-24T12:00:00.000Z"')
  expect(await two.home()).toContain('datetime="2026-11-23T12:00:00.000Z"')
})

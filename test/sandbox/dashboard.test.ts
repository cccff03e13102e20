import { expect, test } from 'vitest'
import { DAY_MS, graphErrorOf, startBench } from './support.ts'

test('gives a long-lived token without a login', async () => {
  await using bench = await startBench()

  const token = bench.dashboardToken('creator')
  const answer = await bench.me(token)

  expect(token).toMatch(/^IGAA/)
  expect(await answer.json()).toMatchObject({ user_id: '17841465209137453' })
  expect(bench.calls.map(({ endpoint }) => endpoint)).toEqual(['me'])
})

test('refuses to exchange it, because it is long-lived already', async () => {
  await using bench = await startBench()

  const answer = await bench.prolong(bench.dashboardToken('business'))

  expect((await graphErrorOf(answer)).message).toMatch(/^Session key invalid/)
})

test('refreshes it once it is a day old, and not before', async () => {
  await using bench = await startBench()
  const token = bench.dashboardToken('business')

  bench.pass(DAY_MS - 1000)
  const early = await bench.refresh(token)
  bench.pass(1000)
  const inTime = await bench.refresh(token)

  expect(await graphErrorOf(early)).toMatchObject({ code: 10 })
  expect(await inTime.json()).toMatchObject({ token_type: 'bearer', expires_in: 5_183_944 })
})

test('makes one that is as old as wanted', async () => {
  await using bench = await startBench()

  const ofAge = await bench.refresh(bench.dashboardToken('business', DAY_MS))
  const over = await bench.refresh(bench.dashboardToken('business', 60 * DAY_MS))

  expect(ofAge.status).toBe(200)
  expect((await graphErrorOf(over)).message).toContain('Session has expired on')
})

test('gives a good one after the app was removed, as a new login would', async () => {
  await using bench = await startBench()
  const old = bench.dashboardToken('business')
  bench.revoke('business')

  const fresh = bench.dashboardToken('business')

  expect(await graphErrorOf(await bench.me(old))).toMatchObject({ code: 190, error_subcode: 458 })
  expect((await bench.me(fresh)).status).toBe(200)
})

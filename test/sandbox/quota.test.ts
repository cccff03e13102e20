import { expect, test } from 'vitest'
import { DAY_MS, graphErrorOf, startBench } from './support.ts'

const REACHED = {
  message: '(#4) Application request limit reached',
  type: 'OAuthException',
  is_transient: true,
  code: 4,
}

test('refuses the next calls of any Graph endpoint, and then no more', async () => {
  await using bench = await startBench()
  const short = await bench.shortLived()
  const long = await bench.longLived()
  bench.pass(DAY_MS)

  bench.throttle(3)
  const refused = [await bench.me(long), await bench.refresh(long), await bench.prolong(short)]
  const accepted = await bench.refresh(long)

  for (const answer of refused) {
    const error = await graphErrorOf(answer)
    expect(answer.status).toBe(403)
    expect(error).toEqual(REACHED)
    expect(Object.keys(error)).toEqual(['message', 'type', 'is_transient', 'code'])
  }
  expect(accepted.status).toBe(200)
})

test('says in its headers that all is used up, and when to come again', async () => {
  await using bench = await startBench()
  const token = await bench.longLived()

  bench.throttle(2)
  const usual = usageOf(await bench.me(token))
  bench.throttle(1, 42)
  const longer = usageOf(await bench.me(token))
  const after = usageOf(await bench.me(token))

  expect(usual.app).toMatchObject({ call_count: 100 })
  expect(usual.business).toEqual({
    '17841403815449847': [
      {
        type: 'instagram',
        call_count: 100,
        total_cputime: 1,
        total_time: 1,
        estimated_time_to_regain_access: 15,
      },
    ],
  })
  expect(longer.business).toMatchObject({ '17841403815449847': [{ estimated_time_to_regain_access: 42 }] })
  expect(after.app).toMatchObject({ call_count: 1 })
  expect(after.business).toMatchObject({ '17841403815449847': [{ estimated_time_to_regain_access: 0 }] })
})

test('throttles no code exchange and no picture', async () => {
  await using bench = await startBench()
  const code = await bench.allow()

  bench.throttle(1)
  const exchange = await bench.exchange(code)
  const picture = await fetch(`${bench.origin}/pictures/business.png`)

  expect([exchange.status, picture.status]).toEqual([200, 200])
  expect((await bench.me('x')).status).toBe(403)
})

test('stops throttling when told so', async () => {
  await using bench = await startBench()
  const token = await bench.longLived()
  bench.throttle(1000)

  bench.throttle(0)

  expect((await bench.me(token)).status).toBe(200)
})

test('tells no account’s usage to a token that it does not know', async () => {
  await using bench = await startBench()

  const usage = usageOf(await bench.me('IGAAunknown'))
  bench.throttle(1)
  const throttled = usageOf(await bench.me('IGAAunknown'))

  expect(usage).toMatchObject({ app: { call_count: 1 }, business: null })
  expect(throttled).toMatchObject({ app: { call_count: 100 }, business: null })
})

test('reports the usage that it was told, on good answers', async () => {
  await using bench = await startBench()
  const token = await bench.longLived()

  bench.usage(97)
  const first = await bench.me(token)
  const second = await bench.me(token)

  for (const answer of [first, second]) {
    expect(answer.status).toBe(200)
    expect(usageOf(answer)).toMatchObject({
      app: { call_count: 97 },
      business: { '17841403815449847': [{ call_count: 97, estimated_time_to_regain_access: 0 }] },
    })
  }
})

/** What the usage headers of an answer say. */
function usageOf({ headers }: Response): { app: unknown; business: unknown } {
  return {
    app: JSON.parse(headers.get('x-app-usage') ?? 'null') as unknown,
    business: JSON.parse(headers.get('x-business-use-case-usage') ?? 'null') as unknown,
  }
}

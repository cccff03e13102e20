import request from 'supertest'
import { expect, test } from 'vitest'
import { OUT_OF_ORDER } from '../accounts/refreshWorld.ts'
import { ACCOUNT, DAY, KEY, program, startApiWorld, startConnected, TOKEN } from '../api/support.ts'
import { person } from '../support/person.ts'
import { scraped } from '../support/scraped.ts'
import { startWorld } from '../support/world.ts'

test('logins are counted by outcome, and each once however often its callback comes', async () => {
  await using world = await startApiWorld()
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted())
  await somebody.get(callback)
  await somebody.get(callback)
  await person(world).login({ cancel: true })
  await person(world).login({ cancel: true })
  await person(world).get('/response?code=a&state=b')
  world.sandbox.answerNext('token', OUT_OF_ORDER)
  const unlucky = person(world)
  const failed = await unlucky.authorize(await unlucky.getStarted())
  await unlucky.get(failed)
  await unlucky.get(failed)

  const metrics = await scraped(world)

  expect(metrics.all('instagram_logins_total')).toStrictEqual({
    'outcome="connected"': 1,
    'outcome="declined"': 2,
    'outcome="cookie_missing"': 1,
    'outcome="temporary_failure"': 1,
  })
})

test('calls to Instagram are counted and timed by endpoint and outcome', async () => {
  await using world = await startApiWorld()
  world.sandbox.answerNext('me', OUT_OF_ORDER)
  await person(world).login()

  const metrics = await scraped(world)

  expect(metrics.all('instagram_call_duration_seconds_count')).toStrictEqual({
    'endpoint="token",outcome="ok"': 1,
    'endpoint="long_lived",outcome="ok"': 1,
    'endpoint="me",outcome="unavailable"': 1,
  })
  const seconds = metrics.all('instagram_call_duration_seconds_sum')['endpoint="token",outcome="ok"']
  expect(seconds).toBeGreaterThan(0)
  expect(seconds).toBeLessThan(10)
})

test('accounts are counted by status, and the nearest expiry and the lag are told in seconds', async () => {
  await using world = await startConnected()
  world.pass(10 * DAY)
  await person(world).login({ as: 'creator' })

  const early = await scraped(world)
  world.pass(45 * DAY)
  const late = await scraped(world)

  expect(early.all('instagram_accounts')).toMatchObject({ 'status="ok"': 2, 'status="needs_reconnect"': 0 })
  expect(early.one('instagram_token_nearest_expiry_seconds')).toBeCloseTo(5_183_944 - 10 * 86_400, -1)
  expect(early.one('instagram_refresh_lag_seconds')).toBe(0)
  expect(late.one('instagram_token_nearest_expiry_seconds')).toBeCloseTo(5_183_944 - 55 * 86_400, -1)
  // Due from eight to ten days before its end.
  expect(late.one('instagram_refresh_lag_seconds')).toBeGreaterThan(3 * 86_400)
  expect(late.one('instagram_refresh_lag_seconds')).toBeLessThan(5.1 * 86_400)
})

test('counts are at most half a minute old', async () => {
  await using world = await startConnected()
  const before = await scraped(world)
  await program(world).remove(ACCOUNT)

  const soon = await scraped(world)
  world.pass(30_000)
  const later = await scraped(world)

  const ok = [before, soon, later].map((metrics) => metrics.all('instagram_accounts')['status="ok"'])
  expect(ok).toStrictEqual([1, 1, 0])
})

test('with no account there is no nearest expiry, and no lag', async () => {
  await using world = await startApiWorld()

  const metrics = await scraped(world)

  expect(metrics.one('instagram_token_nearest_expiry_seconds')).toBeUndefined()
  expect(metrics.one('instagram_refresh_lag_seconds')).toBe(0)
})

test('what happened to accounts and what waits for the webhook is counted', async () => {
  await using world = await startApiWorld({
    WEBHOOK_URL: 'http://127.0.0.1:9/hook',
    WEBHOOK_SECRETS: `whsec_${Buffer.alloc(32, 5).toString('base64')}`,
  })
  await person(world).login()
  await program(world).remove(ACCOUNT)

  const metrics = await scraped(world)

  expect(metrics.all('instagram_account_events_total')).toStrictEqual({
    'type="account.connected"': 1,
    'type="account.disconnected"': 1,
  })
  expect(metrics.one('instagram_events_waiting')).toBe(2)
})

test('requests are counted by the pattern of their address, whatever is asked', async () => {
  await using world = await startConnected()
  const somebody = person(world)
  for (const path of [
    '/nowhere',
    '/no/where?x=1',
    '/%2e%2e/x',
    '/API/x',
    '/aPi/y',
    '/reconnect/1',
    '/reconnect/2',
  ])
    await somebody.get(path)
  await program(world).get(TOKEN)
  await program(world).get('/api/accounts/17841403815449848/token')
  await somebody.post('/disconnect', { 'Sec-Fetch-Site': 'cross-site' })
  await somebody.post('/disconnect')
  await somebody.get('/assets/style.css')
  await request(world.origin).trace('/')

  const metrics = await scraped(world)

  expect(metrics.all('http_request_duration_seconds_count')).toStrictEqual({
    'route="/",method="GET",status="2xx"': 1,
    'route="/response",method="GET",status="2xx"': 1,
    'route="/*",method="GET",status="4xx"': 3,
    'route="/api/*",method="GET",status="4xx"': 2,
    'route="/reconnect/:id",method="GET",status="2xx"': 2,
    'route="/api/accounts/:id/token",method="GET",status="2xx"': 1,
    'route="/api/accounts/:id/token",method="GET",status="4xx"': 1,
    'route="/*",method="POST",status="4xx"': 1,
    'route="/disconnect",method="POST",status="3xx"': 1,
    'route="/assets/*",method="GET",status="2xx"': 1,
    'route="/*",method="other",status="4xx"': 1,
  })
})

test('a database that is away leaves its numbers out, and is told to be away', async () => {
  await using world = await startConnected()
  world.outage.begin()

  const away = await scraped(world)
  world.outage.end()
  const back = await scraped(world)

  expect(away.one('instagram_database_up')).toBe(0)
  expect(away.all('instagram_accounts')).toStrictEqual({})
  expect(away.one('instagram_refresh_lag_seconds')).toBeUndefined()
  expect(away.one('process_resident_memory_bytes')).toBeGreaterThan(0)
  expect(back.one('instagram_database_up')).toBe(1)
  expect(back.all('instagram_accounts')).toMatchObject({ 'status="ok"': 1 })
})

test('two apps in one process count for themselves', async () => {
  await using one = await startApiWorld()
  await using other = await startApiWorld()
  await person(one).login()

  const metrics = [await scraped(one), await scraped(other)]

  expect(metrics.map((each) => each.all('instagram_logins_total'))).toStrictEqual([
    { 'outcome="connected"': 1 },
    {},
  ])
})

test('only who has an API key sees metrics', async () => {
  await using world = await startApiWorld()

  const answers = [
    await request(world.origin).get('/metrics'),
    await request(world.origin).get('/metrics').set('Authorization', `Bearer ${KEY}x`),
    await request(world.origin).get(`/metrics?key=${KEY}`),
  ]
  const posted = await request(world.origin).post('/metrics').set('Authorization', `Bearer ${KEY}`)

  for (const answer of answers) {
    expect(answer.status).toBe(401)
    expect(answer.type).toBe('application/problem+json')
    expect(answer.text).not.toContain('instagram_')
  }
  expect([posted.status, posted.get('Allow')]).toStrictEqual([405, 'GET, HEAD'])
})

test('without API_KEYS there are no metrics', async () => {
  await using world = await startWorld()

  const answer = await program(world).get('/metrics')

  expect(answer.status).toBe(404)
  expect(answer.body.detail).toContain('API_KEYS')
})

import request from 'supertest'
import { expect, test } from 'vitest'
import { DAY_MS } from '../../src/facts.ts'
import { person } from '../support/person.ts'
import { scrape } from '../support/scraped.ts'
import { ACCOUNT, KEY, program, startApiWorld, startConnected, TOKEN } from './support.ts'

const SERVER_ERROR = { status: 500, body: 'Sorry, something went wrong.' }

test('logins are counted by outcome, once however often the callback comes, and calls by endpoint and outcome', async () => {
  await using world = await startApiWorld()
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted())
  await somebody.get(callback)
  await somebody.get(callback)
  const calls = (await scrape(world)).counted('instagram_call_duration_seconds_count')
  await person(world).login({ cancel: true })
  await person(world).login({ cancel: true })
  await person(world).get('/response?code=a&state=b')
  world.sandbox.answerNext('token', SERVER_ERROR)
  const unlucky = person(world)
  const failed = await unlucky.authorize(await unlucky.getStarted())
  await unlucky.get(failed)
  await unlucky.get(failed)

  const metrics = await scrape(world)

  expect(metrics.counted('instagram_logins_total')).toStrictEqual({
    'outcome="connected"': 1,
    'outcome="declined"': 2,
    'outcome="cookie_missing"': 1,
    'outcome="temporary_failure"': 1,
  })
  expect(calls).toStrictEqual({
    'endpoint="token",outcome="ok"': 1,
    'endpoint="long_lived",outcome="ok"': 1,
    'endpoint="me",outcome="ok"': 1,
  })
  expect(metrics.counted('instagram_call_duration_seconds_count')).toStrictEqual({
    ...calls,
    'endpoint="token",outcome="unavailable"': 1,
  })
  const seconds = metrics.all('instagram_call_duration_seconds_sum')['endpoint="token",outcome="ok"']
  expect(seconds).toBeGreaterThan(0)
  expect(seconds).toBeLessThan(10)
})

test('accounts are counted by status, and the nearest expiry and the lag are in seconds', async () => {
  await using world = await startApiWorld()
  const none = await scrape(world)
  await person(world).login()
  world.pass(10 * DAY_MS)
  await person(world).login({ as: 'creator' })

  const early = await scrape(world)
  world.pass(45 * DAY_MS)
  const late = await scrape(world)

  expect(none.one('instagram_token_nearest_expiry_seconds')).toBeUndefined()
  expect(none.one('instagram_refresh_lag_seconds')).toBe(0)
  expect(early.all('instagram_accounts')).toMatchObject({ 'status="ok"': 2, 'status="needs_reconnect"': 0 })
  expect(early.one('instagram_token_nearest_expiry_seconds')).toBeCloseTo(5_183_944 - 10 * 86_400, -1)
  expect(early.one('instagram_refresh_lag_seconds')).toBe(0)
  expect(late.one('instagram_token_nearest_expiry_seconds')).toBeCloseTo(5_183_944 - 55 * 86_400, -1)
  // Due from eight to ten days before its expiry.
  expect(late.one('instagram_refresh_lag_seconds')).toBeGreaterThan(3 * 86_400)
  expect(late.one('instagram_refresh_lag_seconds')).toBeLessThan(5.1 * 86_400)
})

test('counts of many accounts are at most half a minute old', async () => {
  await using world = await startConnected()
  const { rows } = await world.database.query('SELECT * FROM accounts')
  const others = Object.keys(rows[0] ?? {}).map((name) => (/^(account_key|id)$/.test(name) ? `i || ${name}` : name))
  await world.database.query(
    `INSERT INTO accounts WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 10000)
     SELECT ${others.join(', ')} FROM accounts, numbers`,
  )
  const before = await scrape(world)
  await program(world).remove(ACCOUNT)

  const soon = await scrape(world)
  world.pass(30_000)
  const later = await scrape(world)

  const ok = [before, soon, later].map((metrics) => metrics.all('instagram_accounts')['status="ok"'])
  expect(ok).toStrictEqual([10_001, 10_001, 10_000])
})

test('events of accounts are counted, and those that wait for the webhook', async () => {
  await using world = await startApiWorld({
    WEBHOOK_URL: 'http://127.0.0.1:9/hook',
    WEBHOOK_SECRETS: `whsec_${Buffer.alloc(32, 5).toString('base64')}`,
  })
  await person(world).login()
  await program(world).remove(ACCOUNT)

  const metrics = await scrape(world)

  expect(metrics.all('instagram_account_events_total')).toStrictEqual({
    'type="account.connected"': 1,
    'type="account.disconnected"': 1,
  })
  expect(metrics.one('instagram_events_waiting')).toBe(2)
})

test('requests are counted by the pattern of their route', async () => {
  await using world = await startConnected()
  const somebody = person(world)
  for (const path of ['/nowhere', '/no/where?x=1', '/%2e%2e/x', '/API/x', '/aPi/y', '/reconnect/1', '/reconnect/2'])
    await somebody.get(path)
  await program(world).get(TOKEN)
  await program(world).get('/api/accounts/17841403815449848/token')
  await somebody.post('/disconnect', { 'Sec-Fetch-Site': 'cross-site' })
  await somebody.post('/disconnect')
  await somebody.get('/assets/style.css')
  await request(world.origin).trace('/')

  const metrics = await scrape(world)

  expect(metrics.all('http_request_duration_seconds_count')).toStrictEqual({
    'route="/",method="GET",status="2xx"': 1,
    'route="/response",method="GET",status="2xx"': 1,
    'route="/*",method="GET",status="4xx"': 3,
    'route="/api/*",method="GET",status="4xx"': 2,
    'route="/reconnect/:id",method="GET",status="4xx"': 2,
    'route="/api/accounts/:id/token",method="GET",status="2xx"': 1,
    'route="/api/accounts/:id/token",method="GET",status="4xx"': 1,
    'route="/disconnect",method="POST",status="4xx"': 2,
    'route="/assets/*",method="GET",status="2xx"': 1,
    'route="/*",method="other",status="4xx"': 1,
  })
})

test('while the database is away, its numbers are left out', async () => {
  await using world = await startConnected()
  world.outage.begin()

  const away = await scrape(world)
  world.outage.end()
  const back = await scrape(world)

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

  const counts = [await scrape(one), await scrape(other)].map((metrics) => metrics.counted('instagram_logins_total'))

  expect(counts).toStrictEqual([{ 'outcome="connected"': 1 }, {}])
})

test('metrics are there for programs with an API key, by GET only', async () => {
  await using world = await startApiWorld()

  const refused = [
    await request(world.origin).get('/metrics'),
    await request(world.origin).get('/metrics').set('Authorization', `Bearer ${KEY}x`),
    await request(world.origin).get(`/metrics?key=${KEY}`),
  ]
  const posted = await request(world.origin).post('/metrics').set('Authorization', `Bearer ${KEY}`)

  for (const { status, type, text } of refused) {
    expect([status, type]).toStrictEqual([401, 'application/problem+json'])
    expect(text).not.toContain('instagram_')
  }
  expect([posted.status, posted.get('Allow')]).toStrictEqual([405, 'GET, HEAD'])
})

test.each(['/METRICS', '/metrics/', '/Metrics/'])(
  '%s has no metrics, so that a rule of a proxy for /metrics holds',
  async (path) => {
    await using world = await startApiWorld()

    const response = await person(world).get(path, { Authorization: `Bearer ${KEY}` })

    expect(response.status).toBe(404)
    expect(response.text).not.toContain('instagram_')
  },
)

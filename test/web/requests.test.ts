import request from 'supertest'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { reconnectPath } from '../support/world.ts'
import { APP_ID } from '../admin/support.ts'
import { ACCOUNT, KEY, program, startConnected, TOKEN } from '../api/support.ts'
import { person } from '../support/person.ts'

interface Line {
  level: number
  req: { id: string; method: string }
  res: { status: number }
  route: string
  outcome: string
  responseTime: number
}

const world = await startConnected()
afterAll(() => world[Symbol.asyncDispose]())

/** A page that needs the database. */
const PAGE = reconnectPath(world, APP_ID)

beforeEach(() => {
  world.outage.end()
  world.restart()
  world.log.length = 0
})

/** The lines of requests so far. */
function lines(): Line[] {
  return world.log.map((line) => JSON.parse(line) as Line).filter(({ route }) => route)
}

function referenceOn(page: string): string {
  return /<code id="reference">([^<]+)</.exec(page)?.[1] ?? 'none'
}

// Request log.

test('each request is one line with its method, route, status, time and outcome, and without its URL', async () => {
  const somebody = person(world)
  await somebody.login()
  world.log.length = 0
  await somebody.get('/?x=1')
  await somebody.get(PAGE)
  await somebody.get('/data-deletion/guess')
  await somebody.get('/response?code=a&state=b')
  await somebody.get('/somewhere/else?a=b')
  await somebody.get('/reconnect/%zz')
  await somebody.submit('/refresh', { account: APP_ID })
  await somebody.post('/deauthorize')
  await program(world).get(TOKEN)
  await program(world).get('/api/accounts/17841403815449848')
  await program(world, { key: `${KEY}x` }).get(ACCOUNT)
  await program(world).get('/api/somewhere')

  expect(lines().map(({ req, route, res, outcome }) => [req.method, route, res.status, outcome])).toStrictEqual([
    ['GET', '/', 200, 'ok'],
    ['GET', '/reconnect/:id', 200, 'ok'],
    ['GET', '/data-deletion/:code', 404, 'no_such_deletion'],
    ['GET', '/response', 403, 'state_foreign'],
    ['GET', '/*', 404, 'not_found'],
    ['GET', '/*', 400, 'bad_request'],
    ['POST', '/refresh', 409, 'refresh_too_young'],
    ['POST', '/deauthorize', 400, 'bad_request'],
    ['GET', '/api/accounts/:id/token', 200, 'ok'],
    ['GET', '/api/accounts/:id', 404, 'unknown_account'],
    ['GET', '/api/accounts/:id', 401, 'unauthorized'],
    ['GET', '/api/*', 404, 'not_found'],
  ])
  expect(lines().every(({ responseTime }) => Number.isInteger(responseTime))).toBe(true)
  expect(world.log.join('')).not.toMatch(/guess|somewhere|x=1|zz|"(url|path)"/)
})

test('a client that does not wait for the response is logged as aborted', async () => {
  const leaving = new AbortController()
  const askedBefore = world.outage.asked()
  world.outage.hang()
  const sent = fetch(world.origin + PAGE, { signal: leaving.signal }).catch(() => undefined)
  while (world.outage.asked() === askedBefore) await new Promise((resolve) => setImmediate(resolve))

  leaving.abort()
  await sent
  while (lines().length === 0) await new Promise((resolve) => setImmediate(resolve))

  expect(lines()).toMatchObject([{ route: '/reconnect/:id', outcome: 'aborted' }])
})

test('the reference on a page or in a problem is the id in the log', async () => {
  world.outage.begin()

  const page = await person(world).get(PAGE)
  const problem = await program(world).get(ACCOUNT)

  const ids = lines()
    .filter(({ outcome }) => outcome === 'database_unavailable')
    .map(({ req }) => req.id)
  expect(ids).toStrictEqual([referenceOn(page.text), problem.body.reference])
})

test.each(['1', 'loopback', 'on'])(
  'with TRUST_PROXY=%s the X-Request-Id of the proxy is the reference',
  async (trusted) => {
    world.restart({ TRUST_PROXY: trusted })
    world.outage.begin()

    const page = await person(world).get(PAGE, { 'X-Request-Id': 'a1b2:c3.d4_e5-f6' })

    expect(referenceOn(page.text)).toBe('a1b2:c3.d4_e5-f6')
    expect(lines().at(-1)?.req.id).toBe('a1b2:c3.d4_e5-f6')
  },
)

test.each([
  ['of a stranger, without an announced proxy', 'off', 'a1b2c3'],
  ['of a stranger who is not the announced proxy', '192.0.2.1', 'a1b2c3'],
  ['that is too long', '1', 'a'.repeat(65)],
  ['with a space', '1', 'a b'],
  ['with HTML', '1', '<b>x</b>'],
  ['that is empty', '1', ' '],
])('an X-Request-Id %s is ignored', async (_, trusted, id) => {
  world.restart({ TRUST_PROXY: trusted })
  world.outage.begin()

  const page = await request(world.origin).get(PAGE).set('X-Request-Id', id)

  expect(referenceOn(page.text)).toMatch(/^[2-9A-Z]{4}-[2-9A-Z]{4}$/)
})

test('assets, metrics and probes that succeed are logged at debug level', async () => {
  await person(world).get('/assets/style.css')
  await person(world).get('/metrics', { Authorization: `Bearer ${KEY}` })
  await person(world).get('/readyz')
  await person(world).get('/metrics')

  expect(lines().map(({ route, level }) => [route, level])).toStrictEqual([
    ['/assets/*', 20],
    ['/metrics', 20],
    ['/readyz', 20],
    ['/metrics', 40],
  ])
})

test('what a person can fix is no warning, and what only the operator can fix is an error', async () => {
  await person(world).login({ cancel: true })
  world.sandbox.fail('verification_failed')
  await person(world).login()

  const callbacks = lines().filter(({ route }) => route === '/response')
  expect(callbacks.map(({ outcome, level }) => [outcome, level])).toStrictEqual([
    ['declined', 30],
    ['verification_failed', 50],
  ])
})

// Health.

test('the probes respond with small JSON, without a cookie or a session, and nothing is logged above debug', async () => {
  const [alive, ready] = [await person(world).get('/healthz'), await person(world).get('/readyz')]

  expect([alive.status, alive.text]).toStrictEqual([200, '{"status":"alive"}'])
  expect([ready.status, ready.text]).toStrictEqual([200, '{"status":"ready"}'])
  for (const { headers } of [alive, ready]) {
    expect(headers['set-cookie']).toBeUndefined()
    expect(headers['cache-control']).toBe('no-store')
  }
  expect(lines().map(({ level }) => level)).toStrictEqual([20, 20])
})

test('while the database is unavailable the process is alive and not ready, and the log says when that changes', async () => {
  world.outage.begin()

  const away = [await person(world).get('/readyz'), await person(world).get('/readyz')]
  const askedBefore = world.outage.asked()
  const alive = await person(world).get('/healthz')
  const askedAfter = world.outage.asked()
  world.outage.end()
  const back = [await person(world).get('/readyz'), await person(world).get('/readyz')]

  expect(away.map(({ status, text }) => [status, text])).toStrictEqual([
    [503, '{"status":"not ready"}'],
    [503, '{"status":"not ready"}'],
  ])
  expect([alive.status, askedAfter]).toStrictEqual([200, askedBefore])
  expect(back.map(({ status }) => status)).toStrictEqual([200, 200])
  expect(world.log.filter((line) => line.includes('"Not ready: the database cannot be reached."'))).toHaveLength(1)
  expect(world.log.filter((line) => line.includes('"Ready again: the database can be reached."'))).toHaveLength(1)
})

test('after a write that failed the process is not ready until a test write succeeds, at most every 30 seconds', async () => {
  world.outage.beginAt(/^INSERT INTO login_attempts/, 1)
  await person(world).login()
  world.outage.beginAt(/^UPDATE schema_versions/, 1)

  const failed = await person(world).get('/readyz')
  const before = world.outage.asked()
  const early = await person(world).get('/readyz')
  const asked = world.outage.asked() - before
  const later = performance.now() + 30_000
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => later)
  const back = [await person(world).get('/readyz'), await person(world).get('/readyz')]
  clock.mockRestore()

  expect([failed.status, early.status, asked]).toStrictEqual([503, 503, 1])
  expect(back.map(({ status }) => status)).toStrictEqual([200, 200])
})

test('with a database that hangs the process is not ready after two seconds, and asks once for all probes', async () => {
  const askedBefore = world.outage.asked()
  world.outage.hang()

  const responses = await Promise.all(Array.from({ length: 5 }, () => person(world).get('/readyz')))

  expect(responses.map(({ status }) => status)).toStrictEqual([503, 503, 503, 503, 503])
  expect(world.outage.asked() - askedBefore).toBe(1)
})

test('a process that is about to stop is not ready, and alive', async () => {
  world.stop()

  const [ready, alive] = [await person(world).get('/readyz'), await person(world).get('/healthz')]

  expect([ready.status, alive.status]).toStrictEqual([503, 200])
})

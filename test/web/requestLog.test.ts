import request from 'supertest'
import { expect, test } from 'vitest'
import { ACCOUNT, KEY, program, startConnected, TOKEN } from '../api/support.ts'
import { person } from '../support/person.ts'
import { startWorld, type World } from '../support/world.ts'

interface Line {
  level: number
  req: { id: string; method: string }
  res: { status: number }
  route: string
  outcome: string
  responseTime: number
}

/** The line of each request so far. */
function lines({ log }: World): Line[] {
  return log.map((line) => JSON.parse(line) as Line).filter(({ route }) => route)
}

/** A page that cannot be shown without the database. */
const PAGE = '/reconnect/27640875392278831'

function referenceOn(page: string): string {
  return /<code>([^<]+)<\/code>/.exec(page)?.[1] ?? 'none'
}

test('each request is one line: method, route in place of the address, status, time and outcome', async () => {
  await using world = await startConnected()
  const somebody = person(world)
  await somebody.login()
  const before = lines(world).length
  await somebody.get('/?x=1')
  await somebody.get('/reconnect/27640875392278831')
  await somebody.get('/data-deletion/guess')
  await somebody.get('/response?code=a&state=b')
  await somebody.get('/somewhere/else?a=b')
  await somebody.post('/refresh')
  await somebody.post('/deauthorize')
  await program(world).get(TOKEN)
  await program(world).get('/api/accounts/17841403815449848')
  await program(world, { key: `${KEY}x` }).get(ACCOUNT)

  const told = lines(world).slice(before)

  expect(told.map(({ req, route, res, outcome }) => [req.method, route, res.status, outcome])).toStrictEqual([
    ['GET', '/', 200, 'ok'],
    ['GET', '/reconnect/:id', 200, 'ok'],
    ['GET', '/data-deletion/:code', 404, 'no_such_deletion'],
    ['GET', '/response', 403, 'state_foreign'],
    ['GET', '/*', 404, 'not_found'],
    ['POST', '/refresh', 409, 'refresh_too_young'],
    ['POST', '/deauthorize', 400, 'bad_request'],
    ['GET', '/api/accounts/:id/token', 200, 'ok'],
    ['GET', '/api/accounts/:id', 404, 'unknown_account'],
    ['GET', '/api/*', 401, 'unauthorized'],
  ])
  expect(told.every(({ responseTime }) => Number.isInteger(responseTime))).toBe(true)
  expect(world.log.join('')).not.toMatch(/guess|somewhere|x=1|"(url|path)"/)
})

test('somebody who does not wait for the answer is told apart', async () => {
  await using world = await startWorld()
  world.outage.hang()
  const leaving = new AbortController()
  const asked = fetch(world.origin + PAGE, { signal: leaving.signal }).catch(() => undefined)
  while (world.outage.asked() === 0) await new Promise((resolve) => setImmediate(resolve))

  leaving.abort()
  await asked
  while (lines(world).length === 0) await new Promise((resolve) => setImmediate(resolve))
  world.outage.end()

  expect(lines(world)).toMatchObject([{ route: '/reconnect/:id', outcome: 'aborted' }])
})

test('the reference on a page, or in a problem, is the id of its line', async () => {
  await using world = await startConnected()
  world.outage.begin()

  const page = await person(world).get(PAGE)
  const problem = await program(world).get(ACCOUNT)

  const ids = lines(world)
    .filter(({ outcome }) => outcome === 'database_unavailable')
    .map(({ req }) => req.id)
  expect(ids).toStrictEqual([referenceOn(page.text), problem.body.reference])
})

test.each(['1', 'loopback', 'on'])(
  'the id of a proxy that TRUST_PROXY=%s announces is the reference, so that both logs say the same',
  async (trusted) => {
    await using world = await startWorld({ TRUST_PROXY: trusted })
    world.outage.begin()

    const page = await person(world).get(PAGE, { 'X-Request-Id': 'a1b2:c3.d4_e5-f6' })

    expect(referenceOn(page.text)).toBe('a1b2:c3.d4_e5-f6')
    expect(lines(world).at(-1)?.req.id).toBe('a1b2:c3.d4_e5-f6')
  },
)

test.each([
  ['of a stranger, where no proxy is announced', 'off', 'a1b2c3'],
  ['of a stranger who is not the proxy that is', '192.0.2.1', 'a1b2c3'],
  ['that is too long', '1', 'a'.repeat(65)],
  ['with a blank', '1', 'a b'],
  ['with what would be read as HTML', '1', '<b>x</b>'],
  ['that is empty', '1', ' '],
])('an id %s is not taken', async (_, trusted, id) => {
  await using world = await startWorld({ TRUST_PROXY: trusted })
  world.outage.begin()

  const page = await request(world.origin).get(PAGE).set('X-Request-Id', id)

  expect(referenceOn(page.text)).toMatch(/^[2-9A-Z]{4}-[2-9A-Z]{4}$/)
})

test('what goes well every few seconds does not fill the log', async () => {
  await using world = await startConnected()
  const before = lines(world).length

  await person(world).get('/assets/style.css')
  await program(world).get('/metrics')
  await person(world).get('/readyz')
  await program(world, { key: `${KEY}x` }).get('/metrics')

  const levels = lines(world).slice(before)
  expect(levels.map(({ route, level }) => [route, level])).toStrictEqual([
    ['/assets/*', 20],
    ['/metrics', 20],
    ['/readyz', 20],
    ['/metrics/*', 40],
  ])
})

test('a person’s own no is no warning, and what only the operator can mend is an error', async () => {
  await using world = await startWorld()

  await person(world).login({ cancel: true })
  world.sandbox.fail('verification_failed')
  await person(world).login()

  const told = lines(world).filter(({ route }) => route === '/response')
  expect(told.map(({ outcome, level }) => [outcome, level])).toStrictEqual([
    ['declined', 30],
    ['verification_failed', 50],
  ])
})

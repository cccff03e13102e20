import { afterAll, expect, test, vi } from 'vitest'
import { addCopies, KEY, program, startApiWorld, TOKEN, UNTIL_DUE } from '../api/support.ts'
import { DAY_MS } from '../../src/facts.ts'
import { person } from '../support/person.ts'
import { startWorld } from '../support/world.ts'

const world = await startApiWorld()
afterAll(() => world[Symbol.asyncDispose]())

test.each(['/', '/response', '/nowhere', '/response?code=a&state=b', '/data-deletion', '/help'])(
  'the page %s is stored in no cache, shown in no frame, and loads nothing from other sites',
  async (path) => {
    const page = await person(world).get(path)

    const policy = page.get('Content-Security-Policy') ?? ''
    expect(page.get('Cache-Control')).toBe('no-store')
    expect(page.get('Referrer-Policy')).toBe('strict-origin')
    expect(page.text).toContain('<meta name="referrer" content="strict-origin">')
    expect(page.get('X-Content-Type-Options')).toBe('nosniff')
    expect(page.get('X-Powered-By')).toBeUndefined()
    expect(page.get('ETag')).toBeUndefined()
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|https?:|\*/)
  },
)

test('in production on https browsers remember https for this host; in development they do not', async () => {
  await using production = await startWorld({
    INSTAGRAM_REDIRECT_URI: 'https://tokens.example/response',
    NODE_ENV: 'production',
  })

  const [live, local] = [await person(production).get('/'), await person(world).get('/')]

  expect(live.get('Strict-Transport-Security')).toBe('max-age=31536000')
  expect(local.get('Strict-Transport-Security')).toBeUndefined()
})

test.each(['/', '/login?force_reauth=1'])(
  'a person who opens %s at 127.0.0.1 is sent to localhost, where the cookie is found later',
  async (path) => {
    const { port } = new URL(world.origin)

    const response = await person(world).get(path, { Host: `127.0.0.1:${port}` })

    expect([response.status, response.get('Location')]).toStrictEqual([307, world.origin + path])
  },
)

test.each(['/', '/login', '/response?code=a&state=b', '/help', '/data-deletion', '/accounts', '/setup', '/nowhere'])(
  'a site that points its own name at this server cannot read %s',
  async (path) => {
    world.restart({ ADMIN_PASSWORD: 'a password of the tests' })
    const connected = person(world)
    await connected.login()

    const page = await connected.get(path, { Host: `evil.example:${new URL(world.origin).port}` })

    expect(page.status).toBe(421)
    expect(page.text).toContain('Wrong address for this site')
    expect(page.text).not.toMatch(/harbour|oauth|password/)
    expect(page.get('Set-Cookie')).toBeUndefined()
  },
)

test('a POST under a foreign name changes nothing, although its origin is the same', async () => {
  const connected = person(world)
  await connected.login()

  const response = await connected.post('/disconnect', { Host: 'evil.example', Origin: 'http://evil.example' })

  expect(response.status).toBe(421)
  expect((await connected.get('/')).text).toContain('@harbour.bakery')
})

test('pages are shown under the name of the redirect URI, and under those of this machine', async () => {
  await using behindProxy = await startWorld({ INSTAGRAM_REDIRECT_URI: 'https://tokens.example/response' })
  const names = ['127.0.0.1:1', '[::1]', 'LOCALHOST', 'tokens.example', 'Tokens.example:8443']

  for (const Host of names) expect((await person(behindProxy).get('/help', { Host })).status).toBe(200)
})

test.each(['/healthz', '/readyz', '/metrics', '/api/accounts'])(
  '%s responds under any name, such as the address of a container',
  async (path) => {
    const response = await person(world).get(path, { Host: '10.0.0.7:3000', Authorization: `Bearer ${KEY}` })

    expect(response.status).toBe(200)
  },
)

test('Meta’s calls may arrive under any name', async () => {
  const meta = person(world, world.origin, new Map(), { Host: 'tunnel.example' })

  const response = await meta.submit('/deauthorize', { signed_request: world.sandbox.signedRequest('business') })

  expect(response.status).toBe(200)
})

test('a POST of an old browser from our own page is accepted because of its Origin', async () => {
  const somebody = person(world)
  await somebody.login()

  const response = await somebody.post('/disconnect', { 'Sec-Fetch-Site': '', Origin: world.origin })

  expect(response.status).toBe(303)
})

// Who may connect, and how.

test('with an allow list only its accounts connect, by name or id; of others nothing is stored', async () => {
  world.restart({ ALLOWED_ACCOUNTS: '@Harbour.Bakery, 17841400000000001' })
  await world.database.query('DELETE FROM accounts')
  const token = world.sandbox.dashboardToken('creator', 3 * DAY_MS)
  const stranger = person(world)

  const allowed = [await person(world).login()]
  const eventsBefore = world.events.length
  const callback = await stranger.authorize(await stranger.getStarted(), { as: 'creator' })
  const refused = [await stranger.get(callback), await stranger.get(callback)]
  const imported = await stranger.submit('/import', { access_token: token })
  const problem = await program(world).post('/api/accounts', { access_token: token })
  const { rows } = await world.database.query('SELECT username FROM accounts')
  const eventsAfter = world.events.length
  world.restart({ ALLOWED_ACCOUNTS: '17841403815449847' })
  allowed.push(await person(world).login())

  expect(allowed.map(({ status }) => status)).toStrictEqual([200, 200])
  for (const page of [...refused, imported]) {
    expect(page.status).toBe(403)
    expect(page.text).toContain('This account can’t be connected here')
    expect(page.text).toContain('href="/help/account_not_allowed"')
  }
  expect([problem.status, problem.body]).toMatchObject([403, { type: '/problems/account_not_allowed' }])
  expect(rows.map(({ username }) => username)).toStrictEqual(['harbour.bakery'])
  expect(eventsAfter).toBe(eventsBefore)
})

test('where visitors may paste no token there is no form for it, and nothing behind it', async () => {
  world.restart({ TAKES_TOKENS: 'off' })
  const access_token = world.sandbox.dashboardToken('business', 3 * DAY_MS)

  const [start, imported] = [await person(world).get('/'), await person(world).submit('/import', { access_token })]

  expect(start.text).not.toContain('access_token')
  expect(imported.status).toBe(404)
})

// Rate limits.

/** The statuses of so many requests from one address, some at a time, and the last response. */
async function flood(count: number, path: string, options: RequestInit = {}) {
  const statuses: Record<number, number> = {}
  let last = new Response()
  for (let sent = 0; sent < count; sent += 20) {
    const some = Array.from({ length: Math.min(20, count - sent) }, async () => {
      const response = await fetch(world.origin + path, { redirect: 'manual', ...options })
      statuses[response.status] = (statuses[response.status] ?? 0) + 1
      return { response, text: await response.text() }
    })
    for (const { response, text } of await Promise.all(some))
      if (response.status === 429 || last.status !== 429) last = new Response(text, response)
  }
  return { statuses, last, text: await last.text() }
}

test('600 callbacks a minute from one address may fail; successful logins do not count', async () => {
  world.restart()
  const path = '/response?code=a&state=b'

  const { statuses } = await flood(590, path)
  const logins = []
  for (let login = 0; login < 15; login += 1) logins.push((await person(world).login()).status)
  const { statuses: more, last, text } = await flood(15, path)
  // A minute later, and the system's clock was set back meanwhile.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 })
  const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000)
  const later = await person(world).get(path)
  clock.mockRestore()
  vi.useRealTimers()

  expect([statuses, more]).toStrictEqual([{ 400: 590 }, { 400: 10, 429: 5 }])
  expect(new Set(logins)).toStrictEqual(new Set([200]))
  expect(Number(last.headers.get('Retry-After'))).toBeGreaterThan(0)
  expect(Number(last.headers.get('Retry-After'))).toBeLessThanOrEqual(60)
  expect(text).toContain('Too many requests')
  expect(later.status).toBe(400)
})

test('60 tokens a minute may be pasted from one address, valid or not', async () => {
  world.restart()
  const form = { method: 'POST', headers: { 'Sec-Fetch-Site': 'same-origin' }, body: new URLSearchParams() }

  const { statuses, text } = await flood(63, '/import', form)

  expect(statuses).toStrictEqual({ 422: 60, 429: 3 })
  expect(text).toContain('Wait a minute')
})

test('a program may import 600 tokens a minute, then gets a problem', async () => {
  world.restart()
  const post = {
    method: 'POST',
    headers: { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json' },
    body: '{"access_token":"EAA"}',
  }

  const { statuses, last, text } = await flood(603, '/api/accounts', post)
  const listed = await program(world).get('/api/accounts')

  expect(statuses).toStrictEqual({ 422: 600, 429: 3 })
  expect(last.headers.get('Content-Type')).toMatch(/^application\/problem\+json/)
  expect(last.headers.get('Retry-After')).toMatch(/^\d+$/)
  expect(JSON.parse(text)).toMatchObject({ type: '/problems/too_many_requests', status: 429 })
  expect(listed.status).toBe(200)
})

test.each(['/api/accounts', '/metrics'])(
  'at %s 60 wrong keys a minute get 401, further ones 429, and a valid key still works',
  async (path) => {
    world.restart()
    const wrong = { headers: { Authorization: `Bearer ${KEY}x` } }

    const { statuses, last, text } = await flood(65, path, wrong)
    const right = await person(world).get(path, { Authorization: `Bearer ${KEY}` })

    expect(statuses).toStrictEqual({ 401: 60, 429: 5 })
    expect(last.headers.get('Retry-After')).toMatch(/^\d+$/)
    expect(JSON.parse(text)).toMatchObject({ type: '/problems/too_many_requests' })
    expect(right.status).toBe(200)
  },
)

test('requests with a valid key are not limited, nor are other errors', async () => {
  world.restart()

  const keyless = await flood(70, '/api/openapi.json', { method: 'DELETE' })
  const right = await flood(70, '/api/nothing', { headers: { Authorization: `Bearer ${KEY}` } })

  expect([keyless.statuses, right.statuses]).toStrictEqual([{ 405: 70 }, { 404: 70 }])
})

test('behind an announced proxy each address is limited by itself', async () => {
  world.restart({ TRUST_PROXY: '1' })
  const from = (address: string) => ({
    headers: { Authorization: `Bearer ${KEY}x`, 'X-Forwarded-For': address },
  })

  const one = await flood(62, '/api/accounts', from('192.0.2.1'))
  const other = await flood(2, '/api/accounts', from('192.0.2.2'))

  expect([one.statuses, other.statuses]).toStrictEqual([{ 401: 60, 429: 2 }, { 401: 2 }])
  expect(world.log.join('')).not.toContain('TRUST_PROXY is off')
})

test('without an announced proxy X-Forwarded-For counts for nothing, and the log says once what is missing', async () => {
  world.restart()
  let status = 0

  for (let address = 1; address <= 61; address += 1) {
    const headers = { Authorization: `Bearer ${KEY}x`, 'X-Forwarded-For': `192.0.2.${address}` }
    status = (await flood(1, '/api/accounts', { headers })).last.status
  }

  expect(status).toBe(429)
  expect(world.log.filter((line) => line.includes('TRUST_PROXY is off'))).toHaveLength(1)
})

test('callbacks that are pasted count as those that are opened: at the limit none of them goes to Instagram', async () => {
  world.restart()
  await flood(600, '/response?code=a&state=b')
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted())
  const pasting = { pasted: world.origin + callback }
  const callsBefore = world.sandbox.calls.length

  const [opened, pasted] = [await somebody.get(callback), await somebody.submit('/help', pasting)]

  expect([opened.status, pasted.status]).toStrictEqual([429, 429])
  expect(world.sandbox.calls.length).toBe(callsBefore)
})

test('while the database is away nobody uses up a limit', async () => {
  world.restart()
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted())
  const headers = {
    Cookie: [...somebody.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    'Sec-Fetch-Site': 'same-origin',
  }
  const body = new URLSearchParams({ access_token: world.sandbox.dashboardToken('business', 3 * DAY_MS) })
  world.outage.begin()

  const opened = await flood(601, callback, { headers })
  const imported = await flood(61, '/import', { method: 'POST', headers: { 'Sec-Fetch-Site': 'same-origin' }, body })
  world.outage.end()

  expect([opened.statuses, imported.statuses]).toStrictEqual([{ 503: 601 }, { 503: 61 }])
  expect((await person(world).get('/response?code=a&state=b')).status).toBe(400)
  expect((await person(world).post('/import')).status).toBe(422)
})

/** Every route with a limit for each address: those that can reach Instagram, and those where somebody could guess. */
const LIMITED = [
  'DELETE /api/accounts/:id',
  'GET /login',
  'GET /picture',
  'GET /reconnect/:id',
  'GET /response',
  'POST /accounts/:id/disconnect',
  'POST /accounts/:id/refresh',
  'POST /accounts/sign-in',
  'POST /api/accounts',
  'POST /data-deletion',
  'POST /deauthorize',
  'POST /disconnect',
  'POST /help',
  'POST /import',
  'POST /refresh',
  'POST /setup',
]

/** Every other route. None of them calls Instagram, but for the token of the API, which is refreshed when it is due, and no sooner. */
const UNLIMITED = [
  'ALL /api',
  'ALL /api/{*path}',
  'ALL /metrics',
  'ALL /{*path}',
  'GET /',
  'GET /accounts',
  'GET /accounts/:id',
  'GET /accounts/:id/disconnect',
  'GET /api/accounts',
  'GET /api/accounts/:id',
  'GET /api/accounts/:id/token',
  'GET /api/openapi.json',
  'GET /assets/apple-touch-icon.png',
  'GET /assets/icon.svg',
  'GET /assets/page.js',
  'GET /assets/style.css',
  'GET /data-deletion',
  'GET /data-deletion/:code',
  'GET /disconnect',
  'GET /healthz',
  'GET /help',
  'GET /help/:name',
  'GET /metrics',
  'GET /problems/:name',
  'GET /readyz',
  'GET /setup',
  'POST /accounts/sign-out',
]

/** A layer of Express's router: middleware, a router, or a route with its handlers. */
interface Layer {
  method?: string
  handle: object & { stack?: Layer[] }
  route?: { path: string; stack: Layer[] }
}

/** Each route as `GET /path`, and whether a rate limit is among its handlers. */
function routesOf({ stack = [] }: { stack?: Layer[] }): { name: string; isLimited: boolean }[] {
  return stack.flatMap(({ handle, route }) => {
    if (!route) return routesOf(handle)
    const methods = new Set(route.stack.flatMap(({ method }) => method ?? []))
    return [...(methods.size > 0 ? methods : ['all'])].map((method) => ({
      name: `${method.toUpperCase()} ${route.path}`,
      isLimited: route.stack.some((layer) => [method, undefined].includes(layer.method) && 'resetKey' in layer.handle),
    }))
  })
}

test('every route has a limit, or calls Instagram for nobody', async () => {
  world.restart({ ADMIN_PASSWORD: 'a password of the tests' })
  const routes = routesOf(world.app().router)
  const named = (limited: boolean) =>
    [...new Set(routes.filter(({ isLimited }) => isLimited === limited).map(({ name }) => name))].toSorted()
  const somebody = person(world)
  await somebody.login()
  await somebody.submit('/accounts/sign-in', { password: 'a password of the tests' })
  const [id = ''] = await addCopies(world, 1, 17_841_400_000_000_100)
  const callsBefore = world.sandbox.calls.length

  for (const route of UNLIMITED) {
    const [method = '', path = ''] = route.replace('ALL', 'POST').split(' ')
    const headers = { Authorization: `Bearer ${KEY}` }
    const target = path.replace(':id', id).replace(/\{.*\}|:\w+/, 'x')
    if (method === 'DELETE') await program(world).remove(target)
    else await (method === 'GET' ? somebody.get(target, headers) : somebody.post(target, headers))
  }

  expect(named(true)).toStrictEqual(LIMITED)
  expect(named(false)).toStrictEqual(UNLIMITED)
  expect(world.sandbox.calls.slice(callsBefore)).toStrictEqual([])
})

test('a program that reads a token again and again makes one call to Instagram when it is due', async () => {
  world.restart()
  await person(world).login()
  world.pass(UNTIL_DUE)
  world.sandbox.fail('throttled', { at: 'refresh' })
  const callsBefore = world.sandbox.calls.length

  const tokens = []
  for (let read = 0; read < 20; read += 1) tokens.push((await program(world).get(TOKEN)).status)

  expect(new Set(tokens)).toStrictEqual(new Set([200]))
  expect(world.sandbox.calls.length - callsBefore).toBe(1)
})

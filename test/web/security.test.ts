import type { Response } from 'supertest'
import { expect, test } from 'vitest'
import { person, type Person } from '../support/person.ts'
import { CLIENT_SECRET, SESSION_SECRET, startWorld } from '../support/world.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const BROWSER = /-browser=/
const SESSION = /^[^=]+-\d+=/
const OUTSIDE = { INSTAGRAM_REDIRECT_URI: 'https://tokens.example/response' }

test.each(['/', '/response', '/nowhere', '/response?code=a&state=b'])(
  'the page %s is kept by no cache, framed by nobody, and loads nothing from elsewhere',
  async (path) => {
    await using world = await startWorld()

    const page = await person(world).get(path)

    const policy = page.get('Content-Security-Policy') ?? ''
    expect(page.get('Cache-Control')).toBe('no-store')
    expect(page.get('Referrer-Policy')).toBe('no-referrer')
    expect(page.get('X-Content-Type-Options')).toBe('nosniff')
    expect(page.get('X-Powered-By')).toBeUndefined()
    expect(page.get('ETag')).toBeUndefined()
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|https?:|\*/)
  },
)

test('production on https is remembered as https for this host, development is not', async () => {
  await using live = await startWorld({ ...OUTSIDE, NODE_ENV: 'production' })
  await using local = await startWorld()

  const [production, development] = [await person(live).get('/'), await person(local).get('/')]

  expect(production.get('Strict-Transport-Security')).toBe('max-age=31536000')
  expect(development.get('Strict-Transport-Security')).toBeUndefined()
})

test('the cookies on http are HttpOnly and SameSite=Lax', async () => {
  await using world = await startWorld()

  const page = await person(world).login()

  expect(page.get('Set-Cookie')).toStrictEqual([
    expect.stringMatching(
      /^instagram-access-token-\d+=[^;]+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
    ),
    expect.stringMatching(
      /^instagram-access-token-\d+-browser=[^;]+; Path=\/; Max-Age=86400; HttpOnly; SameSite=Lax$/,
    ),
  ])
})

test('the cookies on https are Secure under __Host- names, also behind a proxy that was not announced', async () => {
  await using world = await startWorld(OUTSIDE)
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted())

  const page = await somebody.get(callback.replace(/^https:\/\/[^/]+/, ''))

  expect(page.get('Set-Cookie')).toStrictEqual([
    expect.stringMatching(
      /^__Host-instagram-access-token=[^;]+; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
    ),
    expect.stringMatching(
      /^__Host-instagram-access-token-browser=[^;]+; Path=\/; Max-Age=86400; HttpOnly; SameSite=Lax; Secure$/,
    ),
  ])
})

test('the redirect URI comes from the settings, whatever the Host header says', async () => {
  await using world = await startWorld()

  const page = await person(world).get('/', { Host: 'evil.example', 'X-Forwarded-Host': 'evil.example' })

  expect(page.text).toContain(encodeURIComponent(`${world.origin}/response`))
  expect(page.text).not.toContain('evil.example')
})

test('whoever opens 127.0.0.1 is sent to localhost, where the cookie will be found', async () => {
  await using world = await startWorld()
  const { port } = new URL(world.origin)

  const answer = await person(world).get('/', { Host: `127.0.0.1:${port}` })
  const elsewhere = await person(world).get('/', { Host: `tokens.example:${port}` })

  expect([answer.status, answer.get('Location')]).toStrictEqual([307, `${world.origin}/`])
  expect(elsewhere.status).toBe(200)
})

test.each([
  ['another site', { 'Sec-Fetch-Site': 'cross-site' }],
  ['another subdomain', { 'Sec-Fetch-Site': 'same-site', Origin: 'https://other.tokens.example' }],
  ['the address bar', { 'Sec-Fetch-Site': 'none' }],
  ['an old browser on another site', { 'Sec-Fetch-Site': '', Origin: 'https://evil.example' }],
  ['a page that hides itself', { 'Sec-Fetch-Site': '', Origin: 'null' }],
  ['nowhere', { 'Sec-Fetch-Site': '' }],
])('a POST from %s disconnects nobody', async (_name, headers) => {
  await using world = await startWorld()
  const somebody = person(world)
  await somebody.login()

  const answer = await somebody.post('/disconnect', headers)

  expect(answer.status).toBe(403)
  expect(answer.text).toContain('This did not come from our own page')
  expect((await somebody.get('/')).text).toContain('@harbour.bakery')
})

test('a POST of an old browser from our own page is accepted by its Origin', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  await somebody.login()

  const answer = await somebody.post('/disconnect', { 'Sec-Fetch-Site': '', Origin: world.origin })

  expect(answer.status).toBe(303)
})

test('disconnecting without a session does nothing and harms nobody', async () => {
  await using world = await startWorld()

  const answer = await person(world).post('/disconnect')

  expect(answer.status).toBe(303)
})

test('a session cookie that we did not sign is as none', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  await somebody.login()
  changeCookie(somebody, /-\d+$/)

  const page = await somebody.get('/')

  expect(page.text).toContain('Get Started</a>')
})

test('a login does not end in a browser with another id than it began with', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted())
  changeCookie(somebody, /-browser$/)

  const page = await somebody.get(callback)

  expect(page.status).toBe(403)
  expect(page.text).toContain('This login was started elsewhere')
  expect(await world.database.all('SELECT * FROM accounts')).toStrictEqual([])
})

test.each(['', 'x', '"', 'A'.repeat(44), 'constructor', '%'])(
  'a browser whose cookie holds %j gets an id of ours, and logs in',
  async (value) => {
    await using world = await startWorld()
    const somebody = person(world)
    await somebody.get('/')
    const [name = ''] = somebody.cookies.keys()
    somebody.cookies.set(name, value)

    const page = await somebody.login()

    expect(page.text).toContain('@harbour.bakery')
    expect(somebody.cookies.get(name)).toMatch(/^[\da-f-]{36}$/)
  },
)

test('a login that began before the secret was changed ends well as long as the old one is known', async () => {
  await using world = await startWorld()
  const [one, other] = [person(world), person(world)]
  const callbacks = [
    await one.authorize(await one.getStarted()),
    await other.authorize(await other.getStarted()),
  ] as const
  const newSecret = 'another-session-secret-0123456789abc'

  world.restart({ SESSION_SECRETS: `${newSecret},${SESSION_SECRET}` })
  const known = await one.get(callbacks[0])
  world.restart({ SESSION_SECRETS: newSecret })
  const forgotten = await other.get(callbacks[1])

  expect([known.status, forgotten.status]).toStrictEqual([200, 403])
})

test('neither log nor database shows a code, a state, a cookie, a token or a secret', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted())
  const page = await somebody.get(callback)
  await somebody.get(callback)
  await person(world).get(callback)
  world.sandbox.answerNext('token', { status: 200, body: `{"access_token":"${'IGAAcanary'.repeat(9)}` })
  await person(world).login()
  world.sandbox.answerNext('long_lived', {
    status: 400,
    body: `{"error":{"message":"Bad ${'IGAAcanary'.repeat(9)}"}}`,
  })
  await person(world).login()
  await somebody.post('/disconnect', { 'Sec-Fetch-Site': 'cross-site' })

  const log = world.log.join('')
  const rows = JSON.stringify(await world.database.all('SELECT * FROM accounts'))
  const callbacks = JSON.stringify(await world.database.all('SELECT * FROM callbacks'))
  const query = new URL(callback, world.origin).searchParams
  const token = /id="token">(\w+)</.exec(page.text)?.[1] ?? 'none'
  const cookies = Array.from(somebody.cookies.values(), decodeURIComponent)
  for (const secret of [
    token,
    query.get('code'),
    query.get('state'),
    CLIENT_SECRET,
    SESSION_SECRET,
    'IGAAcanary',
    ...cookies,
  ]) {
    expect(secret).toMatch(/.{10}/)
    expect(log).not.toContain(secret)
    expect(rows).not.toContain(secret)
    expect(callbacks).not.toContain(secret)
  }
})

test('a passer-by is remembered for a day, a connected person for thirty', async () => {
  await using world = await startWorld()
  const somebody = person(world)

  const start = await somebody.get('/')
  const account = await somebody.login()

  expect(daysOf(start, BROWSER)).toBe(1)
  expect(daysOf(account, SESSION)).toBe(30)
})

test('a person who comes back stays connected for another thirty days, and is told so once a day', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  await somebody.login()
  const age = (days: number) =>
    world.database.run('UPDATE sessions SET expires_at = expires_at - $1', days * DAY_MS)

  await age(29)
  const late = await somebody.get('/')
  const again = await somebody.get('/')
  await age(29)

  expect(late.text).toContain('@harbour.bakery')
  expect([daysOf(late, SESSION), daysOf(again, SESSION)]).toStrictEqual([30, undefined])
  expect((await somebody.get('/')).text).toContain('@harbour.bakery')
})

/** Changes the last letter of the cookie whose name ends so. */
function changeCookie({ cookies }: Person, ending: RegExp): void {
  const name = [...cookies.keys()].find((known) => ending.test(known)) ?? ''
  const value = cookies.get(name) ?? ''
  cookies.set(name, `${value.slice(0, -2)}${value.endsWith('AA') ? 'BA' : 'AA'}`)
}

/** Days from now on for which an answer's cookie is kept; undefined: it has none. */
function daysOf(answer: Response, cookie: RegExp): number | undefined {
  const found = answer.get('Set-Cookie')?.find((text) => cookie.test(text))
  if (found === undefined) return undefined
  const [, seconds, expires = ''] = /Max-Age=(\d+)|Expires=([^;]+)/.exec(found) ?? []
  const milliseconds = seconds === undefined ? Date.parse(expires) - Date.now() : Number(seconds) * 1000
  return Math.round(milliseconds / DAY_MS)
}

import { expect, test, vi } from 'vitest'
import { HOUR_MS } from '../../src/facts.ts'
import { type Person, person } from '../support/person.ts'
import { SESSION_SECRET, startWorld } from '../support/world.ts'
import { admin, PASSWORD, startSharedAdminWorld } from './support.ts'

const PRODUCTION = { NODE_ENV: 'production', INSTAGRAM_REDIRECT_URI: 'https://tokens.example/response' }

const world = await startSharedAdminWorld()

test('a password that a platform hands over with a line break signs in', async () => {
  await using other = await startWorld({ ADMIN_PASSWORD: ` ${PASSWORD}\r\n` })

  const { headers } = await person(other).submit('/accounts/sign-in', { password: PASSWORD })

  expect(headers['location']).toBe('/accounts')
})

test('without ADMIN_PASSWORD there are no admin pages in production', async () => {
  await using other = await startWorld(PRODUCTION)
  const somebody = person(other)

  const responses = [
    await somebody.get('/accounts'),
    await somebody.post('/accounts/sign-in'),
    await somebody.post('/accounts/sign-out'),
    await somebody.get('/accounts/27640875392278831/disconnect'),
    await somebody.post('/accounts/27640875392278831/refresh'),
  ]

  expect(responses.map(({ status }) => status)).toStrictEqual([404, 404, 404, 404, 404])
})

test('without ADMIN_PASSWORD, outside production, the page says how to turn it on, with another password each time', async () => {
  await using other = await startWorld()

  const pages = [await person(other).get('/accounts'), await person(other).get('/accounts')]

  const settings = pages.map(({ text }) => />(ADMIN_PASSWORD=[\w-]{20})</.exec(text)?.[1])
  expect(settings).toStrictEqual([expect.any(String), expect.any(String)])
  expect(settings[0]).not.toBe(settings[1])
})

test('somebody who is not signed in sees a form, and no account', async () => {
  const { status, text } = await person(world).get('/accounts')

  expect(status).toBe(200)
  expect(text).toContain('<input type="password"')
  expect(text).not.toContain('harbour.bakery')
})

test('the password opens the accounts, and is not logged', async () => {
  const somebody = person(world)

  const { status, headers } = await somebody.submit('/accounts/sign-in', { password: PASSWORD })
  const page = await somebody.get('/accounts')

  expect(status).toBe(303)
  expect(headers['location']).toBe('/accounts')
  expect(page.text).toContain('@harbour.bakery')
  expect(world.log.join('')).toContain('admin signed in')
  expect(world.log.join('')).not.toContain(PASSWORD)
})

test.each([
  ['an empty password', { password: '' }],
  ['the beginning of the password', { password: PASSWORD.slice(0, -1) }],
  ['the password with a blank inside', { password: PASSWORD.replace('-', ' -') }],
  ['the password in capitals', { password: PASSWORD.toUpperCase() }],
  ['the password under another name', { 'password[]': PASSWORD }],
])('%s opens nothing, and is neither shown nor logged', async (_, fields) => {
  world.restart() // Forgets the wrong passwords.
  const somebody = person(world)

  const { status, text } = await somebody.submit('/accounts/sign-in', fields)
  const page = await somebody.get('/accounts')

  expect(status).toBe(403)
  expect(text).toContain('Wrong password.')
  expect(page.text).not.toContain('harbour.bakery')
  expect(text + world.log.join('')).not.toContain('canary-5b3')
})

test('the password in the URL opens nothing', async () => {
  const { status } = await person(world).post(`/accounts/sign-in?password=${PASSWORD}`)

  expect(status).toBe(403)
  expect(world.log.join('')).not.toContain(PASSWORD)
})

test('another site can sign nobody in or out', async () => {
  const somebody = await admin(world)

  const responses = [
    await somebody.post('/accounts/sign-in', { 'Sec-Fetch-Site': 'cross-site' }),
    await somebody.post('/accounts/sign-out', { 'Sec-Fetch-Site': 'same-site' }),
  ]

  expect(responses.map(({ status }) => status)).toStrictEqual([403, 403])
  expect((await somebody.get('/accounts')).text).toContain('@harbour.bakery')
})

test('each wrong password takes longer, after ten the right one is refused too, and the log names the failures', async () => {
  world.restart()
  const logged = world.log.length
  const delays = await Promise.all(
    Array.from({ length: 10 }, async (_, index) => {
      const begun = performance.now()
      await person(world).submit('/accounts/sign-in', { password: `canary-wrong-${index}` })
      return performance.now() - begun
    }),
  )

  const { status, headers, text } = await person(world).submit('/accounts/sign-in', { password: PASSWORD })
  world.restart()

  // Timers may fire a millisecond early.
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0] = delays.sort((a, b) => a - b)
  for (const [delay, expected] of [
    [first, 100],
    [second, 200],
    [third, 400],
    [fourth, 800],
    [fifth, 1600],
    [sixth, 2000],
  ] as const)
    expect(delay).toBeGreaterThan(expected - 2)
  expect(status).toBe(429)
  expect(Number(headers['retry-after'])).toBeGreaterThan(0)
  expect(text).toContain('Wait 15 minutes')
  const outcomes = world.log.slice(logged).map((line) => (JSON.parse(line) as { outcome?: string }).outcome)
  expect(new Set(outcomes)).toStrictEqual(new Set([undefined, 'wrong_password', 'too_many_requests']))
})

test('right passwords are never too many', async () => {
  for (let time = 0; time < 12; time += 1) await admin(world)

  expect((await (await admin(world)).get('/accounts')).text).toContain('@harbour.bakery')
})

test('the session gets a new id at sign-in and at sign-out, and cookies from before open nothing', async () => {
  const somebody = person(world)
  await somebody.login()
  const before = new Map(somebody.cookies)
  await somebody.submit('/accounts/sign-in', { password: PASSWORD })
  const signedIn = new Map(somebody.cookies)
  await somebody.post('/accounts/sign-out')

  const ids = [before, signedIn, somebody.cookies].map(sessionId)
  expect(new Set(ids).size).toBe(3)
  for (const cookies of [before, signedIn])
    expect((await person(world, world.origin, cookies).get('/accounts')).text).not.toContain('harbour.bakery')
})

test('a sign-in ends after eight hours', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: world.now() })
  const somebody = await admin(world)

  vi.setSystemTime(Date.now() + 8 * HOUR_MS - 1000)
  const inTime = await somebody.get('/accounts')
  vi.setSystemTime(Date.now() + 1000)
  const late = await somebody.get('/accounts')

  vi.useRealTimers()
  expect(inTime.text).toContain('@harbour.bakery')
  expect(late.text).not.toContain('harbour.bakery')
})

test('a sign-in survives a restart with the same settings, and ends with the password and the session secret', async () => {
  const isSignedIn = async (somebody: Person) => (await somebody.get('/accounts')).text.includes('@harbour.bakery')
  const somebody = await admin(world)

  const results: boolean[] = []
  for (const change of [
    {},
    { ADMIN_PASSWORD: 'another-password' },
    { SESSION_SECRETS: `another-${SESSION_SECRET},${SESSION_SECRET}` },
    {},
  ]) {
    world.restart(change)
    results.push(await isSignedIn(somebody))
  }

  expect(results).toStrictEqual([true, false, false, true])
})

test('connecting and disconnecting an own account signs nobody in or out, and ends the old session', async () => {
  const somebody = await admin(world)
  const before = new Map(somebody.cookies)

  const connected = await somebody.login({ as: 'creator' })
  const asAdmin = await somebody.get('/accounts')
  await somebody.submit('/disconnect', { account: '25081994730615283' })

  expect(connected.text).toContain('@mira.draws')
  expect(asAdmin.text).toContain('@mira.draws')
  const after = await somebody.get('/accounts')
  expect(after.text).toContain('@harbour.bakery')
  expect(after.text).not.toContain('@mira.draws')
  const thief = person(world, world.origin, before)
  expect((await thief.get('/accounts')).text).not.toContain('harbour.bakery')
})

test('an admin who signs in and out stays connected to an own account', async () => {
  const somebody = person(world)
  await somebody.login({ as: 'creator' })

  await somebody.submit('/accounts/sign-in', { password: PASSWORD })
  const signedIn = await somebody.get('/')
  await somebody.post('/accounts/sign-out')

  expect(signedIn.text).toContain('@mira.draws')
  expect((await somebody.get('/')).text).toContain('@mira.draws')
})

test('the database has nothing from which the password could be guessed', async () => {
  await admin(world)

  const { rows } = await world.database.query('SELECT data FROM sessions')

  expect(JSON.stringify(rows)).toContain('"seal')
  expect(JSON.stringify(rows)).not.toContain('canary')
})

test('in production the setup guide is there for a signed-in admin only', async () => {
  await using other = await startWorld({ ADMIN_PASSWORD: PASSWORD, ...PRODUCTION })
  const somebody = person(other, other.origin, new Map(), { 'X-Forwarded-Proto': 'https' })
  await somebody.submit('/accounts/sign-in', { password: PASSWORD })

  const own = await somebody.get('/setup')
  const foreign = await person(other).get('/setup')

  expect(own.status).toBe(200)
  expect(own.text).toContain('https://tokens.example/deauthorize')
  expect(foreign.status).toBe(404)
})

test.each([
  ['/setup', 'Setup', 'page'],
  ['/help', 'Help', 'page'],
  ['/help/declined', 'Help', 'true'],
])('%s has the links of the admin pages for a signed-in admin', async (path, link, current) => {
  const somebody = await admin(world)

  const { text } = await somebody.get(path)
  await somebody.post('/accounts/sign-out')
  const signedOut = await somebody.get(path)

  expect(text).toContain('<a href="/accounts">Accounts</a>')
  expect(text).toContain(` aria-current="${current}">${link}</a>`)
  expect(text).toContain('action="/accounts/sign-out"')
  expect(signedOut.text).not.toContain('/accounts')
})

test.each(['/help', '/help/declined'])(
  '%s reads no session for a visitor, and is there for an admin whose session cannot be read',
  async (path) => {
    const somebody = await admin(world)
    const before = world.outage.asked()
    await person(world).get(path)
    const asked = world.outage.asked() - before
    world.outage.begin()

    const { status, text } = await somebody.get(path)
    world.outage.end()

    expect(asked).toBe(0)
    expect(status).toBe(200)
    expect(text).not.toContain('/accounts')
  },
)

function sessionId(cookies: ReadonlyMap<string, string>): string | undefined {
  return [...cookies].find(([name]) => /-\d+$/.test(name))?.[1]
}

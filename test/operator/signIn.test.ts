import { expect, test, vi } from 'vitest'
import { setSystemClock } from '../accounts/refreshWorld.ts'
import { type Person, person } from '../support/person.ts'
import { SESSION_SECRET, startWorld } from '../support/world.ts'
import { operator, PASSWORD, startOperatedWorld } from './support.ts'

const HOUR_MS = 60 * 60 * 1000
const PRODUCTION = { NODE_ENV: 'production', INSTAGRAM_REDIRECT_URI: 'https://tokens.example/response' }

test.each([
  ['get', '/accounts'],
  ['post', '/accounts/sign-in'],
  ['post', '/accounts/sign-out'],
  ['get', '/accounts/27640875392278831/disconnect'],
  ['post', '/accounts/27640875392278831/refresh'],
] as const)('without ADMIN_PASSWORD there is nothing at %s %s', async (method, path) => {
  await using world = await startWorld()

  const { status } = await person(world)[method](path)

  expect(status).toBe(404)
})

test('whoever is not signed in sees a form, and no account', async () => {
  await using world = await startOperatedWorld()

  const { status, text } = await person(world).get('/accounts')

  expect(status).toBe(200)
  expect(text).toContain('<input type="password"')
  expect(text).not.toContain('harbour.bakery')
})

test('the password opens the accounts', async () => {
  await using world = await startOperatedWorld()
  const somebody = person(world)

  const answer = await somebody.submit('/accounts/sign-in', { password: PASSWORD })
  const page = await somebody.get('/accounts')

  expect(answer.status).toBe(303)
  expect(answer.headers['location']).toBe('/accounts')
  expect(page.text).toContain('@harbour.bakery')
})

test.each(['', 'operator-marked-canary-5b3', `${PASSWORD} `, PASSWORD.toUpperCase()])(
  'the password “%s” opens nothing, and shows up nowhere',
  async (password) => {
    await using world = await startOperatedWorld()
    const somebody = person(world)

    const { status, text } = await somebody.submit('/accounts/sign-in', { password })
    const page = await somebody.get('/accounts')

    expect(status).toBe(403)
    expect(text).toContain('That is not the password.')
    expect(page.text).not.toContain('harbour.bakery')
    expect(text + world.log.join('')).not.toContain('canary-5b3')
  },
)

test('a password in JSON, twice or in the address opens nothing', async () => {
  await using world = await startOperatedWorld()
  const somebody = person(world)

  const answers = [
    await somebody.post(`/accounts/sign-in?password=${PASSWORD}`),
    await somebody.submit('/accounts/sign-in', { 'password[]': PASSWORD }),
  ]

  expect(answers.map(({ status }) => status)).toStrictEqual([403, 403])
  expect(world.log.join('')).not.toContain(PASSWORD)
})

test('another site cannot sign anybody in or out', async () => {
  await using world = await startOperatedWorld()
  const somebody = await operator(world)

  const answers = [
    await somebody.post('/accounts/sign-in', { 'Sec-Fetch-Site': 'cross-site' }),
    await somebody.post('/accounts/sign-out', { 'Sec-Fetch-Site': 'same-site' }),
  ]

  expect(answers.map(({ status }) => status)).toStrictEqual([403, 403])
  expect((await somebody.get('/accounts')).text).toContain('@harbour.bakery')
})

test('an address that tries ten wrong passwords is heard no more, even with the right one', async () => {
  await using world = await startOperatedWorld()
  const somebody = person(world)
  const tries = Array.from({ length: 10 }, (_, index) => `canary-wrong-${index}`)
  await Promise.all(tries.map((password) => somebody.submit('/accounts/sign-in', { password })))

  const answer = await person(world).submit('/accounts/sign-in', { password: PASSWORD })

  expect(answer.status).toBe(429)
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
  expect(answer.text).toContain('Wait a quarter of an hour')
})

test('right passwords are never too many', async () => {
  await using world = await startOperatedWorld()

  for (let time = 0; time < 12; time++) await operator(world)

  expect((await (await operator(world)).get('/accounts')).text).toContain('@harbour.bakery')
})

test('each wrong password takes longer than the one before', async () => {
  await using world = await startOperatedWorld()
  const took: number[] = []

  for (let time = 0; time < 4; time++) {
    const begun = performance.now()
    await person(world).submit('/accounts/sign-in', { password: 'canary-wrong' })
    took.push(performance.now() - begun)
  }

  expect(took[3]).toBeGreaterThan(799)
})

test('the session gets another id when it is signed in, and again when it is signed out', async () => {
  await using world = await startOperatedWorld()
  const somebody = person(world)
  await somebody.login()
  const before = sessionOf(somebody)

  await somebody.submit('/accounts/sign-in', { password: PASSWORD })
  const signedIn = sessionOf(somebody)
  await somebody.post('/accounts/sign-out')
  const after = sessionOf(somebody)

  expect(new Set([before, signedIn, after]).size).toBe(3)
})

test('a cookie of before the sign-in, or of before the sign-out, opens nothing', async () => {
  await using world = await startOperatedWorld()
  const somebody = person(world)
  await somebody.get('/')
  const before = new Map(somebody.cookies)
  await somebody.submit('/accounts/sign-in', { password: PASSWORD })
  const signedIn = new Map(somebody.cookies)
  await somebody.post('/accounts/sign-out')

  for (const cookies of [before, signedIn]) {
    const thief = person(world)
    for (const [name, value] of cookies) thief.cookies.set(name, value)
    expect((await thief.get('/accounts')).text).not.toContain('harbour.bakery')
  }
})

test('a sign-in ends after eight hours', async () => {
  await using world = await startOperatedWorld()
  setSystemClock(world)
  const somebody = await operator(world)

  vi.setSystemTime(Date.now() + 8 * HOUR_MS - 1000)
  const within = await somebody.get('/accounts')
  vi.setSystemTime(Date.now() + 1000)
  const after = await somebody.get('/accounts')

  expect(within.text).toContain('@harbour.bakery')
  expect(after.text).not.toContain('harbour.bakery')
})

test.each([
  { ADMIN_PASSWORD: 'another-password' },
  { SESSION_SECRETS: `another-${SESSION_SECRET},${SESSION_SECRET}` },
])('a sign-in ends when the site starts again with %o', async (change) => {
  await using world = await startOperatedWorld()
  const somebody = await operator(world)

  world.restart(change)

  expect((await somebody.get('/accounts')).text).not.toContain('harbour.bakery')
})

test('a sign-in outlives a start with the same settings', async () => {
  await using world = await startOperatedWorld()
  const somebody = await operator(world)

  world.restart()

  expect((await somebody.get('/accounts')).text).toContain('@harbour.bakery')
})

test('connecting and disconnecting an account of one’s own signs nobody in or out', async () => {
  await using world = await startOperatedWorld()
  const somebody = await operator(world)

  const connected = await somebody.login({ as: 'creator' })
  const asOperator = await somebody.get('/accounts')
  await somebody.post('/disconnect')

  expect(connected.text).toContain('@mira.draws')
  expect(asOperator.text).toContain('@mira.draws')
  expect((await somebody.get('/accounts')).text).not.toContain('@mira.draws')
})

test('the session that an operator had before connecting an account opens nothing more', async () => {
  await using world = await startOperatedWorld()
  const somebody = await operator(world)
  const thief = person(world)
  for (const [name, value] of somebody.cookies) thief.cookies.set(name, value)

  await somebody.login({ as: 'creator' })

  expect((await somebody.get('/accounts')).text).toContain('@harbour.bakery')
  expect((await thief.get('/accounts')).text).not.toContain('harbour.bakery')
})

test('an operator who signs in and out stays connected to an account of their own', async () => {
  await using world = await startOperatedWorld()
  const somebody = person(world)
  await somebody.login({ as: 'creator' })

  await somebody.submit('/accounts/sign-in', { password: PASSWORD })
  const signedIn = await somebody.get('/')
  await somebody.post('/accounts/sign-out')

  expect(signedIn.text).toContain('@mira.draws')
  expect((await somebody.get('/')).text).toContain('@mira.draws')
})

test('the database holds nothing by which the password could be guessed', async () => {
  await using world = await startOperatedWorld()
  await operator(world)

  const sessions = await world.database.all('SELECT data FROM sessions')

  expect(JSON.stringify(sessions)).toContain('"seal')
  expect(JSON.stringify(sessions)).not.toContain('canary')
})

test('in production the guide is there for a signed-in operator, and for nobody else', async () => {
  await using world = await startWorld({ ADMIN_PASSWORD: PASSWORD, ...PRODUCTION })
  const somebody = await operator(world)

  const own = await somebody.get('/setup')
  const other = await person(world).get('/setup')

  expect(own.status).toBe(200)
  expect(own.text).toContain('https://tokens.example/deauthorize')
  expect(other.status).toBe(404)
})

function sessionOf({ cookies }: Person): string | undefined {
  return [...cookies].find(([name]) => !name.endsWith('-browser'))?.[1]
}

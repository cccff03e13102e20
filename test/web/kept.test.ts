import { expect, test } from 'vitest'
import { linkCalled, person } from '../support/person.ts'
import { startWorld } from '../support/world.ts'

const HOUR = 60 * 60 * 1000
const DAY = 24 * HOUR
const DEFECT = { status: 500, contentType: 'application/json', body: '{}' }

test('a connected person sees when the token was renewed, and when it will be', async () => {
  await using world = await startWorld()

  const page = await person(world).login()

  expect(page.text).toMatch(/Last renewed<\/dt>\s*<dd>\s*<time/)
  expect(page.text).toMatch(/Next time<\/dt>\s*<dd>\s*<time[^>]*>[^<]+<\/time> \(in (49|50|51) days\)/)
  expect(page.text).toMatch(/Can be refreshed by hand from <time/)
  expect(page.text).not.toContain('Refresh now')
})

test('a person refreshes by hand once the token is a day old', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  await somebody.login()
  world.pass(DAY)
  const before = await somebody.get('/')

  const answer = await somebody.post('/refresh')

  const after = await somebody.get('/')
  expect([answer.status, answer.get('Location')]).toStrictEqual([303, '/'])
  expect(before.text).toContain('(in 58 days)')
  expect(before.text).toContain('Refresh now')
  expect(after.text).toContain('(in 59 days)')
  expect(world.sandbox.calls.filter(({ endpoint }) => endpoint === 'refresh')).toHaveLength(1)
})

test('a token that is younger than a day is not refreshed by hand, and Instagram is not asked', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  await somebody.login()

  const answer = await somebody.post('/refresh')

  expect(answer.status).toBe(409)
  expect(world.sandbox.calls.filter(({ endpoint }) => endpoint === 'refresh')).toHaveLength(0)
})

test('a person whose refresh fails is told why, and keeps the token', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  await somebody.login()
  world.pass(DAY)
  world.sandbox.answerNext('refresh', DEFECT)

  await somebody.post('/refresh')

  const page = await somebody.get('/')
  expect(page.text).toContain('The last try failed')
  expect(page.text).toMatch(/id="token">IGAA\w+</)
})

test('nobody refreshes without being connected, or from another site', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  await somebody.login()
  world.pass(DAY)

  const stranger = await person(world).post('/refresh')
  const forged = await somebody.post('/refresh', { 'Sec-Fetch-Site': 'cross-site' })

  expect([stranger.status, forged.status]).toStrictEqual([410, 403])
  expect(world.sandbox.calls.filter(({ endpoint }) => endpoint === 'refresh')).toHaveLength(0)
})

test('an account that Instagram turned away is mended by two clicks from the link in the event', async () => {
  await using world = await startWorld({ REFRESH_DAYS_BEFORE_EXPIRY: '50' })
  const somebody = person(world)
  await somebody.login()
  world.pass(21 * DAY)
  world.sandbox.revoke('business')
  await world.upkeep()
  const lost = world.events.find(({ type }) => type === 'account.needs_reconnect')
  const told = await somebody.get('/')

  const page = await person(world).get(new URL(lost?.reconnectUrl ?? '').pathname)
  await somebody.get(
    await somebody.authorize(linkCalled('Get Started', (await somebody.get('/reconnect/x')).text)),
  )

  expect(told.text).toContain('This account needs you')
  expect(told.text).not.toMatch(/id="token"/)
  expect(page.text).toContain('Reconnect @harbour.bakery')
  expect((await somebody.get('/')).text).toMatch(/\(in 59 days\)[^]*id="token">IGAA/)
})

test('a reconnect link of nobody shows nothing but Get Started', async () => {
  await using world = await startWorld()
  await person(world).login()

  const page = await person(world).get('/reconnect/17841403815449847')

  expect(page.status).toBe(200)
  expect(page.text).not.toContain('harbour.bakery')
  expect(page.text).toContain('Get Started</a>')
})

test('a person brings a token from the dashboard, and it is refreshed and kept', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  const token = world.sandbox.dashboardToken('creator', 3 * DAY)

  const answer = await somebody.submit('/import', { access_token: ` "${token}"\n` })

  const page = await somebody.get('/')
  expect([answer.status, answer.get('Location')]).toStrictEqual([303, '/'])
  expect(page.text).toContain('@mira.draws')
  expect(page.text).toContain('(in 59 days)')
  expect(page.text).not.toContain(token)
})

test('a token of the dashboard that is younger than a day is kept as it is, with the days that it has for sure', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  const token = world.sandbox.dashboardToken('creator', HOUR)

  await somebody.submit('/import', { access_token: token })

  const page = await somebody.get('/')
  expect(page.text).toContain(token)
  expect(page.text).toContain('(in 59 days)')
})

test.each([
  ['a Facebook token', `EAA${'x'.repeat(100)}`, 'That is a Facebook token'],
  ['a token of the Basic Display API', `IGQV${'x'.repeat(100)}`, 'API has ended'],
  ['a token that Instagram never gave', `IGAA${'x'.repeat(100)}`, 'cannot read this token'],
  ['something else', '<script>alert(1)</script>', 'That is no token'],
  ['nothing', '', 'That is no token'],
])('%s is refused with what it is', async (_name, text, words) => {
  await using world = await startWorld()

  const page = await person(world).submit('/import', { access_token: text })

  expect(page.status).toBe(422)
  expect(page.text).toContain(words)
  expect(page.text).not.toContain('alert')
  expect(await world.database.all('SELECT * FROM accounts')).toStrictEqual([])
})

test('a form that is far too large is refused', async () => {
  await using world = await startWorld()

  const page = await person(world).submit('/import', { access_token: 'x'.repeat(20_000) })

  expect(page.status).toBe(400)
})

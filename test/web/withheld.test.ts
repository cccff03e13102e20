import { expect, test } from 'vitest'
import { linkCalled, person } from '../support/person.ts'
import { startWorld } from '../support/world.ts'

const DAY = 24 * 60 * 60 * 1000
const BROKEN = { status: 500, body: '{}', contentType: 'application/json' }

test('a token of one hour is kept, and the page says so, when Instagram does not exchange it', async () => {
  await using world = await startWorld()
  world.sandbox.answerNext('long_lived', BROKEN)

  const page = await person(world).login()

  expect(page.status).toBe(200)
  expect(page.text).toContain('lasts for one hour only')
  expect(page.text).toContain('(in 60 minutes)')
  expect(page.text).toMatch(/id="token">IGAA\w+</)
})

test('a person whose token Instagram takes for one of 60 days hears that as what Instagram answered', async () => {
  await using world = await startWorld()
  world.sandbox.fail('already_long_lived')

  const page = await person(world).login()

  const [, told] = /<p class="warning">(.*?)<\/p>/s.exec(page.text) ?? []
  expect(told?.replace(/<[^>]*>/g, '')).toBe(
    'This token lasts for one hour only. Instagram gave it, but has not exchanged it for one of 60 days. ' +
      'When it was to be exchanged, Instagram answered as if this token lasted for 60 days already. More about this. We try again while the hour lasts.',
  )
})

test('a token is kept, and the page says so, when Instagram does not tell whose it is', async () => {
  await using world = await startWorld()
  world.sandbox.answerNext('me', { fault: 'reset' })

  const page = await person(world).login()

  expect(page.status).toBe(200)
  expect(page.text).toContain('know your name yet')
  expect(page.text).toContain('27640875392278831')
  expect(page.text).toContain('(in 59 days)')
})

test('a person who is known, and of whom Instagram tells nothing this time, reads from when their profile is', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  const first = await somebody.login()
  const [day] = world.now().toISOString().split('T')
  world.pass(20 * DAY)
  world.sandbox.answerNext('me', BROKEN)
  const start = await somebody.get('/')
  const callback = await somebody.authorize(linkCalled('Connect another account', start.text))

  const pages = [await somebody.get(callback), await somebody.get(callback)]
  const complete = await person(world).login()

  for (const { text } of pages) {
    expect(text).toContain('@harbour.bakery')
    expect(text).toContain(`did not tell your profile this time: this one is of <time datetime="${day}T`)
  }
  for (const { text } of [first, complete]) expect(text).not.toContain('your profile this time')
})

test('the operator finds in the log why something was withheld', async () => {
  await using world = await startWorld()
  world.sandbox.answerNext('long_lived', BROKEN)
  world.sandbox.answerNext('me', { fault: 'reset' })

  await person(world).login()

  const warnings = world.log.filter((line) => line.includes('not with all that was asked for'))
  expect(warnings.join()).toContain(`${world.sandbox.graphUrl}/access_token answered 500`)
  expect(warnings.join()).toContain(`${world.sandbox.graphUrl}/v26.0/me did not answer`)
})

test('connecting again completes an account that Instagram would not tell about', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  world.sandbox.answerNext('me', BROKEN)
  await somebody.login()

  await person(world).login()

  expect((await somebody.get('/')).text).toContain('@harbour.bakery')
  expect(await world.database.all('SELECT id FROM accounts')).toHaveLength(1)
})

test('a classic answer gives a token without an end, and asks Instagram nothing more', async () => {
  await using world = await startWorld()
  world.sandbox.speak({ generation: 'classic' })

  const page = await person(world).login()

  expect(page.text).toContain('@harbour.bakery')
  expect(page.text).toContain('Has no end')
  expect(world.sandbox.calls.map(({ endpoint }) => endpoint)).toStrictEqual(['token'])
})

test('a token that no key opens is never shown, and the page says what to do', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  await somebody.login()
  world.restart({ TOKEN_KEYS: `other:${Buffer.alloc(32, 9).toString('base64')}` })

  const page = await somebody.get('/')

  expect(page.status).toBe(200)
  expect(page.text).toContain('cannot open the token')
  expect(await world.database.all('SELECT id FROM accounts')).toHaveLength(1)
})

test.each(['flat', 'data'] as const)(
  'a login works with ids as text and permissions as text, %s',
  async (envelope) => {
    await using world = await startWorld()
    world.sandbox.speak({ envelope, permissions: 'string', userId: 'string' })

    const page = await person(world).login()

    expect(page.status).toBe(200)
    expect(page.text).toContain('27640875392278831')
    expect(page.text).toMatch(/class="granted"><span>Read the profile/)
  },
)

import { expect, test } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { startWorld } from '../support/world.ts'
import { callbackFrom, choose, decide, exchanges, follow, heading, logIn } from './steps.ts'

const MINUTE_MS = 60_000

test('a person who cancels is told so, and can begin again', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)

  await logIn(page, { press: 'Cancel' })
  const told = await heading(page)
  await choose(page, 'Back to Get Started')
  await logIn(page)

  expect(told).toBe('You said no')
  expect(await heading(page)).toBe('@harbour.bakery')
})

test('a person who cancels, goes back and allows after all is connected', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page, { press: 'Cancel' })

  await page.goBack()
  await decide(page)

  expect(await heading(page)).toBe('@harbour.bakery')
  expect(exchanges(world)).toBe(1)
})

test('a person who blocks cookies is told about cookies', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser({ cookies: false })
  const page = await browser.open(world.origin)

  await logIn(page)

  expect(await heading(page)).toBe('Your browser brought no cookie back')
  expect(await page.getByText('Allow cookies for this site').isVisible()).toBe(true)
  expect(exchanges(world)).toBe(0)
})

test('a callback opened in another browser is refused there, and good in its own', async () => {
  await using world = await startWorld()
  await using own = await openBrowser()
  await using foreign = await openBrowser()
  const page = await own.open(world.origin)
  const callback = await callbackFrom(page, world)

  const before = await foreign.open(callback)
  const stranger = await foreign.open(world.origin)
  await stranger.goto(callback)
  await page.goto(callback)

  expect(await heading(before)).toBe('Your browser brought no cookie back')
  expect(await heading(stranger)).toBe('This login was started elsewhere')
  expect(await heading(page)).toBe('@harbour.bakery')
})

test('a person who starts on 127.0.0.1 is sent to localhost, where the login works', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()

  const page = await browser.open(world.origin.replace('localhost', '127.0.0.1'))
  const start = page.url()
  await logIn(page)

  expect(start).toBe(`${world.origin}/`)
  expect(await heading(page)).toBe('@harbour.bakery')
})

test('a person who takes more than ten minutes is told so, and can begin again', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await choose(page, 'Get Started')

  world.pass(11 * MINUTE_MS)
  await decide(page)
  const told = await heading(page)
  await choose(page, 'Back to Get Started')
  await logIn(page)

  expect(told).toBe('That took more than ten minutes')
  expect(await heading(page)).toBe('@harbour.bakery')
  expect(exchanges(world)).toBe(1)
})

test('a start page that stood open for long leads to Instagram by a fresh link', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)

  world.pass(11 * MINUTE_MS)
  await page.clock.install({ time: Date.now() + 11 * MINUTE_MS })
  await logIn(page)

  expect(await heading(page)).toBe('@harbour.bakery')
})

test('an account page that stood open for long leads to another account by a fresh link', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)

  world.pass(11 * MINUTE_MS)
  await page.clock.install({ time: Date.now() + 11 * MINUTE_MS })
  await choose(page, 'Connect another account')
  await decide(page, { as: 'mira.draws' })

  expect(await heading(page)).toBe('@mira.draws')
})

test.for(['tomek.on.holiday', 'nadia.elsewhere'])(
  '%s is turned away at Instagram, and can come back as somebody else',
  async (outsider) => {
    await using world = await startWorld()
    await using browser = await openBrowser()
    const page = await browser.open(world.origin)

    await logIn(page, { as: outsider })
    const stoppedAt = page.url()
    await follow(page, () => page.goBack())
    await decide(page, { as: 'mira.draws' })

    expect(stoppedAt).toContain(world.sandbox.origin)
    expect(await heading(page)).toBe('@mira.draws')
    expect(exchanges(world)).toBe(1)
  },
)

import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { type Browser, openBrowser } from '../support/browser.ts'
import { PASSWORD } from '../admin/support.ts'
import { person } from '../support/person.ts'
import { startWorld, type World } from '../support/world.ts'
import { choose, findings, follow, heading, logIn, openAsOperator } from './steps.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const SCOPES =
  'instagram_business_basic,instagram_business_manage_insights,instagram_business_manage_comments'

/** The ways to each page. */
const PAGES: Record<string, (browser: Browser, world: World) => Promise<Page>> = {
  start: (browser, world) => browser.open(world.origin),

  async account(browser, world) {
    const page = await browser.open(world.origin)
    await logIn(page, { without: ['instagram_business_manage_insights'] })
    return page
  },

  async error(browser, world) {
    const page = await browser.open(world.origin)
    world.sandbox.answerNext('token', { fault: 'reset' })
    await logIn(page)
    return page
  },

  async 'refused login'(browser, world) {
    const page = await browser.open(world.origin)
    world.sandbox.fail('verification_failed')
    await logIn(page)
    return page
  },

  help: (browser, world) => browser.open(`${world.origin}/help`),

  'entry of help': (browser, world) => browser.open(`${world.origin}/help/unsupported_request`),

  async reconnect(browser, world) {
    const page = await browser.open(world.origin)
    await logIn(page)
    await follow(page, () => page.goto(`${world.origin}/reconnect/27640875392278831`))
    return page
  },

  async lost(browser, world) {
    const page = await browser.open(world.origin)
    await logIn(page)
    world.pass(DAY_MS)
    world.sandbox.revoke('business')
    await follow(page, () => page.reload())
    await follow(page, () => page.getByRole('button', { name: 'Refresh now' }).click())
    return page
  },

  'how to have data deleted': (browser, world) => browser.open(`${world.origin}/data-deletion`),

  async deletion(browser, world) {
    const answer = await world.sandbox.tell('data_deletion', 'business')
    return browser.open(answer?.statusUrl ?? '')
  },

  setup: (browser, world) => browser.open(`${world.origin}/setup`),

  async examined(browser, world) {
    const page = await browser.open(`${world.origin}/setup`)
    await follow(page, () => page.getByRole('button', { name: 'Check now' }).click())
    return page
  },

  'sign-in': (browser, world) => browser.open(`${world.origin}/accounts`),

  async accounts(browser, world) {
    for (const as of ['business', 'creator'] as const) await person(world).login({ as })
    world.sandbox.revoke('business')
    world.pass(58 * DAY_MS)
    await world.upkeep()
    return openAsOperator(browser, world)
  },

  async disconnecting(browser, world) {
    await person(world).login()
    const page = await openAsOperator(browser, world)
    await choose(page, 'Disconnect @harbour.bakery')
    return page
  },

  sandbox: (browser, world) => browser.open(world.sandbox.origin),

  async authorize(browser, world) {
    const page = await browser.open(world.origin)
    await choose(page, 'Get Started')
    return page
  },
}

const looks = Object.keys(PAGES).flatMap((name) =>
  (['light', 'dark'] as const).flatMap((colorScheme) =>
    [375, 1280].map((width) => ({ name, colorScheme, width })),
  ),
)

test.for(looks)(
  'everybody can read the $name page, $colorScheme and $width px wide',
  async ({ name, colorScheme, width }) => {
    await using world = await startWorld({ INSTAGRAM_SCOPES: SCOPES, ADMIN_PASSWORD: PASSWORD })
    await using browser = await openBrowser({ colorScheme, width })

    const page = await PAGES[name]?.(browser, world)

    if (!page) throw new Error(`no page ${name}`)
    expect(await page.evaluate(LAYOUT_SHIFT)).toBeLessThan(SEEN)
    for (const details of await page.locator('summary').all()) await details.click()
    expect(await findings(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
  },
)

test('nothing on the account page moves when its script and picture come late', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await page.route(/\/picture$|\.js$/, async (route) => {
    await page.evaluate(FIRST_PAINT)
    await route.continue()
  })

  await logIn(page)

  expect(await heading(page)).toBe('@harbour.bakery')
  expect(await page.evaluate(LAYOUT_SHIFT)).toBeLessThan(SEEN)
})

test('everybody can read that this is a sandbox', async () => {
  const none = { INSTAGRAM_CLIENT_ID: '', INSTAGRAM_CLIENT_SECRET: '', INSTAGRAM_REDIRECT_URI: '' }
  await using world = await startWorld(none)
  await using browser = await openBrowser({ width: 375 })

  const page = await browser.open(world.origin)

  expect(await page.getByRole('complementary').innerText()).toContain('Sandbox')
  expect(await findings(page)).toEqual([])
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375)
})

/** From which layout shift on somebody could see it: a line of text that moves by its own height has 0.0005. */
const SEEN = 0.0001

const FIRST_PAINT = `new Promise((resolve) => {
  new PerformanceObserver(() => resolve()).observe({ type: 'paint', buffered: true })
})`

/** How far things moved by themselves since the page was loaded, after two more frames. */
const LAYOUT_SHIFT = `new Promise((resolve) => {
  let sum = 0
  const add = (entries) => entries.forEach(({ value }) => (sum += value))
  const observer = new PerformanceObserver((list) => add(list.getEntries()))
  observer.observe({ type: 'layout-shift', buffered: true })
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      add(observer.takeRecords())
      resolve(sum)
    }),
  )
})`

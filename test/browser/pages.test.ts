import type { Page } from 'playwright-core'
import { afterAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { DAY_MS } from '../../src/facts.ts'
import { APP_ID, PASSWORD } from '../admin/support.ts'
import { type Browser, openBrowser } from '../support/browser.ts'
import { person } from '../support/person.ts'
import { reconnectPath, startWorld } from '../support/world.ts'
import { choose, decide, findings, heading, logIn, press } from './steps.ts'

const SCOPES = 'instagram_business_basic,instagram_business_manage_insights,instagram_business_manage_comments'
const NO_CREDENTIALS = { INSTAGRAM_CLIENT_ID: '', INSTAGRAM_CLIENT_SECRET: '', INSTAGRAM_REDIRECT_URI: '' }

const IDENTITY = {
  SITE_NAME: 'Harbour Studio',
  SITE_LOGO: '/assets/icon.svg',
  SUPPORT_URL: 'help@harbour.example',
  PRIVACY_URL: 'https://harbour.example/privacy',
}

const world = await startWorld({ INSTAGRAM_SCOPES: SCOPES, ADMIN_PASSWORD: PASSWORD, ...IDENTITY })
afterAll(() => world[Symbol.asyncDispose]())
beforeEach(async () => {
  await world.database.query('DELETE FROM accounts')
})

/** Has the app run without credentials, as with the sandbox, until the test is finished. */
function withoutCredentials(): void {
  withSettings(NO_CREDENTIALS)
}

/** Has the app run with other settings until the test is finished. */
function withSettings(change: Record<string, string>): void {
  world.restart(change)
  onTestFinished(() => {
    world.restart()
  })
}

async function openAccounts(browser: Browser): Promise<Page> {
  const page = await browser.open(`${world.origin}/accounts`)
  await page.getByLabel('Password').fill(PASSWORD)
  await press(page, 'Sign in')
  return page
}

/** Pastes an Embed URL with a redirect URI that is too long for a line. */
async function compareEmbedUrl(page: Page): Promise<void> {
  const redirect_uri = `https://tokens.example/${'long/'.repeat(30)}response`
  const query = new URLSearchParams({
    client_id: '1090387462915343',
    redirect_uri,
    response_type: 'code',
    scope: SCOPES,
  })
  await page.getByText('Set the app ID and the secret').click()
  await page.getByLabel('Embed URL').fill(`https://www.instagram.com/oauth/authorize?${query.toString()}`)
  await press(page, 'Compare')
}

/** How to get to each page. */
const PAGES: Record<string, (browser: Browser) => Promise<Page>> = {
  start: (browser) => browser.open(world.origin),

  'sandbox’s start'(browser) {
    withoutCredentials()
    return browser.open(world.origin)
  },

  async account(browser) {
    const page = await browser.open(world.origin)
    await logIn(page, { without: ['instagram_business_manage_insights'] })
    return page
  },

  'start without tokens'(browser) {
    withSettings({ SHOW_TOKEN: 'off' })
    return browser.open(world.origin)
  },

  async 'account without its token'(browser) {
    withSettings({ SHOW_TOKEN: 'off' })
    const page = await browser.open(world.origin)
    await logIn(page)
    return page
  },

  async error(browser) {
    const page = await browser.open(world.origin)
    world.sandbox.answerNext('token', { fault: 'reset' })
    await logIn(page)
    return page
  },

  async 'failed login'(browser) {
    const page = await browser.open(world.origin)
    world.sandbox.fail('verification_failed')
    await logIn(page)
    return page
  },

  help: (browser) => browser.open(`${world.origin}/help`),

  async 'help about a token'(browser) {
    const page = await openAccounts(browser)
    await page.goto(`${world.origin}/help`)
    await page.getByLabel('Paste its address').fill(`IGAA${'x'.repeat(60)}`)
    await press(page, 'Get help')
    return page
  },

  'help about an error': (browser) => browser.open(`${world.origin}/help/unsupported_request`),

  async reconnect(browser) {
    await person(world).login()
    return browser.open(world.origin + reconnectPath(world, APP_ID))
  },

  'expired reconnect link': (browser) => browser.open(`${world.origin}/reconnect/${APP_ID}`),

  async 'another account than the link’s'(browser) {
    const page = await browser.open(world.origin)
    await logIn(page)
    await page.goto(world.origin + reconnectPath(world, APP_ID))
    await choose(page, 'Reconnect @harbour.bakery')
    await decide(page, { as: 'mira.draws' })
    return page
  },

  async 'own disconnect'(browser) {
    const page = await browser.open(world.origin)
    await logIn(page)
    await choose(page, 'Disconnect')
    return page
  },

  async 'lost account'(browser) {
    const page = await browser.open(world.origin)
    await logIn(page)
    world.pass(DAY_MS)
    world.sandbox.revoke('business')
    await page.reload()
    await press(page, 'Renew now')
    return page
  },

  'data deletion': (browser) => browser.open(`${world.origin}/data-deletion`),

  async deletion(browser) {
    const response = await world.sandbox.tell('data_deletion', 'business')
    return browser.open(response?.statusUrl ?? '')
  },

  async setup(browser) {
    const page = await openAccounts(browser)
    await page.goto(`${world.origin}/setup`)
    await page.getByText('Check the setup').click()
    await press(page, 'Check now')
    return page
  },

  async 'Embed URL'(browser) {
    const page = await browser.open(`${world.origin}/setup`)
    await compareEmbedUrl(page)
    return page
  },

  'sign-in': (browser) => browser.open(`${world.origin}/accounts`),

  async accounts(browser) {
    for (const as of ['business', 'creator'] as const) await person(world).login({ as })
    world.sandbox.revoke('business')
    world.pass(58 * DAY_MS)
    await world.runJobs()
    return openAccounts(browser)
  },

  async 'admin’s account'(browser) {
    await person(world).login()
    const page = await openAccounts(browser)
    await choose(page, '@harbour.bakery')
    return page
  },

  'empty accounts': openAccounts,

  'switched-off accounts'(browser) {
    withSettings({ ADMIN_PASSWORD: '' })
    return browser.open(`${world.origin}/accounts`)
  },

  async disconnect(browser) {
    await person(world).login()
    const page = await openAccounts(browser)
    await page.locator('details[name=menu] > summary').click()
    await choose(page, 'Disconnect…')
    return page
  },

  'sandbox’s home': (browser) => browser.open(world.sandbox.origin),

  async authorize(browser) {
    const page = await browser.open(world.origin)
    await choose(page, 'Get Started')
    return page
  },
}

test.for(Object.entries(PAGES))(
  'everybody can read the %s page: narrow and wide, light and dark, and nothing moves while it loads',
  async ([, open]) => {
    await using browser = await openBrowser({ width: 375 })

    const page = await open(browser)

    expect(await page.evaluate(LAYOUT_SHIFT)).toBeLessThan(VISIBLE_SHIFT)
    for (const details of await page.locator('details:not([name]) > summary').all())
      if (await details.isVisible()) await details.click()
    // Of the menus only one is open at a time.
    const menu = page.locator('details[name=menu] > summary').first()
    if (await menu.isVisible()) await menu.click()
    for (const width of [375, 1280]) {
      await page.setViewportSize({ width, height: 800 })
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        const rules = colorScheme === 'dark' ? COLOR_RULES : undefined
        expect(await findings(page, rules), `${width} px, ${colorScheme}`).toEqual([])
      }
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
      expect(await page.evaluate(WRAPPED)).toEqual([])
    }
  },
)

test('nothing on the account page moves when its script and picture come late', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await page.route(/\/picture$|\.js$/, async (route) => {
    await page.evaluate(FIRST_PAINT)
    await route.continue()
  })

  await logIn(page)

  expect(await heading(page)).toBe('@harbour.bakery')
  expect(await page.evaluate(LAYOUT_SHIFT)).toBeLessThan(VISIBLE_SHIFT)
})

/** What differs in the dark. */
const COLOR_RULES = ['color-contrast', 'link-in-text-block']

/** The values to copy that have more rows on the screen than lines. */
const WRAPPED = `[...document.querySelectorAll('.value')]
  .filter((value) => {
    const { lineHeight, paddingTop } = getComputedStyle(value)
    const rows = (value.clientHeight - 2 * parseFloat(paddingTop)) / parseFloat(lineHeight)
    return Math.round(rows) > value.textContent.split('\\n').length
  })
  .map(({ id }) => id)`

/** The smallest layout shift that a person sees: a line of text that moves by its own height has 0.0005. */
const VISIBLE_SHIFT = 0.0001

const FIRST_PAINT = `new Promise((resolve) => {
  new PerformanceObserver(() => resolve()).observe({ type: 'paint', buffered: true })
})`

/** The sum of layout shifts since the page was loaded, after two more frames. */
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

import type { Page } from 'playwright-core'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { DAY_MS } from '../../src/facts.ts'
import { copiedText, openBrowser } from '../support/browser.ts'
import { startWorld } from '../support/world.ts'
import { callbackFrom, choose, copy, decide, exchanges, follow, heading, logIn, press } from './steps.ts'

const SCOPES = 'instagram_business_basic,instagram_business_manage_insights,instagram_business_manage_comments'

const world = await startWorld({ INSTAGRAM_SCOPES: SCOPES })
afterAll(() => world[Symbol.asyncDispose]())

let exchangesBefore = 0
beforeEach(async () => {
  await world.database.query('DELETE FROM accounts')
  exchangesBefore = exchanges(world)
})

function newExchanges(): number {
  return exchanges(world) - exchangesBefore
}

test('a person sees their account, the granted permissions and the expiry, and the URL has no code', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)

  await logIn(page, { without: ['instagram_business_manage_comments'] })

  expect(page.url()).toBe(`${world.origin}/response`)
  expect(await heading(page)).toBe('@harbour.bakery')
  expect(await page.locator('header.account').innerText()).toContain('Harbour Bakery ·\u00A0Business account')
  const picture = page.locator('.picture img')
  expect(await picture.evaluate((image: { naturalWidth: number }) => image.naturalWidth)).toBe(160)
  expect(await page.locator('li.granted code').allInnerTexts()).toEqual([
    'instagram_business_basic',
    'instagram_business_manage_insights',
  ])
  expect(await page.locator('li.left-out').innerText()).toContain('not granted')
  expect(await page.locator('li.left-out code').innerText()).toBe('instagram_business_manage_comments')
  expect(await page.getByRole('region', { name: 'Account IDs' }).locator('dd > code').allInnerTexts()).toEqual([
    '17841403815449847',
    '27640875392278831',
  ])
  const copy = page.getByText('This copy expires on')
  const expiry = new Date((await copy.locator('time').first().getAttribute('datetime')) ?? '')
  expect(Math.round((expiry.getTime() - world.now().getTime()) / DAY_MS)).toBe(60)
  const date = expiry.toLocaleDateString('en-GB', { dateStyle: 'long' })
  expect(await copy.innerText()).toMatch(`This copy expires on ${date} (in 60 days). This site gets a new token on `)
})

test('a person copies the IDs', async () => {
  await using browser = await openBrowser()
  await browser.allowClipboard()
  const page = await browser.open(world.origin)
  await logIn(page)

  await copy(page, 'Copy the App-scoped ID')
  const scoped = await copiedText(page)
  await copy(page, 'Copy the Professional account ID')

  expect(scoped).toBe('27640875392278831')
  expect(await copiedText(page)).toBe('17841403815449847')
})

test('a person in Tokyo sees times of Tokyo, with UTC in the title', async () => {
  await using browser = await openBrowser({ timezone: 'Asia/Tokyo' })
  const page = await browser.open(world.origin)

  await logIn(page)

  const renewed = page.locator('dt:has-text("Last renewed") + dd time')
  const at = new Date((await renewed.getAttribute('datetime')) ?? '')
  const time = at.toLocaleTimeString('en-GB', { timeStyle: 'short', timeZone: 'Asia/Tokyo' })
  expect(await renewed.innerText()).toMatch(`, ${time} GMT+9`)
  expect(await renewed.getAttribute('title')).toBe(`${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`)
})

test('a person who returns to another page finds no #_ in its address', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(`${world.origin}/login?return_to=/help?x=1`)

  await decide(page)

  expect(page.url()).toBe(`${world.origin}/help?x=1#`)
})

test.each([true, false])(
  'a person pastes a token of the dashboard, and it is renewed from then on (script: %s)',
  async (javaScript) => {
    await using browser = await openBrowser({ javaScript })
    const page = await browser.open(world.origin)

    await page.getByText('Already have a token?').click()
    await page.getByLabel('Paste a token').fill(world.sandbox.dashboardToken('creator', 3 * DAY_MS))
    await press(page, 'Add token')

    expect(await heading(page)).toBe('@mira.draws')
    expect(await page.locator('main > .notice').innerText()).toBe('Token added. @mira.draws is connected.')
    expect(await page.getByRole('region', { name: 'Automatic renewal' }).innerText()).toContain('Next renewal')
    await page.reload()
    expect(await page.locator('main > .notice').count()).toBe(0)
  },
)

test('a person refreshes a token that is a day old', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)
  world.pass(DAY_MS)
  await page.reload()
  const before = await page.locator('#token').textContent()

  await press(page, 'Renew now')

  expect(await page.getByText('The token of @harbour.bakery was renewed.').isVisible()).toBe(true)
  expect(await page.locator('#token').textContent()).not.toBe(before)
  expect(await page.getByRole('button', { name: 'Renew now' }).count()).toBe(0)
})

// Reloads, history and tabs.

test('a person who reloads, with or without scripts, sees the account again after one exchange', async () => {
  await using withScripts = await openBrowser()
  await using withoutScripts = await openBrowser({ javaScript: false })
  const [page, plain] = [await withScripts.open(world.origin), await withoutScripts.open(world.origin)]
  await logIn(page)
  await logIn(plain)

  await page.reload()
  await plain.reload()

  expect([await heading(page), await heading(plain)]).toEqual(['@harbour.bakery', '@harbour.bakery'])
  expect(page.url()).toBe(`${world.origin}/response`)
  expect(plain.url()).toContain('code=')
  expect(await plain.locator('.success').innerText()).toContain('Connected')
  expect(newExchanges()).toBe(2)
})

test('a person who goes back and forward sees a page that makes sense each time', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)

  const seen: string[] = []
  for (const step of ['goBack', 'goBack', 'goForward', 'goForward'] as const) {
    await page[step]()
    seen.push(await heading(page))
  }

  expect(seen).toEqual(['Allow this app?', '@harbour.bakery', 'Allow this app?', '@harbour.bakery'])
  expect(page.url()).toBe(`${world.origin}/response`)
  expect(newExchanges()).toBe(1)
})

test('a person who presses Allow again before Instagram answers is connected once', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await choose(page, 'Get Started')
  await page.getByLabel('harbour.bakery').check()
  const [pressed, forgotten] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()]
  // Both presses reach Instagram. The browser waits for the answer to the second one only.
  await page.route(
    (url) => url.origin === world.sandbox.origin,
    async (route) => {
      await route.fetch({ maxRedirects: 0 })
      pressed.resolve(undefined)
      await forgotten.promise
    },
    { times: 1 },
  )

  await page.getByRole('button', { name: 'Allow' }).click({ noWaitAfter: true })
  await pressed.promise
  await follow(page, () => page.keyboard.press('Enter'))
  forgotten.resolve(undefined)

  expect(page.url()).toBe(`${world.origin}/response`)
  expect(await heading(page)).toBe('@harbour.bakery')
  expect(newExchanges()).toBe(1)
})

test('the same callback in two tabs at once makes one exchange, and both succeed', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  const callback = await callbackFrom(page, world)

  const tabs = await Promise.all([browser.open(callback), browser.open(callback)])

  for (const tab of tabs) expect(await heading(tab)).toBe('@harbour.bakery')
  expect(newExchanges()).toBe(1)
  await page.reload()
  expect(await heading(page)).toBe('@harbour.bakery')
})

test('logins in two tabs, both begun before either was finished, both succeed', async () => {
  await using browser = await openBrowser()
  const [one, two] = [await browser.open(world.origin), await browser.open(world.origin)]
  await choose(one, 'Get Started')
  await choose(two, 'Get Started')

  await decide(two, { as: 'mira.draws' })
  await decide(one, { as: 'harbour.bakery' })

  expect([await heading(one), await heading(two)]).toEqual(['@harbour.bakery', '@mira.draws'])
  await two.reload()
  expect(await heading(two)).toBe('@harbour.bakery')
})

test('a person who goes back and presses Allow again is told that the login is over, and finds the account', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)

  await page.goBack()
  await decide(page)
  const told = await heading(page)
  await choose(page, 'Go to your account')

  expect(told).toBe('This sign-in link was already used')
  expect(await heading(page)).toBe('@harbour.bakery')
  expect(newExchanges()).toBe(1)
})

// Without scripts, or by keyboard.

test('a person without scripts logs in, and sees the token without buttons that do nothing', async () => {
  await using browser = await openBrowser({ javaScript: false })
  const page = await browser.open(world.origin)

  await logIn(page)
  await page.getByText('Show').first().click()
  const isShown = await page.locator('#token').isVisible()
  const copyButtons = await page.getByRole('button', { name: 'Copy' }).count()

  expect([isShown, copyButtons]).toEqual([true, 0])
})

test('a person with a keyboard logs in, sees the token and disconnects, and always sees the focus', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)

  await tabTo(page, 'Get Started')
  await follow(page, () => page.keyboard.press('Enter'))
  await tabTo(page, 'harbour.bakery')
  await page.keyboard.press('Space')
  await tabTo(page, 'Allow')
  await follow(page, () => page.keyboard.press('Enter'))
  const title = await heading(page)
  await tabTo(page, 'Show')
  await page.keyboard.press('Enter')
  const isShown = await page.locator('#token').isVisible()
  await tabTo(page, 'Connect another account')
  for (const asked of [false, true]) {
    await tabTo(page, 'Disconnect')
    await follow(page, () => page.keyboard.press('Enter'))
    if (!asked) expect(await heading(page)).toBe('Disconnect @harbour.bakery?')
  }

  expect([title, isShown]).toEqual(['@harbour.bakery', true])
  expect(await page.getByRole('link', { name: 'Get Started' }).isVisible()).toBe(true)
})

/** Presses Tab until the focus is on an element with this text. Every element on the way must show the focus. */
async function tabTo(page: Page, text: string): Promise<void> {
  for (let stop = 0; stop < 25; stop += 1) {
    await page.keyboard.press('Tab')
    const focused = await page.evaluate<{ text: string; outline: string; width: number }>(FOCUSED)
    expect(focused, 'a visible focus').toMatchObject({ outline: 'solid', width: 3 })
    if (focused.text.includes(text)) return
  }
  throw new Error(`Tab does not reach ${text}`)
}

const FOCUSED = `(() => {
  const element = document.activeElement
  const { outlineStyle, outlineWidth } = getComputedStyle(element)
  const text = (element.labels?.[0] ?? element).innerText
  return { text, outline: outlineStyle, width: parseFloat(outlineWidth) }
})()`

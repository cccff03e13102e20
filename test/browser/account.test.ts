import type { Page } from 'playwright-core'
import { afterAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { DAY_MS } from '../../src/facts.ts'
import { APP_ID } from '../admin/support.ts'
import { copiedText, openBrowser } from '../support/browser.ts'
import { person } from '../support/person.ts'
import { reconnectPath, startWorld } from '../support/world.ts'
import { callbackFrom, choose, copy, decide, exchanges, follow, heading, logIn, ownerOf, press } from './steps.ts'

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
  expect(await page.locator('header.account').innerText()).toContain('Harbour Bakery · Business account')
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

test('a person shows the token, copies it, and copies a command that uses it', async () => {
  await using browser = await openBrowser()
  await browser.allowClipboard()
  const page = await browser.open(world.origin)
  await logIn(page)
  const isShownAtFirst = await page.locator('#token').isVisible()

  await page.getByText('Show').first().click()
  await copy(page, 'Copy token')
  const copied = await copiedText(page)
  await page.getByText('Instagram API', { exact: true }).click()
  await copy(page, 'Copy the command')
  const command = await copiedText(page)

  const token = await page.locator('#token').innerText()
  expect(isShownAtFirst).toBe(false)
  expect(copied).toBe(token)
  expect(await page.locator('.masked').first().innerText()).toBe(`${token.slice(0, 4)}••••••••••••${token.slice(-4)}`)
  const [, address, sent] = /^curl '(.*access_token=(\w+))'$/.exec(command) ?? []
  expect(address).toContain(world.sandbox.graphUrl)
  expect(sent).toBe(token)
  expect(await ownerOf(token, world)).toBe('harbour.bakery')
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

test('a person whose browser forbids copying gets the token selected, and is told what to press', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)
  await page.evaluate('navigator.clipboard.writeText = () => Promise.reject(new Error("forbidden"))')

  await copy(page, 'Copy token', 'Press Ctrl+C')

  expect(await page.evaluate('getSelection().toString()')).toBe(await page.locator('#token').innerText())
})

test('a person whose browser has no clipboard, as on plain http, is told so', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)
  await page.evaluate('Object.defineProperty(navigator, "clipboard", { value: undefined })')

  await copy(page, 'Copy token', 'Press Ctrl+C')
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

test.for([true, false])('a person finds in three tabs how to use the token (scripts: %s)', async (javaScript) => {
  await using browser = await openBrowser({ javaScript, width: 375 })
  const page = await browser.open(world.origin)
  await logIn(page)
  const token = await page.locator('#token').textContent()

  const shown: string[] = []
  for (const tab of ['Token API', '.env', 'Instagram API']) {
    await page.locator('.use label').getByText(tab, { exact: true }).click()
    shown.push(await page.locator('.use .tab:visible').innerText())
  }

  const [api, env, graph] = shown
  expect(api).toContain('The token API is off.')
  expect(api).toContain(`${world.origin}/api/accounts/27640875392278831/token`)
  expect(env).toContain('Replace it before')
  expect(await page.locator('#env').textContent()).toBe(`INSTAGRAM_ACCESS_TOKEN=${token}`)
  expect(graph).toContain('Calls Instagram’s API with this copy of the token.')
  expect(shown.join()).not.toContain(token)
})

test('a person who returns to another page finds no #_ in its address', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(`${world.origin}/login?return_to=/help?x=1`)

  await decide(page)

  expect(page.url()).toBe(`${world.origin}/help?x=1#`)
})

test.for([true, false])('where the token is not shown, nothing promises it (scripts: %s)', async (javaScript) => {
  world.restart({ INSTAGRAM_SCOPES: SCOPES, SHOW_TOKEN: 'off' })
  onTestFinished(() => {
    world.restart({ INSTAGRAM_SCOPES: SCOPES })
  })
  await using browser = await openBrowser({ javaScript })
  const page = await browser.open(world.origin)
  const start = [await heading(page), await page.title(), await page.locator('.steps').innerText()]

  await logIn(page)
  const next = await page.getByText('You’re done, and can close this page.').isVisible()
  await page.getByText('Site owner: get the token').click()

  expect(start.slice(0, 2)).toEqual(['Connect your Instagram account', 'Connect your Instagram account'])
  expect(start[2]).not.toContain('Copy your token')
  expect(next).toBe(true)
  expect(await page.content()).not.toContain('IGAA')
  expect(await page.getByText('because SHOW_TOKEN is off').isVisible()).toBe(true)
  expect(await page.locator('#api-curl').innerText()).toContain('/api/accounts/27640875392278831/token')
})

test('a person who connects another account is asked again who they are', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)

  await choose(page, 'Connect another account')
  const selected = await page.getByRole('radio', { checked: true }).count()
  await decide(page, { as: 'mira.draws' })

  expect(selected).toBe(0)
  expect(await heading(page)).toBe('@mira.draws')
  expect(await page.locator('header.account').innerText()).toContain('Creator account')
  expect(newExchanges()).toBe(2)
})

test.each([true, false])('each tab acts on the account that it shows (script: %s)', async (javaScript) => {
  await using browser = await openBrowser({ javaScript })
  const first = await browser.open(world.origin)
  await logIn(first)
  const second = await browser.open(world.origin)
  await choose(second, 'Connect another account')
  await decide(second, { as: 'mira.draws' })

  await choose(first, 'Disconnect')
  await press(first, 'Disconnect')

  expect(await heading(first)).toBe('@mira.draws')
  expect(await first.getByText('@harbour.bakery was disconnected').isVisible()).toBe(true)
  expect((await world.database.query('SELECT username FROM accounts')).rows).toEqual([{ username: 'mira.draws' }])
})

test.each([true, false])(
  'a person who reconnects as somebody else can try again, and switch between both (script: %s)',
  async (javaScript) => {
    await person(world).login()
    await using browser = await openBrowser({ javaScript })
    const page = await browser.open(world.origin + reconnectPath(world, APP_ID))

    await choose(page, 'Reconnect @harbour.bakery')
    await decide(page, { as: 'mira.draws' })
    const isTold = await page.getByText('You connected @mira.draws, but this link was for @harbour.bakery.').isVisible()
    await choose(page, 'Try again as @harbour.bakery')
    await decide(page)
    const reconnected = await heading(page)
    await choose(page, '@mira.draws')

    expect([isTold, reconnected, await heading(page)]).toEqual([true, '@harbour.bakery', '@mira.draws'])
  },
)

test('a person who disconnects is back at the start, in every tab', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)
  const other = await browser.open(world.origin)
  const before = await heading(other)

  await choose(page, 'Disconnect')
  await press(page, 'Disconnect')
  await other.reload()

  expect(before).toBe('@harbour.bakery')
  for (const tab of [page, other]) {
    expect(tab.url()).toBe(`${world.origin}/`)
    expect(await tab.getByRole('link', { name: 'Get Started' }).isVisible()).toBe(true)
  }
})

test('a person pastes a token of the dashboard, and it is refreshed from then on', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)

  await page.getByText('Already have a token?').click()
  await page.getByLabel('Paste a token').fill(world.sandbox.dashboardToken('creator', 3 * DAY_MS))
  await press(page, 'Add token')

  expect(await heading(page)).toBe('@mira.draws')
  expect(await page.getByRole('region', { name: 'Automatic renewal' }).innerText()).toContain('Next renewal')
})

test('a person refreshes a token that is a day old', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)
  world.pass(DAY_MS)
  await page.reload()
  const before = await page.locator('#token').textContent()

  await press(page, 'Renew now')

  expect(await page.getByText('@harbour.bakery was renewed.').isVisible()).toBe(true)
  expect(await page.locator('#token').textContent()).not.toBe(before)
  expect(await page.getByRole('button', { name: 'Renew now' }).count()).toBe(0)
})

test('a person whose token was revoked is told so, and connects again', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)
  world.pass(DAY_MS)
  world.sandbox.revoke('business')
  await page.reload()
  await press(page, 'Renew now')
  const isTold = await page.getByText('This account must be reconnected').isVisible()

  await follow(page, () => page.getByRole('link', { name: 'Reconnect @harbour.bakery' }).click())
  await decide(page)

  expect(isTold).toBe(true)
  expect(await page.locator('#token').textContent()).toMatch(/^IGAA/)
  expect(await page.getByText('This account must be reconnected').count()).toBe(0)
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

test('a person who presses Allow twice in a row is connected once', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await choose(page, 'Get Started')
  await page.getByLabel('harbour.bakery').check()

  await page.getByRole('button', { name: 'Allow' }).dblclick()
  await page.waitForURL(`${world.origin}/response`)

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
  await choose(page, 'Back to the start page')

  expect(told).toBe('This sign-in link was already used')
  expect(await heading(page)).toBe('@harbour.bakery')
  expect(newExchanges()).toBe(1)
})

// Without scripts, or by keyboard.

test('a person without scripts logs in, sees the token, and disconnects', async () => {
  await using browser = await openBrowser({ javaScript: false })
  const page = await browser.open(world.origin)

  await logIn(page)
  await page.getByText('Show').first().click()
  const isShown = await page.locator('#token').isVisible()
  const copyButtons = await page.getByRole('button', { name: 'Copy' }).count()
  await choose(page, 'Disconnect')
  await press(page, 'Disconnect')

  expect([isShown, copyButtons]).toEqual([true, 0])
  expect(page.url()).toBe(`${world.origin}/`)
  expect(await page.getByRole('link', { name: 'Get Started' }).isVisible()).toBe(true)
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

// What a person does on Instagram's own pages afterwards.

/** Presses a button of the business on the sandbox's page, in a tab of its own. */
async function pressAtInstagram(page: Page, button: string): Promise<Page> {
  const instagram = await page.context().newPage()
  await instagram.goto(world.sandbox.origin)
  const card = instagram.getByRole('listitem').filter({ hasText: 'harbour.bakery' })
  await follow(instagram, () => card.getByRole('button', { name: button }).click())
  return instagram
}

test('a person who removes the app on Instagram is logged out here, and can connect again', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)

  const instagram = await pressAtInstagram(page, 'Remove app')
  await page.goto(world.origin)
  const status = await instagram.getByRole('status').innerText()
  await logIn(page)

  expect(status).toContain('responded with 200')
  expect(await heading(page)).toBe('@harbour.bakery')
})

test('a person who asks for deletion, even twice, gets a link to a page that says that it was done', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)

  await pressAtInstagram(page, 'Request deletion')
  const { rows } = await world.database.query('SELECT * FROM accounts')
  const instagram = await pressAtInstagram(page, 'Request deletion')
  await choose(instagram, 'Open the status page')
  await page.goto(world.origin)

  expect(rows).toStrictEqual([])
  expect(await heading(instagram)).toBe('Your data was deleted')
  expect(await instagram.getByText(/^[a-z0-9]{32}$/).isVisible()).toBe(true)
  expect(await page.getByRole('link', { name: 'Get Started' }).isVisible()).toBe(true)
})

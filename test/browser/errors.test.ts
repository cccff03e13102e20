import type { Page } from 'playwright-core'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { MINUTE_MS } from '../../src/facts.ts'
import { copiedText, openBrowser } from '../support/browser.ts'
import { startWorld } from '../support/world.ts'
import {
  callbackFrom,
  choose,
  copy,
  decide,
  exchanges,
  findings,
  follow,
  heading,
  logIn,
  mainActions,
  press,
} from './steps.ts'

/** A registered redirect URI where nothing listens. */
const NOWHERE = 'https://localhost/response'

const world = await startWorld()
afterAll(() => world[Symbol.asyncDispose]())

let exchangesBefore = 0
beforeEach(() => {
  exchangesBefore = exchanges(world)
})

function newExchanges(): number {
  return exchanges(world) - exchangesBefore
}

test('a person who cancels is told so, also after a reload, goes back and allows after all', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)

  await logIn(page, { press: 'Cancel' })
  const told = [await heading(page), page.url(), ...(await mainActions(page))]
  await page.reload()
  told.push(await heading(page))
  await page.goBack()
  await decide(page)

  expect(told).toEqual(['You cancelled', `${world.origin}/help/declined`, 'Try again', 'You cancelled'])
  expect(await heading(page)).toBe('@harbour.bakery')
  expect(newExchanges()).toBe(1)
})

test('a callback that could not be taken stays in the address bar, and a reload sends it again', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)

  world.outage.begin()
  await logIn(page)
  const told = [await heading(page), new URL(page.url()).searchParams.has('code')]
  world.outage.end()
  await page.reload()

  expect(told).toEqual(['Temporarily unavailable', true])
  expect([await heading(page), page.url()]).toEqual(['@harbour.bakery', `${world.origin}/response`])
  expect(newExchanges()).toBe(1)
})

test('a person who blocks cookies is told about cookies', async () => {
  await using browser = await openBrowser({ cookies: false })
  const page = await browser.open(world.origin)

  await logIn(page)

  expect(await heading(page)).toBe('This page opened in another browser')
  expect(await page.getByText('allow cookies for this site').isVisible()).toBe(true)
  expect(newExchanges()).toBe(0)
})

test('a person copies the reference of an error that only the site owner can fix', async () => {
  await using browser = await openBrowser({ width: 375 })
  await browser.allowClipboard()
  const page = await browser.open(world.origin)
  world.sandbox.fail('verification_failed')
  await logIn(page)

  await copy(page, 'Copy the reference')

  const copied = await copiedText(page)
  expect(copied).toMatch(/^\w{4}-\w{4}$/)
  expect(world.log.join('')).toContain(copied)
  expect(page.url()).toBe(`${world.origin}/help/verification_failed`)
  expect(await page.getByRole('link', { name: 'Try again' }).count()).toBe(0)
})

test('a person whose pasted token is wrong comes back to the field', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await page.getByText('Already have a token?').click()
  await page.getByLabel('Paste a token').fill('not a token')
  await press(page, 'Add token')

  await choose(page, 'Try another token')
  await page.getByLabel('Paste a token').fill(world.sandbox.dashboardToken('business'))
  await press(page, 'Add token')

  expect(await heading(page)).toBe('@harbour.bakery')
})

test('a callback is refused in another browser, and works in its own', async () => {
  await using own = await openBrowser()
  await using foreign = await openBrowser()
  const page = await own.open(world.origin)
  const callback = await callbackFrom(page, world)

  const before = await foreign.open(callback)
  const stranger = await foreign.open(world.origin)
  await stranger.goto(callback)
  await page.goto(callback)

  for (const other of [before, stranger]) expect(await heading(other)).toBe('This page opened in another browser')
  expect(await heading(page)).toBe('@harbour.bakery')
})

test('a person who starts on 127.0.0.1 is sent to localhost, where the login works', async () => {
  await using browser = await openBrowser()

  const page = await browser.open(world.origin.replace('localhost', '127.0.0.1'))
  const start = page.url()
  await logIn(page)

  expect(start).toBe(`${world.origin}/`)
  expect(await heading(page)).toBe('@harbour.bakery')
})

test('a person who takes more than ten minutes is told so, and can begin again', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await choose(page, 'Get Started')

  world.pass(11 * MINUTE_MS)
  await decide(page)
  const told = await heading(page)
  await choose(page, 'Try again')
  await decide(page)

  expect(told).toBe('This sign-in expired')
  expect(await heading(page)).toBe('@harbour.bakery')
  expect(newExchanges()).toBe(1)
})

test('a start page and an account page that were open for long lead to Instagram by a fresh link', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)

  world.pass(11 * MINUTE_MS)
  await page.clock.install({ time: Date.now() + 11 * MINUTE_MS })
  await logIn(page)
  const first = await heading(page)
  world.pass(11 * MINUTE_MS)
  await page.clock.fastForward(11 * MINUTE_MS)
  await choose(page, 'Connect another account')
  await decide(page, { as: 'mira.draws' })

  expect([first, await heading(page)]).toEqual(['@harbour.bakery', '@mira.draws'])
})

test.for(['tomek.on.holiday', 'nadia.elsewhere'])(
  '%s is refused at Instagram, and can come back as somebody else',
  async (outsider) => {
    await using browser = await openBrowser()
    const page = await browser.open(world.origin)

    await logIn(page, { as: outsider })
    const stoppedAt = page.url()
    await page.goBack()
    await decide(page, { as: 'mira.draws' })

    expect(stoppedAt).toContain(world.sandbox.origin)
    expect(await heading(page)).toBe('@mira.draws')
    expect(newExchanges()).toBe(1)
  },
)

// Help.

/** Pastes something into the field on the start page. */
async function paste(page: Page, origin: string, pasted: string): Promise<void> {
  await page.goto(origin)
  await page.getByText('Having trouble?').click()
  await page.getByLabel('Paste its address').fill(pasted)
  await press(page, 'Get help')
}

test.for([true, false])(
  'a refused person pastes the address, then the text of Instagram’s page, and reads what to do (scripts: %s)',
  async (javaScript) => {
    await using browser = await openBrowser({ javaScript })
    const page = await browser.open(world.origin)
    await logIn(page, { as: 'nadia.elsewhere' })
    const address = page.url()

    await choose(page, 'start again in the app')
    const start = page.url()
    await page.goBack()
    await choose(page, 'the app’s help')
    await page.getByLabel('Paste its address').fill(address)
    await press(page, 'Get help')
    const told = await heading(page)
    const isHelpful = await page.getByText('Tester invites').first().isVisible()
    await page.goto(world.origin)
    await logIn(page, { as: 'tomek.on.holiday' })
    await paste(page, world.origin, await page.locator('main').innerText())

    expect(address).toContain(world.sandbox.origin)
    expect([start, told, isHelpful]).toEqual([`${world.origin}/`, 'This account isn’t a tester yet', true])
    expect(page.url()).toBe(`${world.origin}/help`)
    expect(await heading(page)).toBe('Instagram requires a professional account')
  },
)

test.for([true, false])(
  'a person who comes back to a page that does not load pastes its address, and is connected (scripts: %s)',
  async (javaScript) => {
    await using elsewhere = await startWorld({ INSTAGRAM_REDIRECT_URI: NOWHERE })
    await using browser = await openBrowser({ javaScript, headers: { 'X-Forwarded-Proto': 'https' } })
    const page = await browser.open(elsewhere.origin)
    await choose(page, 'Get Started')
    await page.getByLabel('harbour.bakery').check()
    const failed = page.waitForEvent('requestfailed', (request) => request.url().startsWith(NOWHERE))
    await page.getByRole('button', { name: 'Allow' }).click()
    const address = (await failed).url()
    browser.faults.length = 0 // The page that does not load.

    const tab = await browser.open(elsewhere.origin)
    await paste(tab, elsewhere.origin, `${address}#_`)
    const [title, path] = [await heading(tab), new URL(tab.url()).pathname]
    await tab.reload()

    expect([title, path]).toEqual(['@harbour.bakery', '/response'])
    expect(await heading(tab)).toBe('@harbour.bakery')
    expect(exchanges(elsewhere)).toBe(1)
  },
)

test('a person whose message is unknown can paste another one', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)

  await paste(page, world.origin, '<b>Alles anders</b>')
  const told = await page.getByRole('alert').innerText()
  await page.getByLabel('Paste its address').fill('開發人員角色不足')
  await press(page, 'Get help')

  expect(told).toContain('This message was not recognized.')
  expect(await heading(page)).toBe('This account isn’t a tester yet')
})

test('a person goes from an error page to the list of all errors, and back to a login', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  world.sandbox.fail('verification_failed')
  await logIn(page)

  await choose(page, 'More about this')
  const more = await heading(page)
  await choose(page, 'Troubleshooting')
  await page.getByLabel('find the problem').fill('application id')
  const found = await page.getByRole('listitem').count()
  const said = await page.locator('#matches').innerText()
  await page.getByLabel('find the problem').fill('nothing of the kind')
  const none = await page.locator('#matches').innerText()
  await page.getByLabel('find the problem').fill('Invalid application ID')
  await page.getByRole('listitem').getByRole('link').click()
  await choose(page, 'Back to the start page')
  await logIn(page)

  expect([found, said]).toEqual([1, '1 found'])
  expect(none).toBe('No problem matches. Paste the message above.')
  expect(more).toBe('Instagram rejected this site’s secret or address')
  expect(await heading(page)).toBe('@harbour.bakery')
})

test('without scripts the help page is a list, without a field that does nothing', async () => {
  await using browser = await openBrowser({ javaScript: false })
  const page = await browser.open(`${world.origin}/help`)

  const isFilterVisible = await page.getByLabel('find the problem').isVisible()
  await choose(page, 'Cookies are blocked')

  expect(isFilterVisible).toBe(false)
  expect(new URL(page.url()).pathname).toBe('/help/cookie_missing')
})

// Faults that a person chooses on the sandbox's authorize page.

/** From the start page to the end of a login with a fault: its title, in a group of the panel. */
async function failWith(page: Page, group: string, title: string): Promise<void> {
  await choose(page, 'Get Started')
  await page.getByText('Simulate an error').click()
  const option = page.locator(`optgroup[label="${group}"] option`, { hasText: title }).first()
  await page.getByLabel('Error to simulate once, when you press Allow').selectOption(await option.getAttribute('value'))
  await decide(page)
}

test.for([true, false])(
  'a person makes the exchange fail once, and the next login succeeds (scripts: %s)',
  async (javaScript) => {
    await using browser = await openBrowser({ javaScript })
    const page = await browser.open(world.origin)

    await failWith(page, 'When the app exchanges the code', 'Code expired')
    const told = await heading(page)
    await choose(page, 'Try again')
    await decide(page)

    expect(told).toContain('code expired')
    expect(await heading(page)).toBe('@harbour.bakery')
    expect(newExchanges()).toBe(2)
  },
)

test('a person who chose an error of Instagram’s page reads it there, and goes back to one that works', async () => {
  await using browser = await openBrowser({ width: 375 })
  const page = await browser.open(world.origin)

  await failWith(page, 'On Instagram’s page, without a callback', 'Role (localised)')
  const stoppedAt = new URL(page.url())
  const isTold = await page.getByText('開發人員角色不足').isVisible()
  const violations = await findings(page)
  await page.goBack()
  await decide(page)

  expect([stoppedAt.origin, isTold, violations]).toEqual([world.sandbox.origin, true, []])
  expect(await heading(page)).toBe('@harbour.bakery')
})

test('a person who chose to say no in the callback is told so', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)

  await failWith(page, 'In the redirect to the app', 'The person cancels (facebook)')

  expect(await heading(page)).toBe('You cancelled')
  expect(newExchanges()).toBe(0)
})

test('the panel of faults is closed at first, and works by keyboard', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await choose(page, 'Get Started')
  const panel = page.getByRole('combobox')
  const isClosed = await panel.isHidden()

  await page.getByText('Simulate an error').press('Enter')
  await page.keyboard.press('Tab')
  await page.keyboard.type('Server error')
  await follow(page, () => page.getByRole('button', { name: 'Allow' }).press('Enter'))

  expect(isClosed).toBe(true)
  expect(newExchanges()).toBe(0)
  expect(await heading(page)).not.toBe('@harbour.bakery')
})

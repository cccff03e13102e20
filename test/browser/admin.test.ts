import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { DAY_MS, MINUTE_MS } from '../../src/facts.ts'
import { admin, APP_ID, PASSWORD, startSharedAdminWorld } from '../admin/support.ts'
import { addCopies } from '../api/support.ts'
import { type Browser, copiedText, openBrowser } from '../support/browser.ts'
import { person } from '../support/person.ts'
import { choose, copy, findings, follow, heading, press } from './steps.ts'

const FIRST_COPY = 4_000_000_000_000_001

/** An element, as a page sees it. */
interface Box {
  offsetHeight: number
}

/** Milliseconds after which the page has renewed itself. */
const RENEWED_MS = 3100

const world = await startSharedAdminWorld()

/** Opens the list of accounts in a new tab, signed in. */
async function openAccounts(browser: Browser): Promise<Page> {
  const page = await browser.open(`${world.origin}/accounts`)
  await page.getByLabel('Password').fill(PASSWORD)
  await follow(page, () => page.getByRole('button', { name: 'Sign in' }).click())
  return page
}

/** Opens the menu of an account. */
async function openMenu(page: Page, title: string): Promise<void> {
  await page.getByRole('listitem').filter({ hasText: title }).locator('summary').click()
}

/** The same, with the page's clock under control. */
async function openLiveAccounts(browser: Browser): Promise<Page> {
  const page = await openAccounts(browser)
  await page.clock.install()
  await page.reload()
  return page
}

/** Moves the page's clock on until it has fetched itself once more and shows the result. */
async function renewed(page: Page): Promise<void> {
  const fetched = page.waitForResponse(/\/accounts/)
  await page.clock.runFor(RENEWED_MS)
  await (await fetched).finished()
  await page.evaluate('new Promise((resolve) => requestAnimationFrame(resolve))')
}

test('an admin signs in after a wrong password, and out again', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(`${world.origin}/accounts`)

  await page.keyboard.type('not the password')
  await follow(page, () => page.keyboard.press('Enter'))
  const refusal = await page.getByRole('alert').innerText()
  await page.keyboard.type(PASSWORD)
  await follow(page, () => page.keyboard.press('Enter'))
  const signedIn = await heading(page)
  await follow(page, () => page.getByRole('button', { name: 'Sign out' }).click())

  expect(refusal).toContain('Wrong password.')
  expect(signedIn).toBe('Accounts')
  expect(await heading(page)).toBe('Admin sign-in')
})

test('an admin without scripts searches for an account, renews it, cancels, and then disconnects it', async () => {
  await addCopies(world, 3, FIRST_COPY)
  world.pass(DAY_MS)
  await using browser = await openBrowser({ javaScript: false })
  const page = await openAccounts(browser)

  await page.getByLabel('Search by the beginning of a username or ID').fill(APP_ID)
  await follow(page, () => page.keyboard.press('Enter'))
  await openMenu(page, '@harbour.bakery')
  await press(page, 'Renew now')
  const renewed = await page.locator('.notice').allInnerTexts()
  await choose(page, 'Accounts')
  const { search } = new URL(page.url())
  await openMenu(page, '@harbour.bakery')
  const link = await page.getByRole('link', { name: 'Reconnect link' }).getAttribute('href')
  await choose(page, 'Disconnect…')
  await choose(page, 'Cancel')
  const kept = await page.getByRole('listitem').count()
  await choose(page, '@harbour.bakery')
  await choose(page, 'Disconnect…')
  await press(page, 'Disconnect')

  expect(renewed).toContain('The token of @harbour.bakery was renewed.')
  expect(search).toBe(`?search=${APP_ID}`)
  expect(link).toContain(`${world.origin}/reconnect/`)
  expect(kept).toBe(1)
  expect(await page.getByText('@harbour.bakery was disconnected').isVisible()).toBe(true)
  expect(await page.getByText('No accounts match').isVisible()).toBe(true)
})

test('an admin sees an account being lost without a reload, keeps focus and scroll, and copies its reconnect link', async () => {
  await addCopies(world, 49, FIRST_COPY)
  await using browser = await openBrowser()
  await browser.allowClipboard()
  const page = await openLiveAccounts(browser)
  const row = page.getByRole('listitem').filter({ hasText: 'Needs reconnect' })
  const before = await row.count()
  await page.locator('#menu-4000000000000041').focus()
  const scrolled = await page.evaluate<number>('scrollY')
  world.sandbox.revoke('business')
  world.pass(DAY_MS)
  await (await admin(world)).post(`/accounts/${APP_ID}/refresh`)

  await renewed(page)
  const after = await row.count()
  const [focused, scroll] = await page.evaluate<[string, number]>('[document.activeElement.id, scrollY]')
  await row.locator('summary').click()
  await row.getByRole('button', { name: 'Copy reconnect link' }).click()
  await page.getByText('Copied', { exact: true }).first().waitFor()

  expect([before, after]).toStrictEqual([0, 1])
  expect(await page.getByRole('link', { name: 'Needs reconnect 1' }).isVisible()).toBe(true)
  expect(focused).toBe('menu-4000000000000041')
  expect(scrolled).toBeGreaterThan(500)
  expect(Math.abs(scroll - scrolled)).toBeLessThan(65) // The lost account is on top now.
  expect(await copiedText(page)).toContain(`${world.origin}/reconnect/`)
})

test.each([1280, 375])('at %i px, each account has a low row, and one menu that closes again', async (width) => {
  const [lost, soon] = await addCopies(world, 2, FIRST_COPY)
  await world.database.query("UPDATE accounts SET name = $1, username = $2, status = 'needs_reconnect' WHERE id = $3", [
    'A name that is much longer than its column '.repeat(3),
    'a_username_of_thirty_letters__',
    lost ?? null,
  ])
  await world.database.query("UPDATE accounts SET username = 'soon', expires_at = expires_at - 1 WHERE id = $1", [
    soon ?? null,
  ])
  await using browser = await openBrowser({ width })
  await browser.allowClipboard()
  const page = await openAccounts(browser)
  const order = await page.locator('.who a').allInnerTexts()
  const heights = await page.getByRole('listitem').evaluateAll((rows) => rows.map((row: Box) => row.offsetHeight))
  const menus = page.locator('details[open]')

  await openMenu(page, '@harbour.bakery')
  await openMenu(page, '@a_username')
  const opened = await menus.count()
  const copyButton = page.locator('details[open] .copy')
  const disconnectLink = page.getByRole('link', { name: 'Disconnect…' })
  const distance = ((await disconnectLink.boundingBox())?.y ?? 0) - ((await copyButton.boundingBox())?.y ?? 0)
  const [danger, ...colors] = await page.evaluate<string[]>(COLORS)
  const problems = await findings(page)
  await copyButton.dblclick()
  const wide = await page.evaluate('document.documentElement.scrollWidth')
  await page.keyboard.press('Escape')
  const closed = await menus.count()
  await choose(page, '@a_username_of_thirty_letters__')

  expect(order).toStrictEqual(['@a_username_of_thirty_letters__', '@soon', '@harbour.bakery'])
  expect(Math.max(...heights)).toBeLessThanOrEqual(64)
  expect([opened, closed]).toStrictEqual([1, 0])
  expect(distance).toBeGreaterThan(44)
  expect(colors.map((color) => color === danger)).toStrictEqual([false, true])
  expect(problems).toStrictEqual([])
  expect(wide).toBe(width)
  expect(await heading(page)).toBe('@a_username_of_thirty_letters__')
  expect(await findings(page)).toStrictEqual([])
})

/** The colors of a problem, and of the two actions of the open menu. */
const COLORS = `['.status.needs_reconnect', '.menu[open] .copy', '.menu[open] .danger'].map((place) =>
  getComputedStyle(document.querySelector(place)).color)`

test.for([true, false])(
  'an admin pages through 500 accounts, finds one by the beginning of its ID, and opens its page (scripts: %s)',
  async (javaScript) => {
    await addCopies(world, 499, FIRST_COPY)
    world.pass(MINUTE_MS) // The number of accounts is counted again.
    await using browser = await openBrowser({ javaScript })
    const page = await openAccounts(browser)
    const rows = page.locator('.roster li')
    const place = page.locator('.pages p')
    const links = page.getByRole('navigation', { name: 'Pages' })

    const first = [await place.innerText(), await links.innerText()]
    const heights = await rows.evaluateAll((all) => all.map((row: Box) => row.offsetHeight))
    await choose(page, 'Next')
    const second = [await place.innerText(), await links.innerText()]
    await choose(page, 'Previous')
    const back = await place.innerText()
    await page.goto(`${world.origin}/accounts?page=10`)
    const last = [await place.innerText(), await links.innerText()]
    const search = page.getByLabel('Search by the beginning of a username or ID')
    await search.fill(String(FIRST_COPY).slice(0, 12))
    await press(page, 'Search')
    const many = await place.innerText()
    await search.fill(String(FIRST_COPY + 77))
    await press(page, 'Search')
    const one = [await rows.count(), await place.innerText()]
    await choose(page, '@harbour.bakery')

    expect(first).toStrictEqual(['1–50 of 500', 'Next'])
    expect([heights.length, Math.max(...heights)]).toStrictEqual([50, 64])
    expect(second).toStrictEqual(['51–100 of 500', 'Previous\nNext'])
    expect(back).toBe('1–50 of 500')
    expect(last).toStrictEqual(['451–500 of 500', 'Previous'])
    expect(many).toBe('The first 50 matches. Type more of the name or ID to find others.')
    expect(one).toStrictEqual([1, `1 account matches “${FIRST_COPY + 77}”`])
    expect(await heading(page)).toBe('@harbour.bakery')
    expect(await page.locator('dt').allInnerTexts()).toStrictEqual([
      ...['Status', 'Last error', 'Expires', 'Last renewed', 'Next renewal'],
      ...['First connected', 'App-scoped ID (id)'],
    ])
    expect(await page.getByText('Read the profile and its media').isVisible()).toBe(true)
  },
)

test.for([true, false])(
  'an admin goes from the accounts to the setup and to the help, and signs out there (scripts: %s)',
  async (javaScript) => {
    await using browser = await openBrowser({ javaScript, width: 375 })
    const page = await openAccounts(browser)
    const links = page.getByRole('navigation', { name: 'Admin' })
    const visited: string[] = []

    for (const name of ['Setup', 'Help']) {
      await follow(page, () => links.getByRole('link', { name }).click())
      visited.push(`${await links.locator('[aria-current]').innerText()}: ${await heading(page)}`)
    }
    const shown = (await links.innerText()).split(/\s{2,}|\n/)
    await press(page, 'Sign out')
    const signedOut = await heading(page)
    await page.goto(`${world.origin}/setup`)

    expect(visited).toStrictEqual(['Setup: Set up Instagram', 'Help: Troubleshooting'])
    expect(shown.join(' ')).toBe('Accounts Setup Help Sign out')
    expect(signedOut).toBe('Admin sign-in')
    expect(await links.count()).toBe(0)
  },
)

test.for([true, false])(
  'where the accounts are off, the page says how to turn them on, with a password that works (scripts: %s)',
  async (javaScript) => {
    world.restart({ ADMIN_PASSWORD: '' })
    await using browser = await openBrowser({ javaScript, width: 375 })
    await browser.allowClipboard()
    const page = await browser.open(`${world.origin}/accounts`)

    const title = await heading(page)
    const isCopyVisible = await page.getByRole('button', { name: 'Copy the setting' }).isVisible()
    if (isCopyVisible) await copy(page, 'Copy the setting')
    const setting = isCopyVisible ? await copiedText(page) : await page.locator('.value').innerText()
    const [name = '', password = ''] = setting.split('=')
    world.restart({ [name]: password })
    await page.reload()
    await page.getByLabel('Password').fill(password)
    await press(page, 'Sign in')
    world.restart()

    expect([title, name]).toStrictEqual(['The accounts page is off', 'ADMIN_PASSWORD'])
    expect(isCopyVisible).toBe(javaScript)
    expect(await heading(page)).toBe('Accounts')
  },
)

test('without accounts and without scripts, an admin sees the link to send to people, and no search', async () => {
  await world.database.query('DELETE FROM accounts')
  await using browser = await openBrowser({ javaScript: false })
  const page = await openAccounts(browser)

  const link = await page.locator('#invitation').innerText()
  const fields = await page.getByRole('searchbox').count()
  await choose(page, 'connect your own account')

  expect([link, fields]).toStrictEqual([`${world.origin}/`, 0])
  expect(page.url()).toBe(`${world.origin}/`)
})

test('without accounts, an admin copies the link to send to people, and sees the first one appear', async () => {
  await world.database.query('DELETE FROM accounts')
  await using browser = await openBrowser()
  await browser.allowClipboard()
  const page = await openLiveAccounts(browser)

  const problems = await findings(page)
  await copy(page, 'Copy the link')
  const copied = await copiedText(page)
  await person(world).login()
  await page.clock.runFor(RENEWED_MS) // The button says what it did for a while.
  await renewed(page)
  await page.getByRole('link', { name: '@harbour.bakery' }).waitFor()

  expect(copied).toBe(`${world.origin}/`)
  expect(await page.getByText('No accounts yet').isVisible()).toBe(false)
  expect(problems).toStrictEqual([])
})

test('a page that cannot renew itself says so, and asks to sign in when the sign-in has ended', async () => {
  await using browser = await openBrowser()
  const page = await openLiveAccounts(browser)
  const warning = page.getByText('Couldn’t refresh this page')

  await page.route('**/accounts', (route) => route.abort('aborted'))
  await page.clock.runFor(RENEWED_MS)
  await warning.waitFor()
  await page.unroute('**/accounts')
  await renewed(page)
  const isWarned = await warning.isVisible()
  const isListed = await page.getByRole('link', { name: '@harbour.bakery' }).isVisible()
  world.restart({ ADMIN_PASSWORD: 'another-password' })
  await follow(page, () => page.clock.runFor(RENEWED_MS))
  world.restart()

  expect([isWarned, isListed]).toStrictEqual([false, true])
  expect(await heading(page)).toBe('Admin sign-in')
})

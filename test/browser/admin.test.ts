import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { DAY_MS } from '../../src/facts.ts'
import { admin, APP_ID, PASSWORD, startSharedAdminWorld } from '../admin/support.ts'
import { addCopies } from '../api/support.ts'
import { type Browser, openBrowser } from '../support/browser.ts'
import { choose, follow, heading } from './steps.ts'

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

  expect(refusal).toContain('That is not the password.')
  expect(signedIn).toBe('Accounts')
  expect(await heading(page)).toBe('Sign in')
})

test('an admin without scripts refreshes an account, searches for it, keeps it, and then disconnects it', async () => {
  await addCopies(world, 3, 4_000_000_000_000_001)
  world.pass(DAY_MS)
  await using browser = await openBrowser({ javaScript: false })
  const page = await openAccounts(browser)

  await page.getByRole('searchbox').fill(APP_ID)
  await follow(page, () => page.keyboard.press('Enter'))
  await follow(page, () => page.getByRole('button', { name: 'Refresh now' }).click())
  const refreshed = await page.getByRole('status').allInnerTexts()
  const { search } = new URL(page.url())
  const link = await page.getByRole('link', { name: 'Reconnect link' }).getAttribute('href')
  await choose(page, 'Disconnect @harbour.bakery')
  await choose(page, 'Keep it')
  const kept = await page.getByRole('row').count()
  await choose(page, 'Disconnect @harbour.bakery')
  await follow(page, () => page.getByRole('button', { name: 'Disconnect' }).click())

  expect(refreshed).toContain('@harbour.bakery was refreshed.')
  expect(search).toBe(`?search=${APP_ID}`)
  expect(link).toBe(`${world.origin}/reconnect/${APP_ID}`)
  expect(kept).toBe(2)
  expect(await page.getByText('@harbour.bakery was disconnected').isVisible()).toBe(true)
  expect(await page.getByText('There is no such account').isVisible()).toBe(true)
})

test('an admin sees an account being lost without a reload, keeps focus and scroll, and copies its reconnect link', async () => {
  await addCopies(world, 49, 4_000_000_000_000_001)
  await using browser = await openBrowser()
  await browser.allowClipboard()
  const page = await openLiveAccounts(browser)
  const row = page.getByRole('row', { name: APP_ID })
  const before = await row.innerText()
  await page.locator('#disconnect-4000000000000041').focus()
  const scrolled = await page.evaluate('scrollY')
  world.sandbox.revoke('business')
  world.pass(DAY_MS)
  await (await admin(world)).post(`/accounts/${APP_ID}/refresh`)

  await renewed(page)
  const after = await row.innerText()
  const [focused, scroll] = await page.evaluate<[string, number]>('[document.activeElement.id, scrollY]')
  await row.getByRole('button', { name: 'Copy reconnect link' }).click()
  await page.getByText('Copied', { exact: true }).first().waitFor()

  expect(before).toMatch(/OK/)
  expect(after).toMatch(/Needs reconnect/)
  expect(await page.getByRole('link', { name: 'Needs reconnect 1' }).isVisible()).toBe(true)
  expect(focused).toBe('disconnect-4000000000000041')
  expect(scrolled).toBeGreaterThan(500)
  expect(scroll).toBe(scrolled)
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(`${world.origin}/reconnect/${APP_ID}`)
})

test('a page that cannot renew itself says so, and asks to sign in when the sign-in has ended', async () => {
  await using browser = await openBrowser()
  const page = await openLiveAccounts(browser)
  const warning = page.getByText('This page could not be renewed.')

  await page.route('**/accounts', (route) => route.abort('aborted'))
  await page.clock.runFor(RENEWED_MS)
  await warning.waitFor()
  await page.unroute('**/accounts')
  await renewed(page)
  const isWarned = await warning.isVisible()
  const isListed = await page.getByRole('row', { name: '@harbour.bakery' }).isVisible()
  world.restart({ ADMIN_PASSWORD: 'another-password' })
  await follow(page, () => page.clock.runFor(RENEWED_MS))
  world.restart()

  expect([isWarned, isListed]).toStrictEqual([false, true])
  expect(await heading(page)).toBe('Sign in')
})

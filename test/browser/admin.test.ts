import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { addCopies } from '../api/support.ts'
import { APP_ID, PASSWORD, startOperatedWorld } from '../operator/support.ts'
import { openBrowser } from '../support/browser.ts'
import { choose, follow, heading, openAsOperator } from './steps.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** Milliseconds after which the page surely renewed itself. */
const RENEWED_MS = 3100

/** Lets the page's own clock go on until it has asked for itself once more, and taken what came. */
async function renewed(page: Page): Promise<void> {
  const answered = page.waitForResponse(/\/accounts/)
  await page.clock.runFor(RENEWED_MS)
  await (await answered).finished()
  await page.evaluate('new Promise((resolve) => requestAnimationFrame(resolve))')
}

test('an operator signs in after a slip, and out again', async () => {
  await using world = await startOperatedWorld()
  await using browser = await openBrowser()
  const page = await browser.open(`${world.origin}/accounts`)

  await page.keyboard.type('not the password')
  await follow(page, () => page.keyboard.press('Enter'))
  const slip = await page.getByRole('alert').innerText()
  await page.keyboard.type(PASSWORD)
  await follow(page, () => page.keyboard.press('Enter'))
  const signedIn = await heading(page)
  await follow(page, () => page.getByRole('button', { name: 'Sign out' }).click())

  expect(slip).toContain('That is not the password.')
  expect(signedIn).toBe('Accounts')
  expect(await heading(page)).toBe('Sign in')
})

test('an operator watches an account being lost, with nothing to press', async () => {
  await using world = await startOperatedWorld()
  await using browser = await openBrowser()
  const list = await openAsOperator(browser, world)
  await list.clock.install()
  await list.reload()
  const row = list.getByRole('row', { name: '@harbour.bakery' })
  const before = await row.innerText()
  world.sandbox.revoke('business')
  world.pass(58 * DAY_MS)

  await world.upkeep()
  await renewed(list)

  expect(before).toMatch(/OK/)
  expect(await row.innerText()).toMatch(/Needs reconnect/)
  expect(await list.getByRole('link', { name: 'Needs reconnect 1' }).isVisible()).toBe(true)
})

test('the page renews itself under the keyboard and the scroll, and leaves both where they are', async () => {
  await using world = await startOperatedWorld()
  await addCopies(world, 49, 4_000_000_000_000_001)
  await using browser = await openBrowser()
  const page = await openAsOperator(browser, world)
  await page.clock.install()
  await page.reload()
  await page.locator('#disconnect-4000000000000041').focus()
  const scrolled = await page.evaluate('scrollY')
  await world.database.run("UPDATE accounts SET status = 'needs_reconnect' WHERE id = $1", APP_ID)

  await renewed(page)

  expect(await page.getByRole('row', { name: APP_ID }).innerText()).toContain('Needs reconnect')
  expect(await page.evaluate('document.activeElement.id')).toBe('disconnect-4000000000000041')
  expect(scrolled).toBeGreaterThan(500)
  expect(await page.evaluate('scrollY')).toBe(scrolled)
})

test('an operator whose sign-in has ended meanwhile is asked to sign in', async () => {
  await using world = await startOperatedWorld()
  await using browser = await openBrowser()
  const page = await openAsOperator(browser, world)
  await page.clock.install()
  await page.reload()
  world.restart({ ADMIN_PASSWORD: 'another-password' })

  await follow(page, () => page.clock.runFor(RENEWED_MS))

  expect(await heading(page)).toBe('Sign in')
})

test('a page that cannot renew itself says so, and goes on showing what it knew', async () => {
  await using world = await startOperatedWorld()
  await using browser = await openBrowser()
  const page = await openAsOperator(browser, world)
  await page.clock.install()
  await page.reload()
  await page.route('**/accounts', (route) => route.abort('aborted'))

  await page.clock.runFor(RENEWED_MS)
  await page.getByText('This page could not be renewed.').waitFor()
  await page.unroute('**/accounts')
  await renewed(page)

  expect(await page.getByText('This page could not be renewed.').isVisible()).toBe(false)
  expect(await page.getByRole('row', { name: '@harbour.bakery' }).isVisible()).toBe(true)
})

test('an operator refreshes an account, without a script too', async () => {
  await using world = await startOperatedWorld()
  world.pass(DAY_MS)
  await using browser = await openBrowser({ javaScript: false })
  const page = await openAsOperator(browser, world)
  await choose(page, 'OK 1')

  await follow(page, () => page.getByRole('button', { name: 'Refresh now' }).click())

  expect(await page.getByText('@harbour.bakery was refreshed.').isVisible()).toBe(true)
  expect(page.url()).toBe(`${world.origin}/accounts?status=ok`)
  expect(await page.getByRole('link', { name: 'Reconnect link' }).getAttribute('href')).toBe(
    `${world.origin}/reconnect/${APP_ID}`,
  )
})

test('an operator looks for an account, thinks better of it, and then disconnects it', async () => {
  await using world = await startOperatedWorld()
  await addCopies(world, 3, 4_000_000_000_000_001)
  await using browser = await openBrowser()
  const page = await openAsOperator(browser, world)

  await page.getByRole('searchbox').fill(APP_ID)
  await follow(page, () => page.keyboard.press('Enter'))
  await choose(page, 'Disconnect @harbour.bakery')
  await choose(page, 'Keep it')
  const kept = await page.getByRole('row').count()
  await choose(page, 'Disconnect @harbour.bakery')
  await follow(page, () => page.getByRole('button', { name: 'Disconnect' }).click())

  expect(kept).toBe(2)
  expect(await page.getByText('@harbour.bakery was disconnected').isVisible()).toBe(true)
  expect(await page.getByText('There is no such account').isVisible()).toBe(true)
})

test('an operator copies a reconnect link, after the page renewed itself too', async () => {
  await using world = await startOperatedWorld()
  await using browser = await openBrowser()
  await browser.allowClipboard()
  const page = await openAsOperator(browser, world)
  await page.clock.install()
  await page.reload()
  await world.database.run("UPDATE accounts SET status = 'needs_reconnect'")
  await renewed(page)

  await page.getByRole('button', { name: 'Copy reconnect link' }).click()
  await page.getByText('Copied', { exact: true }).first().waitFor()

  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(`${world.origin}/reconnect/${APP_ID}`)
})

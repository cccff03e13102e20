import { expect, test } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { startWorld } from '../support/world.ts'
import { decide, follow, heading, logIn } from './steps.ts'

const DAY_MS = 24 * 60 * 60 * 1000

test('a person pastes a token of the dashboard, and it is kept alive', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)

  await page.getByText('I have a token already').click()
  await page.getByLabel('Paste a token').fill(world.sandbox.dashboardToken('creator', 3 * DAY_MS))
  await follow(page, () => page.getByRole('button', { name: 'Keep it alive' }).click())

  expect(await heading(page)).toBe('@mira.draws')
  expect(await page.getByRole('region', { name: 'Kept alive' }).innerText()).toContain('Next time')
})

test('a person refreshes the token by hand when it is a day old', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)
  world.pass(DAY_MS)
  await follow(page, () => page.reload())
  const before = await page.locator('#token').textContent()

  await follow(page, () => page.getByRole('button', { name: 'Refresh now' }).click())

  expect(await page.locator('#token').textContent()).not.toBe(before)
  expect(await page.getByRole('button', { name: 'Refresh now' }).count()).toBe(0)
})

test('a person who took the permission away sees it, and mends it by two clicks', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)
  world.pass(DAY_MS)
  world.sandbox.revoke('business')
  await follow(page, () => page.reload())
  await follow(page, () => page.getByRole('button', { name: 'Refresh now' }).click())
  const told = await page.getByText('This account needs you').isVisible()

  await follow(page, () => page.getByRole('link', { name: 'Reconnect', exact: true }).click())
  await decide(page)

  expect(told).toBe(true)
  expect(await page.locator('#token').textContent()).toMatch(/^IGAA/)
  expect(await page.getByText('This account needs you').count()).toBe(0)
})

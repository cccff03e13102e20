import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { startWorld, type World } from '../support/world.ts'
import { choose, decide, follow, heading, logIn } from './steps.ts'

/** Presses a button of a person on the sandbox's page, in a tab of its own. */
async function press(page: Page, world: World, button: string, person = 'harbour.bakery'): Promise<Page> {
  const instagram = await page.context().newPage()
  await instagram.goto(world.sandbox.origin)
  const card = instagram.getByRole('listitem').filter({ hasText: person })
  await follow(instagram, () => card.getByRole('button', { name: button }).click())
  return instagram
}

test('a person who removes the app on Instagram is logged out here, and can connect again', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)

  const instagram = await press(page, world, 'Remove app')
  await follow(page, () => page.goto(world.origin))

  expect(await instagram.getByRole('status').innerText()).toContain('answered 200')
  expect(await page.getByRole('link', { name: 'Get Started' }).isVisible()).toBe(true)
  await choose(page, 'Get Started')
  await decide(page)
  expect(await heading(page)).toBe('@harbour.bakery')
})

test('a person who asks for deletion follows the link to a page that says that it was done', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)

  const instagram = await press(page, world, 'Ask for deletion')
  await choose(instagram, 'Open the status page')

  expect(await heading(instagram)).toBe('Your data was deleted')
  expect(await instagram.getByText(/^[a-z0-9]{32}$/).isVisible()).toBe(true)
  expect(await world.database.all('SELECT * FROM accounts')).toStrictEqual([])
  await follow(page, () => page.goto(world.origin))
  expect(await page.getByRole('link', { name: 'Get Started' }).isVisible()).toBe(true)
})

test('a person who asks for deletion twice gets a status page twice', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)
  await press(page, world, 'Ask for deletion')

  const instagram = await press(page, world, 'Ask for deletion')
  await choose(instagram, 'Open the status page')

  expect(await heading(instagram)).toBe('Your data was deleted')
})

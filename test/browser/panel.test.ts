import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { startWorld } from '../support/world.ts'
import { choose, decide, exchanges, follow, heading } from './steps.ts'

/** From the start page to the end of a login that is made to fail: a title, in one of the panel's groups. */
async function failWith(page: Page, group: string, title: string): Promise<void> {
  await choose(page, 'Get Started')
  await page.getByText('Make it fail').click()
  const option = page.locator(`optgroup[label="${group}"] option`, { hasText: title }).first()
  await page
    .getByLabel('What goes wrong, once, when you press Allow')
    .selectOption(await option.getAttribute('value'))
  await decide(page)
}

test.for([true, false])(
  'a person makes the exchange fail once, and the next login goes well (JavaScript: %s)',
  async (javaScript) => {
    await using world = await startWorld()
    await using browser = await openBrowser({ javaScript })
    const page = await browser.open(world.origin)

    await failWith(page, 'When the app exchanges the code', 'Code expired')
    const told = await heading(page)
    await choose(page, 'Back to Get Started')
    await choose(page, 'Get Started')
    await decide(page)

    expect(told).toContain('too old')
    expect(await heading(page)).toBe('@harbour.bakery')
    expect(exchanges(world)).toBe(2)
  },
)

test('a person who chose a failure of Instagram’s page stays there, reads why, and goes back to one that works', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser({ width: 375 })
  const page = await browser.open(world.origin)

  await failWith(page, 'On Instagram’s page: the app is not called back', 'Role (localised)')
  const stoppedAt = new URL(page.url())
  const told = await page.getByText('開發人員角色不足').isVisible()
  await follow(page, () => page.goBack())
  await decide(page)

  expect(stoppedAt.origin).toBe(world.sandbox.origin)
  expect(told).toBe(true)
  expect(await heading(page)).toBe('@harbour.bakery')
})

test('a person who chose to say no on the way back is told so', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)

  await failWith(page, 'On the way back to the app', 'The person says no (facebook)')

  expect(await heading(page)).toBe('You said no')
  expect(exchanges(world)).toBe(0)
})

test('the panel is closed until it is wanted, and works by keyboard', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await choose(page, 'Get Started')
  const panel = page.getByRole('combobox')
  const closed = await panel.isHidden()

  await page.getByText('Make it fail').press('Enter')
  await page.keyboard.press('Tab')
  await page.keyboard.type('Server error')
  await follow(page, () => page.getByRole('button', { name: 'Allow' }).press('Enter'))

  expect(closed).toBe(true)
  expect(exchanges(world)).toBe(0)
  expect(await heading(page)).not.toBe('@harbour.bakery')
})

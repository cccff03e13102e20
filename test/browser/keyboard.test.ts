import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { startWorld } from '../support/world.ts'
import { follow, heading } from './steps.ts'

test('a person with a keyboard only comes from the start to the token, and always sees where they are', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)

  await tabTo(page, 'Get Started')
  await follow(page, () => page.keyboard.press('Enter'))
  await tabTo(page, 'harbour.bakery')
  await page.keyboard.press('Space')
  await tabTo(page, 'Allow')
  await follow(page, () => page.keyboard.press('Enter'))
  await tabTo(page, 'Show')
  await page.keyboard.press('Enter')

  expect(await heading(page)).toBe('@harbour.bakery')
  expect(await page.locator('#token').isVisible()).toBe(true)
})

test('a person with a keyboard only disconnects', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await follow(page, () => page.getByRole('link', { name: 'Get Started' }).click())
  await page.getByLabel('harbour.bakery').check()
  await follow(page, () => page.getByRole('button', { name: 'Allow' }).click())

  await tabTo(page, 'Connect another account')
  await tabTo(page, 'Disconnect')
  await follow(page, () => page.keyboard.press('Enter'))

  expect(await page.getByRole('link', { name: 'Get Started' }).isVisible()).toBe(true)
})

const STOPS = 20

/** Presses Tab until the focus is on what bears this text; every stop on the way must show the focus. */
async function tabTo(page: Page, text: string): Promise<void> {
  for (let stop = 0; stop < STOPS; stop += 1) {
    await page.keyboard.press('Tab')
    const focused = await page.evaluate<{ text: string; outline: string; width: number }>(FOCUSED)
    expect(focused, 'the focus is to be seen').toMatchObject({ outline: 'solid', width: 3 })
    if (focused.text.includes(text)) return
  }
  throw new Error(`Tab does not come to ${text}`)
}

const FOCUSED = `(() => {
  const element = document.activeElement
  const { outlineStyle, outlineWidth } = getComputedStyle(element)
  const text = (element.labels?.[0] ?? element).innerText
  return { text, outline: outlineStyle, width: parseFloat(outlineWidth) }
})()`

import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { startWorld } from '../support/world.ts'
import { choose, decide, exchanges, follow, heading, logIn } from './steps.ts'

/** Registered, with nothing that listens there. */
const NOBODY = 'https://localhost/response'

/** Opens the field on the start page, pastes, and sends. */
async function paste(page: Page, origin: string, pasted: string): Promise<void> {
  await page.goto(origin)
  await page.getByText('I am stuck').click()
  await page.getByLabel('Paste its address').fill(pasted)
  await follow(page, () => page.getByRole('button', { name: 'Help me on' }).click())
}

test.for([true, false])(
  'a person whom Instagram refuses pastes the address of its page, and reads what to do (scripts: %s)',
  async (javaScript) => {
    await using world = await startWorld()
    await using browser = await openBrowser({ javaScript })
    const page = await browser.open(world.origin)
    await logIn(page, { as: 'nadia.elsewhere' })
    const address = page.url()

    await paste(page, world.origin, address)

    expect(address).toContain(world.sandbox.origin)
    expect(await heading(page)).toBe('Instagram does not allow this account yet')
    expect(await page.getByText('Tester invites').first().isVisible()).toBe(true)
    expect(page.url()).toBe(`${world.origin}/help`)
  },
)

test('a person pastes the words of Instagram’s page, and reads what to do', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page, { as: 'tomek.on.holiday' })
  const words = await page.locator('main').innerText()

  await paste(page, world.origin, words)

  expect(await heading(page)).toBe('Instagram wants a professional account')
})

test.for([true, false])(
  'a person who comes back to a page that does not load pastes its address, and is connected (scripts: %s)',
  async (javaScript) => {
    await using world = await startWorld({ INSTAGRAM_REDIRECT_URI: NOBODY })
    await using browser = await openBrowser({ javaScript })
    const page = await browser.open(world.origin)
    await choose(page, 'Get Started')
    await page.getByLabel('harbour.bakery').check()
    const failed = page.waitForEvent('requestfailed', (request) => request.url().startsWith(NOBODY))
    await page.getByRole('button', { name: 'Allow' }).click()
    const address = (await failed).url()
    browser.faults.length = 0 // That page is not there: it is what this is about.

    const tab = await browser.open(world.origin)

    await paste(tab, world.origin, `${address}#_`)

    expect(await heading(tab)).toBe('@harbour.bakery')
    expect(tab.url()).toBe(`${world.origin}/help`)
    expect(exchanges(world)).toBe(1)
    await tab.goto(world.origin)
    expect(await heading(tab)).toBe('@harbour.bakery')
  },
)

test('a person whose words nobody knows gets a reference, and can paste again', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)

  await paste(page, world.origin, '<b>Alles anders</b>')
  const told = await heading(page)
  await page.getByLabel('Paste its address').fill('開發人員角色不足')
  await follow(page, () => page.getByRole('button', { name: 'Help me on' }).click())

  expect(told).toBe('Instagram refused, and we do not know why')
  expect(await heading(page)).toBe('Instagram does not allow this account yet')
})

test('a person comes from an error page to all that can go wrong, and back', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  world.sandbox.fail('verification_failed')
  await logIn(page)

  await choose(page, 'More about this')
  const more = await heading(page)
  await choose(page, 'All that can go wrong')
  await choose(page, 'Instagram does not know this site’s app id')
  await choose(page, 'Back to Get Started')
  await choose(page, 'Get Started')
  await decide(page)

  expect(more).toBe('Instagram refused this site’s secret or address')
  expect(await heading(page)).toBe('@harbour.bakery')
})

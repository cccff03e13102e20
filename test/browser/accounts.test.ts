import type { Page } from 'playwright-core'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { DAY_MS } from '../../src/facts.ts'
import { APP_ID } from '../admin/support.ts'
import { type Browser, openBrowser } from '../support/browser.ts'
import { person } from '../support/person.ts'
import { connectShop } from '../support/shops.ts'
import { startWorld } from '../support/world.ts'
import { choose, decide, follow, heading, logIn, press } from './steps.ts'

const world = await startWorld()
afterAll(() => world[Symbol.asyncDispose]())

beforeEach(async () => {
  await world.database.query('DELETE FROM accounts')
})

/** The usernames of all stored accounts. */
async function stored(): Promise<unknown[]> {
  const { rows } = await world.database.query('SELECT username FROM accounts ORDER BY username')
  return rows.map((row) => row['username'])
}

/** When the token of harbour.bakery was obtained or renewed. */
async function renewedAt(): Promise<unknown> {
  const { rows } = await world.database.query('SELECT token_obtained_at FROM accounts WHERE id = $1', [APP_ID])
  return rows[0]?.['token_obtained_at']
}

/** What the page says that was done. */
function notice(page: Page): Promise<string> {
  return page.locator('main > .notice').innerText()
}

/** The accounts to choose from. */
function switcher(page: Page): Promise<string[]> {
  return page.getByRole('navigation', { name: 'Your accounts' }).getByRole('link', { name: '@' }).allInnerTexts()
}

/** Two tabs of one browser: the first shows harbour.bakery, the second mira.draws, which was connected afterwards. */
async function openTwoTabs(browser: Browser): Promise<[Page, Page]> {
  const somebody = person(world)
  await somebody.login()
  world.pass(DAY_MS)
  await browser.continueAs(somebody, world.origin)
  const first = await browser.open(world.origin)
  await somebody.get(await somebody.authorize('/login', { as: 'creator' }))
  await browser.continueAs(somebody, world.origin)
  return [first, await browser.open(world.origin)]
}

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
  expect(await stored()).toEqual(['harbour.bakery', 'mira.draws'])
})

test.each([true, false])(
  'each tab renews and disconnects the account that it shows (script: %s)',
  async (javaScript) => {
    await using browser = await openBrowser({ javaScript })
    const [first, second] = await openTwoTabs(browser)
    const before = await renewedAt()

    await press(first, 'Renew now')
    const renewed = [await heading(first), await notice(first), (await renewedAt()) !== before]
    await choose(first, 'Disconnect')
    await press(first, 'Disconnect')

    expect(renewed).toEqual(['@harbour.bakery', 'The token of @harbour.bakery was renewed.', true])
    expect(await heading(first)).toBe('@mira.draws')
    expect(await notice(first)).toContain('@harbour.bakery was disconnected, and its token was deleted.')
    expect(await stored()).toEqual(['mira.draws'])
    await second.reload()
    expect([await heading(second), await switcher(second)]).toEqual(['@mira.draws', []])
  },
)

test.each([true, false])(
  'a tab of an account that this browser has left changes nothing, and says which account is connected (script: %s)',
  async (javaScript) => {
    await using browser = await openBrowser({ javaScript })
    const [first, second] = await openTwoTabs(browser)
    const asking = await browser.open(`${world.origin}/disconnect?account=${APP_ID}`)
    await choose(second, '@harbour.bakery')
    await choose(second, 'Disconnect')
    await press(second, 'Disconnect')
    await person(world).login()
    const before = await renewedAt()
    world.pass(DAY_MS)

    const told: string[] = []
    for (const [tab, button] of [
      [first, 'Renew now'],
      [asking, 'Disconnect'],
    ] as const) {
      await press(tab, button)
      told.push(await heading(tab), await notice(tab))
    }

    const says =
      'Nothing was changed: this browser is no longer connected to that account. It is connected to @mira.draws now.'
    expect(told).toEqual(['@mira.draws', says, '@mira.draws', says])
    expect([await stored(), await renewedAt()]).toEqual([['harbour.bakery', 'mira.draws'], before])
  },
)

test.each([true, false])(
  'a person who disconnects is asked first, told what was done, and then at the start in every tab (script: %s)',
  async (javaScript) => {
    await using browser = await openBrowser({ javaScript })
    const somebody = person(world)
    await somebody.login()
    await browser.continueAs(somebody, world.origin)
    const open = () => browser.open(world.origin)
    const [page, other, third] = [await open(), await open(), await open()]

    await choose(page, 'Disconnect')
    const asked = [await heading(page), await page.locator('.lead').innerText(), await stored()]
    await choose(page, 'Cancel')
    const kept = await heading(page)
    await choose(page, 'Disconnect')
    await press(page, 'Disconnect')
    await other.reload()
    await choose(third, 'Disconnect')

    expect(asked).toEqual([
      'Disconnect @harbour.bakery?',
      'This deletes the account and its token from this site. Programs that use the token stop working.',
      ['harbour.bakery'],
    ])
    expect([kept, await stored()]).toEqual(['@harbour.bakery', []])
    expect(await notice(page)).toBe(
      'Your account was disconnected, and its token was deleted. Access was also revoked on Instagram.',
    )
    for (const tab of [page, other]) {
      expect(tab.url()).toBe(`${world.origin}/`)
      expect(await tab.getByRole('link', { name: 'Get Started' }).isVisible()).toBe(true)
    }
    expect([await heading(third), await third.locator('.lead').innerText()]).toEqual([
      'This account is not connected',
      'It was disconnected, or this browser was signed out of it. Nothing was changed.',
    ])
  },
)

test.each([true, false])(
  'a browser keeps five accounts, and loses the one that is disconnected, removed or deleted (script: %s)',
  async (javaScript) => {
    const somebody = person(world)
    await connectShop(world, somebody, 1)
    await somebody.get(await somebody.authorize('/login'))
    for (const number of [2, 3, 4]) await connectShop(world, somebody, number)
    await using browser = await openBrowser({ javaScript })
    await browser.continueAs(somebody, world.origin)
    const page = await browser.open(world.origin)

    const shown = [await switcher(page)]
    await choose(page, 'Add account')
    await decide(page, { as: 'mira.draws' })
    shown.push(await switcher(page))
    await world.sandbox.tell('deauthorize', 'business')
    await choose(page, '@shop3')
    shown.push(await switcher(page))
    await choose(page, 'Disconnect')
    await press(page, 'Disconnect')
    const told = await notice(page)
    await world.sandbox.tell('data_deletion', 'creator')
    await page.goto(world.origin)
    shown.push(await switcher(page))

    expect(shown).toEqual([
      ['@shop4', '@shop3', '@shop2', '@harbour.bakery', '@shop1'],
      ['@mira.draws', '@shop4', '@shop3', '@shop2', '@harbour.bakery'],
      ['@mira.draws', '@shop4', '@shop3', '@shop2'],
      ['@shop4', '@shop2'],
    ])
    expect(told).toContain('@shop3 was disconnected, and its token was deleted.')
    expect(await heading(page)).toBe('@shop4')
    expect(await stored()).toEqual(['harbour.bakery', 'shop1', 'shop2', 'shop4'])
  },
)

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

test.each([true, false])(
  'a person who asks for deletion, even twice, gets a link to a page that says that it was done (script: %s)',
  async (javaScript) => {
    await using browser = await openBrowser({ javaScript })
    const somebody = person(world)
    await somebody.login()
    await browser.continueAs(somebody, world.origin)
    const page = await browser.open(world.origin)

    await pressAtInstagram(page, 'Request deletion')
    const left = await stored()
    const instagram = await pressAtInstagram(page, 'Request deletion')
    await choose(instagram, 'Open the status page')
    await page.goto(world.origin)

    expect(left).toStrictEqual([])
    expect(await heading(instagram)).toBe('Your data was deleted')
    expect(await instagram.locator('.lead').innerText()).toContain('your profile, your access token, and your sessions')
    expect(await instagram.getByText(/^[a-z0-9]{32}$/).isVisible()).toBe(true)
    expect(await page.getByRole('link', { name: 'Get Started' }).isVisible()).toBe(true)
  },
)

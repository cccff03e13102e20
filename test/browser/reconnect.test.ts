import { afterAll, beforeEach, expect, test } from 'vitest'
import { DAY_MS, MINUTE_MS } from '../../src/facts.ts'
import { APP_ID } from '../admin/support.ts'
import { openBrowser } from '../support/browser.ts'
import { person } from '../support/person.ts'
import { reconnectPath, startWorld } from '../support/world.ts'
import { choose, decide, follow, heading, logIn, press } from './steps.ts'

const world = await startWorld()
afterAll(() => world[Symbol.asyncDispose]())

beforeEach(async () => {
  await world.database.query('DELETE FROM accounts')
})

test.each([true, false])(
  'a person who reconnects as somebody else can try again, and switch between both (script: %s)',
  async (javaScript) => {
    await person(world).login()
    const storedToken = 'SELECT sealed_token, token_obtained_at FROM accounts WHERE id = $1'
    const before = await world.database.query(storedToken, [APP_ID])
    world.pass(MINUTE_MS)
    await using browser = await openBrowser({ javaScript })
    const page = await browser.open(world.origin + reconnectPath(world, APP_ID))

    const titles = [await heading(page), await page.title()]
    await choose(page, 'Reconnect @harbour.bakery')
    await decide(page, { as: 'mira.draws' })
    const told = await page.locator('main > .warning').innerText()
    const between = [await heading(page), await world.database.query(storedToken, [APP_ID])]
    await choose(page, 'Try again as @harbour.bakery')
    const selected = await page.getByRole('radio', { checked: true }).count()
    await decide(page)
    const reconnected = [await heading(page), await page.locator('main > .warning').count()]
    await choose(page, '@mira.draws')

    expect(titles).toEqual(['Reconnect @harbour.bakery', 'Reconnect @harbour.bakery'])
    expect(told).toBe(
      'You connected @mira.draws, but this link was for @harbour.bakery. Nothing was changed for @harbour.bakery. Try again as @harbour.bakery',
    )
    expect(between).toEqual(['@mira.draws', before])
    expect([selected, ...reconnected, await heading(page)]).toEqual([0, '@harbour.bakery', 0, '@mira.draws'])
    expect(await world.database.query(storedToken, [APP_ID])).not.toEqual(before)
  },
)

test.each([true, false])(
  'a reconnect link that is an ID alone says that it expired, names nobody, and leads on (script: %s)',
  async (javaScript) => {
    await person(world).login()
    await using browser = await openBrowser({ javaScript })
    const page = await browser.open(world.origin)

    const response = await page.goto(`${world.origin}/reconnect/${APP_ID}`)
    const [title, text] = [await heading(page), await page.locator('body').innerText()]
    const links = await page.locator('.button').allInnerTexts()
    await choose(page, 'Back to the start page')

    expect([response?.status(), title, links]).toEqual([410, 'This link has expired', ['Back to the start page']])
    expect(text).toContain('Ask the site owner for a new link')
    expect(text).not.toMatch(/harbour|bakery/i)
    expect(await page.getByRole('link', { name: 'Get Started' }).isVisible()).toBe(true)
  },
)

test('a person whose token was revoked is told so, and connects again', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)
  world.pass(DAY_MS)
  world.sandbox.revoke('business')
  await page.reload()
  await press(page, 'Renew now')
  const isTold = await page.getByText('This account must be reconnected').isVisible()
  const grantedThen = await page.locator('li.granted').count()

  await follow(page, () => page.getByRole('link', { name: 'Reconnect @harbour.bakery' }).click())
  await decide(page)

  expect([isTold, grantedThen]).toEqual([true, 0])
  expect(await page.locator('#token').textContent()).toMatch(/^IGAA/)
  expect(await page.getByText('This account must be reconnected').count()).toBe(0)
})

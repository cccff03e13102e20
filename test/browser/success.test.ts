import type { Page } from 'playwright-core'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { MINUTE_MS } from '../../src/facts.ts'
import { openBrowser } from '../support/browser.ts'
import { startWorld } from '../support/world.ts'
import { decide, heading, logIn, mainActions } from './steps.ts'

const world = await startWorld()
afterAll(() => world[Symbol.asyncDispose]())
beforeEach(async () => {
  await world.database.query('DELETE FROM accounts')
})

test.each([true, false])(
  'a connected person sees a check mark, and one main action at most, without a gap for it (scripts: %s)',
  async (javaScript) => {
    await using browser = await openBrowser({ javaScript, width: 375 })
    const page = await browser.open(world.origin)

    await logIn(page)

    expect(await page.evaluate(MARK)).toContain('✓')
    expect(await mainActions(page)).toEqual(javaScript ? ['Copy token'] : [])
    expect(await page.evaluate(GAP_UNDER_TOKEN)).toBeLessThan(javaScript ? 80 : 20)
  },
)

const MARK = `getComputedStyle(document.querySelector('.success'), '::before').content`

/** Pixels between the token and the text below. */
const GAP_UNDER_TOKEN = `(() => {
  const token = document.querySelector('.hero .token')
  return token.nextElementSibling.getBoundingClientRect().top - token.firstElementChild.getBoundingClientRect().bottom
})()`

test('without scripts times are in UTC, days are still rounded up some minutes later, and a click selects an ID', async () => {
  await using browser = await openBrowser({ javaScript: false, timezone: 'Asia/Tokyo' })
  const page = await browser.open(`${world.origin}/login?return_to=/help?x=1`)
  await decide(page)
  const returnedTo = page.url()

  world.pass(5 * MINUTE_MS)
  await page.goto(world.origin)
  await page.locator('#user_id').click()

  const renewed = page.locator('dt:has-text("Last renewed") + dd time')
  const utc = (await renewed.getAttribute('datetime')) ?? ''
  expect(await renewed.innerText()).toMatch(new RegExp(`^\\d+ \\w+ ${utc.slice(0, 4)}, ${utc.slice(11, 16)} UTC$`))
  expect(await page.getByText('This copy expires on').innerText()).toContain('(in 60 days)')
  expect(await page.evaluate('getSelection().toString()')).toBe('17841403815449847')
  expect(returnedTo).toBe(`${world.origin}/help?x=1#`)
})

test('a picture that expired shows the initial only, and a name changes no direction of the text after it', async () => {
  await using browser = await openBrowser({ javaScript: false })
  const page = await browser.open(world.origin)
  await logIn(page)
  await world.database.query('UPDATE accounts SET name = $1, picture_url = $2', [
    '\u202e🌊 harbour',
    `${world.sandbox.origin}/pictures/expired.png`,
  ])

  await page.reload()

  const picture = page.locator('.picture')
  const broken = await picture.screenshot()
  await picture.locator('img').evaluate((image: { remove(): void }) => {
    image.remove()
  })
  expect(await picture.innerText()).toBe('🌊')
  expect(broken.equals(await picture.screenshot())).toBe(true)
  const places = await page.evaluate<number[]>(PLACES_OF_TYPE)
  expect(places).toHaveLength('Business account'.length)
  expect(places).toEqual(places.toSorted((one, other) => one - other))
  expect(browser.faults.splice(0).join()).toBe(`404: ${world.origin}/picture?account=27640875392278831`)
})

/** Where each letter of the account's type begins. */
const PLACES_OF_TYPE = `(() => {
  const walker = document.createTreeWalker(document.querySelector('header.account'), NodeFilter.SHOW_TEXT)
  while (!walker.nextNode().data.includes('Business account'));
  const start = walker.currentNode.data.indexOf('Business account')
  return Array.from('Business account', (_, index) => {
    const range = document.createRange()
    range.setStart(walker.currentNode, start + index)
    range.setEnd(walker.currentNode, start + index + 1)
    return range.getBoundingClientRect().left
  })
})()`

test('the account page prints on light paper what is true, without what can be pressed', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)
  const light = await page.evaluate(BACKGROUND)

  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })

  expect(await page.evaluate(BACKGROUND)).toBe(light)
  expect(await pressable(page)).toEqual([])
  expect(await page.getByText('17841403815449847').isVisible()).toBe(true)
  expect(await heading(page)).toBe('@harbour.bakery')
})

const BACKGROUND = 'getComputedStyle(document.body).backgroundColor'

async function pressable(page: Page): Promise<string[]> {
  const texts = await page.locator('a, button, label, .show, footer').filter({ visible: true }).allInnerTexts()
  return texts.filter(Boolean)
}

test('screen readers find a label for the token, lists where no bullets are, and news only where something changed', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)
  await world.database.query(`UPDATE accounts SET permissions = '["other"]'`)
  await page.reload()

  expect(await page.locator('.token summary').first().ariaSnapshot()).toContain('token Show')
  expect(await page.locator('.warning code').allInnerTexts()).toEqual(['instagram_business_basic'])
  for (const path of ['/', '/help', '/nowhere', '/setup']) {
    await page.goto(world.origin + path)
    expect(await page.evaluate(UNMARKED_LISTS), path).toEqual([])
    expect(await page.getByRole('status').filter({ hasText: /\S/ }).allInnerTexts(), path).toEqual([])
  }
})

/** Lists that a screen reader may not find: Safari’s ignores those without bullets, unless a pseudo-element or the role marks them. */
const UNMARKED_LISTS = `[...document.querySelectorAll('ul, ol')]
  .filter((list) => getComputedStyle(list).listStyleType === 'none' && list.getAttribute('role') !== 'list')
  .filter((list) => [...list.children].some((item) => getComputedStyle(item, '::before').content === 'none'))
  .map((list) => list.className)`

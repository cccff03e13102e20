import { expect, test } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { startWorld } from '../support/world.ts'
import { choose, decide, exchanges, follow, heading, logIn } from './steps.ts'

const SCOPES =
  'instagram_business_basic,instagram_business_manage_insights,instagram_business_manage_comments'

test('a person sees who they are, what they granted and what they left out', async () => {
  await using world = await startWorld({ INSTAGRAM_SCOPES: SCOPES })
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)

  await logIn(page, { without: ['instagram_business_manage_comments'] })

  expect(await heading(page)).toBe('@harbour.bakery')
  expect(await page.locator('header.account').innerText()).toContain('Harbour Bakery · Business account')
  const picture = page.locator('img.picture')
  expect(await picture.evaluate((image: { naturalWidth: number }) => image.naturalWidth)).toBe(160)
  expect(await page.locator('li.granted code').allInnerTexts()).toEqual([
    'instagram_business_basic',
    'instagram_business_manage_insights',
  ])
  expect(await page.locator('li.left-out').innerText()).toContain('you left this out')
  expect(await page.locator('li.left-out code').innerText()).toBe('instagram_business_manage_comments')
  expect(await page.getByRole('region', { name: 'Ids' }).locator('dd').allInnerTexts()).toEqual([
    '17841403815449847',
    '27640875392278831',
  ])
})

test('a person sees when the token expires', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)

  await logIn(page)

  const time = page.locator('#token-heading + p time')
  const moment = new Date((await time.getAttribute('datetime')) ?? '')
  const days = (moment.getTime() - world.now().getTime()) / 86_400_000
  expect(Math.floor(days)).toBe(59)
  const date = moment.toLocaleDateString('en-GB', { dateStyle: 'long', timeZone: 'UTC' })
  const sentence = page.getByText('Expires on')
  expect(await sentence.innerText()).toBe(`Expires on ${date} (in 59 days).`)
})

test('a person who connects another account is asked again who they are', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)

  await choose(page, 'Connect another account')
  const chosen = await page.getByRole('radio', { checked: true }).count()
  await decide(page, { as: 'mira.draws' })

  expect(chosen).toBe(0)
  expect(await heading(page)).toBe('@mira.draws')
  expect(await page.locator('header.account').innerText()).toContain('Creator account')
  expect(exchanges(world)).toBe(2)
})

test('a person who disconnects is back at the start, in every tab', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)
  const other = await browser.open(world.origin)
  expect(await heading(other)).toBe('@harbour.bakery')

  await follow(page, () => page.getByRole('button', { name: 'Disconnect' }).click())
  await other.reload()

  for (const tab of [page, other]) {
    expect(tab.url()).toBe(`${world.origin}/`)
    expect(await tab.getByRole('link', { name: 'Get Started' }).isVisible()).toBe(true)
  }
})

import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { USER_AGENTS } from '../support/userAgents.ts'
import { startWorld } from '../support/world.ts'
import { choose, decide, exchanges, follow, heading, logIn } from './steps.ts'

/** The origin and path that a page's browser asks for first, and then after a redirect. */
function navigations(page: Page): string[] {
  const asked: string[] = []
  page.on('request', (request) => {
    const { origin, pathname } = new URL(request.url())
    if (request.isNavigationRequest()) asked.push(origin + pathname)
  })
  return asked
}

describe('Get Started', () => {
  test.each(['iPhone', 'android'] as const)('on a phone (%s) leads over this site', async (name) => {
    await using world = await startWorld()
    await using browser = await openBrowser({ userAgent: USER_AGENTS[name], width: 375 })
    const page = await browser.open(`${world.origin}/`)
    const asked = navigations(page)

    await choose(page, 'Get Started')
    const begun = [...asked]
    await decide(page)
    await choose(page, 'Connect another account')

    expect(begun).toStrictEqual([`${world.origin}/login`, world.sandbox.authorizeUrl])
    expect(asked.slice(-2)).toStrictEqual(begun)
    expect(new URL(page.url()).searchParams.get('force_reauth')).toBe('true')
  })

  test.each([
    ['on a phone without scripts', { userAgent: USER_AGENTS.iPhone, javaScript: false }],
    ['elsewhere', {}],
  ])('%s is a link to Instagram', async (_, options) => {
    await using world = await startWorld()
    await using browser = await openBrowser(options)
    const page = await browser.open(`${world.origin}/`)
    const asked = navigations(page)

    await choose(page, 'Get Started')

    expect(asked).toStrictEqual([world.sandbox.authorizeUrl])
  })

  test('works again after Instagram’s app has swallowed it', async () => {
    await using world = await startWorld()
    await using browser = await openBrowser({ userAgent: USER_AGENTS.iPhone, width: 375 })
    const page = await browser.open(`${world.origin}/`)
    world.sandbox.fail('app_opened')

    await choose(page, 'Get Started')
    const swallowed = await page.getByText('Instagram’s app opened').isVisible()
    await follow(page, () => page.goBack())
    await logIn(page)

    expect(swallowed).toBe(true)
    expect(await heading(page)).toBe('@harbour.bakery')
  })
})

test('a login that comes back in a phone’s other browser says so, and ends in the first one', async () => {
  await using world = await startWorld()
  await using first = await openBrowser()
  await using second = await openBrowser({ userAgent: USER_AGENTS.iPhone, width: 375 })
  const page = await first.open(`${world.origin}/`)
  world.sandbox.fail('other_browser')
  await logIn(page)
  const callback = await page.locator('#address').innerText()

  const other = await second.open(callback)
  const [said, exchanged] = [await heading(other), exchanges(world)]
  await page.goto(other.url())

  expect([said, exchanged]).toStrictEqual(['This page opened in another browser', 0])
  expect(await heading(page)).toBe('@harbour.bakery')
})

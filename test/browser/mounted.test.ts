import { expect, test } from 'vitest'
import { startSite } from '../mount/support.ts'
import { openBrowser } from '../support/browser.ts'
import { choose, decide, follow, heading } from './steps.ts'

test('a person logs in and out in an app that is mounted in another, and never leaves it', async () => {
  await using host = await startSite()
  await using browser = await openBrowser()
  const page = await browser.open(`${host.home}/`)
  const visited: string[] = []
  page.on('framenavigated', (frame) => visited.push(frame.url()))

  await choose(page, 'Get Started')
  await decide(page)
  const title = await heading(page)
  const picture = await page
    .locator('img.picture')
    .evaluate((image: { naturalWidth: number }) => image.naturalWidth)
  await follow(page, () => page.getByRole('button', { name: 'Disconnect' }).click())
  await choose(page, 'Help')
  await choose(page, 'Back to Get Started')

  expect([title, picture]).toStrictEqual(['@harbour.bakery', 160])
  expect(await heading(page)).toBe('Get an Instagram access token')
  const ours = visited.filter((address) => address.startsWith(`${host.home}/`))
  const instagrams = visited.filter((address) => address.startsWith(host.sandbox.origin))
  expect([ours.length > 3, ours.length + instagrams.length]).toStrictEqual([true, visited.length])
})

test('a link that stood too long and cannot be renewed leads to the start page of the mounted app', async () => {
  await using host = await startSite()
  await using browser = await openBrowser()
  const page = await browser.open(`${host.home}/reconnect/27640875392278831`)
  await page.clock.install({ time: Date.now() + 10 * 60 * 1000 })
  await page.route(page.url(), (route) => route.fulfill({ body: 'no page' }))

  await choose(page, 'Get Started')

  expect(page.url()).toBe(`${host.home}/`)
})

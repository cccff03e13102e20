import { expect, test } from 'vitest'
import { MINUTE_MS } from '../../src/facts.ts'
import { laptop } from '../cli/support.ts'
import { startSite } from '../mount/support.ts'
import { openBrowser } from '../support/browser.ts'
import { place } from '../support/place.ts'
import { choose, decide, findings, heading, logIn, mainActions, press } from './steps.ts'

test('a person logs in and out in a mounted router, and never leaves its path', async () => {
  await using host = await startSite()
  await using browser = await openBrowser()
  const page = await browser.open(`${host.home}/`)
  const visited: string[] = []
  page.on('framenavigated', (frame) => visited.push(frame.url()))

  await logIn(page)
  const title = await heading(page)
  const picture = await page.locator('.picture img').evaluate((image: { naturalWidth: number }) => image.naturalWidth)
  await choose(page, 'Disconnect')
  await press(page, 'Disconnect')
  await choose(page, 'Help')
  await choose(page, 'Back to the start page')

  expect([title, picture]).toStrictEqual(['@harbour.bakery', 160])
  expect(await heading(page)).toBe('Get an Instagram access token')
  const ours = visited.filter((address) => address.startsWith(`${host.home}/`))
  const instagrams = visited.filter((address) => address.startsWith(host.sandbox.origin))
  expect([ours.length > 3, ours.length + instagrams.length]).toStrictEqual([true, visited.length])
})

test('a person sees the host’s name and logo, and contacts the host where only it can help', async () => {
  const logo = '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"/>'
  await using host = await startSite({
    options: {
      ...{ siteName: 'Harbour Studio', siteLogo: '/logo.svg' },
      ...{ supportUrl: 'help@harbour.example', privacyUrl: '/privacy' },
    },
    before: (app) => app.get('/logo.svg', (_request, response) => response.type('svg').send(logo)),
  })
  await using browser = await openBrowser({ javaScript: false, width: 375 })
  const page = await browser.open(`${host.home}/help/permission_missing`)
  const size = await page.locator('header.site img').evaluate((image: { naturalWidth: number }) => image.naturalWidth)
  const codes = await page.locator('.remedy code').allInnerTexts()

  await choose(page, 'Harbour Studio')
  const title = await page.title()
  host.sandbox.fail('verification_failed')
  await logIn(page)

  expect([size, title]).toStrictEqual([64, 'Get an Instagram access token · Harbour Studio'])
  expect(codes).toStrictEqual(['options.scopes', 'instagram_business_basic'])
  expect(await mainActions(page)).toStrictEqual(['Contact Harbour Studio'])
  expect(await page.getByRole('link', { name: 'Privacy' }).getAttribute('href')).toBe('/privacy')
  expect(await page.locator('.remedy code').allInnerTexts()).toStrictEqual(['clientSecret', 'redirectUri'])
})

test('a link that is too old and cannot be renewed leads to the start page of the mounted router', async () => {
  await using host = await startSite()
  await using browser = await openBrowser()
  const page = await browser.open(`${host.home}/?again`)
  await page.clock.install({ time: Date.now() + 10 * MINUTE_MS })
  await page.route(`${host.home}/`, (route) => route.fulfill({ body: 'no page' }))

  await choose(page, 'Get Started')

  expect(page.url()).toBe(`${host.home}/`)
})

test('a person who accepts the self-signed certificate logs in by https, with cookies for this host only', async () => {
  await using here = await place()
  const app = here.start({ HTTPS: 'self-signed' })
  await app.ready()
  await using browser = await openBrowser({ anyCertificate: true })
  const page = await browser.open(`https://localhost:${here.port}`)

  await logIn(page)
  const { origin } = new URL(page.url())
  const title = await heading(page)
  await page.reload()

  expect([origin, title]).toEqual([`https://localhost:${here.port}`, '@harbour.bakery'])
  expect(await heading(page)).toBe('@harbour.bakery')
  const cookies = await page.context().cookies()
  expect(cookies.sort((one, other) => one.name.length - other.name.length)).toMatchObject([
    { name: '__Host-instagram-access-token', secure: true, httpOnly: true, sameSite: 'Lax' },
    { name: '__Host-instagram-access-token-browser', secure: true, httpOnly: true, sameSite: 'Lax' },
    { name: '__Host-instagram-access-token-finished', secure: true, httpOnly: true, sameSite: 'Lax' },
  ])
})

test.for(['Allow', 'Cancel'] as const)(
  'everybody can read the page that ends a login by command after %s',
  async (button) => {
    await using here = await laptop()
    await using browser = await openBrowser({ anyCertificate: true, width: 375 })
    const cli = here.start(['--no-open'])
    const page = await browser.open(await cli.link())

    await decide(page, { press: button })

    expect(await heading(page)).toBe(button === 'Allow' ? '@harbour.bakery' : 'You cancelled')
    expect((await cli.ended).status).toBe(button === 'Allow' ? 0 : 1)
    expect(await page.locator('main').innerText()).toContain('You can close this tab.')
    expect(page.url()).toBe(here.redirectUri)
    for (const width of [375, 1280]) {
      await page.setViewportSize({ width, height: 800 })
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        expect(await findings(page), `${width} px, ${colorScheme}`).toEqual([])
      }
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
    }
  },
)

test('the page that ends a login by command in the sandbox says so', async () => {
  await using here = await laptop()
  await using browser = await openBrowser({ anyCertificate: true, width: 375 })
  const cli = here.start(['--sandbox'], {}, here.nothing)
  const page = await browser.open(await cli.link())

  await decide(page)

  expect(await page.getByRole('complementary').innerText()).toContain('Sandbox')
  expect(await findings(page)).toEqual([])
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375)
  expect((await cli.ended).status).toBe(0)
})

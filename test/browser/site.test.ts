import { afterAll, beforeEach, expect, test } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { startWorld } from '../support/world.ts'
import { choose, heading, logIn, mainActions } from './steps.ts'

const IDENTITY = {
  SITE_NAME: 'Harbour Studio',
  SITE_LOGO: '/assets/apple-touch-icon.png',
  SUPPORT_URL: 'help@harbour.example',
  PRIVACY_URL: '/privacy',
}

const world = await startWorld(IDENTITY)
afterAll(() => world[Symbol.asyncDispose]())
beforeEach(() => {
  world.restart()
})

test.each([true, false])(
  'a person sees the site’s name and logo on each page, its contact and its privacy policy (scripts: %s)',
  async (javaScript) => {
    await using browser = await openBrowser({ javaScript, width: 375 })
    const page = await browser.open(`${world.origin}/help`)
    const titles = [await page.title()]

    const size = await page
      .locator('header.site img')
      .evaluate((image: { naturalWidth: number; clientHeight: number }) => [image.naturalWidth, image.clientHeight])
    await choose(page, 'Harbour Studio')
    titles.push(await page.title())
    await logIn(page)
    titles.push(await page.title())

    expect(size).toEqual([180, 32])
    expect(titles).toEqual([
      'Help with connecting Instagram · Harbour Studio',
      'Get an Instagram access token · Harbour Studio',
      '@harbour.bakery is connected · Harbour Studio',
    ])
    const links = page.getByRole('contentinfo').getByRole('link')
    expect(await links.evaluateAll((all: { href: string }[]) => all.map(({ href }) => href))).toEqual([
      `${world.origin}/help`,
      'mailto:help@harbour.example',
      `${world.origin}/privacy`,
    ])
  },
)

test('a link that is shared has a description, and a start page on a phone’s home screen an icon', async () => {
  world.restart({ SITE_LOGO: '' })
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  const meta = await page.locator('meta[name=description], meta[property]').all()

  const shared = await Promise.all(meta.map((one) => one.getAttribute('content')))

  const about = 'Connect your Instagram account to Harbour Studio.'
  expect(shared).toEqual([about, 'website', 'Get an Instagram access token', about, 'Harbour Studio'])
  expect(await page.evaluate(ICON_WIDTH)).toBe(180)
})

const ICON_WIDTH = `(async () => {
  const icon = Object.assign(new Image(), { src: document.querySelector('link[rel=apple-touch-icon]').href })
  await icon.decode()
  return icon.naturalWidth
})()`

test('the circles of the steps have 32 pixels with their border, beside their text on a phone', async () => {
  await using browser = await openBrowser({ javaScript: false, width: 375 })
  const page = await browser.open(world.origin)

  expect(await page.evaluate(CIRCLES)).toEqual(Array(3).fill('border-box 32px 32px'))
  await page.goto(`${world.origin}/setup`)
  expect(await page.locator('.mark').first().boundingBox()).toMatchObject({ width: 32, height: 32 })
})

const CIRCLES = `[...document.querySelectorAll('.steps li')].map((step) => {
  const { boxSizing, width, height } = getComputedStyle(step, '::before')
  return boxSizing + ' ' + width + ' ' + height
})`

// Where trying again cannot help.

test.each([
  [true, 'help@harbour.example', /^mailto:help@harbour\.example\?subject=Reference%20(\w{4}-\w{4})$/],
  [false, 'https://harbour.example/contact', /^https:\/\/harbour\.example\/contact$/],
])(
  'a person whom only the site owner can help contacts the site, with the reference (scripts: %s, at %s)',
  async (javaScript, contact, address) => {
    world.restart({ SUPPORT_URL: contact })
    await using browser = await openBrowser({ javaScript, width: 375 })
    const page = await browser.open(world.origin)
    world.sandbox.fail('verification_failed')

    await logIn(page)
    await page.locator('#reference').click()

    const reference = await page.evaluate<string>('getSelection().toString()')
    expect(reference).toMatch(/^\w{4}-\w{4}$/)
    expect(world.log.join('')).toContain(reference)
    expect(await mainActions(page)).toEqual(['Contact Harbour Studio'])
    const href = (await page.getByRole('link', { name: 'Contact Harbour Studio' }).getAttribute('href')) ?? ''
    expect(href).toMatch(address)
    expect(address.exec(href)?.[1] ?? reference).toBe(reference)
    expect(await page.getByRole('button', { name: 'Copy' }).isVisible()).toBe(javaScript)
    expect(await page.locator('svg.icon').boundingBox()).toMatchObject({ width: 56, height: 56 })
    expect(await page.locator('.remedy code').allInnerTexts()).toEqual([
      'INSTAGRAM_CLIENT_SECRET',
      'INSTAGRAM_REDIRECT_URI',
    ])
  },
)

test.each([true, false])(
  'where the site has no contact, such a page has no main action (scripts: %s)',
  async (javaScript) => {
    world.restart({ SUPPORT_URL: '' })
    await using browser = await openBrowser({ javaScript })
    const page = await browser.open(world.origin)
    world.sandbox.fail('verification_failed')

    await logIn(page)

    expect([await heading(page), await mainActions(page)]).toEqual([
      'Instagram rejected this site’s secret or address',
      [],
    ])
    expect(await page.locator('.actions').allInnerTexts()).toEqual(['Back to the start page'])
  },
)

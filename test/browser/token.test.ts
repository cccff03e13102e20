import { expect, test } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { startWorld } from '../support/world.ts'
import { heading, logIn, ownerOf } from './steps.ts'

const CLIPBOARD = 'navigator.clipboard.readText()'

test('a person sees the token when they ask for it, and copies exactly that', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  await browser.allowClipboard()
  const page = await browser.open(world.origin)
  await logIn(page)
  const before = await page.locator('#token').isVisible()

  await page.getByText('Show').first().click()
  await page.getByRole('button', { name: 'Copy the token' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()

  const token = await page.locator('#token').innerText()
  expect(before).toBe(false)
  expect(await page.locator('.masked').innerText()).toBe(`${token.slice(0, 4)}••••••••••••${token.slice(-4)}`)
  expect(await page.evaluate(CLIPBOARD)).toBe(token)
  expect(await ownerOf(token, world)).toBe('harbour.bakery')
})

test('a person copies a command that uses the token', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  await browser.allowClipboard()
  const page = await browser.open(world.origin)
  await logIn(page)

  await page.getByRole('button', { name: 'Copy the command' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()

  const [, address, token] =
    /^curl '(.*access_token=(\w+))'$/.exec(await page.evaluate<string>(CLIPBOARD)) ?? []
  expect(address).toContain(world.sandbox.graphUrl)
  expect(await ownerOf(token, world)).toBe('harbour.bakery')
})

test('a person whose browser forbids copying is told so, and can select the token', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)

  await page.getByText('Show').first().click()
  await page.getByRole('button', { name: 'Copy the token' }).click()
  await page.getByRole('button', { name: 'Not allowed' }).waitFor()
  await page.locator('#token').click()

  expect(await page.evaluate('getSelection().toString()')).toBe(await page.locator('#token').innerText())
})

test('a person on a connection without a clipboard is told so', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)
  // As on http://192.168.0.10.
  await page.evaluate('Object.defineProperty(navigator, "clipboard", { value: undefined })')

  await page.getByRole('button', { name: 'Copy the token' }).click()

  await page.getByRole('button', { name: 'Not allowed' }).waitFor()
})

test('a person gets no token to see where it is not to be shown', async () => {
  await using world = await startWorld({ SHOW_TOKEN: 'off' })
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)

  await logIn(page)

  expect(await heading(page)).toBe('@harbour.bakery')
  expect(await page.content()).not.toMatch(/IGAA|access_token/)
  expect(await page.getByText('not shown here').isVisible()).toBe(true)
  expect(await page.getByRole('button', { name: 'Copy' }).count()).toBe(0)
})

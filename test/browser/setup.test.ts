import { expect, test } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { startWorld } from '../support/world.ts'
import { choose, follow, heading } from './steps.ts'

const NONE = { INSTAGRAM_CLIENT_ID: '', INSTAGRAM_CLIENT_SECRET: '', INSTAGRAM_REDIRECT_URI: '' }

test('an operator finds the guide from the sandbox, and copies a value as it is', async () => {
  await using world = await startWorld(NONE)
  await using browser = await openBrowser()
  await browser.allowClipboard()
  const page = await browser.open(world.origin)

  await choose(page, 'Set up the real one')
  await page.getByRole('button', { name: 'Copy OAuth redirect URIs' }).click()
  await page.getByText('Copied', { exact: true }).first().waitFor()

  expect(await heading(page)).toBe('Set up Instagram')
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe('https://localhost:3000/response')
})

test('an operator copies a whole .env, line by line', async () => {
  await using world = await startWorld(NONE)
  await using browser = await openBrowser()
  await browser.allowClipboard()
  const page = await browser.open(`${world.origin}/setup`)

  await page.getByRole('button', { name: 'Copy the .env' }).click()
  await page.getByText('Copied', { exact: true }).first().waitFor()

  expect(await page.evaluate('navigator.clipboard.readText()')).toMatch(
    /^INSTAGRAM_CLIENT_ID=.*\nINSTAGRAM_CLIENT_SECRET=the Instagram app secret\n[^]*\nHTTPS=self-signed$/,
  )
})

test('without a script the operator sends the doctor just so', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser({ javaScript: false })
  const page = await browser.open(`${world.origin}/setup`)

  await follow(page, () => page.getByRole('button', { name: 'Check now' }).click())

  expect(await page.locator('li.ok').filter({ hasText: 'App ID' }).first().isVisible()).toBe(true)
  expect(await page.getByRole('button', { name: 'Check again' }).isVisible()).toBe(true)
})

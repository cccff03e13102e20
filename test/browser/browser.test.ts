import { afterAll, expect, test } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { startWorld } from '../support/world.ts'

// What the tests themselves find.

const world = await startWorld()
afterAll(() => world[Symbol.asyncDispose]())

test('a page that requests something from another machine does not reach it, and fails its test', async () => {
  await using browser = await openBrowser()
  const outside = ['http://instagram.com/', 'http://192.0.2.1/']

  for (const address of outside)
    // Each in a tab of its own: the browser's error page would interrupt the next navigation.
    await expect(browser.open(address)).rejects.toThrow('ERR_NAME_NOT_RESOLVED')

  await expect.poll(() => browser.faults, { timeout: 30_000 }).toHaveLength(outside.length)
  expect(browser.faults.splice(0)).toEqual(outside.map((address) => `outside: ${address}`))
})

test('a page that breaks its Content Security Policy fails its test', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)

  await page.evaluate('document.body.append(Object.assign(document.createElement("script"), { text: "0" }))')

  await expect.poll(() => browser.faults, { timeout: 30_000 }).toHaveLength(1)
  expect(browser.faults.splice(0).join()).toContain("script-src 'self'")
})

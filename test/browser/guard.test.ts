import { expect, test } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { startWorld } from '../support/world.ts'

test('a page that reaches for another machine does not get there, and fails its test', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)

  await expect(page.goto('http://instagram.com/')).rejects.toThrow('ERR_NAME_NOT_RESOLVED')
  await expect(page.goto('http://192.0.2.1/')).rejects.toThrow('ERR_NAME_NOT_RESOLVED')

  expect(browser.faults.splice(0)).toEqual(['outside: http://instagram.com/', 'outside: http://192.0.2.1/'])
})

test('a page that breaks its own policy fails its test', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)

  await page.evaluate('document.body.append(Object.assign(document.createElement("script"), { text: "0" }))')

  await expect.poll(() => browser.faults).toHaveLength(1)
  expect(browser.faults.splice(0).join()).toContain("script-src 'self'")
})

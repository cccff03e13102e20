import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { KEY, UNTIL_DUE } from '../api/support.ts'
import { copiedText, openBrowser } from '../support/browser.ts'
import { startWorld } from '../support/world.ts'
import { copy, heading, logIn, ownerOf } from './steps.ts'

const world = await startWorld()
afterAll(() => world[Symbol.asyncDispose]())

beforeEach(async () => {
  await world.database.query('DELETE FROM accounts')
})

/** Has the app run with other settings until the test is finished. */
function withSettings(change: Record<string, string>): void {
  world.restart(change)
  onTestFinished(() => {
    world.restart()
  })
}

test('a person shows the token, copies it, and copies a command that uses it', async () => {
  await using browser = await openBrowser()
  await browser.allowClipboard()
  const page = await browser.open(world.origin)
  await logIn(page)
  const isShownAtFirst = await page.locator('#token').isVisible()

  await page.getByText('Show').first().click()
  await copy(page, 'Copy token')
  const copied = await copiedText(page)
  await page.getByText('Instagram API', { exact: true }).click()
  await copy(page, 'Copy the command')
  const command = await copiedText(page)

  const token = await page.locator('#token').innerText()
  expect(isShownAtFirst).toBe(false)
  expect(copied).toBe(token)
  expect(await page.locator('.masked').first().innerText()).toBe(`${token.slice(0, 4)}••••••••••••${token.slice(-4)}`)
  const [, address, sent] = /^curl '(.*access_token=(\w+))'$/.exec(command) ?? []
  expect(address).toContain(world.sandbox.graphUrl)
  expect(sent).toBe(token)
  expect(await ownerOf(token, world)).toBe('harbour.bakery')
})

test('a person whose browser forbids copying gets the token selected, and is told what to press', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)
  await page.evaluate('navigator.clipboard.writeText = () => Promise.reject(new Error("forbidden"))')

  await copy(page, 'Copy token', 'Press Ctrl+C')

  expect(await page.evaluate('getSelection().toString()')).toBe(await page.locator('#token').innerText())
})

test('a person whose browser has no clipboard, as on plain http, is told so', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)
  await page.evaluate('Object.defineProperty(navigator, "clipboard", { value: undefined })')

  await copy(page, 'Copy token', 'Press Ctrl+C')
})

test.for([true, false])('a person finds in three tabs how to use the token (scripts: %s)', async (javaScript) => {
  await using browser = await openBrowser({ javaScript, width: 375 })
  const page = await browser.open(world.origin)
  await logIn(page)
  const token = await page.locator('#token').textContent()

  const shown: string[] = []
  for (const tab of ['Token API', '.env', 'Instagram API']) {
    await page.locator('.use label').getByText(tab, { exact: true }).click()
    shown.push(await page.locator('.use .tab:visible').innerText())
  }

  const [api, env, graph] = shown
  expect(api).toContain('The token API is off.')
  expect(api).toContain(`${world.origin}/api/accounts/27640875392278831/token`)
  expect(env).toContain('Replace it before')
  expect(await page.locator('#env').textContent()).toBe(`INSTAGRAM_ACCESS_TOKEN=${token}`)
  expect(graph).toContain('Calls Instagram’s API with this copy of the token.')
  expect(shown.join()).not.toContain(token)
})

test.each([true, false])(
  'with the token API on, its tab is open, and both of its examples get a current token (script: %s)',
  async (javaScript) => {
    withSettings({ API_KEYS: KEY })
    await using browser = await openBrowser({ javaScript })
    const page = await browser.open(world.origin)
    await logIn(page)
    const copyOfToken = await page.locator('#token').textContent()

    const tabs = await page.locator('.use .tab:visible').allInnerTexts()
    const curl = await page.locator('#api-curl').innerText()
    const code = await page.locator('#api-js').innerText()
    world.pass(UNTIL_DUE)
    const [, authorization = '', accept = '', url = ''] =
      /^curl -H "Authorization: (.*)" -H 'Accept: (.*)' \\\n {2}(.*)$/.exec(curl) ?? []
    const headers = { Authorization: authorization.replace('$API_KEY', KEY), Accept: accept }
    const fromCurl = await (await fetch(url, { headers })).text()
    const program = ['--input-type=module', '--eval', `${code}\nconsole.log(access_token)`]
    const { stdout } = await promisify(execFile)(process.execPath, program, { env: { API_KEY: KEY } })

    expect(tabs).toEqual([expect.stringContaining('request a current token from this site each time you need one')])
    expect(tabs[0]).not.toContain('off')
    expect([fromCurl, stdout]).toEqual([fromCurl, `${fromCurl}\n`])
    expect(fromCurl).not.toBe(copyOfToken)
    expect(await ownerOf(fromCurl, world)).toBe('harbour.bakery')
  },
)

test.each([true, false])('where the token is not shown, nothing promises it (script: %s)', async (javaScript) => {
  withSettings({ SHOW_TOKEN: 'off' })
  await using browser = await openBrowser({ javaScript })
  const page = await browser.open(world.origin)
  const start = [await page.title(), await heading(page), await page.locator('.steps strong').allInnerTexts()]

  await logIn(page)
  const hero = await page.getByRole('region', { name: 'Your account' }).innerText()
  const headings = await page.getByRole('heading', { level: 2 }).allInnerTexts()
  await page.getByText('Site owner: get the token').click()

  expect(start).toEqual([
    'Connect your Instagram account',
    'Connect your Instagram account',
    ['Log in to Instagram.', 'Choose what to allow.', 'Come back here, and you’re done.'],
  ])
  expect(hero).toContain('You’re done, and can close this page. Your token is stored encrypted on this server.')
  expect(hero).toContain('This site renews it automatically until you disconnect.')
  expect(headings).toEqual(['Automatic renewal', 'Permissions', 'Account IDs'])
  expect(await page.content()).not.toContain('IGAA')
  expect(await page.getByText('because SHOW_TOKEN is off').isVisible()).toBe(true)
  expect(await page.getByText('To turn it on, the site owner sets API_KEYS').isVisible()).toBe(true)
  expect(await page.locator('#api-curl').innerText()).toContain('/api/accounts/27640875392278831/token')
})

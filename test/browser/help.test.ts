import type { Page } from 'playwright-core'
import { afterAll, expect, test } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { startWorld } from '../support/world.ts'
import { choose, heading, press } from './steps.ts'

const TOKEN = `IGAA${'markedcanary'.repeat(8)}`

const world = await startWorld()
afterAll(() => world[Symbol.asyncDispose]())

async function ask(page: Page, text: string): Promise<void> {
  await page.getByLabel('Paste its address or the message').fill(text)
  await press(page, 'Get help')
}

/** The headings of the groups that the list shows. */
function groups(page: Page): Promise<string[]> {
  return page.locator('#problems h2:visible').allInnerTexts()
}

const MOMENTS = [
  'On Instagram’s page',
  'When you come back from Instagram',
  'When this site gets your token',
  'Later, when the token is used or renewed',
  'On this site',
]

test('problems are grouped by moment, and a filter shows those with all of the words', async () => {
  await using browser = await openBrowser({ width: 375 })
  const page = await browser.open(`${world.origin}/help`)

  const all = await groups(page)
  await page.getByLabel('find the problem').fill('personal account')
  const found = [await groups(page), await page.locator('#problems li:visible').allInnerTexts()]
  await page.getByLabel('find the problem').fill('')

  expect(all).toEqual(MOMENTS)
  expect(found).toEqual([
    ['On Instagram’s page'],
    [expect.stringContaining('Instagram requires a professional account')],
  ])
  expect(await groups(page)).toEqual(MOMENTS)
})

test.for([true, false])(
  'a pasted token is recognized and shown nowhere, and words of a person lead to their page (scripts: %s)',
  async (javaScript) => {
    await using browser = await openBrowser({ javaScript, width: 375 })
    const page = await browser.open(`${world.origin}/help`)

    await ask(page, TOKEN)
    const told = await page.getByRole('alert').innerText()
    const shown = [page.url(), await page.content(), await page.getByLabel('Paste its address').inputValue()]
    const list = await groups(page)
    await ask(page, 'password')
    const results = await groups(page)
    await choose(page, 'Show all problems')
    await ask(page, 'personal account')

    expect(told).toContain('That is an access token. This site did not store it')
    expect(shown.join(' ') + world.log.join('')).not.toContain('markedcanary')
    expect([list, results]).toEqual([MOMENTS, ['Results']])
    expect(await heading(page)).toBe('Instagram requires a professional account')
  },
)

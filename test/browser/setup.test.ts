import { randomBytes } from 'node:crypto'
import type { Page } from 'playwright-core'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { copiedText, openBrowser } from '../support/browser.ts'
import { person } from '../support/person.ts'
import { CLIENT_ID, startWorld } from '../support/world.ts'
import { choose, copy, heading, press } from './steps.ts'

const NO_CREDENTIALS = { INSTAGRAM_CLIENT_ID: '', INSTAGRAM_CLIENT_SECRET: '', INSTAGRAM_REDIRECT_URI: '' }

const CREATE = 'Create an app in Meta’s dashboard'
const SAVE = 'Save the addresses in the dashboard'
const SET = 'Set the app ID and the secret'
const CONNECT = 'Add your account, and connect it'
const CHECK = 'Check the setup'

// With a key that the doctor accepts.
const world = await startWorld({ TOKEN_KEYS: `k1:${randomBytes(32).toString('base64')}` })
afterAll(() => world[Symbol.asyncDispose]())
beforeEach(async () => {
  await world.database.query('DELETE FROM accounts')
  world.restart()
})

/** The titles of the steps that are done and of those that are open, and how many the guide says are done. */
async function progress(page: Page): Promise<{ done: string[]; open: string[]; said: string }> {
  return {
    done: await page.locator('.step.done h2').allInnerTexts(),
    open: await page.locator('.step[open] > summary h2').allInnerTexts(),
    said: await page.getByText('of 5 steps done').innerText(),
  }
}

test.for([true, false])(
  'the guide ticks what it can verify, opens at the next step, and knows what is set (scripts: %s)',
  async (javaScript) => {
    world.restart(NO_CREDENTIALS)
    await using browser = await openBrowser({ javaScript })
    const page = await browser.open(`${world.origin}/setup`)
    const file = page.locator('#env-file')

    const inSandbox = await progress(page)
    world.restart()
    await page.reload()
    const withCredentials = await progress(page)
    await page.getByText(SET).click()
    const isKnown = await page.getByText('the redirect URI and one scope are set').isVisible()
    const folded = await file.isVisible()
    await page.getByText('Show the file').click()
    const unfolded = await file.innerText()
    await person(world).login()
    await page.reload()
    const afterLogin = await progress(page)
    await press(page, 'Check now')

    expect(inSandbox).toEqual({ done: [], open: [CREATE], said: '0 of 5 steps done' })
    expect(withCredentials).toEqual({ done: [CREATE, SET], open: [SAVE], said: '2 of 5 steps done' })
    expect([isKnown, folded]).toEqual([true, false])
    expect(unfolded).toContain(`INSTAGRAM_CLIENT_ID=${CLIENT_ID}\n`)
    expect(afterLogin).toEqual({ done: [CREATE, SAVE, SET, CONNECT], open: [CHECK], said: '4 of 5 steps done' })
    expect(await progress(page)).toEqual({
      done: [CREATE, SAVE, SET, CONNECT, CHECK],
      open: [CHECK],
      said: '5 of 5 steps done',
    })
    expect(await page.getByText('Everything is set up.').isVisible()).toBe(true)
  },
)

test.for([true, false])(
  'the doctor’s results are counted and sorted, with failed ones first, where the page opens (scripts: %s)',
  async (javaScript) => {
    world.restart({ INSTAGRAM_SCOPES: 'instagram_business_basic,likes' })
    await using browser = await openBrowser({ javaScript, width: 375 })
    const page = await browser.open(`${world.origin}/setup`)

    await page.getByText(CHECK).click()
    const duration = await page.getByText('This takes').innerText()
    await press(page, 'Check now')

    const outcomes = await page.locator('.findings > li').evaluateAll(outcomesOf)
    const counts = await page.locator('.counts span').allInnerTexts()
    const sum = (outcome: string) => outcomes.filter((each) => each === outcome).length
    expect(duration).toBe('This takes about ten seconds.')
    expect(outcomes[0]).toBe('is-wrong')
    expect(outcomes).toEqual(outcomes.toSorted((one, other) => ORDER.indexOf(one) - ORDER.indexOf(other)))
    expect(counts).toEqual([`${sum('is-wrong')} failed`, `${sum('is-unknown')} unknown`, `${sum('is-ok')} passed`])
    expect(await page.getByText('likes belongs to').isVisible()).toBe(true)
    expect((await page.locator('#doctor').boundingBox())?.y).toBeCloseTo(0, 0)
    expect((await progress(page)).open).toEqual([SAVE, CHECK])
    await page.getByRole('button', { name: 'Check again' }).waitFor()
  },
)

const ORDER = ['is-wrong', 'is-warning', 'is-unknown', 'is-ok']
const outcomesOf = (items: { className: string }[]) => items.map(({ className }) => className)

test('while the doctor is checking, the button says so', async () => {
  await using browser = await openBrowser()
  const page = await browser.open(`${world.origin}/setup`)
  await page.evaluate(KEEP_WHAT_IS_SAID)

  await page.getByText(CHECK).click()
  await press(page, 'Check now')

  expect(await page.evaluate('sessionStorage.said')).toBe('Checking…, Checking…, true')
  expect(await page.getByRole('button', { name: 'Check again' }).isEnabled()).toBe(true)
  expect(new URL(page.url()).hash).toBe('#doctor')
})

/** Keeps for the next page what is said to screen readers, and what the button shows meanwhile. */
const KEEP_WHAT_IS_SAID = `new MutationObserver(() => {
  const { textContent, disabled } = document.querySelector('[data-busy] button')
  sessionStorage.said = [document.querySelector('#copied').textContent, textContent, disabled].join(', ')
}).observe(document.querySelector('#copied'), { childList: true })`

test('an operator finds the guide from the sandbox, and copies a value and the whole .env', async () => {
  world.restart(NO_CREDENTIALS)
  await using browser = await openBrowser()
  await browser.allowClipboard()
  const page = await browser.open(world.origin)

  await choose(page, 'Connect the real Instagram')
  await page.getByText(SAVE).click()
  await copy(page, 'Copy OAuth redirect URIs')
  const value = await copiedText(page)
  await page.getByText(SET).click()
  await copy(page, 'Copy the .env')

  expect(await heading(page)).toBe('Set up Instagram')
  expect(value).toBe('https://localhost:3000/response')
  expect(await copiedText(page)).toMatch(
    /^INSTAGRAM_CLIENT_ID=.*\nINSTAGRAM_CLIENT_SECRET=the Instagram app secret\n[^]*\nHTTPS=self-signed$/,
  )
})

test.for([true, false])(
  'a long value to copy does not wrap on a phone, and an Embed URL is compared (scripts: %s)',
  async (javaScript) => {
    await using browser = await openBrowser({ width: 375, javaScript })
    const page = await browser.open(`${world.origin}/setup`)

    await page.getByText(SET).click()
    await page.getByLabel('Embed URL').fill(EMBED_URL)
    await press(page, 'Compare')

    const text = await page.locator('#env-file').innerText()
    expect(await page.getByText('the host differs').isVisible()).toBe(true)
    expect(text).toContain('long/long/')
    expect(await page.evaluate(ROWS)).toBe(text.split('\n').length)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375)
  },
)

/** With a redirect URI that is too long for a line. */
const EMBED_URL = `https://www.instagram.com/oauth/authorize?${new URLSearchParams({
  client_id: '1090387462915343',
  redirect_uri: `https://tokens.example/${'long/'.repeat(30)}response`,
  response_type: 'code',
  scope: 'instagram_business_basic',
}).toString()}`

/** How many rows the file to copy has on the screen. */
const ROWS = `(() => {
  const file = document.querySelector('#env-file')
  const { lineHeight, paddingTop } = getComputedStyle(file)
  return Math.round((file.clientHeight - 2 * parseFloat(paddingTop)) / parseFloat(lineHeight))
})()`

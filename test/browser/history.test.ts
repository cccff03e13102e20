import { expect, test } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { startWorld } from '../support/world.ts'
import { callbackFrom, choose, decide, exchanges, heading, logIn } from './steps.ts'

test('the address bar keeps neither code nor state', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)

  await logIn(page)

  expect(page.url()).toBe(`${world.origin}/response`)
})

test('a person who reloads sees their account again, with one exchange', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)

  await page.reload()

  expect(await heading(page)).toBe('@harbour.bakery')
  expect(page.url()).toBe(`${world.origin}/response`)
  expect(exchanges(world)).toBe(1)
})

test('a person who reloads without scripts sees success again, with one exchange', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser({ javaScript: false })
  const page = await browser.open(world.origin)
  await logIn(page)
  expect(page.url()).toContain('code=')

  await page.reload()

  expect(page.url()).toContain('code=')
  expect(await page.locator('.success').innerText()).toContain('Connected')
  expect(await heading(page)).toBe('@harbour.bakery')
  expect(exchanges(world)).toBe(1)
})

test('a person who goes back and forward finds a page that makes sense each time', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)

  const met: string[] = []
  for (const step of ['goBack', 'goBack', 'goForward', 'goForward'] as const) {
    await page[step]()
    met.push(await heading(page))
  }

  expect(met).toEqual(['Allow this app?', '@harbour.bakery', 'Allow this app?', '@harbour.bakery'])
  expect(page.url()).toBe(`${world.origin}/response`)
  expect(exchanges(world)).toBe(1)
})

test('a person who presses Allow twice in a row is connected once', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await choose(page, 'Get Started')
  await page.getByLabel('harbour.bakery').check()

  await page.getByRole('button', { name: 'Allow' }).dblclick()
  await page.waitForURL(`${world.origin}/response`)

  expect(await heading(page)).toBe('@harbour.bakery')
  expect(exchanges(world)).toBe(1)
})

test('the same callback in two tabs at once makes one exchange, and both succeed', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  const callback = await callbackFrom(page, world)

  const tabs = await Promise.all([browser.open(callback), browser.open(callback)])

  for (const tab of tabs) expect(await heading(tab)).toBe('@harbour.bakery')
  expect(exchanges(world)).toBe(1)
  await page.reload()
  expect(await heading(page)).toBe('@harbour.bakery')
})

test('two tabs that both started before either finished both work', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const one = await browser.open(world.origin)
  const two = await browser.open(world.origin)
  await choose(one, 'Get Started')
  await choose(two, 'Get Started')

  await decide(two, { as: 'mira.draws' })
  await decide(one, { as: 'harbour.bakery' })

  expect(await heading(two)).toBe('@mira.draws')
  expect(await heading(one)).toBe('@harbour.bakery')
  await two.reload()
  expect(await heading(two)).toBe('@harbour.bakery')
})

test('a person without scripts comes from the start to the token, and away again', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser({ javaScript: false })
  const page = await browser.open(world.origin)

  await logIn(page)
  await page.getByText('Show').first().click()
  const shown = await page.locator('#token').isVisible()
  const copies = await page.getByRole('button', { name: 'Copy' }).count()
  await page.getByRole('button', { name: 'Disconnect' }).click()
  await page.getByRole('link', { name: 'Get Started' }).waitFor()

  expect(shown).toBe(true)
  expect(copies).toBe(0)
  expect(page.url()).toBe(`${world.origin}/`)
})

test('a person who presses Allow again after all is told that it is over, and finds their account', async () => {
  await using world = await startWorld()
  await using browser = await openBrowser()
  const page = await browser.open(world.origin)
  await logIn(page)

  await page.goBack()
  await decide(page)
  const told = await heading(page)
  await choose(page, 'Back to Get Started')

  expect(told).toBe('This login is over already')
  expect(await heading(page)).toBe('@harbour.bakery')
  expect(exchanges(world)).toBe(1)
})

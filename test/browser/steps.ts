import axe, { type AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { person } from '../support/person.ts'
import type { World } from '../support/world.ts'

/** What a person does on Instagram's page. */
interface Choice {
  /** Default: harbour.bakery. */
  as?: string
  /** Permissions to deselect. */
  without?: readonly string[]
  press?: 'Allow' | 'Cancel'
}

/** Does something, and waits until the next page is loaded. */
export async function follow(page: Page, act: () => Promise<unknown>): Promise<void> {
  const loaded = page.waitForEvent('load')
  await act()
  await loaded
}

/** Follows a link. */
export async function choose(page: Page, link: string): Promise<void> {
  await follow(page, () => page.getByRole('link', { name: link }).click())
}

/** Presses a button that leads to another page. */
export async function press(page: Page, button: string): Promise<void> {
  await follow(page, () => page.getByRole('button', { name: button }).click())
}

/** Decides on Instagram's page. */
export async function decide(
  page: Page,
  { as = 'harbour.bakery', without = [], press: button = 'Allow' }: Choice = {},
): Promise<void> {
  await page.getByLabel(as).check()
  for (const scope of without) await page.getByLabel(scope).uncheck()
  await press(page, button)
}

/** From the start page to the end of the login. */
export async function logIn(page: Page, choice?: Choice): Promise<void> {
  await choose(page, 'Get Started')
  await decide(page, choice)
}

/** The largest heading. */
export function heading(page: Page): Promise<string> {
  return page.getByRole('heading', { level: 1 }).innerText()
}

/** The labels of the links and buttons that stand out: a page has one, or none. */
export async function mainActions(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`[...document.querySelectorAll('a, button')]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }))
    .filter((one) => getComputedStyle(one).backgroundColor !== 'rgba(0, 0, 0, 0)')
    .map((one) => one.innerText)`)
}

/** Presses a copy button, and waits for what the page says about it. The button itself says so for two seconds only. */
export async function copy(page: Page, button: string, result = 'Copied'): Promise<void> {
  await page.locator('#copied').evaluate((element: { textContent: string }) => {
    element.textContent = ''
  })
  await page.getByRole('button', { name: button }).click()
  await expect.poll(() => page.locator('#copied').textContent(), { timeout: 30_000 }).toBe(result)
}

/** What axe finds: the rule, and where. `rules`: only these. */
export async function findings(page: Page, rules?: readonly string[]): Promise<string[]> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe.source)
  const options = JSON.stringify({ resultTypes: ['violations'], ...(rules && { runOnly: rules }) })
  const { violations } = await page.evaluate<AxeResults>(`axe.run(${options})`)
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`))
}

/** How many codes were exchanged so far. */
export function exchanges({ sandbox }: Pick<World, 'sandbox'>): number {
  return sandbox.calls.filter(({ endpoint }) => endpoint === 'token').length
}

/** The user name that Instagram returns for a token. */
export async function ownerOf(token: string | undefined, { sandbox }: World): Promise<unknown> {
  const query = new URLSearchParams({ fields: 'username', access_token: token ?? '' })
  const response = await fetch(`${sandbox.graphUrl}/v26.0/me?${query.toString()}`)
  return ((await response.json()) as { username?: unknown }).username
}

/** Where Instagram sends a person who follows this page's Get Started and allows. */
export async function callbackFrom(page: Page, world: World): Promise<string> {
  const href = await page.getByRole('link', { name: 'Get Started' }).getAttribute('href')
  return world.origin + (await person(world).authorize(href ?? ''))
}

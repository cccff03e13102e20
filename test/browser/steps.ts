import axe, { type AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { PASSWORD } from '../admin/support.ts'
import type { Browser } from '../support/browser.ts'
import { person } from '../support/person.ts'
import type { World } from '../support/world.ts'

/** What a person does on Instagram's page. */
interface Choice {
  /** Who they are. */
  as?: string
  /** What they untick. */
  without?: readonly string[]
  press?: 'Allow' | 'Cancel'
}

/** Does something, and waits for the page that comes of it. */
export async function follow(page: Page, act: () => Promise<unknown>): Promise<void> {
  const loaded = page.waitForEvent('load')
  await act()
  await loaded
}

/** Follows a link. */
export async function choose(page: Page, link: string): Promise<void> {
  await follow(page, () => page.getByRole('link', { name: link }).click())
}

/** Decides on Instagram's page. */
export async function decide(
  page: Page,
  { as = 'harbour.bakery', without = [], press = 'Allow' }: Choice = {},
): Promise<void> {
  await page.getByLabel(as).check()
  for (const scope of without) await page.getByLabel(scope).uncheck()
  await follow(page, () => page.getByRole('button', { name: press }).click())
}

/** From the start page to the end of the login. */
export async function logIn(page: Page, choice?: Choice): Promise<void> {
  await choose(page, 'Get Started')
  await decide(page, choice)
}

/** Opens the operator's list in a new tab, signed in. */
export async function openAsOperator(browser: Browser, world: World): Promise<Page> {
  const page = await browser.open(`${world.origin}/accounts`)
  await page.getByLabel('Password').fill(PASSWORD)
  await follow(page, () => page.getByRole('button', { name: 'Sign in' }).click())
  return page
}

/** The largest heading: what the page says first. */
export function heading(page: Page): Promise<string> {
  return page.getByRole('heading', { level: 1 }).innerText()
}

/** What axe finds wrong: the rule, and where. */
export async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<AxeResults>('axe.run()')
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`))
}

/** How many codes were exchanged so far. */
export function exchanges({ sandbox }: World): number {
  return sandbox.calls.filter(({ endpoint }) => endpoint === 'token').length
}

/** The user name that Instagram tells whoever holds this token. */
export async function ownerOf(token: string | undefined, { sandbox }: World): Promise<unknown> {
  const query = new URLSearchParams({ fields: 'username', access_token: token ?? '' })
  const answer = await fetch(`${sandbox.graphUrl}/v26.0/me?${query.toString()}`)
  return ((await answer.json()) as { username?: unknown }).username
}

/** Where Instagram sends a person who follows this page's Get Started and allows. */
export async function callbackFrom(page: Page, world: World): Promise<string> {
  const href = await page.getByRole('link', { name: 'Get Started' }).getAttribute('href')
  return world.origin + (await person(world).authorize(href ?? ''))
}

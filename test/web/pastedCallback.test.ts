import { afterAll, expect, test } from 'vitest'
import { MINUTE_MS } from '../../src/facts.ts'
import type { Response } from 'supertest'
import { type Person, person } from '../support/person.ts'
import { startWorld } from '../support/world.ts'

/** Registered, and nothing listens there. */
const REDIRECT_URI = 'https://localhost/response'

const world = await startWorld({ INSTAGRAM_REDIRECT_URI: REDIRECT_URI })
afterAll(() => world[Symbol.asyncDispose]())

/** A person who has authorized, and copies the address of the page that does not load. */
async function copied(decision = {}) {
  const somebody = person(world, world.origin, new Map(), { 'X-Forwarded-Proto': 'https' })
  const callback = await somebody.authorize(await somebody.getStarted(), decision)
  return { somebody, callback, address: `https://localhost${callback}`, before: exchanges() }
}

/** Pastes a text, and follows the redirect to the callback. */
async function paste(somebody: Person, pasted: string): Promise<Response> {
  const answer = await somebody.submit('/help', { pasted })
  const location = answer.get('Location')
  if (location === undefined) return answer
  expect([answer.status, location.split('?')[0]]).toStrictEqual([303, '/response'])
  return somebody.get(location)
}

function exchanges(): number {
  return world.sandbox.calls.filter(({ endpoint }) => endpoint === 'token').length
}

test.each([
  ['unchanged', (address: string) => address],
  ['with #_ at its end', (address: string) => `${address}#_`],
  ['with an encoded #_ at its end', (address: string) => `${address}%23_`],
  ['in quotes and spaces', (address: string) => `  "${address}#_"\n`],
  ['in a sentence', (address: string) => `it says this: ${address} and nothing else`],
  ['without its scheme', (address: string) => address.replace('https://', '')],
  ['with its scheme in capitals', (address: string) => address.replace('https', 'HTTPS')],
])('a pasted callback, %s, completes the login as if its page had loaded', async (_, change) => {
  const { somebody, address, before } = await copied()

  const page = await paste(somebody, change(address))

  expect(page.status).toBe(200)
  expect(page.get('Cache-Control')).toBe('no-store')
  expect(page.text).toContain('Connected')
  expect(page.text).toContain('@harbour.bakery')
  expect(exchanges() - before).toBe(1)
})

test('the same address pasted twice, and opened after all, makes one exchange', async () => {
  const { somebody, callback, address, before } = await copied()
  await paste(somebody, address)

  const again = await paste(somebody, `${address}#_`)
  const opened = await somebody.get(callback)

  expect([again.status, opened.status, exchanges() - before]).toStrictEqual([200, 200, 1])
})

test('a pasted address of another browser’s login is refused', async () => {
  const { address, before } = await copied()
  const victim = person(world)
  await victim.get('/')

  const page = await paste(victim, address)

  expect(page.status).toBe(403)
  expect(page.text).toContain('data-error="other_browser"')
  expect(exchanges()).toBe(before)
})

test('an address that is pasted after more than ten minutes is refused', async () => {
  const { somebody, address } = await copied()
  world.pass(10 * MINUTE_MS + 1)

  const page = await paste(somebody, address)

  expect(page.status).toBe(400)
  expect(page.text).toContain('more than ten minutes')
})

test.each([
  ['without its state', /&state=[^&#]+/, 'Part of the address is missing'],
  ['with another state', /state=.{5}/, 'started in another browser'],
])('an address %s is refused', async (_, cut, words) => {
  const { somebody, address, before } = await copied()

  const page = await paste(somebody, address.replace(cut, cut.source.startsWith('&') ? '' : 'state='))

  expect(page.text).toContain(words)
  expect(exchanges()).toBe(before)
})

test('a pasted callback of a cancelled login says so', async () => {
  const { somebody, address } = await copied({ cancel: true })

  const page = await paste(somebody, `${address}#_`)

  expect(page.status).toBe(403)
  expect(page.text).toContain('You cancelled')
})

test.each([
  ['another host', 'https://localhost/', 'https://tokens.example/'],
  ['another scheme', 'https://localhost/', 'http://localhost/'],
  ['another port', 'https://localhost/', 'https://localhost:3000/'],
  ['another path', '/response?', '/callback?'],
  ['a slash more', '/response?', '/response/?'],
  ['a name before the host', 'https://localhost/', 'https://localhost@evil.example/'],
])('an address with %s is refused, and the page says why', async (_, own, other) => {
  const { somebody, address, before } = await copied()

  const page = await paste(somebody, address.replace(own, other))

  expect(page.status).toBe(400)
  expect(page.text).toContain('This address belongs to another site')
  expect(page.text).not.toContain('evil.example')
  expect(exchanges()).toBe(before)
})

test('Instagram’s message is recognized beside our own address', async () => {
  const { somebody } = await copied()

  const page = await paste(somebody, `Invalid redirect_uri: ${REDIRECT_URI}`)

  expect(page.text).toContain('<code>redirect_uri_mismatch</code>')
})

test('neither the log nor the page contains the pasted code and state', async () => {
  const { somebody, address } = await copied()
  const { searchParams } = new URL(address)

  const page = await paste(somebody, address)
  const foreign = await paste(somebody, address.replace('localhost', 'x.example'))

  for (const secret of [searchParams.get('code') ?? 'none', searchParams.get('state') ?? 'none'])
    expect(page.text + foreign.text + world.log.join('')).not.toContain(secret)
})

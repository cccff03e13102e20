import { expect, test } from 'vitest'
import { person } from '../support/person.ts'
import { startWorld, type World } from '../support/world.ts'

/** Registered, with nothing that listens there. */
const NOBODY = 'https://localhost/response'

/** A person who has allowed, and copies the address of the page that does not load. */
async function copied(environment: Record<string, string> = { INSTAGRAM_REDIRECT_URI: NOBODY }) {
  const world = await startWorld(environment)
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted())
  const address = `https://localhost${callback}`
  return { world, somebody, callback, address, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
}

function exchanges({ sandbox }: World): number {
  return sandbox.calls.filter(({ endpoint }) => endpoint === 'token').length
}

test.each([
  ['as it is', (address: string) => address],
  ['with #_ at its end', (address: string) => `${address}#_`],
  ['in quotes, with blanks around it', (address: string) => `  "${address}#_"\n`],
  ['amid words', (address: string) => `it says this: ${address} and nothing else`],
  ['without its scheme', (address: string) => address.replace('https://', '')],
  ['with its scheme in capitals', (address: string) => address.replace('https', 'HTTPS')],
])('a pasted callback, %s, ends the login as if its page had loaded', async (_, paste) => {
  await using here = await copied()
  const { world, somebody, address } = here

  const page = await somebody.submit('/help', { pasted: paste(address) })

  expect(page.status).toBe(200)
  expect(page.get('Cache-Control')).toBe('no-store')
  expect(page.text).toContain('Connected')
  expect(page.text).toContain('@harbour.bakery')
  expect(exchanges(world)).toBe(1)
})

test('the same address pasted twice, and opened after all, makes one exchange', async () => {
  await using here = await copied()
  const { world, somebody, callback, address } = here
  await somebody.submit('/help', { pasted: address })

  const again = await somebody.submit('/help', { pasted: `${address}#_` })
  const opened = await somebody.get(callback)

  expect([again.status, opened.status, exchanges(world)]).toStrictEqual([200, 200, 1])
})

test('an address that another browser was sent to is refused as on its own page', async () => {
  await using here = await copied()
  const { world, address } = here
  const victim = person(world)
  await victim.get('/')

  const page = await victim.submit('/help', { pasted: address })

  expect(page.status).toBe(403)
  expect(page.text).toContain('This login was started elsewhere')
  expect(exchanges(world)).toBe(0)
})

test('an address that is pasted after more than ten minutes is refused', async () => {
  await using here = await copied()
  const { world, somebody, address } = here
  world.pass(10 * 60_000 + 1)

  const page = await somebody.submit('/help', { pasted: address })

  expect(page.status).toBe(400)
  expect(page.text).toContain('more than ten minutes')
})

test.each([
  ['without its state', /&state=[^&#]+/, 'lacks the “state”'],
  ['with another state', /state=.{5}/, 'started elsewhere'],
])('an address %s is refused', async (_, cut, words) => {
  await using here = await copied()
  const { world, somebody, address } = here

  const page = await somebody.submit('/help', {
    pasted: address.replace(cut, cut.source.startsWith('&') ? '' : 'state='),
  })

  expect(page.text).toContain(words)
  expect(exchanges(world)).toBe(0)
})

test('a pasted cancel is told as one', async () => {
  await using world = await startWorld({ INSTAGRAM_REDIRECT_URI: NOBODY })
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted(), { cancel: true })

  const page = await somebody.submit('/help', { pasted: `https://localhost${callback}#_` })

  expect(page.status).toBe(403)
  expect(page.text).toContain('You said no')
})

test.each([
  ['another host', 'https://localhost/', 'https://tokens.example/'],
  ['another scheme', 'https://localhost/', 'http://localhost/'],
  ['another port', 'https://localhost/', 'https://localhost:3000/'],
  ['another path', '/response?', '/callback?'],
  ['a slash more', '/response?', '/response/?'],
  ['a name before the host', 'https://localhost/', 'https://localhost@evil.example/'],
])('an address of %s is refused, with a sentence that says so', async (_, own, other) => {
  await using here = await copied()
  const { world, somebody, address } = here

  const page = await somebody.submit('/help', { pasted: address.replace(own, other) })

  expect(page.status).toBe(400)
  expect(page.text).toContain('That address belongs to another site')
  expect(page.text).not.toContain('evil.example')
  expect(exchanges(world)).toBe(0)
})

test('the words of Instagram are understood though our own address stands beside them', async () => {
  await using here = await copied()
  const { somebody } = here

  const page = await somebody.submit('/help', { pasted: `Invalid redirect_uri: ${NOBODY}` })

  expect(page.text).toContain('<code>redirect_uri_mismatch</code>')
})

test('neither log nor page shows the code and the state of what is pasted', async () => {
  await using here = await copied()
  const { world, somebody, address } = here
  const query = new URL(address).searchParams

  const page = await somebody.submit('/help', { pasted: address })
  const foreign = await somebody.submit('/help', { pasted: address.replace('localhost', 'x.example') })

  for (const secret of [query.get('code') ?? 'none', query.get('state') ?? 'none'])
    expect(page.text + foreign.text + world.log.join('')).not.toContain(secret)
})

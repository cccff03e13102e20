import { expect, test } from 'vitest'
import type { Misbehaviour } from '../../src/sandbox/misbehaviour.ts'
import { person } from '../support/person.ts'
import { startWorld, type World } from '../support/world.ts'

const MINUTE = 60_000

/** A callback whose query is changed; `null` leaves a parameter out. */
function changed(callback: string, change: Record<string, string | null>): string {
  const url = new URL(callback, 'http://x')
  for (const [name, value] of Object.entries(change))
    if (value === null) url.searchParams.delete(name)
    else url.searchParams.set(name, value)
  return url.pathname + url.search
}

function nothingExchanged({ sandbox }: World): boolean {
  return sandbox.calls.every(({ endpoint }) => endpoint !== 'token')
}

/** A person who has authorized, and has not come back yet. */
async function ready() {
  const world = await startWorld()
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted())
  return { world, somebody, callback, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
}

test('a person who cancels is told that they said no, and shown the way back', async () => {
  await using world = await startWorld()

  const page = await person(world).login({ cancel: true })

  expect(page.status).toBe(403)
  expect(page.text).toContain('You said no')
  expect(page.text).toMatch(/href="\/">Back to Get Started/)
  expect(nothingExchanged(world)).toBe(true)
})

test('a link of ten minutes is good, and one of a moment more is not', async () => {
  await using here = await ready()
  const { world, somebody, callback } = here
  const late = await somebody.authorize(await somebody.getStarted())
  world.pass(10 * MINUTE)
  const good = await somebody.get(callback)
  world.pass(1)

  const page = await somebody.get(late)

  expect([good.status, page.status]).toStrictEqual([200, 400])
  expect(page.text).toContain('more than ten minutes')
})

test('an error that comes after more than ten minutes is as late as a code', async () => {
  await using here = await ready()
  const { world, somebody } = here
  const cancelled = await somebody.authorize(await somebody.getStarted(), { cancel: true })
  world.pass(11 * MINUTE)

  const page = await somebody.get(cancelled)

  expect(page.text).toContain('more than ten minutes')
})

test('a callback without a cookie is refused, with what may have happened to it', async () => {
  await using here = await ready()
  const { world, callback } = here

  const page = await person(world).get(callback)

  expect(page.status).toBe(400)
  expect(page.text).toContain('Your browser brought no cookie back')
  expect(nothingExchanged(world)).toBe(true)
})

test('a callback that another browser’s login started is refused', async () => {
  await using here = await ready()
  const { world, callback } = here
  const victim = person(world)
  await victim.get('/')

  const page = await victim.get(callback)

  expect(page.status).toBe(403)
  expect(page.text).toContain('This login was started elsewhere')
  expect(nothingExchanged(world)).toBe(true)
})

test.each([
  ['invented', () => 'abc'],
  [
    'with another time',
    (state: string) =>
      state.replace(/^[^.]+/, (time) => time.slice(0, -1) + (time.endsWith('0') ? '1' : '0')),
  ],
  [
    'with another nonce',
    (state: string) => state.replace(/\.(.)/, (_dot, first) => (first === 'A' ? '.B' : '.A')),
  ],
  ['cut short', (state: string) => state.slice(0, -1)],
  ['with something behind it', (state: string) => `${state}x`],
  ['with other letters for the same bytes', (state: string) => `${state}=`],
])('a state %s is refused', async (_name, forge) => {
  await using here = await ready()
  const { world, somebody, callback } = here
  const state = new URL(callback, 'http://x').searchParams.get('state') ?? ''

  const page = await somebody.get(changed(callback, { state: forge(state) }))

  expect(page.status).toBe(403)
  expect(nothingExchanged(world)).toBe(true)
})

test('a callback without a state is refused', async () => {
  await using here = await ready()
  const { somebody, callback } = here

  const page = await somebody.get(changed(callback, { state: null }))

  expect(page.status).toBe(400)
  expect(page.text).toContain('lacks the “state”')
})

test('an error is believed only with our state', async () => {
  await using here = await ready()
  const { somebody } = here

  const page = await somebody.get('/response?error=access_denied&state=forged')

  expect(page.text).not.toContain('You said no')
  expect(page.text).toContain('started elsewhere')
})

test('an error goes before a code', async () => {
  await using here = await ready()
  const { world, somebody, callback } = here

  const page = await somebody.get(changed(callback, { error: 'access_denied' }))

  expect(page.text).toContain('You said no')
  expect(nothingExchanged(world)).toBe(true)
})

test('the words of an error are shown to nobody, and the log has them', async () => {
  await using here = await ready()
  const { world, somebody, callback } = here
  const error = { code: null, error: 'made_up_elsewhere', error_description: 'Call <b>555-0100</b> now' }

  const page = await somebody.get(changed(callback, error))

  expect(page.status).toBe(502)
  expect(page.text).not.toContain('555-0100')
  expect(page.text).not.toContain('made_up_elsewhere')
  expect(world.log.join('')).toContain('555-0100')
})

test('a callback with neither code nor error is refused with the way back to Get Started', async () => {
  await using here = await ready()
  const { somebody } = here

  const page = await somebody.get('/response')

  expect(page.status).toBe(400)
  expect(page.text).toContain('Back to Get Started')
})

test.each(['?code=', '?code[]=a&state[x]=b', '?state=a&state=b&code=a', '?code=%00&state=%ff', '?%E0%A4%A'])(
  'a malformed callback %s is refused and breaks nothing',
  async (query) => {
    await using here = await ready()
    const { somebody } = here

    const page = await somebody.get(`/response${query}`)

    expect(page.status).toBeGreaterThanOrEqual(400)
    expect(page.status).toBeLessThan(500)
  },
)

const oauth = (message: string): Misbehaviour => ({
  status: 400,
  contentType: 'application/json',
  body: JSON.stringify({ error_type: 'OAuthException', code: 400, error_message: message }),
})

test.each<[string, number, Misbehaviour]>([
  ['code was used', 400, oauth('Matching code was not found or was already used.')],
  ['code is too old', 400, oauth('This authorization code has expired')],
  ['does not know this code', 400, oauth('Invalid authorization code')],
  ['does not know this site’s app', 502, oauth('Invalid platform app')],
  ['does not allow this account', 403, oauth('Insufficient developer role')],
  ['Instagram refused', 502, oauth('Something that nobody has seen before')],
  ['slow down', 503, { status: 429, body: '' }],
  ['out of order', 502, { status: 503, body: '<html>' }],
  ['cannot be reached', 502, { fault: 'reset' }],
  ['makes no sense', 502, { status: 200, contentType: 'text/html', body: '<html>' }],
  ['makes no sense', 502, { status: 200, body: 'x'.repeat(1024 * 1024 + 1) }],
])('an exchange that fails says “%s” with status %i', async (words, status, answer) => {
  await using here = await ready()
  const { world, somebody, callback } = here
  world.sandbox.answerNext('token', answer)

  const page = await somebody.get(callback)

  expect(page.status).toBe(status)
  expect(page.text.replaceAll('&#39;', '’')).toContain(words)
  expect(await world.database.all('SELECT * FROM accounts')).toStrictEqual([])
})

test('the reference on the page is in the log, with what Instagram said', async () => {
  await using here = await ready()
  const { world, somebody, callback } = here
  world.sandbox.answerNext(
    'token',
    oauth('Error validating verification code. Please make sure your redirect_uri…'),
  )

  const page = await somebody.get(callback)

  const reference = /Reference for whoever runs this site: <code>([^<]+)</.exec(page.text)?.[1] ?? 'none'
  const line = world.log.find((logged) => logged.includes(reference)) ?? ''
  expect(line).toContain('Error validating verification code')
  expect(line).toContain('verification_failed')
})

test('an account that was disconnected since is not shown by its old callback', async () => {
  await using here = await ready()
  const { world, somebody, callback } = here
  await somebody.get(callback)
  await world.database.run('DELETE FROM accounts')

  const page = await somebody.get(callback)

  expect(page.status).toBe(410)
  expect(page.text).toContain('This account was disconnected')
})

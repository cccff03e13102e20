import { request as httpRequest, type IncomingMessage } from 'node:http'
import { text as textOf } from 'node:stream/consumers'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { PASSWORD } from '../admin/support.ts'
import { KEY } from '../api/support.ts'
import { MINUTE_MS } from '../../src/facts.ts'
import { person } from '../support/person.ts'
import { startWorld } from '../support/world.ts'
import { ID, post } from '../web/metaCalls.ts'
import * as inputs from './inputs.ts'

const world = await startWorld({ ADMIN_PASSWORD: PASSWORD, API_KEYS: KEY })
afterAll(() => world[Symbol.asyncDispose]())
// Each test has the limits of a minute for itself.
beforeEach(() => {
  world.restart()
})

const OWN = { '{origin}': world.origin, '{host}': new URL(world.origin).host }
const filledIn = (text: string) => Object.entries(OWN).reduce((all, [name, own]) => all.replaceAll(name, own), text)

/** A request as it is written here: clients change paths such as `/a/../b`. `undefined`: the connection was closed. */
async function send(path: string, { headers = {}, body }: Omit<inputs.Bomb, 'path'> = {}) {
  const { hostname, port } = new URL(world.origin)
  const { promise, resolve } = Promise.withResolvers<IncomingMessage | undefined>()
  const outgoing = httpRequest({ hostname, port, path, method: body === undefined ? 'GET' : 'POST', headers })
  outgoing.on('response', resolve).on('error', () => {
    resolve(undefined)
  })
  outgoing.end(body)
  const response = await promise
  if (!response) return undefined
  return { status: response.statusCode ?? 0, headers: response.headers, text: await textOf(response) }
}

function exchanges(): number {
  return world.sandbox.calls.filter(({ endpoint }) => endpoint === 'token').length
}

async function statusOfAccount(): Promise<unknown> {
  return (await world.database.query('SELECT status FROM accounts WHERE id = $1', [ID])).rows[0]?.['status']
}

test.each(inputs.RETURN_ADDRESSES)('nobody is sent to %j after a login', async (address) => {
  const query = new URLSearchParams({ return_to: filledIn(address) }).toString()

  const response = await person(world).get(`/login?${query}`)

  expect([response.status, response.get('Location')]).toStrictEqual([400, undefined])
})

test.each(Object.entries(inputs.FORGED_POST_HEADERS))('a POST from %s changes nothing', async (_, headers) => {
  const somebody = person(world)
  await somebody.login()
  await somebody.submit('/accounts/sign-in', { password: PASSWORD })
  const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, filledIn(value)]))

  const pages = []
  for (const path of inputs.POSTS) pages.push(await somebody.post(path, sent))

  expect(pages.map(({ status }, index) => [inputs.POSTS[index], status])).toStrictEqual(
    inputs.POSTS.map((path) => [path, 403]),
  )
  for (const { text } of pages) expect(text).toContain('This request came from another site')
  expect(await statusOfAccount()).toBe('ok')
  expect((await somebody.get('/')).text).toContain('@harbour.bakery')
  expect((await somebody.get('/accounts')).text).toContain('@harbour.bakery')
})

test.each(Object.entries(inputs.FORGED_STATES))(
  'a callback with %s in place of its state exchanges nothing',
  async (_, forge) => {
    const somebody = person(world)
    const callback = new URL(await somebody.authorize(await somebody.getStarted()), world.origin)
    const before = exchanges()
    callback.searchParams.set('state', forge(callback.searchParams.get('state') ?? ''))

    const page = await somebody.get(callback.pathname + callback.search)

    expect([400, 403]).toContain(page.status)
    expect(page.text).not.toContain('alert')
    expect(exchanges()).toBe(before)
  },
)

test('a good callback in another browser, without cookies, or after ten minutes exchanges nothing', async () => {
  const [somebody, stranger] = [person(world), person(world)]
  const callback = await somebody.authorize(await somebody.getStarted())
  await stranger.getStarted()
  const before = exchanges()

  const pages = [await stranger.get(callback), await person(world).get(callback)]
  world.pass(10 * MINUTE_MS + 1)
  pages.push(await somebody.get(callback))

  expect(pages.map(({ status }) => status)).toStrictEqual([403, 403, 400])
  expect(exchanges()).toBe(before)
})

test.each(Object.entries(inputs.FORGED_SIGNED_REQUESTS))(
  'a signed_request with %s deletes nothing',
  async (_, forge) => {
    await person(world).login()
    const signed_request = forge(world.sandbox.signedRequest('business'))

    const responses = [
      await post(world, '/deauthorize', { signed_request }),
      await post(world, '/data-deletion', { signed_request }),
    ]

    for (const { status, body } of responses) expect([status, body]).toStrictEqual([400, { error: 'invalid_request' }])
    expect(await statusOfAccount()).toBe('ok')
  },
)

test.each(inputs.TRAVERSALS)('the path %s leads to no file', async (path) => {
  const response = await send(path)

  expect([200, 303, 400, 404]).toContain(response?.status) // 200: the admin’s sign-in.
  expect(response?.headers.location ?? '/').toMatch(/^\/(?!\/)/)
  expect(response?.text).not.toMatch(/"dependencies"|root:|<%|from '/)
})

test.each(Object.entries(inputs.BOMBS))('%s gets an error, and the app goes on', async (_, { path, ...bomb }) => {
  const headers = { ...(path.startsWith('/api') && { Authorization: `Bearer ${KEY}` }), ...bomb.headers }

  const response = await send(path, { ...bomb, headers })
  const alive = await send('/healthz')

  expect([undefined, 400, 403, 404, 413, 414, 415, 422, 431]).toContain(response?.status)
  expect(alive?.status).toBe(200)
  expect({}).not.toHaveProperty('access_token')
})

test.each(Object.entries(inputs.RESPONSE_BOMBS))('%s from Instagram ends a login with a page', async (_, body) => {
  world.sandbox.answerNext('token', { body })

  const page = await person(world).login()

  expect([422, 502]).toContain(page.status)
  expect(page.text).toContain('Back to the start page')
  expect(page.text).not.toContain('alert')
})

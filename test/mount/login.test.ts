import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { person } from '../support/person.ts'
import { startWorld } from '../support/world.ts'
import { logIn, startSite } from './support.ts'

test('a link to login leads straight to Instagram, and back to where it was asked from', async () => {
  await using site = await startSite()

  const answer = await logIn(person(site), { query: '?return_to=/settings%3Ftab=accounts%23instagram' })

  expect([answer.status, answer.headers['location']]).toStrictEqual([
    303,
    `${site.origin}/settings?tab=accounts#instagram`,
  ])
})

test('an app that stands alone has it too', async () => {
  await using world = await startWorld()

  const plain = await logIn(person(world), { base: '' })
  const returning = await logIn(person(world), { base: '', query: '?return_to=/help' })

  expect(plain.text).toContain('@harbour.bakery')
  expect([returning.status, returning.headers['location']]).toStrictEqual([303, `${world.origin}/help`])
})

test('it asks Instagram for another login where it is told to', async () => {
  await using site = await startSite()

  const [plain, again] = [
    await person(site).get('/instagram/login'),
    await person(site).get('/instagram/login?force_reauth=1'),
  ]

  const forced = [plain, again].map(({ headers }) =>
    new URL(headers['location'] ?? '').searchParams.get('force_reauth'),
  )
  expect(forced).toStrictEqual([null, 'true'])
})

test('an origin that options name is as good as our own', async () => {
  await using site = await startSite({ options: { returnToOrigins: 'https://app.example.com' } })

  const answer = await logIn(person(site), { query: '?return_to=https://app.example.com/done' })

  expect(answer.headers['location']).toBe('https://app.example.com/done')
})

test('whoever asks on 127.0.0.1 is sent over to localhost first, with what they asked for', async () => {
  await using site = await startSite()
  const somebody = person(site, site.origin.replace('localhost', '127.0.0.1'))

  const answer = await somebody.get('/instagram/login?return_to=/own')

  expect([answer.status, answer.headers['location']]).toStrictEqual([
    307,
    `${site.home}/login?return_to=/own`,
  ])
})

test.each(['/instagram', ''])(
  'so is a client that asks for a whole address, as of a proxy, at “%s”',
  async (base) => {
    await using site = await (base ? startSite() : startWorld())
    const home = site.origin + base
    const loopback = site.origin.replace('localhost', '127.0.0.1')

    // A path that is an address is sent as it is.
    const asking = get(loopback, { path: `${loopback}${base}/login?return_to=/own`, agent: false })
    const [answer] = (await once(asking, 'response')) as [IncomingMessage]

    answer.resume()
    expect([answer.statusCode, answer.headers.location]).toStrictEqual([307, `${home}/login?return_to=/own`])
  },
)

test('a login that fails does not lead where it was to return to', async () => {
  await using site = await startSite()

  const page = await logIn(person(site), { query: '?return_to=/own', decision: { cancel: true } })

  expect([page.status, page.headers['location']]).toStrictEqual([403, undefined])
})

describe('nobody is led away:', () => {
  test.each([
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\n/evil.example',
    '/\t/evil.example',
    'https://evil.example/',
    'https:evil.example',
    'https://localhost@evil.example/',
    'javascript:alert(1)',
    'blob:http://localhost/1',
    `/${'x'.repeat(1_000)}`,
  ])('%j is refused before any login', async (address) => {
    await using site = await startSite()

    const page = await person(site).get(`/instagram/login?return_to=${encodeURIComponent(address)}`)

    expect([page.status, page.headers['location']]).toStrictEqual([400, undefined])
    expect(page.text).toContain('That link leads to another site')
  })

  test('a user name before our own host neither', async () => {
    await using site = await startSite()
    const address = site.origin.replace('//', '//somebody@')

    const page = await person(site).get(`/instagram/login?return_to=${encodeURIComponent(address)}`)

    expect(page.status).toBe(400)
  })

  test('nor by an address that is changed on the way', async () => {
    await using site = await startSite()
    const somebody = person(site)
    const begun = await somebody.get('/instagram/login?return_to=/own')
    const callback = await somebody.authorize(begun.headers['location'] ?? 'none')
    const evil = Buffer.from('https://evil.example/').toString('base64url')

    const answer = await somebody.get(callback.replace(/(state=[^&]*?\.[^&.]*)\.[^&.]*\./, `$1.${evil}.`))

    expect([answer.status, answer.headers['location']]).toStrictEqual([403, undefined])
  })
})

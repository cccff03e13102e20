import { afterAll, beforeEach, expect, test } from 'vitest'
import { DAY_MS, MINUTE_MS } from '../../src/facts.ts'
import { signedRequest } from '../../src/sandbox/metaCallbacks.ts'
import { person } from '../support/person.ts'
import { CLIENT_SECRET, startWorld } from '../support/world.ts'
import { ID, knowledge, meta, post, rows, USER_ID } from './metaCalls.ts'

const META_APP_SECRET = '9c0e4b7a1d5f83c26e9b0a4d7f1c3e58'
const API_KEY = 'an-api-key-of-thirty-two-letters'
const FORM = 'application/x-www-form-urlencoded'

const world = await startWorld({
  API_KEYS: API_KEY,
  META_APP_SECRET,
  WEBHOOK_URL: 'http://127.0.0.1:9/hook',
  WEBHOOK_SECRETS: `whsec_${Buffer.alloc(32, 5).toString('base64')}`,
})
afterAll(() => world[Symbol.asyncDispose]())
beforeEach(async () => {
  for (const table of ['accounts', 'sessions', 'events', 'deletions'])
    await world.database.query(`DELETE FROM ${table}`)
  world.events.length = 0
  world.log.length = 0
  world.restart()
})

async function all(table: string): Promise<unknown[]> {
  return (await world.database.query(`SELECT * FROM ${table}`)).rows
}

// Deauthorize callback.

test('when a person removes the app, the token is destroyed and the account says why', async () => {
  const somebody = person(world)
  await somebody.login()

  const response = await meta(world, '/deauthorize')

  expect([response.status, response.body]).toStrictEqual([200, { success: true }])
  const [row, ...others] = await rows(world)
  expect(others).toStrictEqual([])
  expect(row).toMatchObject({
    sealed_token: '',
    token_key_id: '',
    status: 'disconnected_by_instagram',
    due_at: null,
    lease: null,
  })
  const token = await somebody.get(`/api/accounts/${ID}/token`, { Authorization: `Bearer ${API_KEY}` })
  expect(token.status).toBe(409)
  expect(token.body).toMatchObject({
    account_status: 'disconnected_by_instagram',
    reason: 'The app was removed on Instagram, under Settings → Apps and websites. Its token no longer works.',
    reconnect_url: expect.stringContaining(`${world.origin}/reconnect/${ID}.`) as unknown,
  })
})

test('removing the app logs out every browser of that account, and no other', async () => {
  const [one, other, stranger] = [person(world), person(world), person(world)]
  await one.login()
  await other.login()
  await stranger.login({ as: 'creator' })

  await meta(world, '/deauthorize')

  expect((await one.get('/')).text).toContain('Get Started</a>')
  expect((await other.get('/')).text).toContain('Get Started</a>')
  expect((await stranger.get('/')).text).toContain('@mira.draws')
})

test('a session of a removed account that is stored afterwards does not show it', async () => {
  const somebody = person(world)
  await somebody.login()
  const { rows: sessions } = await world.database.query('SELECT * FROM sessions')
  await meta(world, '/deauthorize')
  for (const { sid = null, data = null, expires_at = null } of sessions)
    await world.database.query('INSERT INTO sessions (sid, data, expires_at) VALUES ($1, $2, $3)', [
      sid,
      data,
      expires_at,
    ])

  const page = await somebody.get('/')

  expect(page.text).toContain('Get Started</a>')
  expect(page.text).not.toContain('harbour.bakery')
})

test('programs and the log hear once of a removal, with the address to connect again', async () => {
  await person(world).login()
  await meta(world, '/deauthorize')

  const again = await meta(world, '/deauthorize')

  expect(again.status).toBe(200)
  const told = world.events.filter(({ type }) => type === 'account.deauthorized')
  expect(told).toHaveLength(1)
  expect(told[0]?.reconnectUrl).toContain(`${world.origin}/reconnect/${ID}.`)
  expect(world.log.filter((line) => line.includes('"account.deauthorized"'))).toHaveLength(1)
})

test('Meta gets the same response for an unknown account as for a known one', async () => {
  await person(world).login()

  const unknown = await meta(world, '/deauthorize', { userId: '27640875392278833' })
  const known = await meta(world, '/deauthorize')

  expect([unknown.status, unknown.text]).toStrictEqual([known.status, known.text])
  expect(world.events.map(({ type }) => type)).toStrictEqual(['account.connected', 'account.deauthorized'])
})

test.each(['/deauthorize', '/data-deletion'])(
  '%s finds an account of which only the professional id is known',
  async (path) => {
    await person(world).login()
    await world.database.query('UPDATE accounts SET id = user_id, user_id = NULL')

    await meta(world, path, { userId: USER_ID })

    expect((await rows(world)).filter(({ status }) => status !== 'disconnected_by_instagram')).toStrictEqual([])
  },
)

test('Meta may sign with the Meta app’s secret, if that is set', async () => {
  await person(world).login()
  world.restart({ META_APP_SECRET: '' })
  const refused = await meta(world, '/deauthorize', { secret: META_APP_SECRET })
  world.restart()

  const response = await meta(world, '/deauthorize', { secret: META_APP_SECRET })

  expect([refused.status, response.status]).toStrictEqual([400, 200])
  expect(await rows(world)).toMatchObject([{ status: 'disconnected_by_instagram' }])
})

test('a person who connects again after removing the app has a valid account', async () => {
  const somebody = person(world)
  await somebody.login()
  await meta(world, '/deauthorize')

  const page = await somebody.login()

  expect(page.text).toContain('@harbour.bakery')
  expect(await rows(world)).toMatchObject([{ status: 'ok', status_reason: null }])
})

test('a removal that arrives late does not end a login that came after it', async () => {
  await person(world).login()
  const removedAt = world.now()
  world.pass(10 * MINUTE_MS)
  await person(world).login()

  const response = await meta(world, '/deauthorize', { issuedAt: removedAt })

  expect(response.status).toBe(200)
  expect(await rows(world)).toMatchObject([{ status: 'ok' }])
})

test('neither refreshing nor the check of keys touches a removed account', async () => {
  await person(world).login()
  await meta(world, '/deauthorize')
  const before = await rows(world)
  world.restart()
  world.pass(60 * DAY_MS)

  await world.runJobs()

  expect(await rows(world)).toStrictEqual(before)
})

test.each([
  ['signed by somebody else', `${'A'.repeat(43)}.eyJ1c2VyX2lkIjoiMSJ9`, 'matches neither'],
  ['not signed', 'eyJ1c2VyX2lkIjoiMSJ9', 'not two base64url parts'],
  ['empty', '', 'is missing'],
])(
  'a request that is %s is refused, and only the log says why, as a warning',
  async (_name, signed_request, reason) => {
    await person(world).login()

    const response = await post(world, '/deauthorize', { signed_request })

    expect([response.status, response.body]).toStrictEqual([400, { error: 'invalid_request' }])
    // The request is logged after its response.
    await expect.poll(() => world.log.join('')).toMatch(new RegExp(`^\\{"level":40,.*${reason}`, 'm'))
    expect(await rows(world)).toMatchObject([{ status: 'ok' }])
  },
)

test('a signed_request that comes twice, in a query, as JSON or in too large a body is refused', async () => {
  const good = signedRequest({ userId: ID, issuedAt: world.now() }, CLIENT_SECRET)
  const send = async (parameters: string, type: string, body: string) => {
    const headers = { 'content-type': type }
    return (await fetch(`${world.origin}/deauthorize${parameters}`, { method: 'POST', headers, body })).status
  }

  const statuses = [
    await send('', FORM, `signed_request=${good}`),
    await send('', FORM, `signed_request=${good}&signed_request=${good}`),
    await send(`?signed_request=${good}`, FORM, ''),
    await send('', 'application/json', JSON.stringify({ signed_request: good })),
    await send('', FORM, `signed_request=${good}&more=${'x'.repeat(17_000)}`),
  ]

  expect(statuses).toStrictEqual([200, 400, 400, 400, 413])
  expect(world.log.join('')).not.toContain(good)
})

test('refused requests are limited, accepted ones are not', async () => {
  const statuses = new Set<number>()
  for (let call = 0; call < 65; call += 1) statuses.add((await meta(world, '/deauthorize')).status)
  const accepted = [...statuses]

  for (let call = 0; call < 65; call += 1)
    statuses.add((await post(world, '/deauthorize', { signed_request: 'x.y' })).status)

  expect(accepted).toStrictEqual([200])
  expect([...statuses]).toStrictEqual([200, 400, 429])
})

test('while the database is unavailable Meta is asked to try again', async () => {
  world.outage.begin()

  const response = await meta(world, '/deauthorize')

  world.outage.end()
  expect([response.status, response.body]).toStrictEqual([503, { error: 'temporarily_unavailable' }])
  expect(response.get('Retry-After')).toBe('10')
})

// Data deletion.

test('a person who asks for deletion gets a code and a status page, and all of their data is gone', async () => {
  const somebody = person(world)
  await somebody.login()

  const response = await meta(world, '/data-deletion')

  expect([response.status, response.type]).toStrictEqual([200, 'application/json'])
  const { url, confirmation_code: code = '', ...rest } = response.body as Record<string, string>
  expect(rest).toStrictEqual({})
  expect(code).toMatch(/^[a-z0-9]{32}$/)
  expect(url).toBe(`${world.origin}/data-deletion/${code}`)
  const page = await person(world).get(`/data-deletion/${code}`)
  expect(page.status).toBe(200)
  expect(page.text).toContain('Your data was deleted')
  expect(page.text).toContain(code)
  expect(await rows(world)).toStrictEqual([])
  expect((await somebody.get('/')).text).toContain('Get Started</a>')
})

test('a deletion touches nobody else’s data', async () => {
  const other = person(world)
  await person(world).login()
  await other.login({ as: 'creator' })

  await meta(world, '/data-deletion')

  expect(await rows(world)).toMatchObject([{ username: 'mira.draws', status: 'ok' }])
  expect((await other.get('/')).text).toContain('@mira.draws')
  expect(await all('events')).toHaveLength(1)
})

test('a repeated deletion gets a response again and changes nothing', async () => {
  await person(world).login({ as: 'creator' })
  await person(world).login()
  const first = await meta(world, '/data-deletion')
  const before = [await rows(world), await all('sessions')]

  const second = await meta(world, '/data-deletion')

  expect(second.status).toBe(200)
  expect([await rows(world), await all('sessions')]).toStrictEqual(before)
  for (const { body } of [first, second]) {
    const { confirmation_code: code = '' } = body as Record<string, string>
    expect((await person(world).get(`/data-deletion/${code}`)).status).toBe(200)
  }
})

test.each([
  ['before the account was connected anew', 10 * MINUTE_MS],
  ['more than ten days ago', 10 * DAY_MS + 1_000],
])('a deletion that was asked for %s deletes nothing, and the log and its page say so', async (_, ageMs) => {
  await person(world).login()
  const issuedAt = world.now()
  world.pass(ageMs)
  if (ageMs < DAY_MS) await person(world).login()
  const { length } = await all('events')

  const response = await meta(world, '/data-deletion', { issuedAt })

  expect(response.status).toBe(200)
  const { url = '', confirmation_code: code = '' } = response.body as Record<string, string>
  expect(url).toBe(`${world.origin}/data-deletion/${code}`)
  expect(await rows(world)).toMatchObject([{ status: 'ok' }])
  expect(await all('events')).toHaveLength(length)
  const log = world.log.join('')
  expect(log).toMatch(new RegExp(`"level":40,.*"confirmationCode":"${code}".*data deletion request ignored`))
  expect(log).not.toContain('data deleted')
  const page = await person(world).get(`/data-deletion/${code}`)
  expect(page.text).toContain('Your data was not deleted')
  expect(page.text).not.toContain('Completed')
})

test('a deletion that was asked for nine days ago is carried out', async () => {
  await person(world).login()
  const issuedAt = world.now()
  world.pass(9 * DAY_MS)

  await meta(world, '/data-deletion', { issuedAt })

  expect(await rows(world)).toStrictEqual([])
  expect(await all('events')).toStrictEqual([])
})

test('the record of a deletion says when it was asked for and done, and nothing else', async () => {
  await person(world).login()
  const asked = new Date(Math.floor(world.now().getTime() / 1000) * 1000)
  world.pass(90_000)

  const response = await meta(world, '/data-deletion', { issuedAt: asked })

  const { confirmation_code } = response.body as Record<string, string>
  expect(await all('deletions')).toStrictEqual([
    { confirmation_code, asked_at: asked.getTime(), done_at: world.now().getTime() },
  ])
})

test('the log of a deletion does not say whose data it was', async () => {
  await person(world).login()
  const [, ...known] = await knowledge(world)
  world.log.length = 0

  const response = await meta(world, '/data-deletion')

  const { confirmation_code: code } = response.body as Record<string, string>
  const log = world.log.join('')
  expect(log).toContain(code)
  for (const piece of [ID, ...known]) expect(log).not.toContain(piece)
})

test('a deletion request with a wrong signature deletes nothing', async () => {
  await person(world).login()

  const responses = [
    await meta(world, '/data-deletion', { secret: 'some-other-secret' }),
    await post(world, '/data-deletion', { signed_request: 'a.b' }),
    await post(world, '/data-deletion', {}),
  ]

  for (const { status, body } of responses) expect([status, body]).toStrictEqual([400, { error: 'invalid_request' }])
  expect(await rows(world)).toHaveLength(1)
  expect(await all('deletions')).toStrictEqual([])
})

test.each(['0'.repeat(32), 'x', '%27%20OR%201=1', '..%2f', '%00'])(
  'the status page of an unknown deletion (%s) is 404',
  async (code) => {
    await meta(world, '/data-deletion')

    const page = await person(world).get(`/data-deletion/${code}`)

    expect(page.status).toBe(404)
    expect(page.text).toContain('Deletion request not found')
  },
)

test('the data deletion page says how to have data deleted, and sets no cookie', async () => {
  const page = await person(world).get('/data-deletion')

  expect(page.status).toBe(200)
  expect(page.text).toContain('Apps and websites')
  expect(page.get('Set-Cookie')).toBeUndefined()
})

import { expect, test } from 'vitest'
import { signedRequest } from '../../src/sandbox/signedRequest.ts'
import { person } from '../support/person.ts'
import { CLIENT_SECRET, startWorld } from '../support/world.ts'
import { ID, meta, post, rows, USER_ID } from './metaCalls.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const META_APP_SECRET = '9c0e4b7a1d5f83c26e9b0a4d7f1c3e58'
const API_KEY = 'an-api-key-of-thirty-two-letters'

test('when a person removes the app, the token is destroyed and the account says why', async () => {
  await using world = await startWorld({ API_KEYS: API_KEY })
  const somebody = person(world)
  await somebody.login()

  const answer = await meta(world, '/deauthorize')

  expect(answer.status).toBe(200)
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
    reason: 'The app was removed on Instagram, under Settings → Apps and websites, and its token is dead.',
    reconnect_url: `${world.origin}/reconnect/${ID}`,
  })
})

test('all browsers that were logged in to the account are logged out, and no other', async () => {
  await using world = await startWorld()
  const [one, other, stranger] = [person(world), person(world), person(world)]
  await one.login()
  await other.login()
  await stranger.login({ as: 'creator' })

  await meta(world, '/deauthorize')

  expect((await one.get('/')).text).toContain('Get Started</a>')
  expect((await other.get('/')).text).toContain('Get Started</a>')
  expect((await stranger.get('/')).text).toContain('@mira.draws')
})

test('a browser that still brings the session of a removed account is shown none', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  await somebody.login()
  const sessions = await world.database.all('SELECT * FROM sessions WHERE account_key IS NOT NULL')
  await meta(world, '/deauthorize')
  for (const { sid = null, data = null, expires_at = null } of sessions)
    await world.database.run(
      'INSERT INTO sessions (sid, data, expires_at) VALUES ($1, $2, $3)',
      sid,
      data,
      expires_at,
    )

  const page = await somebody.get('/')

  expect(page.text).toContain('Get Started</a>')
  expect(page.text).not.toContain('harbour.bakery')
})

test('programs and the log are told once, with a way to connect again', async () => {
  await using world = await startWorld()
  await person(world).login()
  await meta(world, '/deauthorize')

  const again = await meta(world, '/deauthorize')

  expect(again.status).toBe(200)
  const told = world.events.filter(({ type }) => type === 'account.deauthorized')
  expect(told).toHaveLength(1)
  expect(told[0]?.reconnectUrl).toBe(`${world.origin}/reconnect/${ID}`)
  expect(world.log.filter((line) => line.includes('"account.deauthorized"'))).toHaveLength(1)
})

test('Meta hears the same of an account that is unknown as of one that is known', async () => {
  await using world = await startWorld()
  await person(world).login()

  const unknown = await meta(world, '/deauthorize', { userId: '27640875392278833' })
  const known = await meta(world, '/deauthorize')

  expect([unknown.status, unknown.text]).toStrictEqual([known.status, known.text])
  expect(world.events.map(({ type }) => type)).toStrictEqual(['account.connected', 'account.deauthorized'])
})

test('an account that is known by its professional id only is found by that', async () => {
  await using world = await startWorld()
  await person(world).login()
  await world.database.run('UPDATE accounts SET id = user_id, user_id = NULL')

  await meta(world, '/deauthorize', { userId: USER_ID })

  expect(await rows(world)).toMatchObject([{ status: 'disconnected_by_instagram' }])
})

test('Meta may sign with the secret of the Meta app around the Instagram app, where that is set', async () => {
  await using world = await startWorld({ META_APP_SECRET })
  await person(world).login()

  const answer = await meta(world, '/deauthorize', { secret: META_APP_SECRET })

  expect(answer.status).toBe(200)
  expect(await rows(world)).toMatchObject([{ status: 'disconnected_by_instagram' }])
})

test('a person who connects again gets a living account', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  await somebody.login()
  await meta(world, '/deauthorize')

  const page = await somebody.login()

  expect(page.text).toContain('@harbour.bakery')
  expect(await rows(world)).toMatchObject([{ status: 'ok', status_reason: null }])
})

test('a removal that is told late does not end a consent that was given since', async () => {
  await using world = await startWorld()
  await person(world).login()
  const removedAt = world.now()
  world.pass(10 * MINUTE)
  await person(world).login()

  const answer = await meta(world, '/deauthorize', { issuedAt: removedAt })

  expect(answer.status).toBe(200)
  expect(await rows(world)).toMatchObject([{ status: 'ok' }])
})

test('neither refreshing nor the check of keys touches a removed account again', async () => {
  await using world = await startWorld()
  await person(world).login()
  await meta(world, '/deauthorize')
  const [before] = await rows(world)
  world.restart()
  world.pass(60 * DAY)

  await world.upkeep()

  expect(await rows(world)).toStrictEqual([before])
})

test.each([
  [
    'signed by somebody else',
    { signed_request: `${'A'.repeat(43)}.eyJ1c2VyX2lkIjoiMSJ9` },
    'signed neither with',
  ],
  ['not signed', { signed_request: 'eyJ1c2VyX2lkIjoiMSJ9' }, 'not two parts'],
  ['empty', {}, 'is missing'],
])(
  'a request that is %s is refused: the log says why, and the sender learns nothing',
  async (_name, fields, why) => {
    await using world = await startWorld()
    await person(world).login()

    const answer = await post(world, '/deauthorize', fields)

    expect([answer.status, answer.body]).toStrictEqual([400, { error: 'invalid_request' }])
    expect(world.log.join('')).toContain(why)
    expect(await rows(world)).toMatchObject([{ status: 'ok' }])
  },
)

test('a signed_request that comes twice, in a query, as JSON or in too large a body is refused', async () => {
  await using world = await startWorld()
  const good = signedRequest({ userId: ID, issuedAt: world.now() }, CLIENT_SECRET)
  const send = async (query: string, type: string, body: string) =>
    (
      await fetch(`${world.origin}/deauthorize${query}`, {
        method: 'POST',
        headers: { 'content-type': type },
        body,
      })
    ).status
  const form = 'application/x-www-form-urlencoded'

  const statuses = [
    await send('', form, `signed_request=${good}`),
    await send('', form, `signed_request=${good}&signed_request=${good}`),
    await send(`?signed_request=${good}`, form, ''),
    await send('', 'application/json', JSON.stringify({ signed_request: good })),
    await send('', form, `signed_request=${good}&more=${'x'.repeat(17_000)}`),
  ]

  expect(statuses).toStrictEqual([200, 400, 400, 400, 413])
  expect(world.log.join('')).not.toContain(good)
})

test('who keeps sending what is refused is sent away, and what is right is never too much', async () => {
  await using world = await startWorld()
  const statuses = new Set<number>()
  for (let call = 0; call < 70; call++) statuses.add((await meta(world, '/deauthorize')).status)
  const right = [...statuses]

  for (let call = 0; call < 70; call++)
    statuses.add((await post(world, '/deauthorize', { signed_request: 'x.y' })).status)

  expect(right).toStrictEqual([200])
  expect([...statuses]).toStrictEqual([200, 400, 429])
})

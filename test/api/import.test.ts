import { expect, test } from 'vitest'
import { DAY_MS } from '../../src/facts.ts'
import type { World } from '../support/world.ts'
import { ACCOUNT, ACCOUNTS, APP_ID, PROFESSIONAL_ID, program, startSharedWorld } from './support.ts'

const world = await startSharedWorld()
const { get, post } = program(world)

test.each([
  ['a Facebook token', 'EAABwzLixnjYBO9ZC', 'facebook_token', 'graph.facebook.com'],
  ['a Basic Display token', `IGQVJ${'X'.repeat(150)}`, 'basic_display_token', '4 December 2024'],
  ['a later Basic Display token', `IGQWR${'X'.repeat(150)}`, 'basic_display_token', '4 December 2024'],
  ['a sentence', 'my token is on the other computer', 'no_token', 'IGAA'],
  ['nothing', '', 'no_token', 'IGAA'],
  ['a whole response', '{"access_token":"IGAAmarkedcanary0123456789"}', 'no_token', 'IGAA'],
])('%s is refused with what it is and where to get the right one', async (_, access_token, problem, what) => {
  const calls = world.sandbox.calls.length

  const { status, body } = await post(ACCOUNTS, { access_token })

  expect(status).toBe(422)
  expect(body).toMatchObject({ type: `/problems/${problem}` })
  expect(body.detail).toContain(what)
  expect(body.detail).toContain('API setup with Instagram login → Generate access tokens')
  expect(world.sandbox.calls).toHaveLength(calls)
})

test.each([
  ['never existed', () => `IGAA${'x'.repeat(160)}`],
  ['has expired', ({ sandbox }: World) => sandbox.dashboardToken('creator', 61 * DAY_MS)],
  [
    'was revoked',
    ({ sandbox }: World) => {
      const token = sandbox.dashboardToken('creator', 2 * DAY_MS)
      sandbox.revoke('creator')
      return token
    },
  ],
  [
    'lost its permission',
    ({ sandbox }: World) => {
      const token = sandbox.dashboardToken('creator', 2 * DAY_MS)
      sandbox.takePermission('creator')
      return token
    },
  ],
])('a token that %s is refused, and nothing is stored', async (_, make) => {
  const access_token = make(world)
  const calls = world.sandbox.calls.length

  const { status, body } = await post(ACCOUNTS, { access_token })

  expect(status).toBe(422)
  expect(body).toMatchObject({ type: '/problems/token_refused' })
  expect(body.detail).toContain('Generate access tokens')
  expect(world.sandbox.calls.slice(calls).map(({ endpoint }) => endpoint)).toStrictEqual(['me'])
  expect((await get(ACCOUNTS)).body.accounts).toHaveLength(1)
})

test.each([
  ['is out of order', { status: 500, body: '{}' }, 'problem on its side'],
  ['makes no sense', { contentType: 'text/html', body: '<html>' }, 'unexpected response'],
  ['breaks off', { fault: 'reset' as const }, 'connection was lost'],
])('while Instagram %s, the program gets 502 and the reason', async (_, response, words) => {
  world.sandbox.answerNext('me', response)

  const { status, body } = await post(ACCOUNTS, { access_token: world.sandbox.dashboardToken('business') })

  expect(status).toBe(502)
  expect(body).toMatchObject({ type: '/problems/instagram_failed' })
  expect(body.detail).toContain(words)
})

test('while Instagram throttles, the program is asked to come back in an hour', async () => {
  world.sandbox.throttle(1)

  const response = await post(ACCOUNTS, { access_token: world.sandbox.dashboardToken('business') })

  expect(response.status).toBe(503)
  expect(response.body).toMatchObject({ type: '/problems/instagram_failed' })
  expect(response.get('Retry-After')).toBe('3600')
})

test.each([
  ['no object', '"IGAAmarkedcanary0123456789"', 400],
  ['an array', '["IGAAmarkedcanary0123456789"]', 400],
  ['null', 'null', 400],
  ['cut off', '{"access_token":"IGAAmarkedcanary01234567', 400],
  ['a bare token', 'IGAAmarkedcanary0123456789', 400],
  ['empty', '', 400],
  ['an object with another name', '{"token":"IGAAmarkedcanary0123456789"}', 400],
  ['an object with a number', '{"access_token":1}', 400],
  ['more than 16 kB', JSON.stringify({ access_token: 'IGAAmarkedcanary'.repeat(1100) }), 413],
])('a body that is %s is refused, and is not logged', async (_, body, status) => {
  const response = await post(ACCOUNTS, body)

  expect(response.status).toBe(status)
  expect(response.text + world.log.join()).not.toContain('markedcanary')
})

test.each([
  ['application/x-www-form-urlencoded', 'access_token=IGAAmarkedcanary0123456789'],
  ['text/plain', '{"access_token":"IGAAmarkedcanary0123456789"}'],
  ['application/json; charset=latin1', '{"access_token":"IGAAmarkedcanary0123456789"}'],
])('a body of %s is refused by 415', async (contentType, body) => {
  const response = await post(ACCOUNTS, body, { 'Content-Type': contentType })

  expect(response.status).toBe(415)
  expect(response.body).toMatchObject({ type: '/problems/not_json' })
  expect(world.log.join()).not.toContain('markedcanary')
})

test('a program needs no cookie, gets none, and may call from anywhere', async () => {
  const response = await post(
    ACCOUNTS,
    { access_token: world.sandbox.dashboardToken('business') },
    { Origin: 'https://elsewhere.example', 'Sec-Fetch-Site': 'cross-site' },
  )

  expect(response.status).toBe(201)
  expect(response.get('Location')).toBe(ACCOUNT)
  expect(response.get('Set-Cookie')).toBeUndefined()
})

test('a token of a professional account that is known makes no second account', async () => {
  await world.database.query('UPDATE accounts SET id = $1 WHERE id = $2', ['27640875392278999', APP_ID])

  const { status } = await post(ACCOUNTS, { access_token: world.sandbox.dashboardToken('business') })

  expect(status).toBe(201)
  expect((await get(ACCOUNTS)).body.accounts).toMatchObject([{ id: APP_ID, user_id: PROFESSIONAL_ID }])
})

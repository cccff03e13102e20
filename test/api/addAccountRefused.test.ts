import { expect, test } from 'vitest'
import type { World } from '../support/world.ts'
import { DAY, program, startApiWorld } from './support.ts'

const ACCOUNTS = '/api/accounts'

test.each([
  ['a Facebook token', 'EAABwzLixnjYBO9ZC', 'facebook_token', 'graph.facebook.com'],
  ['a Basic Display token', `IGQVJ${'X'.repeat(150)}`, 'basic_display_token', '4 December 2024'],
  ['a later Basic Display token', `IGQWR${'X'.repeat(150)}`, 'basic_display_token', '4 December 2024'],
  ['a sentence', 'my token is on the other computer', 'no_token', 'IGAA'],
  ['nothing', '', 'no_token', 'IGAA'],
  ['a whole answer', '{"access_token":"IGAAmarkedcanary0123456789"}', 'no_token', 'IGAA'],
])('%s is refused with what it is and where the right one is', async (_, access_token, problem, what) => {
  await using world = await startApiWorld()

  const answer = await program(world).post(ACCOUNTS, { access_token })

  expect(answer.status).toBe(422)
  expect(answer.type).toBe('application/problem+json')
  expect(answer.body).toMatchObject({ type: `/problems/${problem}`, status: 422 })
  expect(answer.body.detail).toContain(what)
  expect(answer.body.detail).toContain('API setup with Instagram login → Generate access tokens')
  expect(world.sandbox.calls).toStrictEqual([])
})

test.each([
  ['never existed', () => `IGAA${'x'.repeat(160)}`],
  ['has expired', ({ sandbox }: World) => sandbox.dashboardToken('business', 61 * DAY)],
  [
    'was revoked',
    ({ sandbox }: World) => {
      const token = sandbox.dashboardToken('business', 2 * DAY)
      sandbox.revoke('business')
      return token
    },
  ],
  [
    'lost its permission',
    ({ sandbox }: World) => {
      const token = sandbox.dashboardToken('business', 2 * DAY)
      sandbox.takePermission('business')
      return token
    },
  ],
])('a token that %s is refused, and nothing is kept', async (_, make) => {
  await using world = await startApiWorld()

  const answer = await program(world).post(ACCOUNTS, { access_token: make(world) })

  expect(answer.status).toBe(422)
  expect(answer.body).toMatchObject({ type: '/problems/token_refused' })
  expect(world.sandbox.calls.map(({ endpoint }) => endpoint)).toStrictEqual(['me'])
  expect(await world.database.all('SELECT id FROM accounts')).toStrictEqual([])
})

test.each([
  ['is out of order', 502, { status: 500, body: '{}' }, 'broken on its side'],
  ['makes no sense', 502, { contentType: 'text/html', body: '<html>' }, 'not an answer we can read'],
  ['breaks off', 502, { fault: 'reset' as const }, 'connection broke off'],
])('while Instagram %s, the program is told so, by %d', async (_, status, answer, words) => {
  await using world = await startApiWorld()
  world.sandbox.answerNext('me', answer)
  const access_token = world.sandbox.dashboardToken('business')

  const refusal = await program(world).post(ACCOUNTS, { access_token })

  expect(refusal.status).toBe(status)
  expect(refusal.body).toMatchObject({ type: '/problems/instagram_failed', status })
  expect(refusal.body.detail).toContain(words)
})

test('while Instagram throttles, the program is told to come later', async () => {
  await using world = await startApiWorld()
  world.sandbox.throttle(1)
  const access_token = world.sandbox.dashboardToken('business')

  const refusal = await program(world).post(ACCOUNTS, { access_token })

  expect(refusal.status).toBe(503)
  expect(refusal.body).toMatchObject({ type: '/problems/instagram_failed', status: 503 })
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
])('a body that is %s is refused, and stands in no log', async (_, body, status) => {
  await using world = await startApiWorld()

  const answer = await program(world).post(ACCOUNTS, body)

  expect(answer.status).toBe(status)
  expect(answer.body).toMatchObject({ status })
  expect(answer.text + world.log.join()).not.toContain('markedcanary')
})

test.each([
  ['application/x-www-form-urlencoded', 'access_token=IGAAmarkedcanary0123456789'],
  ['text/plain', '{"access_token":"IGAAmarkedcanary0123456789"}'],
  ['application/json; charset=latin1', '{"access_token":"IGAAmarkedcanary0123456789"}'],
])('a body of %s is refused by 415', async (contentType, body) => {
  await using world = await startApiWorld()

  const answer = await program(world).post(ACCOUNTS, body, { 'Content-Type': contentType })

  expect(answer.status).toBe(415)
  expect(answer.body).toMatchObject({ type: '/problems/not_json' })
  expect(world.log.join()).not.toContain('markedcanary')
})

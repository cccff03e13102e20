import { expect, test } from 'vitest'
import {
  ACCOUNT,
  APP_ID,
  DAY,
  LIFETIME,
  program,
  refreshes,
  SECOND,
  startConnected,
  TOKEN,
  UNTIL_DUE,
} from './support.ts'

const BROKEN = { status: 500, body: '{}' }

test('a token that expired while nobody looked is not handed out', async () => {
  await using world = await startConnected()
  world.pass(61 * DAY)

  const answer = await program(world).get(TOKEN)

  expect(answer.status).toBe(409)
  expect(answer.type).toBe('application/problem+json')
  expect(answer.body).toStrictEqual({
    type: '/problems/no_valid_token',
    title: 'There is no valid token',
    status: 409,
    detail: 'The account must be connected again, at “reconnect_url”.',
    reference: expect.stringMatching(/^\w{4}-\w{4}$/) as string,
    account_status: 'needs_reconnect',
    status_since: world.now().toISOString(),
    reason: 'The token has expired.',
    reconnect_url: `${world.origin}/reconnect/${APP_ID}`,
  })
  expect(refreshes(world)).toBe(0)
})

test.each([
  ['half a second before', LIFETIME * SECOND - 500],
  ['at', LIFETIME * SECOND],
])('%s its end a token that was not refreshed is not handed out', async (_, passed) => {
  await using world = await startConnected()
  world.pass(passed)
  world.sandbox.answerNext('refresh', BROKEN)

  const answer = await program(world).get(TOKEN)

  expect(answer.status).toBe(409)
  expect(answer.body).toMatchObject({ reason: 'The token has expired.' })
})

test('one second before its end a token that cannot be refreshed is handed out', async () => {
  await using world = await startConnected()
  world.pass((LIFETIME - 1) * SECOND)
  world.sandbox.answerNext('refresh', BROKEN)

  const answer = await program(world).get(TOKEN)

  expect(answer.status).toBe(200)
  expect(answer.body).toMatchObject({ expires_in: 1 })
})

test('an expired token is not handed out while another process holds the account', async () => {
  await using world = await startConnected()
  const expired = new Date(world.now().getTime() + LIFETIME * SECOND)
  world.pass(LIFETIME * SECOND + SECOND)
  await world.database.run(
    "UPDATE accounts SET lease = 'theirs', leased_until = $1",
    world.now().getTime() + 60 * SECOND,
  )

  const answer = await program(world).get(TOKEN)

  expect(answer.status).toBe(409)
  expect(answer.body).toMatchObject({
    account_status: 'needs_reconnect',
    status_since: expired.toISOString(),
    reason: 'The token has expired.',
  })
})

test.each([
  ['removed the app', 'revoke', 'removed on Instagram'],
  ['changed their password', 'changePassword', 'password was changed'],
  ['lost the permission', 'takePermission', 'permission is gone'],
] as const)(
  'when the person %s, the program is told why, and where they connect again',
  async (_, loss, why) => {
    await using world = await startConnected()
    world.pass(UNTIL_DUE)
    world.sandbox[loss]('business')

    const answer = await program(world).get(TOKEN)

    expect(answer.status).toBe(409)
    expect(answer.body).toMatchObject({
      account_status: 'needs_reconnect',
      status_since: world.now().toISOString(),
      reason: expect.stringContaining(why) as string,
      reconnect_url: `${world.origin}/reconnect/${APP_ID}`,
    })
    expect(answer.text).not.toContain('IGAA')
  },
)

test('Instagram is not asked again for an account that must be connected again', async () => {
  await using world = await startConnected()
  world.pass(UNTIL_DUE)
  world.sandbox.revoke('business')
  const first = await program(world).get(TOKEN)

  const second = await program(world).get(TOKEN)

  expect(second.body).toMatchObject({ account_status: 'needs_reconnect' })
  expect(second.body.status_since).toBe(first.body.status_since)
  expect(refreshes(world)).toBe(1)
})

test('a new token of the same account mends it', async () => {
  await using world = await startConnected()
  world.pass(UNTIL_DUE)
  world.sandbox.revoke('business')
  await program(world).get(TOKEN)
  const access_token = world.sandbox.dashboardToken('business')
  await program(world).post('/api/accounts', { access_token })

  const answer = await program(world).get(TOKEN)

  expect(answer.status).toBe(200)
  expect(answer.body).toMatchObject({ access_token })
})

test('a program that wants plain text is refused in JSON, so that nobody takes the refusal for a token', async () => {
  await using world = await startConnected()
  world.pass(LIFETIME * SECOND)

  const answer = await program(world).get(TOKEN, { Accept: 'text/plain' })

  expect(answer.status).toBe(409)
  expect(answer.type).toBe('application/problem+json')
  expect(answer.get('Vary')).toContain('Accept')
})

test('an account without a valid token is still shown and can be removed', async () => {
  await using world = await startConnected()
  world.pass(LIFETIME * SECOND)
  await program(world).get(TOKEN)

  const shown = await program(world).get(ACCOUNT)
  const removed = await program(world).remove(ACCOUNT)

  expect(shown.body).toMatchObject({ status: 'needs_reconnect', status_reason: 'The token has expired.' })
  expect(removed.status).toBe(204)
})

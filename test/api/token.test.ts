import { describe, expect, test } from 'vitest'
import { DAY_MS, MINUTE_MS } from '../../src/facts.ts'
import { person } from '../support/person.ts'
import {
  ACCOUNT,
  ACCOUNTS,
  APP_ID,
  LIFETIME,
  OTHER_TOKEN_KEY,
  PROFESSIONAL_ID,
  program,
  refreshes,
  startSharedWorld,
  TOKEN,
  UNTIL_DUE,
} from './support.ts'

const SERVER_ERROR = { status: 500, body: '{}' }

const world = await startSharedWorld()
const { sandbox } = world
const { get, post, remove } = program(world)

/** Calls something, and returns how many refreshes Instagram was asked for meanwhile. */
async function countRefreshes(work: () => Promise<unknown>): Promise<number> {
  const before = refreshes(world)
  await work()
  return refreshes(world) - before
}

describe('a valid token', () => {
  test.each([
    ['app-scoped', APP_ID],
    ['professional', PROFESSIONAL_ID],
  ])('a program that asks by the %s id gets a token that Instagram accepts', async (_, id) => {
    const response = await get(`${ACCOUNTS}/${id}/token`)

    expect(response.status).toBe(200)
    expect(response.type).toBe('application/json')
    expect(response.body).toStrictEqual({
      access_token: expect.stringMatching(/^IGAA\w+$/) as string,
      token_type: 'bearer',
      expires_in: LIFETIME,
      user_id: PROFESSIONAL_ID,
      permissions: ['instagram_business_basic'],
    })
    const me = `${sandbox.graphUrl}/v26.0/me?fields=user_id&access_token=${String(response.body.access_token)}`
    expect(await (await fetch(me)).text()).toContain(PROFESSIONAL_ID)
  })

  test('a response with a token is not cached, and has neither ETag nor cookie', async () => {
    const { headers } = await get(TOKEN)

    expect(headers).toMatchObject({ 'cache-control': 'no-store' })
    expect(headers['vary']).toContain('Accept')
    expect(headers).not.toHaveProperty('etag')
    expect(headers).not.toHaveProperty('set-cookie')
  })

  test('“expires_in” counts down, rounded down', async () => {
    world.pass(10_001)

    expect((await get(TOKEN)).body.expires_in).toBe(LIFETIME - 11)
  })

  test.each([
    ['*/*', 'application/json'],
    ['application/json, text/plain;q=0.5', 'application/json'],
    ['application/json;q=0.5, text/plain', 'text/plain'],
    ['text/html, text/plain;q=0.9, */*;q=0.1', 'text/plain'],
    ['text/*', 'text/plain'],
    ['text/plain;q=0, */*', 'application/json'],
  ])('a program that accepts “%s” gets %s', async (accept, type) => {
    const { body } = await get(TOKEN)

    const response = await get(TOKEN, { Accept: accept })

    expect(response.type).toBe(type)
    if (type === 'text/plain') expect(response.text).toBe(body.access_token)
  })

  test('a program that accepts neither JSON nor text is refused before anything is refreshed', async () => {
    world.pass(UNTIL_DUE)

    const count = await countRefreshes(async () => {
      const { status, body } = await get(TOKEN, { Accept: 'image/png' })
      expect(status).toBe(406)
      expect(body).toMatchObject({ type: '/problems/not_acceptable' })
    })

    expect(count).toBe(0)
  })

  test('a classic token never expires, and says so', async () => {
    sandbox.setDialect({ generation: 'classic' })
    await person(world).login()
    sandbox.setDialect({ generation: 'current' })
    world.pass(1000 * DAY_MS)

    const { status, body } = await get(`${ACCOUNTS}/1574083/token`)

    expect(status).toBe(200)
    expect(body).toMatchObject({ expires_in: null, user_id: '1574083' })
  })

  test('the token of an unknown account is not found, as plain text neither', async () => {
    const { status, body } = await get(`${ACCOUNTS}/17841403815449848/token`, { Accept: 'text/plain' })

    expect(status).toBe(404)
    expect(body).toMatchObject({ type: '/problems/unknown_account' })
  })
})

describe('a due token', () => {
  test('a token that is not due is returned without a call to Instagram', async () => {
    world.pass(40 * DAY_MS)
    const calls = sandbox.calls.length

    expect((await get(TOKEN)).status).toBe(200)
    expect(sandbox.calls).toHaveLength(calls)
  })

  test('a token that is due is refreshed first, and once', async () => {
    const before = await get(TOKEN)
    world.pass(UNTIL_DUE)

    const count = await countRefreshes(async () => {
      const first = await get(TOKEN)
      const second = await get(TOKEN)
      expect(first.body.access_token).not.toBe(before.body.access_token)
      expect(first.body.expires_in).toBe(LIFETIME)
      expect(second.body).toStrictEqual(first.body)
    })

    expect(count).toBe(1)
  })

  test('programs that ask two processes at the same moment cause one refresh', async () => {
    const other = await world.startAnother()
    world.pass(UNTIL_DUE)

    const count = await countRefreshes(async () => {
      const responses = await Promise.all([get(TOKEN), get(TOKEN), program(world, { origin: other }).get(TOKEN)])
      expect(responses.map(({ status }) => status)).toStrictEqual([200, 200, 200])
    })

    expect(count).toBe(1)
  })

  test.each([
    ['is broken', SERVER_ERROR, 1],
    ['breaks the connection, twice', { fault: 'reset' as const }, 2],
  ])('while Instagram %s, programs get the valid token, and wait for Instagram once', async (_, response, calls) => {
    const before = await get(TOKEN)
    world.pass(UNTIL_DUE)
    sandbox.answerNext('refresh', response)

    const count = await countRefreshes(async () => {
      const during = await get(TOKEN)
      expect(during.body).toStrictEqual({ ...before.body, expires_in: LIFETIME - UNTIL_DUE / 1000 })
      expect((await get(TOKEN)).status).toBe(200)
    })

    expect(count).toBe(calls)
  })

  test('an expiring token is returned until it expires', async () => {
    world.pass(UNTIL_DUE)
    for (let failure = 0; failure < 3; failure += 1) {
      sandbox.answerNext('refresh', SERVER_ERROR)
      await get(TOKEN)
      world.pass(DAY_MS)
    }
    sandbox.answerNext('refresh', SERVER_ERROR)

    const { status } = await get(TOKEN)

    expect((await get(ACCOUNT)).body.status).toBe('expiring')
    expect(status).toBe(200)
  })

  test('a token of one hour is exchanged when a program asks for it, if that is possible', async () => {
    sandbox.answerNext('long_lived', SERVER_ERROR)
    await person(world).login()

    const early = await get(TOKEN)
    world.pass(2 * MINUTE_MS)
    const late = await get(TOKEN)

    expect(early.body.expires_in).toBe(3600)
    expect(late.body.expires_in).toBe(LIFETIME)
  })
})

describe('no valid token', () => {
  test('a token that expired unnoticed is not returned', async () => {
    world.pass(61 * DAY_MS)

    const count = await countRefreshes(async () => {
      const response = await get(TOKEN)
      expect(response.status).toBe(409)
      expect(response.type).toBe('application/problem+json')
      expect(response.body).toStrictEqual({
        type: '/problems/no_valid_token',
        title: 'No valid token',
        status: 409,
        detail: 'The account must be reconnected, at “reconnect_url”.',
        reference: expect.stringMatching(/^\w{4}-\w{4}$/) as string,
        account_status: 'needs_reconnect',
        status_since: world.now().toISOString(),
        reason: 'The token has expired: Instagram’s tokens last for 60 days, or for an hour.',
        reconnect_url: expect.stringContaining(`${world.origin}/reconnect/${APP_ID}.`) as unknown,
      })
    })

    // The clock alone does not make a token invalid: Instagram is asked.
    expect(count).toBe(1)
  })

  test.each([
    ['one second before', LIFETIME * 1000 - 1000, 200],
    ['half a second before', LIFETIME * 1000 - 500, 409],
    ['at', LIFETIME * 1000, 409],
  ])('%s its expiry a token that cannot be refreshed: after %i ms the status is %i', async (_, passed, status) => {
    world.pass(passed)
    if (passed < LIFETIME * 1000) sandbox.answerNext('refresh', SERVER_ERROR)

    const response = await get(TOKEN)

    expect(response.status).toBe(status)
    expect(response.body).toMatchObject(
      status === 200 ? { expires_in: 1 } : { reason: expect.stringMatching(/^The token has expired/) as string },
    )
  })

  test('an expired token is not returned while another process holds the lease', async () => {
    const expired = new Date(world.now().getTime() + LIFETIME * 1000)
    world.pass(LIFETIME * 1000 + 1000)
    await world.database.query("UPDATE accounts SET lease = 'theirs', leased_until = $1", [
      world.now().getTime() + MINUTE_MS,
    ])

    const { status, body } = await get(TOKEN)

    expect(status).toBe(409)
    expect(body).toMatchObject({
      account_status: 'needs_reconnect',
      status_since: expired.toISOString(),
      reason: 'The token has expired.',
    })
  })

  test.each([
    ['removed the app', 'revoke', 'removed on Instagram'],
    ['changed their password', 'changePassword', 'password was changed'],
    ['lost the permission', 'takePermission', 'permission was not granted'],
  ] as const)(
    'when the person %s, the program learns why and where to connect again, and Instagram is asked once',
    async (_, loss, why) => {
      world.pass(UNTIL_DUE)
      sandbox[loss]('business')

      const count = await countRefreshes(async () => {
        const { status, body, text } = await get(TOKEN)
        expect(status).toBe(409)
        expect(body).toMatchObject({
          account_status: 'needs_reconnect',
          status_since: world.now().toISOString(),
          reason: expect.stringContaining(why) as string,
          reconnect_url: expect.stringContaining(`${world.origin}/reconnect/${APP_ID}.`) as unknown,
        })
        expect(text).not.toContain('IGAA')
        const again = await get(TOKEN)
        expect(again.body.status_since).toBe(body.status_since)
      })

      expect(count).toBe(1)
    },
  )

  test('a program that accepts plain text is refused in JSON, so that nobody takes the refusal for a token', async () => {
    world.pass(LIFETIME * 1000)

    const response = await get(TOKEN, { Accept: 'text/plain' })

    expect(response.status).toBe(409)
    expect(response.type).toBe('application/problem+json')
    expect(response.get('Vary')).toContain('Accept')
  })

  test('an account without a valid token is shown, mended by a new token, and can be removed', async () => {
    world.pass(UNTIL_DUE)
    sandbox.revoke('business')
    await get(TOKEN)

    const shown = await get(ACCOUNT)
    const access_token = sandbox.dashboardToken('business')
    await post(ACCOUNTS, { access_token })
    const mended = await get(TOKEN)
    world.pass(LIFETIME * 1000)
    await get(TOKEN)
    const removed = await remove(ACCOUNT)

    expect(shown.body).toMatchObject({ status: 'needs_reconnect' })
    expect(mended.body).toMatchObject({ access_token })
    expect(removed.status).toBe(204)
  })
})

describe('an unreadable token', () => {
  test.each([
    ['after the job that finds it', true],
    ['before the job ran', false],
  ])('a token that no key decrypts is not returned, %s, until its key is back', async (_, looked) => {
    const before = await get(TOKEN)
    world.restart({ TOKEN_KEYS: OTHER_TOKEN_KEY })
    if (looked) await world.runJobs()

    const { status, body } = await get(TOKEN)
    world.restart()
    await world.runJobs()
    const after = await get(TOKEN)

    expect(status).toBe(409)
    expect(body).toMatchObject({
      detail: expect.stringContaining('Restore the missing token key') as string,
      account_status: 'unreadable',
      status_since: world.now().toISOString(),
      reason: 'This site has no key that decrypts the token.',
      reconnect_url: expect.stringContaining(`${world.origin}/reconnect/${APP_ID}.`) as unknown,
    })
    expect(after.body).toStrictEqual(before.body)
  })

  test('a token that no key decrypts is never sent to Instagram, even when it is due', async () => {
    world.restart({ TOKEN_KEYS: OTHER_TOKEN_KEY })
    world.pass(UNTIL_DUE)

    const count = await countRefreshes(async () => {
      const { body } = await get(TOKEN)
      expect(body).toMatchObject({ account_status: 'unreadable' })
    })

    world.restart()
    expect(count).toBe(0)
  })
})

import { expect, test } from 'vitest'
import { APP, DAY_MS, graphErrorOf, startBench, tokenOf } from './support.ts'

const REVOKED = {
  message: `Error validating access token: The user has not authorized application ${APP.clientId}.`,
  type: 'OAuthException',
  code: 190,
  error_subcode: 458,
}
const PASSWORD_CHANGED = {
  message:
    'Error validating access token: The session has been invalidated because the user changed their password or Facebook has changed the session for security reasons.',
  type: 'OAuthException',
  code: 190,
}
const NOT_PERMITTED = {
  message: 'Application does not have permission for this action',
  type: 'IGApiException',
  code: 10,
}

const losses: [string, 'revoke' | 'changePassword' | 'takePermission', object][] = [
  ['a person removed the app', 'revoke', REVOKED],
  ['a person changed their password', 'changePassword', PASSWORD_CHANGED],
  ['Instagram took the permission', 'takePermission', NOT_PERMITTED],
]

test.for(losses)('refuses every token from before %s', async ([, lose, error]) => {
  await using bench = await startBench()
  const short = await bench.shortLived()
  const long = await tokenOf(await bench.prolong(short))
  bench.pass(DAY_MS)
  const refreshed = await tokenOf(await bench.refresh(long))
  const younger = await bench.shortLived()

  bench[lose]('business')

  for (const answer of [
    await bench.me(long),
    await bench.me(refreshed),
    await bench.me(younger),
    await bench.refresh(long),
    await bench.prolong(younger),
  ]) {
    expect(answer.status).toBe(400)
    expect(await graphErrorOf(answer)).toEqual(error)
  }
})

test.for(losses)('accepts a new login after %s, and the old tokens stay refused', async ([, lose]) => {
  await using bench = await startBench()
  const old = await bench.longLived()
  bench[lose]('business')

  const fresh = await bench.longLived()
  bench.pass(DAY_MS)

  expect((await bench.me(fresh)).status).toBe(200)
  expect((await bench.refresh(fresh)).status).toBe(200)
  expect((await bench.me(old)).status).toBe(400)
  expect((await bench.refresh(old)).status).toBe(400)
})

test.for(losses)('leaves others alone when %s', async ([, lose]) => {
  await using bench = await startBench()
  const other = await bench.longLived('creator')

  bench[lose]('business')

  expect((await bench.me(other)).status).toBe(200)
})

test.for(losses)('gives no good token for a code from before %s', async ([, lose, error]) => {
  await using bench = await startBench()
  const code = await bench.allow()

  bench[lose]('business')
  const token = await tokenOf(await bench.exchange(code))

  expect(await graphErrorOf(await bench.prolong(token))).toEqual(error)
})

test('takes a lost permission for less than a removed app, and a removed app for final', async () => {
  await using bench = await startBench()
  const token = await bench.longLived()

  bench.takePermission('business')
  bench.revoke('business')
  bench.changePassword('business')
  bench.takePermission('business')

  expect(await graphErrorOf(await bench.me(token))).toEqual(REVOKED)
})

test('says of a token that is over that it is over, whatever else came of it', async () => {
  await using bench = await startBench()
  const token = await bench.longLived()
  bench.takePermission('business')

  bench.pass(60 * DAY_MS)

  expect((await graphErrorOf(await bench.refresh(token))).message).toContain('Session has expired on')
})

test.for(['revoke', 'changePassword', 'takePermission', 'dashboardToken'] as const)(
  'tells a test that calls %s for nobody, or for somebody who can have no token',
  async (verb) => {
    await using bench = await startBench()

    for (const personKey of ['busines', 'personal', 'outsider', '']) {
      expect(() => bench[verb](personKey)).toThrow(`no professional person "${personKey}"`)
    }
  },
)

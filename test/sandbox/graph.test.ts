import { expect, test } from 'vitest'
import { APP, DAY_MS, graphErrorOf, HOUR_MS, startBench } from './support.ts'

const LIFETIME = 5_183_944
const ALL_FIELDS =
  'id,user_id,username,name,account_type,profile_picture_url,followers_count,follows_count,media_count'
const CANNOT_PARSE = {
  message: 'Invalid OAuth access token - Cannot parse access token',
  type: 'OAuthException',
  code: 190,
}
const EXCHANGE = { grant_type: 'ig_exchange_token', client_secret: APP.clientSecret }
const REFRESH = { grant_type: 'ig_refresh_token' }

test.for(['query', 'header'])('makes a token for an hour last 60 days, token in the %s', async (place) => {
  await using bench = await startBench()
  const access_token = await bench.shortLived()

  const answer =
    place === 'query'
      ? await bench.graph('/access_token', { ...EXCHANGE, access_token })
      : await bench.graph('/access_token', EXCHANGE, {
          headers: { authorization: `Bearer ${access_token}` },
        })

  expect(await answer.json()).toEqual({
    access_token: expect.stringMatching(/^IGAA/) as string,
    token_type: 'bearer',
    expires_in: LIFETIME,
  })
  expect(answer.headers.get('x-app-usage')).toContain('call_count')
})

test.for<[string, Record<string, string>, object]>([
  ['a wrong secret', { client_secret: 'wrong' }, { message: 'Error validating client secret.', code: 100 }],
  ['an unknown token', { access_token: 'IGAAunknown' }, CANNOT_PARSE],
  ['an unknown token whatever the secret', { access_token: 'x', client_secret: 'wrong' }, CANNOT_PARSE],
  ['no token', { access_token: '' }, CANNOT_PARSE],
  ['another grant type', { grant_type: 'ig_refresh_token' }, { code: 100 }],
  ['no grant type', { grant_type: '' }, { code: 100 }],
  [
    'the token of an app that looked in the wrong envelope',
    { access_token: 'undefined' },
    { message: 'Unsupported request - method type: get', type: 'IGApiException', code: 100 },
  ],
])('refuses the long-lived exchange with %s', async ([, change, error]) => {
  await using bench = await startBench()
  const access_token = await bench.shortLived()

  const answer = await bench.graph('/access_token', { ...EXCHANGE, access_token, ...change })

  expect(await refusalOf(answer)).toMatchObject(error)
})

test('refuses the long-lived exchange of a token that is long-lived already', async () => {
  await using bench = await startBench()
  const access_token = await bench.longLived()

  const answer = await bench.graph('/access_token', { ...EXCHANGE, access_token })

  expect((await refusalOf(answer)).message).toMatch(/^Session key invalid/)
})

test('refuses an expired token in words of date and time, without a subcode', async () => {
  await using bench = await startBench()
  const access_token = await bench.shortLived()
  bench.pass(HOUR_MS)

  const answer = await bench.graph('/access_token', { ...EXCHANGE, access_token })

  expect(await refusalOf(answer)).toMatchObject({
    message:
      'Error validating access token: Session has expired on Monday, 23-Nov-26 05:00:00 PST. ' +
      'The current time is Monday, 23-Nov-26 05:00:00 PST.',
    code: 190,
  })
})

test.for(['/access_token', '/refresh_access_token', '/v26.0/me'])('refuses a POST to %s', async (path) => {
  await using bench = await startBench()

  const answer = await bench.graph(path, EXCHANGE, { method: 'POST' })

  expect(await refusalOf(answer)).toMatchObject({
    message: 'Unsupported request - method type: post',
    type: 'IGApiException',
    code: 100,
  })
})

test('refreshes a token that is a day old, and the old one keeps its own end', async () => {
  await using bench = await startBench()
  const old = await bench.longLived()
  bench.pass(DAY_MS)

  const answer = await bench.graph('/refresh_access_token', { ...REFRESH, access_token: old })
  const fresh = (await answer.json()) as { access_token: string }

  const me = async (access_token: string) => (await bench.graph('/v26.0/me', { access_token })).status
  expect(fresh).toMatchObject({ token_type: 'bearer', expires_in: LIFETIME })
  expect(fresh.access_token).not.toBe(old)
  expect(await me(old)).toBe(200)
  bench.pass(LIFETIME * 1000 - DAY_MS)
  expect(await me(old)).toBe(400)
  expect(await me(fresh.access_token)).toBe(200)
})

test('refuses to refresh on the first day', async () => {
  await using bench = await startBench()
  const access_token = await bench.longLived()
  bench.pass(DAY_MS - 1000)

  const answer = await bench.graph('/refresh_access_token', { ...REFRESH, access_token })

  expect((await refusalOf(answer)).code).not.toBe(190)
})

test('refuses to refresh a token that has expired', async () => {
  await using bench = await startBench()
  const access_token = await bench.longLived()
  bench.pass(LIFETIME * 1000)

  const answer = await bench.graph('/refresh_access_token', { ...REFRESH, access_token })

  expect((await refusalOf(answer)).message).toContain('Session has expired on')
})

test('refuses to refresh a token for an hour, an unknown one, and without the grant type', async () => {
  await using bench = await startBench()
  const short = await bench.shortLived()
  const refresh = (params: Record<string, string>) => bench.graph('/refresh_access_token', params)

  const shortLived = await refusalOf(await refresh({ ...REFRESH, access_token: short }))
  const unknown = await refusalOf(await refresh({ ...REFRESH, access_token: 'IGAAunknown' }))
  const noGrant = await refusalOf(await refresh({ access_token: short }))

  expect(shortLived.message).toMatch(/^Session key invalid/)
  expect(unknown).toMatchObject(CANNOT_PARSE)
  expect(noGrant.code).toBe(100)
})

test('says who one is, with both ids as text', async () => {
  await using bench = await startBench()
  const access_token = await bench.longLived('creator')

  const answer = await bench.graph('/v26.0/me', { fields: ALL_FIELDS, access_token })

  expect(await answer.json()).toEqual({
    id: '25081994730615283',
    user_id: '17841465209137453',
    username: 'mira.draws',
    name: 'Mira Lindqvist ✏️',
    account_type: 'MEDIA_CREATOR',
    profile_picture_url: `${bench.origin}/pictures/creator.png`,
    followers_count: 98207,
    follows_count: 611,
    media_count: 1046,
  })
  expect(answer.headers.get('x-business-use-case-usage')).toContain('17841465209137453')
})

test('answers only the asked fields, and the id always, also to a token in the header', async () => {
  await using bench = await startBench()
  const headers = { authorization: `Bearer ${await bench.shortLived()}` }

  const asked = await bench.graph('/v22.0/me', { fields: 'user_id,username' }, { headers })
  const nothing = await bench.graph('/v27.0/me', {}, { headers })

  expect(await asked.text()).toBe(
    '{"user_id":"17841403815449847","username":"harbour.bakery","id":"27640875392278831"}',
  )
  expect(await nothing.json()).toEqual({ id: '27640875392278831' })
})

test('refuses to say who one is without a living token', async () => {
  await using bench = await startBench()
  const access_token = await bench.shortLived()
  bench.pass(HOUR_MS)

  const expired = await bench.graph('/v26.0/me', { access_token })
  const none = await bench.graph('/v26.0/me', {})

  expect((await refusalOf(expired)).message).toContain('Session has expired on')
  expect(await refusalOf(none)).toMatchObject(CANNOT_PARSE)
})

test('refuses a field that there is not', async () => {
  await using bench = await startBench()
  const access_token = await bench.shortLived()

  for (const fields of ['id,email', 'toString']) {
    const answer = await bench.graph('/v26.0/me', { fields, access_token })
    expect((await refusalOf(answer)).code).toBe(100)
  }
})

test.for(['/v21.0/me', '/v26/me', '/me', '/v26.0/access_token', '/v26.0/nothing'])(
  'knows no path %s',
  async (path) => {
    await using bench = await startBench()
    const access_token = await bench.shortLived()

    const answer = await bench.graph(path, { ...EXCHANGE, access_token })

    expect((await refusalOf(answer)).message).toContain('Unknown path components')
  },
)

/** The error of a refusal with the usual status, and nothing more in it: no subcode. */
async function refusalOf(answer: Response) {
  const error = await graphErrorOf(answer)
  expect(answer.status).toBe(400)
  expect(Object.keys(error)).toEqual(['message', 'type', 'code'])
  return error
}

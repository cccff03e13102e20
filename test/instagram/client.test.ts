import fc from 'fast-check'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Dialect } from '../../src/sandbox/exchange.ts'
import {
  BASIC,
  CLIENT_ID,
  CLIENT_SECRET,
  later,
  MESSAGES,
  NOW,
  PUBLISH,
  REDIRECT_URI,
  refusal,
  settingsFor,
  startClient,
  startServer,
  startWire,
} from './support.ts'

const wire = await startWire()
const { instagram, sandbox } = wire
afterAll(() => wire[Symbol.asyncDispose]())

let earlier = 0
beforeEach(() => {
  earlier = sandbox.calls.length
  sandbox.setDialect({ envelope: 'flat', permissions: 'array', userId: 'number', generation: 'current' })
})

/** What arrived at the sandbox during this test. */
function calls() {
  return sandbox.calls.slice(earlier)
}

/** Any digits without a leading zero, far beyond 2^53. */
const digits = fc.stringMatching(/^(0|[1-9]\d{0,39})$/)

describe('the address of the authorize page', () => {
  const SETTINGS = {
    ...settingsFor('https://api.example'),
    authorizeUrl: 'https://www.instagram.com/oauth/authorize',
  }
  const client = startClient(SETTINGS)

  test('has five parameters, as Instagram spells them in its own dashboard', () => {
    expect(client.authorizeUrl('a-state')).toBe(
      `https://www.instagram.com/oauth/authorize?client_id=${CLIENT_ID}` +
        '&redirect_uri=https%3A%2F%2Flocalhost%3A3000%2Fresponse&response_type=code' +
        `&scope=${BASIC}%2C${PUBLISH}%2C${MESSAGES}&state=a-state`,
    )
  })

  test('makes a person log in again on request, and the next person not', () => {
    const again = new URL(client.authorizeUrl('a-state', { forceReauth: true })).searchParams
    const next = new URL(client.authorizeUrl('a-state', { forceReauth: false })).searchParams

    expect(again.getAll('force_reauth')).toStrictEqual(['true'])
    expect([...again.keys()]).toHaveLength(6)
    expect(next.has('force_reauth')).toBe(false)
  })

  test('keeps a state as it is, whatever is in it', () => {
    const state = 'a+b/c==&scope=more#_ %20\u{1F511}'

    const { searchParams } = new URL(client.authorizeUrl(state))

    expect(searchParams.getAll('state')).toStrictEqual([state])
    expect([...searchParams.keys()]).toHaveLength(5)
  })

  test('keeps parameters that the operator put into it, and holds no secret', () => {
    const other = startClient({ ...SETTINGS, authorizeUrl: `${SETTINGS.authorizeUrl}?enable_fb_login=0` })

    const url = other.authorizeUrl('a-state', { forceReauth: true })

    expect(new URL(url).searchParams.get('enable_fb_login')).toBe('0')
    expect(new URL(url).searchParams.get('client_id')).toBe(CLIENT_ID)
    expect(url).not.toContain(CLIENT_SECRET)
  })
})

describe('the exchange of a code', () => {
  test('is one form of exactly five fields, without credentials elsewhere and without anything of a browser', async () => {
    const code = await wire.authorize()

    await instagram.exchangeCode(code)

    const [call, ...more] = calls()
    expect(more).toStrictEqual([])
    expect(call).toMatchObject({
      endpoint: 'token',
      method: 'POST',
      path: '/oauth/access_token',
      contentType: 'application/x-www-form-urlencoded',
      query: [],
      headers: { accept: 'application/json' },
    })
    expect(call?.fields).toHaveLength(5)
    expect(Object.fromEntries(call?.fields ?? [])).toStrictEqual({
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      grant_type: 'authorization_code',
      redirect_uri: REDIRECT_URI,
      code,
    })
    for (const name of ['authorization', 'cookie', 'origin', 'referer']) expect(call?.headers).not.toHaveProperty(name)
  })

  test('sends no cookie even after Instagram set one', async () => {
    const headers = { 'set-cookie': 'csrftoken=crumb; Path=/; Max-Age=31449600' }
    sandbox.answerNext('token', { headers, body: '{}' })
    await refusal(instagram.exchangeCode('AQfirst'))

    await instagram.exchangeCode(await wire.authorize())

    expect(calls()[1]?.headers).not.toHaveProperty('cookie')
  })

  test('sends a code as it is, whatever it is made of', async () => {
    const anyCode = fc.oneof(
      fc.constant('AQ+a b&client_id=1%2B=;\u{1F511}#_'),
      fc.string({ unit: 'binary-ascii', minLength: 1 }),
    )

    const exact = fc.asyncProperty(anyCode, async (code) => {
      sandbox.answerNext('token', { status: 400, body: '{}' })
      await refusal(instagram.exchangeCode(code))
      const fields = sandbox.calls.at(-1)?.fields
      expect(fields).toHaveLength(5)
      expect(fields).toContainEqual(['code', code])
    })

    await fc.assert(exact, { numRuns: 30 })
  })

  test('is not retried after a refusal', async () => {
    const code = await wire.authorize()
    await instagram.exchangeCode(code)

    const error = await refusal(instagram.exchangeCode(code))

    expect(error.kind).toBe('code_used')
    expect(calls()).toHaveLength(2)
  })

  const dialects: Omit<Dialect, 'generation'>[] = (['flat', 'data'] as const).flatMap((envelope) =>
    (['array', 'string'] as const).flatMap((permissions) =>
      (['number', 'string'] as const).map((userId) => ({ envelope, permissions, userId })),
    ),
  )

  test.each(dialects)(
    'reads a response with envelope $envelope, permissions as $permissions, user_id as $userId',
    async (dialect) => {
      sandbox.setDialect(dialect)

      const response = await instagram.exchangeCode(await wire.authorize([PUBLISH]))

      expect(response).toStrictEqual({
        token: {
          kind: 'short_lived',
          accessToken: expect.stringMatching(/^IGAA\w{100,}$/) as string,
          obtainedAt: NOW,
          expiresAt: later(3600),
        },
        userId: '27640875392278831',
        permissions: [BASIC, PUBLISH],
        profile: null,
      })
    },
  )

  test('reads a response of the classic API: a token that never expires, and the profile', async () => {
    sandbox.setDialect({ generation: 'classic' })

    const response = await instagram.exchangeCode(await wire.authorize())

    expect(response).toStrictEqual({
      token: {
        kind: 'classic',
        accessToken: expect.stringMatching(/^1574083\.c59cb53\.[\da-f]{32}$/) as string,
        obtainedAt: NOW,
        expiresAt: null,
      },
      userId: '1574083',
      permissions: null,
      profile: {
        id: '1574083',
        userId: null,
        username: 'harbour.bakery',
        name: 'Harbour Bakery',
        accountType: null,
        pictureUrl: `${sandbox.origin}/pictures/business.png`,
      },
    })
  })

  test('reads a response of the classic API that has no more than an id', async () => {
    const body =
      '{"access_token":"1574083.c59cb53.0f","token_type":"bearer","meta":{"code":200},"user":{"id":27640875392278831}}'
    sandbox.answerNext('token', { body })

    const response = await instagram.exchangeCode('AQ')

    expect(response.token).toMatchObject({ kind: 'classic', expiresAt: null })
    expect(response.profile).toStrictEqual({
      id: '27640875392278831',
      userId: null,
      username: null,
      name: null,
      accountType: null,
      pictureUrl: null,
    })
  })

  test.each([
    ['neither token_type nor expires_in', '', 3600],
    ['token_type null', '"token_type":null,', 3600],
    ['expires_in', '"expires_in":5183944,', 5_183_944],
    ['expires_in as text', '"expires_in":"5183944",', 5_183_944],
    ['both', '"token_type":"bearer","expires_in":1800,', 1800],
    ['an expires_in beyond all calendars', '"expires_in":9007199254740991,', 3600],
    ['an expires_in of 0', '"expires_in":0,', 3600],
    ['an expires_in of null', '"expires_in":null,', 3600],
    ['an expires_in of ""', '"expires_in":"",', 3600],
    ['an expires_in with a fraction', '"expires_in":5183944.5,', 3600],
    ['permissions that are numbers', '"permissions":[1],', 3600],
  ])('takes the token of a response with %s', async (_, extra, lifetime) => {
    sandbox.answerNext('token', { body: `{"access_token":"IGAAx",${extra}"user_id":27640875392278831}` })

    const { token } = await instagram.exchangeCode('AQ')

    expect(token).toStrictEqual({
      kind: 'short_lived',
      accessToken: 'IGAAx',
      obtainedAt: NOW,
      expiresAt: later(lifetime),
    })
  })

  test.each([
    ...['null', 'true', '{}', '["27640875392278831"]', '""', '" 27640875392278831"', '"2.7e16"', '-1', '1.5', '1e21'],
    ...['"-27640875392278831"', '-27640875392278831', '27640875392278831.5', '1'.repeat(31)],
  ])('takes the token of a response with the malformed user_id %s', async (id) => {
    sandbox.answerNext('token', { body: `{"access_token":"IGAAx","user_id":${id}}` })

    const response = await instagram.exchangeCode('AQ')

    expect(response).toMatchObject({ token: { accessToken: 'IGAAx' }, userId: null })
  })

  test('refuses a token that is too long', async () => {
    sandbox.answerNext('token', { body: JSON.stringify({ access_token: 'I'.repeat(4_001), user_id: '2764' }) })

    const error = await refusal(instagram.exchangeCode('AQ'))

    expect(error.code).toBe('unreadable')
  })

  test('keeps at most a hundred permissions, and none that is too long', async () => {
    const permissions = [`${BASIC}${'x'.repeat(100)}`, ...Array.from({ length: 500 }, (_, index) => `scope_${index}`)]
    sandbox.answerNext('token', { body: JSON.stringify({ access_token: 'IGAAx', user_id: '2764', permissions }) })

    const response = await instagram.exchangeCode('AQ')

    expect(response.permissions).toStrictEqual(permissions.slice(1, 101))
  })

  test.each([
    ['', null],
    [',"permissions":null', null],
    [',"permissions":[]', []],
    [',"permissions":""', []],
    [`,"permissions":"${BASIC}"`, [BASIC]],
    [`,"permissions":"${BASIC}, ${PUBLISH}"`, [BASIC, PUBLISH]],
    [`,"permissions":"${BASIC} ${PUBLISH}"`, [BASIC, PUBLISH]],
  ])('reads “%s” as the permissions %j', async (extra, permissions) => {
    sandbox.answerNext('token', {
      body: `{"access_token":"IGAAx","user_id":"27640875392278831"${extra}}`,
    })

    const response = await instagram.exchangeCode('AQ')

    expect(response.permissions).toStrictEqual(permissions)
  })

  test('reads a user_id to the last digit, as a number and as text, flat and in data', async () => {
    const edges = ['9007199254740991', '9007199254740993', '17841403815449847', '18446744073709551617']
    const ids = fc.oneof(digits, fc.constantFrom(...edges))

    const exact = fc.asyncProperty(ids, fc.boolean(), fc.boolean(), async (id, isText, isWrapped) => {
      const flat = `{"access_token":"IGAAx","user_id":${isText ? `"${id}"` : id}}`
      sandbox.answerNext('token', { body: isWrapped ? `{"data":[${flat}]}` : flat })
      expect((await instagram.exchangeCode('AQ')).userId).toBe(id)
    })

    await fc.assert(exact, { numRuns: 60 })
  })

  test('reads JSON of any content type, and behind a byte order mark', async () => {
    const body = '\ufeff{"access_token":"IGAAx","user_id":27640875392278831}'
    sandbox.answerNext('token', { contentType: 'text/javascript; charset=UTF-8', body })

    const response = await instagram.exchangeCode('AQ')

    expect(response.userId).toBe('27640875392278831')
  })

  test("counts a token's hour from the request, however long the response took", async () => {
    let time = NOW
    await using server = await startServer((_, response) => {
      time = later(9)
      response.end('{"access_token":"IGAAx","user_id":27640875392278831}')
    })
    await using client = startClient(settingsFor(server.origin), { now: () => time })

    const { token } = await client.exchangeCode('AQ')

    expect(token).toMatchObject({ obtainedAt: NOW, expiresAt: later(3600) })
  })
})

describe('the long-lived exchange', () => {
  test('is one GET without a version, and brings a token of 60 days', async () => {
    const { token: short } = await instagram.exchangeCode(await wire.authorize())

    const token = await instagram.exchangeForLongLived(short.accessToken)

    expect(token).toStrictEqual({
      kind: 'long_lived',
      accessToken: expect.stringMatching(/^IGAA\w{100,}$/) as string,
      obtainedAt: NOW,
      expiresAt: later(5_183_944),
    })
    expect(token.accessToken).not.toBe(short.accessToken)
    expect(calls()).toHaveLength(2)
    expect(calls()[1]).toMatchObject({ method: 'GET', path: '/access_token', body: '' })
    expect(calls()[1]?.query).toStrictEqual([
      ['grant_type', 'ig_exchange_token'],
      ['client_secret', CLIENT_SECRET],
      ['access_token', short.accessToken],
    ])
    expect(calls()[1]?.headers).not.toHaveProperty('cookie')
  })

  test.each([
    ['a number', '{"access_token":"IGAAy","token_type":"bearer","expires_in":5184000}', 5_184_000],
    ['text', '{"access_token":"IGAAy","token_type":"bearer","expires_in":"5183828"}', 5_183_828],
    ['one second, without token_type', '{"access_token":"IGAAy","expires_in":1}', 1],
    ['nothing, which counts as 59 days', '{"data":[{"access_token":"IGAAy"}]}', 59 * 24 * 3600],
    ...['null', '0', '""', '5183944.5', '-5', '"60 days"'].map((lifetime): [string, string, number] => [
      `${lifetime}, which counts as 59 days`,
      `{"access_token":"IGAAy","expires_in":${lifetime}}`,
      59 * 24 * 3600,
    ]),
  ])('reads a lifetime given as %s', async (_, body, lifetime) => {
    sandbox.answerNext('long_lived', { body })

    const token = await instagram.exchangeForLongLived('IGAAx')

    expect(token).toMatchObject({ accessToken: 'IGAAy', expiresAt: later(lifetime) })
  })

  test.each([
    ['no token', '{"token_type":"bearer","expires_in":5183944}', 'no_token_in_answer'],
    ['an empty token', '{"access_token":"","expires_in":5183944}', 'no_token_in_answer'],
    ['a list', '[{"access_token":"IGAAy","expires_in":5183944}]', 'unreadable'],
    ['null', 'null', 'unreadable'],
  ])('takes no token from a response with %s', async (_, body, code) => {
    sandbox.answerNext('long_lived', { body })

    const error = await refusal(instagram.exchangeForLongLived('IGAAx'))

    expect([error.kind, error.code]).toStrictEqual(['unreadable', code])
    expect(error.evidence).toStrictEqual({
      endpoint: `${sandbox.origin}/access_token`,
      status: 200,
      contentType: 'application/json',
    })
  })

  test('with a wrong secret is the operator’s mistake', async () => {
    const { token } = await instagram.exchangeCode(await wire.authorize())
    await using client = startClient({ ...settingsFor(sandbox.origin), clientSecret: 'not-the-secret' })

    const error = await refusal(client.exchangeForLongLived(token.accessToken))

    expect(error.kind).toBe('app_misconfigured')
    expect(error.evidence).toMatchObject({ code: 100, message: 'Error validating client secret.' })
  })

  test('of a token that is long-lived already is refused', async () => {
    const { token } = await instagram.exchangeCode(await wire.authorize())
    const long = await instagram.exchangeForLongLived(token.accessToken)

    const error = await refusal(instagram.exchangeForLongLived(long.accessToken))

    expect(error.kind).toBe('already_long_lived')
    expect(error.evidence.message).toMatch(/^Session key invalid/)
  })
})

describe('a refresh', () => {
  test('is one GET without a version and without the secret', async () => {
    sandbox.answerNext('refresh', { body: '{"access_token":"IGAAy","expires_in":5183944}' })

    const { token } = await instagram.refresh('IGAAx')

    expect(token).toStrictEqual({
      kind: 'long_lived',
      accessToken: 'IGAAy',
      obtainedAt: NOW,
      expiresAt: later(5_183_944),
    })
    expect(calls()[0]).toMatchObject({ method: 'GET', path: '/refresh_access_token', body: '' })
    expect(calls()[0]?.query).toStrictEqual([
      ['grant_type', 'ig_refresh_token'],
      ['access_token', 'IGAAx'],
    ])
  })

  test.each<[what: string, headers: Record<string, string>, percent: number, regainMs: number]>([
    ['no headers', {}, 0, 0],
    ['malformed headers', { 'x-app-usage': '{', 'x-business-use-case-usage': '[]' }, 0, 0],
    ['the app’s', { 'x-app-usage': '{"call_count":28,"total_time":31,"total_cputime":25}' }, 31, 0],
    [
      'those of two accounts, one of them throttled',
      {
        'x-business-use-case-usage':
          '{"1":[{"call_count":5}],"2":[{"total_cputime":100,"estimated_time_to_regain_access":19}]}',
      },
      100,
      19 * 60_000,
    ],
  ])('reports the usage of the limits from %s', async (_, headers, percent, regainMs) => {
    sandbox.answerNext('refresh', { headers, body: '{"access_token":"IGAAy"}' })

    const { usage } = await instagram.refresh('IGAAx')

    expect(usage).toStrictEqual({ percent, regainMs })
  })
})

describe('the profile', () => {
  test('is requested by one GET of /me under the version that is set', async () => {
    const { token } = await instagram.exchangeCode(await wire.authorize())
    await using client = startClient({ ...settingsFor(sandbox.origin), graphVersion: 'v25.0' })

    const profile = await client.profile(token.accessToken)

    expect(profile).toStrictEqual({
      id: '27640875392278831',
      userId: '17841403815449847',
      username: 'harbour.bakery',
      name: 'Harbour Bakery',
      accountType: 'BUSINESS',
      pictureUrl: `${sandbox.origin}/pictures/business.png`,
    })
    expect(calls()).toHaveLength(2)
    expect(calls()[1]).toMatchObject({ method: 'GET', path: '/v25.0/me', body: '' })
    expect(calls()[1]?.query).toStrictEqual([
      ['fields', 'id,user_id,username,name,account_type,profile_picture_url'],
      ['access_token', token.accessToken],
    ])
  })

  const REST = '"username":"a_person","account_type":"BUSINESS","media_count":0'

  test.each([
    ['flat, with ids as text', `{"user_id":"17841403815449847","id":"27640875392278831",${REST}}`],
    [
      'in data, with ids as numbers',
      `{"data":[{"user_id":17841403815449847,"id":27640875392278831,${REST}}],"paging":{}}`,
    ],
  ])('is read %s', async (_, body) => {
    sandbox.answerNext('me', { body })

    const profile = await instagram.profile('IGAAx')

    expect(profile).toStrictEqual({
      id: '27640875392278831',
      userId: '17841403815449847',
      username: 'a_person',
      name: null,
      accountType: 'BUSINESS',
      pictureUrl: null,
    })
  })

  test.each([
    ['missing', '{"id":"6489782497758472"}'],
    [
      'null',
      '{"id":6489782497758472,"user_id":null,"username":null,"name":null,"account_type":null,"profile_picture_url":null}',
    ],
    [
      'empty or of another type',
      '{"id":"6489782497758472","username":"","name":7,"account_type":[],"profile_picture_url":{}}',
    ],
    [
      'too long',
      JSON.stringify({
        ...{ id: '6489782497758472', username: 'n'.repeat(501), name: 'n'.repeat(501) },
        ...{ account_type: 'n'.repeat(501), profile_picture_url: `https://x.cdninstagram.com/${'n'.repeat(4_000)}` },
      }),
    ],
  ])('has an id alone where the rest is %s', async (_, body) => {
    sandbox.answerNext('me', { body })

    const profile = await instagram.profile('IGAAx')

    expect(profile).toStrictEqual({
      id: '6489782497758472',
      userId: null,
      username: null,
      name: null,
      accountType: null,
      pictureUrl: null,
    })
  })

  test('may lack the app-scoped id, as in Meta’s own example', async () => {
    sandbox.answerNext('me', { body: '{"data":[{"user_id":17841403815449847,"username":"a_person"}]}' })

    const profile = await instagram.profile('IGAAx')

    expect(profile).toMatchObject({ id: null, userId: '17841403815449847', username: 'a_person' })
  })

  test('has ids to the last digit', async () => {
    const exact = fc.asyncProperty(digits, digits, async (id, userId) => {
      sandbox.answerNext('me', { body: `{"id":${id},"user_id":${userId}}` })
      expect(await instagram.profile('IGAAx')).toMatchObject({ id, userId })
    })

    await fc.assert(exact, { numRuns: 40 })
  })

  test.each([
    ['no id', '{"username":"a_person"}'],
    ['an id that is null', '{"id":null}'],
    ['an id in words', '{"id":"a_person"}'],
    ['an id with a fraction', '{"id":27640875392278831.5}'],
    ['an empty list', '{"data":[]}'],
    ['a list of null', '{"data":[null]}'],
    ['null', 'null'],
  ])('is unreadable with %s', async (_, body) => {
    sandbox.answerNext('me', { body })

    const error = await refusal(instagram.profile('IGAAx'))

    expect(error.kind).toBe('unreadable')
    expect(error.evidence.endpoint).toBe(`${sandbox.origin}/v26.0/me`)
  })

  test('of a token that Instagram never issued is refused', async () => {
    const error = await refusal(instagram.profile('IGAAmade-up'))

    expect(error.kind).toBe('token_invalid')
    expect(error.evidence).toMatchObject({ status: 400, type: 'OAuthException', code: 190 })
    expect(error.evidence.traceId).toMatch(/^A[\w-]{22}$/)
  })

  test('under a version that Instagram no longer serves is refused', async () => {
    const { token } = await instagram.exchangeCode(await wire.authorize())
    await using client = startClient({ ...settingsFor(sandbox.origin), graphVersion: 'v19.0' })

    const error = await refusal(client.profile(token.accessToken))

    expect(error.code).toBe('path_unknown')
    expect(error.evidence).toMatchObject({ status: 400, code: 2500 })
  })
})

import { expect, test } from 'vitest'
import { DAY_MS, HOUR_MS } from '../../src/facts.ts'
import { APP, graphErrorOf, sharedSandbox, startTestSandbox, tokenOf } from './support.ts'

const LIFETIME = 5_183_944
const ALL_FIELDS = 'id,user_id,username,name,account_type,profile_picture_url,followers_count,follows_count,media_count'
const CANNOT_PARSE = {
  message: 'Invalid OAuth access token - Cannot parse access token',
  type: 'OAuthException',
  code: 190,
}
const EXCHANGE = { grant_type: 'ig_exchange_token', client_secret: APP.clientSecret }

const sandbox = await sharedSandbox()
const shortLived = await sandbox.shortLivedToken()
const longLived = await sandbox.longLivedToken()

test('a short-lived token, in the query or in a header, becomes one that lasts 60 days', async () => {
  const responses = [
    await sandbox.graph('/access_token', { ...EXCHANGE, access_token: shortLived }),
    await sandbox.graph('/access_token', EXCHANGE, { headers: { authorization: `Bearer ${shortLived}` } }),
  ]

  for (const response of responses) {
    expect(await response.json()).toEqual({
      access_token: expect.stringMatching(/^IGAA/) as string,
      token_type: 'bearer',
      expires_in: LIFETIME,
    })
    expect(response.headers.get('x-app-usage')).toContain('call_count')
  }
})

test.for<[string, Record<string, string>, object]>([
  ['a wrong secret', { client_secret: 'wrong' }, { message: 'Error validating client secret.', code: 100 }],
  ['an unknown token', { access_token: 'IGAAunknown' }, CANNOT_PARSE],
  ['an unknown token whatever the secret', { access_token: 'x', client_secret: 'wrong' }, CANNOT_PARSE],
  ['no token', { access_token: '' }, CANNOT_PARSE],
  ['another grant type', { grant_type: 'ig_refresh_token' }, { code: 100 }],
  ['no grant type', { grant_type: '' }, { code: 100 }],
  [
    'a long-lived token',
    { access_token: longLived },
    { message: expect.stringMatching(/^Session key invalid/) as string, code: 452 },
  ],
  [
    'the token of an app that read the wrong envelope',
    { access_token: 'undefined' },
    { message: 'Unsupported request - method type: get', type: 'IGApiException', code: 100 },
  ],
])('the long-lived exchange with %s is refused', async ([, change, error]) => {
  const response = await sandbox.graph('/access_token', { ...EXCHANGE, access_token: shortLived, ...change })

  expect(await errorOf(response)).toMatchObject(error)
})

test('an expired token is refused everywhere, with both times and without a subcode', async () => {
  await using own = await startTestSandbox()
  const access_token = await own.shortLivedToken()
  own.pass(HOUR_MS)

  for (const response of [await own.exchangeForLongLived(access_token), await own.me(access_token)])
    expect(await errorOf(response)).toMatchObject({
      message:
        'Error validating access token: Session has expired on Monday, 23-Nov-26 05:00:00 PST. ' +
        'The current time is Monday, 23-Nov-26 05:00:00 PST.',
      code: 190,
    })
})

test.for(['/access_token', '/refresh_access_token', '/v26.0/me', '/v26.0/me/media'])(
  'a POST to %s is refused',
  async (path) => {
    const response = await sandbox.graph(path, EXCHANGE, { method: 'POST' })

    expect(await errorOf(response)).toMatchObject({
      message: 'Unsupported request - method type: post',
      type: 'IGApiException',
      code: 100,
    })
  },
)

test('a token that is a day old is refreshed, and the old one keeps its expiry', async () => {
  await using own = await startTestSandbox()
  const old = await own.longLivedToken()
  own.pass(DAY_MS - 1000)
  const early = await own.refresh(old)
  own.pass(1000)

  const fresh = (await (await own.refresh(old)).json()) as { access_token: string }

  expect((await errorOf(early)).code).toBe(10)
  expect(fresh).toMatchObject({ token_type: 'bearer', expires_in: LIFETIME })
  expect(fresh.access_token).not.toBe(old)
  expect((await own.me(old)).status).toBe(200)
  own.pass(LIFETIME * 1000 - DAY_MS)
  expect((await own.me(old)).status).toBe(400)
  expect((await errorOf(await own.refresh(old))).message).toContain('Session has expired on')
  expect((await own.me(fresh.access_token)).status).toBe(200)
})

test('a refresh every 50 days keeps a token valid for a year', async () => {
  await using own = await startTestSandbox()
  let token = await own.longLivedToken()

  for (let refreshes = 0; refreshes < 7; refreshes += 1) {
    own.pass(50 * DAY_MS)
    token = await tokenOf(await own.refresh(token))
  }
  own.pass(15 * DAY_MS)

  expect((await own.me(token)).status).toBe(200)
})

test('the refresh of a short-lived token, of an unknown one, or without the grant type is refused', async () => {
  const short = await errorOf(await sandbox.refresh(shortLived))
  const unknown = await errorOf(await sandbox.refresh('IGAAunknown'))
  const noGrant = await errorOf(await sandbox.graph('/refresh_access_token', { access_token: longLived }))

  expect(short.message).toMatch(/^Session key invalid/)
  expect(unknown).toMatchObject(CANNOT_PARSE)
  expect(noGrant).toMatchObject({
    message: 'Invalid parameter: grant_type must be ig_refresh_token',
    code: 100,
  })
})

test('the profile has both ids as text', async () => {
  const access_token = await sandbox.longLivedToken('creator')

  const response = await sandbox.graph('/v26.0/me', { fields: ALL_FIELDS, access_token })

  expect(await response.json()).toEqual({
    id: '25081994730615283',
    user_id: '17841465209137453',
    username: 'mira.draws',
    name: 'Mira Lindqvist ✏️',
    account_type: 'MEDIA_CREATOR',
    profile_picture_url: `${sandbox.origin}/pictures/creator.png`,
    followers_count: 98207,
    follows_count: 611,
    media_count: 1046,
  })
  expect(response.headers.get('x-business-use-case-usage')).toContain('17841465209137453')
})

test('the profile has only the requested fields, and always the id', async () => {
  const headers = { authorization: `Bearer ${shortLived}` }

  const some = await sandbox.graph('/v21.0/me', { fields: 'user_id,username' }, { headers })
  const none = await sandbox.graph('/v27.0/me', {}, { headers })

  expect(await some.text()).toBe('{"user_id":"17841403815449847","username":"harbour.bakery","id":"27640875392278831"}')
  expect(await none.json()).toEqual({ id: '27640875392278831' })
})

test('the profile and posts are refused without a token, and so are fields that they do not have', async () => {
  const fieldsOf = (path: string, fields: string) => sandbox.graph(path, { fields, access_token: longLived })

  for (const path of ['/v26.0/me', '/v26.0/me/media'])
    expect(await errorOf(await sandbox.graph(path, {}))).toMatchObject(CANNOT_PARSE)
  for (const fields of ['id,email', 'toString'])
    expect((await errorOf(await fieldsOf('/v26.0/me', fields))).code).toBe(100)
  expect((await errorOf(await fieldsOf('/v26.0/me/media', 'followers_count'))).message).toBe(
    '(#100) Tried accessing nonexisting field (followers_count) on node type (IGMedia)',
  )
})

test.for([
  ...['/v20.0/me', '/v20.0/me/media', '/v99.0/me', '/v99.0/me/media', '/v26.1/me', '/v26/me', '/26.0/me'],
  ...['/v26.0/access_token', '/v26.0/nothing', '/nothing', '/me/nothing', '/oauth/nothing'],
])('the path %s is unknown', async (path) => {
  const response = await sandbox.graph(path, { ...EXCHANGE, access_token: shortLived })

  expect(await errorOf(response)).toMatchObject({ message: `Unknown path components: ${path}`, code: 2500 })
})

test('posts have the requested fields and the id, the newest first, with pictures', async () => {
  const fields = 'caption,media_type,media_url,permalink,timestamp'

  const response = await sandbox.graph('/v26.0/me/media', { fields, access_token: longLived })

  const { data } = (await response.json()) as { data: Record<string, string>[] }
  expect(data).toHaveLength(4)
  expect(Object.keys(data[0] ?? {}).toSorted()).toEqual([...fields.split(','), 'id'].toSorted())
  expect(data[0]).toMatchObject({ caption: 'Out of the oven.', timestamp: '2026-11-23T07:00:00+0000' })
  const times = data.map(({ timestamp = '' }) => Date.parse(timestamp))
  expect(times).toEqual(times.toSorted((a, b) => b - a))
  const urls = data.flatMap(({ media_url }) => media_url ?? [])
  expect(urls).toHaveLength(3)
  for (const url of urls) expect((await fetch(url)).headers.get('content-type')).toBe('image/png')
  expect((await fetch(`${sandbox.origin}/posts/business/4.png`)).status).toBe(404)
  expect((await fetch(`${sandbox.origin}/posts/nobody/0.png`)).status).toBe(404)
})

test('without a version in the path the profile and posts are the same, and recorded', async () => {
  await using own = await startTestSandbox()
  const access_token = own.dashboardToken('business')
  const get = async (path: string, fields: string) => {
    const response = await own.graph(path, { fields, access_token })
    expect(response.headers.get('x-app-usage')).toContain('call_count')
    return response.json()
  }

  const profiles = [await get('/me', 'username,account_type'), await get('/v27.0/me', 'username,account_type')]
  const posts = [await get('/me/media', 'caption'), await get('/v27.0/me/media', 'caption')]

  expect(profiles[0]).toEqual(profiles[1])
  expect(profiles[0]).toMatchObject({ username: 'harbour.bakery' })
  expect(posts[0]).toMatchObject({ data: [{ caption: 'Out of the oven.' }, {}, {}, {}] })
  expect(posts[0]).toMatchObject({ data: (posts[1] as { data: unknown }).data })
  expect(own.calls.map(({ endpoint }) => endpoint)).toEqual(['me', 'me', 'media', 'media'])
})

test('a version is served until its last day is over', async () => {
  let now = new Date('2027-01-21T23:59:59Z')
  await using own = await startTestSandbox({ now: () => now })
  const access_token = own.dashboardToken('business')
  const before = await own.graph('/v21.0/me', { access_token })
  now = new Date('2027-01-22T00:00:00Z')

  const after = await own.graph('/v21.0/me', { access_token })

  expect(before.status).toBe(200)
  expect(await errorOf(after)).toMatchObject({ message: 'Unknown path components: /v21.0/me', code: 2500 })
  expect((await own.graph('/v22.0/me', { access_token })).status).toBe(200)
})

test.for(['method', 'callback', 'date_format'])('v27.0 refuses the parameter %s, and v26.0 does not', async (name) => {
  const ask = (path: string) => sandbox.graph(path, { [name]: 'get', access_token: longLived })

  for (const path of ['/v27.0/me', '/v27.0/me/media', '/me'])
    expect(await errorOf(await ask(path))).toMatchObject({
      message: expect.stringContaining(name) as string,
      code: 100,
    })
  expect((await ask('/v26.0/me')).status).toBe(200)
})

const USUAL_FIELDS = 'id,caption,media_type,media_url,permalink,thumbnail_url,timestamp,username'

test('posts are pictures, an album and a video, each with the fields that it has', async () => {
  const fields = `${USUAL_FIELDS},children{id,media_type,media_url}`

  const response = await sandbox.graph('/me/media', { fields, access_token: longLived })

  const { data } = (await response.json()) as { data: Record<string, unknown>[] }
  expect(data.map(({ media_type }) => media_type)).toEqual(['IMAGE', 'CAROUSEL_ALBUM', 'VIDEO', 'IMAGE'])
  expect(Object.keys(data[0] ?? {})).toEqual(USUAL_FIELDS.split(',').filter((field) => field !== 'thumbnail_url'))
  expect(data[1]?.['children']).toEqual({
    data: [1, 2, 3, 4].map((position) => ({
      id: `178414038154498472${position}`,
      media_type: 'IMAGE',
      media_url: `${sandbox.origin}/posts/business/${position - 1}.png`,
    })),
  })
  expect(data[2]).toMatchObject({ thumbnail_url: `${sandbox.origin}/posts/business/2.png` })
})

test('an edge without braces has the ids of its nodes', async () => {
  const response = await sandbox.graph('/me/media', { fields: 'children,caption', access_token: longLived })

  const { data } = (await response.json()) as { data: { children?: { data: { id: string }[] } }[] }
  expect(data[1]?.children?.data.map((child) => Object.keys(child))).toEqual(Array(4).fill(['id']))
})

test.for([
  ['id?access_token=x', '(#100) Tried accessing nonexisting field (id?access_token=x) on node type (IGMedia)', 100],
  ['children{id,email}', '(#100) Tried accessing nonexisting field (email) on node type (IGMedia)', 100],
  ['id,children{id', 'Syntax error "Expected end of string instead of "{"." at character 12: id,children{id', 2500],
  ['id}', 'Syntax error "Expected end of string instead of "}"." at character 3: id}', 2500],
  [
    'children{id}caption',
    'Syntax error "Expected end of string instead of "{"." at character 9: children{id}caption',
    2500,
  ],
  ['id,,caption', 'Syntax error "Expected end of string instead of ","." at character 4: id,,caption', 2500],
] as const)('the fields %s are refused', async ([fields, message, code]) => {
  const response = await sandbox.graph('/me/media', { fields, access_token: longLived })

  expect(await errorOf(response)).toMatchObject({ message, code })
})

interface Page {
  data: { id: string }[]
  paging?: { cursors: object; next?: string; previous?: string }
}

test('posts come in pages, which lead to each other', async () => {
  const all = await pageAt(`${sandbox.graphUrl}/v27.0/me/media?access_token=${longLived}`)
  const first = await pageAt(`${sandbox.graphUrl}/v27.0/me/media?fields=caption&limit=3&access_token=${longLived}`)
  const last = await pageAt(first.paging?.next ?? '')
  const again = await pageAt(last.paging?.previous ?? '')

  expect([...first.data, ...last.data].map(({ id }) => id)).toEqual(all.data.map(({ id }) => id))
  expect([first.data.length, last.data.length]).toEqual([3, 1])
  expect(first.paging?.next).toMatch(/\/v27\.0\/me\/media\?.*after=/)
  expect(last.data[0]).toHaveProperty('caption')
  expect([all.paging?.next, first.paging?.previous, last.paging?.next]).toEqual([undefined, undefined, undefined])
  expect(again).toEqual(first)
})

test('behind the last post there is an empty page, and a limit is a number', async () => {
  const all = await pageAt(`${sandbox.graphUrl}/me/media?access_token=${longLived}`)
  const { after } = all.paging?.cursors as { after: string }

  expect(await pageAt(`${sandbox.graphUrl}/me/media?after=${after}&access_token=${longLived}`)).toEqual({ data: [] })
  for (const limit of ['0', '-1', 'all'])
    expect((await errorOf(await sandbox.graph('/me/media', { limit, access_token: longLived }))).code).toBe(100)
  expect((await sandbox.graph('/me/media', { limit: '1000', access_token: longLived })).status).toBe(200)
})

async function pageAt(address: string): Promise<Page> {
  return (await (await fetch(address)).json()) as Page
}

const REVOKED = {
  message: `Error validating access token: The user has not authorized application ${APP.clientId}.`,
  type: 'OAuthException',
  code: 190,
  error_subcode: 458,
}

const LOSSES: [string, 'revoke' | 'changePassword' | 'takePermission', object][] = [
  ['a person removed the app', 'revoke', REVOKED],
  [
    'a person changed their password',
    'changePassword',
    {
      message:
        'Error validating access token: The session has been invalidated because the user changed their password or Facebook has changed the session for security reasons.',
      type: 'OAuthException',
      code: 190,
    },
  ],
  [
    'Instagram took the permission',
    'takePermission',
    { message: 'Application does not have permission for this action', type: 'IGApiException', code: 10 },
  ],
]

test.for(LOSSES)('after %s, only their tokens of later logins are good', async ([, lose, error]) => {
  await using own = await startTestSandbox()
  const other = await own.longLivedToken('creator')
  const long = await own.longLivedToken()
  own.pass(DAY_MS)
  const refreshed = await tokenOf(await own.refresh(long))
  const short = await own.shortLivedToken()
  const code = await own.allow()

  own[lose]('business')

  const ofCode = await tokenOf(await own.exchange(code))
  const fresh = await own.longLivedToken()
  for (const response of [
    await own.me(long),
    await own.me(refreshed),
    await own.me(short),
    await own.refresh(long),
    await own.exchangeForLongLived(short),
    await own.exchangeForLongLived(ofCode),
  ]) {
    expect(response.status).toBe(400)
    expect(await graphErrorOf(response)).toEqual(error)
  }
  own.pass(DAY_MS)
  for (const response of [await own.me(other), await own.me(fresh), await own.refresh(fresh)])
    expect(response.status).toBe(200)
})

test('a removed app replaces a lost permission, and nothing replaces a removed app', async () => {
  await using own = await startTestSandbox()
  const token = await own.longLivedToken()

  own.takePermission('business')
  own.revoke('business')
  own.changePassword('business')
  own.takePermission('business')

  expect(await graphErrorOf(await own.me(token))).toEqual(REVOKED)
})

test('the error of an expired token comes before that of a lost one', async () => {
  await using own = await startTestSandbox()
  const token = await own.longLivedToken()
  own.takePermission('business')

  own.pass(60 * DAY_MS)

  expect((await graphErrorOf(await own.refresh(token))).message).toContain('Session has expired on')
})

test.for(['revoke', 'changePassword', 'takePermission', 'dashboardToken', 'tell', 'signedRequest'] as const)(
  'a test that calls %s for an unknown user, or for one who cannot log in, gets an error',
  (method) => {
    for (const user of ['busines', 'personal', 'outsider', ''])
      expect(() => {
        sandbox[method as 'revoke'](user)
      }).toThrow(/no professional person/)
  },
)

test('the dashboard issues a long-lived token of any age without a login', async () => {
  await using own = await startTestSandbox()
  const token = own.dashboardToken('creator')
  const aged = own.dashboardToken('business', DAY_MS)
  const expired = own.dashboardToken('business', 60 * DAY_MS)

  expect(token).toMatch(/^IGAA/)
  expect(await (await own.me(token)).json()).toMatchObject({ user_id: '17841465209137453' })
  expect(own.calls.map(({ endpoint }) => endpoint)).toEqual(['me'])
  expect((await graphErrorOf(await own.exchangeForLongLived(token))).message).toMatch(/^Session key invalid/)
  expect(await graphErrorOf(await own.refresh(token))).toMatchObject({ code: 10 })
  expect((await own.refresh(aged)).status).toBe(200)
  expect((await graphErrorOf(await own.refresh(expired))).message).toContain('Session has expired on')
})

const LIMIT_REACHED = {
  message: '(#4) Application request limit reached',
  type: 'OAuthException',
  is_transient: true,
  code: 4,
}

test('a throttled app is refused its next calls of any Graph endpoint, and then no more', async () => {
  sandbox.throttle(4)
  const refused = [
    await sandbox.me(longLived),
    await sandbox.refresh(longLived),
    await sandbox.exchangeForLongLived(shortLived),
    await sandbox.graph('/v26.0/me/media', { access_token: longLived }),
  ]
  const accepted = await sandbox.me(longLived)

  for (const response of refused) {
    const error = await graphErrorOf(response)
    expect(response.status).toBe(403)
    expect(error).toEqual(LIMIT_REACHED)
    expect(Object.keys(error)).toEqual(['message', 'type', 'is_transient', 'code'])
  }
  expect(accepted.status).toBe(200)
  sandbox.throttle(1000)
  sandbox.throttle(0)
  expect((await sandbox.me(longLived)).status).toBe(200)
})

test('the usage headers of a throttled call say when access is regained', async () => {
  sandbox.throttle(2)
  const usual = usageOf(await sandbox.me(longLived))
  sandbox.throttle(1, 42)
  const longer = usageOf(await sandbox.me(longLived))
  const after = usageOf(await sandbox.me(longLived))

  const usage = { type: 'instagram', call_count: 100, total_cputime: 1, total_time: 1 }
  expect(usual).toEqual({
    app: { call_count: 100, total_cputime: 1, total_time: 1 },
    business: { '17841403815449847': [{ ...usage, estimated_time_to_regain_access: 15 }] },
  })
  expect(longer.business).toMatchObject({ '17841403815449847': [{ estimated_time_to_regain_access: 42 }] })
  expect(after.app).toMatchObject({ call_count: 1 })
  expect(after.business).toMatchObject({ '17841403815449847': [{ estimated_time_to_regain_access: 0 }] })
})

test('code exchanges and pictures are not throttled', async () => {
  const code = await sandbox.allow()

  sandbox.throttle(1)
  const exchange = await sandbox.exchange(code)
  const picture = await fetch(`${sandbox.origin}/pictures/business.png`)

  expect([exchange.status, picture.status]).toEqual([200, 200])
  expect((await sandbox.me('x')).status).toBe(403)
})

test('an unknown token does not learn the usage of an account', async () => {
  const usage = usageOf(await sandbox.me('IGAAunknown'))
  sandbox.throttle(1)
  const throttled = usageOf(await sandbox.me('IGAAunknown'))

  expect(usage).toMatchObject({ app: { call_count: 1 }, business: null })
  expect(throttled).toMatchObject({ app: { call_count: 100 }, business: null })
})

test('a test can set the usage that responses report', async () => {
  await using own = await startTestSandbox()
  const token = own.dashboardToken('business')
  own.usage(97)

  for (const response of [await own.me(token), await own.me(token)]) {
    expect(response.status).toBe(200)
    expect(usageOf(response)).toMatchObject({
      app: { call_count: 97 },
      business: { '17841403815449847': [{ call_count: 97, estimated_time_to_regain_access: 0 }] },
    })
  }
})

/** The error of a response with status 400 and no fields but the usual: no subcode. */
async function errorOf(response: Response) {
  const error = await graphErrorOf(response)
  expect(response.status).toBe(400)
  expect(Object.keys(error)).toEqual(['message', 'type', 'code'])
  return error
}

function usageOf({ headers }: Response): { app: unknown; business: unknown } {
  return {
    app: JSON.parse(headers.get('x-app-usage') ?? 'null') as unknown,
    business: JSON.parse(headers.get('x-business-use-case-usage') ?? 'null') as unknown,
  }
}

import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import fc from 'fast-check'
import pino from 'pino'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { InstagramErrorKind } from '../../src/errors/catalogue/entry.ts'
import { InstagramError } from '../../src/errors/errors.ts'
import type { TokenResponse } from '../../src/instagram/responses.ts'
import type { FaultyResponse } from '../../src/sandbox/faults/fault.ts'
import { CLIENT_SECRET, closedOrigin, refusal, settingsFor, startClient, startRawServer, startWire } from './support.ts'

const wire = await startWire()
const { instagram, sandbox } = wire
afterAll(() => wire[Symbol.asyncDispose]())

let earlier = 0
beforeEach(() => {
  earlier = sandbox.calls.length
})

/** What arrived at the sandbox during this test. */
function calls() {
  return sandbox.calls.slice(earlier)
}

describe('an error of Instagram is read', () => {
  test('from api.instagram.com', async () => {
    const body = '{"error_type":"OAuthException","code":400,"error_message":"Invalid authorization code"}'
    sandbox.answerNext('token', { status: 400, body })

    const error = await refusal(instagram.exchangeCode('AQ'))

    const endpoint = `${sandbox.origin}/oauth/access_token`
    expect([error.kind, error.code]).toStrictEqual(['code_invalid', 'code_invalid'])
    expect(error.message).toBe(`code_invalid: ${endpoint} answered 400, “Invalid authorization code”`)
    expect(error.evidence).toEqual({
      endpoint,
      status: 400,
      contentType: 'application/json',
      type: 'OAuthException',
      code: 400,
      message: 'Invalid authorization code',
    })
    expect(error.cause).toBeUndefined()
  })

  test('without its control and bidi characters and line ends, which are escaped', async () => {
    const words = 'Invalid scopes\u001b[2J\r\n{"level":30} \u009b \u202emoc.live\u2066'
    sandbox.answerNext('me', { status: 400, body: JSON.stringify({ error: { message: words, fbtrace_id: words } }) })

    const error = await refusal(instagram.profile('IGAAx'))

    const escaped = 'Invalid scopes\\u001b[2J\\u000d\\u000a{"level":30} \\u009b \\u202emoc.live\\u2066'
    expect(error.code).toBe('invalid_scope')
    expect(error.message).toContain(`“${escaped}”`)
    expect(error.evidence).toMatchObject({ message: escaped, traceId: escaped })
  })

  test('from graph.instagram.com, with the usage of the limits', async () => {
    const said = { message: '(#4) Application request limit reached', type: 'OAuthException', code: 4 }
    const more = { error_subcode: 2207051, is_transient: false, fbtrace_id: 'GoyjxuQpQMG' }
    sandbox.answerNext('me', {
      status: 403,
      headers: { 'x-app-usage': '{"call_count":100}' },
      body: JSON.stringify({ error: { ...said, ...more } }),
    })

    const error = await refusal(instagram.profile('IGAAx'))

    expect([error.kind, error.code]).toStrictEqual(['refused', 'action_blocked'])
    expect(error.evidence).toEqual({
      endpoint: `${sandbox.origin}/v26.0/me`,
      status: 403,
      contentType: 'application/json',
      usage: { percent: 100, regainMs: 0 },
      ...said,
      subcode: 2207051,
      transient: false,
      traceId: 'GoyjxuQpQMG',
    })
  })

  test('from the classic API', async () => {
    const meta = { error_type: 'OAuthRateLimitException', code: 420, error_message: 'You have exceeded it.' }
    sandbox.answerNext('token', { status: 429, body: JSON.stringify({ meta }) })

    const error = await refusal(instagram.exchangeCode('AQ'))

    expect(error.code).toBe('throttled')
    expect(error.evidence).toMatchObject({ type: meta.error_type, code: 420, message: meta.error_message })
  })

  test('by its status where its words are unknown, and with 500 characters of them', async () => {
    const message = 'Never heard of. '.repeat(40)
    sandbox.answerNext('me', { status: 429, body: JSON.stringify({ error: { message, code: 100 } }) })

    const error = await refusal(instagram.profile('IGAAx'))

    expect(error.code).toBe('throttled')
    expect(error.evidence.message).toBe(message.slice(0, 500))
  })

  test('even with a token beside it, and with status 200', async () => {
    const said = { error_type: 'OAuthException', code: 400, error_message: 'Invalid platform app' }
    const body = JSON.stringify({ ...said, access_token: 'IGAAx', user_id: '27640875392278831' })
    sandbox.answerNext('token', { status: 200, body })

    const error = await refusal(instagram.exchangeCode('AQ'))

    expect(error.kind).toBe('app_misconfigured')
    expect(error.evidence).toMatchObject({ status: 200, code: 400 })
  })

  test.each([
    ['in the shape of the other host', '{"error_message":"Error validating access token","code":400}'],
    ['with its code as text', '{"error":{"code":"190","message":"Unheard of"}}'],
    ['with nothing but a message', '{"error":{"message":"Error validating access token: no"}}'],
    [
      'with a type that is no text',
      '{"error":{"message":"Error validating access token: no","type":{},"code":[],"fbtrace_id":7}}',
    ],
  ])('%s', async (_, body) => {
    sandbox.answerNext('long_lived', { status: 400, body })

    const error = await refusal(instagram.exchangeForLongLived('IGAAx'))

    expect(error.kind).toBe('token_invalid')
  })

  test.each([
    [
      'Instagram’s website',
      400,
      { message: 'checkpoint_required', status: 'fail' },
      'checkpoint',
      'checkpoint_required',
    ],
    ['Instagram’s website', 200, { message: 'Never seen', status: 'fail' }, 'unknown', 'Never seen'],
    ['no standard', 401, { message: 'Never seen' }, 'unknown', 'Never seen'],
    ['RFC 6749', 400, { error: 'invalid_grant', error_description: 'Bad code' }, 'code_invalid', 'Bad code'],
    ['RFC 6749', 200, { error: 'invalid_client' }, 'client_secret_wrong', 'invalid_client'],
    ['RFC 6749', 500, { error: 'Invalid platform app' }, 'invalid_platform_app', 'Invalid platform app'],
    [
      'Graph, with words for people',
      400,
      { error: { message: 'Denied', code: 4, error_user_title: 'action is blocked', error_user_msg: 'Denied' } },
      'action_blocked',
      'Denied – action is blocked',
    ],
  ])('in the shape of %s, with status %i', async (_, status, body, code, message) => {
    sandbox.answerNext('token', { status, body: JSON.stringify(body) })

    const error = await refusal(instagram.exchangeCode('AQ'))

    expect([error.code, error.evidence.message]).toStrictEqual([code, message])
    expect(error.message).toContain(`answered ${status}, “${message}”`)
  })

  test('from the sandbox itself', async () => {
    await using wrong = startClient({ ...settingsFor(sandbox.origin), clientSecret: 'not-the-secret' })
    await using stranger = startClient({ ...settingsFor(sandbox.origin), clientId: '4' })
    const code = await wire.authorize()

    const errors = [
      await refusal(wrong.exchangeCode(code)),
      await refusal(stranger.exchangeCode(code)),
      await refusal(instagram.exchangeCode('short')),
      await refusal(instagram.exchangeCode(`AQ${'x'.repeat(238)}`)),
    ]

    expect(errors.map(({ kind }) => kind)).toStrictEqual([
      'verification_failed',
      'app_misconfigured',
      'code_invalid',
      'code_used',
    ])
  })
})

describe('a response that Instagram is not known to send', () => {
  const HTML = '<!DOCTYPE html><html lang="en"><title>Instagram</title><p>Sorry, this page isn’t available.</html>'
  const TOKEN = '{"access_token":"IGAAx","user_id":27640875392278831,"permissions":[]}'
  test.each<[what: string, status: number, body: string | Buffer, kind: InstagramErrorKind]>([
    ['a page', 200, HTML, 'unreadable'],
    ['a page', 403, HTML, 'unreadable'],
    ['a page', 404, HTML, 'unreadable'],
    ['a page', 429, HTML, 'throttled'],
    ['a page', 500, HTML, 'unavailable'],
    ['nothing', 200, '', 'unreadable'],
    ['nothing', 204, '', 'unreadable'],
    ['nothing', 304, '', 'unreadable'],
    ['nothing', 400, '', 'unreadable'],
    ['nothing', 503, '', 'unavailable'],
    ['half a token response', 200, TOKEN.slice(0, 40), 'unreadable'],
    ['two token responses', 200, TOKEN + TOKEN, 'unreadable'],
    ['bytes that are no text', 200, Buffer.from('1f8b08000000000000ff', 'hex'), 'unreadable'],
    ['a form', 200, 'access_token=IGAAx&user_id=27640875392278831', 'unreadable'],
    ['half a million brackets', 200, '['.repeat(500_000) + ']'.repeat(500_000), 'unreadable'],
    ['null', 200, 'null', 'unreadable'],
    ['null', 400, 'null', 'refused'],
    ['a number', 200, '27640875392278831', 'unreadable'],
    ['text', 200, '"IGAAx"', 'unreadable'],
    ['an empty list', 200, '[]', 'unreadable'],
    ['a token response in a list', 200, `[${TOKEN}]`, 'unreadable'],
    ['an empty object', 200, '{}', 'unreadable'],
    ['an empty object', 401, '{}', 'refused'],
    ['an empty object', 429, '{}', 'throttled'],
    ['an error without words', 400, '{"error":{}}', 'refused'],
    ['an empty data list', 200, '{"data":[]}', 'unreadable'],
    ['a data list of null', 200, '{"data":[null]}', 'unreadable'],
    ['data that is no list', 200, `{"data":${TOKEN}}`, 'unreadable'],
    ['data in data', 200, `{"data":[{"data":[${TOKEN}]}]}`, 'unreadable'],
    ['a token response', 302, TOKEN, 'unreadable'],
    ['a token response', 400, TOKEN, 'refused'],
    ['a token response', 500, TOKEN, 'unavailable'],
    ['no token', 200, '{"user_id":27640875392278831}', 'unreadable'],
    ['an empty token', 200, '{"access_token":"","user_id":27640875392278831}', 'unreadable'],
    ['a token that is null', 200, '{"access_token":null,"user_id":27640875392278831}', 'unreadable'],
    ['a token that is a number', 200, '{"access_token":7,"user_id":27640875392278831}', 'unreadable'],
    ['a classic user without an id', 200, '{"access_token":"1.c.0","user":{"username":"a"}}', 'unreadable'],
    ['a classic user without a token', 200, '{"user":{"id":"1574083"}}', 'unreadable'],
    ['a classic user that is null', 200, '{"access_token":"1.c.0","user":null}', 'unreadable'],
  ])('(%s, status %i) is an error', async (_, status, body, kind) => {
    sandbox.answerNext('token', { status, contentType: 'text/html', body })

    const error = await refusal(instagram.exchangeCode('AQ'))

    const endpoint = `${sandbox.origin}/oauth/access_token`
    expect(error.kind).toBe(kind)
    expect(error.evidence).toEqual({ endpoint, status, contentType: 'text/html' })
    expect(error.message).toBe(`${error.code}: ${endpoint} answered ${status}`)
    expect(calls()).toHaveLength(1)
  })

  test.each([
    ['a page with status 403', { status: 403, contentType: 'text/html', body: HTML }, 'browser_forbidden'],
    ['no token', { body: '{"user_id":27640875392278831}' }, 'no_token_in_answer'],
    ['a classic response without a token', { body: '{"user":{"id":"1574083"}}' }, 'no_token_in_answer'],
  ])('(%s) has an explanation of its own', async (_, response, code) => {
    sandbox.answerNext('token', response)

    const error = await refusal(instagram.exchangeCode('AQ'))

    expect(error.code).toBe(code)
  })

  test('is not followed elsewhere, and takes neither a token nor the secret there', async () => {
    const statuses = [301, 302, 303, 307, 308]
    for (const status of statuses)
      sandbox.answerNext('long_lived', {
        status,
        headers: { location: `${sandbox.origin}/v26.0/me` },
        body: '',
      })

    const kinds: string[] = []
    while (kinds.length < statuses.length) kinds.push((await refusal(instagram.exchangeForLongLived('IGAAx'))).kind)

    expect(new Set(kinds)).toStrictEqual(new Set(['unreadable']))
    expect(calls().map(({ endpoint }) => endpoint)).toStrictEqual(statuses.map(() => 'long_lived'))
  })

  /** Values that come near a token response: the right names, with anything in them. */
  const nearly = fc.record(
    {
      access_token: fc.oneof(fc.string(), fc.jsonValue()),
      user_id: fc.oneof(fc.maxSafeNat(), fc.integer(), fc.double(), fc.jsonValue()),
      permissions: fc.oneof(fc.array(fc.string()), fc.string(), fc.jsonValue()),
      expires_in: fc.oneof(fc.maxSafeNat(), fc.double(), fc.string(), fc.jsonValue()),
      user: fc.oneof(fc.record({ id: fc.oneof(fc.nat(), fc.jsonValue()), username: fc.jsonValue() }), fc.jsonValue()),
      error: fc.oneof(fc.record({ message: fc.string(), code: fc.jsonValue(), type: fc.jsonValue() }), fc.jsonValue()),
      error_message: fc.jsonValue(),
      meta: fc.jsonValue(),
    },
    { requiredKeys: [] },
  )
  const bodies = fc.oneof(
    fc.jsonValue().map((value) => JSON.stringify(value)),
    nearly.map((value) => JSON.stringify(value)),
    nearly.map((value) => JSON.stringify({ data: [value] })),
    fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
  )
  const statuses = fc.constantFrom(200, 200, 200, 201, 204, 302, 304, 400, 401, 403, 404, 429, 500, 503)

  test('is a token or one of our errors, whatever it is', async () => {
    const anyResponse = fc.asyncProperty(statuses, bodies, async (status, body) => {
      sandbox.answerNext('token', { status, body })
      const outcome: unknown = await instagram.exchangeCode('AQ').catch((error: unknown) => error)
      expect(outcome instanceof InstagramError || isWellFormed(outcome as TokenResponse)).toBe(true)
    })

    await fc.assert(anyResponse, { numRuns: 150 })
  })
})

function isWellFormed({ token, userId, permissions }: TokenResponse): boolean {
  const end = token.expiresAt
  return (
    token.accessToken !== '' &&
    (userId === null || /^\d+$/.test(userId)) &&
    (permissions === null || permissions.every((scope) => typeof scope === 'string')) &&
    (end === null || end > token.obtainedAt)
  )
}

// As long as the real ones; the classic code is of 2010 to 2020, when they were 32 hexadecimal digits.
const CODE = `AQ${randomBytes(179).toString('base64url')}`
const CLASSIC_CODE = randomBytes(16).toString('hex')
const TOKEN = `IGAA${randomBytes(125).toString('hex')}`
const SECRETS = { CODE, CLASSIC_CODE, TOKEN, CLIENT_SECRET }

/** Responses that hold a secret where only a careless reader would repeat it. */
const ECHOES: readonly (readonly [where: string, response: (secret: string) => FaultyResponse])[] = [
  ['half a token response', (secret) => ({ body: `{"access_token":"${secret}","user_id":2764` })],
  ['the first word of no JSON', (secret) => ({ body: `${secret} is what you sent` })],
  ['JSON of another shape', (secret) => json(200, { token: secret, user_id: secret })],
  ['a name in an object', (secret) => json(200, { [secret]: { [secret]: secret } })],
  ['values of another type', (secret) => json(200, { access_token: [secret], user_id: secret })],
  ['an id', (secret) => json(200, { access_token: [secret], user_id: secret, id: [secret], expires_in: 'x' })],
  ['a scope', (secret) => json(200, { user_id: [], permissions: [[secret]], expires_in: secret })],
  ['bare JSON text', (secret) => json(200, secret)],
  ['a page', (secret) => ({ status: 403, contentType: 'text/html', body: `<p>${secret}</p>` })],
  ['a page of a broken server', (secret) => ({ status: 500, contentType: 'text/html', body: secret })],
  ['the address of a redirect', (secret) => ({ status: 302, headers: { location: `/?${secret}` }, body: secret })],
  ['a cookie', (secret) => ({ status: 400, headers: { 'set-cookie': `c=${secret}` }, body: '{}' })],
  ['the message of the exchange', (secret) => json(400, { error_message: `Malformed: ${secret}.` })],
  ['the message of the Graph API', (secret) => json(400, { error: { message: `Malformed ${secret}` } })],
  ['the message of the classic API', (secret) => json(400, { meta: { error_message: `“${secret}” is` } })],
  ['the message of Instagram’s website', (secret) => json(400, { message: `no ${secret}`, status: 'fail' })],
  ['an error of RFC 6749', (secret) => json(400, { error: secret, error_description: `no ${secret}` })],
  ['the title for people', (secret) => json(400, { error: { error_user_title: secret, error_user_msg: secret } })],
  [
    'a message, twice and within an address',
    (secret) => json(400, { error: { message: `https://x.example/?a=${secret}&b=${secret}#_` } }),
  ],
  [
    'the type and the trace of an error',
    (secret) => json(400, { error: { message: 'No.', type: secret, fbtrace_id: secret, code: 100 } }),
  ],
  ['the content type', (secret) => ({ status: 400, contentType: `application/json; echo=${secret}`, body: '{}' })],
]

describe('no error repeats a secret', () => {
  test.each(ECHOES)('that a response repeats in %s', async (_, echo) => {
    const leaks: string[] = []
    for (const [name, secret] of Object.entries(SECRETS)) {
      sandbox.answerNext('token', echo(secret))
      const code = name === 'CLASSIC_CODE' ? CLASSIC_CODE : CODE
      if (holds(await refusal(instagram.exchangeCode(code)), secret)) leaks.push(name)
    }
    for (const secret of [TOKEN, CLIENT_SECRET]) {
      sandbox.answerNext('long_lived', echo(secret))
      if (holds(await refusal(instagram.exchangeForLongLived(TOKEN)), secret)) leaks.push('long-lived')
    }

    expect(leaks).toStrictEqual([])
  })

  test.each([
    ['a broken chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nno size\r\n'],
    ['a chunk longer than it said', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}'],
    ['a malformed header', 'HTTP/1.1 200 OK\r\nno header '],
    ['no HTTP at all', ''],
    ['headers without end', `HTTP/1.1 200 OK\r\nx-long: ${'x'.repeat(200_000)}`],
    ['a length that was too long', 'HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n'],
  ])('that comes with %s', async (_, response) => {
    await using server = await startRawServer(`${response}{"access_token":"${TOKEN}","user_id":27640875392278831}\r\n`)
    await using client = startClient(settingsFor(server.origin))

    const error = await refusal(client.exchangeCode(CODE))

    expect(holds(error, TOKEN)).toBe(false)
  })

  const body = TOKEN.repeat(10_000)

  test.each<[what: string, origin: () => Promise<string>, response: FaultyResponse | undefined]>([
    ['a reset connection', () => Promise.resolve(sandbox.origin), { fault: 'reset' }],
    ['a response that breaks off', () => Promise.resolve(sandbox.origin), { fault: 'truncated' }],
    ['a response that is too large', () => Promise.resolve(sandbox.origin), { body }],
    ['a refusal', () => Promise.resolve(sandbox.origin), undefined],
    ['a refused connection', closedOrigin, undefined],
    ['a host that does not exist', () => Promise.resolve('http://nowhere.invalid'), undefined],
  ])('that was sent before %s', async (_, origin, response) => {
    await using client = startClient(settingsFor(await origin()))
    if (response) for (const endpoint of ['token', 'long_lived', 'me'] as const) sandbox.answerNext(endpoint, response)

    const errors = [
      await refusal(client.exchangeCode(CODE)),
      await refusal(client.exchangeForLongLived(TOKEN)),
      await refusal(client.profile(TOKEN)),
    ]

    const leaks = Object.values(SECRETS).filter((secret) => errors.some((error) => holds(error, secret)))
    expect(leaks).toHaveLength(0)
  })
})

function json(status: number, value: unknown): FaultyResponse {
  return { status, body: JSON.stringify(value) }
}

/** Whether eight characters in a row of the secret are anywhere in what the error shows or in what the log would write. */
function holds(error: Error, secret: string): boolean {
  const whole = { depth: Infinity, maxStringLength: Infinity, maxArrayLength: Infinity, showHidden: true }
  const shown = inspect(error, whole) + JSON.stringify(pino.stdSerializers.errWithCause(error))
  return Array.from({ length: secret.length - 7 }, (_, start) => secret.slice(start, start + 8)).some((piece) =>
    shown.includes(piece),
  )
}

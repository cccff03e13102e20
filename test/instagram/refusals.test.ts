import { describe, expect, test } from 'vitest'
import type { FailureName } from '../../src/instagram/catalogue/catalogue.ts'
import type { Evidence, InstagramFailure } from '../../src/instagram/failure.ts'
import { refusal, startWire } from './support.ts'

/** What Instagram says, recorded or documented, and what it is to us. */
interface Refused {
  message: string
  /** What is done about it. */
  failure: InstagramFailure
  /** Its entry in the catalogue. */
  reason: FailureName
  /** 400 unless recorded otherwise. */
  status?: number
  code?: number
  type?: string
  /** Beside the rest, as it is spelled on the wire. */
  more?: Record<string, unknown>
}

const BY_EXCHANGE: readonly Refused[] = [
  { message: 'Matching code was not found or was already used', failure: 'code_used', reason: 'code_used' },
  { message: 'Matching code was not found or was already used.', failure: 'code_used', reason: 'code_used' },
  { message: 'No matching code found.', failure: 'code_used', reason: 'code_used' },
  { message: 'This authorization code has been used', failure: 'code_used', reason: 'code_used' },
  { message: 'This authorization code has expired', failure: 'code_expired', reason: 'code_expired' },
  { message: 'Invalid authorization code', failure: 'code_invalid', reason: 'code_invalid' },
  {
    message:
      'Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request',
    failure: 'verification_failed',
    reason: 'verification_failed',
  },
  { message: 'Invalid platform app', failure: 'app_misconfigured', reason: 'invalid_platform_app' },
  { message: 'Invalid redirect_uri', failure: 'app_misconfigured', reason: 'redirect_uri_mismatch' },
  { message: 'Missing required field client_id', failure: 'app_misconfigured', reason: 'missing_field' },
  { message: 'Invalid scope field(s): b,a,s,i,c', failure: 'app_misconfigured', reason: 'invalid_scope' },
  { message: 'Invalid Client ID', failure: 'app_misconfigured', reason: 'invalid_platform_app' },
  {
    message: "Redirect URI doesn't match original redirect URI",
    failure: 'app_misconfigured',
    reason: 'redirect_uri_mismatch',
  },
  {
    message: 'Redirect URI does not match registered redirect URI',
    failure: 'app_misconfigured',
    reason: 'redirect_uri_mismatch',
  },
  {
    message: 'You must include a valid client_id, response_type, and redirect_uri parameters',
    failure: 'app_misconfigured',
    reason: 'missing_field',
  },
  { message: 'Insufficient developer role', failure: 'not_permitted', reason: 'insufficient_developer_role' },
  { message: 'Insufficient Developer Role', failure: 'not_permitted', reason: 'insufficient_developer_role' },
  {
    message: 'You have exceeded the maximum number of requests per hour. …',
    code: 420,
    type: 'OAuthRateLimitException',
    failure: 'throttled',
    reason: 'throttled',
  },
  {
    message: 'You have exceeded the maximum number of requests per hour. …',
    status: 429,
    code: 420,
    type: 'OAuthRateLimitException',
    failure: 'throttled',
    reason: 'throttled',
  },
  {
    message: 'implicit authentication is disabled',
    status: 403,
    code: 403,
    type: 'OAuthForbiddenException',
    failure: 'refused',
    reason: 'implicit_disabled',
  },
  { message: 'Something that nobody has recorded yet', failure: 'refused', reason: 'unknown' },
  {
    message: 'Something that nobody has recorded yet',
    status: 429,
    failure: 'throttled',
    reason: 'throttled',
  },
  {
    message: 'Something that nobody has recorded yet',
    status: 500,
    code: 500,
    failure: 'unavailable',
    reason: 'temporary_failure',
  },
]

const BY_GRAPH: readonly Refused[] = [
  {
    message:
      'Error validating access token: Session has expired on Tuesday, 28-Sep-21 03:00:00 PDT. The current time is Friday, 08-Oct-21 23:50:19 PDT.',
    code: 190,
    more: { fbtrace_id: 'AaauHBIaCwjNFlnZ_qsZC07' },
    failure: 'token_invalid',
    reason: 'token_expired',
  },
  {
    message:
      'Error validating access token: The session has been invalidated because the user changed their password or Facebook has changed the session for security reasons.',
    code: 190,
    more: { fbtrace_id: 'AcIOG4kOlL7jyZ-Oj14Vede' },
    failure: 'token_invalid',
    reason: 'session_invalidated',
  },
  {
    message: 'Unsupported request - method type: get',
    type: 'IGApiException',
    code: 100,
    more: { fbtrace_id: 'AQ7NjdFzWnGXbtJJ9cS7ukc' },
    failure: 'not_permitted',
    reason: 'unsupported_request',
  },
  {
    message: 'Application does not have permission for this action',
    type: 'IGApiException',
    code: 10,
    more: { fbtrace_id: 'AJ7la3EDQU1C__Nd1DXukSR' },
    failure: 'not_permitted',
    reason: 'permission_missing',
  },
  {
    message: 'Invalid OAuth access token - Cannot parse access token',
    code: 190,
    failure: 'token_invalid',
    reason: 'token_unparseable',
  },
  {
    message: 'Session key invalid. This could be because …',
    code: 452,
    failure: 'already_long_lived',
    reason: 'already_long_lived',
  },
  {
    message: 'Error validating client secret.',
    code: 100,
    failure: 'app_misconfigured',
    reason: 'client_secret_wrong',
  },
  {
    message: 'Error validating application. Invalid application ID.',
    code: 101,
    more: { fbtrace_id: 'CvDR+X4WWIx' },
    failure: 'app_misconfigured',
    reason: 'invalid_application_id',
  },
  {
    message:
      "Unsupported get request. Object with ID '17841403815449847' does not exist, cannot be loaded due to missing permissions, or does not support this operation",
    type: 'IGApiException',
    code: 100,
    more: { error_subcode: 33, fbtrace_id: 'A1' },
    failure: 'refused',
    reason: 'object_missing',
  },
  {
    message: 'The user has not authorized application.',
    code: 190,
    more: { error_subcode: 458 },
    failure: 'token_invalid',
    reason: 'app_removed',
  },
  { message: 'A session of another time', code: 102, failure: 'token_invalid', reason: 'token_invalid' },
  {
    message: 'Unsupported request - method type: post',
    type: 'IGApiException',
    code: 100,
    failure: 'refused',
    reason: 'method_refused',
  },
  {
    message: 'A permission that is missing',
    code: 10,
    failure: 'not_permitted',
    reason: 'permission_missing',
  },
  {
    message: 'A permission that is missing',
    code: 200,
    failure: 'not_permitted',
    reason: 'permission_missing',
  },
  {
    message: 'A permission that is missing',
    code: 299,
    failure: 'not_permitted',
    reason: 'permission_missing',
  },
  { message: 'Nothing that is known', code: 300, failure: 'refused', reason: 'unknown' },
  {
    message: '(#4) Application request limit reached',
    status: 403,
    code: 4,
    more: { is_transient: true, fbtrace_id: 'GoyjxuQpQMG' },
    failure: 'throttled',
    reason: 'throttled',
  },
  {
    message: '(#4) Application request limit reached',
    status: 403,
    code: 4,
    more: { is_transient: false, error_subcode: 2207051, error_user_title: 'action is blocked' },
    failure: 'refused',
    reason: 'action_blocked',
  },
  { message: 'User request limit reached', code: 17, failure: 'throttled', reason: 'throttled' },
  {
    message: 'Calls to this api have exceeded the rate limit',
    code: 613,
    failure: 'throttled',
    reason: 'throttled',
  },
  {
    message: 'There have been too many calls',
    status: 429,
    code: 80002,
    failure: 'throttled',
    reason: 'throttled',
  },
  {
    message: 'There have been too many calls',
    status: 429,
    code: 100,
    failure: 'throttled',
    reason: 'throttled',
  },
  {
    message: 'An unknown error has occurred.',
    code: 1,
    more: { is_transient: true },
    failure: 'unavailable',
    reason: 'temporary_failure',
  },
  {
    message: 'Service temporarily unavailable',
    code: 2,
    more: { is_transient: true },
    failure: 'unavailable',
    reason: 'temporary_failure',
  },
  {
    message: 'An unexpected error has occurred.',
    status: 500,
    code: 5000,
    failure: 'unavailable',
    reason: 'temporary_failure',
  },
  { message: 'What a 503 says', status: 503, code: 100, failure: 'unavailable', reason: 'temporary_failure' },
  { message: 'A setting that nobody knows', code: 100, failure: 'refused', reason: 'unknown' },
  { message: '開發人員角色不足', code: 100, failure: 'not_permitted', reason: 'insufficient_developer_role' },
]

const BY_CLASSIC: readonly Refused[] = [
  {
    message: 'The access_token provided is invalid.',
    type: 'OAuthAccessTokenException',
    failure: 'token_invalid',
    reason: 'token_invalid',
  },
  { message: 'Matching code was not found or was already used.', failure: 'code_used', reason: 'code_used' },
  { message: 'No matching code found.', failure: 'code_used', reason: 'code_used' },
  {
    message: 'You have exceeded the maximum number of requests per hour. …',
    status: 429,
    code: 420,
    type: 'OAuthRateLimitException',
    failure: 'throttled',
    reason: 'throttled',
  },
]

const named = '$reason is what status $status and “$message” say'
const withStatus = (refused: Refused) => ({ status: 400, type: 'OAuthException', ...refused })

describe('in the shape of api.instagram.com', () => {
  test.each(BY_EXCHANGE.map(withStatus))(
    named,
    async ({ status, type, code = 400, message, failure, reason }) => {
      await using wire = await startWire()
      const body = JSON.stringify({ error_type: type, code, error_message: message })
      wire.sandbox.answerNext('token', { status, body })

      const error = await refusal(wire.instagram.exchangeCode('AQ'))

      const endpoint = `${wire.sandbox.origin}/oauth/access_token`
      expect([error.failure, error.reason]).toStrictEqual([failure, reason])
      expect(error.evidence).toEqual(told({ endpoint, status, type, code, message }))
      expect(error.message).toBe(`${reason}: ${endpoint} answered ${status}, “${message}”`)
    },
  )
})

describe('in the shape of graph.instagram.com', () => {
  test.each(BY_GRAPH.map(withStatus))(
    `${named} (code $code)`,
    async ({ status, type, code, message, more, failure, reason }) => {
      await using wire = await startWire()
      wire.sandbox.answerNext('me', {
        status,
        body: JSON.stringify({ error: { message, type, code, ...more } }),
      })

      const error = await refusal(wire.instagram.profile('IGAAx'))

      const endpoint = `${wire.sandbox.origin}/v26.0/me`
      const { fbtrace_id: traceId, error_subcode: subcode, is_transient: transient } = more ?? {}
      expect([error.failure, error.reason]).toStrictEqual([failure, reason])
      expect(error.evidence).toEqual({
        ...told({ endpoint, status, type, code, message }),
        traceId,
        subcode,
        transient,
      })
    },
  )
})

describe('in the shape of the classic API', () => {
  test.each(BY_CLASSIC.map(withStatus))(
    named,
    async ({ status, type, code = 400, message, failure, reason }) => {
      await using wire = await startWire()
      const body = JSON.stringify({ meta: { error_type: type, code, error_message: message } })
      wire.sandbox.answerNext('token', { status, body })

      const error = await refusal(wire.instagram.exchangeCode('AQ'))

      const endpoint = `${wire.sandbox.origin}/oauth/access_token`
      expect([error.failure, error.reason]).toStrictEqual([failure, reason])
      expect(error.evidence).toEqual(told({ endpoint, status, type, code, message }))
    },
  )
})

describe('an error', () => {
  test('is one under status 200 too', async () => {
    await using wire = await startWire()
    const body = '{"error":{"message":"Cannot parse access token","type":"OAuthException","code":190}}'
    wire.sandbox.answerNext('me', { status: 200, body })

    const error = await refusal(wire.instagram.profile('IGAAx'))

    expect(error.failure).toBe('token_invalid')
    expect(error.evidence).toMatchObject({ status: 200, code: 190 })
  })

  test('is one even with a token beside it', async () => {
    await using wire = await startWire()
    const said = { error_type: 'OAuthException', code: 400, error_message: 'Invalid platform app' }
    const body = JSON.stringify({ ...said, access_token: 'IGAAx', user_id: '27640875392278831' })
    wire.sandbox.answerNext('token', { body })

    const error = await refusal(wire.instagram.exchangeCode('AQ'))

    expect(error.failure).toBe('app_misconfigured')
  })

  test.each([
    [
      'on the host of the Graph API',
      '{"error_type":"OAuthException","code":400,"error_message":"Error validating access token: no"}',
    ],
    [
      'with its keys in another order',
      '{"error_message":"Error validating access token: no","code":400,"error_type":"OAuthException"}',
    ],
    ['with its code as text', '{"error":{"code":"190","message":"Unheard of"}}'],
    ['with nothing but a message', '{"error":{"message":"Error validating access token: no"}}'],
    [
      'with a type that is no text',
      '{"error":{"message":"Error validating access token: no","type":{},"code":[],"fbtrace_id":7}}',
    ],
  ])('is read %s', async (_, body) => {
    await using wire = await startWire()
    wire.sandbox.answerNext('long_lived', { status: 400, body })

    const error = await refusal(wire.instagram.exchangeForLongLived('IGAAx'))

    expect(error.failure).toBe('token_invalid')
  })

  test('is recognised in what the sandbox itself says', async () => {
    await using wire = await startWire({ redirectUri: 'https://localhost:3000/response' })
    await using wrong = await startWire({ tokenUrl: wire.sandbox.tokenUrl, clientSecret: 'not-the-secret' })
    await using stranger = await startWire({ tokenUrl: wire.sandbox.tokenUrl, clientId: '4' })
    const code = await wire.authorize()

    const errors = [
      await refusal(wrong.instagram.exchangeCode(code)),
      await refusal(stranger.instagram.exchangeCode(code)),
      await refusal(wire.instagram.exchangeCode('short')),
      await refusal(wire.instagram.exchangeCode(`AQ${'x'.repeat(238)}`)),
    ]

    expect(errors.map(({ failure }) => failure)).toStrictEqual([
      'verification_failed',
      'app_misconfigured',
      'code_invalid',
      'code_used',
    ])
  })
})

function told(evidence: Omit<Evidence, 'contentType'>): Evidence {
  return { contentType: 'application/json', ...evidence }
}

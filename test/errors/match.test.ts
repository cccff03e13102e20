import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { InstagramErrorKind } from '../../src/errors/catalogue/entry.ts'
import { type InstagramErrorCode, instagramErrors } from '../../src/errors/catalogue.ts'
import { type ErrorFacts, type Matcher, matchersOf, matchInstagramError, matchPasted } from '../../src/errors/match.ts'

const CODES = Object.keys(instagramErrors) as InstagramErrorCode[]
const MATCHERS = CODES.flatMap((code) => matchersOf(code).map((matcher) => ({ code, matcher })))

/** The least that a response says which this matcher matches. */
function factsFor({ message, code, status, roundedId, ...rest }: Matcher): ErrorFacts {
  const last = (number: Matcher['code']) => (typeof number === 'object' ? number[1] : number)
  const id = roundedId ? '17841403815449848' : '17841403815449847'
  return { ...rest, message: message?.replace('…', id), code: last(code), status: last(status) }
}

test.each(MATCHERS)('$code is recognised by $matcher', ({ code, matcher }) => {
  expect(matchInstagramError(factsFor(matcher))).toBe(code)
})

test.each(MATCHERS.filter(({ matcher }) => matcher.message))(
  '$code is recognised by “$matcher.message” in any case, with any quotes, amid other words, and pasted',
  ({ code, matcher }) => {
    const { message = '' } = factsFor(matcher)

    const recognised = [
      message.toUpperCase(),
      `${message}.`,
      `Sorry!\n\n  ${message.replaceAll(' ', '\n')} (try again)`,
      message.replaceAll(/[‘’]/g, "'").replaceAll(/[“”]/g, '"'),
    ].map((text) => matchInstagramError({ message: text, code: 400 }))

    expect(new Set([...recognised, matchPasted(message)])).toStrictEqual(new Set([code]))
  },
)

test('every error of Instagram is recognised by something, but for those that no response says', () => {
  const unmatched = CODES.filter((code) => matchersOf(code).length === 0)

  expect(unmatched.sort()).toStrictEqual([
    'proxy_failed',
    'refresh_too_young',
    'timed_out',
    'too_large',
    'unknown',
    'unreachable',
    'unreadable',
  ])
})

/** What Instagram says in more words, or with other numbers, than the matcher has; recorded or documented. */
const RECORDED: [InstagramErrorCode, InstagramErrorKind, ErrorFacts][] = [
  ['code_used', 'code_used', exchangeError('Matching code was not found or was already used.')],
  [
    'verification_failed',
    'verification_failed',
    exchangeError(
      'Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request',
    ),
  ],
  ['invalid_scope', 'app_misconfigured', exchangeError('Invalid scope field(s): b,a,s,i,c')],
  ['redirect_uri_mismatch', 'app_misconfigured', exchangeError('Invalid Request: Invalid scrubbed redirect_uri')],
  [
    'throttled',
    'throttled',
    {
      message: 'You have exceeded the maximum number of requests per hour. …',
      status: 400,
      type: 'OAuthRateLimitException',
      code: 420,
    },
  ],
  ['unknown', 'refused', exchangeError('Something that nobody has recorded yet')],
  ['throttled', 'throttled', { ...exchangeError('Something that nobody has recorded yet'), status: 429 }],
  ['temporary_failure', 'unavailable', { ...exchangeError('Something that nobody has recorded yet'), status: 500 }],
  [
    'token_expired',
    'token_invalid',
    graphError(
      190,
      'Error validating access token: Session has expired on Tuesday, 28-Sep-21 03:00:00 PDT. The current time is Friday, 08-Oct-21 23:50:19 PDT.',
    ),
  ],
  [
    'session_invalidated',
    'token_invalid',
    graphError(
      190,
      'Error validating access token: The session has been invalidated because the user changed their password or Facebook has changed the session for security reasons.',
    ),
  ],
  ['token_unparseable', 'token_invalid', graphError(190, 'Invalid OAuth access token - Cannot parse access token')],
  [
    'token_invalid',
    'token_invalid',
    graphError(2500, 'An active access token must be used to query information about the current user.'),
  ],
  ['path_unknown', 'app_misconfigured', graphError(2500, 'Something that nobody has recorded yet')],
  ['already_long_lived', 'already_long_lived', graphError(452, 'Session key invalid. This could be because …')],
  [
    'invalid_application_id',
    'app_misconfigured',
    graphError(101, 'Error validating application. Invalid application ID.'),
  ],
  [
    'object_missing',
    'refused',
    {
      ...graphError(
        100,
        "Unsupported get request. Object with ID '17841403815449847' does not exist, cannot be loaded due to missing permissions, or does not support this operation",
      ),
      subcode: 33,
    },
  ],
  ['permission_missing', 'not_permitted', graphError(200, 'A permission that is missing')],
  ['permission_missing', 'not_permitted', graphError(299, 'A permission that is missing')],
  ['unknown', 'refused', graphError(300, 'Nothing that is known')],
  ['throttled', 'throttled', { ...graphError(4, '(#4) Application request limit reached'), transient: true }],
  [
    'action_blocked',
    'refused',
    { ...graphError(4, '(#4) Application request limit reached'), subcode: 2207051, transient: false },
  ],
  ['throttled', 'throttled', { ...graphError(100, 'There have been too many calls'), status: 429 }],
  ['temporary_failure', 'unavailable', { ...graphError(5000, 'An unexpected error has occurred.'), status: 500 }],
  ['unknown', 'refused', graphError(100, 'A setting that nobody knows')],
]

/** An error as api.instagram.com sends it. */
function exchangeError(message: string): ErrorFacts {
  return { message, status: 400, type: 'OAuthException', code: 400 }
}

/** An error as graph.instagram.com sends it. */
function graphError(code: number, message: string): ErrorFacts {
  return { message, status: 400, type: 'OAuthException', code }
}

test.each(RECORDED)('%s (%s) is what Instagram means by %o', (code, kind, facts) => {
  const recognised = matchInstagramError(facts) ?? 'unknown'

  expect([recognised, instagramErrors[recognised].kind]).toStrictEqual([code, kind])
})

test.each<[what: string, facts: ErrorFacts, code: InstagramErrorCode | undefined]>([
  ['a subcode before the message', { message: 'Session has expired', code: 190, subcode: 460 }, 'session_invalidated'],
  ['the message before an unknown subcode', { message: 'Session has expired', code: 190, subcode: 7 }, 'token_expired'],
  ['the message before a code', { message: 'API access deactivated', code: 200 }, 'api_access_deactivated'],
  ['a code before a status', { message: 'New', code: 190, status: 503 }, 'token_invalid'],
  [
    'a block before a limit',
    { message: '(#4) Application request limit reached', code: 4, transient: false },
    'action_blocked',
  ],
  [
    'an id that may be rounded',
    { message: "Object with ID '17841403815449848' does not exist", code: 100, subcode: 33 },
    'ids_rounded',
  ],
  [
    'an id that surely is not',
    { message: "Object with ID '17841403815449847' does not exist", code: 100, subcode: 33 },
    'object_missing',
  ],
  [
    'an id that is too small to be rounded',
    { message: "Object with ID '1234567890123456' does not exist", code: 100, subcode: 33 },
    'object_missing',
  ],
  ['nothing in words in another order', { message: "'a' does not exist; Object with ID 'b" }, undefined],
  ['nothing in an unknown message', { message: 'Something new', code: 100, status: 400 }, undefined],
  ['nothing in nothing', {}, undefined],
])('recognises %s', (_, facts, code) => {
  expect(matchInstagramError(facts)).toBe(code)
})

const ERROR_PAGE = 'https://www.instagram.com/oauth/authorize/third_party/error/?message='
const EXPIRED =
  'Error validating access token: Session has expired on Tuesday, 28-Sep-21 03:00:00 PDT. The current time is Friday, 08-Oct-21 23:50:19 PDT.'

describe('what a person pastes is recognised:', () => {
  test.each<[what: string, pasted: string, code: InstagramErrorCode | undefined]>([
    [
      'the address of an error page with percent signs',
      ERROR_PAGE + encodeURIComponent('Invalid Request: Request parameters are invalid: Invalid platform app'),
      'invalid_platform_app',
    ],
    [
      'the address of an error page with plus signs',
      `${ERROR_PAGE}Invalid+Request%3A+Invalid+redirect_uri`,
      'redirect_uri_mismatch',
    ],
    [
      'the address of an error page, encoded twice',
      ERROR_PAGE + encodeURIComponent(encodeURIComponent('Insufficient Developer Role')),
      'insufficient_developer_role',
    ],
    [
      'the address of an error page in the person’s language',
      ERROR_PAGE + encodeURIComponent('開發人員角色不足'),
      'insufficient_developer_role',
    ],
    [
      'the address of an error page as the browser shows it',
      `${ERROR_PAGE}開發人員角色不足`,
      'insufficient_developer_role',
    ],
    [
      'the address of the sandbox’s error page',
      'http://127.0.0.1:3001/oauth/authorize/third_party/error/?message=400%3A+Session+Invalid',
      'session_invalid',
    ],
    [
      'an address with error_message',
      'https://instagram.com/?error_message=Invalid%20scope%20field(s)%3A%20basic',
      'invalid_scope',
    ],
    [
      'a callback with error_description',
      'https://x.example/cb?error=access_denied&error_description=The+user+denied+your+request',
      'declined',
    ],
    ['a callback with an error alone', 'https://x.example/cb?error=server_error&state=x', 'temporary_failure'],
    [
      'an address with broken percent signs',
      `${ERROR_PAGE}%E0%A4%A Invalid%20platform%20app %`,
      'invalid_platform_app',
    ],
    [
      'the address of the authorize page that is gone',
      'https://api.instagram.com/oauth/authorize/?client_id=1&scope=basic',
      'authorize_page_gone',
    ],
    [
      'JSON of api.instagram.com',
      '{"error_type": "OAuthException", "code": 400, "error_message": "Invalid platform app"}',
      'invalid_platform_app',
    ],
    [
      'JSON of graph.instagram.com',
      `{"error":{"message":"${EXPIRED}","type":"OAuthException","code":190,"fbtrace_id":"AaauHBIaCwjNFlnZ_qsZC07"}}`,
      'token_expired',
    ],
    ['JSON with a subcode only', '{"error":{"message":"?","code":190,"error_subcode":459}}', 'checkpoint'],
    ['JSON with a code only', '{ "error": { "code": 368 } }', 'account_blocked'],
    ['JSON with a code as text', "{'error': {'code': '190'}}", 'token_invalid'],
    ['JSON that is not transient', '{"error":{"is_transient":false,"code":4}}', 'action_blocked'],
    [
      'JSON of the first API',
      '{"meta":{"error_type":"OAuthAccessTokenException","code":400,"error_message":"no"}}',
      'token_invalid',
    ],
    [
      'JSON with escapes',
      String.raw`{"error_message":"\u958b\u767c\u4eba\u54e1\u89d2\u8272\u4e0d\u8db3"}`,
      'insufficient_developer_role',
    ],
    [
      'JSON with quotes in its quotes',
      String.raw`{"error_message":"Only response type \"code\" and \"token\" is allowed"}`,
      'response_type_refused',
    ],
    [
      'a line of a log, cut off behind the message',
      'ERROR {"error":{"message":"Session key invalid. This could',
      'already_long_lived',
    ],
    ['a code in the message alone', '(#10) Whatever it says', 'permission_missing'],
    ['not JSON cut off in its message', '400 {"error_type":"OAuthException","error_mess', undefined],
    ['not JSON cut off behind its message', '… body={"error":{"message":"Err', undefined],
  ])('%s', (_, pasted, code) => {
    expect(matchPasted(pasted)).toBe(code)
  })

  test.each([
    // Chrome and Edge
    'localhost refused to connect.',
    'ERR_CONNECTION_REFUSED',
    'err_connection_reset',
    'ERR_SSL_PROTOCOL_ERROR',
    'Your connection is not private NET::ERR_CERT_AUTHORITY_INVALID',
    'This site can’t be reached. localhost took too long to respond. ERR_CONNECTION_TIMED_OUT',
    'DNS_PROBE_FINISHED_NXDOMAIN',
    'Hmmm… can’t reach this page',
    'This page isn’t working. localhost didn’t send any data. ERR_EMPTY_RESPONSE',
    // Firefox
    "Firefox can't establish a connection to the server at localhost:3000.",
    'The connection has timed out. The server at localhost is taking too long to respond.',
    'Error code: SEC_ERROR_UNKNOWN_ISSUER',
    'Error code: SSL_ERROR_RX_RECORD_TOO_LONG',
    'MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT',
    // Safari
    'Safari can’t open the page “localhost:3000” because Safari can’t connect to the server “localhost”.',
    'Safari can’t establish a secure connection to the server “localhost”.',
    'This Connection Is Not Private',
  ])('a browser’s message: %s', (pasted) => {
    expect(matchPasted(pasted)).toBe('site_unreachable')
    expect(matchInstagramError({ message: pasted, code: 400 })).toBeUndefined()
  })

  test('Instagram’s message before a browser’s', () => {
    expect(matchPasted('api.instagram.com/oauth/authorize refused to connect')).toBe('authorize_page_gone')
  })

  test.each(['', ' ', 'help', 'https://www.instagram.com/', 'undefined', '{}', '%', 'code', 'https://', 'asdf qwertz'])(
    'not “%s”',
    (pasted) => {
      expect(matchPasted(pasted)).toBeUndefined()
    },
  )

  const fragments = ['<script>', '%', '%25', '%E0', '\\u', '\\u00', '{', '}', '"', "'", 'code', ':', '=', '&', '?']
    .concat(['#_', '://', 'error', '_', 'subcode', '1', '99999999999999999999', '…', ' ', '\n', '\0'])
    .concat(['Object with ID ', 'message', '開', '\ud800'])

  const hostile = fc.oneof(
    fc.string({ unit: 'binary-ascii', maxLength: 300 }),
    fc.array(fc.constantFrom(...fragments), { maxLength: 200 }).map((parts) => parts.join('')),
    fc
      .tuple(fc.constantFrom(' ', '%25', '"', '\\', '1', 'code:', 'error ', '(#'), fc.nat(6000))
      .map(([part, times]) => part.repeat(times)),
  )

  test('hostile text, without an error', () => {
    fc.assert(
      fc.property(hostile, (pasted) => {
        const code = matchPasted(pasted)

        expect(code === undefined || code in instagramErrors).toBe(true)
      }),
    )
  })

  test('the first 4,000 characters only, however long the text is', () => {
    expect(matchPasted('x'.repeat(3_980) + 'Invalid platform app')).toBe('invalid_platform_app')
    expect(matchPasted('x'.repeat(3_981) + 'Invalid platform app')).toBeUndefined()
  })
})

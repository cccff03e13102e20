import fc from 'fast-check'
import { expect, test } from 'vitest'
import { catalogue, type FailureName } from '../../src/instagram/catalogue/catalogue.ts'
import { recognisePasted } from '../../src/instagram/pasted.ts'

const ERROR_PAGE = 'https://www.instagram.com/oauth/authorize/third_party/error/?message='
const INVALID = 'Invalid Request: Request parameters are invalid: '
const EXPIRED =
  'Error validating access token: Session has expired on Tuesday, 28-Sep-21 03:00:00 PDT. The current time is Friday, 08-Oct-21 23:50:19 PDT.'

test.each<[what: string, pasted: string, name: FailureName]>([
  [
    'with percent signs',
    ERROR_PAGE + encodeURIComponent(`${INVALID}Invalid platform app`),
    'invalid_platform_app',
  ],
  ['with plus signs', `${ERROR_PAGE}Invalid+Request%3A+Invalid+redirect_uri`, 'redirect_uri_mismatch'],
  [
    'encoded twice',
    ERROR_PAGE + encodeURIComponent(encodeURIComponent('Insufficient Developer Role')),
    'insufficient_developer_role',
  ],
  [
    'in the person’s language',
    ERROR_PAGE + encodeURIComponent('開發人員角色不足'),
    'insufficient_developer_role',
  ],
  [
    'in the person’s language, as the browser shows it',
    `${ERROR_PAGE}開發人員角色不足`,
    'insufficient_developer_role',
  ],
  [
    'of a sandbox',
    'http://127.0.0.1:3001/oauth/authorize/third_party/error/?message=400%3A+Session+Invalid',
    'session_invalid',
  ],
  [
    'with error_message',
    'https://instagram.com/?error_message=Invalid%20scope%20field(s)%3A%20basic',
    'invalid_scope',
  ],
  [
    'with error_description',
    'https://x.example/cb?error=access_denied&error_description=The+user+denied+your+request',
    'declined',
  ],
  ['with an error alone', 'https://x.example/cb?error=server_error&state=x', 'temporary_failure'],
  ['with broken percent signs', `${ERROR_PAGE}%E0%A4%A Invalid%20platform%20app %`, 'invalid_platform_app'],
  [
    'of the page that is no longer there',
    'https://api.instagram.com/oauth/authorize/?client_id=1&scope=basic',
    'authorize_page_gone',
  ],
])('knows the address of an error page %s', (_, pasted, name) => {
  expect(recognisePasted(pasted)).toBe(name)
})

test.each<[what: string, pasted: string, name: FailureName]>([
  [
    'of api.instagram.com',
    '{"error_type": "OAuthException", "code": 400, "error_message": "Invalid platform app"}',
    'invalid_platform_app',
  ],
  [
    'of graph.instagram.com',
    `{"error":{"message":"${EXPIRED}","type":"OAuthException","code":190,"fbtrace_id":"AaauHBIaCwjNFlnZ_qsZC07"}}`,
    'token_expired',
  ],
  ['with a subcode only', '{"error":{"message":"?","code":190,"error_subcode":459}}', 'checkpoint'],
  ['with a code only', '{ "error": { "code": 368 } }', 'account_blocked'],
  ['with a code as text', "{'error': {'code': '190'}}", 'token_invalid'],
  ['that is not transient', '{"error":{"is_transient":false,"code":4}}', 'action_blocked'],
  [
    'of the first API',
    '{"meta":{"error_type":"OAuthAccessTokenException","code":400,"error_message":"no"}}',
    'token_invalid',
  ],
  [
    'with escapes',
    String.raw`{"error_message":"\u958b\u767c\u4eba\u54e1\u89d2\u8272\u4e0d\u8db3"}`,
    'insufficient_developer_role',
  ],
  [
    'with quotes in its quotes',
    String.raw`{"error_message":"Only response type \"code\" and \"token\" is allowed"}`,
    'response_type_refused',
  ],
  [
    'in a line of a log',
    '[12:04] POST /x failed: 400 {"error_type":"OAuthException","code":400,"error_mess',
    'unknown',
  ],
  ['cut off behind its code', '… body={"error":{"message":"Err', 'unknown'],
  [
    'cut off behind its words',
    'ERROR {"error":{"message":"Session key invalid. This could',
    'already_long_lived',
  ],
  ['in the words alone', '(#10) Whatever it says', 'permission_missing'],
])('knows an error in JSON %s', (_, pasted, name) => {
  expect(recognisePasted(pasted) ?? 'unknown').toBe(name)
})

test.each(['', ' ', 'help', 'https://www.instagram.com/', 'undefined', '{}', '%', 'code', 'https://'])(
  'knows nothing of “%s”',
  (pasted) => {
    expect(recognisePasted(pasted)).toBeUndefined()
  },
)

/** Text of the kind that comes from hostile hands: markup, escapes, halves of everything, and very long. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc
    .array(
      fc.constantFrom(
        '<script>',
        '%',
        '%25',
        '%E0',
        '\\u',
        '\\u00',
        '{',
        '}',
        '"',
        "'",
        'code',
        ':',
        '=',
        '&',
        '?',
        '#_',
        '://',
        'error',
        '_',
        'subcode',
        '1',
        '99999999999999999999',
        '…',
        ' ',
        '\n',
        '\0',
        'Object with ID ',
        'message',
        '開',
        '\ud800',
      ),
      { maxLength: 200 },
    )
    .map((parts) => parts.join('')),
  fc
    .tuple(fc.constantFrom(' ', '%25', '"', '\\', '1', 'code:', 'error ', '(#'), fc.nat(6000))
    .map(([part, times]) => part.repeat(times)),
)

test('whatever is pasted is read without an error, and to a name that there is', () => {
  fc.assert(
    fc.property(hostile, (pasted) => {
      const name = recognisePasted(pasted)

      expect(name === undefined || name in catalogue).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test('whatever is pasted is read at once', () => {
  const long = [' ', '%25', '"code" ', "code'", '\\u', 'error_type:', '1', '(#1', 'x'].map((part) =>
    part.repeat(100_000),
  )

  const began = performance.now()
  for (const pasted of long) recognisePasted(pasted)

  expect((performance.now() - began) / long.length).toBeLessThan(50)
})

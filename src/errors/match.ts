import type { ErrorCode, InstagramErrorCode } from './catalogue.ts'
import type { Evidence } from './errors.ts'

/** The known facts about an error, from a response, a callback, or a pasted text. `type` may be the `error` of RFC 6749. */
export type ErrorFacts = Partial<Evidence>

/** The properties that an error must have to match, all of them. */
export interface Matcher {
  /** Words in the message, without regard to case, kinds of quotes and whitespace; `…` stands for anything. */
  message?: string
  /** A number, or the first and the last of a range. */
  code?: number | readonly [first: number, last: number]
  subcode?: number
  type?: string
  transient?: false
  /** The message quotes an id past 2^53 that a JavaScript number can hold; every id that was rounded to one is such an id. */
  roundedId?: true
  /** HTTP status, or the first and the last of a range. */
  status?: number | readonly [first: number, last: number]
  contentType?: string
}

/** How many characters of a text are read. */
const MAX_TEXT_LENGTH = 4000

type MatchedCode = InstagramErrorCode | 'site_unreachable'

/** Every known form of every error: its properties, or words in its message. The first match wins. */
const ERRORS: readonly (readonly [MatchedCode, ...(string | Matcher)[]])[] = [
  // A rounded id says more than its subcode.
  ['ids_rounded', { message: 'Object with ID ‘…’ does not exist', roundedId: true }],
  // A subcode, or a retry that will not help, says more than the message.
  ['token_expired', { code: 190, subcode: 463 }],
  ['session_invalidated', { code: 190, subcode: 460 }],
  ['app_removed', { code: 190, subcode: 458 }],
  ['checkpoint', { code: 190, subcode: 459 }],
  ['user_unconfirmed', { code: 190, subcode: 464 }],
  ['token_revoked', { code: 190, subcode: 467 }],
  ['session_role', { code: 190, subcode: 492 }],
  ['object_missing', { code: 100, subcode: 33 }],
  ['action_blocked', { code: 4, transient: false }, { subcode: 2207051 }],
  // Messages. Those that can occur in one text are ordered: the first wins.
  ['redirect_uri_mismatch', 'Invalid redirect_uri', 'Invalid scrubbed redirect_uri'],
  ['redirect_uri_mismatch', 'Redirect URI does not match registered redirect URI'],
  ['redirect_uri_mismatch', 'Redirect URI doesn’t match original redirect URI', 'URL blocked'],
  ['invalid_platform_app', 'Invalid platform app', 'Invalid Client ID'],
  ['insufficient_developer_role', 'Insufficient developer role', '開發人員角色不足'],
  ['not_professional', 'professional account'],
  ['invalid_scope', 'Invalid scope field', 'Invalid scopes'],
  ['session_invalid', 'Session Invalid'],
  ['declined', 'The user denied your request', 'user_denied'],
  ['authorize_page_gone', 'Sorry, this page isn’t available', 'api.instagram.com/oauth/authorize'],
  ['response_type_refused', 'Only response type “code” and “token” is allowed', 'Invalid response_type'],
  ['implicit_disabled', 'implicit authentication is disabled'],
  ['code_used', 'Matching code was not found or was already used', 'authorization code has been used'],
  ['code_used', 'No matching code found'],
  ['code_expired', 'authorization code has expired'],
  ['code_invalid', 'Invalid authorization code'],
  ['verification_failed', 'Error validating verification code'],
  ['missing_field', 'Missing required field', 'You must provide a client_id'],
  ['missing_field', 'You must include a valid client_id, response_type, and redirect_uri parameters'],
  ['no_token_in_answer', 'body ‘token_type’ property must be a non-empty string', 'No token type received'],
  ['no_token_in_answer', 'access_token undefined', 'access_token is undefined'],
  ['client_secret_wrong', 'Error validating client secret', 'Invalid client_secret'],
  ['invalid_application_id', 'Invalid application ID'],
  ['method_refused', 'Unsupported request - method type: post', 'Unsupported post request'],
  ['unsupported_request', 'Unsupported request - method type: get'],
  ['api_access_deactivated', 'API access deactivated'],
  ['token_expired', 'Session has expired'],
  ['session_invalidated', 'session has been invalidated'],
  ['app_removed', 'has not authorized application'],
  ['token_invalid', 'Error validating access token', 'access_token provided is invalid'],
  ['token_unparseable', 'Cannot parse access token'],
  ['already_long_lived', 'Session key invalid'],
  ['permission_missing', 'does not have permission for this action'],
  ['object_missing', 'Object with ID ‘…’ does not exist'],
  ['path_unknown', 'Unknown path components'],
  ['token_invalid', 'An active access token must be used'],
  ['checkpoint', 'checkpoint_required', 'checkpoint_challenge_required'],
  ['action_blocked', 'action is blocked'],
  ['throttled', 'request limit reached', 'You have exceeded the maximum number of requests per hour'],
  ['throttled', 'Please wait a few minutes before you try again'],
  // Instagram’s own name of the error, or the `error` of RFC 6749.
  ['invalid_scope', { type: 'invalid_scope' }],
  ['declined', { type: 'access_denied' }],
  ['token_invalid', { type: 'OAuthAccessTokenException' }],
  ['throttled', { type: 'OAuthRateLimitException' }],
  ['code_invalid', { type: 'invalid_grant' }],
  ['client_secret_wrong', { type: 'invalid_client' }],
  ['temporary_failure', { type: 'server_error' }, { type: 'temporarily_unavailable' }],
  ['browser_forbidden', { status: 403, contentType: 'text/html' }],
  // Codes. api.instagram.com gives code 400 to every error.
  ['invalid_application_id', { code: 101 }],
  ['token_invalid', { code: 190 }, { code: 102 }],
  ['permission_missing', { code: 10 }, { code: [200, 299] }],
  ['throttled', { code: 4 }, { code: 17 }, { code: 32 }, { code: 341 }, { code: 420 }, { code: 613 }, { code: 80002 }],
  ['account_blocked', { code: 368 }],
  ['path_unknown', { code: 2500 }],
  ['temporary_failure', { code: [1, 2] }],
  // HTTP statuses. Most errors have 400.
  ['throttled', { status: 429 }],
  ['temporary_failure', { status: [500, 599] }],
  // Messages of browsers.
  ['site_unreachable', 'refused to connect', 'site can’t be reached', 'took too long to respond'],
  ['site_unreachable', 'can’t reach this page', 'can’t provide a secure connection', 'didn’t send any data'],
  ['site_unreachable', 'can’t establish a…connection to the server', 'can’t connect to the server'],
  ['site_unreachable', 'The connection has timed out', 'ERR_TIMED_OUT', 'ERR_NAME_NOT_RESOLVED', 'ERR_EMPTY_RESPONSE'],
  ['site_unreachable', 'ERR_CONNECTION_…', 'ERR_ADDRESS_…', 'DNS_PROBE_…', 'ERR_SSL_…', 'ERR_CERT_…'],
  ['site_unreachable', 'connection is not private', 'SEC_ERROR_…', 'SSL_ERROR_…', 'MOZILLA_PKIX_ERROR_…'],
]

const MATCHERS = ERRORS.flatMap(([errorCode, ...forms]) =>
  forms.map((form) => {
    const matcher: Matcher = typeof form === 'string' ? { message: form } : form
    return { errorCode, matcher, phrases: matcher.message?.split('…').map(normalize) ?? [] }
  }),
)

/** The matching Instagram error; `undefined`: no known one. */
export function matchInstagramError(facts: ErrorFacts): InstagramErrorCode | undefined {
  const errorCode = match(facts)
  return errorCode === 'site_unreachable' ? undefined : errorCode
}

function match(facts: ErrorFacts): MatchedCode | undefined {
  const message = normalize(facts.message ?? '')
  return MATCHERS.find(({ matcher, phrases }) => matches(matcher, facts) && containsInOrder(message, phrases))
    ?.errorCode
}

/** How an error is recognised. Empty: no response or message reports it. */
export function matchersOf(errorCode: ErrorCode): readonly Matcher[] {
  return MATCHERS.filter((each) => each.errorCode === errorCode).map(({ matcher }) => matcher)
}

/**
 * The error in a pasted text: the address or the words of Instagram’s error page, an error in JSON, a log line, a browser’s message.
 * The text is only read. `unknown`: an error in JSON that matches nothing; `undefined`: no known one.
 */
export function matchPasted(text: string): MatchedCode | undefined {
  const pasted = text.slice(0, MAX_TEXT_LENGTH)
  // Addresses are encoded, and a second time inside another address.
  const decoded = decode(pasted)
  for (const reading of [pasted, decoded, decode(decoded)]) {
    const errorCode = match(factsIn(reading))
    if (errorCode) return errorCode
  }
  return /^\s*\{/.test(pasted) && pasted.trimEnd().endsWith('}') && /"error(_type|_message)?" *:/.test(pasted)
    ? 'unknown'
    : undefined
}

function matches(matcher: Matcher, facts: ErrorFacts): boolean {
  return (
    isInRange(matcher.code, facts.code) &&
    isInRange(matcher.subcode, facts.subcode) &&
    isInRange(matcher.status, facts.status) &&
    (matcher.type === undefined || matcher.type === facts.type) &&
    (matcher.transient === undefined || matcher.transient === facts.transient) &&
    (matcher.contentType === undefined || matcher.contentType === facts.contentType) &&
    (matcher.roundedId === undefined || quotesRoundedId(facts.message ?? ''))
  )
}

function isInRange(wanted: number | readonly [number, number] | undefined, found: number | undefined): boolean {
  if (wanted === undefined) return true
  const [first, last] = typeof wanted === 'number' ? [wanted, wanted] : wanted
  return found !== undefined && found >= first && found <= last
}

function containsInOrder(message: string, phrases: readonly string[]): boolean {
  let from = 0
  for (const phrase of phrases) {
    const at = message.indexOf(phrase, from)
    if (at < 0) return false
    from = at + phrase.length
  }
  return true
}

/** Without differences that don’t matter: case, kinds of quotes, whitespace. */
function normalize(text: string): string {
  const start = text.slice(0, MAX_TEXT_LENGTH).toLowerCase()
  return start.replace(/[‘’“”"]/g, "'").replace(/\s+/g, ' ')
}

function quotesRoundedId(message: string): boolean {
  const [digits] = /\d{16,20}/.exec(message.slice(0, MAX_TEXT_LENGTH)) ?? []
  return digits !== undefined && !Number.isSafeInteger(+digits) && BigInt(+digits) === BigInt(digits)
}

function factsIn(text: string): ErrorFacts {
  return {
    message: text,
    code: numberAfter(/\bcode["']?\s?[:=]\s?["']?(\d{1,7})\b/i, text) ?? numberAfter(/\(#(\d{1,7})\)/, text),
    subcode: numberAfter(/subcode["']?\s?[:=]\s?["']?(\d{1,9})\b/i, text),
    type: /\b(?:error|type|error_type)["']?\s?[:=]\s?["']?(\w{1,60})\b/.exec(text)?.[1],
    transient: /is_transient["']?\s?[:=]\s?false/i.test(text) ? false : undefined,
  }
}

function numberAfter(pattern: RegExp, text: string): number | undefined {
  const [, digits] = pattern.exec(text) ?? []
  return digits === undefined ? undefined : +digits
}

/** Undoes percent signs, plus signs and JSON’s escapes; malformed ones stay as they are. */
function decode(text: string): string {
  const [value = ''] = new URLSearchParams(`x=${text.replaceAll('&', '%26')}`).values()
  return value
    .replace(/\\u([0-9a-f]{4})/gi, (_escape, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    .replace(/\\(["\\/])/g, '$1')
}

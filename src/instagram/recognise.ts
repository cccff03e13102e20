import type { ErrorAnswer, InstagramFailure } from './failure.ts'

/**
 * Which failure an error answer is. The message goes first, for `code` is 400 on everything that api.instagram.com refuses
 * and graph.instagram.com mostly leaves out `error_subcode`.
 */
export function recognise({ message = '', code, type }: ErrorAnswer, status: number): InstagramFailure {
  const known = MESSAGES.find(([pattern]) => pattern.test(message))
  if (known) return known[1]
  if (status === 429 || code === 420 || (code !== undefined && THROTTLING.has(code))) return 'throttled'
  if (code === 190 || code === 102 || type === 'OAuthAccessTokenException') return 'token_invalid'
  if (code === 101) return 'app_misconfigured'
  if (code === 10 || (code !== undefined && code >= 200 && code <= 299)) return 'not_permitted'
  if (status >= 500 || code === 1 || code === 2) return 'unavailable'
  return 'refused'
}

/** Graph's codes for too many calls. https://developers.facebook.com/docs/graph-api/overview/rate-limiting */
const THROTTLING = new Set([4, 17, 32, 341, 613, 80002])

const MESSAGES: readonly (readonly [RegExp, InstagramFailure])[] = [
  [
    /code was not found or was already used|authorization code has been used|no matching code found/i,
    'code_used',
  ],
  [/authorization code has expired/i, 'code_expired'],
  [/invalid authorization code/i, 'code_invalid'],
  [/error validating verification code/i, 'verification_failed'],
  [/invalid platform app|invalid client.id|invalid application id/i, 'app_misconfigured'],
  [/redirect.uri|missing required field|invalid scope|validating client secret/i, 'app_misconfigured'],
  [/insufficient developer role|does not have permission/i, 'not_permitted'],
  [/unsupported request - method type: get/i, 'not_permitted'],
  [/error validating access token|cannot parse access token/i, 'token_invalid'],
  [/session key invalid/i, 'already_long_lived'],
]

import type { FaultTable, FaultyResponse } from './fault.ts'
import { html, json } from './responses.ts'

/**
 * Error responses of the code exchange, in the shape of `api.instagram.com`. The status is recorded as 400 for most.
 * `classic`: the response of the first Instagram API.
 */
export const EXCHANGE_FAULTS: FaultTable<FaultyResponse> = {
  code_used: {
    usual: refused('Matching code was not found or was already used'),
    // As recorded, with its order of keys.
    'full stop': json(400, {
      code: 400,
      error_type: 'OAuthException',
      error_message: 'Matching code was not found or was already used.',
    }),
    'called twice': refused('This authorization code has been used'),
    // Not recorded with the stop.
    'called twice, full stop': refused('This authorization code has been used.'),
    classic: refused('No matching code found.'),
  },
  code_expired: { usual: refused('This authorization code has expired') },
  code_invalid: { usual: refused('Invalid authorization code') },
  verification_failed: {
    usual: refused(
      'Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request',
    ),
  },
  redirect_uri_mismatch: {
    usual: refused('Invalid redirect_uri'),
    classic: refused("Redirect URI doesn't match original redirect URI"),
    'classic, not registered': refused('Redirect URI does not match registered redirect URI'),
  },
  invalid_platform_app: {
    usual: refused('Invalid platform app'),
    classic: refused('Invalid Client ID'),
  },
  insufficient_developer_role: { usual: refused('Insufficient developer role') },
  invalid_scope: { usual: refused('Invalid scope field(s): user_profile') },
  missing_field: {
    usual: refused('Missing required field client_id'),
    classic: refused('You must provide a client_id'),
    'classic, many': refused('You must include a valid client_id, response_type, and redirect_uri parameters'),
  },
  // Not confirmed: no such response of this host is known.
  client_secret_wrong: { usual: refused('Invalid client_secret') },
  response_type_refused: { classic: refused('Only response type "code" and "token" is allowed') },
  implicit_disabled: {
    // Code and type are recorded, the status is not.
    classic: json(403, {
      code: 403,
      error_type: 'OAuthForbiddenException',
      error_message: 'implicit authentication is disabled',
    }),
  },
  browser_forbidden: { usual: forbiddenPage() },
  no_token_in_answer: {
    usual: {
      contentType: 'application/json; charset=utf-8',
      body: '{"user_id": 27640875392278831, "permissions": ["instagram_business_basic"]}',
    },
    'empty list': json(200, { data: [] }),
  },
  throttled: {
    'classic, status 400': rateLimit(400),
    'classic, status 429': rateLimit(429),
    // Not recorded for today's exchange.
    'status 429': { status: 429, contentType: 'text/plain', body: '' },
  },
  // Not recorded for this host.
  temporary_failure: {
    'status 500': html(500, 'Sorry, something went wrong.'),
    'status 503': html(503, 'Sorry, something went wrong.'),
  },
}

function refused(message: string): FaultyResponse {
  return json(400, { error_type: 'OAuthException', code: 400, error_message: message })
}

/** Both statuses are recorded. The recorded messages continue with numbers. */
function rateLimit(status: number): FaultyResponse {
  return json(status, {
    code: 420,
    error_type: 'OAuthRateLimitException',
    error_message: 'You have exceeded the maximum number of requests per hour.',
  })
}

/** Recorded: the status, these headers and a size of about 21 kB. The page itself is invented. */
function forbiddenPage(): FaultyResponse {
  return html(403, 'Sorry, this page isn’t available. '.repeat(585), {
    'content-language': 'en',
    'content-security-policy': "default-src 'self' www.instagram.com",
  })
}

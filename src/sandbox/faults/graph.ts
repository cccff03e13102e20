import type { FaultTable, FaultyResponse } from './fault.ts'
import { graph, html } from './responses.ts'

const SESSION_EXPIRED =
  'Error validating access token: Session has expired on Tuesday, 28-Sep-21 03:00:00 PDT. ' +
  'The current time is Friday, 08-Oct-21 23:50:19 PDT.'

const SESSION_INVALIDATED =
  'Error validating access token: The session has been invalidated because the user changed their password ' +
  'or Facebook has changed the session for security reasons.'

const NOT_PERMITTED = 'Application does not have permission for this action'

const LIMIT_REACHED = '(#4) Application request limit reached'

/**
 * Errors of any Graph call about a token, its person or the app, in the shape of `graph.instagram.com`. Bodies are as
 * recorded: mostly without `error_subcode`, some without `fbtrace_id`. Subcodes are documented; recorded are only the
 * messages of 458, 460 and 463, the last two also without a subcode. The status 400 is recorded for most. Of the rate
 * limits only code 4 with status 403 is recorded; messages and statuses of the others are not confirmed.
 * @see https://developers.facebook.com/docs/graph-api/overview/rate-limiting
 */
export const GRAPH_FAULTS: FaultTable<FaultyResponse> = {
  token_expired: {
    usual: token(SESSION_EXPIRED, { fbtrace_id: 'AaauHBIaCwjNFlnZ_qsZC07' }),
    'subcode 463': token(SESSION_EXPIRED, { error_subcode: 463 }),
  },
  session_invalidated: {
    usual: token(SESSION_INVALIDATED, { fbtrace_id: 'AcIOG4kOlL7jyZ-Oj14Vede' }),
    'subcode 460': token(SESSION_INVALIDATED, { error_subcode: 460 }),
  },
  app_removed: { usual: token('The user has not authorized application.', { error_subcode: 458 }) },
  // The messages of the next four are not confirmed for this host.
  checkpoint: {
    usual: token(
      'Error validating access token: You cannot access the app till you log in to www.instagram.com and follow the instructions given.',
      { error_subcode: 459 },
    ),
  },
  user_unconfirmed: {
    usual: token(
      'Error validating access token: Sessions for the user are not allowed because the user is not a confirmed user.',
      { error_subcode: 464 },
    ),
  },
  token_revoked: {
    usual: token('Error validating access token: The session is invalid because the user logged out.', {
      error_subcode: 467,
    }),
  },
  session_role: {
    usual: token(
      'Error validating access token: The user associated with this token does not have an appropriate role.',
      { error_subcode: 492 },
    ),
  },
  token_unparseable: { usual: token('Invalid OAuth access token - Cannot parse access token') },
  permission_missing: {
    usual: graph({
      message: NOT_PERMITTED,
      type: 'IGApiException',
      code: 10,
      fbtrace_id: 'AJ7la3EDQU1C__Nd1DXukSR',
    }),
    // Codes 200 to 299 are documented; the body is not confirmed.
    'code 200': graph({ message: NOT_PERMITTED, type: 'OAuthException', code: 200 }),
  },
  // Message and code are not confirmed.
  api_access_deactivated: {
    usual: graph({ message: 'API access deactivated', type: 'OAuthException', code: 200 }),
  },
  // The code is documented, the message is not confirmed.
  account_blocked: {
    usual: graph({
      message: 'The action attempted has been deemed abusive or is otherwise disallowed',
      type: 'OAuthException',
      code: 368,
    }),
  },
  // The codes are documented; messages and statuses are not confirmed.
  temporary_failure: {
    'code 1': graph({ message: 'An unknown error occurred', type: 'OAuthException', code: 1 }, 500),
    'code 2': graph(
      {
        message: 'An unexpected error has occurred. Please retry your request later.',
        type: 'OAuthException',
        is_transient: true,
        code: 2,
      },
      500,
    ),
    'status 500': html(500, 'Sorry, something went wrong.'),
    'status 503': html(503, 'Sorry, something went wrong.'),
  },
  throttled: {
    usual: graph(
      {
        message: LIMIT_REACHED,
        type: 'OAuthException',
        is_transient: true,
        code: 4,
        fbtrace_id: 'GoyjxuQpQMG',
      },
      403,
      { 'x-app-usage': '{"call_count":100,"total_cputime":0,"total_time":0}' },
    ),
    'code 17': graph({ message: '(#17) User request limit reached', type: 'OAuthException', code: 17 }),
    'code 341': graph({ message: '(#341) Application limit reached', type: 'OAuthException', code: 341 }),
    'code 613': graph({
      message: '(#613) Calls to this api have exceeded the rate limit.',
      type: 'OAuthException',
      code: 613,
    }),
    'code 80002, 15 minutes': graph(
      {
        message: '(#80002) There have been too many calls to this Instagram account.',
        type: 'OAuthException',
        code: 80002,
      },
      400,
      { 'x-business-use-case-usage': businessUsage(15) },
    ),
    'status 429': { status: 429, contentType: 'text/plain', body: '' },
  },
  action_blocked: {
    usual: graph(
      {
        message: LIMIT_REACHED,
        type: 'OAuthException',
        is_transient: false,
        code: 4,
        error_subcode: 2207051,
        error_user_title: 'action is blocked',
      },
      403,
    ),
  },
}

/** Errors of the long-lived exchange only. */
export const LONG_LIVED_FAULTS: FaultTable<FaultyResponse> = {
  unsupported_request: { usual: unsupportedRequest() },
  already_long_lived: {
    // Recorded: "Session key invalid…". The rest of the message and the code are not confirmed.
    usual: graph({
      message:
        'Session key invalid. This could be because the session key has an incorrect format, ' +
        'or because the user has revoked this session',
      type: 'OAuthException',
      code: 452,
    }),
  },
  client_secret_wrong: { usual: graph({ message: 'Error validating client secret.', code: 100 }) },
  invalid_application_id: {
    usual: graph({
      message: 'Error validating application. Invalid application ID.',
      type: 'OAuthException',
      code: 101,
      fbtrace_id: 'CvDR+X4WWIx',
    }),
  },
}

/** Errors of the profile only. */
export const PROFILE_FAULTS: FaultTable<FaultyResponse> = {
  unsupported_request: { usual: unsupportedRequest() },
  object_missing: {
    usual: graph({
      message:
        "Unsupported get request. Object with ID '17841403815449847' does not exist, cannot be loaded " +
        'due to missing permissions, or does not support this operation',
      type: 'IGApiException',
      code: 100,
      error_subcode: 33,
    }),
  },
  classic_token_invalid: {
    usual: {
      status: 400,
      contentType: 'application/json; charset=utf-8',
      body: '{"meta":{"error_type":"OAuthAccessTokenException","code":400,"error_message":"The access_token provided is invalid."}}',
    },
  },
}

/** Errors of the refresh only. */
export const REFRESH_FAULTS: FaultTable<FaultyResponse> = {
  // The rule is documented, the body of this error is not confirmed.
  refresh_too_young: {
    usual: graph({
      message: NOT_PERMITTED,
      type: 'IGApiException',
      code: 10,
    }),
  },
}

/** Network faults of any call. */
export const CONNECTION_FAULTS: FaultTable<FaultyResponse> = {
  reset: { usual: { fault: 'reset' } },
  hang: { usual: { fault: 'hang' } },
  truncated: { usual: { fault: 'truncated' } },
  slow: { usual: { fault: 'slow' } },
  html_answer: { usual: html(200, 'Welcome to this network.') },
  empty_answer: { usual: { contentType: 'application/json', body: '' } },
  redirect_answer: {
    usual: {
      status: 302,
      contentType: 'text/html; charset=utf-8',
      headers: { location: '/' },
      body: '',
    },
  },
}

function token(message: string, more: { error_subcode?: number; fbtrace_id?: string } = {}): FaultyResponse {
  return graph({ message, type: 'OAuthException', code: 190, ...more })
}

function unsupportedRequest(): FaultyResponse {
  return graph({
    message: 'Unsupported request - method type: get',
    type: 'IGApiException',
    code: 100,
    fbtrace_id: 'AQ7NjdFzWnGXbtJJ9cS7ukc',
  })
}

function businessUsage(minutes: number): string {
  return (
    '{"17841403815449847":[{"type":"instagram","call_count":100,"total_cputime":1,"total_time":1,' +
    `"estimated_time_to_regain_access":${minutes}}]}`
  )
}

import type { Misbehaviour } from '../misbehaviour.ts'
import { graph, html } from './answers.ts'
import type { Variants } from './mishap.ts'

const SESSION_EXPIRED =
  'Error validating access token: Session has expired on Tuesday, 28-Sep-21 03:00:00 PDT. ' +
  'The current time is Friday, 08-Oct-21 23:50:19 PDT.'

const SESSION_INVALIDATED =
  'Error validating access token: The session has been invalidated because the user changed their password ' +
  'or Facebook has changed the session for security reasons.'

const NOT_PERMITTED = 'Application does not have permission for this action'

/**
 * What any Graph call may answer about a token, its person or the app, in the error shape of `graph.instagram.com`.
 * Bodies are as recorded: mostly without `error_subcode`, some without `fbtrace_id`. Subcodes are documented; recorded
 * here are only the words of 458, and those that come with 460 and 463 also without a subcode. That the status is 400
 * is recorded for most.
 */
export const ON_ANY_GRAPH: Variants<Misbehaviour> = {
  token_expired: {
    usual: token(SESSION_EXPIRED, { fbtrace_id: 'AaauHBIaCwjNFlnZ_qsZC07' }),
    'subcode 463': token(SESSION_EXPIRED, { error_subcode: 463 }),
  },
  session_invalidated: {
    usual: token(SESSION_INVALIDATED, { fbtrace_id: 'AcIOG4kOlL7jyZ-Oj14Vede' }),
    'subcode 460': token(SESSION_INVALIDATED, { error_subcode: 460 }),
  },
  app_removed: { usual: token('The user has not authorized application.', { error_subcode: 458 }) },
  // The words of the next four are not confirmed for this host.
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
    // 200 to 299 are documented as of this kind; the body is not confirmed.
    'code 200': graph({ message: NOT_PERMITTED, type: 'OAuthException', code: 200 }),
  },
  // Words and code are not confirmed.
  api_access_deactivated: {
    usual: graph({ message: 'API access deactivated', type: 'OAuthException', code: 200 }),
  },
  // The code is documented, the words are not confirmed.
  account_blocked: {
    usual: graph({
      message: 'The action attempted has been deemed abusive or is otherwise disallowed',
      type: 'OAuthException',
      code: 368,
    }),
  },
  // The codes are documented; words and statuses are not confirmed.
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
}

function token(message: string, more: { error_subcode?: number; fbtrace_id?: string } = {}): Misbehaviour {
  return graph({ message, type: 'OAuthException', code: 190, ...more })
}

import { NOT_PROFESSIONAL } from '../testUsers.ts'
import type { FaultTable, FaultyCallback } from './fault.ts'

const INVALID = 'Invalid Request: Request parameters are invalid: '

/** Messages of Instagram's own page when it refuses a person or an app, in the person's language. */
export const PAGE_FAULTS: FaultTable<string> = {
  redirect_uri_mismatch: {
    usual: `${INVALID}Invalid redirect_uri`,
    // Of the first Instagram API.
    classic: 'Redirect URI does not match registered redirect URI',
  },
  invalid_platform_app: { usual: `${INVALID}Invalid platform app` },
  insufficient_developer_role: { usual: 'Insufficient Developer Role', localised: '開發人員角色不足' },
  not_professional: { usual: NOT_PROFESSIONAL },
  invalid_scope: {
    usual: 'Invalid scope field(s): user_profile',
    // Not confirmed: that this message has the prefix too.
    'with prefix': `${INVALID}Invalid scope field(s): user_profile`,
    short: 'Invalid Scopes',
  },
  // Not recorded: at which of Instagram's addresses this message appears.
  session_invalid: { usual: '400: Session Invalid' },
  // On a phone the app may take a tapped link, and show nothing of the page.
  app_opened: { usual: 'Instagram’s app opened instead of this page, without the login.' },
}

/** The messages that refuse a person's account, not the app or the session. */
export const ACCOUNT_REFUSALS = [PAGE_FAULTS.not_professional, PAGE_FAULTS.insufficient_developer_role].flatMap(
  (forms = {}) => Object.values(forms),
)

/** The query of a callback after Cancel, as documented. */
export const DENIED = {
  error: 'access_denied',
  error_reason: 'user_denied',
  error_description: 'The user denied your request',
}

/** Callbacks without a code or without the app's state. */
export const CALLBACK_FAULTS: FaultTable<FaultyCallback> = {
  user_denied: {
    usual: { query: DENIED },
    facebook: {
      query: {
        error: 'access_denied',
        error_code: '200',
        error_description: 'Permissions error',
        error_reason: 'user_denied',
      },
    },
  },
  // Errors of RFC 6749; not confirmed: that Instagram sends them.
  server_error: { usual: { query: { error: 'server_error' } } },
  temporarily_unavailable: { usual: { query: { error: 'temporarily_unavailable' } } },
  invalid_scope: { usual: { query: { error: 'invalid_scope' } } },
  callback_without_state: { usual: { code: true, state: 'missing' } },
  callback_with_other_state: { usual: { code: true, state: 'other' } },
  other_browser: { usual: { code: true, elsewhere: true } },
  callback_empty: { usual: {}, 'without state': { state: 'missing' } },
}

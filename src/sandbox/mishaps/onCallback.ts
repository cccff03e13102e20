import type { Detour, Variants } from './mishap.ts'

/** What Instagram documents of a person who cancels. */
export const DENIED = {
  error: 'access_denied',
  error_reason: 'user_denied',
  error_description: 'The user denied your request',
}

/** What a browser brings back in place of a code and the app's state. */
export const ON_CALLBACK: Variants<Detour> = {
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
  // The three are errors of RFC 6749; that Instagram sends them is not confirmed.
  server_error: { usual: { query: { error: 'server_error' } } },
  temporarily_unavailable: { usual: { query: { error: 'temporarily_unavailable' } } },
  invalid_scope: { usual: { query: { error: 'invalid_scope' } } },
  callback_without_state: { usual: { code: true, state: 'missing' } },
  callback_with_other_state: { usual: { code: true, state: 'other' } },
  callback_empty: { usual: {}, 'without state': { state: 'missing' } },
}

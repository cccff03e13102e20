import { NOT_PROFESSIONAL } from '../refusals.ts'
import type { Variants } from './mishap.ts'

const INVALID = 'Invalid Request: Request parameters are invalid: '

/** What Instagram's own page says when it turns somebody away, in the person's language. */
export const ON_PAGE: Variants<string> = {
  redirect_uri_mismatch: {
    usual: `${INVALID}Invalid redirect_uri`,
    // Until 2020.
    classic: 'Redirect URI does not match registered redirect URI',
  },
  invalid_platform_app: { usual: `${INVALID}Invalid platform app` },
  insufficient_developer_role: { usual: 'Insufficient Developer Role', localised: '開發人員角色不足' },
  not_professional: { usual: NOT_PROFESSIONAL },
  invalid_scope: {
    usual: 'Invalid scope field(s): user_profile',
    // That this refusal, too, begins like the others is not confirmed.
    'with prefix': `${INVALID}Invalid scope field(s): user_profile`,
    short: 'Invalid Scopes',
  },
  // On which of Instagram's addresses this stands is not recorded.
  session_invalid: { usual: '400: Session Invalid' },
}

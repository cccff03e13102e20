import type { Misbehaviour } from '../misbehaviour.ts'

/** Everything that is known to go wrong between an app and Instagram, and what people call it here. */
export const TITLES = {
  redirect_uri_mismatch: 'Redirect URI not registered',
  invalid_platform_app: 'Invalid platform app',
  insufficient_developer_role: 'Insufficient Developer Role',
  not_professional: 'Not a professional account',
  invalid_scope: 'Invalid scope',
  session_invalid: '400: Session Invalid',
  user_denied: 'The person says no',
  server_error: 'Server error',
  temporarily_unavailable: 'Temporarily unavailable',
  callback_without_state: 'No state',
  callback_with_other_state: 'Another state',
  callback_empty: 'Neither code nor error',
  code_used: 'Code used already',
  code_expired: 'Code expired',
  code_invalid: 'Code invalid',
  verification_failed: 'Verification of the code failed',
  client_secret_wrong: 'Client secret wrong',
  missing_field: 'Field missing',
  response_type_refused: 'Response type refused',
  implicit_disabled: 'Implicit login disabled',
  browser_forbidden: 'Taken for a browser',
  no_token_in_answer: 'No token in the answer',
  unsupported_request: 'Unsupported request - method type: get',
  already_long_lived: 'Token long-lived already',
  invalid_application_id: 'Invalid application ID',
  token_expired: 'Token expired',
  session_invalidated: 'Password changed',
  app_removed: 'App removed',
  checkpoint: 'Checkpoint: log in at Instagram first',
  user_unconfirmed: 'Account not confirmed',
  token_revoked: 'Token revoked',
  session_role: 'Role taken away',
  token_unparseable: 'Token cannot be parsed',
  classic_token_invalid: 'Token invalid, API of 2010 to 2020',
  refresh_too_young: 'Token too young',
  object_missing: 'Object does not exist',
  permission_missing: 'Permission missing',
  api_access_deactivated: 'API access deactivated',
  throttled: 'Throttled',
  action_blocked: 'Action blocked',
  account_blocked: 'Account blocked',
  temporary_failure: 'Out of order for a while',
  reset: 'Connection reset',
  hang: 'No answer at all',
  truncated: 'Answer cut off',
  slow: 'Answer without end',
  html_answer: 'HTML with status 200',
  empty_answer: 'Empty answer',
  redirect_answer: 'Redirect',
} as const

/** The name of something that goes wrong. */
export type MishapName = keyof typeof TITLES

/** Where a mishap happens. */
export type Place =
  /** On Instagram's own page, which never calls back. */
  | 'authorize'
  /** On the way back to the app. */
  | 'callback'
  /** When the app's server exchanges the code. */
  | 'exchange'
  /** When it asks for a token of 60 days. */
  | 'long_lived'
  /** When it reads the profile. */
  | 'me'
  /** When it refreshes a token. */
  | 'refresh'

/** Where an app's server meets a mishap. */
export type CallPlace = Exclude<Place, 'authorize' | 'callback'>

/** In the order of a login, and what each is called on the panel. */
export const PLACES = {
  authorize: 'On Instagram’s page: the app is not called back',
  callback: 'On the way back to the app',
  exchange: 'When the app exchanges the code',
  long_lived: 'When it asks for 60 days',
  me: 'When it reads the profile',
  refresh: 'When it refreshes the token next',
} satisfies Record<Place, string>

/** How the browser goes back to the app. */
export interface Detour {
  /** What the answer says, beside code and state. */
  query?: Readonly<Record<string, string>>
  /** Whether a good code is given. Default: no. */
  code?: boolean
  /** Default `kept`. */
  state?: 'kept' | 'missing' | 'other'
}

interface Named {
  name: MishapName
  /** Which of its forms; the plainest is `usual`. */
  variant: string
}

/** Somebody is turned away by Instagram's own page. */
export type PageMishap = Named & { at: 'authorize'; message: string }

/** The browser goes back, but not with what the app hopes for. */
export type CallbackMishap = Named & { at: 'callback'; detour: Detour }

/** A call is answered badly. */
export type CallMishap = Named & { at: CallPlace; answer: Misbehaviour }

/** One form of something that goes wrong, in one place. */
export type Mishap = PageMishap | CallbackMishap | CallMishap

/** What happens, by name and variant. No variant is called by a number alone: JavaScript would put it first. */
export type Variants<Happening> = Partial<Record<MishapName, Readonly<Record<string, Happening>>>>

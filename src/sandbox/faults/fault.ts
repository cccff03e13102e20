/** Every known failure between an app and Instagram, with its title on the authorize page. */
export const TITLES = {
  redirect_uri_mismatch: 'Redirect URI not registered',
  invalid_platform_app: 'Invalid platform app',
  insufficient_developer_role: 'Insufficient Developer Role',
  not_professional: 'Not a professional account',
  invalid_scope: 'Invalid scope',
  session_invalid: '400: Session Invalid',
  app_opened: 'Instagram’s app opens instead',
  user_denied: 'The person cancels',
  server_error: 'Server error',
  temporarily_unavailable: 'Temporarily unavailable',
  callback_without_state: 'State missing',
  callback_with_other_state: 'Different state',
  callback_empty: 'Neither code nor error',
  other_browser: 'Return in another browser',
  code_used: 'Code already used',
  code_expired: 'Code expired',
  code_invalid: 'Code invalid',
  verification_failed: 'Verification of the code failed',
  client_secret_wrong: 'Client secret wrong',
  missing_field: 'Required field missing',
  response_type_refused: 'Invalid response type',
  implicit_disabled: 'Implicit login disabled',
  browser_forbidden: 'Blocked as a browser',
  no_token_in_answer: 'No token in the response',
  unsupported_request: 'Unsupported request - method type: get',
  already_long_lived: 'Token already long-lived',
  invalid_application_id: 'Invalid application ID',
  token_expired: 'Token expired',
  session_invalidated: 'Password changed',
  app_removed: 'App removed',
  checkpoint: 'Checkpoint: log in at Instagram first',
  user_unconfirmed: 'Account not confirmed',
  token_revoked: 'Token revoked',
  session_role: 'Role removed',
  token_unparseable: 'Token cannot be parsed',
  classic_token_invalid: 'Token invalid, first Instagram API',
  refresh_too_young: 'Token too young',
  object_missing: 'Object does not exist',
  permission_missing: 'Permission missing',
  api_access_deactivated: 'API access deactivated',
  throttled: 'Throttled',
  action_blocked: 'Action blocked',
  account_blocked: 'Account blocked',
  temporary_failure: 'Temporary failure',
  reset: 'Connection reset',
  hang: 'No response',
  truncated: 'Incomplete response',
  slow: 'Endless response',
  html_answer: 'HTML with status 200',
  empty_answer: 'Empty response',
  redirect_answer: 'Redirect',
} as const

/** The name of a fault. */
export type FaultName = keyof typeof TITLES

/** Where a fault happens, in the order of a login, with the group's title on the authorize page. */
export const PLACES = {
  authorize: 'On Instagram’s page, without a callback',
  callback: 'In the redirect to the app',
  exchange: 'When the app exchanges the code',
  long_lived: 'When it requests a long-lived token',
  me: 'When it reads the profile',
  refresh: 'When it next refreshes the token',
  revoke: 'When it revokes access',
} as const

/** Where a fault happens: on Instagram's page, in the redirect back to the app, or in a call of the app's server. */
export type FaultPlace = keyof typeof PLACES

/** The calls of the app's server with known faults. */
export type CallPlace = Exclude<FaultPlace, 'authorize' | 'callback'>

/** A faulty response to a call: these bytes, or a broken connection. */
export type FaultyResponse =
  | {
      /** Default 200. */
      status?: number
      /** Default `application/json`. */
      contentType?: string
      headers?: Record<string, string>
      body: string | Buffer
    }
  | {
      /**
       * `reset`: the connection is reset before a response. `hang`: the request is accepted and never answered.
       * `truncated`: the body is shorter than `Content-Length`. `slow`: a byte every 100 ms without end.
       */
      fault: 'reset' | 'hang' | 'truncated' | 'slow'
    }

/** A faulty redirect back to the app. */
export interface FaultyCallback {
  /** Query parameters, beside code and state. */
  query?: Readonly<Record<string, string>>
  /** Whether a valid code is sent. Default: no. */
  code?: boolean
  /** Default `kept`: the state that the app sent. */
  state?: 'kept' | 'missing' | 'other'
  /** Whether a page shows the address, to open in another browser, instead of a redirect. Default: no. */
  elsewhere?: boolean
}

interface FaultForm {
  name: FaultName
  /** One of the forms of this fault; `usual` is the most common one. */
  variant: string
}

/** Instagram's own page refuses the person or the app. */
export type PageFault = FaultForm & { at: 'authorize'; message: string }

/** The browser is redirected to the app without what the app expects. */
export type CallbackFault = FaultForm & { at: 'callback'; callback: FaultyCallback }

/** A call of the app's server gets a faulty response. */
export type CallFault = FaultForm & { at: CallPlace; response: FaultyResponse }

/** One form of a fault in one place. */
export type Fault = PageFault | CallbackFault | CallFault

/** A table of faults by name and variant. No variant is a number alone: JavaScript would put it first. */
export type FaultTable<Form> = Partial<Record<FaultName, Readonly<Record<string, Form>>>>

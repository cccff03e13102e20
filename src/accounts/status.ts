import type { InstagramFailure } from '../instagram/failure.ts'

/** How an account is doing. */
export type AccountStatus =
  /** The token is valid, and is kept so. */
  | 'ok'
  /** The token lasts one hour: Instagram has not exchanged it yet. It is tried again while the hour lasts. */
  | 'short_lived'
  /** The token is valid, but refreshing it keeps failing and its end is near. */
  | 'expiring'
  /** There is no valid token, and only the person can give a new one. */
  | 'needs_reconnect'
  /** No key in `TOKEN_KEYS` opens the token. */
  | 'unreadable'
  /** The person removed the app on Instagram, and Instagram told us: the token is destroyed. */
  | 'disconnected_by_instagram'

/** Why an account is not `ok`. */
export type StatusReason = InstagramFailure | 'expired' | 'no_key' | 'app_removed'

/** Each reason in words, for whoever looks after the account. */
export const REASONS = {
  expired: 'The token has expired.',
  no_key: 'No key in TOKEN_KEYS opens the token.',
  app_removed: 'The app was removed on Instagram, and its token destroyed.',
  token_invalid: 'Instagram no longer accepts the token: access was removed, or the password was changed.',
  already_long_lived: 'Instagram says that the token is long-lived already.',
  not_permitted: 'Instagram says that the permission is gone.',
  app_misconfigured: 'Instagram does not accept this app’s id or secret.',
  throttled: 'Instagram is being asked too often.',
  refused: 'Instagram refused for a reason that is in the log.',
  unavailable: 'Instagram says that it is out of order.',
  unreachable: 'Instagram cannot be reached.',
  timed_out: 'Instagram does not answer in time.',
  too_large: 'Instagram’s answer makes no sense.',
  unreadable: 'Instagram’s answer makes no sense.',
  code_used: 'Instagram’s code was used before.',
  code_expired: 'Instagram’s code was too old.',
  code_invalid: 'Instagram did not know its code.',
  verification_failed: 'Instagram does not accept this app’s secret or redirect URI.',
} satisfies Record<StatusReason, string> as Record<StatusReason, string>

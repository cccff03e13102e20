import { catalogue, type FailureName } from '../instagram/catalogue/catalogue.ts'

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

/** Why an account is not `ok`: what Instagram said; or its token ended (`expired`), or no key opens it (`no_key`). */
export type StatusReason = FailureName | 'expired' | 'no_key'

/** A reason as it stands in a row; `null` if there is none of this name. Some were called otherwise once. */
export function statusReason(stored: string): StatusReason | null {
  if (stored === 'expired' || stored === 'no_key') return stored
  const name = FORMERLY[stored] ?? stored
  return Object.hasOwn(catalogue, name) ? (name as FailureName) : null
}

/** A reason in words, for whoever looks after the account. */
export function inWords(reason: StatusReason): string {
  if (reason === 'expired') return 'The token has expired.'
  if (reason === 'no_key') return 'None of this site’s token keys opens the token.'
  return catalogue[reason].happened
}

const FORMERLY: Readonly<Record<string, FailureName>> = {
  not_permitted: 'permission_missing',
  app_misconfigured: 'client_secret_wrong',
  refused: 'unknown',
  unavailable: 'temporary_failure',
}

import type { InstagramError } from '../errors/errors.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, REFRESHABLE_AFTER_MS } from '../facts.ts'
import type { Token } from '../instagram/responses.ts'
import type { Account, AccountStatus, StatusReason } from './account.ts'
import type { EventType } from './events.ts'

/** The share of the days before expiry over which refreshes are spread, so that accounts connected together drift apart. */
const SPREAD = 0.2

/** Failures in a row after which an account is `expiring`. */
const FAILURES_UNTIL_EXPIRING = 3

/** How long before expiry, in ms, failures make an account `expiring`: a short outage before that raises no alarm. */
const FAILING_NEAR_EXPIRY_MS = 7 * DAY_MS

/** The same for an account that waits because of throttling, which is usually temporary. */
const THROTTLED_NEAR_EXPIRY_MS = 3 * DAY_MS

/** The age in ms below which "no permission" may mean "too young": Instagram's wording for that is unknown. */
const CERTAINLY_REFRESHABLE_MS = 2 * REFRESHABLE_AFTER_MS

/** Days before expiry at which the refresh of every long-lived token is due, unless the token is younger than a day. */
export function latestDueDays({ refreshDaysBeforeExpiry }: RefreshSchedule): number {
  return refreshDaysBeforeExpiry * (1 - SPREAD)
}

/** When tokens are refreshed. */
export interface RefreshSchedule {
  /** Days before expiry from which a token is refreshed. */
  refreshDaysBeforeExpiry: number
  /** From 0 up to 1, like `Math.random`. */
  random(): number
}

/** A change of an account, to be stored. */
export interface AccountChange {
  account: Account
  /** A new token. */
  token?: Token
  event?: EventType
}

/** From when on an account's token can be refreshed; `null`: never, because it does not expire or is not valid. */
export function refreshableFrom({ status, tokenKind, tokenObtainedAt }: Account): Date | null {
  const hasToken = status === 'ok' || status === 'short_lived' || status === 'expiring'
  if (tokenKind === 'classic' || !hasToken) return null
  return new Date(tokenObtainedAt.getTime() + (tokenKind === 'long_lived' ? REFRESHABLE_AFTER_MS : 0))
}

/** When a new token is to be refreshed or exchanged; `null`: never, because it does not expire. */
export function firstDue(token: Omit<Token, 'accessToken'>, schedule: RefreshSchedule): Date | null {
  const { kind, obtainedAt, expiresAt } = token
  if (!expiresAt) return null
  if (kind === 'short_lived') return new Date(obtainedAt.getTime() + MINUTE_MS)
  const early = schedule.refreshDaysBeforeExpiry * DAY_MS * (1 - SPREAD * schedule.random())
  const due = Math.max(expiresAt.getTime() - early, obtainedAt.getTime() + REFRESHABLE_AFTER_MS)
  return new Date(Math.min(due, expiresAt.getTime()))
}

/** The account after a refresh or exchange that succeeded. */
export function afterRefresh(account: Account, token: Token, now: Date, schedule: RefreshSchedule): AccountChange {
  return {
    account: {
      ...withStatus(account, 'ok', null, now),
      tokenKind: token.kind,
      tokenObtainedAt: token.obtainedAt,
      tokenExpiresAt: token.expiresAt,
      dueAt: firstDue(token, schedule),
      failedTries: 0,
    },
    token,
    event: 'token.refreshed',
  }
}

/** The account after Instagram refused a refresh for another reason than throttling. */
export function afterFailure(
  account: Account,
  error: InstagramError,
  now: Date,
  schedule: RefreshSchedule,
): AccountChange {
  const isLongLived = account.tokenKind === 'long_lived'
  const instagramsTime = now.getTime() - (error.evidence.clockAheadMs ?? 0)
  const mayBeTooYoung = instagramsTime - account.tokenObtainedAt.getTime() < CERTAINLY_REFRESHABLE_MS
  const isExpired = hasExpired(account, now)
  if (error.kind === 'token_invalid' || (error.kind === 'not_permitted' && isLongLived && !mayBeTooYoung && !isExpired))
    return afterLoss(account, 'needs_reconnect', error.code, now)
  if (isExpired) return afterLoss(account, 'needs_reconnect', 'expired', now)

  const isTooYoung = error.code === 'permission_missing' && isLongLived && mayBeTooYoung
  const reason = isTooYoung ? 'refresh_too_young' : error.code
  // A refresh on request, ahead of the schedule: the scheduled one follows anyway.
  if (account.dueAt && account.dueAt > now) return { account: { ...account, statusReason: reason } }

  const failedTries = account.failedTries + 1
  const isExpiring = failedTries >= FAILURES_UNTIL_EXPIRING && expiresWithin(FAILING_NEAR_EXPIRY_MS, account, now)
  const status = isExpiring ? 'expiring' : account.status
  const dueAt = nextTry(account, failedTries, now, schedule)
  return {
    account: { ...withStatus(account, status, reason, now), dueAt, failedTries },
    ...(status !== account.status && { event: 'token.expiring' }),
  }
}

/** The account after Instagram throttled a refresh: it waits until `until`, and the refresh does not count as failed. */
export function afterThrottling(account: Account, until: Date, now: Date): AccountChange {
  if (hasExpired(account, now)) return afterLoss(account, 'needs_reconnect', 'expired', now)
  const expiry = account.tokenExpiresAt?.getTime() ?? Infinity
  const dueAt = new Date(Math.min(Math.max(until.getTime(), account.dueAt?.getTime() ?? 0), expiry))
  const isNews = account.status !== 'expiring' && expiresWithin(THROTTLED_NEAR_EXPIRY_MS, account, now)
  if (!isNews) return { account: { ...account, dueAt } }
  return { account: { ...withStatus(account, 'expiring', 'throttled', now), dueAt }, event: 'token.expiring' }
}

/**
 * The account after its token was refused for good, or lost its key. `expired` comes from this machine's clock, not from Instagram: it is undone
 * if the clock was wrong.
 */
export function afterLoss(
  account: Account,
  status: 'needs_reconnect' | 'unreadable',
  reason: StatusReason,
  now: Date,
): AccountChange {
  return { account: { ...withStatus(account, status, reason, now), dueAt: null }, event: `account.${status}` }
}

/** The account after its token key was restored, or after a wrong clock, which had made the token expire, was corrected. */
export function afterReturn(account: Account, now: Date, schedule: RefreshSchedule): AccountChange {
  const { tokenKind: kind, tokenObtainedAt: obtainedAt, tokenExpiresAt: expiresAt } = account
  return {
    account: {
      ...withStatus(account, kind === 'short_lived' ? 'short_lived' : 'ok', null, now),
      dueAt: firstDue({ kind, obtainedAt, expiresAt }, schedule),
    },
    event: 'account.readable',
  }
}

/** Whether a token has expired by our clock, which may be wrong. */
function hasExpired({ tokenExpiresAt }: Account, now: Date): boolean {
  return tokenExpiresAt !== null && tokenExpiresAt <= now
}

/** Exponential backoff with jitter, no later than the expiry. */
function nextTry(account: Account, failures: number, now: Date, schedule: RefreshSchedule): Date {
  const [first, longest] =
    account.tokenKind === 'short_lived' ? [MINUTE_MS, 10 * MINUTE_MS] : [5 * MINUTE_MS, 6 * HOUR_MS]
  const pause = Math.min(first * 2 ** (failures - 1), longest) * (0.75 + schedule.random() / 2)
  return new Date(Math.min(now.getTime() + pause, account.tokenExpiresAt?.getTime() ?? Infinity))
}

function expiresWithin(milliseconds: number, { tokenKind, tokenExpiresAt }: Account, now: Date): boolean {
  const expiry = tokenExpiresAt?.getTime() ?? Infinity
  return tokenKind === 'long_lived' && expiry - now.getTime() <= milliseconds
}

function withStatus(account: Account, status: AccountStatus, statusReason: StatusReason | null, now: Date): Account {
  const statusSince = status === account.status ? account.statusSince : now
  return { ...account, status, statusReason, statusSince }
}

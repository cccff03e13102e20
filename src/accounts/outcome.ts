import type { Refreshed } from '../instagram/client.ts'
import { InstagramError } from '../instagram/failure.ts'
import type { Account } from './account.ts'
import type { Outcome } from './claims.ts'
import { firstDue, nextTry, REFRESHABLE_AFTER_MS, type Schedule } from './schedule.ts'
import type { AccountStatus, StatusReason } from './status.ts'

/** Failures in a row after which an account is `expiring`. */
const FAILURES_UNTIL_EXPIRING = 3

const DAY_MS = 24 * 60 * 60 * 1000

/** Milliseconds before its end from which an account that keeps failing is `expiring`: a short outage earlier alarms nobody. */
const FAILING_NEAR_END_MS = 7 * DAY_MS

/** The same for one that waits because Instagram throttles, which mostly passes. */
const WAITING_NEAR_END_MS = 3 * DAY_MS

/** Milliseconds of age below which "no permission" may mean "too young": how Instagram words that is not known. */
const SURELY_REFRESHABLE_MS = 2 * REFRESHABLE_AFTER_MS

/** What an attempt at an account's token brought: a new one, or why there is none. */
export type Attempt = Refreshed | InstagramError | 'expired' | 'no_key'

/** What becomes of an account after an attempt at its token. */
export function outcomeOf(account: Account, attempt: Attempt, now: Date, schedule: Schedule): Outcome {
  if (attempt === 'expired') return needsReconnect(account, attempt, now)
  if (attempt === 'no_key')
    return {
      account: { ...account, ...status(account, 'unreadable', attempt, now), dueAt: null },
      event: 'account.unreadable',
    }
  if (!(attempt instanceof InstagramError)) return refreshed(account, attempt, now, schedule)
  return isFinal(attempt, account, now)
    ? needsReconnect(account, attempt.reason, now)
    : failed(account, attempt, now, schedule)
}

/** What becomes of an account when Instagram is being asked too often: it waits, and is not counted as failed. */
export function throttled(account: Account, until: Date, now: Date): Outcome {
  const { tokenExpiresAt, dueAt } = account
  const end = tokenExpiresAt?.getTime() ?? Infinity
  const next = endsWithin(WAITING_NEAR_END_MS, account, now) ? 'expiring' : account.status
  return {
    account: {
      ...account,
      ...(next !== account.status && status(account, next, 'throttled', now)),
      dueAt: new Date(Math.min(Math.max(until.getTime(), dueAt?.getTime() ?? 0), end)),
    },
    ...(next !== account.status && { event: 'token.expiring' }),
  }
}

function endsWithin(span: number, { tokenKind, tokenExpiresAt }: Account, now: Date): boolean {
  return tokenKind === 'long_lived' && (tokenExpiresAt?.getTime() ?? Infinity) - now.getTime() <= span
}

/** What becomes of an `unreadable` account whose key is back. */
export function readableAgain(account: Account, now: Date, schedule: Schedule): Outcome {
  const { tokenKind: kind, tokenObtainedAt: obtainedAt, tokenExpiresAt: expiresAt } = account
  if (expiresAt && expiresAt <= now) return needsReconnect(account, 'expired', now)
  return {
    account: {
      ...account,
      ...status(account, kind === 'short_lived' ? 'short_lived' : 'ok', null, now),
      dueAt: firstDue({ kind, obtainedAt, expiresAt }, schedule),
    },
    event: 'account.readable',
  }
}

/** Whether only the person can help. */
function isFinal(error: InstagramError, account: Account, now: Date): boolean {
  if (error.failure === 'not_permitted')
    return account.tokenKind === 'long_lived' && !mayBeTooYoung(account, now)
  return error.failure === 'token_invalid'
}

function mayBeTooYoung({ tokenObtainedAt }: Account, now: Date): boolean {
  return now.getTime() - tokenObtainedAt.getTime() < SURELY_REFRESHABLE_MS
}

function refreshed(account: Account, { token }: Refreshed, now: Date, schedule: Schedule): Outcome {
  return {
    account: {
      ...account,
      ...status(account, 'ok', null, now),
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

function needsReconnect(account: Account, reason: StatusReason, now: Date): Outcome {
  return {
    account: { ...account, ...status(account, 'needs_reconnect', reason, now), dueAt: null },
    event: 'account.needs_reconnect',
  }
}

function failed(account: Account, error: InstagramError, now: Date, schedule: Schedule): Outcome {
  const isTooYoung = error.reason === 'permission_missing' && account.tokenKind === 'long_lived'
  const reason = isTooYoung && mayBeTooYoung(account, now) ? 'refresh_too_young' : error.reason
  // By hand, and before its turn: that comes all the same.
  if (account.dueAt && account.dueAt > now) return { account: { ...account, statusReason: reason } }
  const failedTries = account.failedTries + 1
  const isExpiring = endsWithin(FAILING_NEAR_END_MS, account, now) && failedTries >= FAILURES_UNTIL_EXPIRING
  const next = isExpiring ? 'expiring' : account.status
  return {
    account: {
      ...account,
      ...status(account, next, reason, now),
      dueAt: nextTry(account, failedTries, now, schedule),
      failedTries,
    },
    ...(next !== account.status && { event: 'token.expiring' }),
  }
}

function status(account: Account, next: AccountStatus, reason: StatusReason | null, now: Date) {
  return {
    status: next,
    statusReason: reason,
    statusSince: next === account.status ? account.statusSince : now,
  }
}

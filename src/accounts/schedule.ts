import type { Token } from '../instagram/token.ts'
import type { Account } from './account.ts'

const MINUTE_MS = 60 * 1000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** Instagram refreshes no token that is younger. */
export const REFRESHABLE_AFTER_MS = DAY_MS

/** Part of the days before expiry over which refreshes are spread, so that accounts connected together part company. */
const SPREAD = 0.2

/** When tokens are to be refreshed. */
export interface Schedule {
  /** Days before its end from which a token is refreshed. */
  refreshDaysBeforeExpiry: number
  /** From 0 up to 1, like `Math.random`. */
  random(): number
}

/** What of a token decides when it is due. */
type Lifetime = Omit<Token, 'accessToken'>

/** When something is to be done about a new token; `null`: never, for it has no end. */
export function firstDue({ kind, obtainedAt, expiresAt }: Lifetime, schedule: Schedule): Date | null {
  if (!expiresAt) return null
  if (kind === 'short_lived') return new Date(obtainedAt.getTime() + MINUTE_MS)
  const early = schedule.refreshDaysBeforeExpiry * DAY_MS * (1 - SPREAD * schedule.random())
  const due = Math.max(expiresAt.getTime() - early, obtainedAt.getTime() + REFRESHABLE_AFTER_MS)
  return new Date(Math.min(due, expiresAt.getTime()))
}

/** When to try again after the given number of failures in a row: sooner at first, and at its end at the latest. */
export function nextTry(account: Account, failures: number, now: Date, schedule: Schedule): Date {
  const { tokenKind, tokenExpiresAt } = account
  const [first, longest] =
    tokenKind === 'short_lived' ? [MINUTE_MS, 10 * MINUTE_MS] : [5 * MINUTE_MS, 6 * HOUR_MS]
  const pause = Math.min(first * 2 ** (failures - 1), longest) * (0.75 + schedule.random() / 2)
  return new Date(Math.min(now.getTime() + pause, tokenExpiresAt?.getTime() ?? Infinity))
}

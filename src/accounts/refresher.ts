import { randomUUID } from 'node:crypto'
import type { Database, Value } from '../database/database.ts'
import { SKIP_LOCKED } from '../database/queries.ts'
import { errorLogFields, InstagramError, isAppError, type Usage } from '../errors/errors.ts'
import type { SettingNames } from '../errors/settingNames.ts'
import { DAY_MS, HOUR_MS, LONG_LIVED_DAYS, MINUTE_MS } from '../facts.ts'
import type { InstagramClient } from '../instagram/client.ts'
import type { Logger } from '../log.ts'
import { type Account, accountFromRow, accountToRow } from './account.ts'
import type { Accounts } from './accounts.ts'
import type { Events } from './events.ts'
import * as policy from './refreshPolicy.ts'
import { keyIdOf, type TokenCipher } from './tokenCipher.ts'

/** Milliseconds after which an account that was leased and never settled is free again: longer than any call. */
const LEASE_MS = MINUTE_MS

/** Milliseconds of a lease that can only come from a clock that was set back. Much longer, because the clocks of processes differ. */
const IMPOSSIBLE_LEASE_MS = 60 * LEASE_MS

/** Accounts that are refreshed at the same time. */
const CONCURRENCY = 4

/** Percent of Instagram's limits from which refreshing pauses. */
const NEARLY_THROTTLED_PERCENT = 95

/** Milliseconds of a pause, unless Instagram asks for more. */
const SHORTEST_PAUSE_MS = 15 * MINUTE_MS

/** The longest pause in ms, whatever Instagram asks for. */
const LONGEST_PAUSE_MS = DAY_MS

/** How many seconds the clock may drift between two rounds before a warning is logged. */
const MAX_DRIFT_SECONDS = 300

/** An account whose token no other process changes until the lease is settled or expires. Connecting the account again ends the lease. */
export interface Lease {
  id: string
  account: Account
}

/** Leases on the accounts of a database. */
export type Leases = ReturnType<typeof createLeases>

/** Makes many processes refresh each token once: take a lease, call Instagram, settle the lease. */
export function createLeases(database: Database, cipher: TokenCipher, events: Events, now: () => Date) {
  const isFree = '(leased_until IS NULL OR leased_until <= $3 OR leased_until > $5)'

  async function take(condition: string, value: Value, select = ''): Promise<Lease[]> {
    const id = randomUUID()
    const time = now().getTime()
    const { rows } = await database.query(
      `${select}UPDATE accounts SET lease = $1, leased_until = $2 WHERE ${isFree} AND ${condition} RETURNING *`,
      [id, time + LEASE_MS, time, value, time + IMPOSSIBLE_LEASE_MS],
    )
    return rows.map((row) => ({ id, account: accountFromRow(row) }))
  }

  function takeFirst(limit: number, condition: string, order = ''): Promise<Lease[]> {
    // A WITH, because PostgreSQL may run a subselect several times, and each run would lock other rows.
    const select = `WITH first AS (SELECT account_key FROM accounts
      WHERE ${condition} AND ${isFree} ${order} LIMIT $4${SKIP_LOCKED[database.engine]}) `
    return take('account_key IN (SELECT account_key FROM first)', limit, select)
  }

  return {
    /** Leases the accounts that have been due longest. */
    takeDue: (limit: number) => takeFirst(limit, 'due_at <= $3', 'ORDER BY due_at'),

    /** Leases accounts whose token has expired by a clock that was ahead, and not by the clock as it is now. */
    takeFalselyExpired: (limit: number) =>
      takeFirst(limit, "status = 'needs_reconnect' AND status_reason = 'expired' AND expires_at > $3"),

    /** Corrects times from a clock that was ahead and was set back. Less than a day ahead does no harm. */
    async correctTimes(schedule: policy.RefreshSchedule): Promise<void> {
      const time = now().getTime()
      const afterDays = (days: number) => Math.round(time + days * DAY_MS)
      // Tokens of the future, which were obtained not long ago.
      await database.query(
        `UPDATE accounts SET token_obtained_at = $1, expires_at = $1 + expires_at - token_obtained_at, due_at = $2
         WHERE token_kind = 'long_lived' AND due_at IS NOT NULL AND expires_at > $3 AND token_obtained_at > $2`,
        [time, afterDays(1), afterDays(LONG_LIVED_DAYS + 1)],
      )
      // Refreshes that were put off: no pause is longer than a day.
      await database.query(
        `UPDATE accounts SET due_at = $1
         WHERE token_kind = 'long_lived' AND due_at > $2 AND expires_at < $3 AND expires_at > $1`,
        [time, afterDays(2), afterDays(policy.latestDueDays(schedule))],
      )
      await database.query("UPDATE accounts SET due_at = $1 WHERE status = 'short_lived' AND due_at > $2", [
        time,
        time + HOUR_MS,
      ])
    },

    /** Leases this account, due or not; `undefined`: it is leased already, or gone. */
    async take(key: string): Promise<Lease | undefined> {
      const [lease] = await take('account_key = $4', key)
      return lease
    },

    /** Stores the change and ends the lease, unless the account was connected anew or removed meanwhile. */
    async settle(lease: Lease, { account, token, event: type }: policy.AccountChange): Promise<void> {
      const encrypted = token && cipher.encrypt(token.accessToken, account.key)
      const columns = {
        ...accountToRow(account),
        lease: null,
        leased_until: null,
        ...(encrypted && { sealed_token: encrypted, token_key_id: keyIdOf(encrypted) }),
      }
      const assignments = Object.keys(columns).map((name, index) => `${name} = $${index + 3}`)
      const event = await database.transaction(async (transaction) => {
        const { rowCount } = await transaction.query(
          `UPDATE accounts SET ${assignments.join(', ')} WHERE account_key = $1 AND lease = $2`,
          [account.key, lease.id, ...Object.values(columns)],
        )
        return rowCount === 1 && type ? events.record(transaction, type, account) : undefined
      })
      if (event) events.publish(event)
    },
  }
}

/** What can come of a refresh on request, each as the rest of a sentence that begins with “The token of” and the account. */
export const REFRESH_MESSAGES = {
  refreshed: 'was renewed.',
  failed: 'was not renewed.',
  not_now:
    'was not renewed: Instagram allows no more calls now, or another process is renewing it. It is tried again automatically.',
  too_young: 'cannot be renewed yet: Instagram requires tokens to be 24 hours old.',
  not_refreshable: 'cannot be renewed: it does not expire, or only connecting the account again gives a new one.',
  gone: 'was not renewed: the account is no longer connected.',
} as const

/** The outcome of a refresh on request; only `refreshed` and `failed` called Instagram. */
export type RefreshOutcome = keyof typeof REFRESH_MESSAGES

/** The outcome of a refresh, and the account afterwards. */
export interface RefreshResult {
  outcome: RefreshOutcome
  /** `undefined`: it is not connected. */
  account: Account | undefined
}

/** Keeps tokens valid. */
export type Refresher = ReturnType<typeof createRefresher>

/** A refresher; does nothing until it is called. */
export function createRefresher(options: {
  instagram: InstagramClient
  accounts: Accounts
  leases: Leases
  schedule: policy.RefreshSchedule
  log: Logger
  now: () => Date
  /** The log reader's names for the settings. */
  names: SettingNames
}) {
  const { instagram, accounts, leases, schedule, log, now, names } = options
  /** Of the monotonic clock: a pause lasts as long as it should, even if the clock is set meanwhile. */
  let pausedUntil = 0
  let isStopped = false
  /** When the last round began, in ms; a clock that was set back is behind it. */
  let lastRound = Infinity
  /** What the clock was ahead of the monotonic one then, in ms; jumps when the clock is set. */
  let lastOffset = now().getTime() - performance.now()

  const isPaused = () => isStopped || performance.now() < pausedUntil

  /** Returns when the pause ends. */
  function pause(usage: Usage | undefined): Date {
    const length = Math.min(Math.max(usage?.regainMs ?? 0, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS)
    pausedUntil = performance.now() + length
    return new Date(now().getTime() + length)
  }

  /** Why an account is not refreshed now; `undefined`: it can be. */
  function obstacle(account: Account): 'not_refreshable' | 'too_young' | undefined {
    const from = policy.refreshableFrom(account)
    if (!from) return 'not_refreshable'
    return from > now() ? 'too_young' : undefined
  }

  async function refreshLeased(lease: Lease): Promise<'refreshed' | 'failed' | 'not_now'> {
    const { account } = lease
    try {
      const accessToken = await accounts.accessToken(account.key)
      if (accessToken === undefined) return 'failed' // Removed meanwhile.
      const { token, usage } =
        account.tokenKind === 'long_lived'
          ? await instagram.refresh(accessToken)
          : { token: await instagram.exchangeForLongLived(accessToken), usage: undefined }
      if (usage && usage.percent >= NEARLY_THROTTLED_PERCENT) pause(usage)
      await leases.settle(lease, policy.afterRefresh(account, token, now(), schedule))
      return 'refreshed'
    } catch (error) {
      if (isAppError(error, 'token_unreadable')) {
        await leases.settle(lease, policy.afterLoss(account, 'unreadable', 'no_key', now()))
        return 'failed'
      }
      if (!(error instanceof InstagramError)) throw error // The lease expires, and the refresh is tried again.
      log.warn({ err: error, account: account.id, ...errorLogFields(error, names) }, 'a token could not be refreshed')
      if (error.kind === 'throttled') {
        await leases.settle(lease, policy.afterThrottling(account, pause(error.evidence.usage), now()))
        return 'not_now'
      }
      await leases.settle(lease, policy.afterFailure(account, error, now(), schedule))
      return 'failed'
    }
  }

  /** Repairs accounts after a clock that was ahead is right again: at the start, and after it was set back. */
  async function undoClockErrors(): Promise<void> {
    const time = now().getTime()
    const offset = time - performance.now()
    const seconds = Math.round((offset - lastOffset) / 1000)
    if (Math.abs(seconds) > MAX_DRIFT_SECONDS) log.warn({ seconds }, 'the clock was changed')
    lastOffset = offset
    await leases.correctTimes(schedule)
    let wrong: Lease[]
    while (time < lastRound && !isStopped && (wrong = await leases.takeFalselyExpired(CONCURRENCY)).length > 0)
      for (const lease of wrong) await leases.settle(lease, policy.afterReturn(lease.account, now(), schedule))
    lastRound = time
  }

  /** Refreshes due accounts one after the other. An account that fails for another reason than the database does not stop the rest. */
  async function refreshOneByOne(first: Lease): Promise<void> {
    for (let lease: Lease | undefined = first; lease; [lease] = isPaused() ? [] : await leases.takeDue(1)) {
      const { id } = lease.account
      await refreshLeased(lease).catch((error: unknown) => {
        if (isAppError(error, 'database_unavailable')) throw error
        log.error({ err: error, account: id }, 'refreshing an account failed; it is retried')
      })
    }
  }

  return {
    /**
     * Refreshes every account that is due, each once among all processes. Ends early if Instagram throttles.
     *
     * @throws {AppError} `database_unavailable`
     */
    async refreshDue(): Promise<void> {
      await undoClockErrors()
      if (isPaused()) return
      const leased = await leases.takeDue(CONCURRENCY)
      // All have ended before this returns, so that the database may be closed then.
      const ended = await Promise.allSettled(leased.map(refreshOneByOne))
      for (const result of ended) if (result.status === 'rejected') throw result.reason
    },

    /** Refreshes one account now, if that is possible. */
    async refresh(key: string): Promise<RefreshResult> {
      const before = await accounts.find(key)
      if (!before) return { outcome: 'gone', account: undefined }
      const reason = obstacle(before)
      if (reason) return { outcome: reason, account: before }
      const lease = isPaused() ? undefined : await leases.take(key)
      if (!lease) return { outcome: 'not_now', account: await accounts.find(key) }
      const reasonNow = obstacle(lease.account)
      if (reasonNow) {
        // Another process has refreshed the token, or found it invalid, since the account was read.
        await leases.settle(lease, { account: lease.account })
        const outcome = reasonNow === 'too_young' ? 'refreshed' : reasonNow
        return { outcome, account: lease.account }
      }
      const outcome = await refreshLeased(lease)
      const account = await accounts.find(key)
      return { outcome: account ? outcome : 'gone', account }
    },

    /** Lets the refreshes under way finish and starts no more. */
    stop(): void {
      isStopped = true
    },
  }
}

import type { Instagram } from '../instagram/client.ts'
import { InstagramError } from '../instagram/failure.ts'
import type { Usage } from '../instagram/usage.ts'
import type { Account } from './account.ts'
import type { Accounts } from './accounts.ts'
import type { Claim, Claims } from './claims.ts'
import { UnreadableTokenError } from './keyRing.ts'
import { type Attempt, outcomeOf, throttled } from './outcome.ts'
import { REFRESHABLE_AFTER_MS, type Schedule } from './schedule.ts'
import type { AccountStatus } from './status.ts'

/** Accounts that are refreshed at the same time. */
const CONCURRENCY = 4

/** Percent of Instagram's limits from which we pause. */
const NEARLY_THROTTLED_PERCENT = 95

/** Milliseconds of a pause, unless Instagram says that it takes longer. */
const SHORTEST_PAUSE_MS = 15 * 60 * 1000

/** Milliseconds of a pause, whatever Instagram says. */
const LONGEST_PAUSE_MS = 24 * 60 * 60 * 1000

/** Keeps tokens alive. */
export interface Refresher {
  /** Attends to every account that is due, each once among all processes. Stops where Instagram throttles. */
  refreshDue(): Promise<void>
  /** Attends to one account now, if that is possible, Instagram does not throttle and nobody else does it; returns it as it is then. */
  refresh(key: string): Promise<Account | undefined>
  /** Ends the pass that is under way after the accounts in hand, and begins no more. */
  stop(): void
}

/** What a refresher works with. */
export interface RefresherOptions {
  instagram: Instagram
  accounts: Accounts
  claims: Claims
  schedule: Schedule
  now: () => Date
  /** Told of every call that failed, and of every error of ours: for the log. */
  onError: (error: unknown, account: Account) => void
}

/** From when on an account's token can be refreshed; `null`: never, for it has no end or is dead. */
export function refreshableFrom({ status, tokenKind, tokenObtainedAt }: Account): Date | null {
  if (tokenKind === 'classic' || NOT_REFRESHABLE.has(status)) return null
  return new Date(tokenObtainedAt.getTime() + (tokenKind === 'long_lived' ? REFRESHABLE_AFTER_MS : 0))
}

const NOT_REFRESHABLE: ReadonlySet<AccountStatus> = new Set([
  'needs_reconnect',
  'unreadable',
  'disconnected_by_instagram',
])

/** A refresher; nothing happens until it is asked. */
export function createRefresher(options: RefresherOptions): Refresher {
  const { instagram, accounts, claims, schedule, now, onError } = options
  let pausedUntil = 0
  let stopping = false

  // A pause that is longer than any was made by a clock that has been set back since.
  const isPaused = () => pausedUntil > now().getTime() && pausedUntil - now().getTime() <= LONGEST_PAUSE_MS
  const mayGoOn = () => !stopping && !isPaused()

  function isRefreshable(account: Account): boolean {
    const from = refreshableFrom(account)
    return from !== null && from <= now()
  }

  function pause(usage: Usage | undefined): Date {
    const wanted = Math.max(usage?.regainMs ?? 0, SHORTEST_PAUSE_MS)
    pausedUntil = now().getTime() + Math.min(wanted, LONGEST_PAUSE_MS)
    return new Date(pausedUntil)
  }

  async function attend(claim: Claim): Promise<void> {
    const { account } = claim
    try {
      const attempt = await tryOnce(account)
      if (attempt instanceof InstagramError) onError(attempt, account)
      if (attempt instanceof InstagramError && attempt.failure === 'throttled') {
        await claims.settle(claim, throttled(account, pause(attempt.evidence.usage), now()))
        return
      }
      if (
        typeof attempt === 'object' &&
        'usage' in attempt &&
        attempt.usage.percent >= NEARLY_THROTTLED_PERCENT
      )
        pause(attempt.usage)
      await claims.settle(claim, outcomeOf(account, attempt, now(), schedule))
    } catch (error) {
      onError(error, account) // The lease runs out, and it is tried again.
    }
  }

  async function tryOnce(account: Account): Promise<Attempt> {
    if (account.tokenExpiresAt && account.tokenExpiresAt <= now()) return 'expired'
    try {
      const token = await accounts.accessToken(account.key)
      if (token === undefined) return 'expired' // Removed meanwhile: nothing will be settled.
      if (account.tokenKind === 'long_lived') return await instagram.refresh(token)
      return { token: await instagram.exchangeForLongLived(token), usage: { percent: 0, regainMs: 0 } }
    } catch (error) {
      if (error instanceof UnreadableTokenError) return 'no_key'
      if (error instanceof InstagramError) return error
      throw error
    }
  }

  return {
    async refreshDue() {
      if (!mayGoOn()) return
      const first = await claims.due(CONCURRENCY)
      const ended = await Promise.allSettled(
        first.map(async (claim) => {
          for (let next: Claim | undefined = claim; next; [next] = mayGoOn() ? await claims.due(1) : [])
            await attend(next)
        }),
      )
      // All have come to an end, so that nobody closes the database under them.
      for (const one of ended) if (one.status === 'rejected') throw one.reason
    },

    async refresh(key) {
      const account = await accounts.find(key)
      if (!account || !isRefreshable(account) || !mayGoOn()) return account
      const claim = await claims.one(key)
      // Looked at once more, for another process may have attended to it meanwhile.
      if (claim && isRefreshable(claim.account)) await attend(claim)
      else if (claim) await claims.settle(claim, { account: claim.account })
      return accounts.find(key)
    },

    stop() {
      stopping = true
    },
  }
}

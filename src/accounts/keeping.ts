import type { Instagram } from '../instagram/client.ts'
import type { Database } from '../storage/database.ts'
import type { Account } from './account.ts'
import { type Accounts, createAccounts } from './accounts.ts'
import { createClaims } from './claims.ts'
import { createEvents, type Listener } from './events.ts'
import { checkKeys } from './keyCheck.ts'
import { createKeyRing, type TokenKey } from './keyRing.ts'
import { createRefresher, type Refresher } from './refresher.ts'
import { createRoster, type Roster } from './roster.ts'
import { createWithdrawals, type Withdrawals } from './withdrawals.ts'

/** What accounts are kept with. */
export interface KeepingOptions {
  database: Database
  instagram: Instagram
  /** Newest first. */
  tokenKeys: readonly TokenKey[]
  /** Days before its end from which a token is refreshed. */
  refreshDaysBeforeExpiry: number
  /** Told of everything that happens to accounts. */
  listeners: readonly Listener[]
  /** Whether events are kept in the database, for a webhook. */
  keepEvents: boolean
  /** Where a person can connect an account again; `null`: nowhere that we know. */
  reconnectUrl: (account: Account) => string | null
  /** Told of every refresh that failed: for the log. */
  onError: (error: unknown, account: Account) => void
  now: () => Date
}

/** Connected accounts, and what keeps their tokens alive. */
export interface Keeping {
  accounts: Accounts
  roster: Roster
  refresher: Refresher
  withdrawals: Withdrawals
  /** Finds the accounts that no key opens, or that one opens again. To be called at start. */
  checkKeys: (signal: AbortSignal) => Promise<void>
}

/** The room's parts, put together. */
export function createKeeping(options: KeepingOptions): Keeping {
  const { database, instagram, now, listeners, reconnectUrl, onError } = options
  const keyRing = createKeyRing(options.tokenKeys)
  const schedule = { refreshDaysBeforeExpiry: options.refreshDaysBeforeExpiry, random: Math.random }
  const events = createEvents({ now, listeners, kept: options.keepEvents, reconnectUrl })
  const accounts = createAccounts({ database, keyRing, events, schedule, now })
  const claims = createClaims(database, keyRing, events, now)
  return {
    accounts,
    roster: createRoster(database, now),
    refresher: createRefresher({ instagram, accounts, claims, schedule, now, onError }),
    withdrawals: createWithdrawals(database, events, now),
    checkKeys: (signal) => checkKeys({ database, keyRing, accounts, claims, schedule, now }, signal),
  }
}

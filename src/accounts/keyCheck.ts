import { setImmediate } from 'node:timers/promises'
import type { Database } from '../storage/database.ts'
import type { Accounts } from './accounts.ts'
import type { Claims } from './claims.ts'
import { type KeyRing, UnreadableTokenError } from './keyRing.ts'
import { outcomeOf, readableAgain } from './outcome.ts'
import type { Schedule } from './schedule.ts'

/** What the check works with. */
export interface KeyCheckOptions {
  database: Database
  keyRing: KeyRing
  accounts: Accounts
  claims: Claims
  schedule: Schedule
  now: () => Date
}

/**
 * Holds the accounts against the keys that we have, which change at a start only: one whose key is missing becomes
 * `unreadable` (but for one that needs the person anyway), and one that can be opened again is as it was.
 */
export async function checkKeys(options: KeyCheckOptions, signal: AbortSignal): Promise<void> {
  const { database, keyRing, accounts, claims, schedule, now } = options
  const known = keyRing.keyIds.map((_, index) => `$${index + 1}`).join(', ')
  const keysWhere = async (condition: string) => {
    const rows = await database.all(`SELECT account_key FROM accounts WHERE ${condition}`, ...keyRing.keyIds)
    return rows.map((row) => String(row['account_key']))
  }

  for (const key of await keysWhere(
    `token_key_id NOT IN (${known}) AND status NOT IN ('unreadable', 'needs_reconnect', 'disconnected_by_instagram')`,
  )) {
    if (await stopped(signal)) return
    const claim = await claims.one(key)
    if (!claim) continue
    // Once more, for another process may have said so, or somebody logged in, since we looked.
    const news = claim.account.status !== 'unreadable' && !(await opens(accounts, key))
    const { account } = claim
    await claims.settle(claim, news ? outcomeOf(account, 'no_key', now(), schedule) : { account })
  }
  for (const key of await keysWhere(`token_key_id IN (${known}) AND status = 'unreadable'`)) {
    if (await stopped(signal)) return
    const claim = (await opens(accounts, key)) && (await claims.one(key))
    if (!claim) continue
    const { account } = claim
    const news = account.status === 'unreadable'
    await claims.settle(claim, news ? readableAgain(account, now(), schedule) : { account })
  }
}

/** Lets requests through between two accounts: SQLite itself never leaves the turn. */
async function stopped(signal: AbortSignal): Promise<boolean> {
  await setImmediate()
  return signal.aborted
}

async function opens(accounts: Accounts, key: string): Promise<boolean> {
  try {
    return (await accounts.accessToken(key)) !== undefined
  } catch (error) {
    if (error instanceof UnreadableTokenError) return false
    throw error
  }
}

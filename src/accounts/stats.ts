import type { Database } from '../database/database.ts'
import type { AccountStatus } from './account.ts'
import type { Accounts } from './accounts.ts'

/** Milliseconds for which a count is reused: with a million accounts it takes a tenth of a second. */
const COUNT_LIFETIME_MS = 30_000

/** Figures about the accounts, for metrics. Each is one indexed query. */
export interface AccountStats {
  /** Accounts by status; up to half a minute old. */
  accountsByStatus(): Promise<Record<AccountStatus, number>>
  /** Events that wait for delivery; up to half a minute old. */
  waitingEvents(): Promise<number>
  /** Seconds until the first of the long-lived tokens that are refreshed expires; `undefined`: there is none. */
  nearestExpirySeconds(): Promise<number | undefined>
  /** Seconds by which the most overdue refresh is late; 0: none is due. */
  refreshLagSeconds(): Promise<number>
}

/** The figures of a database. */
export function createStats(database: Database, accounts: Accounts, now: () => Date): AccountStats {
  async function readNumber(sql: string): Promise<number | undefined> {
    const { rows } = await database.query(sql)
    const value = rows[0]?.['value'] ?? null
    return value === null ? undefined : Number(value)
  }

  return {
    accountsByStatus: cached(COUNT_LIFETIME_MS, now, async () => (await accounts.counts()).byStatus),

    waitingEvents: cached(
      COUNT_LIFETIME_MS,
      now,
      async () => (await readNumber('SELECT COUNT(*) AS value FROM events')) ?? 0,
    ),

    async nearestExpirySeconds() {
      const expiresAt = await readNumber(
        "SELECT MIN(expires_at) AS value FROM accounts WHERE due_at IS NOT NULL AND token_kind = 'long_lived'",
      )
      return expiresAt === undefined ? undefined : (expiresAt - now().getTime()) / 1000
    },

    async refreshLagSeconds() {
      const dueAt = await readNumber('SELECT MIN(due_at) AS value FROM accounts WHERE due_at IS NOT NULL')
      return Math.max(0, now().getTime() - (dueAt ?? Infinity)) / 1000
    },
  }
}

/** Reuses a result for `lifetimeMs`, also while it is being read; failures are not reused. */
function cached<Value>(lifetimeMs: number, now: () => Date, read: () => Promise<Value>) {
  let last: { at: number; value: Promise<Value> } | undefined
  return async (): Promise<Value> => {
    if (last && Math.abs(now().getTime() - last.at) < lifetimeMs) return last.value
    const value = read()
    last = { at: now().getTime(), value }
    value.catch(() => (last = undefined))
    return value
  }
}

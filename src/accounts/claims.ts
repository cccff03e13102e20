import { randomUUID } from 'node:crypto'
import type { Token } from '../instagram/token.ts'
import type { Database, Value } from '../storage/database.ts'
import type { Account } from './account.ts'
import { accountOf, columnsOf } from './accountRow.ts'
import type { Events, EventType } from './events.ts'
import { keyIdOf, type KeyRing } from './keyRing.ts'

/** Milliseconds after which an account that somebody claimed and never settled is free again: longer than any call. */
const LEASE_MS = 60_000

/**
 * Milliseconds of a lease that nobody can have taken, unless by a clock that has been set back since. Much more than a lease, for
 * processes' clocks differ, and `now` is old by the time that a lock has been waited for.
 */
const IMPOSSIBLE_LEASE_MS = 60 * LEASE_MS

/** Whether nobody has an account, at the time $3; $5 is the first impossible one. */
const FREE = '(leased_until IS NULL OR leased_until <= $3 OR leased_until > $5)'

/** An account that nobody else touches the token of, until it is settled or the lease runs out. */
export interface Claim {
  account: Account
  lease: string
}

/** What became of a claimed account. */
export interface Outcome {
  account: Account
  /** A new token, to be sealed. */
  token?: Token
  event?: EventType
}

/** Sees to it that any number of processes refresh each token once: claim, call, settle. */
export interface Claims {
  /** The accounts that have been due longest. One indexed query. */
  due(limit: number): Promise<Claim[]>
  /** This account, due or not; `undefined`: somebody else has claimed it, or it is gone. */
  one(key: string): Promise<Claim | undefined>
  /** Stores what became of it, and lets it go. `false`: it was connected anew or removed meanwhile, and stays as it is. */
  settle(claim: Claim, outcome: Outcome): Promise<boolean>
}

/** Claims on the accounts of a database. */
export function createClaims(database: Database, keyRing: KeyRing, events: Events, now: () => Date): Claims {
  async function take(where: string, value: Value, withDue = ''): Promise<Claim[]> {
    const lease = randomUUID()
    const rows = await database.all(
      `${withDue}UPDATE accounts SET lease = $1, leased_until = $2 WHERE ${FREE} AND ${where} RETURNING *`,
      lease,
      now().getTime() + LEASE_MS,
      now().getTime(),
      value,
      now().getTime() + IMPOSSIBLE_LEASE_MS,
    )
    return rows.map((row) => ({ account: accountOf(row), lease }))
  }

  return {
    due: (limit) =>
      // PostgreSQL carries out a WITH that locks once, a subselect perhaps more often: that would take more than the limit.
      take(
        'account_key IN (SELECT account_key FROM due)',
        limit,
        `WITH due AS (SELECT account_key FROM accounts
           WHERE due_at <= $3 AND ${FREE} ORDER BY due_at LIMIT $4 FOR UPDATE SKIP LOCKED) `,
      ),

    async one(key) {
      const [claim] = await take('account_key = $4', key)
      return claim
    },

    async settle({ lease }, { account, token, event }) {
      const happening = await database.transaction(async (queries) => {
        const sealed = token && keyRing.seal(token.accessToken, account.key)
        const columns = {
          ...columnsOf(account),
          lease: null,
          leased_until: null,
          ...(sealed && { sealed_token: sealed, token_key_id: keyIdOf(sealed) }),
        }
        const assignments = Object.keys(columns).map((name, index) => `${name} = $${index + 3}`)
        const kept = await queries.run(
          `UPDATE accounts SET ${assignments.join(', ')} WHERE account_key = $1 AND lease = $2`,
          account.key,
          lease,
          ...Object.values(columns),
        )
        return {
          kept: kept === 1,
          event: kept === 1 && event && (await events.record(queries, event, account)),
        }
      })
      if (happening.event) events.publish(happening.event)
      return happening.kept
    },
  }
}

import { randomUUID } from 'node:crypto'
import type { Database } from '../storage/database.ts'
import { endSessions } from '../storage/sessionRows.ts'
import { accountOf } from './accountRow.ts'
import type { AccountEvent, Events } from './events.ts'

/**
 * Milliseconds by which a token must be younger than a withdrawal to be left alone. It was then got by a new consent, and the
 * withdrawal comes late; but Meta's clock and ours differ.
 */
const LATE_MS = 5 * 60 * 1000

/** A deletion that a person asked for. Holds nothing about the person. */
export interface Deletion {
  /** By which the person finds its status. Cannot be guessed. */
  confirmationCode: string
  /** When Meta says that it was asked for; where it does not say, when we were told. */
  askedAt: Date
  /** When all was deleted. */
  doneAt: Date
}

/**
 * What a person takes back on Instagram, and Meta then tells us. `id` is either of Instagram's two; `askedAt` is when it was asked for,
 * `null` where Meta does not say.
 */
export interface Withdrawals {
  /**
   * The person removed the app: the token is destroyed and the sessions end; the account stays as `disconnected_by_instagram`.
   * Again, or for an account that is unknown or was connected anew since, does nothing. Returns how many accounts it ended.
   */
  deauthorize(id: string, askedAt: Date | null): Promise<number>
  /**
   * The person wants everything deleted: the account, its token, its sessions and its events. All goes at once or nothing does; that there
   * is nothing left is no error.
   */
  erase(id: string, askedAt: Date | null): Promise<Deletion>
  /** For the page that tells a person how far it is; `undefined`: nobody asked under this code. */
  findDeletion(confirmationCode: string): Promise<Deletion | undefined>
}

/** Withdrawals from the accounts of a database. */
export function createWithdrawals(database: Database, events: Events, now: () => Date): Withdrawals {
  return {
    async deauthorize(id, askedAt) {
      const happenings = await database.transaction(async (queries) => {
        const rows = await queries.all(
          `UPDATE accounts SET sealed_token = '', token_key_id = '', due_at = NULL, failed_tries = 0, lease = NULL,
             leased_until = NULL, status = 'disconnected_by_instagram', status_reason = 'app_removed', status_since = $2
           WHERE (id = $1 OR user_id = $1) AND status <> 'disconnected_by_instagram' AND token_obtained_at <= $3
           RETURNING *`,
          id,
          now().getTime(),
          (askedAt ?? now()).getTime() + LATE_MS,
        )
        const recorded: AccountEvent[] = []
        for (const account of rows.map(accountOf)) {
          await endSessions(queries, account.key)
          recorded.push(await events.record(queries, 'account.deauthorized', account))
        }
        return recorded
      })
      for (const event of happenings) events.publish(event)
      return happenings.length
    },

    async erase(id, askedAt) {
      const deletion: Deletion = {
        confirmationCode: randomUUID().replaceAll('-', ''),
        askedAt: askedAt ?? now(),
        doneAt: now(),
      }
      await database.transaction(async (queries) => {
        const rows = await queries.all('DELETE FROM accounts WHERE id = $1 OR user_id = $1 RETURNING *', id)
        const erased = rows.map(accountOf)
        for (const { key } of erased) {
          await endSessions(queries, key)
          await queries.run('DELETE FROM callbacks WHERE account_key = $1', key)
        }
        // Also of an account that was removed before, and is known by nothing else.
        const ids = new Set([id, ...erased.flatMap((account) => [account.id, account.userId ?? account.id])])
        for (const known of ids) await queries.run('DELETE FROM events WHERE account_id = $1', known)
        await queries.run(
          'INSERT INTO deletions (confirmation_code, asked_at, done_at) VALUES ($1, $2, $3)',
          deletion.confirmationCode,
          deletion.askedAt.getTime(),
          deletion.doneAt.getTime(),
        )
      })
      return deletion
    },

    async findDeletion(confirmationCode) {
      const [row] = await database.all(
        'SELECT * FROM deletions WHERE confirmation_code = $1',
        confirmationCode,
      )
      return (
        row && {
          confirmationCode,
          askedAt: new Date(Number(row['asked_at'])),
          doneAt: new Date(Number(row['done_at'])),
        }
      )
    },
  }
}

import { randomUUID } from 'node:crypto'
import type { Database } from '../database/database.ts'
import { DAY_MS, MINUTE_MS } from '../facts.ts'
import { type Account, accountFromRow } from './account.ts'
import { deleteSessionsOf, inBatches, leaveSessions } from './batches.ts'
import type { AccountEvent, Events } from './events.ts'

/**
 * How many milliseconds younger than a deauthorization a token may be and is still deleted, because Meta's clock and ours differ. A
 * younger token comes from a new consent.
 */
const CLOCK_TOLERANCE_MS = 5 * MINUTE_MS

/** Milliseconds after which a deletion request is ignored: somebody other than Meta may have repeated it. */
const REQUEST_LIFETIME_MS = 10 * DAY_MS

/** A deletion that a person requested. Contains no data about the person. */
export interface Deletion {
  /** The person looks up the status with it. Impossible to guess. */
  confirmationCode: string
  /** When the person requested it, according to Meta; otherwise when Meta's request arrived. */
  askedAt: Date
  /** When everything was deleted; `null`: the request was ignored, and the account stays. */
  doneAt: Date | null
}

/**
 * Requests that Meta passes on. `id` is either of Instagram's two IDs; `askedAt` is the time of the person's request, `null`: not given.
 *
 * @see https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login
 */
export interface DataDeletion {
  /**
   * The person removed the app: deletes the token and the sessions; the account stays as `disconnected_by_instagram`. Does nothing if it is
   * unknown, was deauthorized before, or was connected again since. Returns the number of accounts changed.
   */
  deauthorize(id: string, askedAt: Date | null): Promise<number>
  /**
   * The person requests deletion: deletes the account, its token, sessions and events, in one transaction. There may be none left. An
   * account that was connected again since the request stays, and every account if the request is more than ten days old.
   */
  deleteData(id: string, askedAt: Date | null): Promise<Deletion>
  /** `undefined`: there is no deletion with this code. */
  findDeletion(confirmationCode: string): Promise<Deletion | undefined>
}

/** Data deletion in a database. */
export function createDataDeletion(database: Database, events: Events, now: () => Date): DataDeletion {
  /** More than the transaction has deleted: as many as no transaction should take, because others wait for its end. */
  async function deleteSessions(ended: readonly Account[]): Promise<void> {
    for (const { key } of ended) {
      await inBatches(() => deleteSessionsOf(database, key))
      await leaveSessions(database, key)
    }
  }

  return {
    async deauthorize(id, askedAt) {
      const recorded = await database.transaction(async (transaction) => {
        await transaction.lock([`account ${id}`])
        const { rows } = await transaction.query(
          `UPDATE accounts SET sealed_token = '', token_key_id = '', due_at = NULL, failed_tries = 0, lease = NULL,
             leased_until = NULL, status = 'disconnected_by_instagram', status_reason = 'app_removed', status_since = $2
           WHERE (id = $1 OR user_id = $1) AND status <> 'disconnected_by_instagram' AND token_obtained_at <= $3
           RETURNING *`,
          [id, now().getTime(), (askedAt ?? now()).getTime() + CLOCK_TOLERANCE_MS],
        )
        const recorded: AccountEvent[] = []
        for (const account of rows.map(accountFromRow)) {
          await deleteSessionsOf(transaction, account.key)
          recorded.push(await events.record(transaction, 'account.deauthorized', account))
        }
        return recorded
      })
      for (const event of recorded) events.publish(event)
      await deleteSessions(recorded.map(({ account }) => account))
      return recorded.length
    },

    async deleteData(id, askedAt) {
      const confirmationCode = randomUUID().replaceAll('-', '')
      const asked = askedAt ?? now()
      const { deleted, doneAt } = await database.transaction(async (transaction) => {
        await transaction.lock([`account ${id}`])
        const isOld = asked.getTime() < now().getTime() - REQUEST_LIFETIME_MS
        const { rows } = await transaction.query(
          'DELETE FROM accounts WHERE (id = $1 OR user_id = $1) AND token_obtained_at <= $2 RETURNING *',
          [id, isOld ? 0 : asked.getTime() + CLOCK_TOLERANCE_MS],
        )
        const deleted = rows.map(accountFromRow)
        for (const { key } of deleted) {
          await deleteSessionsOf(transaction, key)
          await transaction.query('DELETE FROM login_attempts WHERE account_key = $1', [key])
        }
        // Also those of an account that was disconnected before: nothing but its id is known then.
        const ids = new Set([id, ...deleted.flatMap((account) => [account.id, account.userId ?? account.id])])
        const sql = `DELETE FROM events WHERE account_id = $1
          AND NOT EXISTS (SELECT 1 FROM accounts WHERE id = $1 OR user_id = $1)`
        for (const each of ids) await transaction.query(sql, [each])
        const remaining = await transaction.query('SELECT 1 FROM accounts WHERE id = $1 OR user_id = $1', [id])
        const doneAt = remaining.rowCount > 0 ? null : now()
        await transaction.query('INSERT INTO deletions (confirmation_code, asked_at, done_at) VALUES ($1, $2, $3)', [
          confirmationCode,
          asked.getTime(),
          doneAt?.getTime() ?? 0,
        ])
        return { deleted, doneAt }
      })
      await deleteSessions(deleted)
      return { confirmationCode, askedAt: asked, doneAt }
    },

    async findDeletion(confirmationCode) {
      const { rows } = await database.query('SELECT * FROM deletions WHERE confirmation_code = $1', [confirmationCode])
      const [row] = rows
      if (!row) return undefined
      const { asked_at: askedAt, done_at: doneAt } = row
      const done = doneAt === 0 ? null : new Date(Number(doneAt))
      return { confirmationCode, askedAt: new Date(Number(askedAt)), doneAt: done }
    },
  }
}

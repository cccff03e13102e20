import { setImmediate } from 'node:timers/promises'
import type { Queries } from '../database/queries.ts'

/** Rows that are deleted at once at most: nobody else gets a turn for some milliseconds. */
const BATCH = 1_000

/** Deletes some sessions of an account, in any browser. Returns whether there may be more: see {@link inBatches}. */
export function deleteSessionsOf(queries: Queries, accountKey: string): Promise<boolean> {
  return deleteBatch(queries, 'account_key = $1', accountKey)
}

/** Deletes some of the sessions that have expired. Returns whether there may be more. */
export function deleteExpiredSessions(queries: Queries, now: Date): Promise<boolean> {
  return deleteBatch(queries, 'expires_at <= $1', now.getTime())
}

/** Deletes batch after batch, until there is no more or `signal` aborts. Others get their turn between two of them. */
export async function inBatches(deleteBatch: () => Promise<boolean>, signal?: AbortSignal): Promise<void> {
  while (!signal?.aborted && (await deleteBatch())) await setImmediate()
}

async function deleteBatch(queries: Queries, condition: string, value: string | number): Promise<boolean> {
  const batch = `SELECT sid FROM sessions WHERE ${condition} LIMIT ${BATCH}`
  return (await queries.query(`DELETE FROM sessions WHERE sid IN (${batch})`, [value])).rowCount === BATCH
}

import { setImmediate } from 'node:timers/promises'
import type { Queries } from '../database/queries.ts'

/** The most rows that one statement deletes: on SQLite, other queries wait for it. */
const BATCH = 100

/** Tables whose rows are deleted in batches, and their primary keys. */
const KEYS = { sessions: 'sid', login_attempts: 'state_hash', events: 'id' } as const

/** Deletes one batch of rows. Returns whether there may be more. `condition` has the parameter `$1`, and must be covered by an index. */
export async function deleteBatch(
  queries: Queries,
  table: keyof typeof KEYS,
  condition: string,
  value: string | number,
): Promise<boolean> {
  const key = KEYS[table]
  const batch = `SELECT ${key} FROM ${table} WHERE ${condition} LIMIT ${BATCH}`
  return (await queries.query(`DELETE FROM ${table} WHERE ${key} IN (${batch})`, [value])).rowCount === BATCH
}

/** Deletes some sessions of an account alone, in any browser. Returns whether there may be more. */
export function deleteSessionsOf(queries: Queries, accountKey: string): Promise<boolean> {
  return deleteBatch(queries, 'sessions', 'account_key = $1', accountKey)
}

/** Removes an account from the sessions that it shares with others, which stay connected. Reads all sessions. */
export async function leaveSessions(queries: Queries, accountKey: string): Promise<void> {
  const sql = `UPDATE sessions SET data = replace(data, $1, 'removed'), account_key = replace(account_key, $1, 'removed')
    WHERE account_key LIKE '%' || $1 || '%'`
  await queries.query(sql, [accountKey])
}

/** Deletes batch after batch until none is left or `signal` aborts. Yields to other work in between. */
export async function inBatches(deleteBatch: () => Promise<boolean>, signal?: AbortSignal): Promise<void> {
  while (!signal?.aborted && (await deleteBatch())) await setImmediate()
}

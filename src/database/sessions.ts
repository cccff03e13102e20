import type { Queries } from './queries.ts'

/** Deletes the sessions of an account in all browsers. */
export async function deleteSessionsOf(queries: Queries, accountKey: string): Promise<void> {
  await queries.query('DELETE FROM sessions WHERE account_key = $1', [accountKey])
}

/** Deletes the sessions that have expired. */
export async function deleteExpiredSessions(queries: Queries, now: Date): Promise<void> {
  await queries.query('DELETE FROM sessions WHERE expires_at <= $1', [now.getTime()])
}

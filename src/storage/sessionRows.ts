import type { Database, Queries } from './database.ts'

// What is done to the sessions of all browsers at once, by whoever has no session before them.

/** Forgets the sessions of an account, in whichever browsers they are. */
export async function endSessions(queries: Queries, accountKey: string): Promise<void> {
  await queries.run('DELETE FROM sessions WHERE account_key = $1', accountKey)
}

/** Deletes the rows of sessions that have expired by `now`. Returns how many they were. */
export function removeExpiredSessions(database: Database, now: Date): Promise<number> {
  return database.run('DELETE FROM sessions WHERE expires_at <= $1', now.getTime())
}

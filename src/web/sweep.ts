import type { Database } from '../storage/database.ts'
import { removeExpiredSessions } from '../storage/sessions.ts'

/** Milliseconds for which a login's outcome is kept, so that its callback can be reloaded: a day. */
const CALLBACK_LIFETIME_MS = 24 * 60 * 60 * 1000

/** Milliseconds after which an event is no longer to be delivered: twice as long as a webhook tries. Only where there is no webhook any more. */
const EVENT_LIFETIME_MS = 7 * 24 * 60 * 60 * 1000

/** Deletes what has had its time: expired sessions, outcomes of logins of more than a day ago, events that nobody fetches. */
export async function sweep(database: Database, now: Date): Promise<void> {
  await removeExpiredSessions(database, now)
  await database.run('DELETE FROM callbacks WHERE claimed_at <= $1', now.getTime() - CALLBACK_LIFETIME_MS)
  await database.run('DELETE FROM events WHERE deliver_at <= $1', now.getTime() - EVENT_LIFETIME_MS)
}

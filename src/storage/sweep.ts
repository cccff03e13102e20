import type { Database } from './database.ts'
import { removeExpiredSessions } from './sessionRows.ts'

/** Milliseconds for which a login's outcome is kept, so that its callback can be reloaded: a day. */
const CALLBACK_LIFETIME_MS = 24 * 60 * 60 * 1000

/** Milliseconds for which events are kept that nobody is to be told of any more: the webhook may come back. */
const EVENT_LIFETIME_MS = 7 * 24 * 60 * 60 * 1000

/**
 * Deletes what has had its time: expired sessions, outcomes of logins of more than a day ago, and with `events` those that wait
 * for a webhook which is gone. What was deleted until now, by whomever, is then in none of the database's files.
 */
export async function sweep(database: Database, now: Date, { events }: { events: boolean }): Promise<void> {
  await removeExpiredSessions(database, new Date()) // express-session reckons by the system's clock.
  await database.run('DELETE FROM callbacks WHERE claimed_at <= $1', now.getTime() - CALLBACK_LIFETIME_MS)
  if (events)
    await database.run('DELETE FROM events WHERE deliver_at <= $1', now.getTime() - EVENT_LIFETIME_MS)
  await database.emptyJournal?.()
}

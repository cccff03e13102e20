import session, { type SessionData } from 'express-session'
import { database } from './accounts.ts'

const find = database.prepare('SELECT data FROM sessions WHERE sid = ? AND expires_at > ?')
const save = database.prepare(`
  INSERT INTO sessions (sid, data, expires_at) VALUES (?, ?, ?)
  ON CONFLICT (sid) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at
`)
const remove = database.prepare('DELETE FROM sessions WHERE sid = ?')
const removeExpired = database.prepare('DELETE FROM sessions WHERE expires_at <= ?')

/** Milliseconds after which a session expires. */
export const SESSION_LIFETIME_MS = 30 * 24 * 60 * 60 * 1000

/** Milliseconds between two deletions of expired sessions. */
const CLEANING_INTERVAL_MS = 15 * 60 * 1000

/** A store of express-session in the database. */
export class SqliteSessionStore extends session.Store {
  constructor() {
    super()
    setInterval(() => removeExpired.run(Date.now()), CLEANING_INTERVAL_MS).unref()
  }

  override get(sid: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    settle(callback, () => {
      const row = find.get(sid, Date.now())
      return row ? (JSON.parse(String(row['data'])) as SessionData) : null
    })
  }

  override set(sid: string, session: SessionData, callback?: (error?: unknown) => void): void {
    settle(callback, () => void save.run(sid, JSON.stringify(session), Date.now() + SESSION_LIFETIME_MS))
  }

  override destroy(sid: string, callback?: (error?: unknown) => void): void {
    settle(callback, () => void remove.run(sid))
  }
}

function settle<Result>(callback: ((error: unknown, result?: Result) => void) | undefined, work: () => Result): void {
  let result: Result
  try {
    result = work()
  } catch (error) {
    callback?.(error)
    return
  }
  callback?.(null, result)
}

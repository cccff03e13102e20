import session, { type SessionData } from 'express-session'
import { DAY_MS } from '../facts.ts'
import type { Database, Queries } from './queries.ts'

/** How a store reads its sessions. */
export interface SessionStoreOptions {
  /** The account of a session, by which {@link deleteSessionsOf} finds it. */
  readonly accountKeyOf: (session: Partial<SessionData>) => string | undefined
}

/**
 * The session store of express-session on our database, by the system's clock as express-session. Cookies need an expiry (`maxAge`).
 * Errors go to the callback.
 */
export class DatabaseSessionStore extends session.Store {
  readonly #database: Database
  readonly #accountKeyOf: SessionStoreOptions['accountKeyOf']

  constructor(database: Database, { accountKeyOf }: SessionStoreOptions) {
    super()
    this.#database = database
    this.#accountKeyOf = accountKeyOf
  }

  /** The session; null if there is none, or it has expired. */
  override get(sid: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    this.#find(sid).then((found) => {
      callback(null, found)
    }, callback)
  }

  /** Stores a session until its cookie expires. */
  override set(sid: string, session: SessionData, callback?: (error?: unknown) => void): void {
    this.#run(
      `INSERT INTO sessions (sid, data, expires_at, account_key) VALUES ($1, $2, $3, $4)
       ON CONFLICT (sid) DO UPDATE
       SET data = excluded.data, expires_at = excluded.expires_at, account_key = excluded.account_key`,
      [sid, JSON.stringify(session), expiryOf(session), this.#accountKeyOf(session) ?? null],
      callback,
    )
  }

  /** Moves the expiry of a session, if by a day at least: a page view rarely writes. */
  override touch(sid: string, session: SessionData, callback?: (error?: unknown) => void): void {
    this.#run(
      'UPDATE sessions SET expires_at = $2 WHERE sid = $1 AND expires_at > $3 AND expires_at <= $4',
      [sid, expiryOf(session), Date.now(), expiryOf(session) - DAY_MS],
      callback,
    )
  }

  /** Deletes a session. */
  override destroy(sid: string, callback?: (error?: unknown) => void): void {
    this.#run('DELETE FROM sessions WHERE sid = $1', [sid], callback)
  }

  async #find(sid: string): Promise<SessionData | null> {
    const { rows } = await this.#database.query(
      'SELECT data, expires_at FROM sessions WHERE sid = $1 AND expires_at > $2',
      [sid, Date.now()],
    )
    if (!rows[0]) return null
    const found = JSON.parse(String(rows[0]['data'])) as SessionData
    found.cookie.expires = new Date(Number(rows[0]['expires_at'])) // `touch` moved the column only.
    return found
  }

  #run(sql: string, parameters: (string | number | null)[], callback?: (error?: unknown) => void): void {
    this.#database.query(sql, parameters).then(
      () => callback?.(),
      (error: unknown) => callback?.(error),
    )
  }
}

/** Deletes the sessions of an account in all browsers. */
export async function deleteSessionsOf(queries: Queries, accountKey: string): Promise<void> {
  await queries.query('DELETE FROM sessions WHERE account_key = $1', [accountKey])
}

/** Deletes the sessions that have expired, by the system's clock unless `now` is given. */
export async function deleteExpiredSessions(queries: Queries, now = new Date()): Promise<void> {
  await queries.query('DELETE FROM sessions WHERE expires_at <= $1', [now.getTime()])
}

/** Milliseconds since 1970. The expiry is text in a session that came from JSON. */
function expiryOf({ cookie }: SessionData): number {
  const expires: Date | string | null | undefined = cookie.expires
  return expires ? new Date(expires).getTime() : Date.now() + DAY_MS
}

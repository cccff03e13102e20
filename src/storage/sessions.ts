import session from 'express-session'
import type { SessionData } from 'express-session'
import type { Database, Row } from './database.ts'

/** An expiry is moved by steps of this, so that a page view costs no write. */
const TOUCH_STEP_MS = 60 * 60 * 1000

/** A cookie as it is in a request and, with text for a date, after JSON. */
interface CookieExpiry {
  expires?: Date | string | null | undefined
}

/** What a session store is told beside its database. */
interface SessionStoreOptions {
  readonly now: () => Date
  /** Lifetime, in milliseconds, of a session whose cookie has no expiry of its own. */
  readonly lifetimeMs: number
  /** The account whose sessions `endSessions` ends; nobody's by default. */
  readonly accountKeyOf?: (session: Partial<SessionData>) => string | undefined
}

/**
 * express-session's store on our database. An expired session is as absent everywhere, whether or not its row has been
 * removed. What is kept may be lost by a power cut, and its browser has to log in again; what is forgotten stays so. Every error goes to the callback; where none was given, nowhere.
 */
export class DatabaseSessionStore extends session.Store {
  readonly #database: Database
  readonly #now: () => Date
  readonly #lifetimeMs: number
  readonly #accountKeyOf: (session: Partial<SessionData>) => string | undefined

  constructor(database: Database, options: SessionStoreOptions) {
    super()
    this.#database = database
    this.#now = options.now
    this.#lifetimeMs = options.lifetimeMs
    this.#accountKeyOf = options.accountKeyOf ?? (() => undefined)
  }

  /** The session, or null if there is none that is alive. */
  override get(sid: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    answer(this.#find(sid), callback)
  }

  /** Keeps a session, new or changed, until its cookie expires. */
  override set(sid: string, session: SessionData, callback?: (error: unknown) => void): void {
    finish(this.#keep(sid, session), callback)
  }

  /**
   * Moves the expiry of a session that is alive. Moves of less than an hour (or than half the lifetime, if that is less)
   * are left out, and nothing is written.
   */
  override touch(sid: string, session: SessionData, callback?: (error: unknown) => void): void {
    finish(this.#prolong(sid, session), callback)
  }

  /** Forgets a session. */
  override destroy(sid: string, callback?: (error: unknown) => void): void {
    finish(this.#database.run('DELETE FROM sessions WHERE sid = $1', sid), callback)
  }

  /** All sessions that are alive. */
  override all(callback: (error: unknown, sessions?: SessionData[]) => void): void {
    answer(this.#findAll(), callback)
  }

  /** How many sessions are alive. */
  override length(callback: (error: unknown, length?: number) => void): void {
    answer(this.#count(), callback)
  }

  /** Forgets all sessions. */
  override clear(callback?: (error: unknown) => void): void {
    finish(this.#database.run('DELETE FROM sessions'), callback)
  }

  async #find(sid: string): Promise<SessionData | null> {
    const [row] = await this.#database.all(
      'SELECT data, expires_at FROM sessions WHERE sid = $1 AND expires_at > $2',
      sid,
      this.#now().getTime(),
    )
    return row === undefined ? null : toSession(row)
  }

  async #keep(sid: string, session: SessionData): Promise<void> {
    await this.#database.runUnsynced(
      `INSERT INTO sessions (sid, data, expires_at, account_key) VALUES ($1, $2, $3, $4)
       ON CONFLICT (sid) DO UPDATE
       SET data = excluded.data, expires_at = excluded.expires_at, account_key = excluded.account_key`,
      sid,
      JSON.stringify(session),
      this.#expiresAt(session),
      this.#accountKeyOf(session) ?? null,
    )
  }

  async #prolong(sid: string, session: SessionData): Promise<void> {
    const now = this.#now().getTime()
    const expiresAt = this.#expiresAt(session)
    const step = Math.min(TOUCH_STEP_MS, Math.floor((expiresAt - now) / 2))
    await this.#database.runUnsynced(
      'UPDATE sessions SET expires_at = $2 WHERE sid = $1 AND expires_at > $3 AND ABS(expires_at - $2) >= $4',
      sid,
      expiresAt,
      now,
      step,
    )
  }

  async #findAll(): Promise<SessionData[]> {
    const rows = await this.#database.all(
      'SELECT data, expires_at FROM sessions WHERE expires_at > $1',
      this.#now().getTime(),
    )
    return rows.map(toSession)
  }

  async #count(): Promise<number> {
    const [row] = await this.#database.all(
      'SELECT COUNT(*) AS alive FROM sessions WHERE expires_at > $1',
      this.#now().getTime(),
    )
    return Number(row?.['alive'])
  }

  #expiresAt(session: SessionData): number {
    const { expires }: CookieExpiry = session.cookie
    return expires == null ? this.#now().getTime() + this.#lifetimeMs : new Date(expires).getTime()
  }
}

/** The row's expiry counts: `touch` moves that one only, so that it need not read and write the session itself. */
function toSession(row: Row): SessionData {
  const session = JSON.parse(String(row['data'])) as SessionData
  const cookie: CookieExpiry = session.cookie
  if (cookie.expires != null) cookie.expires = new Date(Number(row['expires_at']))
  return session
}

function answer<Result>(work: Promise<Result>, callback: (error: unknown, result?: Result) => void): void {
  work.then((result) => {
    callback(null, result)
  }, callback)
}

function finish(work: Promise<unknown>, callback?: (error: unknown) => void): void {
  work.then(
    () => callback?.(null),
    (error: unknown) => callback?.(error),
  )
}

import session, { type SessionData } from 'express-session'
import { DAY_MS } from '../facts.ts'
import type { Database } from './queries.ts'

/** Sessions of one account at most, in all browsers. */
const SESSIONS_PER_ACCOUNT = 100

type Callback = (error?: unknown) => void
type AccountKeyOf = (session: Partial<SessionData>) => string | undefined

/**
 * The store of express-session, by the system's clock as express-session itself. Cookies need a `maxAge`. There is no `touch`,
 * so that a page view does not write: a session lives longer when it is changed.
 */
export class DatabaseSessionStore extends session.Store {
  readonly #database: Database
  readonly #accountKeyOf: AccountKeyOf

  /** @param accountKeyOf The account of a session, for `deleteSessionsOf` */
  constructor(database: Database, accountKeyOf: AccountKeyOf) {
    super()
    this.#database = database
    this.#accountKeyOf = accountKeyOf
  }

  override get(sid: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    const sql = 'SELECT data FROM sessions WHERE sid = $1 AND expires_at > $2'
    this.#database.query(sql, [sid, Date.now()]).then(({ rows: [row] }) => {
      callback(null, row ? (JSON.parse(String(row['data'])) as SessionData) : null)
    }, callback)
  }

  /** Stores a session. Those of its account that expire first make room. */
  override set(sid: string, session: SessionData, callback?: Callback): void {
    const accountKey = this.#accountKeyOf(session) ?? null
    const write = this.#database.query(
      `INSERT INTO sessions (sid, data, expires_at, account_key) VALUES ($1, $2, $3, $4) ON CONFLICT (sid) DO UPDATE
       SET data = excluded.data, expires_at = excluded.expires_at, account_key = excluded.account_key`,
      [sid, JSON.stringify(session), Date.now() + (session.cookie.originalMaxAge ?? DAY_MS), accountKey],
    )
    const surplus = `SELECT sid FROM sessions WHERE account_key = $1 ORDER BY expires_at DESC
      LIMIT 100 OFFSET ${SESSIONS_PER_ACCOUNT}`
    const limit = () => this.#database.query(`DELETE FROM sessions WHERE sid IN (${surplus})`, [accountKey])
    settle(accountKey === null ? write : write.then(limit), callback)
  }

  override destroy(sid: string, callback?: Callback): void {
    settle(this.#database.query('DELETE FROM sessions WHERE sid = $1', [sid]), callback)
  }
}

function settle(work: Promise<unknown>, callback: Callback = () => undefined): void {
  work.then(() => {
    callback()
  }, callback)
}

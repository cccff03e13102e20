import { randomUUID } from 'node:crypto'
import type { NextFunction, Request, Response } from 'express'
import session, { type SessionData } from 'express-session'
import type { DatabaseSessionStore } from '../storage/sessions.ts'

/** What sessions are opened with. */
interface OpenerOptions {
  store: DatabaseSessionStore
  /** Sign the cookies; newest first. */
  secrets: readonly string[]
  /** The cookie's. */
  name: string
  /** Whether people reach us by https, and the cookie is for that alone. */
  secure: boolean
  /** Milliseconds from when it was kept or touched. */
  lifetimeMs: number
}

/** Opens the session that a request's cookies name; a new one where they name none that is good. Nothing is kept before it is saved. */
export function sessionOpener({
  store,
  secrets,
  name,
  secure,
  lifetimeMs,
}: OpenerOptions): (cookies?: string) => Promise<Opened> {
  const handler = session({
    store,
    secret: [...secrets],
    name,
    genid: () => randomUUID(), // 122 random bits that Node has ready; express-session's own sets up a job for each id.
    cookie: { path: '/', httpOnly: true, sameSite: 'lax', secure, maxAge: lifetimeMs },
    resave: false,
    rolling: true,
    saveUninitialized: false,
  })
  return async (cookies) => {
    const opened = new Opened(store, cookies, secure)
    await done((callback) => {
      void handler(
        opened as unknown as Request,
        opened.answer as unknown as Response,
        callback as NextFunction,
      )
    })
    return opened
  }
}

/**
 * A session that express-session has opened, and all that it sees of the request and of its answer. V8 keeps what express-session hangs
 * on an answer until it collects all of the heap, which would be the whole request each time; and an answer that saves a session is
 * written in two pieces.
 */
export class Opened {
  readonly headers: { cookie: string | undefined }
  readonly originalUrl = '/'
  /** Behind a proxy that the app around us does not trust nothing shows https, and the cookie would never be set. */
  readonly secure: boolean
  /** Absent once it was destroyed. */
  readonly session?: Request['session']
  readonly answer = new Answer()
  readonly #store: DatabaseSessionStore

  constructor(store: DatabaseSessionStore, cookie: string | undefined, secure: boolean) {
    this.#store = store
    this.headers = { cookie }
    this.secure = secure
  }

  /** The cookies to be set, with what is in the session now. */
  cookies(): string[] {
    return this.answer.writeHead().cookies
  }

  /** Settles when the session, if there is one, has done so. */
  async call(method: 'save' | 'destroy'): Promise<void> {
    const { session } = this
    if (session) await done((callback) => session[method](callback))
  }

  /** Lets the session, if there is one, begin its life anew, and settles when that is kept. */
  async touch(): Promise<void> {
    const { session } = this
    if (!session) return
    session.touch()
    await done((callback) => {
      this.#store.touch(session.id, session as SessionData, callback as (error: unknown) => void)
    })
  }
}

/** An answer that only gathers cookies. */
class Answer {
  cookies: string[] = []

  getHeader(): string[] {
    return this.cookies
  }

  setHeader(_name: string, cookies: string[]): void {
    this.cookies = cookies
  }

  /** Whoever has a cookie to set does it before this. */
  writeHead(): this {
    return this
  }
}

/** How express-session says that it is done. */
type Callback = (error?: Error | null) => void

/** Settles when express-session calls back. Node's `promisify` makes a function first, which costs more than the call. */
function done(work: (callback: Callback) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    work((error) => {
      if (error) reject(error)
      else resolve()
    })
  })
}

import { randomUUID } from 'node:crypto'
import type { Request, RequestHandler } from 'express'
import session, { type Store } from 'express-session'
import { type Address, cookieName } from './address.ts'
import { type Kept, putSession, type Session } from './session.ts'
import { visitOf } from './visit.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** How long a browser stays connected after its login. One that nobody has logged in from has no session that is kept. */
export const SESSION_LIFETIME_MS = 30 * DAY_MS

/** How long one is that an operator only has signed in from; the sign-in itself ends sooner. */
const OPERATOR_SESSION_LIFETIME_MS = DAY_MS

/** What sessions of ours are made with. */
export interface OwnSessionsOptions {
  store: Store
  /** Sign their cookies; newest first. */
  secrets: readonly string[]
  /** Where people reach us: by https the cookie is `Secure`. */
  address: Address
  /** Whether nothing of them is seen on the request itself, which is another's: it costs a little. */
  hidden: boolean
}

/** Sessions of our own, each with a cookie and in our store. */
export function ownSessions({ store, secrets, address, hidden }: OwnSessionsOptions): RequestHandler {
  const { name, secure } = cookieName(address)
  const handler = session({
    store,
    secret: [...secrets],
    name: name(''),
    genid: () => randomUUID(), // 122 random bits that Node has ready; express-session's own sets up a job for each id.
    cookie: { path: '/', httpOnly: true, sameSite: 'lax', secure, maxAge: SESSION_LIFETIME_MS },
    resave: false,
    saveUninitialized: false,
  })
  const cookie = new RegExp(`(?:^|;) *${RegExp.escape(name(''))}=`)
  return (request, response, next) => {
    let bearer: Request | undefined
    const open = (opened: Callback) => {
      // Not before: what is a prototype of another is slow.
      bearer = hidden ? (Object.create(request) as Request) : request
      // Behind a proxy that the app around us does not trust nothing shows https, and the cookie would never be set.
      if (secure) Object.defineProperty(bearer, 'secure', { value: true, configurable: true })
      void handler(bearer, response, (error?: unknown) => {
        // A session is prolonged while the answer is sent. Nobody is harmed where that fails.
        if (error && response.writableEnded)
          visitOf(request).log.warn(error, 'a session could not be prolonged')
        else opened(error as Error | undefined)
      })
    }
    putSession(request, new OwnSession(() => bearer?.session, open))
    if (cookie.test(request.headers.cookie ?? '')) open(next)
    else next()
  }
}

/** How express-session says that it is done. */
type Callback = (error?: Error | null) => void

/** The account that a kept session is connected to. */
export function accountKeyIn(session: object): string | undefined {
  return (session as Kept).accountKey
}

/** Opened where there is something to keep: not for a browser that brings no cookie and only looks. */
class OwnSession implements Session {
  readonly #find: () => Request['session'] | undefined
  readonly #open: (opened: Callback) => void

  /** @param find What was opened. Nor is it there where the store failed. */
  constructor(find: () => Request['session'] | undefined, open: (opened: Callback) => void) {
    this.#find = find
    this.#open = open
  }

  get kept(): Kept {
    const session: object = this.#find() ?? {}
    return session
  }

  get #session(): Request['session'] {
    const session = this.#find()
    if (!session) throw new Error('There is no session.')
    return session
  }

  change({ accountKey, operator, notice }: Kept): void {
    Object.assign(this.#session, { accountKey, operator, notice })
  }

  async renew(kept: Kept): Promise<void> {
    const former = this.#find()
    if (!former) await done(this.#open)
    else if (!isNew(former)) await this.#call('regenerate')
    this.change(kept)
    if (!kept.accountKey) this.#session.cookie.maxAge = OPERATOR_SESSION_LIFETIME_MS
    // Before the answer, not with it: the answer must not promise what could not be kept.
    await this.#call('save')
  }

  async reduce(kept: Kept): Promise<void> {
    if (Object.keys(kept).length > 0) await this.renew(kept)
    else if (this.#find()) await this.#call('destroy')
  }

  #call(method: 'regenerate' | 'save' | 'destroy'): Promise<void> {
    return done((callback) => this.#session[method](callback))
  }
}

/** Settles when express-session calls back. Node's `promisify` makes a function first, which costs more than the call. */
function done(work: (callback: Callback) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    work((error) => {
      if (error) reject(error)
      else resolve()
    })
  })
}

/** Whether a session was made for this very request, of a cookie that is good no more. One that was kept holds something. */
function isNew(session: Request['session']): boolean {
  return Object.keys(session).every((name) => name === 'cookie')
}

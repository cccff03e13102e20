import type { RequestHandler, Response } from 'express'
import type { DatabaseSessionStore } from '../storage/sessions.ts'
import { type Address, cookieName } from './address.ts'
import { type Opened, sessionOpener } from './openedSession.ts'
import { type Kept, putSession, type Session } from './session.ts'
import { visitOf } from './visit.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** How long a browser stays connected after its last visit. One that nobody has logged in from has no session that is kept. */
export const SESSION_LIFETIME_MS = 30 * DAY_MS

/** How long one is that an operator only has signed in from; the sign-in itself ends sooner. */
const OPERATOR_SESSION_LIFETIME_MS = DAY_MS

/** A session is prolonged when this part of its life is over: once a day, for a person's. */
const STEP = 1 / 30

/** What sessions of ours are made with. */
export interface OwnSessionsOptions {
  store: DatabaseSessionStore
  /** Sign their cookies; newest first. */
  secrets: readonly string[]
  /** Where people reach us: by https the cookie is `Secure`. */
  address: Address
}

/** Sessions of our own, each with a cookie and in our store. Nothing of them is seen on the request, which may be another's. */
export function ownSessions({ store, secrets, address }: OwnSessionsOptions): RequestHandler {
  const { name, secure } = cookieName(address)
  const open = sessionOpener({ store, secrets, name: name(''), secure, lifetimeMs: SESSION_LIFETIME_MS })
  const pattern = new RegExp(`(?:^|;) *${RegExp.escape(name(''))}=`)
  return async (request, response, next) => {
    const own = new OwnSession(open, response)
    putSession(request, own)
    const { cookie = '' } = request.headers
    if (pattern.test(cookie)) {
      await own.find(cookie)
      // Nobody is harmed where that fails.
      await own.prolong().catch((error: unknown) => {
        visitOf(request).log.warn(error, 'a session could not be prolonged')
      })
    }
    next()
  }
}

/** The account that a kept session is connected to. */
export function accountKeyIn(session: object): string | undefined {
  return (session as Kept).accountKey
}

/** Opened where there is something to keep: not for a browser that brings no cookie and only looks. */
class OwnSession implements Session {
  readonly #open: (cookie?: string) => Promise<Opened>
  readonly #response: Response
  #opened: Opened | undefined

  constructor(open: (cookie?: string) => Promise<Opened>, response: Response) {
    this.#open = open
    this.#response = response
  }

  get kept(): Kept {
    const session: object = this.#opened?.session ?? {}
    return session
  }

  /** Opens the session of a cookie, if that is one of ours and still good. */
  async find(cookie: string): Promise<void> {
    const opened = await this.#open(cookie)
    // One that is made just now, of a cookie that is good no more, holds nothing else.
    if (Object.keys(opened.session ?? {}).some((name) => name !== 'cookie')) this.#opened = opened
  }

  /** Lets what was found live on, from time to time. */
  async prolong(): Promise<void> {
    const { maxAge, originalMaxAge } = this.#opened?.session?.cookie ?? {}
    if (maxAge == null || originalMaxAge == null || maxAge > originalMaxAge * (1 - STEP)) return
    await this.#opened?.touch()
    this.#setCookie()
  }

  async change({ accountKey, operator, notice }: Kept): Promise<void> {
    if (!this.#opened?.session) throw new Error('There is no session.')
    Object.assign(this.#opened.session, { accountKey, operator, notice })
    // Before the answer, not with it: the answer must not promise what could not be kept.
    await this.#opened.call('save')
  }

  async renew(kept: Kept): Promise<void> {
    await this.#opened?.call('destroy')
    this.#opened = await this.#open()
    const { session } = this.#opened
    if (session && !kept.accountKey) session.cookie.maxAge = OPERATOR_SESSION_LIFETIME_MS
    await this.change(kept)
    this.#setCookie()
  }

  async reduce(kept: Kept): Promise<void> {
    if (Object.keys(kept).length > 0) return this.renew(kept)
    await this.#opened?.call('destroy')
    this.#opened = undefined
  }

  #setCookie(): void {
    this.#response.append('Set-Cookie', this.#opened?.cookies())
  }
}

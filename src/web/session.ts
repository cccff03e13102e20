import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import type { Request, RequestHandler } from 'express'
import session, { type SessionData, type Store } from 'express-session'
import type { Address } from './address.ts'
import { browsers } from './browser.ts'
import { visitOf } from './visit.ts'

declare module 'express-session' {
  interface SessionData {
    /** The account that this browser is connected to. */
    accountKey: string
    /** Whoever runs this site, signed in. */
    operator: { until: number; seal: string }
    /** What the operator is to be told on the next page. */
    notice: string
  }
}

const DAY_MS = 24 * 60 * 60 * 1000

/** How long a browser stays connected after its login. One that nobody has logged in from has no session that is kept. */
export const SESSION_LIFETIME_MS = 30 * DAY_MS

/** How long one is that an operator only has signed in from; the sign-in itself ends sooner. */
const OPERATOR_SESSION_LIFETIME_MS = DAY_MS

/**
 * Browsers, and their sessions in `store`; `secrets`: newest first. `address`: where people reach us; by https the cookies are `Secure`
 * and `__Host-`, by http their names hold the port, for all apps on localhost share their cookies.
 */
export function sessions(store: Store, secrets: readonly string[], address: Address): RequestHandler[] {
  const { protocol, port } = new URL(address.origin)
  const secure = protocol === 'https:'
  const name = secure ? '__Host-instagram-access-token' : `instagram-access-token-${port || '80'}`
  const place = forCookie(address.base)
  const handler = session({
    store,
    secret: [...secrets],
    name: name + place,
    genid: () => randomUUID(), // 122 random bits that Node has ready; express-session's own sets up a job for each id.
    cookie: { path: '/', httpOnly: true, sameSite: 'lax', secure, maxAge: SESSION_LIFETIME_MS },
    resave: false,
    saveUninitialized: false,
  })
  return [
    browsers({ name: `${name}-browser${place}`, secure }),
    (request, response, next) => {
      // Behind a proxy that the app around us does not trust nothing shows https, and the cookie would never be set.
      if (secure) Object.defineProperty(request, 'secure', { value: true, configurable: true })
      void handler(request, response, (error?: unknown) => {
        // A session is prolonged while the answer is sent. Nobody is harmed where that fails.
        if (error && response.writableEnded)
          visitOf(request).log.warn(error, 'a session could not be prolonged')
        else next(error)
      })
    },
  ]
}

/** A path as it may stand in a cookie's name, another for each: all cookies of a host come to all of its apps. */
function forCookie(base: string): string {
  const plain = base.replace(/[^\w/-]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
  return plain.replaceAll('/', '.')
}

/** Connects this browser to an account, under a session id that no browser has brought. An operator stays signed in. */
export async function signIn(request: Request, accountKey: string): Promise<void> {
  const { accountKey: former, operator } = request.session
  if (former === accountKey) return
  await renew(request, { accountKey, ...(operator && { operator }) })
}

/** Disconnects this browser from its account. Logins that it has under way in other tabs stay good. */
export async function signOut(request: Request): Promise<void> {
  const { operator } = request.session
  await renew(request, operator && { operator })
}

/** Makes this browser the operator's, under a new session id. Its account stays connected. */
export async function signInOperator(request: Request, operator: SessionData['operator']): Promise<void> {
  const { accountKey } = request.session
  await renew(request, { operator, ...(accountKey && { accountKey }) })
}

/** The browser is the operator's no more. Its account stays connected. */
export async function signOutOperator(request: Request): Promise<void> {
  const { accountKey } = request.session
  await renew(request, accountKey === undefined ? undefined : { accountKey })
}

/** The old session ends; a new one, under an id that nobody knows yet, holds what is to be kept. Nothing: there is none. */
async function renew(request: Request, kept: Partial<SessionData> | undefined): Promise<void> {
  if (!kept) return promisify(request.session.destroy.bind(request.session))()
  if (!isNew(request.session)) await promisify(request.session.regenerate.bind(request.session))()
  Object.assign(request.session, kept)
  if (!kept.accountKey) request.session.cookie.maxAge = OPERATOR_SESSION_LIFETIME_MS
  // Before the answer, not with it: the answer must not promise what could not be kept.
  await promisify(request.session.save.bind(request.session))()
}

/** Whether a session was made for this very request. One that was kept holds something. */
function isNew(session: Request['session']): boolean {
  return Object.keys(session).every((name) => name === 'cookie')
}

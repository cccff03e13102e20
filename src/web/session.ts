import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { Request, RequestHandler } from 'express'
import session, { type SessionData, type Store } from 'express-session'

declare module 'express-session' {
  interface SessionData {
    /** Signs every `state` of this browser. */
    browserKey: string
    /** The account that this browser is connected to. */
    accountKey: string
    /** Whoever runs this site, signed in. */
    operator: { until: number; seal: string }
    /** What the operator is to be told on the next page. */
    notice: string
  }
}

const DAY_MS = 24 * 60 * 60 * 1000

/** How long a browser is remembered after its login. */
export const SESSION_LIFETIME_MS = 30 * DAY_MS

/** How long one that has not logged in is: passers-by and robots should not fill the database. */
const VISIT_LIFETIME_MS = DAY_MS

/**
 * Sessions in `store`; `secrets`: newest first. `origin`: where people reach us; by https the cookie is `Secure` and `__Host-`, by
 * http its name holds the port, for all apps on localhost share their cookies.
 */
export function sessions(store: Store, secrets: readonly string[], origin: string): RequestHandler {
  const { protocol, port } = new URL(origin)
  const secure = protocol === 'https:'
  const handler = session({
    store,
    secret: [...secrets],
    name: secure ? '__Host-instagram-access-token' : `instagram-access-token-${port || '80'}`,
    cookie: { path: '/', httpOnly: true, sameSite: 'lax', secure, maxAge: SESSION_LIFETIME_MS },
    resave: false,
    saveUninitialized: false,
  })
  return (request, response, next) => {
    void handler(request, response, (error?: unknown) => {
      // A session is prolonged while the answer is sent. Nobody is harmed where that fails.
      if (error && response.writableEnded) request.log.warn(error, 'a session could not be prolonged')
      else next(error)
    })
  }
}

/** This browser's key; made and kept on its first visit, so that later page views write nothing. */
export async function browserKey({ session }: Request): Promise<string> {
  if (session.browserKey) return session.browserKey
  session.browserKey = randomBytes(32).toString('base64url')
  session.cookie.maxAge = VISIT_LIFETIME_MS
  await save(session)
  return session.browserKey
}

/**
 * Connects this browser to an account, under a new session id. The old session stays, without an account or an operator, so that the
 * same callback sent twice at the same moment can still prove that it comes from this browser.
 */
export async function signIn(request: Request, accountKey: string): Promise<void> {
  const { session: old } = request
  if (old.accountKey === accountKey) return
  const { browserKey, operator } = old
  if (old.accountKey || operator) {
    delete old.accountKey
    delete old.operator
    await save(old)
  }
  request.sessionStore.generate(request)
  const { session } = request
  if (browserKey) session.browserKey = browserKey
  if (operator) session.operator = operator
  session.accountKey = accountKey
  await save(session)
}

/** Disconnects this browser from its account. Logins that it has under way in other tabs stay good. */
export async function signOut(request: Request): Promise<void> {
  const { browserKey, operator } = request.session
  await renew(request, { ...(browserKey && { browserKey }), ...(operator && { operator }) })
}

/** Makes this browser the operator's, under a new session id. Its account stays connected. */
export async function signInOperator(request: Request, operator: SessionData['operator']): Promise<void> {
  const { browserKey, accountKey } = request.session
  await renew(request, { ...(browserKey && { browserKey }), ...(accountKey && { accountKey }), operator })
}

/** The browser is the operator's no more. Its account stays connected. */
export async function signOutOperator(request: Request): Promise<void> {
  const { browserKey, accountKey } = request.session
  await renew(request, { ...(browserKey && { browserKey }), ...(accountKey && { accountKey }) })
}

/** The old session ends; a new one, under an id that nobody knows yet, holds what is to be kept. */
async function renew(request: Request, kept: Partial<SessionData>): Promise<void> {
  await promisify(request.session.regenerate.bind(request.session))()
  if (Object.keys(kept).length === 0) return
  Object.assign(request.session, kept)
  if (!kept.accountKey) request.session.cookie.maxAge = VISIT_LIFETIME_MS
  await save(request.session)
}

/** Before the answer, not with it: the answer must not promise what could not be kept. */
function save(session: Request['session']): Promise<void> {
  return promisify(session.save.bind(session))()
}

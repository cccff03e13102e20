import { randomBytes } from 'node:crypto'
import type { Request, RequestHandler, Response } from 'express'
import session, { type Cookie } from 'express-session'
import type { Context } from '../context.ts'
import { DatabaseSessionStore } from '../database/sessionStore.ts'
import { DAY_MS } from '../facts.ts'
import { REPEAT_LIFETIME_MS } from '../login/attempts.ts'
import { requestContext, type Site } from './requestContext.ts'

/** What a session holds. */
export interface SessionData {
  /** The accounts that this browser is connected to, the last one connected first. Some may be gone. */
  accountKeys?: readonly string[]
  /** The admin's sign-in, until a time in milliseconds. */
  admin?: { until: number; seal: string }
  /** A message for the next page. */
  notice?: string
  /** When the session was last prolonged, in milliseconds. */
  prolongedAt?: number
}

/** Accounts of a browser at most. */
const MAX_ACCOUNTS = 5

/** How long a browser stays connected after its last visit. */
const SESSION_LIFETIME_MS = 30 * DAY_MS

/** The lifetime of a session without an account; the admin's sign-in in it ends sooner. */
const ADMIN_SESSION_LIFETIME_MS = DAY_MS

/** How long the browser secret lives after the last page with a login link: longer than any state. */
const BROWSER_SECRET_LIFETIME_MS = DAY_MS

const COOKIE = { path: '/', httpOnly: true, sameSite: 'lax' } as const

/** A session of express-session, of cookie-session (without methods), or of iron-session (whose `save` returns a promise). */
type AnySession = Record<string, unknown>

/**
 * Opens the host's session, if `request.session` exists, else one of our own. A session without data is neither stored nor sent. Our own
 * sessions are prolonged once a day.
 */
export function openSession({ database, config }: Context, { cookies, sessionKey }: Site): RequestHandler {
  const own = session({
    store: new DatabaseSessionStore(database, (stored) =>
      (stored as Record<string, SessionData | undefined>)[sessionKey]?.accountKeys?.join(' '),
    ),
    secret: [...config.sessionSecrets],
    name: cookies.session,
    cookie: { ...COOKIE, secure: cookies.secure, maxAge: SESSION_LIFETIME_MS },
    genid: (request) => newSessionId(request) ?? '',
    proxy: true, // Trusts X-Forwarded-Proto.
    resave: false,
    rolling: false,
    saveUninitialized: false,
  })
  return (request, response, next) => {
    const isOwn = sessionOf(request) === undefined
    requestContext(request).hasOwnSession = isOwn
    void own(request, response, (error?: unknown) => {
      // Because of the change, express-session stores the session and sends its cookie once more.
      if (!error && isOwn && isADayOld(request.session.cookie))
        setData(request, { ...sessionData(request), prolongedAt: Date.now() })
      next(error)
    })
  }
}

/** Opens the session of a browser that sends its cookie. Only for handlers that store nothing in a new session. */
export function openExistingSession(openSession: RequestHandler): RequestHandler {
  return (request, response, next) => {
    const { session } = requestContext(request).site.cookies
    if (request.headers.cookie?.includes(`${session}=`)) void openSession(request, response, next)
    else next()
  }
}

/** What the session holds; empty without a session. */
export function sessionData(request: Request): Readonly<SessionData> {
  const data = sessionOf(request)?.[requestContext(request).site.sessionKey]
  return typeof data === 'object' && data !== null ? data : {}
}

/** The keys of the accounts that this browser is connected to, the last one connected first. Some may be gone. */
export function accountKeys(request: Request): readonly string[] {
  return sessionData(request).accountKeys ?? []
}

/** The id of the session that this request makes, if it makes one; `undefined`: the host chooses it. */
export function newSessionId(request: Request): string | undefined {
  const current = requestContext(request)
  return current.hasOwnSession ? (current.newSessionId ??= randomBytes(24).toString('base64url')) : undefined
}

/**
 * Connects this browser to an account, in a new session. An admin stays signed in, and four other accounts stay connected.
 *
 * @param sessionId The id of our own session. Requests that arrive at the same moment give the same one, so that the browser is connected
 *   whichever response is the last.
 */
export async function signIn(request: Request, accountKey: string, sessionId?: string): Promise<void> {
  const { accountKeys = [], admin } = sessionData(request)
  if (sessionId !== undefined) requestContext(request).newSessionId = sessionId
  if (accountKeys[0] === accountKey) return
  const others = accountKeys.filter((key) => key !== accountKey)
  await renew(request, { accountKeys: [accountKey, ...others].slice(0, MAX_ACCOUNTS), ...(admin && { admin }) })
}

/** Disconnects this browser from an account. Logins under way in other tabs stay valid. `notice`: a message for the next page. */
export function signOut(request: Request, accountKey: string, notice?: string): Promise<void> {
  const { accountKeys = [], admin } = sessionData(request)
  const remaining = accountKeys.filter((key) => key !== accountKey)
  return reduce(request, {
    ...(remaining.length > 0 && { accountKeys: remaining }),
    ...(admin && { admin }),
    ...(notice !== undefined && { notice }),
  })
}

/** Signs the admin in, in a new session. The browser's accounts stay connected. */
export function signInAdmin(request: Request, admin: NonNullable<SessionData['admin']>): Promise<void> {
  const { accountKeys } = sessionData(request)
  return renew(request, { admin, ...(accountKeys && { accountKeys }) })
}

/** Signs the admin out. The browser's accounts stay connected. */
export function signOutAdmin(request: Request): Promise<void> {
  const { accountKeys } = sessionData(request)
  return reduce(request, accountKeys ? { accountKeys } : {})
}

/** Keeps a message for the next page. */
export function setFlash(request: Request, notice: string): Promise<void> {
  return change(request, { ...sessionData(request), notice })
}

/** The message for this page, once; `null`: none. */
export async function takeFlash(request: Request): Promise<string | null> {
  const { notice, ...data } = sessionData(request)
  if (notice === undefined) return null
  await (Object.keys(data).length > 0 ? change : reduce)(request, data)
  return notice
}

/** The secret of the browser that sent the request; `undefined` if it sent none. Malformed values are ignored. */
export function browserSecretOf(request: Request): string | undefined {
  return requestContext(request).site.cookies.browserPattern.exec(request.headers.cookie ?? '')?.[1]
}

/** Has the browser keep its secret, and for longer than the state of a login lives. */
export function setBrowserSecret(response: Response, secret: string): void {
  const { browser, secure } = requestContext(response.req).site.cookies
  response.cookie(browser, secret, { ...COOKIE, secure, maxAge: BROWSER_SECRET_LIFETIME_MS })
}

/** Whether this browser got the response of the login that began then, or of a later one. */
export function hasFinishedLogin(request: Request, claimedAt: number): boolean {
  const [, finished] = requestContext(request).site.cookies.finishedPattern.exec(request.headers.cookie ?? '') ?? []
  return Number(finished) >= claimedAt
}

/** Has the browser keep when the login began that the response finishes, for as long as its callback can be repeated. */
export function setFinishedLogin(response: Response, claimedAt: number): void {
  const { finished, secure } = requestContext(response.req).site.cookies
  if (hasFinishedLogin(response.req, claimedAt)) return
  response.cookie(finished, claimedAt, { ...COOKIE, secure, maxAge: REPEAT_LIFETIME_MS })
}

function sessionOf(request: object): AnySession | undefined {
  const { session } = request as { session?: unknown }
  return typeof session === 'object' && session !== null ? (session as AnySession) : undefined
}

function setData(request: Request, data: SessionData): void {
  const current = sessionOf(request)
  if (!current) throw new Error('The session ended during the request.')
  const { sessionKey } = requestContext(request).site
  if (Object.keys(data).length > 0) current[sessionKey] = data
  else Reflect.deleteProperty(current, sessionKey)
}

/** Replaces our data under a new session id, and saves it before the response promises anything. A host's own data stays. */
async function renew(request: Request, data: SessionData): Promise<void> {
  const { hasOwnSession = false } = requestContext(request)
  const former = { ...sessionOf(request) }
  const hasNewId = hasOwnSession && newSessionId(request) === request.sessionID
  const isNew = hasNewId && Object.keys(former).every((name) => name === 'cookie')
  if (!isNew && typeof sessionOf(request)?.['regenerate'] === 'function') {
    await call(request, 'regenerate')
    Object.assign(sessionOf(request) ?? {}, former)
  }
  if (hasOwnSession) request.session.cookie.maxAge = data.accountKeys ? SESSION_LIFETIME_MS : ADMIN_SESSION_LIFETIME_MS
  await change(request, data)
}

/** Replaces our data with less of it, and saves it. */
async function reduce(request: Request, data: SessionData): Promise<void> {
  if (!requestContext(request).hasOwnSession) await change(request, data)
  else if (Object.keys(data).length > 0) await renew(request, data)
  else await call(request, 'destroy')
}

async function change(request: Request, data: SessionData): Promise<void> {
  setData(request, data)
  try {
    await call(request, 'save')
  } catch (error) {
    // Otherwise express-session sends the cookie of a session that is not stored.
    if (requestContext(request).hasOwnSession) Reflect.deleteProperty(request, 'session')
    throw error
  }
}

/** Calls a method of the session, if it has that, and waits for its callback or its promise. */
async function call(request: Request, method: 'regenerate' | 'save' | 'destroy'): Promise<void> {
  const current = sessionOf(request)
  const work = current?.[method]
  if (typeof work !== 'function') return
  await new Promise<unknown>((resolve, reject) => {
    const result: unknown = work.call(current, (error?: Error | null) => {
      if (error) reject(error)
      else resolve(undefined)
    })
    if (result instanceof Promise) result.then(resolve, reject)
  })
}

function isADayOld({ maxAge, originalMaxAge }: Cookie): boolean {
  return maxAge != null && originalMaxAge != null && maxAge < originalMaxAge - DAY_MS
}

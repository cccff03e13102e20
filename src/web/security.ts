import type { Request, RequestHandler, Response } from 'express'
import { type Options, rateLimit, type Store } from 'express-rate-limit'
import helmet from 'helmet'
import { isLoopback } from '../config.ts'
import type { ErrorCode } from '../errors/catalogue.ts'
import { AppError } from '../errors/errors.ts'
import { MINUTE_MS } from '../facts.ts'
import type { Logger } from '../log.ts'
import type { Address } from './request.ts'
import { requestContext } from './requestContext.ts'

/** Sets our security headers: nothing from other origins, no inline script or style, no frame, no path in `Referer`. */
export const securityHeaders: RequestHandler = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      baseUri: ["'none'"],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      imgSrc: [(request) => pictureSources(request as Request)],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
    },
  },
  // For browsers without Sec-Fetch-Site the origin shows that a form is ours; paths contain codes and states.
  referrerPolicy: { policy: 'strict-origin' },
  strictTransportSecurity: false, // It holds for a whole host. Its owner decides.
  xFrameOptions: { action: 'deny' },
})

/** Pictures are ours, or the site's logo. */
function pictureSources(request: Request): string {
  const logo = URL.parse(requestContext(request).site.locals.siteLogo ?? '')
  return logo ? `'self' ${logo.origin}` : "'self'"
}

/** For responses that a host's hook can send instead: {@link securityHeaders} just before our own is sent. */
export function setSecurityHeaders(response: Response): void {
  void securityHeaders(response.req, response, () => undefined)
}

/** Forbids every cache to store the response. */
export const noStore: RequestHandler = (_request, response, next) => {
  response.setHeader('Cache-Control', 'no-store')
  next()
}

/** Throws `cross_site` for a POST request that none of our own pages sent, by `Sec-Fetch-Site`, else by `Origin`. */
export function sameOrigin({ origin }: Address): RequestHandler {
  return (request, _response, next) => {
    const site = request.get('Sec-Fetch-Site')
    const isOwn = site === undefined ? request.get('Origin') === origin : site === 'same-origin'
    if (request.method === 'POST' && !isOwn)
      throw new AppError('cross_site', { detail: `Sec-Fetch-Site is ${site ?? 'absent'}` })
    next()
  }
}

/**
 * Throws `wrong_host` for a request under another name than the redirect URI's or this machine's. Otherwise another site could point its name
 * at this server and read our pages as its own (DNS rebinding).
 */
export function checkHost({ origin }: Address): RequestHandler {
  const { hostname } = new URL(origin)
  return (request, _response, next) => {
    const requested = URL.parse(`http://${request.get('Host') ?? ''}`)
    if (requested?.hostname !== hostname && !(requested && isLoopback(requested))) throw new AppError('wrong_host')
    next()
  }
}

/**
 * Redirects (307) from `localhost` to `127.0.0.1`, or the other way round, if the redirect URI has the other name: browsers keep separate
 * cookies for the two.
 */
export function redirectToCanonicalLoopback({ origin, url }: Address): RequestHandler {
  const canonical = new URL(origin)
  return (request, response, next) => {
    const requested = URL.parse(`${canonical.protocol}//${request.get('Host') ?? ''}`)
    const differs = requested && requested.host !== canonical.host && requested.port === canonical.port
    if (differs && isLoopback(requested) && isLoopback(canonical)) {
      setSecurityHeaders(response)
      response.redirect(307, url + request.url.replace(ABSOLUTE_FORM, ''))
    } else next()
  }
}

/** The origin in a request line of absolute form (RFC 9112, section 3.2.2). */
const ABSOLUTE_FORM = /^\w+:\/\/[^/?]*/

/** Warns once if there seems to be a proxy although `TRUST_PROXY` is off. */
export function proxyNotice(log: Logger): RequestHandler {
  return warnOnce(
    log,
    'Requests have X-Forwarded-For, but TRUST_PROXY is off, so all visitors behind your proxy share one rate limit. Set TRUST_PROXY to the number of proxies in front, or to their addresses.',
    (request) => request.get('X-Forwarded-For') !== undefined,
  )
}

/** Warns once if the redirect URI does not lead to where the router is mounted. A proxy may strip the beginning of paths. */
export function mountNotice(log: Logger, { base, url, callback }: Address): RequestHandler {
  return warnOnce(
    log,
    `The router is not mounted at the path of the redirect URI without its last segment, so callbacks from Instagram miss it (unless a proxy rewrites paths). The redirect URI is ${url}${callback}.`,
    ({ baseUrl }) => !base.toLowerCase().endsWith(baseUrl.toLowerCase()),
  )
}

/** Warns once if people reach the app by https but requests do not show it, so that sessions cannot be kept. */
export function httpsNotice(log: Logger, { origin }: Address): RequestHandler {
  return warnOnce(
    log,
    'The redirect URI is https, but requests arrive over http without “X-Forwarded-Proto: https”, so browsers get no session cookie. Make the proxy in front send this header.',
    (request) =>
      origin.startsWith('https:') &&
      !('encrypted' in request.socket) &&
      !request.get('X-Forwarded-Proto')?.startsWith('https'),
  )
}

/**
 * Warns once if the host's session gets lost because its cookie is not sent, or does not come back from Instagram. Comes before our own
 * session is opened.
 */
export function hostSessionNotice(log: Logger): RequestHandler {
  const warnOfStrict = warnOnce(
    log,
    'The session cookie of this app is SameSite=Strict: browsers do not send it on the redirect back from Instagram, so the session is lost. Set sameSite to “lax”.',
    (request) => ['strict', true].includes(hostCookie(request)?.sameSite ?? false),
  )
  const warnOfSecure = warnOnce(
    log,
    'The session cookie of this app is secure, but Express treats requests as http, so browsers get no cookie and logins are lost. Behind an https proxy set “trust proxy”; without https set secure to false.',
    () => true,
  )
  return (request, response, next) => {
    const { sessionID: id } = request
    if (hostCookie(request)?.secure)
      response.once('finish', () => {
        const { sessionID } = request
        // A renewed session of express-session has another id, which the cookie must bring. cookie-session has no id.
        const isLost = sessionID
          ? sessionID !== id && !String(response.getHeader('Set-Cookie')).includes(encodeURIComponent(sessionID))
          : !request.secure
        if (isLost) warnOfSecure(request, response, () => undefined)
      })
    warnOfStrict(request, response, next)
  }
}

/** Attributes of the host's session cookie, as express-session and cookie-session tell them; `undefined`: unknown, or no session. */
function hostCookie(request: Request): { sameSite?: string | boolean; secure?: boolean | string } | undefined {
  const { session, sessionOptions } = request as { session?: { cookie?: object }; sessionOptions?: object }
  return session && (session.cookie ?? sessionOptions)
}

function warnOnce(log: Logger, warning: string, applies: (request: Request) => boolean): RequestHandler {
  let isLogged = false
  return (request, _response, next) => {
    if (!isLogged && applies(request)) {
      isLogged = true
      log.warn(warning)
    }
    next()
  }
}

/** Requests a minute from one address. Limits for crowds: without `TRUST_PROXY`, everybody behind a proxy shares one address. */
const LIMITS = {
  /** Links that begin a login. */
  connect: 6_000,
  /** Failed logins, whether the callback was opened or pasted. */
  callback: 600,
  /** Profile pictures: one call to Instagram each. */
  picture: 600,
  /** Refreshes by hand: one call to Instagram each. */
  refresh: 600,
  /** Disconnects: one call to Instagram each. */
  disconnect: 600,
  /** Runs of the doctor. */
  doctor: 60,
  /** Pasted tokens: three calls to Instagram each. */
  import: 60,
  /** Tokens from programs, which may import many at once. */
  apiImport: 600,
  /** Wrong API keys. Requests with a valid key are never counted or refused. */
  wrongKey: 60,
  /** Refused calls of Meta's callbacks. */
  metaRefusal: 60,
  /** Wrong passwords of the admin, in a quarter of an hour. */
  wrongPassword: 10,
}

/** Only failed requests count, and those under way. */
const FAILURES_ONLY: ReadonlySet<keyof typeof LIMITS> = new Set(['callback', 'metaRefusal', 'wrongPassword'])

/** Failures of this site, which count against nobody. */
const OWN_FAILURES: ReadonlySet<unknown> = new Set<ErrorCode>(['database_unavailable', 'interrupted', 'token_not_kept'])

/** Counts requests by the monotonic clock. The library's own store goes by the system's, which can be set back. */
class MonotonicStore implements Store {
  readonly localKeys = true
  readonly #clients = new Map<string, { totalHits: number; endsAt: number }>() // In the order of their ends.
  #windowMs = MINUTE_MS

  init({ windowMs }: Options): void {
    this.#windowMs = windowMs
  }

  increment(key: string): { totalHits: number; resetTime: Date } {
    const now = performance.now()
    for (const [known, { endsAt }] of this.#clients) {
      if (endsAt > now) break
      this.#clients.delete(known)
    }
    const client = this.#clients.get(key) ?? { totalHits: 0, endsAt: now + this.#windowMs }
    client.totalHits += 1
    this.#clients.set(key, client)
    return { totalHits: client.totalHits, resetTime: new Date(Date.now() + client.endsAt - now) }
  }

  decrement(key: string): void {
    const client = this.#clients.get(key)
    if (client && client.totalHits > 0) client.totalHits -= 1
  }

  resetKey(key: string): void {
    this.#clients.delete(key)
  }
}

/**
 * Limits requests by address: `too_many_requests`, with the header `Retry-After`. Each returned handler counts for itself.
 *
 * @param options Another time than a minute, another response than the error page
 */
export function limitRequests(
  what: keyof typeof LIMITS,
  options: Partial<Pick<Options, 'windowMs' | 'handler'>> = {},
): RequestHandler {
  return rateLimit({
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    validate: false, // It would print warnings about proxies, which proxyNotice gives already.
    store: new MonotonicStore(),
    windowMs: MINUTE_MS,
    limit: LIMITS[what],
    skipSuccessfulRequests: true, // They count while they are under way only.
    requestWasSuccessful: (request, response) =>
      (FAILURES_ONLY.has(what) && response.statusCode < 400 && !requestContext(request).isRepeatedLogin) ||
      OWN_FAILURES.has(requestContext(request).code),
    handler: (_request, _response, next) => {
      next(new AppError('too_many_requests', { detail: what }))
    },
    ...options,
  })
}

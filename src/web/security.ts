import type { Request, RequestHandler, Response } from 'express'
import helmet from 'helmet'
import { AppError } from '../errors/errors.ts'
import { isLoopback } from '../config.ts'
import type { Address } from './request.ts'

const helmetHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      baseUri: ["'none'"],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      imgSrc: ["'self'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
    },
  },
  referrerPolicy: { policy: 'no-referrer' },
  strictTransportSecurity: false, // It holds for a whole host. Its owner decides.
  xFrameOptions: { action: 'deny' },
})

/** Middleware for routes whose response no hook of a host can send. */
export const securityHeaders: RequestHandler = (request, response, next) => {
  setSecurityHeaders(request, response)
  next()
}

/** Sets our security headers: nothing from other origins, no inline script or style, no frame, no referrer. */
export function setSecurityHeaders(request: Request, response: Response): void {
  helmetHeaders(request, response, () => undefined)
}

/** Forbids every cache to store the response. */
export const noStore: RequestHandler = (_request, response, next) => {
  response.setHeader('Cache-Control', 'no-store')
  next()
}

/**
 * Accepts a POST request only if one of our own pages sent it, by `Sec-Fetch-Site`, else by `Origin`. Other methods pass.
 *
 * @throws {AppError} `cross_site`
 */
export function sameOrigin({ origin }: Address): RequestHandler {
  return (request, _response, next) => {
    if (request.method !== 'POST') {
      next()
      return
    }
    const site = request.get('Sec-Fetch-Site')
    const isOwn = site === undefined ? request.get('Origin') === origin : site === 'same-origin'
    if (!isOwn) throw new AppError('cross_site', { detail: `Sec-Fetch-Site is ${site ?? 'absent'}` })
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
    const host = request.get('Host') ?? ''
    const requested = URL.parse(`${canonical.protocol}//${host}`)
    const differs = requested && requested.host !== canonical.host && requested.port === canonical.port
    if (!differs || !isLoopback(requested) || !isLoopback(canonical)) {
      next()
      return
    }
    setSecurityHeaders(request, response)
    response.redirect(307, url + request.url.replace(ABSOLUTE_FORM, ''))
  }
}

/** The origin in a request line of absolute form (RFC 9112, section 3.2.2). */
const ABSOLUTE_FORM = /^\w+:\/\/[^/?]*/

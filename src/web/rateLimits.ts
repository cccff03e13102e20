import type { RequestHandler } from 'express'
import { rateLimit } from 'express-rate-limit'
import { AppError } from '../errors/errors.ts'
import { MINUTE_MS } from '../facts.ts'

/**
 * Requests a minute from one address. Without `TRUST_PROXY`, everybody behind a proxy shares one address, so these are limits for crowds,
 * not for persons.
 */
const REQUESTS_PER_MINUTE = {
  /** Failed logins. */
  callback: 600,
  /** Pasted tokens: three calls to Instagram each. */
  import: 60,
  /** Tokens from programs, which may import many at once. */
  apiImport: 600,
  /** Wrong API keys. Requests with a valid key are never counted or refused. */
  wrongKey: 60,
  /** Refused calls of Meta's callbacks. */
  metaRefusal: 60,
}

/** Only failed requests count, and those under way. */
const FAILURES_ONLY: ReadonlySet<keyof typeof REQUESTS_PER_MINUTE> = new Set(['callback', 'metaRefusal'])

/**
 * Limits requests by address. Each returned handler counts for itself.
 *
 * @throws {AppError} `too_many_requests`; the header `Retry-After` is set
 */
export function limitRequests(what: keyof typeof REQUESTS_PER_MINUTE): RequestHandler {
  return rateLimit({
    windowMs: MINUTE_MS,
    limit: REQUESTS_PER_MINUTE[what],
    skipSuccessfulRequests: FAILURES_ONLY.has(what),
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: (_request, _response, next) => {
      next(new AppError('too_many_requests', { detail: what }))
    },
    validate: false, // It would print warnings about proxies, which the proxy notice gives already.
  })
}

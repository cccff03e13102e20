import type { RequestHandler } from 'express'
import { rateLimit } from 'express-rate-limit'
import { Refusal } from '../login/failures.ts'

/**
 * Requests a minute from one address, from which on it is refused until the minute is over. Where no proxy is announced
 * (`TRUST_PROXY`), everybody behind one has its address, so that these are for crowds, not for persons.
 */
const A_MINUTE = {
  /** Logins that fail, of whatever cause, or are under way. */
  callback: 600,
  /** Tokens that people paste: three calls to Instagram each. */
  import: 60,
  /** The same for programs, which bring many at once when they move in. */
  apiImport: 600,
  /** Wrong API keys. The right ones are never counted, and never refused. */
  wrongKey: 60,
  /** Refused calls of Meta's callbacks. */
  metaRefusal: 60,
}

/** Those where only failures count (and what is not over yet), so that what goes well is never too much. */
const FAILURES_ONLY: ReadonlySet<keyof typeof A_MINUTE> = new Set(['callback', 'metaRefusal'])

/**
 * Counts requests by address. Each one that this returns counts for itself.
 *
 * @throws {Refusal} `too_many_requests`, with the header Retry-After set
 */
export function limited(what: keyof typeof A_MINUTE): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: A_MINUTE[what],
    skipSuccessfulRequests: FAILURES_ONLY.has(what),
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: (_request, _response, next) => {
      next(new Refusal('too_many_requests', { detail: what }))
    },
    validate: false, // It would write to the console what the settings say already.
  })
}

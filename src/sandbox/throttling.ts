import type { RequestHandler, Response } from 'express'
import { sentToken } from './graph.ts'
import { GraphError } from './http.ts'
import type { Tokens } from './tokens.ts'

/** How much of its Graph API calls the app has used up, and whether it is throttled. */
export class Throttling {
  #percent = 1
  #refusals = 0
  #minutes = 0

  /** Sets the usage that responses report, in percent of the limit. */
  setUsage(percent: number): void {
    this.#percent = percent
  }

  /** Refuses the next `calls` calls, with `minutes` until access is regained. */
  throttle(calls: number, minutes: number): void {
    this.#refusals = calls
    this.#minutes = minutes
  }

  /**
   * Middleware before the Graph endpoints: sets the usage headers, or refuses the call.
   * The usage of an account is reported only to tokens of that account.
   * @see https://developers.facebook.com/docs/graph-api/overview/rate-limiting
   */
  limit(tokens: Tokens): RequestHandler {
    return (request, response, next) => {
      const throttled = this.#refusals > 0
      if (throttled) this.#refusals -= 1
      const userId = tokens.findToken(sentToken(request))?.grant.user.profile.userId
      setUsageHeaders(response, throttled ? 100 : this.#percent, throttled ? this.#minutes : 0, userId)
      if (throttled)
        throw new GraphError('(#4) Application request limit reached', 4, { isTransient: true, status: 403 })
      next()
    }
  }
}

function setUsageHeaders(response: Response, percent: number, minutes: number, userId?: string): void {
  const usage = { call_count: percent, total_cputime: 1, total_time: 1 }
  response.set('x-app-usage', JSON.stringify(usage))
  if (userId === undefined) return
  const business = [{ type: 'instagram', ...usage, estimated_time_to_regain_access: minutes }]
  response.set('x-business-use-case-usage', JSON.stringify({ [userId]: business }))
}

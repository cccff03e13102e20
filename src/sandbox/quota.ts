import type { RequestHandler, Response } from 'express'
import type { Credentials } from './credentials.ts'
import { sentToken } from './graphToken.ts'
import { GraphRefusal } from './refusals.ts'

/** How much of its calls to the Graph API the app has used up, and whether it is throttled. */
export class Quota {
  #percent = 1
  #refusals = 0
  #minutes = 0

  /** What answers report from now on, in percent of what is allowed. */
  report(percent: number): void {
    this.#percent = percent
  }

  /** Refuses the next so many calls, each with the minutes after which to come again. */
  throttle(calls: number, minutes: number): void {
    this.#refusals = calls
    this.#minutes = minutes
  }

  /**
   * Stands before the Graph endpoints: counts a call in the headers of its answer, or refuses it.
   * An account's own count is told only to a token of that account.
   * @see https://developers.facebook.com/docs/graph-api/overview/rate-limiting
   */
  watch(credentials: Credentials): RequestHandler {
    return (req, res, next) => {
      const throttled = this.#refusals > 0
      if (throttled) this.#refusals -= 1
      const token = credentials.findToken(sentToken(req))
      const percent = throttled ? 100 : this.#percent
      setUsage(res, percent, throttled ? this.#minutes : 0, token?.grant.person.profile.userId)
      if (throttled) throw limitReached()
      next()
    }
  }
}

function setUsage(res: Response, percent: number, minutes: number, userId?: string): void {
  const usage = { call_count: percent, total_cputime: 1, total_time: 1 }
  res.set('x-app-usage', JSON.stringify(usage))
  if (userId === undefined) return
  const business = [{ type: 'instagram', ...usage, estimated_time_to_regain_access: minutes }]
  res.set('x-business-use-case-usage', JSON.stringify({ [userId]: business }))
}

function limitReached(): GraphRefusal {
  return new GraphRefusal('(#4) Application request limit reached', 4, { isTransient: true, status: 403 })
}

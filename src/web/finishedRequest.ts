import type { Request, Response } from 'express'
import { visitOf } from './visit.ts'

/** A request that is answered, or given up by whoever sent it. */
export interface FinishedRequest {
  /** Its pattern, such as `/api/accounts/:id/token`. */
  route: string
  method: string
  /** HTTP status; 499 where nobody waited for the answer. */
  status: number
  seconds: number
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** What is told of a request when it is over. */
export function finishedRequest(request: Request, response: Response, seconds: number): FinishedRequest {
  return {
    route: routeOf(request),
    method: METHODS.has(request.method) ? request.method : 'other',
    status: response.headersSent ? response.statusCode : 499,
    seconds,
  }
}

/**
 * The pattern that a request matched: one of a few, whatever was asked, without what stands in an address, and the same wherever we
 * are mounted. Ends in `/*` where only the beginning is one of ours.
 */
function routeOf(request: Request): string {
  const pattern: unknown = (request.route as { path: unknown } | undefined)?.path
  // As it was asked, in capitals maybe.
  const room = request.baseUrl.slice(visitOf(request).mount.length).toLowerCase()
  if (typeof pattern !== 'string') return `${room}/*`
  return (room + pattern).replace(/(.)\/$/, '$1')
}

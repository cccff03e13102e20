import type { Request, RequestHandler } from 'express'
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

/** Tells `onRequest` of every request when it is over. */
export function watchRequests(onRequest: (request: FinishedRequest) => void): RequestHandler {
  return (request, response, next) => {
    const began = performance.now()
    response.on('close', () => {
      onRequest({
        route: routeOf(request),
        method: METHODS.has(request.method) ? request.method : 'other',
        status: response.headersSent ? response.statusCode : 499,
        seconds: (performance.now() - began) / 1000,
      })
    })
    next()
  }
}

/**
 * The pattern that a request matched: one of a few, whatever was asked, without what stands in an address, and the same wherever we
 * are mounted. Ends in `/*` where only the beginning is one of ours.
 */
export function routeOf(request: Request): string {
  const pattern: unknown = (request.route as { path: unknown } | undefined)?.path
  // As it was asked, in capitals maybe.
  const room = request.baseUrl.slice(visitOf(request).mount.length).toLowerCase()
  if (typeof pattern !== 'string') return `${room}/*`
  return (room + pattern).replace(/(.)\/$/, '$1')
}

import type { Request, RequestHandler } from 'express'

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
    response.once('close', () => {
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
 * The pattern that a request matched: one of a few, whatever was asked, and without what stands in an address. Ends in `/*`
 * where only the beginning is one of ours.
 */
export function routeOf({ baseUrl, route }: Pick<Request, 'baseUrl' | 'route'>): string {
  const pattern: unknown = (route as { path: unknown } | undefined)?.path
  // As it was asked, in capitals maybe.
  const mount = baseUrl.toLowerCase()
  if (typeof pattern !== 'string') return `${mount}/*`
  return (mount + pattern).replace(/(.)\/$/, '$1')
}

import type { RequestHandler } from 'express'
import helmet from 'helmet'
import { Refusal } from '../login/failures.ts'

/** Headers that keep a page to itself: no resource from elsewhere, no inline script or style, no frame, no referrer. */
export const securityHeaders: RequestHandler = helmet({
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
  strictTransportSecurity: false, // It would hold for all of a host. Whoever has it decides.
  xFrameOptions: { action: 'deny' },
})

/** For all that is personal: kept by no cache, neither the browser's nor one on the way. */
export const noStore: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store')
  next()
}

/**
 * Lets a request through that one of our own pages sent: by `Sec-Fetch-Site` where the browser tells, else by `Origin`.
 * `origin`: ours, from the settings; the `Host` header says what the sender wants.
 *
 * @throws {Refusal} `cross_site`
 */
export function sameOrigin(origin: string): RequestHandler {
  return (request, _response, next) => {
    const site = request.get('Sec-Fetch-Site')
    const own = site === undefined ? request.get('Origin') === origin : site === 'same-origin'
    if (!own) throw new Refusal('cross_site', { detail: `Sec-Fetch-Site is ${site ?? 'absent'}` })
    next()
  }
}

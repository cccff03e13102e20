import type { RequestHandler, Response } from 'express'
import helmet from 'helmet'
import { Refusal } from '../login/failures.ts'
import { ours } from './ours.ts'

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

/** Those of them that say what a page may do, and who may show it. For a page of the app around us it is not ours to say. */
const OF_PAGES = ['Content-Security-Policy', 'Cross-Origin-Opener-Policy', 'X-Frame-Options']

type Headers = readonly (readonly [name: string, value: number | string | string[] | undefined])[]

const hosts = ours<Headers>('headers of the host')

/** The same in an app that may have set them otherwise: for its own pages, see {@link withHeadersOfHost}. */
export const securityHeadersInHost: RequestHandler = (request, response, next) => {
  hosts.put(response, headersOf(response))
  securityHeaders(request, response, next)
}

/** Gives an answer the headers that the app around us had set before us. What is returned gives it ours again. */
export function withHeadersOfHost(response: Response): () => void {
  const theirs = hosts.find(response) ?? []
  const former = headersOf(response)
  setHeaders(response, theirs)
  return () => {
    setHeaders(response, former)
  }
}

function headersOf(response: Response): Headers {
  return OF_PAGES.map((name) => [name, response.getHeader(name)])
}

function setHeaders(response: Response, headers: Headers): void {
  for (const [name, value] of headers)
    if (value === undefined) response.removeHeader(name)
    else response.setHeader(name, value)
}

/** For all that is personal: kept by no cache, neither the browser's nor one on the way. */
export const noStore: RequestHandler = (_request, response, next) => {
  response.setHeader('Cache-Control', 'no-store')
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

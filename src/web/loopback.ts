import type { RequestHandler } from 'express'
import { isLoopback } from '../doctor/loopback.ts'
import type { Address } from './address.ts'

/**
 * On one machine, `localhost` and `127.0.0.1` are the same app but not the same to cookies: whoever opens the one while the
 * redirect URI names the other would come back without a cookie. They are sent over before they start.
 */
export function oneLoopbackName({ origin, url }: Address): RequestHandler {
  const own = new URL(origin)
  return (request, response, next) => {
    const host = request.get('Host') ?? ''
    // As nearly always: reading an address costs more than all else here.
    const asked = host === own.host ? null : URL.parse(`${own.protocol}//${host}`)
    const other = asked && asked.host !== own.host && asked.port === own.port
    if (other && isLoopback(asked) && isLoopback(own))
      response.redirect(307, url + request.url.replace(WHOLE, ''))
    else next()
  }
}

/** What a client that takes us for a proxy writes before the path (RFC 9112, 3.2.2). */
const WHOLE = /^\w+:\/\/[^/?]*/

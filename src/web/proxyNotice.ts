import type { RequestHandler } from 'express'
import type { Logger } from 'pino'

/** Says once in the log that a proxy seems to be in front which no setting announces. */
export function proxyNotice(log: Logger): RequestHandler {
  let said = false
  return (request, _response, next) => {
    if (!said && request.get('X-Forwarded-For') !== undefined) {
      said = true
      log.warn(
        'X-Forwarded-For arrives, but TRUST_PROXY is off: everybody behind your proxy counts as one address. Set TRUST_PROXY to the number of proxies in front, or to their addresses (see README).',
      )
    }
    next()
  }
}

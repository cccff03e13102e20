import { parse } from 'node:querystring'
import { type Request, type RequestHandler, urlencoded } from 'express'

/** The query string's parameters: everything after the first `?`. */
export function queryOf(request: Request): URLSearchParams {
  const { url } = request
  return new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?')) : '')
}

/** A parameter of the route. Default: empty. */
export function parameterOf(request: Request, name: string): string {
  return String(request.params[name] ?? '')
}

/** Where people reach the app. The path of the redirect URI without its last segment is the base path. */
export interface Address {
  /** Scheme, host and port: `https://example.com`. */
  origin: string
  /** The base path: `/instagram`, or empty. A proxy may strip it, so it cannot be read from requests. */
  base: string
  /** Origin and base path. */
  url: string
  /** The path of the redirect URI under the base path: `/response`. */
  callback: string
}

/** The address that a redirect URI implies. */
export function addressOf(redirectUri: string): Address {
  const { origin, pathname } = new URL(redirectUri)
  const [, base = '', callback = ''] = /^(.*)(\/[^/]+)\/?$/.exec(pathname) ?? []
  return { origin, base, url: origin + base, callback }
}

/** An Express path that matches this path only: characters of patterns are escaped. */
export function literalRoute(path: string): string {
  return path.replace(/[{}()[\]+?!:*\\]/g, '\\$&')
}

/** Where the account with this id can be connected again. */
export function reconnectUrl({ url }: Address, { id }: { id: string }): string {
  return `${url}/reconnect/${id}`
}

/** The names of our cookies. */
export interface CookieNames {
  session: string
  /** Holds the browser secret. */
  browser: string
  /** Whether browsers may send them by https only. */
  secure: boolean
}

/**
 * The names of the cookies at an address: `__Host-…` by https. By http they contain the port, because cookies are shared by all ports of a
 * host. They contain the base path, because all apps of a host get all cookies with the path `/`.
 */
export function cookieNames({ origin, base }: Address): CookieNames {
  const { protocol, port } = new URL(origin)
  const secure = protocol === 'https:'
  const app = secure ? '__Host-instagram-access-token' : `instagram-access-token-${port || '80'}`
  const path = base.replace(/[^\w/-]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`).replaceAll('/', '.')
  return { session: app + path, browser: `${app}-browser${path}`, secure }
}

/** Parses an HTML form. `limit`: the largest body, such as `16kb`. */
export function parseForm(limit: string): RequestHandler[] {
  return [urlencoded({ extended: false, limit }), parseUnparsedBody(parse)]
}

/**
 * Comes after a body parser: parses a body that a host's parser left as text or bytes. Objects stay as they are.
 *
 * @param parse Its errors must not contain the text.
 * @throws Error if the body was read before and `request.body` is empty
 */
export function parseUnparsedBody(parse: (text: string) => unknown): RequestHandler {
  return (request, _response, next) => {
    const body: unknown = request.body
    if (typeof body === 'string' || Buffer.isBuffer(body)) request.body = parse(String(body))
    else if (body === undefined && request.readableDidRead)
      throw new Error(
        'The body of this request was read before it reached the Instagram router, and request.body is empty. Middleware that reads bodies must set request.body or skip these routes.',
      )
    next()
  }
}

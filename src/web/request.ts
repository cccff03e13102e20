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

/** Where people reach the app. */
export type Address = ReturnType<typeof addressOf>

/** The address that a redirect URI implies. The path of the redirect URI without its last segment is the base path. */
export function addressOf(redirectUri: string) {
  const { origin, pathname } = new URL(redirectUri)
  const [, base = '', callback = ''] = /^(.*)(\/[^/]+)\/?$/.exec(pathname) ?? []
  return {
    /** Scheme, host and port: `https://example.com`. */
    origin,
    /** The base path: `/instagram`, or empty. A proxy may strip it, so it cannot be read from requests. */
    base,
    /** Origin and base path. */
    url: origin + base,
    /** The path of the redirect URI under the base path: `/response`. */
    callback,
  }
}

/** An Express path that matches this path only: characters of patterns are escaped. */
export function literalRoute(path: string): string {
  return path.replace(/[{}()[\]+?!:*\\]/g, '\\$&')
}

/**
 * A link that opens a page in the system's browser, for people in the in-app browsers of Instagram and Facebook; `null` in any other browser.
 * These link schemes are undocumented.
 */
export function systemBrowserLink(userAgent: string, page: string): string | null {
  const [app] = /\b(Instagram|FBAN|FBAV|FB_IAB)\b/.exec(userAgent) ?? []
  if (!app) return null
  const [scheme = '', rest = ''] = page.split('://')
  if (userAgent.includes('Android')) return `intent://${rest}#Intent;scheme=${scheme};end`
  return app === 'Instagram' ? `instagram://extbrowser/?url=${encodeURIComponent(page)}` : `x-safari-${page}`
}

/** The names of our cookies. */
export type CookieNames = ReturnType<typeof cookieNames>

/**
 * The names of the cookies at an address: `__Host-…` by https. By http they contain the port, because cookies are shared by all ports of a
 * host. They contain the base path, because all apps of a host get all cookies with the path `/`.
 */
export function cookieNames({ origin, base }: Address) {
  const { protocol, port } = new URL(origin)
  const secure = protocol === 'https:'
  const app = secure ? '__Host-instagram-access-token' : `instagram-access-token-${port || '80'}`
  const path = base.replace(/[^\w/-]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`).replaceAll('/', '.')
  const browser = `${app}-browser${path}`
  return {
    session: app + path,
    /** Holds the browser secret. */
    browser,
    /** Finds the browser secret in the header `Cookie`. */
    browserPattern: new RegExp(`(?:^|;) *${RegExp.escape(browser)}=([\\w-]{36})(?:;|$)`),
    /** Holds when the last login that this browser has finished began. */
    finished: `${app}-finished${path}`,
    /** Finds that time in the header `Cookie`. */
    finishedPattern: new RegExp(`(?:^|;) *${RegExp.escape(`${app}-finished${path}`)}=(\\d+)`),
    /** Whether browsers may send the cookies by https only. */
    secure,
  }
}

/** A field of a parsed form; `undefined`: left out, or not one text. */
export function fieldOf(request: Request, name: string): string | undefined {
  const body = request.body as Record<string, unknown> | null | undefined
  const value = body?.[name]
  return typeof value === 'string' ? value : undefined
}

/** Parses an HTML form. */
export const parseForm: RequestHandler[] = [urlencoded({ extended: false, limit: '16kb' }), parseUnparsedBody(parse)]

/** Comes after a body parser: parses a body that a host's parser left as text or bytes. Errors of `parse` must not contain the text. */
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

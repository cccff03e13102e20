import { parse } from 'node:querystring'
import { type Request, type RequestHandler, urlencoded } from 'express'
import type { Logger } from 'pino'
import type { ErrorCode } from '../errors/catalogue.ts'
import type { Hooks, PageLocals } from './hooks.ts'

/** What one router's requests have in common. */
export interface Site {
  locals: PageLocals
  hooks: Hooks
  cookies: CookieNames
  /** The property of a session that holds our {@link SessionData}. Two routers with one session have different ones. */
  sessionKey: string
}

/** A request on one of our routes. */
export interface RequestContext {
  site: Site
  /** Adds the request's id to every line. */
  log: Logger
  /** The request's id, in the log and on error pages: such as `7K2M-QX4D`, or the `X-Request-Id` of a trusted proxy. */
  reference: string
  /** The error that the response reports, for the request log. */
  error?: Error
  code?: ErrorCode
  /** Whether `request.session` is ours: the host has none for this request. */
  hasOwnSession?: boolean
  /** Whether the request was the end of a login, which failed. */
  isFailedLogin?: boolean
}

const contexts = new WeakMap<Request, RequestContext>()

/** Gives a request its context. */
export function openRequestContext(request: Request, site: Site, log: Logger): RequestContext {
  const reference = idFromProxy(request) ?? newReference()
  const context = { site, log: log.child({ req: { id: reference, method: request.method } }), reference }
  contexts.set(request, context)
  return context
}

/** @throws TypeError for a request on none of our routes */
export function requestContext(request: Request): RequestContext {
  const context = contexts.get(request)
  if (!context) throw new TypeError('This request has no context: its route lacks the request log.')
  return context
}

/** Whether the request is on one of our routes. */
export function hasRequestContext(request: Request): boolean {
  return contexts.has(request)
}

/** The id that a trusted proxy gave the request. From strangers it could be anything. */
function idFromProxy(request: Request): string | undefined {
  const isTrusted = request.app.get('trust proxy fn') as (address: string, hop: number) => boolean
  const id = request.get('X-Request-Id')
  if (!id || !/^[\w.:-]{1,64}$/.test(id)) return undefined
  return isTrusted(request.socket.remoteAddress ?? '', 0) ? id : undefined
}

/** Without characters that look alike: people read it out on the telephone. */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ'

/** Such as `7K2M-QX4D`. Not a secret. */
function newReference(): string {
  const letter = () => ALPHABET.charAt(Math.random() * ALPHABET.length)
  const letters = () => Array.from({ length: 4 }, letter).join('')
  return `${letters()}-${letters()}`
}

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

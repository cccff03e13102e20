import type { Request } from 'express'
import type { ErrorCode } from '../errors/catalogue.ts'
import type { Logger } from '../log.ts'
import type { Hooks, PageLocals } from './hooks.ts'
import type { CookieNames } from './request.ts'

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

import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import pino from 'pino'
import type { Context } from '../context.ts'
import { catalogue, type ErrorCode } from '../errors/catalogue.ts'
import { AppError, errorLogFields, toAppError } from '../errors/errors.ts'
import type { Logger } from '../log.ts'
import type { Hooks, PageLocals } from './hooks.ts'
import type { CookieNames } from './request.ts'

/** What one router's requests have in common. */
export interface Site {
  locals: Omit<PageLocals, 'isAdmin'>
  isAdmin: (request: Request) => boolean
  hooks: Hooks
  /** Who is signed in at the host app, so that nobody else finishes the login. */
  bindTo: ((request: Request) => string | undefined) | undefined
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
  code?: ErrorCode | 'wrong_password'
  /** Whether `request.session` is ours: the host has none for this request. */
  hasOwnSession?: boolean
  /** The id of the session of ours that the request makes, if it makes one. */
  newSessionId?: string
  /** Whether the request was the end of a login, which failed. */
  isFailedLogin?: boolean
  /** Whether the request repeated the callback of a finished login. */
  isRepeatedLogin?: boolean
}

const contexts = new WeakMap<Request, RequestContext>()

/** @throws TypeError for a request on none of our routes */
export function requestContext(request: Request): RequestContext {
  const context = contexts.get(request)
  if (!context) throw new TypeError('This request has no context: its route lacks the request log.')
  return context
}

/**
 * Comes first on every route: opens the request's context, and logs the request when it is over, by id, method, route, status, outcome,
 * milliseconds, and the error with its fix. Never a URL, query, header or body: they hold codes, states, cookies and personal data.
 */
export function requestLog({ log, config, metrics }: Context, site: Site): RequestHandler {
  const logger = log.child({}, { serializers: { err: serializeError } })
  return (request, response, next) => {
    const startedAt = performance.now()
    const reference = idFromProxy(request) ?? newReference()
    const requestLogger = logger.child({ req: { id: reference, method: request.method } })
    const context: RequestContext = { site, log: requestLogger, reference }
    contexts.set(request, context)
    response.on('close', () => {
      const seconds = (performance.now() - startedAt) / 1000
      const { statusCode: status, writableEnded: isSent } = response
      const { error, code } = context
      const route = routeOf(request)
      const explained = errorLogFields(error, config.names)
      const outcome = isSent ? (code ?? 'ok') : 'aborted'
      const responseTime = Math.round(seconds * 1000)
      const line = { ...explained, route, outcome, res: { status }, responseTime, ...(error && { err: error }) }
      const ending = error ? 'errored' : isSent ? 'completed' : 'aborted'
      requestLogger[levelOf(route, status, explained?.fixable_by)](line, `request ${ending}`)
      const method = METHODS.has(request.method) ? request.method : 'other'
      metrics.onRequest({ route, method, status: response.headersSent ? status : 499, seconds })
    })
    next()
  }
}

/** Runs the first middleware of a route for requests that no route has seen, because their path cannot be decoded. */
export function contextOfErrors(first: RequestHandler): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (contexts.has(request)) next(error)
    else
      void first(request, response, () => {
        next(error)
      })
  }
}

/** An error handler that notes errors for the request log, and sets `Retry-After`. `respond` is called unless a response has begun. */
export function handleErrors(
  respond: (error: AppError, request: Request, response: Response) => unknown,
): ErrorRequestHandler {
  return async (thrown: unknown, request, response, next) => {
    const error = toAppError(thrown)
    const context = requestContext(request)
    context.error = error.code === 'internal' ? asError(thrown) : error
    context.code = error.code
    if (response.headersSent) next(thrown)
    else {
      const { retryAfterSeconds } = catalogue[error.code]
      if (retryAfterSeconds) response.set('Retry-After', String(retryAfterSeconds))
      await respond(error, request, response)
    }
  }
}

/** The error itself, or one whose cause is the thrown value. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('thrown without an error', { cause: thrown })
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** The pattern of the matched route, under the base path: one of a few. `/*` if none matched. */
function routeOf(request: Request): string {
  const { path: pattern } = (request.route ?? { path: '/*' }) as { path: string }
  return pattern.startsWith('/assets/') ? '/assets/*' : pattern.replace(/\{?\*\w+\}?/, '*')
}

/** Meta's callbacks: refused ones need the operator's attention. */
const META_ROUTE = /^\/(deauthorize|data-deletion)$/

/** Errors that the person can fix need no attention of the operator. Probes and assets are logged at `debug`: they come every few seconds. */
function levelOf(route: string, status: number, fixableBy: string | undefined) {
  if (route === '/healthz' || route === '/readyz') return 'debug'
  if (status >= 500) return 'error'
  if (status >= 400) return fixableBy === 'person' && !META_ROUTE.test(route) ? 'info' : 'warn'
  return route === '/assets/*' || route === '/metrics' ? 'debug' : 'info'
}

function serializeError(error: Error): object {
  const { name: type, message } = error
  return error instanceof AppError && !error.cause ? { type, message } : pino.stdSerializers.errWithCause(error)
}

/** The ID that a trusted proxy gave the request. Other clients could send anything. */
function idFromProxy(request: Request): string | undefined {
  const isTrusted = request.app.get('trust proxy fn') as (address: string, hop: number) => boolean
  const id = request.get('X-Request-Id')
  if (!id || !/^[\w.:-]{1,64}$/.test(id)) return undefined
  return isTrusted(request.socket.remoteAddress ?? '', 0) ? id : undefined
}

/** Without characters that look alike: people read it out on the phone. */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ'

/** Such as `7K2M-QX4D`. Not a secret. */
function newReference(): string {
  const letter = () => ALPHABET.charAt(Math.random() * ALPHABET.length)
  const letters = () => Array.from({ length: 4 }, letter).join('')
  return `${letters()}-${letters()}`
}

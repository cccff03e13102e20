import type { Request, RequestHandler } from 'express'
import pino from 'pino'
import type { Context } from '../context.ts'
import { AppError, errorLogFields } from '../errors/errors.ts'
import { openRequestContext, type Site } from './requestContext.ts'

/**
 * Comes first on every route: opens the request's context, and logs the request when it is over, by id, method, route, status, outcome,
 * milliseconds, and the error with its fix. Never a URL, query, header or body: they hold codes, states, cookies and personal data.
 */
export function requestLog({ log, config, metrics }: Context, site: Site): RequestHandler {
  const logger = log.child({}, { serializers: { err: serializeError } })
  return (request, response, next) => {
    const startedAt = performance.now()
    const context = openRequestContext(request, site, logger)
    response.on('close', () => {
      const seconds = (performance.now() - startedAt) / 1000
      const { statusCode: status, writableEnded: isSent } = response
      const { error, code } = context
      const route = routeOf(request)
      const explained = errorLogFields(error, config.names)
      const line = {
        ...explained,
        route,
        outcome: isSent ? (code ?? 'ok') : 'aborted',
        res: { status },
        responseTime: Math.round(seconds * 1000),
        ...(error && { err: error }),
      }
      const ending = error ? 'errored' : isSent ? 'completed' : 'aborted'
      context.log[levelOf(route, status, explained?.mender)](line, `request ${ending}`)
      const method = METHODS.has(request.method) ? request.method : 'other'
      metrics.onRequest({ route, method, status: response.headersSent ? status : 499, seconds })
    })
    next()
  }
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** The pattern of the matched route, under the base path: one of a few. `/*` if none matched. */
function routeOf(request: Request): string {
  const { path: pattern } = (request.route ?? { path: '/*' }) as { path: string }
  return pattern.startsWith('/assets/') ? '/assets/*' : pattern.replace(/\{?\*\w+\}?/, '*')
}

/** What a person can fix is no worry of the operator. Probes and assets are logged at `debug`: they come every few seconds. */
function levelOf(route: string, status: number, fixableBy: string | undefined) {
  if (route === '/healthz' || route === '/readyz') return 'debug'
  if (status >= 500) return 'error'
  if (status >= 400) return fixableBy === 'person' ? 'info' : 'warn'
  return route === '/assets/*' || route === '/metrics' ? 'debug' : 'info'
}

function serializeError(error: Error): object {
  const { name: type, message } = error
  return error instanceof AppError && !error.cause ? { type, message } : pino.stdSerializers.errWithCause(error)
}

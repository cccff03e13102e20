import type { ErrorRequestHandler, NextFunction, Request, RequestHandler } from 'express'
import { type ErrorCode, isHelpCode } from '../errors/catalogue.ts'
import { TELL_OPERATOR } from '../errors/catalogue/entry.ts'
import { type Evidence, InstagramError } from '../errors/errors.ts'
import { type Explained, explain } from '../errors/explain.ts'
import type { SettingNames } from '../errors/settingNames.ts'
import { contextOfErrors, handleErrors, requestContext } from './requestContext.ts'
import { accountKeys } from './session.ts'
import { abort, renderView, runHook } from './views.ts'

/**
 * Turns errors into the error page, unless a host's `onFailure` hook answers a failed login. `log` is the middleware that opens contexts;
 * `isForOperator` tells whether the page shows Instagram's response.
 */
export function errorHandlers(
  log: RequestHandler,
  names: SettingNames,
  isForOperator: (request: Request) => boolean,
): ErrorRequestHandler[] {
  const errorPage = handleErrors(async (error, request, response) => {
    const context = requestContext(request)
    const { code, details } = error
    // Errors of the API have no page: a form may be too large.
    const explained = explain(isHelpCode(code) ? code : 'bad_request', names)
    context.code = explained.name
    response.status(explained.status)

    const { onFailure } = context.site.hooks
    if (onFailure && context.isFailedLogin) {
      const hook = (next: NextFunction) => onFailure(explained, request, response, next)
      if ((await runHook(response, 'onFailure', hook)) === 'sent') return
    }

    const forOperator = isForOperator(request)
    const isInLog = explained.fixableBy === 'operator' || explained.status >= 500
    await renderView(response, 'auth_error', {
      ...explained,
      retry: retryAddress(explained, request),
      isConnected: SUCCEEDED_BEFORE.has(explained.name) && accountKeys(request).length > 0,
      reference: isInLog ? (details.reference ?? context.reference) : null,
      said: forOperator && error instanceof InstagramError ? evidenceLines(error.evidence) : null,
      forOperator,
    })
  })
  return [contextOfErrors(log), errorPage, lastResort]
}

/** Errors after which the same request can succeed. */
const REPEATABLE: ReadonlySet<ErrorCode> = new Set(['database_unavailable', 'too_many_requests'])

/** Errors after which the start page may show a connected account. */
const SUCCEEDED_BEFORE: ReadonlySet<ErrorCode> = new Set(['state_used', 'interrupted'])

function retryAddress({ name, status, advice }: Explained, request: Request): string | null {
  const { isFailedLogin, site } = requestContext(request)
  if (advice === TELL_OPERATOR) return null
  if (REPEATABLE.has(name) && request.method === 'GET') return ''
  // Where an account is connected, the start page has no such field.
  if (request.path === '/import' && status === 422 && accountKeys(request).length === 0)
    return `${site.locals.base}/#access_token`
  if (!isFailedLogin || SUCCEEDED_BEFORE.has(name)) return null
  // Otherwise Instagram would log in the same account again.
  return `${site.locals.base}/login${name === 'account_not_allowed' ? '?force_reauth=1' : ''}`
}

/** For errors that have no page: keeps them from the host, and breaks off responses that have begun. */
// eslint-disable-next-line @typescript-eslint/no-unused-vars -- Express recognizes error handlers by their four parameters.
const lastResort: ErrorRequestHandler = (error: unknown, request, response, _next) => {
  const context = requestContext(request)
  if (error !== context.error) context.log.error({ err: error }, 'the error page failed')
  if (response.headersSent) abort(response)
  else response.status(500).type('text').send('Something went wrong. Please try again later.')
}

/** Instagram's response, line by line. */
function evidenceLines({ endpoint, status, received, type, message, code, subcode, traceId }: Evidence) {
  const lines = { Asked: endpoint, Status: status, Received: received, Message: message, Type: type, Code: code }
  return Object.entries({ ...lines, Subcode: subcode, fbtrace_id: traceId })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, String(value)] as const)
}

import type { ErrorRequestHandler, Request } from 'express'
import type { SettingNames } from '../errors/settingNames.ts'
import { explain } from '../errors/explain.ts'
import { type Evidence, InstagramError, isAppError, toAppError } from '../errors/errors.ts'
import { requestContext } from './request.ts'
import { abort, asError, renderView, runHook } from './views.ts'

/**
 * Turns an error into the error page, and notes it for the request log. A host's `onFailure` hook may answer failed logins.
 *
 * @param isForOperator Whether to show the operator's part, with Instagram's response.
 */
export function errorPage(
  names: SettingNames,
  isForOperator: (request: Request) => boolean,
): ErrorRequestHandler {
  return async (error: unknown, request, response, next) => {
    const context = requestContext(request)
    const { code, details } = toAppError(error)
    context.error = asError(error)
    if (response.headersSent) {
      next(error)
      return
    }
    context.code = code
    const explained = explain(code, names)
    response.status(explained.status)
    if (explained.retryAfterSeconds) response.set('Retry-After', String(explained.retryAfterSeconds))

    const { onFailure } = context.site.hooks
    if (onFailure && context.isFailedLogin)
      try {
        await runHook((next) => onFailure(explained, request, response, next))
      } catch (hookError) {
        context.log.error({ err: hookError }, 'onFailure failed')
        if (response.headersSent) return abort(response)
      }

    const forOperator = isForOperator(request)
    const isInLog = explained.fixableBy === 'operator' || explained.status >= 500
    await renderView(response, 'auth_error', {
      ...explained,
      reference: isInLog ? (details.reference ?? context.reference) : null,
      said: forOperator && error instanceof InstagramError ? evidenceLines(error.evidence) : null,
      forOperator,
    })
  }
}

/** For errors that have no page: keeps them from the host, and breaks off responses that have begun. */
// eslint-disable-next-line @typescript-eslint/no-unused-vars -- Express recognizes error handlers by their four parameters.
export const lastResort: ErrorRequestHandler = (error: unknown, request, response, _next) => {
  const context = requestContext(request)
  if (error !== context.error) context.log.error(error, 'the error page failed')
  if (response.headersSent) abort(response)
  else response.status(500).type('text').send('Something went wrong here. Please try again later.')
}

/** Instagram's response, line by line. */
function evidenceLines({ endpoint, status, type, message, code, subcode, traceId }: Evidence) {
  const lines = { Asked: endpoint, Status: status, Message: message, Type: type, Code: code }
  return Object.entries({ ...lines, Subcode: subcode, fbtrace_id: traceId })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, String(value)] as const)
}

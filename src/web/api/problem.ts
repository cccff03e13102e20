import { type ErrorRequestHandler, type RequestHandler, Router } from 'express'
import { describeReason } from '../../accounts/account.ts'
import { NoValidTokenError } from '../../accounts/tokens.ts'
import type { Context } from '../../context.ts'
import { catalogue, type ErrorCode, type ProblemCode, problems, RIGHT_TOKEN } from '../../errors/catalogue.ts'
import { AppError, InstagramError } from '../../errors/errors.ts'
import { reconnectUrl } from '../../login/state.ts'
import type { Address } from '../request.ts'
import { contextOfErrors, handleErrors, requestContext } from '../requestContext.ts'

/** What a response has in addition to, or instead of, the catalogue's entry. */
interface ProblemResponse {
  status?: number
  /** Without tokens and keys. */
  detail?: string
  headers?: Readonly<Record<string, string>>
  /** More members. */
  members?: Readonly<Record<string, unknown>>
}

/** The error that a program gets. */
export class ApiError extends AppError {
  override readonly name = 'ApiError'
  declare readonly code: ProblemCode
  readonly response: ProblemResponse

  constructor(code: ProblemCode, response: ProblemResponse = {}, cause?: unknown) {
    super(code, { detail: response.detail, cause })
    this.response = response
  }
}

/** The last handler of a route. Throws `method_not_allowed`. */
export function methodNotAllowed(allowed: string): RequestHandler {
  return () => {
    throw new ApiError('method_not_allowed', { headers: { Allow: allowed } })
  }
}

/**
 * Sends errors as problem details, and notes them for the request log.
 *
 * @param program The middleware of all routes for programs; it opens the request's context.
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export function problemHandlers(
  context: Context,
  address: Address,
  program: readonly RequestHandler[],
): ErrorRequestHandler[] {
  const sendProblem = handleErrors((error, request, response) => {
    const problem = toApiError(error, context)
    const { code } = problem
    const current = requestContext(request)
    current.error = problem
    current.code = code
    const { title, status, detail, headers = {}, members } = { ...problems[code], ...problem.response }
    const { reference } = current
    response.status(status).set(headers).type('application/problem+json')
    response.json({ type: `${address.base}/problems/${code}`, title, status, detail, reference, ...members })
  })
  return [contextOfErrors(Router().use(...program)), sendProblem]
}

function toApiError(error: AppError, context: Context): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof NoValidTokenError) return noValidToken(error, context)
  const { status, description } = catalogue[error.code]
  if (error instanceof InstagramError) {
    const isAboutToken = error.kind === 'token_invalid' || error.kind === 'not_permitted'
    return isAboutToken
      ? new ApiError('token_refused', { detail: `${description} ${RIGHT_TOKEN}` }, error)
      : new ApiError('instagram_failed', { status, detail: description }, error)
  }
  return isProblemCode(error.code) ? new ApiError(error.code, {}, error.cause) : new ApiError('internal', {}, error)
}

function noValidToken(error: NoValidTokenError, context: Context): ApiError {
  const { loss, account, since, reason } = error
  if (loss === 'not_connected' || !account || !since) return new ApiError('unknown_account', {}, error)
  const members = {
    account_status: loss,
    status_since: since.toISOString(),
    reason: reason && describeReason(reason),
    reconnect_url: reconnectUrl(account, context),
  }
  const keyOrReconnect = 'Restore the missing token key of this site, or reconnect the account at “reconnect_url”.'
  const detail = loss === 'unreadable' && { detail: keyOrReconnect }
  return new ApiError('no_valid_token', { members, ...detail }, error)
}

function isProblemCode(code: ErrorCode): code is ProblemCode {
  return Object.hasOwn(problems, code)
}

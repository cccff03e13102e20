import type { ErrorRequestHandler, Request, RequestHandler } from 'express'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { catalogue } from '../errors/catalogue.ts'
import { AppError, toAppError } from '../errors/errors.ts'
import { type SignedRequest, verifySignedRequest } from '../instagram/signedRequest.ts'
import { formatTime } from '../time.ts'
import { type Address, parameterOf } from './request.ts'
import { requestContext } from './requestContext.ts'
import { renderView } from './views.ts'

/** The form that Meta sends; anything else counts as an empty `signed_request`. */
const metaForm = z.object({ signed_request: z.string().catch('') }).catch({ signed_request: '' })

/** `POST /deauthorize`: Meta calls it when a person removes the app. */
export function deauthorize(context: Context): RequestHandler {
  return async (request, response) => {
    const { userId, issuedAt } = verify(request, context)
    const accounts = await context.dataDeletion.deauthorize(userId, issuedAt)
    if (accounts === 0)
      requestContext(request).log.info('deauthorized an account that is not connected, or was connected again')
    response.json({ success: true })
  }
}

/**
 * `POST /data-deletion`: Meta calls it when a person asks for the deletion of their data.
 *
 * @see https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback
 */
export function deleteData(context: Context, address: Address): RequestHandler {
  return async (request, response) => {
    const { userId, issuedAt } = verify(request, context)
    const { confirmationCode } = await context.dataDeletion.deleteData(userId, issuedAt)
    requestContext(request).log.info({ confirmationCode }, 'data deleted')
    const url = `${address.url}/data-deletion/${confirmationCode}`
    response.json({ url, confirmation_code: confirmationCode })
  }
}

/** Sends errors of Meta's callbacks as JSON. The reason goes to the log only: anybody may have sent the request. */
export const metaErrors: ErrorRequestHandler = (error: unknown, request, response, next) => {
  const context = requestContext(request)
  const appError = toAppError(error)
  context.error = appError
  context.code = appError.code
  if (response.headersSent) {
    next(error)
    return
  }
  const { status, retryAfterSeconds } = catalogue[appError.code]
  if (retryAfterSeconds) response.set('Retry-After', String(retryAfterSeconds))
  response.status(status).json({ error: OAUTH_ERRORS[status] ?? 'invalid_request' })
}

/** Named as in RFC 6749. Meta looks at the status only, and tries again. */
const OAUTH_ERRORS: Readonly<Record<number, string>> = {
  429: 'too_many_requests',
  500: 'server_error',
  503: 'temporarily_unavailable',
}

/** `GET /data-deletion`: how people have their data deleted. */
export const dataDeletionPage: RequestHandler = (_request, response) => renderView(response, 'data_deletion', {})

/** `GET /data-deletion/:code`: the status of a deletion. */
export function deletionStatusPage({ dataDeletion, now }: Context): RequestHandler {
  return async (request, response) => {
    const deletion = await dataDeletion.findDeletion(parameterOf(request, 'code'))
    if (!deletion) throw new AppError('no_such_deletion')
    const { confirmationCode, askedAt, doneAt } = deletion
    await renderView(response, 'deletion', {
      confirmationCode,
      asked: formatTime(askedAt, now()),
      done: formatTime(doneAt, now()),
    })
  }
}

/** @throws {AppError} `bad_request` */
function verify(request: Request, { config }: Context): SignedRequest {
  const secrets = [config.instagram.clientSecret, ...config.metaAppSecrets]
  return verifySignedRequest(metaForm.parse(request.body).signed_request, secrets)
}

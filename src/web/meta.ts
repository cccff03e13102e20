import { type ErrorRequestHandler, type Request, type Response, Router } from 'express'
import { z } from 'zod'
import type { Withdrawals } from '../accounts/withdrawals.ts'
import { type SignedRequest, SignedRequestError, verifySignedRequest } from '../instagram/signedRequest.ts'
import { DatabaseUnavailableError } from '../storage/unavailable.ts'
import { failureOf, Refusal } from '../login/failures.ts'
import type { Address } from './address.ts'
import { readForm } from './body.ts'
import { limited } from './limits.ts'
import { moment } from './moment.ts'
import { retryAfter } from './retryAfter.ts'
import { show } from './views.ts'
import { visitOf } from './visit.ts'

/** What Meta's callbacks work with. */
export interface MetaOptions {
  withdrawals: Withdrawals
  /** Any of which may have signed what Meta sends. */
  secrets: readonly string[]
  /** Where people reach us. */
  address: Address
  now: () => Date
}

/** The form that Meta sends; without one it is empty, and refused as malformed. */
const form = z.object({ signed_request: z.string().catch('') }).catch({ signed_request: '' })

/**
 * What Meta calls when a person removes the app or asks for deletion, and the pages that tell people about it.
 * https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback
 */
export function metaCallbacks({ withdrawals, secrets, address, now }: MetaOptions): Router {
  const callbacks = Router()
  const read = [limited('metaRefusal'), readForm('16kb')]
  const signed = (request: Request): SignedRequest =>
    verifySignedRequest(form.parse(request.body).signed_request, secrets)

  callbacks.post('/deauthorize', read, async (request: Request, response: Response) => {
    const { userId, issuedAt } = signed(request)
    const ended = await withdrawals.deauthorize(userId, issuedAt)
    if (ended === 0)
      visitOf(request).log.info('deauthorized: an account that is not connected, or was connected anew')
    response.json({ success: true })
  })

  callbacks.post('/data-deletion', read, async (request: Request, response: Response) => {
    const { userId, issuedAt } = signed(request)
    const { confirmationCode } = await withdrawals.erase(userId, issuedAt)
    visitOf(request).log.info({ confirmationCode }, 'data deleted')
    const url = `${address.url}/data-deletion/${confirmationCode}`
    response.json({ url, confirmation_code: confirmationCode })
  })

  callbacks.use(answerMeta)

  const router = Router()
  router.use(callbacks)

  router.get('/data-deletion', (_request, response) => {
    return show(response, 'data_deletion', {})
  })

  router.get('/data-deletion/:code', async (request, response) => {
    const deletion = await withdrawals.findDeletion(request.params.code)
    if (!deletion) throw new Refusal('no_such_deletion')
    const { confirmationCode, askedAt, doneAt } = deletion
    return show(response, 'deletion', {
      confirmationCode,
      asked: moment(askedAt, now()),
      done: moment(doneAt, now()),
    })
  })

  return router
}

/** Why a request is refused is for the log alone: whoever sent it may be anybody. */
const answerMeta: ErrorRequestHandler = (error: unknown, request, response, next) => {
  const status = statusOf(error)
  const told = forLog(error, status)
  const visit = visitOf(request)
  visit.error = told
  visit.failure = failureOf(told)
  if (response.headersSent) {
    next(error)
    return
  }
  const said = { error: ERRORS[status] ?? 'invalid_request' }
  response
    .status(status)
    .set(retryAfter(failureOf(error)))
    .json(said)
}

/** In the words of RFC 6749; Meta looks at the status only, and tries again. */
const ERRORS: Readonly<Record<number, string>> = {
  429: 'too_many_requests',
  500: 'server_error',
  503: 'temporarily_unavailable',
}

function statusOf(error: unknown): number {
  if (error instanceof SignedRequestError) return 400
  if (error instanceof DatabaseUnavailableError) return 503
  if (error instanceof Refusal) return 429
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500
  return status >= 400 && status < 500 ? status : 500
}

function forLog(error: unknown, status: number): Error {
  if (error instanceof Refusal || status >= 500) return error as Error
  // Without a cause: the body parser's errors hold the body.
  const isSigned = error instanceof SignedRequestError
  return new Refusal('bad_request', {
    detail: isSigned ? error.message : 'The body cannot be read as a form.',
  })
}

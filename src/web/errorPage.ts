import type { ErrorRequestHandler } from 'express'
import { explanations } from './explanations.ts'
import { failureOf, Refusal } from './failures.ts'
import { retryAfter } from './retryAfter.ts'
import { referenceOf } from './requestLog.ts'
import { show } from './views.ts'

/** The one place where an error becomes an answer: words for the person, and the error itself for the request's log line. */
export const errorPage: ErrorRequestHandler = (error: unknown, request, response, next) => {
  response.err = error instanceof Error ? error : new Error('thrown without an error', { cause: error })
  if (response.headersSent) {
    next(error)
    return
  }
  const failure = failureOf(error)
  response.failure = failure
  const explanation = explanations[failure]
  const reference = (error instanceof Refusal ? error.reference : undefined) ?? referenceOf(request)
  response.status(explanation.status).set(retryAfter(failure))
  show(response, 'auth_error', { ...explanation, reference: explanation.forOperator ? reference : null })
}

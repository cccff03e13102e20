import type { ErrorRequestHandler, Request } from 'express'
import { type Evidence, InstagramError } from '../instagram/failure.ts'
import { explain } from '../login/explain.ts'
import { explanations, failureOf, Refusal } from '../login/failures.ts'
import { answered } from './answered.ts'
import type { Hooks } from './hooks.ts'
import { retryAfter } from './retryAfter.ts'
import { show } from './views.ts'
import { visitOf } from './visit.ts'

/** What an error page may show. */
export interface ErrorPageOptions {
  /** Whether whoever sees it runs this site: then it has what Instagram said, and how to mend it. */
  isForOperator: (request: Request) => boolean
  /** What the app around us makes of failed logins. */
  onFailure?: Hooks['onFailure']
}

/**
 * The one place where an error becomes an answer: words for the person, and the error itself for the request's log line. What fails
 * here is left to {@link lastResort}.
 */
export function errorPage({ isForOperator, onFailure }: ErrorPageOptions): ErrorRequestHandler {
  return async (error: unknown, request: Request, response, next) => {
    const visit = visitOf(request)
    visit.error = error instanceof Error ? error : new Error('thrown without an error', { cause: error })
    if (response.headersSent) {
      next(error)
      return
    }
    const name = failureOf(error)
    visit.failure = name
    const explanation = explanations[name]
    response.status(explanation.status).set(retryAfter(name))
    if (onFailure && visit.isFailedLogin) {
      const tell = () => onFailure(explain(name), request, response)
      if ((await answered(response, 'onFailure', tell)) === 'answered') return
    }
    const forOperator = isForOperator(request)
    const reference = (error instanceof Refusal ? error.reference : undefined) ?? visit.reference
    const isForLog = explanation.mender === 'operator' || explanation.status >= 500
    await show(response, 'auth_error', {
      ...explanation,
      name,
      reference: isForLog ? reference : null,
      said: forOperator && error instanceof InstagramError ? inWords(error.evidence) : null,
      forOperator,
    })
  }
}

/** No error of ours gets to the app around us, which would take it for its own. An answer that has begun breaks off. */
// eslint-disable-next-line @typescript-eslint/no-unused-vars -- Express knows it by its four parameters.
export const lastResort: ErrorRequestHandler = (error: unknown, request, response, _next) => {
  const visit = visitOf(request)
  if (error !== visit.error) visit.log.error(error, 'an error could not be answered in words')
  if (response.headersSent) response.destroy()
  else response.status(500).type('text').send('Something went wrong here. Please try again later.')
}

/** What Instagram said, line by line. The evidence holds no code, token or secret. */
function inWords({ endpoint, status, type, message, code, subcode, traceId }: Evidence): [string, string][] {
  const lines = { Asked: endpoint, Status: status, Message: message, Type: type, Code: code }
  return Object.entries({ ...lines, Subcode: subcode, fbtrace_id: traceId }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  )
}

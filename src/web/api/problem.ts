import type { ErrorRequestHandler } from 'express'
import { ForeignTokenError } from '../../accounts/importToken.ts'
import { InstagramError } from '../../instagram/failure.ts'
import { DatabaseUnavailableError } from '../../storage/unavailable.ts'
import { explanations, failureOf } from '../../login/failures.ts'
import { retryAfter } from '../retryAfter.ts'
import { visitOf } from '../visit.ts'
import { type ProblemName, problems, problemType, RIGHT_TOKEN } from './problems.ts'

/** More of a problem than its name tells. */
export interface ProblemOptions extends ErrorOptions {
  /** HTTP status, where it is not the name's. */
  status?: number
  /** What happened. Programs and the log get it, so that no token or key may be in it. */
  detail?: string
  /** More members of the answer. */
  members?: Readonly<Record<string, unknown>>
  headers?: Readonly<Record<string, string>>
}

/** A request of a program that ends other than well, and all that its answer says. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly problem: ProblemName
  readonly status: number
  readonly members: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>

  constructor(problem: ProblemName, options: ProblemOptions = {}) {
    const usual = problems[problem]
    super(options.detail ?? usual.detail, options)
    this.problem = problem
    this.status = options.status ?? usual.status
    this.members = options.members ?? {}
    this.headers = options.headers ?? {}
  }
}

/** The one place where an error becomes an answer for programs (RFC 9457), and the error itself goes to the request's log line. */
export const answerProblem: ErrorRequestHandler = (error: unknown, request, response, next) => {
  const problem = problemOf(error)
  const visit = visitOf(request)
  visit.error = problem
  visit.failure = problem.problem
  if (response.headersSent) {
    next(error)
    return
  }
  response.status(problem.status).set(problem.headers).type('application/problem+json')
  response.json({
    type: problemType(problem.problem),
    title: problems[problem.problem].title,
    status: problem.status,
    detail: problem.message,
    reference: visit.reference,
    ...problem.members,
  })
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof ForeignTokenError) return new Problem(error.what, { cause: error })
  if (error instanceof InstagramError) return instagramProblem(error)
  if (failureOf(error) === 'too_many_requests') return new Problem('too_many_requests', { cause: error })
  if (error instanceof DatabaseUnavailableError || failureOf(error) === 'not_open')
    return new Problem('database_unavailable', { headers: retryAfter('database_unavailable'), cause: error })
  const status = error instanceof Error && 'status' in error ? error.status : undefined
  // Without a cause: the body parser's errors hold the body, and the token in it.
  if (status === 413) return new Problem('body_too_large')
  if (status === 415) return new Problem('not_json')
  if (typeof status === 'number' && status >= 400 && status < 500) return new Problem('bad_request')
  return new Problem('internal', { cause: error })
}

function instagramProblem(error: InstagramError): Problem {
  const { status, happened } = explanations[error.reason]
  const isAboutToken = error.failure === 'token_invalid' || error.failure === 'not_permitted'
  return isAboutToken
    ? new Problem('token_refused', { detail: `${happened} ${RIGHT_TOKEN}`, cause: error })
    : new Problem('instagram_failed', {
        status,
        detail: happened,
        headers: retryAfter(error.reason),
        cause: error,
      })
}

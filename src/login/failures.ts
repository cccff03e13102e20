import { TokenNotKeptError } from '../accounts/connect.ts'
import { ForeignTokenError } from '../accounts/importToken.ts'
import { UnreadableTokenError } from '../accounts/keyRing.ts'
import { NoValidTokenError } from '../accounts/validToken.ts'
import { catalogue, type FailureName } from '../instagram/catalogue/catalogue.ts'
import type { Explanation, Mender } from '../instagram/catalogue/entry.ts'
import { InstagramError } from '../instagram/failure.ts'
import { SignedRequestError } from '../instagram/signedRequest.ts'
import { DatabaseUnavailableError } from '../storage/unavailable.ts'
import { type OwnFailure, ownFailures } from './ownFailures.ts'

/** Every way in which a request can end other than well: what Instagram did, and what we found ourselves. */
export type Failure = FailureName | OwnFailure

/** What each failure means: all that a page of ours can say of one. */
export const explanations: Readonly<Record<Failure, Explanation>> = { ...catalogue, ...ownFailures }

/** Whether there is a failure of this name. */
export function isFailure(name: unknown): name is Failure {
  return typeof name === 'string' && Object.hasOwn(explanations, name)
}

/** A request that we refuse. `detail` is for the log; the person is told by `explanations` alone. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  /** Why. */
  readonly failure: Failure
  /** Of the request in which it first happened, when this one only repeats it. */
  readonly reference: string | undefined

  constructor(failure: Failure, options: ErrorOptions & { detail?: string; reference?: string } = {}) {
    super(options.detail ? `${failure}: ${options.detail}` : failure, options)
    this.failure = failure
    this.reference = options.reference
  }
}

/** Which failure an error is, whoever threw it. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Refusal) return error.failure
  if (error instanceof InstagramError) return error.reason
  if (error instanceof ForeignTokenError) return error.what
  if (error instanceof TokenNotKeptError) return 'token_not_kept'
  if (error instanceof DatabaseUnavailableError) return 'database_unavailable'
  if (error instanceof UnreadableTokenError) return 'token_unreadable'
  if (error instanceof NoValidTokenError) return lossOf(error)
  if (error instanceof SignedRequestError) return 'bad_request'
  const status = error instanceof Error && 'status' in error ? error.status : undefined
  if (status === 404) return 'not_found'
  return typeof status === 'number' && status >= 400 && status < 500 ? 'bad_request' : 'internal'
}

function lossOf({ loss, reason }: NoValidTokenError): Failure {
  if (loss === 'not_connected') return 'account_gone'
  if (loss === 'unreadable' || reason === 'no_key') return 'token_unreadable'
  if (loss === 'disconnected_by_instagram') return 'app_removed'
  return reason === 'expired' ? 'token_expired' : (reason ?? 'token_invalid')
}

/** What the log says of an error that we explain: which failure it is, who can mend it, and how. */
export function forLog(error: unknown): { explained: Failure; mender: Mender; fix: string } | undefined {
  const cause = error instanceof Error ? error.cause : undefined
  const known = [error, cause].find(isExplained)
  if (!known) return undefined
  const explained = failureOf(known)
  const { mender, advice, steps } = explanations[explained]
  return { explained, mender, fix: mender === 'person' ? advice : steps.join(' ') || advice }
}

function isExplained(error: unknown): boolean {
  return [Refusal, InstagramError, ForeignTokenError].some((kind) => error instanceof kind)
}

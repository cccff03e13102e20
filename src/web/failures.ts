import { TokenNotKeptError } from '../accounts/connect.ts'
import { type ForeignToken, ForeignTokenError } from '../accounts/importToken.ts'
import { InstagramError, type InstagramFailure } from '../instagram/failure.ts'
import { DatabaseUnavailableError } from '../storage/unavailable.ts'

/** Every way in which a request can end other than well: what Instagram did, and what we found ourselves. */
export type Failure =
  | InstagramFailure
  /** The person pressed Cancel at Instagram. */
  | 'declined'
  /** Instagram came back with an error that is not the person's no. */
  | 'authorize_refused'
  /** Neither `code` nor `error`: the address was opened by hand. */
  | 'no_answer'
  | 'state_missing'
  /** No cookie: blocked, or the login was started under another host name. */
  | 'cookie_missing'
  | 'state_expired'
  /** The state of another browser, or one that nobody made. */
  | 'state_foreign'
  /** A second answer to one question. */
  | 'state_used'
  /** A login that began and never ended: the process stopped in the middle. */
  | 'interrupted'
  /** The account was disconnected since. */
  | 'account_gone'
  /** The status of a deletion that nobody asked for. */
  | 'no_such_deletion'
  | ForeignToken
  /** A POST that does not come from our own pages. */
  | 'cross_site'
  /** To be refreshed by hand before that is possible. */
  | 'too_young'
  /** From one address. */
  | 'too_many_requests'
  /** The database is away for now. */
  | 'database_unavailable'
  /** Instagram gave a token that could not be stored. */
  | 'token_not_kept'
  | 'bad_request'
  | 'not_found'
  | 'internal'

/** A request that we refuse. `detail` is for the log; the person is told by `explanations` alone. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
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
  if (error instanceof Refusal || error instanceof InstagramError) return error.failure
  if (error instanceof ForeignTokenError) return error.what
  if (error instanceof TokenNotKeptError) return 'token_not_kept'
  if (error instanceof DatabaseUnavailableError) return 'database_unavailable'
  const status = error instanceof Error && 'status' in error ? error.status : undefined
  if (status === 404) return 'not_found'
  return typeof status === 'number' && status >= 400 && status < 500 ? 'bad_request' : 'internal'
}

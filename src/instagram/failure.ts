import type { Usage } from './usage.ts'

/** Every way in which a call to Instagram can fail. Each answer that is no success is exactly one of these. */
export type InstagramFailure =
  /** The code was exchanged before. */
  | 'code_used'
  /** The code is older than an hour. */
  | 'code_expired'
  /** The code is none that Instagram gave. */
  | 'code_invalid'
  /** "Error validating verification code": a wrong client secret, or else another redirect URI than at the authorize step. */
  | 'verification_failed'
  /** The app is set up wrongly: its id, secret, redirect URI or scopes. */
  | 'app_misconfigured'
  /** This account may not use the app: no tester, not professional, or the permission was not granted. */
  | 'not_permitted'
  /** The token is expired, revoked, or was never valid. */
  | 'token_invalid'
  /** A token that was to be exchanged for a long-lived one is that already. */
  | 'already_long_lived'
  /** Too many calls. */
  | 'throttled'
  /** Instagram said no for a reason that we don't know. */
  | 'refused'
  /** Instagram says that it is out of order. */
  | 'unavailable'
  /** No connection, or it broke off. */
  | 'unreachable'
  /** No whole answer in time. */
  | 'timed_out'
  /** An answer larger than we read. */
  | 'too_large'
  /** An answer that is none: HTML, cut off, empty, a redirect, or JSON of another shape. */
  | 'unreadable'

/** What Instagram said, as far as it helps the operator. Never holds a code, token or secret. */
export interface Evidence {
  /** Origin and path of the call; never its query. */
  endpoint: string
  /** HTTP status. */
  status?: number | undefined
  contentType?: string | undefined
  /** How much of its limits we have used up, says Instagram. */
  usage?: Usage | undefined
  /** Instagram's own name of the error, such as `OAuthException`. */
  type?: string | undefined
  code?: number | undefined
  subcode?: number | undefined
  message?: string | undefined
  /** `fbtrace_id`, by which Meta's support finds the call. */
  traceId?: string | undefined
}

/** What an error answer says of itself. */
export type ErrorAnswer = Omit<Evidence, 'endpoint' | 'status' | 'contentType' | 'usage'>

/** A call to Instagram that failed. `evidence` has what it said; `cause` the error underneath, where there is one. */
export class InstagramError extends Error {
  override readonly name = 'InstagramError'
  readonly failure: InstagramFailure
  readonly evidence: Evidence

  constructor(failure: InstagramFailure, evidence: Evidence, options?: ErrorOptions) {
    super(sentence(failure, evidence), options)
    this.failure = failure
    this.evidence = evidence
  }
}

function sentence(failure: InstagramFailure, { endpoint, status, message }: Evidence): string {
  const answered = status === undefined ? 'did not answer' : `answered ${status}`
  return `${failure}: ${endpoint} ${answered}${message ? `, “${message}”` : ''}`
}

import { catalogue, type FailureName } from './catalogue/catalogue.ts'
import type { Usage } from './usage.ts'

/** What kind of failure a call to Instagram met: what is done about it depends on this, and nothing else. */
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
  /** Instagram said no, and nothing is to be done about it here. */
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
  /** Of the answer, such as `text/html`. */
  contentType?: string | undefined
  /** How much of its limits we have used up, says Instagram. */
  usage?: Usage | undefined
  /** Instagram's own name of the error, such as `OAuthException`. */
  type?: string | undefined
  /** The number that Instagram gives the error, such as 190. */
  code?: number | undefined
  /** The number by which Instagram tells errors with the same `code` apart; it is often left out. */
  subcode?: number | undefined
  /** Whether Instagram says that trying again may help. */
  transient?: boolean | undefined
  /** Instagram's own words. */
  message?: string | undefined
  /** `fbtrace_id`, by which Meta's support finds the call. */
  traceId?: string | undefined
}

/** What an error answer says of itself. */
export type ErrorAnswer = Omit<Evidence, 'endpoint' | 'status' | 'contentType' | 'usage'>

/** A call to Instagram that failed. `evidence` has what it said; `cause` the error underneath, where there is one. */
export class InstagramError extends Error {
  override readonly name = 'InstagramError'
  /** Its entry in the catalogue: what it means and what mends it. */
  readonly reason: FailureName
  /** What kind of failure it is: what is done about it depends on this. */
  readonly failure: InstagramFailure
  /** What Instagram said, for the operator. */
  readonly evidence: Evidence

  constructor(reason: FailureName, evidence: Evidence, options?: ErrorOptions) {
    super(sentence(reason, evidence), options)
    this.reason = reason
    this.failure = catalogue[reason].kind
    this.evidence = evidence
  }
}

function sentence(reason: FailureName, { endpoint, status, message }: Evidence): string {
  const answered = status === undefined ? 'did not answer' : `answered ${status}`
  return `${reason}: ${endpoint} ${answered}${message ? `, “${message}”` : ''}`
}

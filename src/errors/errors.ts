import type { InstagramErrorKind } from './catalogue/entry.ts'
import { type ErrorCode, explanationOf, type InstagramErrorCode, instagramErrors, isHelpCode } from './catalogue.ts'
import { ENVIRONMENT_NAMES, type SettingNames } from './settingNames.ts'

/** Further details of an error. */
export interface ErrorDetails {
  /** For the log only. Never holds a code, token or secret. */
  detail?: string | undefined
  /** Reference of the request in which the error first happened, when this request only repeats it. */
  reference?: string | undefined
  [name: string]: unknown
}

/** An expected failure. The catalogue has the HTTP status and texts for its `code`; `cause` is the original error. */
export class AppError extends Error {
  override readonly name: string = 'AppError'
  readonly code: ErrorCode
  readonly details: ErrorDetails

  /** `message`, for the log, defaults to the code and `detail`. */
  constructor(code: ErrorCode, options: { message?: string; cause?: unknown } & ErrorDetails = {}) {
    const { message, cause, ...details } = options
    super(message ?? (details.detail ? `${code}: ${details.detail}` : code), cause === undefined ? {} : { cause })
    this.code = code
    this.details = details
  }
}

/** How much of its limits the app has used up, as Instagram reports it. @see https://developers.facebook.com/docs/graph-api/overview/rate-limiting */
export interface Usage {
  /** Percent of the fullest of all counts; calls are throttled from 100. */
  percent: number
  /** Milliseconds until calls are allowed again; 0 when they are. */
  regainMs: number
}

/** The error object in a response of Instagram. */
export interface ErrorResponse {
  /** Instagram’s own name of the error, such as `OAuthException`. */
  type?: string | undefined
  /** Instagram’s number of the error, such as 190. */
  code?: number | undefined
  /** Tells errors with the same `code` apart; often left out. */
  subcode?: number | undefined
  /** Whether Instagram says that trying again may help. */
  transient?: boolean | undefined
  /** Instagram’s own words. */
  message?: string | undefined
  /** `fbtrace_id`: identifies the call for Meta’s support. */
  traceId?: string | undefined
}

/** What Instagram responded, as far as it helps the operator. Never holds a code, token or secret. */
export interface Evidence extends ErrorResponse {
  /** Origin and path of the call; never its query. */
  endpoint: string
  /** HTTP status. */
  status?: number | undefined
  /** Such as `text/html`. */
  contentType?: string | undefined
  /** What was received instead of an HTTP response. */
  received?: string | undefined
  usage?: Usage | undefined
  /** How many milliseconds this machine’s clock is ahead of Instagram’s, if more than a few minutes. */
  clockAheadMs?: number | undefined
}

/** A call to Instagram that failed. */
export class InstagramError extends AppError {
  override readonly name = 'InstagramError'
  declare readonly code: InstagramErrorCode
  /** How the call failed, for code that handles the failure. */
  readonly kind: InstagramErrorKind
  readonly evidence: Evidence

  constructor(code: InstagramErrorCode, evidence: Evidence, options: { cause?: unknown } = {}) {
    const { endpoint, status, message, received } = evidence
    const response = status === undefined ? (received ? `sent ${received}` : 'did not answer') : `answered ${status}`
    super(code, { ...options, message: `${code}: ${endpoint} ${response}${message ? `, “${message}”` : ''}` })
    this.kind = instagramErrors[code].kind
    this.evidence = evidence
  }
}

/** Whether an error is an `AppError` with one of these codes; without codes, whether it is an `AppError`. */
export function isAppError(error: unknown, ...codes: readonly ErrorCode[]): error is AppError {
  return error instanceof AppError && (codes.length === 0 || codes.includes(error.code))
}

/** An error as an `AppError`, by its HTTP status if Express or a body parser threw it; `internal` for unexpected errors. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  const status = error instanceof Error && 'status' in error ? error.status : undefined
  if (typeof status !== 'number' || status < 400 || status > 499) return new AppError('internal', { cause: error })
  // Without the cause: errors of the body parser hold the body, and a token may be in it.
  return new AppError(CODE_OF_STATUS[status] ?? 'bad_request')
}

const CODE_OF_STATUS: Record<number, ErrorCode> = { 404: 'not_found', 413: 'body_too_large', 415: 'not_json' }

/** What the log says about an error with a help page, or about its cause: its code, who can fix it, and how. */
export function errorLogFields(error: unknown, names: SettingNames = ENVIRONMENT_NAMES) {
  const cause = error instanceof Error ? error.cause : undefined
  const known = [error, cause].find((each) => isAppError(each) && isHelpCode(each.code) && each.code !== 'internal')
  if (!isAppError(known)) return undefined
  const { fixableBy, advice, steps } = explanationOf(known.code, names)
  const fix = fixableBy === 'person' ? advice : steps.join(' ') || advice
  return { explained: known.code, fixable_by: fixableBy, fix }
}

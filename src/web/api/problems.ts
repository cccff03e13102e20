import type { ForeignToken } from '../../accounts/importToken.ts'
import { explanations } from '../../login/failures.ts'

/** Every way in which a request of a program can end other than well. */
export type ProblemName =
  | ForeignToken
  | 'bad_request'
  | 'unauthorized'
  | 'not_found'
  | 'unknown_account'
  | 'method_not_allowed'
  | 'not_acceptable'
  /** There is no token that Instagram would accept now. */
  | 'no_valid_token'
  | 'body_too_large'
  | 'not_json'
  /** Instagram does not accept the token that it was shown. */
  | 'token_refused'
  /** Instagram did not do its part. */
  | 'instagram_failed'
  | 'too_many_requests'
  | 'database_unavailable'
  | 'internal'

/** Where a token is got that we can keep. */
export const RIGHT_TOKEN =
  'Get one by connecting the account on this site’s start page, or in Meta’s dashboard under Instagram → API setup with Instagram login → Generate access tokens.'

/** What each problem means: HTTP status, a title that is always the same, and what happened unless more is known. */
export const problems = {
  bad_request: {
    status: 400,
    title: 'The request is malformed',
    detail: 'The address or the body cannot be read.',
  },
  unauthorized: {
    status: 401,
    title: 'An API key is needed',
    detail: 'Send one of this site’s API keys in the header Authorization, as “Bearer <key>”.',
  },
  not_found: {
    status: 404,
    title: 'There is nothing here',
    detail: 'The API has no such address. GET /api/openapi.json lists those that it has.',
  },
  unknown_account: {
    status: 404,
    title: 'No such account',
    detail: 'No connected account has this id. It may have been disconnected.',
  },
  method_not_allowed: {
    status: 405,
    title: 'This cannot be done here',
    detail: 'The header Allow names the methods of this address.',
  },
  not_acceptable: {
    status: 406,
    title: 'No such form of the token',
    detail: 'The token comes as application/json or text/plain, and the header Accept allows neither.',
  },
  no_valid_token: {
    status: 409,
    title: 'There is no valid token',
    detail: 'The account must be connected again, at “reconnect_url”.',
  },
  body_too_large: {
    status: 413,
    title: 'The body is too large',
    detail: 'The body may have 16 kB, which is far more than a token needs.',
  },
  not_json: {
    status: 415,
    title: 'The body is not JSON',
    detail: 'Send JSON in UTF-8, with Content-Type: application/json.',
  },
  facebook_token: {
    status: 422,
    title: explanations.facebook_token.title,
    detail: `${explanations.facebook_token.happened} ${RIGHT_TOKEN}`,
  },
  basic_display_token: {
    status: 422,
    title: explanations.basic_display_token.title,
    detail: `${explanations.basic_display_token.happened} ${RIGHT_TOKEN}`,
  },
  no_token: {
    status: 422,
    title: explanations.no_token.title,
    detail: `${explanations.no_token.happened} ${RIGHT_TOKEN}`,
  },
  token_refused: {
    status: 422,
    title: explanations.token_invalid.title,
    detail: `${explanations.token_invalid.happened} ${RIGHT_TOKEN}`,
  },
  instagram_failed: {
    status: 502,
    title: 'Instagram did not do its part',
    detail: explanations.temporary_failure.happened,
  },
  too_many_requests: {
    status: 429,
    title: explanations.too_many_requests.title,
    detail:
      'Too many imports or wrong keys came from your address. Try again after the seconds in Retry-After.',
  },
  database_unavailable: {
    status: 503,
    title: explanations.database_unavailable.title,
    detail: 'This site cannot reach its database for the moment. Try again after the seconds in Retry-After.',
  },
  internal: { status: 500, title: explanations.internal.title, detail: explanations.internal.happened },
} satisfies Record<ProblemName, { status: number; title: string; detail: string }>

/** How an answer names its kind of problem: the same wherever we run, and not meant to be opened. */
export function problemType(name: ProblemName): string {
  return `/problems/${name}`
}

/** Who can fix an error. `nobody`: it is temporary. */
export type FixableBy = 'person' | 'operator' | 'instagram' | 'nobody'

/** Where an error of Instagram appears: on Instagram’s own page, in the callback, or in the response to a call. */
export type Stage = 'page' | 'callback' | 'exchange' | 'long_lived' | 'me' | 'refresh'

/**
 * What an error means, for the person who sees it and for the operator. `meaning` and `steps` name settings by placeholders
 * such as `{clientSecret}`; `explain` and `explanationOf` replace them with the reader’s names for the settings.
 */
export interface Explanation {
  /** HTTP status of the error page. */
  status: number
  title: string
  fixableBy: FixableBy
  /** What happened, for the person. */
  description: string
  /** What the person can do. */
  advice: string
  /** What it means, for the operator. */
  meaning: string
  /** What the operator does, in this order, in the words of Meta’s dashboard. Empty: nothing. */
  steps: readonly string[]
  /** Which part of the explanation is not confirmed. */
  unconfirmed?: string
  /** Seconds until a retry makes sense. Left out: a retry does not help, or the time is not known. */
  retryAfterSeconds?: number
}

/** What the JSON API reports about an error (RFC 9457). */
export interface Problem {
  /** HTTP status, unless the cause has its own. */
  status: number
  /** The same for each occurrence. */
  title: string
  /** What happened, unless the cause has its own text. */
  detail: string
}

/** How a call to Instagram failed. Code that handles a failure decides by its kind. */
export type InstagramErrorKind =
  | 'code_used'
  | 'code_expired'
  | 'code_invalid'
  /** "Error validating verification code": a wrong client secret, or a redirect URI that differs from the authorize step. */
  | 'verification_failed'
  /** The app ID, secret, redirect URI or scopes are wrong. */
  | 'app_misconfigured'
  /** This account may not use the app: not a tester, not professional, or the permission was not granted. */
  | 'not_permitted'
  /** The token is expired, revoked, or was never valid. */
  | 'token_invalid'
  | 'already_long_lived'
  | 'throttled'
  /** Instagram refused, and this app cannot change that. */
  | 'refused'
  /** Instagram reports an outage. */
  | 'unavailable'
  /** No connection, or it was lost before a response. */
  | 'unreachable'
  | 'timed_out'
  | 'too_large'
  /** A response that cannot be parsed: HTML, incomplete, empty, a redirect, or unexpected JSON. */
  | 'unreadable'

type Texts = Omit<Explanation, 'status' | 'fixableBy' | 'steps'> & { steps?: readonly string[] }

/** An entry for an error that Instagram caused. */
export function instagramError(
  kind: InstagramErrorKind,
  stages: readonly Stage[],
  status: number,
  fixableBy: FixableBy,
  texts: Texts,
) {
  return { kind, stages, ...siteError(status, fixableBy, texts) }
}

/** An entry for an error that this site detects. */
export function siteError(status: number, fixableBy: FixableBy, texts: Texts): Explanation {
  return { status, fixableBy, steps: [], ...texts }
}

/** Stages that call the Graph API. */
export const GRAPH_STAGES = ['long_lived', 'me', 'refresh'] as const satisfies Stage[]

/** Stages that call Instagram. */
export const CALL_STAGES = ['exchange', ...GRAPH_STAGES] as const satisfies Stage[]

// Sentences that several entries share, and names of places in Meta’s dashboard.

export const LOGIN_SETUP = 'Instagram → API setup with Instagram login'

export const AGAIN = 'Please try again.'
export const NEW_TOKEN = 'Connect your account again to get a new one.'
export const LATER = 'Your account is fine. Try again in a few minutes.'
export const TELL_OPERATOR = 'This isn’t your fault, and trying again won’t help. Please contact the site owner.'

export const CONNECT_AGAIN = 'Ask the account’s owner to connect it again. There is no other way to get a new token.'
export const OPEN_SETTINGS = `In Meta’s dashboard open ${LOGIN_SETUP} → 3. Set up Instagram business login → Business login settings.`
export const RESTART =
  'Restart the app so that it reads the new value. In a container, recreate the container: a restart keeps the old value.'

/** Who can fix an error. `nobody`: it passes by itself. */
export type FixableBy = 'person' | 'operator' | 'instagram' | 'nobody'

/** Where an error of Instagram shows: on Instagram’s own page, in the callback, or in the response to one of our calls. */
export type Stage = 'page' | 'callback' | 'exchange' | 'long_lived' | 'me' | 'refresh'

/**
 * What an error means, for the person in front of it and for the operator of the site. `meaning` and `steps` name settings by placeholders
 * such as `{clientSecret}`; `explain` and `explanationsFor` replace them with what the reader calls the setting.
 */
export interface Explanation {
  /** HTTP status of the page that shows it. */
  status: number
  title: string
  fixableBy: FixableBy
  /** What happened, for the person. */
  description: string
  /** What the person can do. */
  advice: string
  /** What it means, for the operator. */
  meaning: string
  /** What the operator does, in this order, in the words of Meta’s dashboard. Empty: there is nothing to do. */
  steps: readonly string[]
  /** Which part of this is not proven yet. */
  unconfirmed?: string
  /** Seconds after which another try makes sense. Left out: it does not pass by itself, or nobody knows when. */
  retryAfterSeconds?: number
}

/** What the JSON API says of an error (RFC 9457). */
export interface Problem {
  /** HTTP status, where no cause has another. */
  status: number
  /** The same for each occurrence. */
  title: string
  /** What happened, where no more is known. */
  detail: string
}

/** What kind of failure a call to Instagram met. Code that handles a failure decides by its kind. */
export type InstagramErrorKind =
  | 'code_used'
  | 'code_expired'
  | 'code_invalid'
  /** "Error validating verification code": a wrong client secret, or another redirect URI than at the authorize step. */
  | 'verification_failed'
  /** The app is set up wrongly: its id, secret, redirect URI or scopes. */
  | 'app_misconfigured'
  /** This account may not use the app: no tester, not professional, or the permission was not granted. */
  | 'not_permitted'
  /** The token is expired, revoked, or was never valid. */
  | 'token_invalid'
  | 'already_long_lived'
  | 'throttled'
  /** Instagram refused, and nothing can be done about it here. */
  | 'refused'
  /** Instagram reports an outage. */
  | 'unavailable'
  /** No connection, or it broke off before a response. */
  | 'unreachable'
  | 'timed_out'
  | 'too_large'
  /** A response that can’t be parsed: HTML, cut off, empty, a redirect, or JSON of another shape. */
  | 'unreadable'

/** An error that Instagram caused. */
export interface InstagramExplanation extends Explanation {
  kind: InstagramErrorKind
  /** Empty: no response of Instagram says it. */
  stages: readonly Stage[]
}

type Texts = Omit<Explanation, 'status' | 'fixableBy' | 'steps'> & { steps?: readonly string[] }

/** An entry for an error that Instagram caused. */
export function instagramError(
  kind: InstagramErrorKind,
  stages: readonly Stage[],
  status: number,
  fixableBy: FixableBy,
  texts: Texts,
): InstagramExplanation {
  return { kind, stages, ...siteError(status, fixableBy, texts) }
}

/** An entry for an error that this site found. */
export function siteError(status: number, fixableBy: FixableBy, texts: Texts): Explanation {
  return { status, fixableBy, steps: [], ...texts }
}

/** Stages that call the Graph API. */
export const GRAPH_STAGES = ['long_lived', 'me', 'refresh'] as const satisfies Stage[]

/** Stages that call Instagram. */
export const CALL_STAGES = ['exchange', ...GRAPH_STAGES] as const satisfies Stage[]

// Sentences that several entries share, and names of places in Meta’s dashboard.

export const LOGIN_SETUP = 'Instagram → API setup with Instagram login'

export const AGAIN = 'Go back and choose Get Started to try again.'
export const NEW_TOKEN = 'Go back and choose Get Started to get a new one.'
export const LATER = 'Your account is fine. Try again in a few minutes.'
export const TELL_OPERATOR = 'You did nothing wrong, and trying again will not help. Tell whoever runs this site.'

export const CONNECT_AGAIN = 'The person connects the account again: no other way brings a new token.'
export const OPEN_SETTINGS = `In Meta’s dashboard open ${LOGIN_SETUP} → 3. Set up Instagram business login → Business login settings.`
export const RESTART = 'Start this app again, so that it reads the new value: a container keeps its old one.'

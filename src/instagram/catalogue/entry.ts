import type { InstagramFailure } from '../failure.ts'

/** Who can mend it. `nobody`: it passes by itself. */
export type Mender = 'person' | 'operator' | 'instagram' | 'nobody'

/** Where a failure shows: on Instagram's own page, on the way back, or in the answer to one of our calls. */
export type Place = 'page' | 'callback' | 'exchange' | 'long_lived' | 'me' | 'refresh'

/** What a failure means, for the person in front of it and for the operator of the site. */
export interface Explanation {
  /** HTTP status of the page that tells of it. */
  status: number
  /** The heading of that page: some words. */
  title: string
  /** Whose it is to mend. */
  mender: Mender
  /** What happened, for the person. */
  happened: string
  /** What the person can do. */
  advice: string
  /** What it means, for the operator. */
  meaning: string
  /** What the operator does, in this order, in the words of Meta's dashboard. Empty: there is nothing to do. */
  steps: readonly string[]
  /** What of this nobody has shown yet. */
  unconfirmed?: string
}

/** A failure of Instagram's: its explanation, and how it is known. */
export interface Entry extends Explanation {
  /** What is done about it. */
  kind: InstagramFailure
  /** Empty: it is no answer of Instagram's. */
  shows: readonly Place[]
  /** Each is enough. None: our own reader finds it, not the answer. */
  signs: readonly Sign[]
}

/** Marks by which an answer is known; it must have all of them. */
export interface Sign {
  /** Words in the message, without regard to case; `…` stands for anything. */
  says?: string
  /** A number, or the first and the last of a range. */
  code?: number | readonly [first: number, last: number]
  subcode?: number
  /** Instagram's own name of the error, or the `error` of RFC 6749. */
  type?: string
  /** Instagram says that trying again will not help. */
  transient?: false
  /** The message quotes an id past 2^53 that a JavaScript number can hold: so does every id that was rounded to one. */
  id?: 'as_if_rounded'
  /** HTTP status, or the first and the last of a range. */
  status?: number | readonly [first: number, last: number]
  contentType?: string
}

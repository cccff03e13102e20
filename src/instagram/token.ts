import { z } from 'zod'
import { required, seconds, unwrapped } from './wire.ts'

/** Seconds that a long-lived token lives at least, should Instagram not say: its 60 days less one. */
const LONG_LIVED_SECONDS = 59 * 24 * 60 * 60

/**
 * What a token is, and so what can be done with it: a `short_lived` one (an hour) can be exchanged for a `long_lived` one
 * (60 days, can be refreshed); a `classic` one, of the API of 2010-2020, has no end.
 */
export type TokenKind = 'short_lived' | 'long_lived' | 'classic'

/** An access token as Instagram gave it. */
export interface Token {
  kind: TokenKind
  accessToken: string
  obtainedAt: Date
  /** `null`: has no end. */
  expiresAt: Date | null
}

/** The answer to the long-lived exchange. `askedAt`: the time from which `expires_in` counts, to be on the safe side. */
export const longLivedAnswer = unwrapped(
  z.object({
    access_token: required,
    expires_in: seconds.default(LONG_LIVED_SECONDS),
  }),
).transform(
  ({ access_token, expires_in }) =>
    (askedAt: Date) =>
      expiring('long_lived', access_token, askedAt, expires_in),
)

/** A token that ends `lifetime` seconds after it was asked for. */
export function expiring(kind: TokenKind, accessToken: string, obtainedAt: Date, lifetime: number): Token {
  return { kind, accessToken, obtainedAt, expiresAt: new Date(obtainedAt.getTime() + lifetime * 1000) }
}

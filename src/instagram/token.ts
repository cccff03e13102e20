import { z } from 'zod'
import { required, seconds } from './wire.ts'

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
export const longLivedAnswer = (askedAt: Date) =>
  z
    .object({ access_token: required, expires_in: seconds })
    .transform(({ access_token, expires_in }) => expiring('long_lived', access_token, askedAt, expires_in))

/** A token that ends `lifetime` seconds after it was asked for. */
export function expiring(kind: TokenKind, accessToken: string, obtainedAt: Date, lifetime: number): Token {
  return { kind, accessToken, obtainedAt, expiresAt: new Date(obtainedAt.getTime() + lifetime * 1000) }
}

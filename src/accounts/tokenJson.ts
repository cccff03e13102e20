import { secondsLeft, type ValidToken } from './validToken.ts'

/** A valid token as programs get it, as OAuth 2.0 spells it (RFC 6749, section 5.1). */
export interface TokenJson {
  access_token: string
  token_type: 'bearer'
  /** Whole seconds that are left; `null`: it has no end. */
  expires_in: number | null
  /** The professional account's id; while Instagram has not told it, the app-scoped one. */
  user_id: string
  /** The scopes that the person granted; `null`: Instagram did not say. */
  permissions: readonly string[] | null
}

/** A token for programs. */
export function tokenJson({ accessToken, expiresAt, userId, permissions }: ValidToken, now: Date): TokenJson {
  return {
    access_token: accessToken,
    token_type: 'bearer',
    expires_in: secondsLeft(expiresAt, now),
    user_id: userId,
    permissions,
  }
}

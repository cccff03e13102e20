import { z } from 'zod'
import type { Profile } from './profile.ts'
import { expiring, type Token } from './token.ts'
import { id, required, seconds, text, unwrapped } from './wire.ts'

/** Seconds that a short-lived token lives. Instagram does not send it. */
const SHORT_LIVED_SECONDS = 3600

/** What Instagram gives for a code. */
export interface Grant {
  token: Token
  /** Whose it is. Meta's pages and real answers disagree whether this is the app-scoped or the professional id: `/me` tells. */
  userId: string
  /** The scopes that the person granted; `null` when the answer does not say. */
  permissions: readonly string[] | null
  /** With a classic token only, for which there is no `/me`. */
  profile: Profile | null
}

const permissions = z.union([
  z.array(z.string()),
  z.string().transform((list) => list.split(/[\s,]+/).filter(Boolean)),
])

const current = unwrapped(
  z.object({
    access_token: required,
    user_id: id,
    permissions: permissions.nullable().catch(null).default(null),
    expires_in: seconds
      .optional()
      .catch(undefined)
      .transform((lifetime) => lifetime ?? SHORT_LIVED_SECONDS),
  }),
)

const classic = z.object({
  access_token: required,
  user: z.object({
    id,
    username: text.default(null),
    full_name: text.default(null),
    profile_picture: text.default(null),
  }),
})

/**
 * The answer to a code: today's, or the classic one with its `user`. What it says depends on `askedAt`, the time from which the
 * token's life counts; a schema of its own for each time would be built for each answer.
 */
export const codeAnswer = z.union([
  classic.transform(({ access_token, user }) => (askedAt: Date): Grant => ({
    token: { kind: 'classic', accessToken: access_token, obtainedAt: askedAt, expiresAt: null },
    userId: user.id,
    permissions: null,
    profile: {
      id: user.id,
      userId: null,
      username: user.username,
      name: user.full_name,
      accountType: null,
      pictureUrl: user.profile_picture,
    },
  })),
  current.transform(({ access_token, user_id, permissions, expires_in }) => (askedAt: Date): Grant => ({
    token: expiring('short_lived', access_token, askedAt, expires_in),
    userId: user_id,
    permissions,
    profile: null,
  })),
])

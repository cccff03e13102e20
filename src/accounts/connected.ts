import { randomUUID } from 'node:crypto'
import type { FailureName } from '../instagram/catalogue/catalogue.ts'
import type { Profile } from '../instagram/profile.ts'
import type { Token } from '../instagram/token.ts'
import type { Account } from './account.ts'
import { firstDue, type Schedule } from './schedule.ts'

/** What a login brought: a token, and whose it is as far as Instagram told. */
export interface Connected {
  token: Token
  /** The id that came with the token: app-scoped or professional, Instagram does not say which. */
  userId: string
  permissions: readonly string[] | null
  askedScopes: readonly string[]
  /** `null`: could not be read. */
  profile: Profile | null
  /** Why the token lasts for one hour only. */
  withheld?: FailureName | undefined
}

/**
 * The account that a login makes: a new one, or the one that is `known` already with the new token. What Instagram left out this
 * time stays as it was.
 */
export function accountFrom(
  { token, profile, userId, permissions, askedScopes, withheld }: Connected,
  known: Account | undefined,
  now: Date,
  schedule: Schedule,
): Account {
  const status = token.kind === 'short_lived' ? 'short_lived' : 'ok'
  const nobody = { id: userId, userId: null, username: null, name: null, accountType: null, pictureUrl: null }
  return {
    ...nobody,
    key: randomUUID(),
    connectedAt: now,
    profileReadAt: null,
    ...known,
    ...(profile && told(profile)),
    ...(profile?.id && { profileReadAt: now }),
    permissions: permissions ?? known?.permissions ?? null,
    askedScopes,
    tokenKind: token.kind,
    tokenObtainedAt: token.obtainedAt,
    tokenExpiresAt: token.expiresAt,
    status,
    statusSince: known?.status === status ? known.statusSince : now,
    statusReason: status === 'short_lived' ? (withheld ?? null) : null,
    dueAt: firstDue(token, schedule),
    failedTries: 0,
  }
}

function told(profile: Profile): { [Name in keyof Profile]?: NonNullable<Profile[Name]> } {
  return Object.fromEntries(Object.entries(profile).filter(([, value]) => value !== null))
}

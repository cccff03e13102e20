import { z } from 'zod'
import type { Row, Value } from '../database/database.ts'
import { catalogue, type InstagramErrorCode, isInstagramErrorCode } from '../errors/catalogue.ts'
import type { TokenKind } from '../instagram/responses.ts'

/** Every account status, the good ones first. */
export const STATUSES = [
  'ok',
  'short_lived', // The token lasts one hour: Instagram has not exchanged it yet. The exchange is retried.
  'expiring', // The token is valid, but refreshing it keeps failing and it expires soon.
  'needs_reconnect', // There is no valid token, and only the person can give a new one.
  'unreadable', // None of the token keys decrypts the token.
  'disconnected_by_instagram', // The person removed the app on Instagram: the token is destroyed.
] as const

/** The state of an account's token. */
export type AccountStatus = (typeof STATUSES)[number]

/** Why an account is not `ok`: an error of Instagram, an expired token (`expired`), or a missing token key (`no_key`). */
export type StatusReason = InstagramErrorCode | 'expired' | 'no_key'

/** A connected Instagram account, without its token. */
export interface Account {
  /** Our own identifier, a UUID; never changes, even if Instagram's ids turn out to be different ones. */
  key: string
  /** The app-scoped id. Until `/me` was read: the id that came with the token, which may be either of the two. */
  id: string
  /** The professional account's id, which Meta's webhooks use; `null`: unknown so far. */
  userId: string | null
  /** Without the `@`; `null`: unknown so far. People can change it. */
  username: string | null
  /** The name on the profile; `null`: there is none. */
  name: string | null
  /** As Instagram spells it: `BUSINESS`, `MEDIA_CREATOR`, …; `null`: unknown. */
  accountType: string | null
  /** The profile picture's address at Instagram, which expires after some days; `null`: there is none. */
  pictureUrl: string | null
  /** When the profile was last read; `null`: never. */
  profileReadAt: Date | null
  /** The scopes that the person granted; `null`: Instagram did not say. */
  permissions: readonly string[] | null
  /** The scopes that we asked for. */
  askedScopes: readonly string[]
  /** Decides whether the token can be refreshed. */
  tokenKind: TokenKind
  /** When Instagram issued the current token. */
  tokenObtainedAt: Date
  /** When the current token expires; `null`: never. */
  tokenExpiresAt: Date | null
  /** When the account was first connected. */
  connectedAt: Date
  status: AccountStatus
  statusSince: Date
  /** Why the status is not `ok`; `null` if it is, or if the reason is unknown. */
  statusReason: StatusReason | null
  /** When the token is to be refreshed or exchanged next; `null`: never. */
  dueAt: Date | null
  /** Failed refreshes in a row; 0 after a success. */
  failedTries: number
}

/** A status reason as a sentence for the operator. */
export function describeReason(reason: StatusReason): string {
  if (reason === 'expired') return 'The token has expired.'
  if (reason === 'no_key') return 'None of this site’s token keys opens the token.'
  return catalogue[reason].description
}

/** What people call an account: `@username`, or its id while the user name is unknown. */
export function accountTitle({ username, id }: Pick<Account, 'username' | 'id'>): string {
  return username === null ? id : `@${username}`
}

/** What programs may know about an account, as in the JSON API and in webhooks. Times are in ISO 8601. */
export function accountJson(account: Account) {
  return {
    id: account.id,
    user_id: account.userId,
    username: account.username,
    name: account.name,
    account_type: account.accountType,
    permissions: account.permissions,
    status: account.status,
    status_since: account.statusSince.toISOString(),
    status_reason: account.statusReason && describeReason(account.statusReason),
    connected_at: account.connectedAt.toISOString(),
    token_obtained_at: account.tokenObtainedAt.toISOString(),
    token_expires_at: account.tokenExpiresAt?.toISOString() ?? null,
    next_refresh_at: account.dueAt?.toISOString() ?? null,
  }
}

/** The column of each property. */
const COLUMNS = {
  key: 'account_key',
  id: 'id',
  userId: 'user_id',
  username: 'username',
  name: 'name',
  accountType: 'account_type',
  pictureUrl: 'picture_url',
  profileReadAt: 'profile_read_at',
  permissions: 'permissions',
  askedScopes: 'asked_scopes',
  tokenKind: 'token_kind',
  tokenObtainedAt: 'token_obtained_at',
  tokenExpiresAt: 'expires_at',
  connectedAt: 'connected_at',
  status: 'status',
  statusSince: 'status_since',
  statusReason: 'status_reason',
  dueAt: 'due_at',
  failedTries: 'failed_tries',
} as const satisfies Record<keyof Account, string>

const text = z.string().nullable()
const time = z.int().transform((milliseconds) => new Date(milliseconds))
const scopes = z
  .string()
  .transform((json): unknown => JSON.parse(json))
  .pipe(z.array(z.string()))
const reason = z.custom<StatusReason>((name) => name === 'expired' || name === 'no_key' || isInstagramErrorCode(name))

const accountSchema: z.ZodType<Account> = z.object({
  key: z.string(),
  id: z.string(),
  userId: text,
  username: text,
  name: text,
  accountType: text,
  pictureUrl: text,
  profileReadAt: time.nullable(),
  permissions: scopes.nullable(),
  askedScopes: scopes,
  tokenKind: z.enum(['short_lived', 'long_lived', 'classic']),
  tokenObtainedAt: time,
  tokenExpiresAt: time.nullable(),
  connectedAt: time,
  status: z.enum(STATUSES),
  statusSince: time,
  statusReason: reason.nullable().catch(null), // Another version of the app may have had other reasons.
  dueAt: time.nullable(),
  failedTries: z.int(),
})

/** Reads a row of `accounts`; the encrypted token and the lease are left out. */
export function accountFromRow(row: Row): Account {
  return accountSchema.parse(Object.fromEntries(Object.entries(COLUMNS).map(([name, column]) => [name, row[column]])))
}

/** The columns of an account, without those of the token and the lease. */
export function accountToRow(account: Account): Row {
  return Object.fromEntries(
    Object.entries(COLUMNS).map(([name, column]) => [column, toColumn(account[name as keyof Account])]),
  )
}

function toColumn(value: Account[keyof Account]): Value {
  if (value instanceof Date) return value.getTime()
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value
}

import { z } from 'zod'
import type { Row } from '../database/database.ts'
import { catalogue, type InstagramErrorCode, isInstagramErrorCode } from '../errors/catalogue.ts'
import type { TokenKind } from '../instagram/responses.ts'

/** Every account status, the good ones first. */
export const STATUSES = [
  /** The token is valid and is refreshed before it expires. */
  'ok',
  /** The token lasts one hour: Instagram has not exchanged it yet. The exchange is retried while the hour lasts. */
  'short_lived',
  /** The token is valid, but refreshing it keeps failing and it expires soon. */
  'expiring',
  /** There is no valid token, and only the person can give a new one. */
  'needs_reconnect',
  /** None of the token keys decrypts the token. */
  'unreadable',
  /** The person removed the app on Instagram, and Instagram told us: the token is destroyed. */
  'disconnected_by_instagram',
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

/** An account in the JSON API and in webhooks. Never holds the token. Times are in ISO 8601. */
export interface AccountJson {
  /** The app-scoped id. */
  id: string
  /** The professional account's id. */
  user_id: string | null
  username: string | null
  name: string | null
  account_type: string | null
  permissions: readonly string[] | null
  status: AccountStatus
  status_since: string
  /** A sentence. */
  status_reason: string | null
  connected_at: string
  token_obtained_at: string
  /** `null`: never expires. */
  token_expires_at: string | null
  /** When the token is refreshed next; `null`: it is not refreshed. */
  next_refresh_at: string | null
}

/** What programs may know about an account. */
export function accountJson(account: Account): AccountJson {
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

const text = z.string().nullable()
const time = z.int().transform((milliseconds) => new Date(milliseconds))
const scopes = z
  .string()
  .transform((json): unknown => JSON.parse(json))
  .pipe(z.array(z.string()))

const accountRow = z.object({
  account_key: z.string(),
  id: z.string(),
  user_id: text,
  username: text,
  name: text,
  account_type: text,
  picture_url: text,
  profile_read_at: time.nullable(),
  permissions: scopes.nullable(),
  asked_scopes: scopes,
  token_kind: z.enum(['short_lived', 'long_lived', 'classic']),
  token_obtained_at: time,
  expires_at: time.nullable(),
  connected_at: time,
  status: z.enum(STATUSES),
  status_since: time,
  status_reason: z.custom<StatusReason>(isStatusReason).nullable().catch(null),
  due_at: time.nullable(),
  failed_tries: z.int(),
})

function isStatusReason(name: unknown): boolean {
  return name === 'expired' || name === 'no_key' || isInstagramErrorCode(name)
}

/** Reads a row of `accounts`; the encrypted token and the lease are left out. */
export function accountFromRow(columns: Row): Account {
  const row = accountRow.parse(columns)
  return {
    key: row.account_key,
    id: row.id,
    userId: row.user_id,
    username: row.username,
    name: row.name,
    accountType: row.account_type,
    pictureUrl: row.picture_url,
    profileReadAt: row.profile_read_at,
    permissions: row.permissions,
    askedScopes: row.asked_scopes,
    tokenKind: row.token_kind,
    tokenObtainedAt: row.token_obtained_at,
    tokenExpiresAt: row.expires_at,
    connectedAt: row.connected_at,
    status: row.status,
    statusSince: row.status_since,
    statusReason: row.status_reason,
    dueAt: row.due_at,
    failedTries: row.failed_tries,
  }
}

/** The columns of an account, without those of the token and the lease. */
export function accountToRow(account: Account): Row {
  return {
    account_key: account.key,
    id: account.id,
    user_id: account.userId,
    username: account.username,
    name: account.name,
    account_type: account.accountType,
    picture_url: account.pictureUrl,
    profile_read_at: account.profileReadAt?.getTime() ?? null,
    permissions: account.permissions && JSON.stringify(account.permissions),
    asked_scopes: JSON.stringify(account.askedScopes),
    token_kind: account.tokenKind,
    token_obtained_at: account.tokenObtainedAt.getTime(),
    expires_at: account.tokenExpiresAt?.getTime() ?? null,
    connected_at: account.connectedAt.getTime(),
    status: account.status,
    status_since: account.statusSince.getTime(),
    status_reason: account.statusReason,
    due_at: account.dueAt?.getTime() ?? null,
    failed_tries: account.failedTries,
  }
}

import { z } from 'zod'
import type { Row, Value } from '../database/database.ts'
import { catalogue, type InstagramErrorCode, isInstagramErrorCode } from '../errors/catalogue.ts'
import { BASIC_SCOPE } from '../facts.ts'
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

/** Why an account is not `ok`: an error of Instagram, a token that expired by this machine's clock (`expired`), or a missing token key (`no_key`). */
export type StatusReason = InstagramErrorCode | 'expired' | 'no_key'

/** A connected Instagram account, without its token. */
export interface Account {
  /** This package's identifier, a UUID. Never changes, even if Instagram's IDs do. */
  key: string
  /** The app-scoped ID. Until `/me` was read: the ID in the token response, which may be either of the two. */
  id: string
  /** The professional account's ID, which Meta's webhooks use; `null`: not known yet. */
  userId: string | null
  /** Without the `@`; `null`: not known yet. People can change it. */
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
  /** The requested scopes. */
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
  if (reason === 'no_key') return 'This site has no key that decrypts the token.'
  return catalogue[reason].description
}

/** Why neither API calls nor refreshes work with this account; `null`: both should work. */
export function unusableReason({ permissions, accountType }: Pick<Account, 'permissions' | 'accountType'>) {
  if (permissions && !permissions.includes(BASIC_SCOPE)) return 'permission_missing'
  return accountType?.toUpperCase() === 'PERSONAL' ? 'not_professional' : null
}

/** An account's title for people: `@username`, or its ID while the username is unknown. */
export function accountTitle({ username, id }: Pick<Account, 'username' | 'id'>): string {
  return username === null ? id : `@${username}`
}

/** An account for programs, as in the JSON API and in webhooks. Times are in ISO 8601. */
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

const text = z.string().nullable()
const time = z.int().transform((milliseconds) => new Date(milliseconds))
const scopes = z
  .string()
  .transform((json): unknown => JSON.parse(json))
  .pipe(z.array(z.string()))
const reason = z.custom<StatusReason>((name) => name === 'expired' || name === 'no_key' || isInstagramErrorCode(name))

/** The column of each property, and how it is read. */
const COLUMNS: { [Name in keyof Account]: [column: string, schema: z.ZodType<Account[Name]>] } = {
  key: ['account_key', z.string()],
  id: ['id', z.string()],
  userId: ['user_id', text],
  username: ['username', text],
  name: ['name', text],
  accountType: ['account_type', text],
  pictureUrl: ['picture_url', text],
  profileReadAt: ['profile_read_at', time.nullable()],
  permissions: ['permissions', scopes.nullable()],
  askedScopes: ['asked_scopes', scopes],
  tokenKind: ['token_kind', z.enum(['short_lived', 'long_lived', 'classic'])],
  tokenObtainedAt: ['token_obtained_at', time],
  tokenExpiresAt: ['expires_at', time.nullable()],
  connectedAt: ['connected_at', time],
  status: ['status', z.enum(STATUSES)],
  statusSince: ['status_since', time],
  statusReason: ['status_reason', reason.nullable().catch(null)], // Another version of the app may have had other reasons.
  dueAt: ['due_at', time.nullable()],
  failedTries: ['failed_tries', z.int()],
}

const rowSchema = z.object(Object.fromEntries(Object.values(COLUMNS)))

/** Reads a row of `accounts`; the encrypted token and the lease are left out. */
export function accountFromRow(row: Row): Account {
  const values = rowSchema.parse(row)
  const properties = Object.entries(COLUMNS).map(([name, [column]]) => [name, values[column]])
  return Object.fromEntries(properties) as Account
}

/** The columns of an account, without those of the token and the lease. */
export const ACCOUNT_COLUMNS = Object.values(COLUMNS).map(([column]) => column)

/** A row of `accounts`, with {@link ACCOUNT_COLUMNS} in their order. */
export function accountToRow(account: Account): Row {
  const names = Object.keys(COLUMNS) as (keyof Account)[]
  return Object.fromEntries(names.map((name) => [COLUMNS[name][0], toColumn(account[name])]))
}

function toColumn(value: Account[keyof Account]): Value {
  if (value instanceof Date) return value.getTime()
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value
}

import { z } from 'zod'
import type { Row } from '../storage/database.ts'
import type { Account } from './account.ts'
import { type AccountStatus, statusReason } from './status.ts'

const time = z.int().transform((milliseconds) => new Date(milliseconds))
const scopes = z
  .string()
  .transform((json): unknown => JSON.parse(json))
  .pipe(z.array(z.string()))
const text = z.string().nullable()
/** Every status, the good ones first. */
export const STATUSES = [
  'ok',
  'short_lived',
  'expiring',
  'needs_reconnect',
  'unreadable',
  'disconnected_by_instagram',
] as const satisfies AccountStatus[]

const row = z
  .object({
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
    status_reason: text.transform((name) => (name === null ? null : statusReason(name))),
    due_at: time.nullable(),
    failed_tries: z.int(),
  })
  .transform((row): Account => ({
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
  }))

/** The columns of an {@link Account}: all but those of the sealed token and the lease. */
export const COLUMNS: readonly string[] = Object.keys(row.in.shape)

/** A row of `accounts` as an {@link Account}; the sealed token and the lease are left out. */
export function accountOf(columns: Row): Account {
  return row.parse(columns)
}

/** An account as its row, but for the token. */
export function columnsOf(account: Account): Row {
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

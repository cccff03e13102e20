import { z } from 'zod'
import type { Account } from './account.ts'

const time = z.int().transform((milliseconds) => new Date(milliseconds))
const scopes = z
  .string()
  .transform((json): unknown => JSON.parse(json))
  .pipe(z.array(z.string()))
const text = z.string().nullable()

/** A row of `accounts` as an {@link Account}, the sealed token left out. */
export const accountRow = z
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
  }))

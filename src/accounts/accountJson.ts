import type { Account } from './account.ts'
import { inWords } from './status.ts'

/** An account as programs see it, in the API and in webhooks. Never its token. */
export interface AccountJson {
  /** The app-scoped id. */
  id: string
  /** The professional account's id. */
  user_id: string | null
  username: string | null
  name: string | null
  account_type: string | null
  permissions: readonly string[] | null
  status: string
  /** ISO 8601, as every time here. */
  status_since: string
  /** In words. */
  status_reason: string | null
  connected_at: string
  token_obtained_at: string
  /** `null`: has no end. */
  token_expires_at: string | null
  /** When the token is refreshed next; `null`: it is not. */
  next_refresh_at: string | null
}

/** What programs may know of an account. */
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
    status_reason: account.statusReason && inWords(account.statusReason),
    connected_at: account.connectedAt.toISOString(),
    token_obtained_at: account.tokenObtainedAt.toISOString(),
    token_expires_at: account.tokenExpiresAt?.toISOString() ?? null,
    next_refresh_at: account.dueAt?.toISOString() ?? null,
  }
}

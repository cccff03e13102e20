import type { Account } from './account.ts'
import type { Accounts } from './accounts.ts'
import { UnreadableTokenError } from './keyRing.ts'
import type { Refresher } from './refresher.ts'
import { inWords, type StatusReason } from './status.ts'

/** A token that is valid now, and what a caller of Instagram's API needs beside it. */
export interface ValidToken {
  /** A secret: for the `access_token` of calls from a server, never for a page, an address or a log. */
  accessToken: string
  /** When it ends; `null`: it has no end. It is refreshed long before, so that the next call may give another. */
  expiresAt: Date | null
  /** The professional account's id; while Instagram has not told it, the app-scoped one. */
  userId: string
  /** The scopes that the person granted; `null`: Instagram did not say. */
  permissions: readonly string[] | null
}

/** In what way an account has no valid token. */
export type TokenLoss =
  /** No account has this id: it was never connected, or disconnected since. */
  | 'not_connected'
  /** Only the person can give a new one, by connecting the account again. */
  | 'needs_reconnect'
  /** No key that we have opens it: the operator puts the key back, or the person connects again. */
  | 'unreadable'
  /** The person removed the app on Instagram. */
  | 'disconnected_by_instagram'

/** An account has no valid token. The message is for the log: a sentence without any secret. */
export class NoValidTokenError extends Error {
  override readonly name = 'NoValidTokenError'
  /** In what way. */
  readonly loss: TokenLoss
  /** Since when; `null` for one that is not connected. */
  readonly since: Date | null
  /** Why, as far as that is known. */
  readonly reason: StatusReason | null
  /** As it is now; `undefined`: not connected. */
  readonly account: Account | undefined

  constructor(loss: TokenLoss, about: About = {}, options?: ErrorOptions) {
    const { account, since = null, reason = null } = about
    const why = reason && inWords(reason)
    super(
      account ? `The account ${account.id} has no valid token (${loss}). ${why ?? ''}`.trim() : ABSENT,
      options,
    )
    this.loss = loss
    this.since = since
    this.reason = reason
    this.account = account
  }
}

/** What is known of a token that is lost. */
interface About {
  account?: Account
  since?: Date | null
  reason?: StatusReason | null
}

const ABSENT = 'No account with this id is connected.'

/** What tokens are got with. */
export interface TokenOptions {
  accounts: Accounts
  refresher: Refresher
  now: () => Date
}

/**
 * The token of an account that was found, refreshed first if that is due; never a dead one. While refreshing fails, the token that we
 * have is good as long as it lives.
 *
 * @throws {NoValidTokenError}
 */
export async function validToken(
  found: Account,
  { accounts, refresher, now }: TokenOptions,
): Promise<ValidToken> {
  const isDue = found.dueAt !== null && found.dueAt <= now()
  const account = isDue ? await refresher.refresh(found.key) : found
  if (!account) throw new NoValidTokenError('not_connected')
  refuseLost(account, now())

  const accessToken = await accounts.accessToken(account.key).catch((cause: unknown) => {
    if (!(cause instanceof UnreadableTokenError)) throw cause
    throw new NoValidTokenError('unreadable', { account, since: now(), reason: 'no_key' }, { cause })
  })
  if (accessToken === undefined) throw new NoValidTokenError('not_connected')
  return {
    accessToken,
    expiresAt: account.tokenExpiresAt,
    userId: account.userId ?? account.id,
    permissions: account.permissions,
  }
}

function refuseLost(account: Account, now: Date): void {
  const { status, statusSince: since, statusReason: reason, tokenExpiresAt } = account
  if (status === 'needs_reconnect' || status === 'unreadable' || status === 'disconnected_by_instagram')
    throw new NoValidTokenError(status, { account, since, reason })
  if (secondsLeft(tokenExpiresAt, now) === 0)
    throw new NoValidTokenError('needs_reconnect', { account, since: tokenExpiresAt, reason: 'expired' })
}

/** Whole seconds until a token ends; 0: it has ended, or is about to. `null`: it has no end. */
export function secondsLeft(expiresAt: Date | null, now: Date): number | null {
  return expiresAt && Math.max(0, Math.floor((expiresAt.getTime() - now.getTime()) / 1000))
}

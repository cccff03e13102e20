import type { Config } from '../config.ts'
import { AppError, InstagramError, isAppError } from '../errors/errors.ts'
import type { ErrorCode } from '../errors/catalogue.ts'
import { DAY_MS, LONG_LIVED_DAYS } from '../facts.ts'
import type { InstagramClient } from '../instagram/client.ts'
import type { Token } from '../instagram/responses.ts'
import { type Account, describeReason, type StatusReason } from './account.ts'
import { type Accounts, assertAllowed } from './accounts.ts'
import type { Refresher } from './refresher.ts'

/** A token that is valid now, with what a caller of Instagram's API needs. */
export interface ValidToken {
  /** A secret: for calls from a server, never for a page, a log or a link. */
  accessToken: string
  /** When it expires; `null`: never. It is refreshed long before that, so the next call may return another token. */
  expiresAt: Date | null
  /** The professional account's id; while it is unknown, the app-scoped one. */
  userId: string
  /** The scopes that the person granted; `null`: Instagram did not say. */
  permissions: readonly string[] | null
}

/** Why an account has no valid token. */
export type TokenLoss =
  | 'not_connected' // No account has this id: it was never connected, or was disconnected.
  | 'needs_reconnect' // Only the person can give a new token, by connecting the account again.
  | 'unreadable' // None of the token keys decrypts the token.
  | 'disconnected_by_instagram' // The person removed the app on Instagram.

/** An account has no valid token. The message holds no secret. */
export class NoValidTokenError extends AppError {
  override readonly name = 'NoValidTokenError'
  readonly loss: TokenLoss
  /** Since when; `null`: the account is not connected. */
  readonly since: Date | null
  /** `null`: unknown. */
  readonly reason: StatusReason | null
  /** `undefined`: not connected. */
  readonly account: Account | undefined

  constructor(loss: TokenLoss, about: Partial<Pick<NoValidTokenError, 'account' | 'since' | 'reason' | 'cause'>> = {}) {
    const { account, since = null, reason = null, cause } = about
    const message = account
      ? `The account ${account.id} has no valid token (${loss}). ${reason ? describeReason(reason) : ''}`.trim()
      : 'No account with this ID is connected.'
    super(codeOf(loss, reason), { message, cause })
    this.loss = loss
    this.since = since
    this.reason = reason
    this.account = account
  }
}

function codeOf(loss: TokenLoss, reason: StatusReason | null): ErrorCode {
  if (loss === 'not_connected') return 'account_gone'
  if (loss === 'unreadable' || reason === 'no_key') return 'token_unreadable'
  if (loss === 'disconnected_by_instagram') return 'app_removed'
  return reason === 'expired' ? 'token_expired' : (reason ?? 'token_invalid')
}

/**
 * The token of an account, refreshed first if that is due. While refreshing fails, the current token is returned until it expires.
 *
 * @throws {NoValidTokenError}
 */
export async function validToken(
  found: Account,
  { accounts, refresher, now }: { accounts: Accounts; refresher: Refresher; now: () => Date },
): Promise<ValidToken> {
  const isDue = found.dueAt !== null && found.dueAt <= now()
  const account = isDue ? (await refresher.refresh(found.key)).account : found
  if (!account) throw new NoValidTokenError('not_connected')
  assertValid(account, now())

  const accessToken = await accounts.accessToken(account.key).catch((cause: unknown) => {
    if (!isAppError(cause, 'token_unreadable')) throw cause
    throw new NoValidTokenError('unreadable', { account, since: now(), reason: 'no_key', cause })
  })
  if (accessToken === undefined) throw new NoValidTokenError('not_connected')
  const { tokenExpiresAt, userId, id, permissions } = account
  return { accessToken, expiresAt: tokenExpiresAt, userId: userId ?? id, permissions }
}

function assertValid(account: Account, now: Date): void {
  const { status, statusSince, statusReason, tokenExpiresAt } = account
  if (status === 'needs_reconnect' || status === 'unreadable' || status === 'disconnected_by_instagram')
    throw new NoValidTokenError(status, { account, since: statusSince, reason: statusReason })
  if (secondsLeft(tokenExpiresAt, now) === 0)
    throw new NoValidTokenError('needs_reconnect', { account, since: tokenExpiresAt, reason: 'expired' })
}

/** Whole seconds until a token expires, at least 0; `null`: it never expires. */
function secondsLeft(expiresAt: Date | null, now: Date): number | null {
  return expiresAt && Math.max(0, Math.floor((expiresAt.getTime() - now.getTime()) / 1000))
}

/** A valid token for programs. `expires_in`: whole seconds, `null`: it never expires. @see RFC 6749, section 5.1 */
export function tokenJson({ accessToken, expiresAt, userId, permissions }: ValidToken, now: Date) {
  return {
    access_token: accessToken,
    token_type: 'bearer',
    expires_in: secondsLeft(expiresAt, now),
    user_id: userId,
    permissions,
  }
}

/**
 * Connects an account by a token that was created elsewhere, such as in Meta's dashboard. A short-lived token is exchanged, a long-lived one is
 * refreshed if it is old enough.
 *
 * @throws {AppError} `facebook_token`, `basic_display_token` or `no_token`: the text is not an Instagram token; `account_not_allowed`
 * @throws {InstagramError} Instagram does not accept the token
 */
export async function importToken(
  text: string,
  context: { config: Config; instagram: InstagramClient; accounts: Accounts; now: () => Date },
): Promise<Account> {
  const { config, instagram, accounts, now } = context
  const accessToken = parseToken(text)
  const profile = await instagram.profile(accessToken)
  const userId = profile.id ?? profile.userId ?? ''
  assertAllowed(config, { userId, profile })
  const token = await longLivedToken(instagram, accessToken, now)
  const askedScopes = config.instagram.scopes
  return accounts.connect({ token, userId, permissions: null, askedScopes, profile })
}

/** The token in a pasted text, without the spaces and quotes around it. */
function parseToken(text: string): string {
  const token = text
    .trim()
    .replace(/^(["'])(.*)\1$/s, '$2')
    .trim()
  if (token.startsWith('EAA')) throw notAnInstagramToken('facebook_token')
  if (/^IGQ[VW]/.test(token)) throw notAnInstagramToken('basic_display_token')
  if (!/^[\w.-]{20,1000}$/.test(token)) throw notAnInstagramToken('no_token')
  return token
}

function notAnInstagramToken(code: 'facebook_token' | 'basic_display_token' | 'no_token'): AppError {
  return new AppError(code, { message: `${code} was given instead of an Instagram token` })
}

/** Instagram does not say how old a token is; an exchange distinguishes the two kinds. */
async function longLivedToken(instagram: InstagramClient, accessToken: string, now: () => Date): Promise<Token> {
  try {
    return await instagram.exchangeForLongLived(accessToken)
  } catch (error) {
    if (!(error instanceof InstagramError) || error.kind !== 'already_long_lived') throw error
  }
  try {
    return (await instagram.refresh(accessToken)).token
  } catch (error) {
    if (!(error instanceof InstagramError) || !['not_permitted', 'refused'].includes(error.kind)) throw error
    // Too young to be refreshed, in whatever words: `/me` has just accepted the token. So nearly all of its days are left.
    const expiresAt = new Date(now().getTime() + (LONG_LIVED_DAYS - 1) * DAY_MS)
    return { kind: 'long_lived', accessToken, obtainedAt: now(), expiresAt }
  }
}

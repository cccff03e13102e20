import type { Instagram } from '../instagram/client.ts'
import { InstagramError } from '../instagram/failure.ts'
import type { Token } from '../instagram/token.ts'
import type { Account } from './account.ts'
import type { Accounts } from './accounts.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** Days that a dashboard's token has left at least, when it is younger than a day: it lasts 60. */
const YOUNG_TOKEN_DAYS = 59

/** What a pasted text is, if it is no token that can be kept. */
export type ForeignToken =
  /** Of Facebook Login (`EAA…`): for graph.facebook.com. */
  | 'facebook_token'
  /** Of the Basic Display API (`IGQV…`), which ended on 4 December 2024. */
  | 'basic_display_token'
  /** Not in the form of a token. */
  | 'no_token'

/** A pasted text that is no Instagram token. */
export class ForeignTokenError extends Error {
  override readonly name = 'ForeignTokenError'
  /** What it is instead. */
  readonly what: ForeignToken

  constructor(what: ForeignToken) {
    super(`${what} was given in place of an Instagram token`)
    this.what = what
  }
}

/**
 * Takes a token that was got elsewhere, such as from Meta's dashboard, and keeps it alive like any other. A short-lived one is
 * exchanged, a long-lived one refreshed if it is old enough.
 *
 * @throws {ForeignTokenError} for what is no Instagram token
 * @throws {InstagramError} when Instagram does not accept it
 */
export async function importToken(
  instagram: Instagram,
  accounts: Accounts,
  askedScopes: readonly string[],
  now: () => Date,
  pasted: string,
): Promise<Account> {
  const accessToken = tokenIn(pasted)
  const profile = await instagram.profile(accessToken)
  const token = await longLived(instagram, accessToken, now)
  return accounts.connect({
    token,
    userId: profile.id ?? profile.userId ?? '',
    permissions: null,
    askedScopes,
    profile,
  })
}

/** Without the blanks and quotes that are copied along. */
function tokenIn(pasted: string): string {
  const text = pasted
    .trim()
    .replace(/^(["'])(.*)\1$/s, '$2')
    .trim()
  if (text.startsWith('EAA')) throw new ForeignTokenError('facebook_token')
  if (/^IGQ[VW]/.test(text)) throw new ForeignTokenError('basic_display_token')
  if (!/^[\w.-]{20,1000}$/.test(text)) throw new ForeignTokenError('no_token')
  return text
}

/** An exchange tells the two kinds apart, for Instagram does not say how old a token is. */
async function longLived(instagram: Instagram, accessToken: string, now: () => Date): Promise<Token> {
  try {
    return await instagram.exchangeForLongLived(accessToken)
  } catch (error) {
    if (!(error instanceof InstagramError) || error.failure !== 'already_long_lived') throw error
  }
  try {
    return (await instagram.refresh(accessToken)).token
  } catch (error) {
    // Too young to be refreshed: how Instagram words that is not known, but /me has just accepted the token.
    if (!(error instanceof InstagramError) || !['not_permitted', 'refused'].includes(error.failure))
      throw error
    const expiresAt = new Date(now().getTime() + YOUNG_TOKEN_DAYS * DAY_MS)
    return { kind: 'long_lived', accessToken, obtainedAt: now(), expiresAt }
  }
}

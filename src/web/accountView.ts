import type { Account } from '../accounts/account.ts'
import { refreshableFrom } from '../accounts/refresher.ts'
import { type AccountStatus, inWords as reasonInWords, type StatusReason } from '../accounts/status.ts'
import { type Failure, isFailure } from '../login/failures.ts'
import { type Moment, moment } from './moment.ts'

/** A connected account as the pages show it. */
export interface AccountView {
  /** `@` and the user name, or the id where Instagram did not tell the name. */
  title: string
  name: string | null
  /** Such as “Business account”. */
  accountType: string | null
  hasPicture: boolean
  /** Stands where there is no picture. */
  initial: string
  id: string
  userId: string | null
  profileMissing: boolean
  /** `null`: Instagram did not say. */
  granted: readonly Scope[] | null
  /** Asked for, and not granted. */
  leftOut: readonly Scope[]
  status: AccountStatus
  /** Why it is not well, or why the last try to refresh failed. */
  reason: Reason | null
  /** `null`: the token has no end. */
  expiry: Moment | null
  expired: boolean
  /** When the token was got, or refreshed. */
  renewed: Moment
  /** When it is to be refreshed next; `null`: it is not. */
  nextRefresh: Moment | null
  /** Whether it can be refreshed by hand, now or from then on; `null`: it cannot. */
  refreshable: 'now' | Moment | null
  token: TokenView
}

/** Why something is as it is. */
export interface Reason {
  words: string
  /** What `/help` calls it; `null`: it has nothing about it. */
  help: Failure | null
}

/** The token itself: to be shown, not to be shown, or not to be opened by any key we have. */
export type TokenView = { full: string; masked: string; curl: string | null } | 'hidden' | 'unreadable'

/** A scope, and in words what it allows; `null` for one that we don't know. */
export interface Scope {
  name: string
  allows: string | null
}

/** What a page shows of an account at a moment. */
export function accountView(account: Account, token: TokenView, now: Date): AccountView {
  const { username, permissions } = account
  const at = (time: Date | null) => time && moment(time, now)
  const from = refreshableFrom(account)
  return {
    title: username ? `@${username}` : account.id,
    name: account.name,
    accountType:
      account.accountType && (ACCOUNT_TYPES[account.accountType.toUpperCase()] ?? account.accountType),
    hasPicture: account.pictureUrl !== null,
    initial: (account.name ?? username ?? '?').slice(0, 1).toUpperCase(),
    id: account.id,
    userId: account.userId,
    profileMissing: account.username === null,
    granted: permissions?.map(inWords) ?? null,
    leftOut: permissions
      ? account.askedScopes.filter((name) => !permissions.includes(name)).map(inWords)
      : [],
    status: account.status,
    reason: account.statusReason && reasonOf(account.statusReason),
    expiry: at(account.tokenExpiresAt),
    expired: account.tokenExpiresAt !== null && account.tokenExpiresAt <= now,
    renewed: moment(account.tokenObtainedAt, now),
    nextRefresh: at(account.dueAt),
    refreshable: from && from <= now ? 'now' : at(from),
    token,
  }
}

/** A token for the page: masked, whole, and in a command that uses it. `graph`: Graph's address with its version; `null` where it does not take the token. */
export function tokenView(accessToken: string, graph: string | null): TokenView {
  return {
    full: accessToken,
    masked: `${accessToken.slice(0, 4)}${'•'.repeat(12)}${accessToken.slice(-4)}`,
    curl:
      graph && `curl '${graph}/me?fields=user_id,username&access_token=${encodeURIComponent(accessToken)}'`,
  }
}

function reasonOf(reason: StatusReason): Reason {
  const name = reason === 'expired' ? 'token_expired' : reason
  return { words: reasonInWords(reason), help: isFailure(name) ? name : null }
}

const ACCOUNT_TYPES: Readonly<Record<string, string>> = {
  BUSINESS: 'Business account',
  MEDIA_CREATOR: 'Creator account',
  CREATOR: 'Creator account',
}

const SCOPES: Readonly<Record<string, string>> = {
  instagram_business_basic: 'Read the profile and its media',
  instagram_business_content_publish: 'Publish posts, reels and stories',
  instagram_business_manage_messages: 'Read and answer messages',
  instagram_business_manage_comments: 'Read, answer and hide comments',
  instagram_business_manage_insights: 'Read statistics',
}

function inWords(name: string): Scope {
  return { name, allows: SCOPES[name] ?? null }
}

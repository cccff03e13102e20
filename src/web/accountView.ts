import type { Account } from '../accounts/account.ts'
import { refreshableFrom } from '../accounts/refresher.ts'
import { type AccountStatus, inWords as reasonInWords, type StatusReason } from '../accounts/status.ts'
import { type Failure, isFailure } from '../login/failures.ts'
import { STATE_LIFETIME_MS } from '../login/state.ts'
import { type Moment, moment } from './moment.ts'

/** A connected account as the pages show it. */
export interface AccountView {
  /** `@` and the user name, or the id where Instagram did not tell the name. */
  title: string
  /** As it stands on the profile; `null`: there is none. */
  name: string | null
  /** Such as “Business account”. */
  accountType: string | null
  /** Whether there is a picture, at `picture` under the mount. */
  hasPicture: boolean
  /** Stands where there is no picture. */
  initial: string
  /** The app-scoped id. */
  id: string
  /** The professional account's id; `null`: Instagram has not told it yet. */
  userId: string | null
  /** Whether Instagram has not told yet who this is. */
  profileMissing: boolean
  /** When the profile was read, where that was before the login, or the refresh, that gave the token; `null`: it was not. */
  profileFrom: Moment | null
  /** What the person allowed; `null`: Instagram did not say. */
  granted: readonly Scope[] | null
  /** Asked for, and not granted. */
  leftOut: readonly Scope[]
  /** How it is doing. */
  status: AccountStatus
  /** Why it is not well, or why the last try to refresh failed. */
  reason: Reason | null
  /** When the token ends; `null`: it has no end. */
  expiry: Moment | null
  /** Whether that is over. */
  expired: boolean
  /** When the token was got, or refreshed. */
  renewed: Moment
  /** When it is to be refreshed next; `null`: it is not. */
  nextRefresh: Moment | null
  /** Whether it can be refreshed by hand, now or from then on; `null`: it cannot. */
  refreshable: 'now' | Moment | null
  /** The token itself, as far as it is to be shown. */
  token: TokenView
}

/** Why something is as it is. */
export interface Reason {
  /** A sentence or two, for the account's person. */
  words: string
  /** What `/help` calls it; `null`: it has nothing about it. */
  help: Failure | null
}

/** The token itself: to be shown, not to be shown, or not to be opened by any key we have. */
export type TokenView =
  | {
      /** All of it: a secret. */
      full: string
      /** Its first and last letters, with dots between. */
      masked: string
      /** A command that tries it; `null`: it does not work with the API of today. */
      curl: string | null
    }
  | 'hidden'
  | 'unreadable'

/** Something that a person can allow an app. */
export interface Scope {
  /** Such as `instagram_business_basic`. */
  name: string
  /** What it allows, in words; `null`: we don't know. */
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
    profileFrom: isOlder(account) ? at(account.profileReadAt) : null,
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

/** By more than the time that a login may take. */
function isOlder({ profileReadAt, tokenObtainedAt }: Account): boolean {
  return profileReadAt !== null && tokenObtainedAt.getTime() - profileReadAt.getTime() > STATE_LIFETIME_MS
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

import {
  type Account,
  type AccountStatus,
  accountTitle,
  describeReason,
  type StatusReason,
} from '../accounts/account.ts'
import { refreshableFrom } from '../accounts/refreshPolicy.ts'
import { type ErrorCode, isHelpCode } from '../errors/catalogue.ts'
import { STATE_LIFETIME_MS } from '../login/state.ts'
import { type FormattedTime, formatTime } from '../time.ts'

/** A connected account as its page shows it. */
export interface AccountView {
  /** `@` and the user name, or the id if Instagram did not tell the name. */
  title: string
  /** The profile's display name; `null`: none. */
  name: string | null
  /** Such as “Business account”. */
  accountType: string | null
  /** Whether `picture` under the base path has a picture. */
  hasPicture: boolean
  /** Shown if there is no picture. */
  initial: string
  /** The app-scoped id. */
  id: string
  /** The professional account's id; `null`: not known yet. */
  userId: string | null
  /** Whether the profile could not be read yet. */
  profileMissing: boolean
  /** When the profile was read, if that was before the login or refresh that gave the token. */
  profileFrom: FormattedTime | null
  /** Granted permissions; `null`: Instagram did not say. */
  granted: readonly Scope[] | null
  /** Permissions that were requested and not granted. */
  leftOut: readonly Scope[]
  status: AccountStatus
  /** Why the status is not `ok`, or why the last refresh failed. */
  reason: Reason | null
  /** When the token expires; `null`: never. */
  expiry: FormattedTime | null
  /** Whether that time has passed. */
  expired: boolean
  /** When the token was obtained or refreshed. */
  renewed: FormattedTime
  /** When the token will be refreshed next; `null`: it will not be. */
  nextRefresh: FormattedTime | null
  /** When the token can be refreshed by hand; `null`: it cannot. */
  refreshable: 'now' | FormattedTime | null
  token: TokenView
}

/** The reason of an account's status. */
export interface Reason {
  /** A sentence or two for the account's owner. */
  words: string
  /** The code of its help page; `null`: none. */
  help: ErrorCode | null
}

/** The token, or why it is not shown: by the settings, or because no key can decrypt it. */
export type TokenView =
  | {
      /** The whole token: a secret. */
      full: string
      /** Its first and last characters, with dots between. */
      masked: string
      /** A command that uses it; `null` if the current API does not accept it. */
      curl: string | null
    }
  | 'hidden'
  | 'unreadable'

/** A permission. */
export interface Scope {
  /** Such as `instagram_business_basic`. */
  name: string
  /** What it allows; `null`: an unknown scope. */
  allows: string | null
}

/** What the account page shows at a time. */
export function accountView(account: Account, token: TokenView, now: Date): AccountView {
  const { username, permissions } = account
  const format = (time: Date | null) => time && formatTime(time, now)
  const from = refreshableFrom(account)
  return {
    title: accountTitle(account),
    name: account.name,
    accountType:
      account.accountType && (ACCOUNT_TYPES[account.accountType.toUpperCase()] ?? account.accountType),
    hasPicture: account.pictureUrl !== null,
    initial: (account.name ?? username ?? '?').slice(0, 1).toUpperCase(),
    id: account.id,
    userId: account.userId,
    profileMissing: account.username === null,
    profileFrom: isProfileOlder(account) ? format(account.profileReadAt) : null,
    granted: permissions?.map(describeScope) ?? null,
    leftOut: permissions
      ? account.askedScopes.filter((name) => !permissions.includes(name)).map(describeScope)
      : [],
    status: account.status,
    reason: account.statusReason && reasonView(account.statusReason),
    expiry: format(account.tokenExpiresAt),
    expired: account.tokenExpiresAt !== null && account.tokenExpiresAt <= now,
    renewed: formatTime(account.tokenObtainedAt, now),
    nextRefresh: format(account.dueAt),
    refreshable: from && from <= now ? 'now' : format(from),
    token,
  }
}

/**
 * What the account page shows of a token.
 *
 * @param graph The Graph API's URL with its version; `null` if it does not accept the token.
 */
export function tokenView(accessToken: string, graph: string | null): TokenView {
  return {
    full: accessToken,
    masked: `${accessToken.slice(0, 4)}${'•'.repeat(12)}${accessToken.slice(-4)}`,
    curl:
      graph && `curl '${graph}/me?fields=user_id,username&access_token=${encodeURIComponent(accessToken)}'`,
  }
}

/** Whether the profile is older than the token by more than a login takes. */
function isProfileOlder({ profileReadAt, tokenObtainedAt }: Account): boolean {
  return profileReadAt !== null && tokenObtainedAt.getTime() - profileReadAt.getTime() > STATE_LIFETIME_MS
}

function reasonView(reason: StatusReason): Reason {
  const code = reason === 'expired' ? 'token_expired' : reason
  return { words: describeReason(reason), help: isHelpCode(code) ? code : null }
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

function describeScope(name: string): Scope {
  return { name, allows: SCOPES[name] ?? null }
}

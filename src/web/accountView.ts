import type { Account } from '../accounts/account.ts'

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
  shortLived: boolean
  /** `null`: the token has no end. */
  expiry: { iso: string; date: string; distance: string } | null
  token: TokenView
}

/** The token itself: to be shown, not to be shown, or not to be opened by any key we have. */
export type TokenView = { full: string; masked: string; curl: string } | 'hidden' | 'unreadable'

/** A scope, and in words what it allows; `null` for one that we don't know. */
export interface Scope {
  name: string
  allows: string | null
}

/** What a page shows of an account at a moment. */
export function accountView(account: Account, token: TokenView, now: Date): AccountView {
  const { username, permissions, tokenExpiresAt } = account
  return {
    title: username ? `@${username}` : account.id,
    name: account.name,
    accountType:
      account.accountType && (ACCOUNT_TYPES[account.accountType.toUpperCase()] ?? account.accountType),
    hasPicture: account.pictureUrl !== null,
    initial: (account.name ?? username ?? '?').slice(0, 1).toUpperCase(),
    id: account.id,
    userId: account.userId,
    profileMissing: account.profileReadAt === null,
    granted: permissions?.map(inWords) ?? null,
    leftOut: permissions
      ? account.askedScopes.filter((name) => !permissions.includes(name)).map(inWords)
      : [],
    shortLived: account.tokenKind === 'short_lived',
    expiry: tokenExpiresAt && {
      iso: tokenExpiresAt.toISOString(),
      date: date(tokenExpiresAt, now),
      distance: distance(tokenExpiresAt, now),
    },
    token,
  }
}

/** A token for the page: masked, whole, and in a command that uses it. `graph`: Graph's address with its version. */
export function tokenView(accessToken: string, graph: string): TokenView {
  return {
    full: accessToken,
    masked: `${accessToken.slice(0, 4)}${'•'.repeat(12)}${accessToken.slice(-4)}`,
    curl: `curl '${graph}/me?fields=user_id,username&access_token=${accessToken}'`,
  }
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

const DATE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })
const DISTANCE = new Intl.RelativeTimeFormat('en', { numeric: 'always' })
const TIME = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: 'UTC' })
const MINUTE_MS = 60 * 1000
const DAY_MS = 24 * 60 * MINUTE_MS

/** To the minute where it ends within two days. */
function date(moment: Date, now: Date): string {
  const soon = Math.abs(moment.getTime() - now.getTime()) < 2 * DAY_MS
  return soon ? `${DATE.format(moment)}, ${TIME.format(moment)} UTC` : DATE.format(moment)
}

function distance(moment: Date, now: Date): string {
  const minutes = Math.trunc((moment.getTime() - now.getTime()) / MINUTE_MS)
  if (Math.abs(minutes) < 120) return DISTANCE.format(minutes, 'minutes')
  const hours = Math.trunc(minutes / 60)
  return Math.abs(hours) < 48
    ? DISTANCE.format(hours, 'hours')
    : DISTANCE.format(Math.trunc(hours / 24), 'days')
}

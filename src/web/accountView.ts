import { type Account, accountTitle, describeReason, type StatusReason, unusableReason } from '../accounts/account.ts'
import { refreshableFrom } from '../accounts/refreshPolicy.ts'
import { isHelpCode } from '../errors/catalogue.ts'
import { STATE_LIFETIME_MS } from '../login/state.ts'
import { formatTime } from '../time.ts'

/** A connected account as its page shows it. */
export type AccountView = ReturnType<typeof accountView>

/** The token, or why it is not shown: by the settings, or because no key can decrypt it. */
export type TokenView = ReturnType<typeof tokenView> | 'hidden' | 'unreadable'

/** What the account page shows at a time. What Instagram did not say is `null`. */
export function accountView(account: Account, token: TokenView, now: Date) {
  const { username, name, id, userId, status, permissions, tokenExpiresAt, tokenObtainedAt, profileReadAt } = account
  const format = (time: Date | null) => time && formatTime(time, now)
  const from = refreshableFrom(account)
  // By more than a login takes.
  const isProfileOlder = profileReadAt && tokenObtainedAt.getTime() - profileReadAt.getTime() > STATE_LIFETIME_MS
  const accountType = account.accountType?.toUpperCase() ?? ''
  const unusable = unusableReason(account)
  return {
    /** `@` and the user name, or the id if the name is unknown. */
    title: accountTitle(account),
    /** The profile's display name. */
    name,
    /** Such as “Business account”. */
    accountType: ACCOUNT_TYPES.get(accountType) ?? account.accountType,
    /** Whether `picture` under the base path has a picture. */
    hasPicture: account.pictureUrl !== null,
    /** Shown if there is no picture. */
    initial: initialOf(`${name ?? ''}${username ?? ''}`),
    /** The app-scoped id. */
    id,
    /** The professional account's id. */
    userId,
    /** Whether the profile could not be read yet. */
    profileMissing: username === null,
    /** When the profile was read, if that was before the login or refresh that gave the token. */
    profileFrom: isProfileOlder ? format(profileReadAt) : null,
    /** Granted permissions. */
    granted: permissions?.map(describeScope) ?? null,
    /** Permissions that were requested and not granted. */
    leftOut: account.askedScopes.filter((scope) => permissions && !permissions.includes(scope)).map(describeScope),
    status,
    /** Why the status is not `ok`, or why the last refresh failed. */
    reason: account.statusReason && reasonView(account.statusReason),
    /** Why the token cannot be used or refreshed, though Instagram gave it. */
    unusable: unusable && { words: UNUSABLE[unusable], help: unusable },
    /** When the token expires; `null`: never. */
    expiry: format(tokenExpiresAt),
    expired: tokenExpiresAt !== null && tokenExpiresAt <= now,
    /** When the token was obtained or refreshed. */
    renewed: formatTime(tokenObtainedAt, now),
    /** When the token will be refreshed next; `null`: it will not be. */
    nextRefresh: format(account.dueAt),
    /** When the token can be refreshed by hand; `null`: it cannot. */
    refreshable: from && from <= now ? ('now' as const) : format(from),
    token,
  }
}

/** What the account page shows of a token. `graph`: the Graph API's URL with its version; `null` if it does not accept the token. */
export function tokenView(accessToken: string, graph: string | null) {
  return {
    full: accessToken,
    masked: `${accessToken.slice(0, 4)}${'•'.repeat(12)}${accessToken.slice(-4)}`,
    /** A command that uses the token, which goes to its end. */
    curl: graph && `curl '${graph}/me?fields=user_id,username&access_token=`,
  }
}

/** The first letter, digit or emoji, which may be several code points: a name may begin with a character that cannot be seen. */
function initialOf(text: string): string {
  if (/^\w/.test(text)) return text.charAt(0).toUpperCase() // `Intl` takes 15 ms to load its data.
  const characters = Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment)
  return characters.find((one) => /[\p{L}\p{N}\p{Emoji}]/u.test(one))?.toUpperCase() ?? '?'
}

/** The reason in words, and the code of its help page, if there is one. */
function reasonView(reason: StatusReason) {
  const code = reason === 'expired' ? 'token_expired' : reason
  return { words: describeReason(reason), help: isHelpCode(code) ? code : null }
}

const UNUSABLE = {
  permission_missing: 'The permission instagram_business_basic was not granted. Every call requires it.',
  not_professional: 'It belongs to a personal account. Instagram’s API supports professional accounts only.',
}

const ACCOUNT_TYPES = new Map([
  ['PERSONAL', 'Personal account'],
  ['BUSINESS', 'Business account'],
  ['MEDIA_CREATOR', 'Creator account'],
  ['CREATOR', 'Creator account'],
])

const SCOPES = new Map([
  ['instagram_business_basic', 'Read the profile and its media'],
  ['instagram_business_content_publish', 'Publish posts, reels and stories'],
  ['instagram_business_manage_messages', 'Read and reply to messages'],
  ['instagram_business_manage_comments', 'Read, reply to and hide comments'],
  ['instagram_business_manage_insights', 'Read statistics'],
])

/** A permission, and what it allows, if that is known. */
function describeScope(name: string) {
  return { name, allows: SCOPES.get(name) ?? null }
}

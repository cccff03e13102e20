import { type Account, accountTitle, describeReason, type StatusReason } from '../accounts/account.ts'
import { refreshableFrom } from '../accounts/refreshPolicy.ts'
import { isHelpCode } from '../errors/catalogue.ts'
import { STATE_LIFETIME_MS } from '../login/state.ts'
import { formatTime } from '../time.ts'
import type { AccountView, Reason, Scope, TokenView } from './hooks.ts'

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

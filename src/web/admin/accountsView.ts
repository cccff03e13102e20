import type { Request } from 'express'
import { type Account, accountTitle, type AccountStatus, describeReason, STATUSES } from '../../accounts/account.ts'
import type { AccountCounts, AccountsPage } from '../../accounts/accounts.ts'
import { refreshableFrom } from '../../accounts/refreshPolicy.ts'
import { AppError } from '../../errors/errors.ts'
import { type FormattedTime, formatTime } from '../../time.ts'
import { type Address, queryOf, reconnectUrl } from '../request.ts'

/** The accounts as an admin sees them, without tokens. Query strings begin with `?`, or are empty. */
export interface AccountsView {
  rows: readonly AccountRow[]
  /** All accounts, and each status: its words, its number of accounts, the query string of that list, and whether it is shown now. */
  filters: readonly { words: string; count: string; query: string; current: boolean }[]
  /** How many accounts are due to be refreshed; `null`: none. */
  due: string | null
  /** The beginning of a user name or id that was searched for; empty: no search. */
  search: string
  /** The status to which the list is limited; `null`: all. */
  status: AccountStatus | null
  /** The query string of the next page; `null`: this is the last one. */
  next: string | null
  /** The query string of the first page; `null`: this is the first one. */
  first: string | null
  /** Whether the search finds more accounts than the page shows. */
  tooMany: boolean
  /** The result of the last action; `null`: there was none. */
  notice: string | null
  /** The query string of this page. */
  query: string
}

/** An account in the list. */
export interface AccountRow {
  /** `@` and the user name, or the id if Instagram did not send a name. */
  title: string
  /** The name on the profile. */
  name: string | null
  /** The app-scoped id. */
  id: string
  /** The professional account's id; `null`: not known yet. */
  userId: string | null
  status: AccountStatus
  statusWords: string
  since: FormattedTime
  /** Why the account has the status, or why the last refresh failed. */
  reason: string | null
  /** When the token expires; `null`: never. */
  expiry: FormattedTime | null
  expired: boolean
  /** True if the account has no valid token, whatever its expiry. */
  noToken: boolean
  /** When the token is refreshed next; `null`: never. */
  nextRefresh: FormattedTime | null
  /** Whether the token can be refreshed now. */
  refreshable: boolean
  /** Where a person connects the account again. */
  reconnectUrl: string
}

const STATUS_WORDS: Readonly<Record<AccountStatus, string>> = {
  ok: 'OK',
  short_lived: 'One hour only',
  expiring: 'Expiring',
  needs_reconnect: 'Needs reconnect',
  unreadable: 'Unreadable',
  disconnected_by_instagram: 'Removed on Instagram',
}

/** Which accounts the list shows. */
export interface ListQuery {
  /** The beginning of a user name or an id; empty: no search. */
  search: string
  /** `undefined`: any status. */
  status: AccountStatus | undefined
  /** The page begins after this id. A search has one page. */
  after: string
}

/** Characters of a search or an id; the rest is ignored. */
const MAX_LENGTH = 100

/**
 * Which accounts a request asks for.
 *
 * @throws {AppError} `bad_request` for an unknown status
 */
export function listQuery(request: Request): ListQuery {
  const query = queryOf(request)
  const name = query.get('status') ?? ''
  const status = STATUSES.find((known) => known === name)
  if (name && !status) throw new AppError('bad_request', { detail: 'unknown status' })
  const search = (query.get('search') ?? '').trim().slice(0, MAX_LENGTH)
  return { search, status, after: search ? '' : (query.get('after') ?? '').slice(0, MAX_LENGTH) }
}

/** The query string of the list that shows these accounts, with `?`; empty for the first page of all accounts. */
export function searchString({ search, status, after }: Partial<ListQuery>): string {
  const query = new URLSearchParams({
    ...(search && { search }),
    ...(status && { status }),
    ...(after && { after }),
  })
  return query.size > 0 ? `?${query.toString()}` : ''
}

/** What the list of accounts shows. */
export function accountsView(
  { accounts, more }: AccountsPage,
  counts: AccountCounts,
  query: ListQuery,
  { address, now, notice }: { address: Address; now: Date; notice: string | null },
): AccountsView {
  const { search, status, after } = query
  const filter = (words: string, count: number, by: AccountStatus | undefined) => ({
    words,
    count: count.toLocaleString('en'),
    query: searchString({ search, status: by }),
    current: by === status,
  })
  return {
    rows: accounts.map((account) => accountRow(account, address, now)),
    filters: [
      filter('All', counts.all, undefined),
      ...STATUSES.map((name) => filter(STATUS_WORDS[name], counts.byStatus[name], name)),
    ],
    due: counts.due > 0 ? counts.due.toLocaleString('en') : null,
    search,
    status: status ?? null,
    next: more && !search ? searchString({ status, after: accounts.at(-1)?.id ?? '' }) : null,
    first: after ? searchString({ search, status }) : null,
    tooMany: more && search !== '',
    notice,
    query: searchString(query),
  }
}

function accountRow(account: Account, address: Address, now: Date): AccountRow {
  const { id, userId, name, status, statusSince, statusReason, tokenExpiresAt, dueAt } = account
  const from = refreshableFrom(account)
  return {
    title: accountTitle(account),
    name,
    id,
    userId,
    status,
    statusWords: STATUS_WORDS[status],
    since: formatTime(statusSince, now),
    reason: statusReason && describeReason(statusReason),
    expiry: tokenExpiresAt && formatTime(tokenExpiresAt, now),
    expired: tokenExpiresAt !== null && tokenExpiresAt <= now,
    noToken: status === 'needs_reconnect' || status === 'disconnected_by_instagram',
    nextRefresh: dueAt && formatTime(dueAt, now),
    refreshable: from !== null && from <= now,
    reconnectUrl: reconnectUrl(address, account),
  }
}

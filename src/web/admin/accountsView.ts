import type { Request } from 'express'
import { type Account, accountTitle, type AccountStatus, describeReason, STATUSES } from '../../accounts/account.ts'
import type { AccountCounts, AccountsPage } from '../../accounts/accounts.ts'
import { refreshableFrom } from '../../accounts/refreshPolicy.ts'
import { AppError } from '../../errors/errors.ts'
import { formatTime } from '../../time.ts'
import { type Address, queryOf, reconnectUrl } from '../request.ts'

/** The accounts as an admin sees them, without tokens. Query strings begin with `?`, or are empty. */
export type AccountsView = ReturnType<typeof accountsView>

const STATUS_WORDS: Readonly<Record<AccountStatus, string>> = {
  ok: 'OK',
  short_lived: 'One hour only',
  expiring: 'Expiring',
  needs_reconnect: 'Needs reconnect',
  unreadable: 'Unreadable',
  disconnected_by_instagram: 'Removed on Instagram',
}

/** Which accounts the list shows. */
export type ListQuery = ReturnType<typeof listQuery>

/** Characters of a search or an id; the rest is ignored. */
const MAX_LENGTH = 100

/** Which accounts a request asks for. Throws `bad_request` for an unknown status. */
export function listQuery(request: Request) {
  const query = queryOf(request)
  const name = query.get('status') ?? ''
  const status = STATUSES.find((known) => known === name)
  if (name && !status) throw new AppError('bad_request', { detail: 'unknown status' })
  const search = (query.get('search') ?? '').trim().slice(0, MAX_LENGTH)
  return {
    /** The beginning of a user name or an id; empty: no search. */
    search,
    /** `undefined`: any status. */
    status,
    /** The page begins after this id. A search has one page. */
    after: search ? '' : (query.get('after') ?? '').slice(0, MAX_LENGTH),
  }
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

/** What the list of accounts shows. `null`: there is none. */
export function accountsView(
  { accounts, more }: AccountsPage,
  counts: AccountCounts,
  query: ListQuery,
  { address, now, notice }: { address: Address; now: Date; notice: string | null },
) {
  const { search, status, after } = query
  const filter = (words: string, count: number, by: AccountStatus | undefined) => ({
    words,
    count: count.toLocaleString('en'),
    /** The query string of the list with this status. */
    query: searchString({ search, status: by }),
    current: by === status,
  })
  return {
    rows: accounts.map((account) => accountRow(account, address, now)),
    /** All accounts, and each status. */
    filters: [
      filter('All', counts.all, undefined),
      ...STATUSES.map((name) => filter(STATUS_WORDS[name], counts.byStatus[name], name)),
    ],
    /** How many accounts are due to be refreshed. */
    due: counts.due > 0 ? counts.due.toLocaleString('en') : null,
    /** The beginning of a user name or id that was searched for; empty: no search. */
    search,
    /** The status to which the list is limited. */
    status: status ?? null,
    /** The query string of the next page. */
    next: more && !search ? searchString({ status, after: accounts.at(-1)?.id ?? '' }) : null,
    /** The query string of the first page; `null`: this is the first one. */
    first: after ? searchString({ search, status }) : null,
    /** Whether the search finds more accounts than the page shows. */
    tooMany: more && search !== '',
    /** The result of the last action. */
    notice,
    /** The query string of this page. */
    query: searchString(query),
  }
}

/** An account in the list. */
function accountRow(account: Account, address: Address, now: Date) {
  const { id, userId, name, status, statusSince, statusReason, tokenExpiresAt, dueAt } = account
  const from = refreshableFrom(account)
  return {
    /** `@` and the user name, or the id if Instagram did not send a name. */
    title: accountTitle(account),
    /** The name on the profile. */
    name,
    /** The app-scoped id. */
    id,
    /** The professional account's id; `null`: not known yet. */
    userId,
    status,
    statusWords: STATUS_WORDS[status],
    since: formatTime(statusSince, now),
    /** Why the account has the status, or why the last refresh failed. */
    reason: statusReason && describeReason(statusReason),
    /** When the token expires; `null`: never. */
    expiry: tokenExpiresAt && formatTime(tokenExpiresAt, now),
    expired: tokenExpiresAt !== null && tokenExpiresAt <= now,
    /** True if the account has no valid token, whatever its expiry. */
    noToken: status === 'needs_reconnect' || status === 'disconnected_by_instagram',
    /** When the token is refreshed next; `null`: never. */
    nextRefresh: dueAt && formatTime(dueAt, now),
    /** Whether the token can be refreshed now. */
    refreshable: from !== null && from <= now,
    /** Where a person connects the account again. */
    reconnectUrl: reconnectUrl(address, account),
  }
}

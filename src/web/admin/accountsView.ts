import type { Request } from 'express'
import { type Account, type AccountStatus, STATUSES } from '../../accounts/account.ts'
import type { AccountCounts, AccountsPage } from '../../accounts/accounts.ts'
import { AppError } from '../../errors/errors.ts'
import { formatTime } from '../../time.ts'
import { accountView } from '../accountView.ts'
import { type Address, queryOf } from '../request.ts'

/** The accounts as an admin sees them, without tokens. Query strings begin with `?`, or are empty. */
export type AccountsView = ReturnType<typeof accountsView>

/** One account as an admin sees it, without its token. */
export type AdminAccountView = ReturnType<typeof adminAccountView>

const STATUS_WORDS: Readonly<Record<AccountStatus, string>> = {
  ok: 'OK',
  short_lived: 'Short-lived',
  expiring: 'Expiring',
  needs_reconnect: 'Needs reconnect',
  unreadable: 'Can’t decrypt',
  disconnected_by_instagram: 'Removed on Instagram',
}

/** Which accounts the list shows. */
export type ListQuery = ReturnType<typeof listQuery>

/** Characters of a search; the rest is ignored. */
const MAX_LENGTH = 100

/** Accounts on a page of the list. */
export const PAGE_SIZE = 50

/** Later pages would take longer. Searches and filters find the accounts on them. */
const MAX_PAGES = 200

/** Which accounts a request asks for. Throws `bad_request` for an unknown status. */
export function listQuery(request: Request) {
  const query = queryOf(request)
  const name = query.get('status') ?? ''
  const status = STATUSES.find((known) => known === name)
  if (name && !status) throw new AppError('bad_request', { detail: 'unknown status' })
  const search = (query.get('search') ?? '').trim().slice(0, MAX_LENGTH)
  const page = Math.trunc(Number(query.get('page'))) || 1
  return {
    /** The beginning of a user name or an id; empty: no search. */
    search,
    /** `undefined`: any status. */
    status,
    /** From 1. A search has one page. */
    page: search ? 1 : Math.min(Math.max(page, 1), MAX_PAGES),
  }
}

/** The query string of the list that shows these accounts, with `?`; empty for the first page of all accounts. */
export function searchString({ search, status, page = 1 }: Partial<ListQuery>): string {
  const query = new URLSearchParams({
    ...(search && { search }),
    ...(status && { status }),
    ...(page > 1 && { page: String(page) }),
  })
  return query.size > 0 ? `?${query.toString()}` : ''
}

/** What the list of accounts shows. `null`: there is none. */
export function accountsView(
  { accounts, more }: AccountsPage,
  { all, byStatus, due }: AccountCounts,
  query: ListQuery,
  { address, urlOf, now }: { address: Address; urlOf: (account: Account) => string; now: Date },
) {
  const { search, status, page } = query
  const filter = (words: string, count: number, by: AccountStatus | undefined) => ({
    words,
    count: count.toLocaleString('en'),
    /** The query string of the list with this status. */
    query: searchString({ search, status: by }),
    current: by === status,
  })
  const statuses = STATUSES.filter((name) => byStatus[name] > 0 || name === status)
  const before = (page - 1) * PAGE_SIZE
  const last = before + accounts.length
  return {
    rows: accounts.map((account) => adminAccountView(account, urlOf(account), now)),
    /** All accounts, and each status that there is. */
    filters: [
      filter('All', all, undefined),
      ...statuses.map((name) => filter(STATUS_WORDS[name], byStatus[name], name)),
    ],
    /** Where people connect their accounts, if nobody has done so yet. */
    invitation: all === 0 ? `${address.url}/` : null,
    /** The place of the first account on this page among all that there are. The total may be half a minute old. */
    first: (before + 1).toLocaleString('en'),
    last: last.toLocaleString('en'),
    total: Math.max(status ? byStatus[status] : all, last).toLocaleString('en'),
    /** How many accounts are due to be refreshed. */
    due: due > 0 ? due.toLocaleString('en') : null,
    /** The beginning of a user name or id that was searched for; empty: no search. */
    search,
    /** The status to which the list is limited. */
    status: status ?? null,
    /** The query strings of the pages before and after this one. */
    previous: page > 1 ? searchString({ status, page: page - 1 }) : null,
    next: more && !search && page < MAX_PAGES ? searchString({ status, page: page + 1 }) : null,
    /** Whether there are further accounts that only a search, or a longer one, finds. */
    tooMany: more && (search !== '' || page === MAX_PAGES),
    /** The query string of this page. */
    query: searchString(query),
  }
}

/** An account, in the list or on a page of its own. */
export function adminAccountView(account: Account, reconnectUrl: string, now: Date) {
  const { status } = account
  return {
    ...accountView(account, 'hidden', now),
    statusWords: STATUS_WORDS[status],
    since: formatTime(account.statusSince, now),
    connected: formatTime(account.connectedAt, now),
    /** True if the account has no valid token, whatever its expiry. */
    noToken: status === 'needs_reconnect' || status === 'disconnected_by_instagram',
    /** Where a person connects the account again. */
    reconnectUrl,
  }
}

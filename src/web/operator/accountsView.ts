import type { Account } from '../../accounts/account.ts'
import { accountJson } from '../../accounts/accountJson.ts'
import { STATUSES } from '../../accounts/accountRow.ts'
import { refreshableFrom } from '../../accounts/refresher.ts'
import type { RosterCounts, RosterPage } from '../../accounts/roster.ts'
import type { AccountStatus } from '../../accounts/status.ts'
import { type Address, reconnectUrl } from '../address.ts'
import { type Moment, moment } from '../moment.ts'
import { type AccountsQuery, queryOf } from './accountsQuery.ts'

/** The accounts as whoever runs this site sees them. Nothing in it is a token. */
export interface AccountsView {
  /** Those on this page. */
  rows: readonly AccountRow[]
  /** One for all accounts, and one for each status that some have. */
  filters: readonly {
    /** The status in words. */
    words: string
    /** How many have it. */
    count: string
    /** The query that shows only those. */
    query: string
    /** Whether those are shown now. */
    current: boolean
  }[]
  /** How many wait for their turn to be refreshed; `null`: none does. */
  due: string | null
  /** How the user name or the id begins that was looked for; empty: nothing was. */
  search: string
  /** What the search is limited to. */
  status: AccountStatus | null
  /** The query of the accounts behind these; `null`: there are none. */
  next: string | null
  /** The query of the first ones, where these are later ones. */
  first: string | null
  /** Whether the search finds more than these. */
  tooMany: boolean
  /** What came of what was done last. */
  notice: string | null
  /** The query by which this page comes again, with its `?`. */
  query: string
}

/** One account in the list. */
export interface AccountRow {
  /** `@` and the user name, or the id where Instagram did not tell the name. */
  title: string
  /** As it stands on the profile; `null`: there is none. */
  name: string | null
  /** The app-scoped id. */
  id: string
  /** The professional account's id; `null`: Instagram has not told it yet. */
  userId: string | null
  /** How it is doing. */
  status: AccountStatus
  /** The same in words. */
  statusWords: string
  /** Since when it is doing so. */
  since: Moment
  /** Why it is not well, or why the last try to refresh failed. */
  reason: string | null
  /** When the token ends; `null`: it has no end. */
  expiry: Moment | null
  /** Whether that is over. */
  expired: boolean
  /** There is none, whenever it would have ended. */
  noToken: boolean
  /** When it is to be refreshed next; `null`: it is not. */
  nextRefresh: Moment | null
  /** Whether it can be refreshed by hand now. */
  refreshable: boolean
  /** Where a person connects it again. */
  reconnectUrl: string
}

/** Each status in words. */
const STATUS_WORDS: Readonly<Record<AccountStatus, string>> = {
  ok: 'OK',
  short_lived: 'One hour only',
  expiring: 'Expiring',
  needs_reconnect: 'Needs reconnect',
  unreadable: 'Unreadable',
  disconnected_by_instagram: 'Removed on Instagram',
}

/** What the page of accounts shows at a moment. `address`: where people reach us. */
export function accountsView(
  { accounts, more }: RosterPage,
  counts: RosterCounts,
  query: AccountsQuery,
  { address, now, notice }: { address: Address; now: Date; notice: string | null },
): AccountsView {
  const { search, status, after } = query
  return {
    rows: accounts.map((account) => row(account, address, now)),
    filters: [
      { status: undefined, words: 'All', count: counts.all },
      ...STATUSES.map((name) => ({
        status: name,
        words: STATUS_WORDS[name],
        count: counts.byStatus[name],
      })),
    ].map((filter) => ({
      words: filter.words,
      count: number(filter.count),
      query: queryOf({ search, status: filter.status, after: '' }),
      current: filter.status === status,
    })),
    due: counts.due > 0 ? number(counts.due) : null,
    search,
    status: status ?? null,
    next: more && !search ? queryOf({ search, status, after: accounts.at(-1)?.id ?? '' }) : null,
    first: after ? queryOf({ search, status, after: '' }) : null,
    tooMany: more && search !== '',
    notice,
    query: queryOf(query),
  }
}

/** `@` and the user name, or the id where Instagram did not tell the name. */
export function titleOf({ username, id }: Account): string {
  return username ? `@${username}` : id
}

function row(account: Account, address: Address, now: Date): AccountRow {
  const { tokenExpiresAt, dueAt } = account
  const from = refreshableFrom(account)
  return {
    title: titleOf(account),
    name: account.name,
    id: account.id,
    userId: account.userId,
    status: account.status,
    statusWords: STATUS_WORDS[account.status],
    since: moment(account.statusSince, now),
    reason: accountJson(account).status_reason,
    expiry: tokenExpiresAt && moment(tokenExpiresAt, now),
    expired: tokenExpiresAt !== null && tokenExpiresAt <= now,
    noToken: account.status === 'needs_reconnect' || account.status === 'disconnected_by_instagram',
    nextRefresh: dueAt && moment(dueAt, now),
    refreshable: from !== null && from <= now,
    reconnectUrl: reconnectUrl(address, account),
  }
}

function number(count: number): string {
  return count.toLocaleString('en')
}

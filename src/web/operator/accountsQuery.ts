import { STATUSES } from '../../accounts/accountRow.ts'
import type { AccountStatus } from '../../accounts/status.ts'
import { Refusal } from '../../login/failures.ts'

/** Which of the accounts the page shows. */
export interface AccountsQuery {
  /** How a name or an id begins; empty: whatever they are. */
  search: string
  /** `undefined`: whatever it is. */
  status: AccountStatus | undefined
  /** The id after which the page begins; a search has one page only. */
  after: string
}

/** Characters of a search, and of an id, that are listened to. */
const LONGEST = 100

/**
 * What the address asks for.
 *
 * @throws {Refusal} `bad_request` for a status that there is not
 */
export function accountsQuery(url: string): AccountsQuery {
  const query = new URLSearchParams(url.split('?')[1])
  const asked = query.get('status') ?? ''
  const status = STATUSES.find((name) => name === asked)
  if (asked && !status) throw new Refusal('bad_request', { detail: 'a status that there is not' })
  const search = (query.get('search') ?? '').trim().slice(0, LONGEST)
  return { search, status, after: search ? '' : (query.get('after') ?? '').slice(0, LONGEST) }
}

/** The query of the page that shows these, with its `?`; empty for the first one of all. */
export function queryOf({ search, status, after }: AccountsQuery): string {
  const query = new URLSearchParams({
    ...(search && { search }),
    ...(status && { status }),
    ...(after && { after }),
  })
  return query.size > 0 ? `?${query.toString()}` : ''
}

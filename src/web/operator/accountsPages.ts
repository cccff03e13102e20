import { type Request, type Response, Router } from 'express'
import type { Accounts } from '../../accounts/accounts.ts'
import { HAND_REFRESHES, refreshByHand } from '../../accounts/refreshByHand.ts'
import type { Refresher } from '../../accounts/refresher.ts'
import { accountJson } from '../../accounts/accountJson.ts'
import type { Roster } from '../../accounts/roster.ts'
import type { Address } from '../address.ts'
import { tellLater, toldNow } from '../session.ts'
import { goTo, show } from '../views.ts'
import { accountsQuery, queryOf } from './accountsQuery.ts'
import { accountsView, titleOf } from './accountsView.ts'
import type { Operator } from './operator.ts'
import { signInPages } from './signIn.ts'

/** Accounts on a page. */
const PAGE_SIZE = 50

/** What the operator's pages work with. */
export interface AccountsPagesOptions {
  operator: Operator
  roster: Roster
  accounts: Accounts
  refresher: Refresher
  /** Where people reach us. */
  address: Address
  now: () => Date
}

/** `/accounts`: all accounts, for whoever runs this site. POSTs must have been let through by `sameOrigin`. */
export function accountsPages(options: AccountsPagesOptions): Router {
  const { operator, roster, accounts, address, now } = options
  const router = Router()
  router.use(signInPages(operator))

  router.get('/accounts', async (request, response) => {
    const query = accountsQuery(request.url)
    const [page, counts] = await Promise.all([
      query.search
        ? roster.search(query.search, { status: query.status, limit: PAGE_SIZE })
        : roster.page({ ...query, limit: PAGE_SIZE }),
      roster.counts(),
    ])
    const notice = await toldNow(request)
    return show(response, 'accounts', accountsView(page, counts, query, { address, now: now(), notice }))
  })

  router.post('/accounts/:id/refresh', async (request, response) => {
    const account = await accounts.findById(request.params.id)
    if (account) {
      const { outcome, account: afterwards } = await refreshByHand(options, account.key)
      const reason = outcome === 'failed' && afterwards ? accountJson(afterwards).status_reason : null
      await tell(request, [titleOf(account), HAND_REFRESHES[outcome], reason])
    }
    back(request, response)
  })

  router.get('/accounts/:id/disconnect', async (request, response) => {
    const account = await accounts.findById(request.params.id)
    if (!account) {
      back(request, response)
      return
    }
    const query = queryOf(accountsQuery(request.url))
    return show(response, 'disconnect', { id: account.id, title: titleOf(account), query })
  })

  router.post('/accounts/:id/disconnect', async (request, response) => {
    const account = await accounts.findById(request.params.id)
    if (account && (await accounts.remove(account.key)))
      await tell(request, [titleOf(account), 'was disconnected: its token is deleted here.'])
    back(request, response)
  })

  return router
}

function tell(request: Request, words: readonly (string | null)[]): Promise<void> {
  return tellLater(request, words.filter(Boolean).join(' '))
}

/** To the part of the list that the button was on. */
function back(request: Request, response: Response): void {
  goTo(response, `/accounts${queryOf(accountsQuery(request.url))}`)
}

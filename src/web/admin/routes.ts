import { randomBytes } from 'node:crypto'
import { type Request, type RequestHandler, type Response, Router } from 'express'
import { type Account, accountTitle, describeReason } from '../../accounts/account.ts'
import { describeDisconnect } from '../../accounts/disconnect.ts'
import { REFRESH_MESSAGES } from '../../accounts/refresher.ts'
import type { Context } from '../../context.ts'
import { HOUR_MS } from '../../facts.ts'
import { reconnectUrl } from '../../login/state.ts'
import { type Address, parameterOf } from '../request.ts'
import { limitRequests } from '../security.ts'
import { setFlash, takeFlash } from '../session.ts'
import { redirectTo, renderView } from '../views.ts'
import { accountsView, adminAccountView, listQuery, PAGE_SIZE, searchString } from './accountsView.ts'
import { createSignInRoutes, requireAdmin } from './signIn.ts'

/** `/accounts`: the admin pages, if there is an admin password. `page`: middleware that rejects POST requests from other sites. */
export function createAdminRoutes(context: Context, address: Address, page: readonly RequestHandler[]): Router {
  const { config, accounts, refresher, now } = context
  const router = Router()
  if (config.adminPassword === undefined) {
    // In a host's app, this path may be one of the host's.
    if (config.listening && !config.production)
      router.get('/accounts', ...page, (_request, response) =>
        renderView(response, 'accounts_off', { suggestion: randomBytes(15).toString('base64url') }),
      )
    return router
  }
  // The same link for an hour: the page replaces rows that have changed.
  const linkTime = () => new Date(Math.floor(now().getTime() / HOUR_MS) * HOUR_MS)
  const urlOf = (account: Account) => reconnectUrl(account, { config, now: linkTime })
  const admin = [...page, requireAdmin]
  router.use(createSignInRoutes(context, page))

  router.get('/accounts', ...admin, async (request, response) => {
    const query = listQuery(request)
    const { search, status } = query
    const [found, counts] = await Promise.all([
      search
        ? accounts.search(search, { status, limit: PAGE_SIZE })
        : accounts.byUrgency({ status, offset: (query.page - 1) * PAGE_SIZE, limit: PAGE_SIZE }),
      accounts.counts(),
    ])
    const list = accountsView(found, counts, query, { address, urlOf, now: now() })
    await renderView(response, 'accounts', { ...list, notice: await takeFlash(request) })
  })

  router.get('/accounts/:id', ...admin, async (request, response) => {
    const account = await findOrGoBack(request, response)
    if (!account) return
    await renderView(response, 'accounts_entry', {
      account: adminAccountView(account, urlOf(account), now()),
      notice: await takeFlash(request),
      query: searchString(listQuery(request)),
    })
  })

  router.post('/accounts/:id/refresh', ...admin, limitRequests('refresh'), async (request, response) => {
    const found = await findOrGoBack(request, response)
    if (!found) return
    const { outcome, account } = await refresher.refresh(found.key)
    const reason = outcome === 'failed' && account?.statusReason ? describeReason(account.statusReason) : ''
    await setFlash(request, `The token of ${accountTitle(found)} ${REFRESH_MESSAGES[outcome]} ${reason}`.trim())
    redirectTo(response, `/accounts/${found.id}${searchString(listQuery(request))}`)
  })

  router.get('/accounts/:id/disconnect', ...admin, async (request, response) => {
    const account = await findOrGoBack(request, response)
    if (!account) return
    await renderView(response, 'disconnect', {
      id: account.id,
      title: accountTitle(account),
      query: searchString(listQuery(request)),
      revokes: config.revokeOnDisconnect,
    })
  })

  router.post('/accounts/:id/disconnect', ...admin, limitRequests('disconnect'), async (request, response) => {
    const account = await findOrGoBack(request, response)
    if (!account) return
    const disconnected = await context.disconnect(account.key)
    if (disconnected) await setFlash(request, describeDisconnect(disconnected))
    goBack(request, response)
  })

  /** The account that the path names. If there is none, redirects to the list, which says so. */
  async function findOrGoBack(request: Request, response: Response): Promise<Account | undefined> {
    const account = await accounts.findById(parameterOf(request, 'id'))
    if (account) return account
    await setFlash(request, 'This account is not connected.')
    goBack(request, response)
    return undefined
  }

  return router
}

/** Redirects to the part of the list that the person came from. */
function goBack(request: Request, response: Response): void {
  redirectTo(response, `/accounts${searchString(listQuery(request))}`)
}

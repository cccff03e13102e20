import { type Request, type RequestHandler, type Response, Router } from 'express'
import { accountTitle, describeReason } from '../../accounts/account.ts'
import { describeDisconnect } from '../../accounts/disconnect.ts'
import { REFRESH_MESSAGES } from '../../accounts/refresher.ts'
import type { Context } from '../../context.ts'
import { type Address, parameterOf } from '../request.ts'
import { limitRequests } from '../security.ts'
import { setFlash, takeFlash } from '../session.ts'
import { redirectTo, renderView } from '../views.ts'
import { listQuery, accountsView, searchString } from './accountsView.ts'
import { createSignInRoutes, requireAdmin } from './signIn.ts'

/** Accounts on a page. */
const PAGE_SIZE = 50

/** `/accounts`: the admin pages, if there is an admin password. `page`: middleware that rejects POST requests from other sites. */
export function createAdminRoutes(context: Context, address: Address, page: readonly RequestHandler[]): Router {
  const { config, accounts, refresher, now } = context
  const router = Router()
  if (config.adminPassword === undefined) return router
  const admin = [...page, requireAdmin(config)]
  router.use(createSignInRoutes(context, page))

  router.get('/accounts', ...admin, async (request, response) => {
    const query = listQuery(request)
    const { search, status, after } = query
    const [found, counts] = await Promise.all([
      search
        ? accounts.search(search, { status, limit: PAGE_SIZE })
        : accounts.page({ status, after, limit: PAGE_SIZE }),
      accounts.counts(),
    ])
    const notice = await takeFlash(request)
    await renderView(response, 'accounts', accountsView(found, counts, query, { address, now: now(), notice }))
  })

  router.post('/accounts/:id/refresh', ...admin, limitRequests('refresh'), async (request, response) => {
    const found = await accounts.findById(parameterOf(request, 'id'))
    if (found) {
      const { outcome, account } = await refresher.refresh(found.key)
      const reason = outcome === 'failed' && account?.statusReason ? describeReason(account.statusReason) : ''
      await setFlash(request, `${accountTitle(found)} ${REFRESH_MESSAGES[outcome]} ${reason}`.trim())
    }
    backToList(request, response)
  })

  router.get('/accounts/:id/disconnect', ...admin, async (request, response) => {
    const account = await accounts.findById(parameterOf(request, 'id'))
    const query = searchString(listQuery(request))
    const locals = account && {
      id: account.id,
      title: accountTitle(account),
      query,
      revokes: config.revokeOnDisconnect,
    }
    if (locals) await renderView(response, 'disconnect', locals)
    else backToList(request, response)
  })

  router.post('/accounts/:id/disconnect', ...admin, async (request, response) => {
    const account = await accounts.findById(parameterOf(request, 'id'))
    const disconnected = account && (await context.disconnect(account.key))
    if (disconnected) await setFlash(request, describeDisconnect(disconnected))
    backToList(request, response)
  })

  return router
}

/** Redirects to the part of the list that the button was on. */
function backToList(request: Request, response: Response): void {
  redirectTo(response, `/accounts${searchString(listQuery(request))}`)
}

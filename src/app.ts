import express, { type Express, type Request, type RequestHandler, Router } from 'express'
import helmet from 'helmet'
import type { Context } from './context.ts'
import { examine } from './doctor/doctor.ts'
import { AppError } from './errors/errors.ts'
import { createAdminRoutes } from './web/admin/routes.ts'
import { isAdmin } from './web/admin/signIn.ts'
import { createMetricsRoutes } from './web/api/metrics.ts'
import { createApiRoutes } from './web/api/routes.ts'
import { errorPage, lastResort } from './web/errorPage.ts'
import { alive, readiness } from './web/health.ts'
import { helpEntryPage, helpPage, helpWithPastedText } from './web/help.ts'
import type { Hooks } from './web/hooks.ts'
import * as login from './web/login.ts'
import * as meta from './web/meta.ts'
import { limitRequests } from './web/rateLimits.ts'
import { type Address, addressOf, cookieNames, literalRoute, parseForm, type Site } from './web/request.ts'
import { requestLog } from './web/requestLog.ts'
import { noStore, redirectToCanonicalLoopback, sameOrigin, securityHeaders } from './web/security.ts'
import { openSession } from './web/session.ts'
import { setupPages } from './web/setup.ts'
import { ASSETS, sendAsset } from './web/views.ts'

/** Options of {@link createRouter}. */
export interface RouterOptions {
  /** Where people reach the app. The router must be mounted at its base path. */
  address: Address
  /** What a host application decides itself. */
  hooks?: Hooks
  /** The app's own self-signed certificate (PEM), for the doctor. */
  certificate?: string | undefined
}

/**
 * Every route, in order. In a host application (`config.listening` is undefined) requests that match none of them fall through untouched;
 * the standalone app answers them with 404.
 */
export function createRouter(context: Context, { address, hooks = {}, certificate }: RouterOptions): Router {
  const { config } = context
  const site = createSite(context, address, hooks)
  const isOperator = (request: Request) => !config.production || isAdmin(request, config)
  const { guide, runDoctor } = setupPages(context, () => examine(context, certificate), isOperator)

  const log = requestLog(context, site)
  const program = [log, securityHeaders, noStore]
  const metaCall = [...program, limitRequests('metaRefusal'), parseForm('16kb')]
  const page = [log, noStore, sameOrigin(address), ...openSession(context, site)]
  const start = [redirectToCanonicalLoopback(address), ...page]
  const router = Router()

  for (const asset of ASSETS) router.get(`/assets/${asset}`, log, securityHeaders, sendAsset(asset))
  router.get('/healthz', ...program, alive)
  router.get('/readyz', ...program, readiness(context))
  router.use(createMetricsRoutes(context, address, program))
  router.use(createApiRoutes(context, address, program))
  router.post('/deauthorize', ...metaCall, meta.deauthorize(context), meta.metaErrors)
  router.post('/data-deletion', ...metaCall, meta.deleteData(context, address), meta.metaErrors)
  router.get('/data-deletion', log, noStore, meta.dataDeletionPage)
  router.get('/data-deletion/:code', log, noStore, meta.deletionStatusPage(context))

  router.get('/', ...start, login.startPage(context))
  router.get('/login', ...start, login.loginRedirect(context))
  router.get('/reconnect/:id', ...page, login.reconnectPage(context))
  router.get(literalRoute(address.callback), ...page, limitRequests('callback'), login.callback(context))
  router.get('/picture', ...page, login.picture(context))
  router.post('/refresh', ...page, login.refresh(context))
  if (config.takesTokens)
    router.post('/import', ...page, limitRequests('import'), parseForm('16kb'), login.importPastedToken(context))
  router.post('/disconnect', ...page, login.disconnect(context))
  router.get('/setup', ...page, guide)
  router.post('/setup', ...page, runDoctor)
  router.use(createAdminRoutes(context, address, page))
  router.get('/help', ...page, helpPage(context))
  router.get('/help/:name', ...page, helpEntryPage(context))
  router.post('/help', ...page, parseForm('16kb'), helpWithPastedText(context))

  if (config.listening) router.all('/{*path}', ...page, notFound)
  router.use(errorPage(log, config.names, isOperator), lastResort)
  return router
}

import express, { type Express, type Request, type RequestHandler, Router } from 'express'
import helmet from 'helmet'
import type { Context } from './context.ts'
import { AppError } from './errors/errors.ts'
import { createAdminRoutes } from './web/admin/routes.ts'
import { isAdmin } from './web/admin/signIn.ts'
import { createApiRoutes } from './web/api/routes.ts'
import { errorHandlers } from './web/errorPage.ts'
import { readiness } from './web/health.ts'
import { helpHandlers } from './web/help.ts'
import type { Hooks } from './web/hooks.ts'
import { loginHandlers } from './web/login.ts'
import { metaErrors, metaHandlers } from './web/meta.ts'
import { addressOf, cookieNames, literalRoute, parseForm } from './web/request.ts'
import { requestLog, type Site } from './web/requestContext.ts'
import * as security from './web/security.ts'
import { openExistingSession, openSession } from './web/session.ts'
import { setupHandlers } from './web/setup.ts'
import { ASSETS, sendAsset } from './web/views.ts'

/** Options of {@link createRouter}. */
export interface RouterOptions {
  /** What a host application decides itself. */
  hooks?: Hooks
  bindTo?: Site['bindTo']
  /** The app's own self-signed certificate (PEM), for the doctor. */
  certificate?: string | undefined
}

/**
 * Every route, in order. In a host application (`config.listening` is undefined) requests that match none of them fall through untouched;
 * the standalone app answers them with 404. It must be mounted at the redirect URI's path without the last segment.
 */
export function createRouter(context: Context, { hooks = {}, bindTo, certificate }: RouterOptions): Router {
  const { config } = context
  const address = addressOf(config.instagram.redirectUri)
  const site: Site = {
    locals: {
      base: address.base,
      sandbox: config.sandbox ? config.instagram.graphUrl : null,
      mounted: config.listening === undefined,
      siteName: config.siteName ?? null,
      siteLogo: config.siteLogo ?? null,
      supportUrl: config.supportUrl ?? null,
      privacyUrl: config.privacyUrl ?? null,
    },
    isAdmin: (request) => isAdmin(request, config),
    hooks,
    bindTo,
    cookies: cookieNames(address),
    sessionKey: `instagram-access-token ${config.instagram.clientId} ${address.base}`.trim(),
  }
  const isOperator = (request: Request) => !config.production || site.isAdmin(request)
  const login = loginHandlers(context, address)
  const meta = metaHandlers(context, address)
  const help = helpHandlers(context, address)
  const setup = setupHandlers(context, certificate)
  const operatorOnly: RequestHandler = (request, _response, next) => {
    next(isOperator(request) ? undefined : new AppError('not_found'))
  }

  const log = requestLog(context, site)
  const program = [log, security.securityHeaders, security.noStore]
  const metaCall = [...program, security.limitRequests('metaRefusal'), parseForm]
  const ownHost = config.listening ? [security.checkHost(address)] : []
  const plainPage = [log, security.noStore, security.mountNotice(context.log, address), ...ownHost]
  const session = openSession(context, site)
  const notices = [security.httpsNotice(context.log, address), security.hostSessionNotice(context.log)]
  const page = [...plainPage, security.sameOrigin(address), ...notices, session]
  const existingSession = openExistingSession(session)
  const start = [...plainPage, security.redirectToCanonicalLoopback(address), ...notices, existingSession]
  // Help is there without a database, too.
  const sessionIfReadable: RequestHandler = (request, response, next) =>
    void existingSession(request, response, () => {
      next()
    })
  const helpPage = [...plainPage, sessionIfReadable]
  // One limit for callbacks, however they arrive.
  const limitCallbacks = security.limitRequests('callback')
  const limitLinks = security.limitRequests('connect')
  const router = Router()

  router.get('/', start, login.startPage)
  router.get('/login', start, limitLinks, login.loginRedirect)
  router.get('/reconnect/:id', page, limitLinks, login.reconnectPage)
  router.get(literalRoute(address.callback), page, limitCallbacks, login.callback)
  router.get('/picture', page, security.limitRequests('picture'), login.picture)
  router.post('/refresh', page, security.limitRequests('refresh'), parseForm, login.refresh)
  if (config.takesTokens)
    router.post('/import', page, security.limitRequests('import'), parseForm, login.importPastedToken)
  router.get('/disconnect', page, login.disconnectPage)
  router.post('/disconnect', page, security.limitRequests('disconnect'), parseForm, login.disconnect)

  for (const asset of ASSETS) router.get(`/assets/${asset}`, log, security.securityHeaders, sendAsset(asset))
  router.get('/healthz', ...program, (_request, response) => response.json({ status: 'alive' }))
  router.get('/readyz', program, readiness(context))
  router.use(createApiRoutes(context, address, program))
  router.post('/deauthorize', ...metaCall, meta.deauthorize, metaErrors)
  router.post('/data-deletion', ...metaCall, meta.deleteData, metaErrors)
  router.get('/data-deletion', plainPage, meta.dataDeletionPage)
  router.get('/data-deletion/:code', plainPage, meta.deletionStatusPage)

  router.get('/setup', page, operatorOnly, setup.guide)
  router.post('/setup', page, operatorOnly, security.limitRequests('doctor'), parseForm, setup.check)
  router.use(createAdminRoutes(context, address, page))
  router.get('/help', helpPage, help.helpPage)
  router.get('/help/:name', helpPage, help.helpEntryPage)
  router.get('/problems/:name', plainPage, help.helpEntryPage)
  router.post('/help', page, limitCallbacks, parseForm, help.helpWithPastedText)

  if (config.listening)
    router.all('/{*path}', plainPage, security.sameOrigin(address), () => {
      throw new AppError('not_found')
    })
  router.use(errorHandlers(log, config.names, isOperator))
  return router
}

/** The standalone app: the router at the root, with the settings of Express. */
export function createApp(context: Context, options: Pick<RouterOptions, 'certificate'> = {}): Express {
  const { config, log } = context
  const trustProxy = config.listening?.trustProxy ?? false
  const app = express()
  app.set('env', config.production ? 'production' : 'development')
  app.set('trust proxy', trustProxy)
  app.set('query parser', false)
  app.set('etag', false)
  app.disable('x-powered-by')
  if (!trustProxy) app.use(security.proxyNotice(log))
  // Without subdomains, which may be of others.
  if (config.production && config.instagram.redirectUri.startsWith('https:'))
    app.use(helmet.strictTransportSecurity({ includeSubDomains: false }))
  app.use(createRouter(context, options))
  return app
}

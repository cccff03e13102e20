import { join } from 'node:path'
import express, { type Express, type Request, type RequestHandler } from 'express'
import type { Logger } from 'pino'
import { Refusal } from '../login/failures.ts'
import type { Address } from './address.ts'
import { errorPage } from './errorPage.ts'
import { type FinishedRequest, watchRequests } from './finishedRequest.ts'
import { oneLoopbackName } from './loopback.ts'
import { proxyNotice } from './proxyNotice.ts'
import { requestLog } from './requestLog.ts'
import { noStore, sameOrigin, securityHeaders } from './security.ts'
import { views, VIEWS } from './views.ts'

/** What holds for every page, whatever it shows. */
export interface SiteOptions {
  /** Where people reach us, from the settings. */
  address: Address
  production: boolean
  trustProxy: boolean | number | string[]
  /** Where the stand-in for Instagram is, if there is one. */
  sandbox: string | null
  log: Logger
  /** Whether whoever asks runs this site. */
  isOperator: (request: Request) => boolean
  /** Told of every request. */
  onRequest: (request: FinishedRequest) => void
  /** For whatever watches the process. */
  health: RequestHandler
  metrics: RequestHandler
  /** For programs: no session, no origin to check. */
  api: RequestHandler
  /** What Meta calls, and the pages to it: the same. */
  meta: RequestHandler
  /** Behind the sessions. */
  pages: readonly RequestHandler[]
}

/** The Express app around the pages: log, headers, assets, who may POST, and what happens to errors. */
export function createSite({
  address,
  production,
  trustProxy,
  sandbox,
  log,
  isOperator,
  onRequest,
  health,
  metrics,
  api,
  meta,
  pages,
}: SiteOptions): Express {
  const { origin, base } = address
  const https = origin.startsWith('https:')
  const site = express()
  site.set('env', production ? 'production' : 'development')
  site.set('trust proxy', trustProxy)
  site.set('query parser', false)
  site.set('etag', false)
  site.disable('x-powered-by')
  // Behind a proxy the socket does not show https, and Secure cookies would never be set. The redirect URI tells.
  Object.defineProperty(site.request, 'secure', { value: https })

  site.use(views({ base, sandbox }))
  site.use(watchRequests(onRequest))
  site.use(requestLog(log))
  if (!trustProxy) site.use(proxyNotice(log))
  site.use(securityHeaders({ https: https && production }))
  site.use('/assets', express.static(join(VIEWS, 'assets'), { index: false }))
  site.use(noStore)
  site.use(health)
  site.use('/metrics', metrics)
  site.use('/api', api)
  site.use(meta)
  site.get('/', oneLoopbackName(address))
  site.post(/.*/, sameOrigin(origin))
  site.use(...pages)
  site.use(() => {
    throw new Refusal('not_found')
  })
  // Until operators sign in, they are whoever is there outside production.
  site.use(errorPage({ isForOperator: (request) => !production || isOperator(request) }))
  return site
}

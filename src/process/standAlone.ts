import express, { type Express, type RequestHandler } from 'express'
import helmet from 'helmet'
import type { Logger } from 'pino'
import type { Config } from '../settings/config.ts'
import { proxyNotice } from '../web/proxyNotice.ts'

/** An app that has nothing but us: every path is ours, and what an app says of itself. */
export function standAlone(
  site: RequestHandler,
  { production, trustProxy, instagram }: Pick<Config, 'production' | 'trustProxy' | 'instagram'>,
  log: Logger,
): Express {
  const app = express()
  app.set('env', production ? 'production' : 'development')
  app.set('trust proxy', trustProxy)
  app.set('query parser', false)
  app.set('etag', false)
  app.disable('x-powered-by')
  if (!trustProxy) app.use(proxyNotice(log))
  // This host only: the others of its domain are not ours to decide about.
  if (production && new URL(instagram.redirectUri).protocol === 'https:')
    app.use(helmet.strictTransportSecurity({ includeSubDomains: false }))
  app.use(site)
  return app
}

import { join } from 'node:path'
import express, { type Express } from 'express'
import type { Logger } from 'pino'
import { createAccounts } from './accounts/accounts.ts'
import { createKeyRing } from './accounts/keyRing.ts'
import type { Config } from './config.ts'
import type { Instagram } from './instagram/client.ts'
import type { Database } from './storage/database.ts'
import { DatabaseSessionStore } from './storage/sessions.ts'
import { createCallbacks } from './web/callbacks.ts'
import { errorPage } from './web/errorPage.ts'
import { Refusal } from './web/failures.ts'
import { oneLoopbackName } from './web/loopback.ts'
import { pages } from './web/pages.ts'
import { requestLog } from './web/requestLog.ts'
import { noStore, sameOrigin, securityHeaders } from './web/security.ts'
import { SESSION_LIFETIME_MS, sessions } from './web/session.ts'
import type { PageLocals } from './web/views.ts'

const VIEWS = join(import.meta.dirname, '../views')

/** What an app is made of. It opens and closes nothing itself. */
export interface AppOptions {
  /** With at least one session secret and one token key. */
  config: Config
  database: Database
  instagram: Instagram
  log: Logger
  now: () => Date
}

/** The Express app: all rooms put together. Two with different settings can run in one process. */
export function createApp({ config, database, instagram, log, now }: AppOptions): Express {
  const { origin, protocol } = new URL(config.instagram.redirectUri)
  const https = protocol === 'https:'
  const store = new DatabaseSessionStore(database, { now, lifetimeMs: SESSION_LIFETIME_MS })
  const login = {
    instagram,
    accounts: createAccounts(database, createKeyRing(config.tokenKeys), now),
    scopes: config.instagram.scopes,
    showToken: config.showToken,
    graph: `${config.instagram.graphUrl}/${config.instagram.graphVersion}`,
    now,
  }

  const app = express()
  app.set('env', config.production ? 'production' : 'development')
  app.set('trust proxy', config.trustProxy)
  app.set('query parser', false)
  app.set('etag', false)
  app.set('views', VIEWS)
  app.set('view engine', 'ejs')
  app.enable('view cache')
  app.disable('x-powered-by')
  Object.assign(app.locals, {
    sandbox: config.sandbox ? config.instagram.graphUrl : null,
  } satisfies PageLocals)
  // Behind a proxy the socket does not show https, and Secure cookies would never be set. The redirect URI tells.
  Object.defineProperty(app.request, 'secure', { value: https })

  app.use(requestLog(log))
  app.use(securityHeaders({ https: https && config.production }))
  app.use('/assets', express.static(join(VIEWS, 'assets'), { index: false }))
  app.use(noStore)
  app.get('/', oneLoopbackName(origin))
  app.post(/.*/, sameOrigin(origin))
  app.use(sessions(store, config.sessionSecrets, https))
  app.use(pages(login, createCallbacks(database, now)))
  app.use(() => {
    throw new Refusal('not_found')
  })
  app.use(errorPage)
  return app
}

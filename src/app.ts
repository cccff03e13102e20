import type { Router } from 'express'
import type { Logger } from 'pino'
import type { Account } from './accounts/account.ts'
import { createCensus } from './accounts/census.ts'
import type { Listener } from './accounts/events.ts'
import type { Config } from './settings/config.ts'
import { type Core, createCore } from './core.ts'
import { examine } from './doctor/examine.ts'
import type { Installation } from './doctor/installation.ts'
import type { Instagram } from './instagram/client.ts'
import { observed } from './instagram/observed.ts'
import { createMetrics } from './metrics.ts'
import type { Settings } from './settings/settings.ts'
import type { Database } from './storage/database.ts'
import { DatabaseSessionStore } from './storage/sessions.ts'
import { addressOf, reconnectUrl } from './web/address.ts'
import { begin } from './web/begin.ts'
import { createApi } from './web/api/api.ts'
import { health } from './web/health.ts'
import { help } from './web/help.ts'
import type { Hooks } from './web/hooks.ts'
import { metaCallbacks } from './web/meta.ts'
import { accountsPages } from './web/operator/accountsPages.ts'
import { createOperator } from './web/operator/operator.ts'
import { pages } from './web/pages.ts'
import { setup } from './web/setup.ts'
import type { Registration } from './web/setupView.ts'
import { accountKeyIn, SESSION_LIFETIME_MS } from './web/ownSession.ts'
import { sessions } from './web/sessions.ts'
import { scrape } from './web/scrape.ts'
import { createSite } from './web/site.ts'

/** What an app is made of. It opens and closes nothing itself. */
export interface AppOptions {
  /** With at least one session secret and one token key; where it listens, if it does that by itself. */
  config: Settings & Partial<Pick<Config, 'port' | 'https'>>
  database: Database
  instagram: Instagram
  log: Logger
  now: () => Date
  /** Aborted when the process is told to stop: from then on it is not ready. */
  stopping?: AbortSignal
  /** What the app shows by https (PEM), if it speaks that itself and nobody else vouches for it. */
  certificate?: string | undefined
  /** Told of everything that happens to accounts. */
  listeners?: readonly Listener[]
  /** What the app decides that it is a part of. Default: it is one of its own. */
  hooks?: Hooks
  /** Where a person can connect an account again. Default: on our own page for that. */
  reconnectUrl?: ((account: Account) => string | null) | undefined
}

/** What answers requests, and what is done without anybody asking. */
export interface App {
  /** Everything of ours, for an app to be mounted in under the base path. It answers each request that it gets. */
  site: Router
  /** What needs no request. */
  core: Core
}

/** All rooms put together. Two apps with different settings can run in one process. */
export function createApp(options: AppOptions): App {
  const { config, database, log, now, listeners = [], hooks } = options
  const address = addressOf(config.instagram.redirectUri)
  const metrics = createMetrics(createCensus(database, now), { ofProcess: config.apiKeys.length > 0 })
  const core = createCore({
    settings: config,
    database,
    instagram: observed(options.instagram, metrics.onCall),
    log,
    now,
    listeners: [metrics.onEvent, ...listeners],
    reconnectUrl: options.reconnectUrl ?? ((account) => reconnectUrl(address, account)),
  })
  const { accounts, roster, refresher, withdrawals } = core
  const login = {
    ...core,
    showToken: config.showToken,
    takesTokens: config.takesTokens,
    graph: `${config.instagram.graphUrl}/${config.instagram.graphVersion}`,
    onLogin: metrics.onLogin,
    onConnected: hooks?.onConnected,
  }
  const operator = createOperator(config.adminPassword, config.sessionSecrets[0] ?? '')
  // By the system's clock, as express-session itself reckons.
  const store = new DatabaseSessionStore(database, {
    now: () => new Date(),
    lifetimeMs: SESSION_LIFETIME_MS,
    accountKeyOf: accountKeyIn,
  })
  return {
    site: createSite({
      address,
      production: config.production,
      sandbox: config.sandbox ? config.instagram.graphUrl : null,
      log,
      hooks,
      isOperator: (request) => operator.isOperator(request),
      onRequest: metrics.onRequest,
      metrics: scrape({ keys: config.apiKeys, ...metrics }),
      health: health({ database, stopping: options.stopping, log }),
      meta: metaCallbacks({
        withdrawals,
        secrets: [config.instagram.clientSecret, ...config.metaAppSecrets],
        address,
        now,
      }),
      api: createApi({ ...login, keys: config.apiKeys, address }),
      pages: [
        ...sessions({
          store,
          secrets: config.sessionSecrets,
          address,
          nameAtHost: `instagram-access-token ${config.instagram.clientId} ${address.base}`.trim(),
        }),
        pages(login, address.callback),
        setup({
          isOpen: (request) => !config.production || operator.isOperator(request),
          examine: () => examine(installation(options)),
          settings: config.instagram,
          sandbox: config.sandbox,
          listening: listening(config),
          now,
        }),
        ...(config.adminPassword === undefined
          ? []
          : [accountsPages({ operator, roster, accounts, refresher, address, now })]),
        begin(login),
        help(login, config.instagram.redirectUri),
      ],
    }),
    core,
  }
}

/** How it listens, if it does that by itself. */
function listening({ port, https }: AppOptions['config']): Registration['listening'] {
  if (port === undefined) return undefined
  return { port, https: typeof https === 'object' ? Object.values(https).join() : (https ?? null) }
}

/** This app, as the doctor examines it. Its settings could be read, or it would not run. */
function installation({ config, database, instagram, certificate }: AppOptions): Installation {
  const { clientId, clientSecret } = config.instagram
  const { sandbox } = config
  return {
    sandbox,
    written: sandbox ? {} : { INSTAGRAM_CLIENT_ID: clientId, INSTAGRAM_CLIENT_SECRET: clientSecret },
    mistakes: [],
    settings: config.instagram,
    instagram,
    port: config.port,
    https: config.https !== undefined,
    certificate,
    database,
    tokenKeys: config.tokenKeys,
    sessionSecrets: config.sessionSecrets,
    now: () => new Date(), // This machine's clock, which the sandbox's may be ahead of.
  }
}

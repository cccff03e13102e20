import type { Logger } from 'pino'
import type { Account } from './accounts/account.ts'
import { type Listener, needsPerson } from './accounts/events.ts'
import { createKeeping, type Keeping } from './accounts/keeping.ts'
import { createWebhook, type Webhook } from './accounts/webhook.ts'
import { createChores } from './chores.ts'
import type { Instagram } from './instagram/client.ts'
import { createCallbacks } from './login/callbacks.ts'
import { forLog } from './login/failures.ts'
import { createLogins, type Logins } from './login/logins.ts'
import type { Settings } from './settings/settings.ts'
import type { Database } from './storage/database.ts'
import type { Upkeep } from './upkeep.ts'

/** What a core is made of. It opens and closes nothing itself. */
export interface CoreOptions {
  /** With at least one session secret and one token key. */
  settings: Settings
  database: Database
  instagram: Instagram
  log: Logger
  now: () => Date
  /** Told of everything that happens to accounts. */
  listeners: readonly Listener[]
  /** Where a person can connect an account again; `null`: nowhere that we know. */
  reconnectUrl: (account: Account) => string | null
}

/** Logins, accounts and what keeps their tokens alive: all of an app that needs no request. */
export interface Core extends Keeping, Logins {
  instagram: Instagram
  /** Asked for at the authorize step. */
  scopes: readonly string[]
  log: Logger
  now: () => Date
  /** What is done without anybody asking. Does nothing until it is run or started. */
  upkeep: Upkeep
}

/** The rooms below the web put together. Two with different settings can run in one process. */
export function createCore(options: CoreOptions): Core {
  const { settings, database, instagram, log, now, listeners, reconnectUrl } = options
  const { scopes, redirectUri } = settings.instagram
  const webhook = settings.webhook && createLoggingWebhook(settings.webhook, options)
  const deliver = () => {
    webhook?.deliverDue().catch((error: unknown) => {
      log.error(error, 'events could not be delivered, and wait for the next round')
    })
  }
  const keeping = createKeeping({
    database,
    instagram,
    tokenKeys: settings.tokenKeys,
    refreshDaysBeforeExpiry: settings.refreshDaysBeforeExpiry,
    listeners: [logEvent(log), deliver, ...listeners],
    keepEvents: webhook !== undefined,
    reconnectUrl,
    onError: (error, { id }) => {
      log.warn({ err: error, account: id, ...forLog(error) }, 'a token could not be refreshed')
    },
    now,
  })
  const logins = createLogins({
    instagram,
    accounts: keeping.accounts,
    callbacks: createCallbacks(database, now, (error) => {
      log.error(error, 'the outcome of a login could not be kept')
    }),
    scopes,
    secrets: settings.sessionSecrets,
    origin: new URL(redirectUri).origin,
    returnToOrigins: settings.returnToOrigins,
    now,
  })
  const upkeep = createChores({ ...keeping, database, webhook, log, now })
  return { ...keeping, ...logins, instagram, scopes, log, now, upkeep }
}

function createLoggingWebhook(
  webhook: NonNullable<Settings['webhook']>,
  { database, log, now }: CoreOptions,
): Webhook {
  return createWebhook({
    database,
    ...webhook,
    now,
    onFailure: ({ cause, ...failure }) => {
      log[failure.gaveUp ? 'error' : 'warn']({ err: cause, ...failure }, 'an event could not be delivered')
    },
  })
}

function logEvent(log: Logger): Listener {
  return ({ type, account }) => {
    const { id, status, statusReason, tokenExpiresAt } = account
    const worrying = needsPerson(type) || type === 'account.unreadable'
    log[worrying ? 'warn' : 'info']({ account: id, status, reason: statusReason, tokenExpiresAt }, type)
  }
}

import type { Account } from './accounts/account.ts'
import { type Accounts, createAccounts } from './accounts/accounts.ts'
import { createDataDeletion, type DataDeletion } from './accounts/dataDeletion.ts'
import { createDisconnect, type Disconnect } from './accounts/disconnect.ts'
import { type AccountEvent, createEvents, type EventListener, needsPerson } from './accounts/events.ts'
import { createLeases, createRefresher, type Refresher } from './accounts/refresher.ts'
import { createTokenCipher } from './accounts/tokenCipher.ts'
import { checkKeys } from './accounts/tokenKeys.ts'
import { createWebhookDelivery } from './accounts/webhooks.ts'
import type { Config } from './config.ts'
import type { Database } from './database/database.ts'
import { isAppError } from './errors/errors.ts'
import { createInstagramClient, type InstagramClient } from './instagram/client.ts'
import { createJobs, type Jobs } from './jobs.ts'
import type { Logger } from './log.ts'
import { createLoginAttempts } from './login/attempts.ts'
import { createLogin, type PageLogin } from './login/login.ts'
import { reconnectUrl } from './login/state.ts'
import { createMetrics, type Metrics } from './metrics.ts'

/** A database that notes when a write fails because the database is read-only, full or away. */
interface WatchedDatabase extends Database {
  /** Set by a write that failed. The health check clears it when writes succeed again. */
  hasFailedWrite: boolean
}

/** Everything that requests, jobs and commands work with. Disposing of it stops the jobs, and closes the connections to Instagram and the database. */
export interface Context extends AsyncDisposable {
  config: Config
  log: Logger
  now: () => Date
  database: WatchedDatabase
  instagram: InstagramClient
  accounts: Accounts
  disconnect: Disconnect
  refresher: Refresher
  dataDeletion: DataDeletion
  login: PageLogin
  metrics: Metrics
  jobs: Jobs
  /** Aborted when the process stops. */
  stopping: AbortController
}

/** What a context is built from. */
export interface ContextParts {
  /** Closed together with the context. */
  database: Database
  log: Logger
  /** Default: the system's clock. */
  now?: (() => Date) | undefined
  /** Called with every event of an account. Must not throw. Default: none. */
  listeners?: readonly EventListener[] | undefined
  /** Where a person can connect an account again; `null`: unknown. Default: this package's page. */
  reconnectUrl?: ((account: Account) => string | null) | undefined
}

/**
 * Builds a context; starts nothing. Several contexts with different settings can exist in one process.
 *
 * @param config With at least one session secret and one token key.
 */
export function createContext(config: Config, parts: ContextParts): Context {
  const { log, now = () => new Date(), listeners = [] } = parts
  const urlOf = parts.reconnectUrl ?? ((account: Account) => reconnectUrl(account, { config, now }))
  const database = watchWrites(parts.database)

  const webhook =
    config.webhook && createWebhookDelivery({ ...config.webhook, proxy: config.proxy, database, log, now })
  const schedule = { refreshDaysBeforeExpiry: config.refreshDaysBeforeExpiry, random: Math.random }
  const cipher = createTokenCipher(config.tokenKeys)
  const forWebhook = webhook !== undefined
  const events = createEvents({ now, listeners: [onEvent, ...listeners], forWebhook, reconnectUrl: urlOf })
  const accounts = createAccounts({ database, cipher, events, schedule, now })
  const metrics = createMetrics(database, accounts, now, config.apiKeys.length > 0)
  const { onCall } = metrics
  const instagram = createInstagramClient(config.instagram, { now, log, proxy: config.proxy, onCall })
  const leases = createLeases(database, cipher, events, now)
  const refresher = createRefresher({ instagram, accounts, leases, schedule, log, now, names: config.names })
  const attempts = createLoginAttempts(database, log, now)
  const checkTokenKeys = (signal: AbortSignal) => checkKeys(database, cipher, leases, schedule, now, signal)
  const jobs = createJobs({ database, refresher, attempts, webhook, checkKeys: checkTokenKeys, log, now })

  function onEvent(event: AccountEvent): void {
    const { id, status, statusReason: reason, tokenExpiresAt } = event.account
    const level = needsPerson(event.type) || event.type === 'account.unreadable' ? 'warn' : 'info'
    log[level]({ account: id, status, reason, tokenExpiresAt }, event.type)
    metrics.onEvent(event)
    webhook?.deliverDue().catch((error: unknown) => {
      log.error({ err: error }, 'events could not be delivered; they are retried in the next round')
    })
  }

  return {
    config,
    log,
    now,
    database,
    instagram,
    accounts,
    disconnect: createDisconnect({ config, accounts, cipher, instagram, log }),
    refresher,
    dataDeletion: createDataDeletion(database, events, now),
    login: createLogin({ config, instagram, accounts, attempts, now }),
    metrics,
    jobs,
    stopping: new AbortController(),
    async [Symbol.asyncDispose]() {
      await jobs.stop()
      await instagram.close()
      await database.close()
    },
  }
}

/** Watches the writes to a database. */
function watchWrites(database: Database): WatchedDatabase {
  function noteFailure(error: unknown): never {
    if (isAppError(error, 'database_unavailable')) watched.hasFailedWrite = true
    throw error
  }

  const watched: WatchedDatabase = {
    ...database,
    hasFailedWrite: false,
    query(sql, parameters) {
      const result = database.query(sql, parameters)
      return sql.startsWith('SELECT') ? result : result.catch(noteFailure)
    },
    transaction: (work) => database.transaction(work).catch(noteFailure),
  }
  return watched
}

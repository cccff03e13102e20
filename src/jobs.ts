import { setTimeout as sleep } from 'node:timers/promises'
import { deleteBatch, inBatches } from './accounts/batches.ts'
import type { Refresher } from './accounts/refresher.ts'
import type { WebhookDelivery } from './accounts/webhooks.ts'
import type { Database } from './database/database.ts'
import { DAY_MS, MINUTE_MS } from './facts.ts'
import type { Logger } from './log.ts'
import type { LoginAttempts } from './login/attempts.ts'

/** Milliseconds between two runs of a job. */
const INTERVAL_MS = MINUTE_MS

/** Milliseconds for which a login attempt is kept, so that its callback can be reloaded. */
const LOGIN_ATTEMPT_LIFETIME_MS = DAY_MS

/** Milliseconds for which undelivered events are kept after the webhook was removed from the settings: the setting may be restored. */
const EVENT_LIFETIME_MS = 7 * DAY_MS

/** The app's background jobs: refreshing tokens, delivering events, and deleting expired data. */
export type Jobs = ReturnType<typeof createJobs>

/** Jobs that do nothing until they are run or started. */
export function createJobs(options: {
  database: Database
  refresher: Refresher
  attempts: LoginAttempts
  /** `undefined`: no webhook is set up. */
  webhook: WebhookDelivery | undefined
  /** Compares the accounts with the token keys. */
  checkKeys: (signal: AbortSignal) => Promise<void>
  log: Logger
  now: () => Date
}) {
  const { database, refresher, attempts, webhook, log, now } = options
  const stopping = new AbortController()
  let loops: Promise<void>[] = []
  let areKeysChecked = false

  const jobs: Readonly<Record<string, () => Promise<unknown>>> = {
    'checking keys': async () => {
      // Keys change at a start only.
      if (!areKeysChecked) await options.checkKeys(stopping.signal)
      areKeysChecked = true
    },
    refreshing: () => refresher.refreshDue(),
    'delivering events': async () => webhook?.deliverDue(),
    'looking for interrupted logins': async () => {
      const count = await attempts.markInterrupted()
      if (count > 0) log.warn({ count }, 'logins were interrupted; their tokens are lost')
    },
    'deleting expired data': async () => {
      const time = now().getTime()
      const deleteOld = (table: Parameters<typeof deleteBatch>[1], column: string, until: number) =>
        inBatches(() => deleteBatch(database, table, `${column} <= $1`, until), stopping.signal)
      await deleteOld('sessions', 'expires_at', Date.now()) // express-session uses the system's clock.
      await deleteOld('login_attempts', 'claimed_at', time - LOGIN_ATTEMPT_LIFETIME_MS)
      if (!webhook) await deleteOld('events', 'deliver_at', time - EVENT_LIFETIME_MS)
      // SQLite: until then, deleted data can still be read in the write-ahead log, unless another process uses the file.
      if (database.engine === 'sqlite') await database.query('PRAGMA wal_checkpoint(TRUNCATE)')
    },
  }

  async function attempt(name: string, job: () => Promise<unknown>): Promise<void> {
    try {
      await job()
    } catch (error) {
      log.error({ err: error }, `${name} failed; it is retried later`)
    }
  }

  async function repeat(name: string, job: () => Promise<unknown>): Promise<void> {
    while (!stopping.signal.aborted) {
      await attempt(name, job)
      await sleep(INTERVAL_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  return {
    /** Runs every job once. Never rejects: failures are logged, and the next run tries again. */
    async run(): Promise<void> {
      await Promise.all(Object.entries(jobs).map(([name, job]) => attempt(name, job)))
    },

    /** Runs every job now and then every minute. A slow one delays no other. */
    start(): void {
      loops = Object.entries(jobs).map(([name, job]) => repeat(name, job))
    },

    /** Ends the jobs under way early, and starts no more. */
    async stop(): Promise<void> {
      stopping.abort()
      refresher.stop()
      await webhook?.close()
      await Promise.all(loops)
    },
  }
}

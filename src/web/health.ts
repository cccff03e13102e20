import { Router } from 'express'
import type { Logger } from 'pino'
import type { Database } from '../storage/database.ts'
import { within } from '../storage/within.ts'

/** Milliseconds in which a database that is well answers. */
const ANSWER_LIMIT_MS = 2_000

/** What is looked at. */
export interface HealthOptions {
  database: Pick<Database, 'all'>
  /** Aborted when the process is told to stop. */
  stopping?: AbortSignal | undefined
  /** Told whenever readiness changes. */
  log: Logger
  /** Milliseconds in which the database must answer; two seconds by default. */
  limitMs?: number
}

/** `/healthz`: the process answers. `/readyz`: it can do its work, for the database answers and nobody has told it to stop. Strangers learn no more. */
export function health({ database, stopping, log, limitMs = ANSWER_LIMIT_MS }: HealthOptions): Router {
  let wasReady = true
  let looking: Promise<boolean> | undefined

  /** One look at a time, however many ask: they would pile up where the database hangs. */
  async function isReady(): Promise<boolean> {
    if (stopping?.aborted) return false
    looking ??= answers().finally(() => (looking = undefined))
    return looking
  }

  async function answers(): Promise<boolean> {
    try {
      await within(limitMs, database.all('SELECT MAX(version) FROM schema_versions'))
      if (!wasReady) log.info('Ready again: the database answers.')
      return (wasReady = true)
    } catch (error) {
      if (wasReady) log.error(error, 'Not ready: the database is away.')
      return (wasReady = false)
    }
  }

  const router = Router()
  router.get('/healthz', (_request, response) => {
    response.json({ status: 'alive' })
  })
  router.get('/readyz', async (_request, response) => {
    const ready = await isReady()
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready' })
  })
  return router
}

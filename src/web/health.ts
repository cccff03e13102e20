import type { RequestHandler } from 'express'
import type { Context } from '../context.ts'
import { withTimeout } from '../database/database.ts'

/** Milliseconds in which the database must answer. */
const DATABASE_LIMIT_MS = 2_000

/** `GET /readyz`: the database responds and the process is not stopping. The log says when that changes. */
export function readiness({ database, stopping, log }: Context): RequestHandler {
  let wasReady = true
  let checking: Promise<boolean> | undefined

  async function checkDatabase(): Promise<boolean> {
    try {
      await withTimeout(DATABASE_LIMIT_MS, database.query('SELECT MAX(version) AS version FROM schema_versions'))
      if (!wasReady) log.info('Ready again: the database answers.')
      return (wasReady = true)
    } catch (error) {
      if (wasReady) log.error({ err: error }, 'Not ready: the database is away.')
      return (wasReady = false)
    }
  }

  return async (_request, response) => {
    // One check at a time: with a database that hangs, they would pile up.
    checking ??= checkDatabase().finally(() => (checking = undefined))
    const isReady = !stopping.aborted && (await checking)
    response.status(isReady ? 200 : 503).json({ status: isReady ? 'ready' : 'not ready' })
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { RequestHandler } from 'express'
import type { Context } from '../context.ts'
import { AppError } from '../errors/errors.ts'

/** Milliseconds in which the database must answer. */
const DATABASE_LIMIT_MS = 2_000

/** Milliseconds between two test writes after a write that failed. */
const TEST_WRITE_INTERVAL_MS = 30_000

/** Changes nothing, and fails as other writes do. */
const TEST_WRITE = 'UPDATE schema_versions SET applied_at = applied_at'

/**
 * `GET /readyz`: the database responds and the process is not stopping; after a write that failed, a test write has succeeded. The log says when
 * that changes.
 */
export function readiness({ database, stopping, log }: Context): RequestHandler {
  let wasReady = true
  let checking: Promise<boolean> | undefined
  let nextTestWrite = 0

  async function checkDatabase(): Promise<boolean> {
    try {
      await withTimeout(DATABASE_LIMIT_MS, database.query('SELECT MAX(version) AS version FROM schema_versions'))
      if (database.hasFailedWrite) {
        if (performance.now() < nextTestWrite)
          throw new AppError('database_unavailable', { message: 'A write to the database failed' })
        nextTestWrite = performance.now() + TEST_WRITE_INTERVAL_MS
        await withTimeout(DATABASE_LIMIT_MS, database.query(TEST_WRITE))
        database.hasFailedWrite = false
      }
      if (!wasReady) log.info('Ready again: the database can be reached.')
      return (wasReady = true)
    } catch (error) {
      if (wasReady) log.error({ err: error }, 'Not ready: the database cannot be reached.')
      return (wasReady = false)
    }
  }

  return async (_request, response) => {
    // One check at a time: with a database that hangs, they would pile up.
    checking ??= checkDatabase().finally(() => (checking = undefined))
    const isReady = !stopping.signal.aborted && (await checking)
    response.status(isReady ? 200 : 503).json({ status: isReady ? 'ready' : 'not ready' })
  }
}

/** The result of a promise, or `database_unavailable` after `limitMs` milliseconds; the work behind the promise continues. */
export async function withTimeout<Result>(limitMs: number, promise: Promise<Result>): Promise<Result> {
  const late = sleep(limitMs, undefined, { ref: false }).then(() => {
    throw new AppError('database_unavailable', { message: `The database took longer than ${limitMs} ms` })
  })
  return Promise.race([promise, late])
}

import { existsSync } from 'node:fs'
import { sqliteFile } from '../databaseUrl.ts'
import { AppError, isAppError } from '../errors/errors.ts'
import { migrate } from './migrations.ts'
import type { Database } from './queries.ts'
import { openSqlite } from './sqlite.ts'

export { dataFolder, isInMemory } from '../databaseUrl.ts'
export type { Database, Queries, QueryResult, Row, Transaction, Value } from './queries.ts'

/** Milliseconds between two attempts to open a database in the background. */
const REOPEN_MS = 10_000

/**
 * Opens a database and creates its tables. `file:./data/accounts.db` (or `file:///…`) is an SQLite file, created with its folder
 * if it is missing; `file::memory:` lasts until it is closed. `postgres://user:password@host:5432/database` must exist.
 *
 * @throws {AppError} `database_unavailable`: the server cannot be reached
 * @throws Error in a sentence for the operator, without the password: anything else, such as a database of another version
 */
export async function openDatabase(url: string): Promise<Database> {
  const database = await open(url)
  try {
    await migrate(database)
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}

/**
 * Opens a database as it is: neither creates nor migrates it. `undefined`: there is no such file.
 *
 * @throws as {@link openDatabase}
 */
export async function openExistingDatabase(url: string): Promise<Database | undefined> {
  const path = sqliteFile(url)
  return path === undefined || path === ':memory:' || existsSync(path) ? open(url) : undefined
}

/** A database that is opened in the background. */
export interface BackgroundDatabase extends Database {
  /** Settles with the attempt under way: when the database is open, or with the reason why it is not. */
  ready(): Promise<void>
}

/**
 * Opens a database at once and, after a failure, again every ten seconds. Until it is open, queries wait for the
 * attempt under way and fail with it as `database_unavailable`.
 *
 * @param onError is called with the reason of each failed attempt
 * @throws Error at once for a malformed URL
 */
export function openInBackground(url: string, onError: (error: unknown) => void): BackgroundDatabase {
  const engine = sqliteFile(url) === undefined ? 'postgres' : 'sqlite'
  let isClosed = false
  let timer: NodeJS.Timeout | undefined
  let attempt = start()

  function start(): Promise<Database> {
    const opening = openDatabase(url)
    opening.catch((error: unknown) => {
      if (isClosed) return
      onError(error)
      timer = setTimeout(() => {
        attempt = start()
      }, REOPEN_MS).unref()
    })
    return opening
  }

  async function opened(): Promise<Database> {
    if (isClosed) throw new Error('The database is closed')
    return await attempt.catch((cause: unknown) => {
      if (isAppError(cause, 'database_unavailable')) throw cause
      throw new AppError('database_unavailable', { message: 'The database is not open', cause })
    })
  }

  return {
    engine,
    skipLocked: engine === 'postgres' ? ' FOR UPDATE SKIP LOCKED' : '',
    query: async (sql, parameters) => (await opened()).query(sql, parameters),
    transaction: async (work) => (await opened()).transaction(work),
    checkpoint: async () => (await opened()).checkpoint(),
    async ready() {
      await attempt
    },
    async close() {
      isClosed = true
      clearTimeout(timer)
      const database = await attempt.catch(() => undefined)
      await database?.close()
    },
  }
}

/**
 * The result of a promise, if it settles in time; the work behind it goes on all the same.
 *
 * @throws {AppError} `database_unavailable` after `limitMs` milliseconds
 */
export async function withTimeout<Result>(limitMs: number, promise: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const message = `The database has not answered within ${limitMs} ms`
    late.reject(new AppError('database_unavailable', { message }))
  }, limitMs)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

async function open(url: string): Promise<Database> {
  const path = sqliteFile(url)
  if (path !== undefined) return openSqlite(path)
  const { openPostgres } = await import('./postgres.ts') // pg is loaded by those who use it.
  return openPostgres(url)
}

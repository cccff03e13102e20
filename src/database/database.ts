import { existsSync } from 'node:fs'
import { isInMemory, postgresName, sqliteFile } from '../databaseUrl.ts'
import { AppError } from '../errors/errors.ts'
import { fileProblem } from '../errors/files.ts'
import { migrate } from './migrations.ts'
import type { Database } from './queries.ts'
import { openSqlite } from './sqlite.ts'

export type { Database, Queries, QueryResult, Row, Transaction, Value } from './queries.ts'

/**
 * Opens a database and creates its tables. `file:./data/accounts.db` (or `file:///…`) is an SQLite file, created with its folder
 * if it is missing; `file::memory:` lasts until it is closed. `postgres://user:password@host:5432/database`, with pg's options
 * such as `sslmode` after a question mark, must exist.
 *
 * @throws Error in a sentence for the operator, without the password: `database_unavailable`, or a malformed URL
 */
export function openDatabase(url: string): Promise<Database> {
  return open(url, migrate)
}

/** Opens a database and changes nothing in it; `undefined` if there is no such file. Throws as {@link openDatabase}. */
export async function openExistingDatabase(url: string): Promise<Database | undefined> {
  return isInMemory(url) || existsSync(sqliteFile(url) ?? '/') ? open(url) : undefined
}

async function open(url: string, prepare?: (database: Database) => Promise<void>): Promise<Database> {
  const path = sqliteFile(url)
  const name = path ?? postgresName(url)
  let database: Database | undefined
  try {
    // Only those who use PostgreSQL load pg.
    database = path === undefined ? (await import('./postgres.ts')).openPostgres(url) : await openSqlite(path)
    const encoding = path === undefined && (await database.query('SHOW server_encoding')).rows[0]
    if (encoding && encoding['server_encoding'] !== 'UTF8') throw new Error('its encoding must be UTF8')
    await prepare?.(database)
    return database
  } catch (cause) {
    await database?.close()
    const message = `The database ${name} cannot be opened: ${fileProblem(cause)}`
    throw new AppError('database_unavailable', { message, cause })
  }
}

/**
 * Opens a database in the background, and tries again every ten seconds. Until it is open, queries wait for the attempt
 * under way and fail with its error, `database_unavailable`. `ready` settles with that attempt.
 *
 * @param onError Called with the error of each failed attempt
 * @throws Error for a malformed URL
 */
export function openInBackground(
  url: string,
  onError: (error: unknown) => void,
): Database & { ready: () => Promise<unknown> } {
  let isClosed = false
  let attempt: Promise<Database>
  start()

  function start(): void {
    if (isClosed) return
    attempt = openDatabase(url)
    attempt.catch((error: unknown) => {
      if (isClosed) return
      onError(error)
      setTimeout(start, 10_000).unref()
    })
  }

  return {
    engine: sqliteFile(url) === undefined ? 'postgres' : 'sqlite',
    query: async (sql, parameters) => (await attempt).query(sql, parameters),
    transaction: async (work) => (await attempt).transaction(work),
    ready: () => attempt,
    async close() {
      isClosed = true
      await (await attempt.catch(() => undefined))?.close()
    },
  }
}

import { accessSync, chmodSync, closeSync, constants, existsSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../errors/errors.ts'
import { fileProblem } from '../errors/files.ts'
import { checkParameters, commit } from './queries.ts'
import type { Database, Queries, QueryResult, Row, Value } from './queries.ts'

/** Result codes: locked, read-only (moved or deleted), I/O error, disk full, cannot open. @see https://www.sqlite.org/rescode.html */
const BUSY = 5
const UNAVAILABLE = [BUSY, 8, 10, 13, 14]

/**
 * Opens an SQLite file, created with its folder if it is missing, or `:memory:`. There is one connection, and a queue that
 * keeps other statements out of the transaction under way.
 */
export async function openSqlite(path: string): Promise<Database> {
  const connection = await retryWhileBusy(() => connect(path))
  const statements = new Map<string, { statement: StatementSync; returnsRows: boolean }>()
  let queue: Promise<unknown> = Promise.resolve()
  let isClosed = false

  async function enqueue<Result>(work: () => Promise<Result>): Promise<Result> {
    if (isClosed) throw new AppError('database_unavailable', { message: 'The database is closed' })
    const result = queue.then(work)
    queue = result.catch(() => undefined)
    return result
  }

  function prepare(sql: string) {
    const statement = connection.prepare(sql.replace(/\$(\d+)/g, '?$1')) // `$1` is a name to SQLite, `?1` a place.
    const prepared = { statement, returnsRows: statement.columns().length > 0 }
    statements.set(sql, prepared)
    return prepared
  }

  function run(sql: string, parameters: readonly Value[] = []): QueryResult {
    checkParameters(sql, parameters)
    const { statement, returnsRows } = statements.get(sql) ?? prepare(sql)
    if (!returnsRows) return { rows: [], rowCount: Number(statement.run(...parameters).changes) }
    // The rows of node:sqlite have no prototype. Our columns hold text and integers only.
    const rows = statement.all(...parameters).map((row) => ({ ...row }) as Row)
    return { rows, rowCount: rows.length }
  }

  const query: Queries['query'] = (sql, parameters) => retryWhileBusy(() => run(sql, parameters))

  return {
    engine: 'sqlite',
    query: (sql, parameters) => enqueue(() => query(sql, parameters)),
    transaction: (work) =>
      enqueue(async () => {
        connection.exec('PRAGMA synchronous = FULL')
        try {
          // One that locked only when it first writes could fail half-way.
          await query('BEGIN IMMEDIATE')
          return await commit(work, query)
        } catch (error) {
          if (connection.isTransaction) run('ROLLBACK') // SQLite has done so itself on a full disk.
          throw error
        } finally {
          connection.exec('PRAGMA synchronous = NORMAL')
        }
      }),
    async close() {
      isClosed = true
      await queue
      if (connection.isOpen) connection.close()
    },
  }
}

function connect(path: string): DatabaseSync {
  if (path !== ':memory:') {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    // An existing file is not opened here: closing it would drop the locks that this process holds on it.
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
    try {
      chmodSync(path, 0o600) // SQLite gives its other files the same mode.
    } catch (error) {
      // The file of another user, as on a volume, is fine if it can be written.
      if (statSync(path).mode & 0o4)
        process.emitWarning(`Every user of this machine can read the database: ${fileProblem(error)}.`)
    }
    // SQLite would not say which of them it cannot use.
    for (const each of [dirname(path), path, `${path}-wal`, `${path}-shm`])
      if (existsSync(each)) accessSync(each, constants.R_OK | constants.W_OK)
  }
  const connection = new DatabaseSync(path, { timeout: 0 })
  try {
    connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON')
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

/** Waits up to five seconds for locks of others, without blocking the event loop as SQLite's own waiting would. */
async function retryWhileBusy<Result>(attempt: () => Result): Promise<Result> {
  const deadline = performance.now() + 5_000
  for (let pause = 1; ; pause = Math.min(pause * 2, 32)) {
    try {
      return attempt()
    } catch (cause) {
      const code = cause instanceof Error && 'errcode' in cause ? Number(cause.errcode) & 0xff : -1
      if (!UNAVAILABLE.includes(code)) throw cause
      const message = `The database is unavailable: ${(cause as Error).message}`
      if (code !== BUSY || performance.now() >= deadline) throw new AppError('database_unavailable', { message, cause })
    }
    await sleep(pause)
  }
}

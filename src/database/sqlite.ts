import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../errors/errors.ts'
import { CheckedTransaction, checkParameters } from './queries.ts'
import type { Database, QueryResult, Transaction, Value } from './queries.ts'

/** Milliseconds for which another process's lock is waited for, and the longest pause between two attempts. */
const BUSY_LIMIT_MS = 5_000
const MAX_PAUSE_MS = 32

/** Statements that stay prepared: more than the app has. */
const MAX_STATEMENTS = 256

/** SQLite's result codes that pass by themselves, or with the operator's help. See https://www.sqlite.org/rescode.html */
const SQLITE_BUSY = 5
const UNAVAILABLE: ReadonlyMap<number, string> = new Map([
  [SQLITE_BUSY, 'another process keeps it locked'],
  [8, 'its file cannot be written (was it moved or deleted?)'],
  [10, 'the disk fails'],
  [13, 'the disk is full'],
  [14, 'its file cannot be opened'],
])

/**
 * Opens an SQLite file, created with its folder if it is missing, or `:memory:`.
 *
 * @throws Error in a sentence that names the file, with its cause
 */
export async function openSqlite(path: string): Promise<Database> {
  try {
    return new SqliteDatabase(await retryWhileBusy(() => open(path)))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`The database ${path} cannot be opened: ${reason}`, { cause })
  }
}

function open(path: string): DatabaseSync {
  const file = path === ':memory:' ? path : resolve(path)
  if (file !== ':memory:') {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    // An existing file is not opened here: closing it would drop the locks that this process holds on it.
    if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600))
    chmodSync(file, 0o600) // SQLite gives the `-wal` and `-shm` files the same mode.
  }
  // SQLite's own waiting for locks would block the event loop.
  const connection = new DatabaseSync(file, { timeout: 0, enableForeignKeyConstraints: true })
  try {
    connection.exec('PRAGMA journal_mode = WAL')
    connection.exec('PRAGMA synchronous = FULL')
    connection.exec('PRAGMA secure_delete = ON') // Deleted tokens are overwritten.
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}

/** One connection. A queue keeps statements out of the transaction under way. */
class SqliteDatabase implements Database {
  readonly engine = 'sqlite'
  readonly skipLocked = ''
  readonly #connection: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  #queue: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(connection: DatabaseSync) {
    this.#connection = connection
  }

  query(sql: string, parameters: readonly Value[] = []): Promise<QueryResult> {
    return this.#enqueue(() => retryWhileBusy(() => this.#run(sql, parameters)))
  }

  transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    return this.#enqueue(async () => {
      // A transaction that locks only when it first writes could fail half-way.
      await retryWhileBusy(() => this.#run('BEGIN IMMEDIATE'))
      const transaction = new CheckedTransaction((sql, parameters) => this.#run(sql, parameters))
      try {
        const result = await work(transaction)
        await transaction.commit()
        return result
      } catch (error) {
        // SQLite itself rolls back when the disk is full.
        if (this.#connection.isTransaction) await transaction.rollback()
        throw error
      }
    })
  }

  async checkpoint(): Promise<void> {
    await this.query('PRAGMA wal_checkpoint(TRUNCATE)')
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    const closed = this.#enqueue(() => retryWhileBusy(() => this.#connection.close()))
    this.#isClosed = true
    await closed
  }

  async #enqueue<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#isClosed) throw new Error('The database is closed')
    const result = this.#queue.then(work)
    this.#queue = result.catch(() => undefined)
    return await result
  }

  #run(sql: string, parameters: readonly Value[] = []): QueryResult {
    checkParameters(sql, parameters)
    const named = Object.fromEntries(parameters.map((value, index) => [`$${index + 1}`, value]))
    try {
      const statement = this.#prepare(sql)
      if (statement.columns().length === 0)
        return { rows: [], rowCount: Number(statement.run(named).changes) }
      // SQLite's rows have no prototype. Our columns hold text and integers only.
      const rows = statement.all(named).map((row) => ({ ...row }) as QueryResult['rows'][number])
      return { rows, rowCount: rows.length }
    } catch (error) {
      throw toDatabaseError(error)
    }
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (!statement) {
      if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear()
      statement = this.#connection.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }
}

/** @throws what the last attempt threw, at the latest after five seconds */
async function retryWhileBusy<Result>(attempt: () => Result): Promise<Result> {
  const deadline = performance.now() + BUSY_LIMIT_MS
  for (let pause = 1; ; pause = Math.min(pause * 2, MAX_PAUSE_MS)) {
    try {
      return attempt()
    } catch (error) {
      const code = resultCode(error instanceof AppError ? error.cause : error)
      if (code !== SQLITE_BUSY || performance.now() >= deadline) throw error
    }
    await sleep(pause)
  }
}

function toDatabaseError(cause: unknown): unknown {
  const reason = UNAVAILABLE.get(resultCode(cause))
  if (reason === undefined) return cause
  return new AppError('database_unavailable', { message: `The database is unavailable: ${reason}`, cause })
}

/** SQLite's primary result code; NaN for another error. */
function resultCode(error: unknown): number {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined
  return typeof code === 'number' ? code & 0xff : NaN
}

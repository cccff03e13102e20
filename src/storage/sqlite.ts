import { AsyncLocalStorage } from 'node:async_hooks'
import type { Database, Queries, Row, Value } from './database.ts'
import { Disk } from './disk.ts'
import { SqliteConnection } from './sqliteConnection.ts'
import { isBusy } from './sqliteErrors.ts'
import { patiently } from './sqliteLock.ts'
import { refuseInside, TransactionQueries } from './transaction.ts'

/**
 * Opens an SQLite file, or `:memory:`, behind the interface that all databases share. Its schema is left as it is.
 *
 * @throws Error with a sentence that names the file, and the cause.
 */
export async function openSqlite(path: string): Promise<Database> {
  try {
    return new SqliteDatabase(await patiently(() => new SqliteConnection(path)), path)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`The database ${path} cannot be opened: ${reason}`, { cause: error })
  }
}

/** Statements that leave nothing to be brought to the disk. */
const ONLY_READS = /^\s*(SELECT|PRAGMA)\b/i

/**
 * One connection, and therefore one thing at a time. A statement runs at once where nothing is under way; a transaction
 * holds a queue in which all that is asked meanwhile waits, so that an `await` inside it lets no stranger slip in.
 */
class SqliteDatabase implements Database {
  readonly #connection: SqliteConnection
  /** Undefined in memory. */
  readonly #disk: Disk | undefined
  readonly #current = new AsyncLocalStorage<TransactionQueries>()
  /** Settles when all that is queued has been done; undefined when nothing is. */
  #queue: Promise<void> | undefined

  constructor(connection: SqliteConnection, path: string) {
    this.#connection = connection
    this.#disk = path === ':memory:' ? undefined : new Disk(`${path}-wal`)
  }

  all(sql: string, ...parameters: Value[]): Promise<Row[]> {
    const rows = this.#whenFree(() => this.#connection.all(sql, parameters))
    return ONLY_READS.test(sql) ? rows : this.#onDisk(rows)
  }

  run(sql: string, ...parameters: Value[]): Promise<number> {
    return this.#onDisk(this.runUnsynced(sql, ...parameters))
  }

  runUnsynced(sql: string, ...parameters: Value[]): Promise<number> {
    return this.#whenFree(() => this.#connection.run(sql, parameters))
  }

  transaction<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result> {
    return this.#onDisk(this.#queued(() => this.#allOrNothing(work)))
  }

  async emptyJournal(): Promise<void> {
    await this.all('PRAGMA wal_checkpoint(TRUNCATE)')
  }

  close(): Promise<void> {
    return this.#queued(async () => {
      await this.#disk?.close()
      await patiently(() => {
        this.#connection.close()
      })
    })
  }

  /** Answers once it would outlast a power cut: a token comes from Instagram once, and a deleted one must not return. */
  async #onDisk<Result>(work: Promise<Result>): Promise<Result> {
    const result = await work
    await this.#disk?.flush()
    return result
  }

  async #whenFree<Result>(statement: () => Result): Promise<Result> {
    if (this.#queue === undefined) {
      try {
        return statement()
      } catch (error) {
        if (!isBusy(error)) throw error
      }
    }
    return await this.#queued(() => patiently(statement))
  }

  async #queued<Result>(work: () => Promise<Result>): Promise<Result> {
    refuseInside(this.#current.getStore())
    const result = this.#queue === undefined ? work() : this.#queue.then(work)
    const done = () => {
      if (this.#queue === queue) this.#queue = undefined
    }
    const queue: Promise<void> = result.then(done, done)
    this.#queue = queue
    return await result
  }

  async #allOrNothing<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result> {
    // Taking the write lock first: a transaction that reads and then writes could otherwise fail half-way.
    await patiently(() => this.#connection.run('BEGIN IMMEDIATE', []))
    const queries = new TransactionQueries(this.#connection)
    try {
      const result = await this.#current.run(queries, work, queries)
      queries.passFailureOn()
      this.#connection.run('COMMIT', [])
      return result
    } catch (error) {
      this.#connection.rollBack()
      throw error
    } finally {
      queries.isOpen = false
    }
  }
}

import { AsyncLocalStorage } from 'node:async_hooks'
import type { Database, Queries, Row, Value } from './database.ts'
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
    return new SqliteDatabase(await patiently(() => new SqliteConnection(path)))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`The database ${path} cannot be opened: ${reason}`, { cause: error })
  }
}

/**
 * One connection, and therefore one thing at a time. A statement runs at once where nothing is under way; a transaction
 * holds a queue in which all that is asked meanwhile waits, so that an `await` inside it lets no stranger slip in.
 */
class SqliteDatabase implements Database {
  readonly #connection: SqliteConnection
  readonly #current = new AsyncLocalStorage<TransactionQueries>()
  /** Settles when all that is queued has been done; undefined when nothing is. */
  #queue: Promise<void> | undefined

  constructor(connection: SqliteConnection) {
    this.#connection = connection
  }

  all(sql: string, ...parameters: Value[]): Promise<Row[]> {
    return this.#whenFree(() => this.#connection.all(sql, parameters))
  }

  run(sql: string, ...parameters: Value[]): Promise<number> {
    return this.#whenFree(() => this.#connection.run(sql, parameters))
  }

  runUnsynced(sql: string, ...parameters: Value[]): Promise<number> {
    return this.#whenFree(() => this.#connection.runUnsynced(sql, parameters))
  }

  transaction<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result> {
    return this.#queued(() => this.#allOrNothing(work))
  }

  close(): Promise<void> {
    return this.#queued(() =>
      patiently(() => {
        this.#connection.close()
      }),
    )
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

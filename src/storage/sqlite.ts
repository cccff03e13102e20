import type { Database, Row, Value } from './database.ts'
import { Disk } from './disk.ts'
import { SqliteConnection } from './sqliteConnection.ts'
import { isBusy } from './sqliteErrors.ts'
import { patiently } from './sqliteLock.ts'
import { SqliteTransactions, type Work } from './sqliteTransactions.ts'

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

/** Statements that can be part of a transaction with others. */
const WRITES = /^\s*(INSERT|UPDATE|DELETE)\b/i

/** What waits to be written, in one transaction with others or by itself, and who waits for it. */
interface Writing {
  work: Work<unknown>
  alone: () => Promise<unknown>
  resolve: (result: unknown) => void
  reject: (error: unknown) => void
}

/**
 * One connection, and therefore one thing at a time. What reads runs at once where nothing is under way. What writes is written at the
 * end of this round of the event loop, with all else that came in it: to commit costs more than most of what is committed. A transaction
 * holds a queue in which all that is asked meanwhile waits, so that an `await` inside it lets no stranger slip in.
 */
class SqliteDatabase implements Database {
  readonly #connection: SqliteConnection
  /** Undefined in memory. */
  readonly #disk: Disk | undefined
  readonly #transactions: SqliteTransactions
  /** Settles when all that is queued has been done; undefined when nothing is. */
  #queue: Promise<void> | undefined
  /** What came in this round. */
  #writings: Writing[] = []

  constructor(connection: SqliteConnection, path: string) {
    this.#connection = connection
    this.#transactions = new SqliteTransactions(connection)
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
    const statement = () => this.#connection.run(sql, parameters)
    if (!WRITES.test(sql)) return this.#whenFree(statement)
    return this.#written(
      (queries) => queries.run(sql, ...parameters),
      () => patiently(statement),
    )
  }

  transaction<Result>(work: Work<Result>): Promise<Result> {
    return this.#onDisk(this.#written(work, () => this.#inOneTransaction(work)))
  }

  async emptyJournal(): Promise<void> {
    await this.all('PRAGMA wal_checkpoint(TRUNCATE)')
  }

  async close(): Promise<void> {
    this.#transactions.refuseInside()
    this.#endRound()
    await this.#queued(async () => {
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
    this.#transactions.refuseInside()
    const result = this.#queue === undefined ? work() : this.#queue.then(work)
    const done = () => {
      if (this.#queue === queue) this.#queue = undefined
    }
    const queue: Promise<void> = result.then(done, done)
    this.#queue = queue
    return await result
  }

  async #inOneTransaction<Result>(work: Work<Result>): Promise<Result> {
    const [result] = await this.#transactions.run([work])
    return result as Result
  }

  /** Settles once it is committed. */
  async #written<Result>(work: Work<Result>, alone: () => Promise<Result>): Promise<Result> {
    this.#transactions.refuseInside()
    return await new Promise<Result>((resolve, reject) => {
      this.#writings.push({ work, alone, resolve: resolve as Writing['resolve'], reject })
      if (this.#writings.length > 1) return
      setImmediate(() => {
        this.#endRound()
      })
    })
  }

  #endRound(): void {
    const writings = this.#writings
    this.#writings = []
    if (writings.length > 0)
      void this.#queued(() => (writings.length > 1 ? this.#together(writings) : eachAlone(writings)))
  }

  /** In one transaction. Where one fails nothing of any is done, and each is done alone: it is nobody else's failure. */
  async #together(writings: readonly Writing[]): Promise<void> {
    try {
      const results = await this.#transactions.run(writings.map(({ work }) => work))
      for (const [index, { resolve }] of writings.entries()) resolve(results[index])
    } catch (error) {
      if (!isBusy(error)) await eachAlone(writings)
      else for (const { reject } of writings) reject(error) // All have waited long enough.
    }
  }
}

async function eachAlone(writings: readonly Writing[]): Promise<void> {
  for (const { alone, resolve, reject } of writings) await alone().then(resolve, reject)
}

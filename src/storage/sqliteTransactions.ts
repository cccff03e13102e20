import { AsyncLocalStorage } from 'node:async_hooks'
import type { Queries } from './database.ts'
import type { SqliteConnection } from './sqliteConnection.ts'
import { patiently } from './sqliteLock.ts'
import { refuseInside, TransactionQueries } from './transaction.ts'

/** What is done in a transaction, with its queries. */
export type Work<Result> = (queries: Queries) => Promise<Result>

/** The transactions of one connection. Whoever begins them sees to it that there is one at a time. */
export class SqliteTransactions {
  readonly #connection: SqliteConnection
  readonly #current = new AsyncLocalStorage<TransactionQueries>()

  constructor(connection: SqliteConnection) {
    this.#connection = connection
  }

  /**
   * Does all of the works in one transaction, one after the other, or nothing of any.
   *
   * @throws the error of the first that failed, or of the database
   */
  async run<Result>(works: readonly Work<Result>[]): Promise<Result[]> {
    // Taking the write lock first: a transaction that reads and then writes could otherwise fail half-way.
    await patiently(() => this.#connection.run('BEGIN IMMEDIATE', []))
    try {
      const results: Result[] = []
      for (const work of works) results.push(await this.#do(work))
      this.#connection.run('COMMIT', [])
      return results
    } catch (error) {
      this.#connection.rollBack()
      throw error
    }
  }

  /** @throws Error inside a transaction */
  refuseInside(): void {
    refuseInside(this.#current.getStore())
  }

  async #do<Result>(work: Work<Result>): Promise<Result> {
    const queries = new TransactionQueries(this.#connection)
    try {
      const result = await this.#current.run(queries, work, queries)
      queries.passFailureOn()
      return result
    } finally {
      queries.isOpen = false
    }
  }
}

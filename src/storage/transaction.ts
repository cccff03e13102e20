import type { Queries, Row, Value } from './database.ts'

/** The connection that a transaction runs on. It may answer at once. */
export interface Connection {
  /** The rows of a statement. */
  all(sql: string, parameters: readonly Value[]): Row[] | Promise<Row[]>

  /** How many rows a statement changed. */
  run(sql: string, parameters: readonly Value[]): number | Promise<number>
}

/** The statements of one transaction, from its beginning to its end or to the first of them that fails. */
export class TransactionQueries implements Queries {
  /** Whether the transaction is still under way. */
  isOpen = true
  readonly #connection: Connection
  #failure: { readonly cause: unknown } | undefined

  constructor(connection: Connection) {
    this.#connection = connection
  }

  all(sql: string, ...parameters: Value[]): Promise<Row[]> {
    return this.#attempt(() => this.#connection.all(sql, parameters))
  }

  run(sql: string, ...parameters: Value[]): Promise<number> {
    return this.#attempt(() => this.#connection.run(sql, parameters))
  }

  /** The error of the first statement that failed, if any. */
  get failure(): unknown {
    return this.#failure?.cause
  }

  /** Throws the error of a statement that failed, whether or not the transaction's work caught it. */
  passFailureOn(): void {
    if (this.#failure !== undefined) throw this.#failure.cause
  }

  async #attempt<Result>(statement: () => Result | Promise<Result>): Promise<Result> {
    if (!this.isOpen) throw new Error('The transaction of these queries has ended')
    if (this.#failure !== undefined) {
      throw new Error('The transaction has failed and takes no more statements', this.#failure)
    }
    try {
      return await statement()
    } catch (error) {
      this.#failure ??= { cause: error }
      throw error
    }
  }
}

/**
 * Refuses the database itself inside one of its transactions.
 *
 * @throws Error if the transaction that this code runs in, if any, is under way
 */
export function refuseInside(current: TransactionQueries | undefined): void {
  if (current?.isOpen === true) {
    throw new Error('Inside a transaction only its own queries can be used, not the database')
  }
}

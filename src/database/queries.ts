/** A parameter or a column: text, an integer of at most 2^53 − 1 (times are milliseconds since 1970), or null. */
export type Value = string | number | null

/** One row: column name to value. */
export type Row = Record<string, Value>

/** The answer to one statement. */
export interface QueryResult {
  /** Rows of a SELECT or of RETURNING. */
  readonly rows: Row[]
  /** How many rows were returned, or changed. */
  readonly rowCount: number
}

/** Runs SQL that SQLite and PostgreSQL both accept, one statement at a time. */
export interface Queries {
  /**
   * @param parameters Values of $1, $2, …, each of which the statement uses at least once
   * @throws {AppError} `database_unavailable`: trying again later can succeed. Other errors are mistakes in the SQL,
   *   or refusals such as a unique column's.
   */
  query(sql: string, parameters?: readonly Value[]): Promise<QueryResult>
}

/** The statements of one transaction. The first that fails ends it, even if its error is caught. */
export interface Transaction extends Queries {
  /**
   * Waits for all other transactions that locked one of these names, and keeps them out until this one ends. On
   * SQLite a transaction keeps all others out anyway.
   */
  lock(names: readonly string[]): Promise<void>
}

/** An open database. A statement outside a transaction is a transaction of its own. */
export interface Database extends Queries {
  readonly engine: 'sqlite' | 'postgres'
  /** Ends a SELECT that leases rows, so that two processes never wait for, or get, the same row. Empty on SQLite. */
  readonly skipLocked: ' FOR UPDATE SKIP LOCKED' | ''
  /**
   * Commits all of `work`, or nothing if it throws. `work` uses the given transaction only: on SQLite the database itself waits for
   * the end of the transaction. After a deadlock or serialization failure `work` is run again, so it changes nothing else.
   */
  transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>
  /** SQLite: empties the write-ahead log, which still holds what was deleted. Does nothing while others use the file. */
  checkpoint(): Promise<void>
  /** Finishes what has been asked, then closes; later queries are refused. */
  close(): Promise<void>
}

/**
 * Refuses parameters that a database would store as something else.
 *
 * @throws TypeError for a number of values that differs from the statement's parameters, and for anything but text, safe integers and null
 */
export function checkParameters(sql: string, parameters: readonly Value[]): void {
  const count = parameters.length
  if ((count > 0 && !sql.includes(`$${count}`)) || sql.includes(`$${count + 1}`)) {
    throw new TypeError(`The statement does not take ${count} parameters`)
  }
  for (const value of parameters) {
    if (value !== null && typeof value !== 'string' && !Number.isSafeInteger(value)) {
      throw new TypeError('A parameter must be text, an integer of at most 2^53 − 1, or null')
    }
  }
}

/** Runs one statement. */
type Run = (sql: string, parameters?: readonly Value[]) => QueryResult | Promise<QueryResult>

/** A transaction that has begun: one statement at a time, none after its end or after one that failed. */
export class CheckedTransaction implements Transaction {
  readonly #run: Run
  readonly #lockSql: string | undefined
  #queue: Promise<unknown> = Promise.resolve()
  #hasEnded = false
  #failure: { readonly cause: unknown } | undefined

  /** @param lockSql Locks the names in the JSON array $1 */
  constructor(run: Run, lockSql?: string) {
    this.#run = run
    this.#lockSql = lockSql
  }

  async query(sql: string, parameters: readonly Value[] = []): Promise<QueryResult> {
    if (this.#hasEnded) throw new Error('The transaction has ended')
    return this.#next(async () => {
      if (this.#failure)
        throw new Error('The transaction has failed and takes no more statements', this.#failure)
      return this.#run(sql, parameters)
    })
  }

  async lock(names: readonly string[]): Promise<void> {
    if (this.#lockSql !== undefined) await this.query(this.#lockSql, [JSON.stringify(names)])
  }

  /** @throws the error of the statement that failed, even if `work` caught it; then nothing is committed */
  async commit(): Promise<void> {
    this.#hasEnded = true
    await this.#next(async () => {
      if (this.#failure) throw this.#failure.cause
      return this.#run('COMMIT')
    })
  }

  async rollback(): Promise<void> {
    this.#hasEnded = true
    await this.#next(async () => this.#run('ROLLBACK'))
  }

  async #next(statement: () => Promise<QueryResult>): Promise<QueryResult> {
    const result = this.#queue.then(statement)
    this.#queue = result.catch((cause: unknown) => (this.#failure ??= { cause }))
    return await result
  }
}

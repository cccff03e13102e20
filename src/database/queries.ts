/** A parameter or a column: text, an integer of at most 2^53 − 1 (times are milliseconds since 1970), or null. */
export type Value = string | number | null
export type Row = Record<string, Value>

/** Runs SQL that SQLite and PostgreSQL both accept, one statement at a time. */
export interface Queries {
  /** Throws AppError `database_unavailable` if trying again later can succeed. The parameters are $1, $2, … */
  query(sql: string, parameters?: readonly Value[]): Promise<QueryResult>
}

/** The rows of a SELECT or of RETURNING, and how many rows were returned or changed. */
export interface QueryResult {
  rows: Row[]
  rowCount: number
}

/** The statements of one transaction, one after the other. After one that failed, all fail, and nothing is committed. */
export interface Transaction extends Queries {
  /** Keeps out transactions that lock one of these names, until this one ends. SQLite has one at a time anyway. */
  lock(names: readonly string[]): Promise<void>
}

/** What is done in a transaction. It uses the given transaction only: on SQLite, the database itself waits for its end. */
export type Work<Result> = (transaction: Transaction) => Promise<Result>

/** An open database. A statement outside a transaction is a transaction of its own. */
export interface Database extends Queries {
  readonly engine: 'sqlite' | 'postgres'
  /** Commits all of `work`, or nothing if it throws. Runs it again after a deadlock or serialization failure. */
  transaction<Result>(work: Work<Result>): Promise<Result>
  /** Finishes the work under way; later queries are refused. */
  close(): Promise<void>
}

/** Ends a SELECT that leases rows, so that no two processes get, or wait for, the same row. */
export const SKIP_LOCKED = { sqlite: '', postgres: ' FOR UPDATE SKIP LOCKED' }

/** @throws TypeError for missing values, and for values that a database would store as something else */
export function checkParameters(sql: string, parameters: readonly Value[]): void {
  if (sql.includes(`$${parameters.length + 1}`)) throw new TypeError('The statement has more parameters')
  if (parameters.some((value) => typeof value !== 'string' && value !== null && !Number.isSafeInteger(value)))
    throw new TypeError('A parameter must be text, an integer of at most 2^53 − 1, or null')
}

/** Does the work of a transaction that has begun, and commits. Each statement fails with the one before. */
export async function commit<R>(work: Work<R>, run: Queries['query'], lockSql?: string): Promise<R> {
  let last: Promise<unknown> = Promise.resolve()
  const query: Queries['query'] = (sql, parameters) => {
    const result = last.then(() => run(sql, parameters))
    last = result
    return result
  }
  const lock = async (names: readonly string[]) => {
    if (lockSql) await query(lockSql, [JSON.stringify(names)])
  }
  try {
    const result = await work({ query, lock })
    await query('COMMIT')
    return result
  } finally {
    last = Promise.reject(new Error('The transaction has ended'))
    last.catch(() => undefined)
  }
}

import { type CustomTypesConfig, DatabaseError, Pool, type PoolClient } from 'pg'
import { AppError, isAppError } from '../errors/errors.ts'
import { CheckedTransaction, checkParameters } from './queries.ts'
import type { Database, QueryResult, Row, Transaction, Value } from './queries.ts'

/** The pool, and the limits in milliseconds for connecting, statements, locks and idle transactions. */
const POOL_OPTIONS = {
  application_name: 'instagram-access-token',
  max: 20,
  keepAlive: true,
  connectionTimeoutMillis: 10_000,
  idleTimeoutMillis: 30_000,
  statement_timeout: 30_000,
  lock_timeout: 5_000,
  idle_in_transaction_session_timeout: 5_000,
  query_timeout: 35_000, // Ours, for a server that is gone without a word.
}

/** Milliseconds for which a transaction is repeated after deadlocks and serialization failures. */
const CONFLICT_LIMIT_MS = 5_000
const CONFLICTS: ReadonlySet<string> = new Set(['40001', '40P01'])

/** SQLSTATEs, and classes of them, that pass by themselves. See https://www.postgresql.org/docs/current/errcodes-appendix.html */
const UNAVAILABLE: ReadonlySet<string> = new Set([
  ...CONFLICTS,
  '08', // The connection broke.
  '25006', // Read-only: the server is no longer the primary.
  '25P03', // idle_in_transaction_session_timeout
  '25P04', // transaction_timeout
  '53', // Out of memory, disk space or connections.
  '55P03', // lock_timeout
  '57014', // statement_timeout
  '57P01', // The server is shutting down.
  '57P02', // The server crashed.
  '57P03', // The server is starting.
  '57P05', // idle_session_timeout
  '58030', // The disk fails.
])

/** In the order of the keys, so that two transactions never wait for each other. */
const LOCK = `SELECT pg_advisory_xact_lock(key) FROM
  (SELECT DISTINCT hashtextextended(name, 0) AS key FROM json_array_elements_text($1::json) AS name ORDER BY key) AS keys`

/** Object identifiers of PostgreSQL's types: boolean; bigint, smallint, integer and numeric. */
const BOOLEAN = 16
const NUMBERS: ReadonlySet<number> = new Set([20, 21, 23, 1700])

/** The values that SQLite would give. */
const types: CustomTypesConfig = {
  getTypeParser(type: number) {
    if (NUMBERS.has(type)) return safeInteger
    return type === BOOLEAN ? (text: string) => Number(text === 't') : (text: string) => text
  },
}

/**
 * Opens a PostgreSQL database. Connections are made when they are needed, and again after the server was away.
 *
 * @param url `postgres://user:password@host:port/database`, with pg's options (such as `sslmode`) after a question mark
 * @throws Error in a sentence that names host and database but no user or password, with its cause
 */
export async function openPostgres(url: string): Promise<Database> {
  const name = databaseName(url)
  const database = new PostgresDatabase(new Pool({ ...POOL_OPTIONS, types, connectionString: url }))
  try {
    const { rows } = await database.query('SHOW server_encoding')
    if (rows[0]?.['server_encoding'] !== 'UTF8') throw new Error('its encoding must be UTF8')
    return database
  } catch (error) {
    await database.close()
    const isUnavailable = isAppError(error, 'database_unavailable')
    const cause = isUnavailable ? error.cause : error
    const message = `The database ${name} cannot be opened: ${reasonOf(cause)}`
    throw isUnavailable
      ? new AppError('database_unavailable', { message, cause })
      : new Error(message, { cause })
  }
}

/** Host and database. Errors have no cause: a cause would repeat the URL. */
function databaseName(url: string): string {
  if (!URL.canParse(url)) {
    throw new Error('The database URL is no valid one: write postgres://user:password@host:5432/database')
  }
  const { host, pathname, searchParams } = new URL(url)
  if (pathname.length <= 1) throw new Error('The database URL names no database after the host')
  return `${host || (searchParams.get('host') ?? 'localhost')}${pathname}`
}

class PostgresDatabase implements Database {
  readonly engine = 'postgres'
  readonly skipLocked = ' FOR UPDATE SKIP LOCKED'
  readonly #pool: Pool
  readonly #pending = new Set<Promise<unknown>>()
  #ending: Promise<void> | undefined

  constructor(pool: Pool) {
    this.#pool = pool
    // The pool drops broken connections; whoever uses one gets the error from the statement.
    pool.on('error', () => undefined)
    pool.on('connect', (client) => client.on('error', () => undefined))
  }

  query(sql: string, parameters: readonly Value[] = []): Promise<QueryResult> {
    return this.#track(async () => run(this.#pool, sql, parameters))
  }

  transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    return this.#track(async () => {
      const deadline = performance.now() + CONFLICT_LIMIT_MS
      for (;;) {
        try {
          return await this.#attempt(work)
        } catch (error) {
          if (!isConflict(error) || performance.now() >= deadline) throw error
        }
      }
    })
  }

  checkpoint(): Promise<void> {
    return Promise.resolve()
  }

  async close(): Promise<void> {
    this.#ending ??= Promise.allSettled(this.#pending).then(() => this.#pool.end())
    await this.#ending
  }

  /** The pool would leave pending work unanswered when it ends. */
  async #track<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#ending) throw new Error('The database is closed')
    const result = work()
    this.#pending.add(result)
    try {
      return await result
    } finally {
      this.#pending.delete(result)
    }
  }

  async #attempt<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect().catch((error: unknown) => {
      throw toDatabaseError(error)
    })
    const transaction = new CheckedTransaction((sql, parameters) => run(client, sql, parameters), LOCK)
    let isBroken = false
    try {
      await run(client, 'BEGIN')
      const result = await work(transaction)
      await transaction.commit()
      return result
    } catch (error) {
      // The end of its connection ends the transaction too.
      isBroken = isAppError(error, 'database_unavailable') && !isConflict(error)
      if (!isBroken) await transaction.rollback().catch(() => (isBroken = true))
      throw error
    } finally {
      client.release(isBroken)
    }
  }
}

async function run(
  client: Pool | PoolClient,
  sql: string,
  parameters: readonly Value[] = [],
): Promise<QueryResult> {
  checkParameters(sql, parameters)
  try {
    const values = parameters.map((value) =>
      typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value,
    )
    const { rows, rowCount } = await client.query<Row>(sql, values)
    return { rows, rowCount: rowCount ?? 0 }
  } catch (error) {
    throw toDatabaseError(error)
  }
}

function safeInteger(text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number)) return number
  throw new RangeError('The database holds a number that is too large, or no integer')
}

/** Values of rows, which PostgreSQL quotes in details, are removed. */
function toDatabaseError(error: unknown): unknown {
  if (error instanceof DatabaseError) {
    error.detail = undefined
    error.where = undefined
    const state = error.code ?? ''
    if (!UNAVAILABLE.has(state) && !UNAVAILABLE.has(state.slice(0, 2))) return error
  } else if (error instanceof TypeError || error instanceof RangeError) return error
  // Errors without a SQLSTATE come from the network.
  return new AppError('database_unavailable', {
    message: `The database is unavailable: ${reasonOf(error)}`,
    cause: error,
  })
}

/** Whether a transaction was undone only because of another one at the same time. */
function isConflict(error: unknown): boolean {
  const cause = isAppError(error, 'database_unavailable') ? error.cause : undefined
  return cause instanceof DatabaseError && CONFLICTS.has(cause.code ?? '')
}

/** A host with several addresses has an error for each. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}

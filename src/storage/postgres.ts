import { AsyncLocalStorage } from 'node:async_hooks'
import type { Pool, QueryResult } from 'pg'
import type { Database, Queries, Row, Value } from './database.ts'
import { SCHEMA_VERSIONS } from './migrations.ts'
import { type PostgresConnection, statementOf } from './postgresConnection.ts'
import { isConflict, reasonOf } from './postgresErrors.ts'
import { createPool, onConnection, TIME_LIMITS } from './postgresPool.ts'
import { refuseInside, TransactionQueries } from './transaction.ts'
import { DatabaseUnavailableError } from './unavailable.ts'

/** For statements. */
const STATEMENTS = { max: 8, connectionTimeoutMillis: 5_000 }

/** For transactions, which come one after the other anyway. They wait longer: Instagram gives a token once. */
const TRANSACTIONS = { max: 2, connectionTimeoutMillis: 15_000 }

/** Milliseconds for which a transaction that was undone because of other statements is done again. */
const CONFLICT_LIMIT_MS = 5_000

/**
 * Transactions of all processes come one after the other, as SQLite's do: the lock is taken before anything is read. Letting
 * PostgreSQL find out which of them could have been side by side (SERIALIZABLE) undid so many that it took twice as long.
 */
const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ; LOCK TABLE schema_versions IN EXCLUSIVE MODE'

/** Names the lock under which a new database is set up; any number that no other program uses there. */
const SETUP_LOCK = 2_764_087_539

/**
 * Opens a PostgreSQL database behind the interface that all databases share. Its schema is left as it is, but for the
 * table of its versions. Connections are made when they are needed, ten at most, and made anew after the server was away.
 *
 * @param url `postgres://user:password@host:port/database`, with `pg`'s options (such as `sslmode`) after a question mark
 * @throws Error with a sentence that names host and database but no user or password, and the cause
 */
export async function openPostgres(url: string, timeLimits: object = TIME_LIMITS): Promise<Database> {
  const name = nameOf(url)
  try {
    const database = new PostgresDatabase(
      createPool(url, STATEMENTS, timeLimits),
      createPool(url, TRANSACTIONS, timeLimits),
    )
    await database.setUp().catch(async (error: unknown) => {
      await database.close()
      throw error
    })
    return database
  } catch (error) {
    const words = `The database ${name} cannot be opened: ${reasonOf(error)}`
    throw error instanceof DatabaseUnavailableError
      ? new DatabaseUnavailableError(words, { cause: error.cause })
      : new Error(words, { cause: error })
  }
}

/** Host and database. The cause of a failure is left out: it would repeat the URL. */
function nameOf(url: string): string {
  if (!URL.canParse(url)) {
    throw new Error('The database URL is no valid one: write postgres://user:password@host:5432/database')
  }
  const { host, pathname, searchParams } = new URL(url)
  if (pathname.length <= 1) throw new Error('The database URL names no database after the host')
  return `${host || (searchParams.get('host') ?? 'localhost')}${pathname}`
}

/** Pools of connections: statements run side by side, each transaction on a connection of its own. */
class PostgresDatabase implements Database {
  readonly #statements: Pool
  readonly #transactions: Pool
  readonly #current = new AsyncLocalStorage<TransactionQueries>()
  readonly #underWay = new Set<Promise<unknown>>()
  #ending: Promise<void> | undefined

  constructor(statements: Pool, transactions: Pool) {
    this.#statements = statements
    this.#transactions = transactions
  }

  /** Several processes that start at once on an empty database come one after the other. */
  async setUp(): Promise<void> {
    const setUp = `SELECT pg_advisory_xact_lock(${SETUP_LOCK}); ${SCHEMA_VERSIONS}`
    await onConnection(this.#statements, (connection) => connection.ask(setUp))
    const [row] = await this.all('SHOW server_encoding')
    if (row?.['server_encoding'] !== 'UTF8') throw new Error('its encoding must be UTF8')
  }

  async all(sql: string, ...parameters: Value[]): Promise<Row[]> {
    const { rows } = await this.#statement(sql, parameters)
    return rows
  }

  async run(sql: string, ...parameters: Value[]): Promise<number> {
    const { rowCount } = await this.#statement(sql, parameters)
    return rowCount ?? 0
  }

  runUnsynced(sql: string, ...parameters: Value[]): Promise<number> {
    return this.run(sql, ...parameters)
  }

  transaction<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result> {
    return this.#asked(() => this.#untilDone(work))
  }

  async close(): Promise<void> {
    refuseInside(this.#current.getStore())
    this.#ending ??= Promise.allSettled(this.#underWay).then(async () => {
      await Promise.all([this.#statements.end(), this.#transactions.end()])
    })
    await this.#ending
  }

  #statement(sql: string, parameters: readonly Value[]): Promise<QueryResult<Row>> {
    const statement = statementOf(sql, parameters)
    return this.#asked(() => onConnection(this.#statements, (connection) => connection.ask(statement)))
  }

  async #asked<Result>(work: () => Promise<Result>): Promise<Result> {
    refuseInside(this.#current.getStore())
    if (this.#ending !== undefined) throw new Error('The database is closed')
    const result = work()
    this.#underWay.add(result)
    try {
      return await result
    } finally {
      this.#underWay.delete(result)
    }
  }

  /** Where a statement outside changed what the transaction has read, PostgreSQL undoes it, and it is done again. */
  async #untilDone<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result> {
    const deadline = performance.now() + CONFLICT_LIMIT_MS
    for (;;) {
      try {
        return await onConnection(this.#transactions, (connection) => this.#allOrNothing(connection, work))
      } catch (error) {
        if (!isConflict(error) || performance.now() >= deadline) throw error
      }
    }
  }

  async #allOrNothing<Result>(
    connection: PostgresConnection,
    work: (queries: Queries) => Promise<Result>,
  ): Promise<Result> {
    const queries = new TransactionQueries(connection)
    try {
      await connection.ask(BEGIN)
      const result = await this.#current.run(queries, work, queries)
      queries.isOpen = false
      queries.passFailureOn()
      const { command } = await connection.ask('COMMIT')
      // So it answers where a statement failed that nobody waited for.
      if (command === 'ROLLBACK') queries.passFailureOn()
      return result
    } catch (error) {
      queries.isOpen = false
      // Where the connection is broken, PostgreSQL rolls back by itself.
      await connection.ask('ROLLBACK').catch(() => undefined)
      throw isConflict(queries.failure) ? queries.failure : error
    }
  }
}

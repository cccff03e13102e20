import { AsyncLocalStorage } from 'node:async_hooks'
import { Pool, type PoolClient } from 'pg'
import type { Database, Queries, Row, Value } from './database.ts'
import { SCHEMA_VERSIONS } from './migrations.ts'
import { PostgresConnection, statementOf } from './postgresConnection.ts'
import { isConflict, reasonOf, toldApart } from './postgresErrors.ts'
import { refuseInside, TransactionQueries } from './transaction.ts'
import { DatabaseUnavailableError } from './unavailable.ts'

/** Connections of one process. More wait for one to be free. */
const POOL_SIZE = 10

/** Milliseconds for a free connection, or a new one. */
const CONNECT_LIMIT_MS = 5_000

/** Milliseconds after which an unused connection is closed. */
const IDLE_LIMIT_MS = 30_000

/** Milliseconds for which transactions that were undone because of others are done again. */
const CONFLICT_LIMIT_MS = 5_000

/** Milliseconds that the server gives a statement, a lock, and a transaction in which nobody asks anything. */
const TIME_LIMITS = {
  statement_timeout: 30_000,
  lock_timeout: 5_000,
  idle_in_transaction_session_timeout: 10_000,
  // Our own, for where the server or the way to it is dead.
  query_timeout: 35_000,
}

/** For migrations: an index on many rows takes its time, and other processes wait for that. */
export const NO_TIME_LIMITS: Partial<typeof TIME_LIMITS> = {}

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
    const database = new PostgresDatabase(createPool(url, timeLimits))
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

function createPool(connectionString: string, timeLimits: object): Pool {
  const pool = new Pool({
    application_name: 'instagram-access-token',
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    idleTimeoutMillis: IDLE_LIMIT_MS,
    keepAlive: true,
    ...timeLimits,
    connectionString,
  })
  // A connection that breaks is out of the pool by then. Whoever was using it hears of it from its statement.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

/** A pool of connections: statements run side by side, each transaction on a connection of its own. */
class PostgresDatabase implements Database {
  readonly #pool: Pool
  readonly #current = new AsyncLocalStorage<TransactionQueries>()
  readonly #underWay = new Set<Promise<unknown>>()
  #ending: Promise<void> | undefined

  constructor(pool: Pool) {
    this.#pool = pool
  }

  /** Several processes that start at once on an empty database come one after the other. */
  async setUp(): Promise<void> {
    const setUp = `SELECT pg_advisory_xact_lock(${SETUP_LOCK}); ${SCHEMA_VERSIONS}`
    await this.#onConnection((connection) => connection.ask(setUp))
    const [row] = await this.all('SHOW server_encoding')
    if (row?.['server_encoding'] !== 'UTF8') throw new Error('its encoding must be UTF8')
  }

  async all(sql: string, ...parameters: Value[]): Promise<Row[]> {
    const statement = statementOf(sql, parameters)
    const { rows } = await this.#asked(() => this.#onConnection((connection) => connection.ask(statement)))
    return rows
  }

  async run(sql: string, ...parameters: Value[]): Promise<number> {
    const statement = statementOf(sql, parameters)
    const { rowCount } = await this.#asked(() =>
      this.#onConnection((connection) => connection.ask(statement)),
    )
    return rowCount ?? 0
  }

  transaction<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result> {
    return this.#asked(() => this.#untilDone(work))
  }

  async close(): Promise<void> {
    refuseInside(this.#current.getStore())
    this.#ending ??= Promise.allSettled(this.#underWay).then(() => this.#pool.end())
    await this.#ending
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

  /**
   * As if transactions came one after the other; where PostgreSQL cannot order them so, it undoes all but one. What was
   * undone is done again alone: the first time side by side with others (ROW SHARE), then with no other (EXCLUSIVE).
   */
  async #untilDone<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result> {
    const deadline = performance.now() + CONFLICT_LIMIT_MS
    for (let lock = 'ROW SHARE'; ; lock = 'EXCLUSIVE') {
      try {
        return await this.#onConnection((connection) => this.#allOrNothing(connection, lock, work))
      } catch (error) {
        if (!isConflict(error) || performance.now() >= deadline) throw error
      }
    }
  }

  async #allOrNothing<Result>(
    connection: PostgresConnection,
    lock: string,
    work: (queries: Queries) => Promise<Result>,
  ): Promise<Result> {
    const queries = new TransactionQueries(connection)
    try {
      await connection.ask(`BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE schema_versions IN ${lock} MODE`)
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

  async #onConnection<Result>(work: (connection: PostgresConnection) => Promise<Result>): Promise<Result> {
    const client = await this.#connect()
    let broken = false
    try {
      return await work(new PostgresConnection(client))
    } catch (error) {
      broken = error instanceof DatabaseUnavailableError && !isConflict(error)
      throw error
    } finally {
      client.release(broken)
    }
  }

  async #connect(): Promise<PoolClient> {
    try {
      return await this.#pool.connect()
    } catch (error) {
      throw toldApart(error)
    }
  }
}

import { DatabaseError, Pool, type PoolClient } from 'pg'
import { AppError, isAppError } from '../errors/errors.ts'
import { checkParameters, commit, type Database, type Row, type Value, type Work } from './queries.ts'

/** Milliseconds, unless the URL says otherwise. */
const LIMITS = { statement_timeout: 30_000, lock_timeout: 5_000, idle_in_transaction_session_timeout: 5_000 }

/** `query_timeout` is the client's, for a server that disappears silently. */
const POOL_OPTIONS = {
  ...LIMITS,
  application_name: 'instagram-access-token',
  max: 20,
  keepAlive: true,
  connectionTimeoutMillis: 10_000,
  query_timeout: 35_000,
}

/** SQLSTATEs of transactions that can succeed when they are run again, and how often that is tried. */
const CONFLICT = /^(40001|40P01)$/
const MAX_ATTEMPTS = 10

/** SQLSTATEs of broken connections, failing or busy servers, and time limits. @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
const UNAVAILABLE = /^(08...|53...|25006|25P03|25P04|40001|40P01|55P03|57014|57P01|57P02|57P03|57P05|58030)$/

/** Errors of an encrypted connection, or of a missing one, and what to do about them. */
const TLS_ERROR = /certificate|SSL|no encryption/
const TLS_HINT =
  '. Set sslmode=verify-full&sslrootcert=/path/to/ca.pem, sslmode=no-verify (no check) or sslmode=disable'

/** In the order of the keys, so that no two transactions wait for each other. */
const LOCK = `SELECT pg_advisory_xact_lock(key) FROM (SELECT DISTINCT hashtextextended(name, 0) AS key
  FROM json_array_elements_text($1::json) AS name ORDER BY key) AS keys`

/** Type identifiers of bigint, smallint, integer and numeric. All else stays text. */
const NUMBERS = [20, 21, 23, 1700]

/** A PostgreSQL database. Connections are opened when needed, and again after an outage. */
export function openPostgres(url: string): Database {
  const types = { getTypeParser: (type: number) => (NUMBERS.includes(type) ? safeInteger : String) }
  const pool = new Pool({ ...POOL_OPTIONS, types, connectionString: url })
  // The pool drops broken connections; a statement on one fails with the error.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const given = new URL(url).searchParams
  const limits = Object.entries(LIMITS).map(([name, ms]) => `SET LOCAL ${name} = ${Number(given.get(name) ?? ms)}`)
  const begin = ['BEGIN', ...limits].join('; ') // PgBouncer drops the limits of the connection.
  const pending = new Set<Promise<unknown>>()
  let isClosed = false

  async function track<Result>(work: () => Promise<Result>): Promise<Result> {
    if (isClosed) throw new AppError('database_unavailable', { message: 'The database is closed' })
    const result = work()
    pending.add(result)
    return result.finally(() => pending.delete(result))
  }

  return {
    engine: 'postgres',
    query: (sql, parameters) => track(() => run(pool, sql, parameters)),
    transaction: (work) => track(() => transaction(pool, begin, work)),
    async close() {
      isClosed = true
      await Promise.allSettled(pending)
      if (!pool.ending) await pool.end()
    },
  }
}

async function transaction<Result>(pool: Pool, begin: string, work: Work<Result>): Promise<Result> {
  for (let attempts = 1; ; attempts++) {
    const client = await pool.connect().catch(throwDatabaseError)
    try {
      await run(client, begin)
      const result = await commit(work, (sql, parameters) => run(client, sql, parameters), LOCK)
      client.release()
      return result
    } catch (error) {
      client.release(true) // The end of the connection rolls back.
      const isConflict = isAppError(error) && CONFLICT.test(String(error.details['sqlState']))
      if (!isConflict || attempts === MAX_ATTEMPTS) throw error
    }
  }
}

async function run(client: Pool | PoolClient, sql: string, parameters: readonly Value[] = []) {
  checkParameters(sql, parameters)
  // PostgreSQL keeps no NUL in text.
  const values = parameters.map((value) => (typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value))
  const { rows, rowCount } = await client.query<Row>(sql, values).catch(throwDatabaseError)
  return { rows, rowCount: rowCount ?? 0 }
}

function safeInteger(text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number)) return number
  throw new RangeError('The database holds a number that is too large, or no integer')
}

function throwDatabaseError(error: unknown): never {
  const sqlState = error instanceof DatabaseError ? error.code : undefined
  if (error instanceof Error && TLS_ERROR.test(error.message)) error.message += TLS_HINT
  // They quote values of the row.
  if (error instanceof DatabaseError) Object.assign(error, { detail: undefined, where: undefined })
  const isFinal = sqlState !== undefined && !UNAVAILABLE.test(sqlState) // Without a SQLSTATE it comes from the network.
  if (isFinal || error instanceof TypeError || error instanceof RangeError) throw error
  // A host with several addresses has an error for each.
  const errors = (error instanceof AggregateError ? error.errors : [error]) as Error[]
  const message = `The database is unavailable: ${errors.map((each) => each.message).join(', ')}`
  throw new AppError('database_unavailable', { message, cause: error, sqlState })
}

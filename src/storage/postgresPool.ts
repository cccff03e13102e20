import { Pool, type PoolClient } from 'pg'
import { PostgresConnection } from './postgresConnection.ts'
import { isConflict, toldApart } from './postgresErrors.ts'
import { DatabaseUnavailableError } from './unavailable.ts'

/** How many connections a pool has at most, and for how many milliseconds one of them, free or new, is waited for. */
interface PoolSize {
  readonly max: number
  readonly connectionTimeoutMillis: number
}

/** Milliseconds after which an unused connection is closed. */
const IDLE_LIMIT_MS = 30_000

/** Milliseconds that the server gives a statement, a lock, and a transaction in which nobody asks anything. */
export const TIME_LIMITS = {
  statement_timeout: 30_000,
  lock_timeout: 5_000,
  // Less than for a lock: whoever stands still with one must not stop all others.
  idle_in_transaction_session_timeout: 3_000,
  // Our own, for where the server or the way to it is dead.
  query_timeout: 35_000,
}

/** Connections that are made when they are needed. Nothing that happens to an unused one is an error of ours. */
export function createPool(connectionString: string, size: PoolSize, timeLimits: object): Pool {
  const pool = new Pool({
    application_name: 'instagram-access-token',
    ...size,
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

/**
 * Lends a connection to `work`; one that broke does not come back into the pool.
 *
 * @throws DatabaseUnavailableError if there is none in time
 */
export async function onConnection<Result>(
  pool: Pool,
  work: (connection: PostgresConnection) => Promise<Result>,
): Promise<Result> {
  const client = await connect(pool)
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

async function connect(pool: Pool): Promise<PoolClient> {
  try {
    return await pool.connect()
  } catch (error) {
    throw toldApart(error)
  }
}

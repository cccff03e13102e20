import { DatabaseError } from 'pg'
import { DatabaseUnavailableError } from './unavailable.ts'

/** Two changes at once that could not have been made one after the other; doing one of them again helps. */
const CONFLICTS: ReadonlySet<string> = new Set(['40001', '40P01'])

/** SQLSTATEs that pass without a change of ours: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const AWAY: ReadonlySet<string> = new Set([
  ...CONFLICTS,
  '25006', // Read-only: this server is no longer the primary one.
  '25P03', // Our transaction was idle for too long.
  '25P04', // Our transaction took too long.
  '55P03', // A lock was not to be had in time.
  '57014', // The statement took too long.
  '57P01', // The server is being shut down.
  '57P02', // The server crashed.
  '57P03', // The server is starting.
  '57P05', // Our session was idle for too long.
  '58030', // The disk fails.
])

/** Whole classes of them: the connection broke; out of memory, disk or connections. */
const AWAY_CLASSES: ReadonlySet<string> = new Set(['08', '53'])

/**
 * The error of a statement or a connection as our callers get it: the same, or a {@link DatabaseUnavailableError} with it
 * as its cause. Values of a row, which PostgreSQL quotes in details, are taken out.
 */
export function toldApart(error: unknown): unknown {
  if (error instanceof DatabaseError) {
    error.detail = undefined
    error.where = undefined
    return isAway(error.code ?? '') ? unavailable(error) : error
  }
  // What our own checks throw; all else, without a SQLSTATE, comes from the network.
  return error instanceof TypeError || error instanceof RangeError ? error : unavailable(error)
}

/** Whether a transaction was undone only because of others at the same time. */
export function isConflict(error: unknown): boolean {
  const cause = error instanceof DatabaseUnavailableError ? error.cause : undefined
  return cause instanceof DatabaseError && CONFLICTS.has(cause.code ?? '')
}

/** What an error says. A host with several addresses has an error for each, and none for itself. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}

function isAway(state: string): boolean {
  return AWAY.has(state) || AWAY_CLASSES.has(state.slice(0, 2))
}

function unavailable(error: unknown): DatabaseUnavailableError {
  return new DatabaseUnavailableError(`The database is unavailable: ${reasonOf(error)}`, { cause: error })
}

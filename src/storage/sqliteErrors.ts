import { DatabaseUnavailableError } from './unavailable.ts'

const SQLITE_BUSY = 5

/** What passes without a change of ours: https://www.sqlite.org/rescode.html */
const AWAY: ReadonlyMap<number, string> = new Map([
  [SQLITE_BUSY, 'another process keeps it locked'],
  [8, 'its file cannot be written (was it moved or deleted?)'],
  [10, 'the disk fails'],
  [13, 'the disk is full'],
  [14, 'its file cannot be opened'],
])

/** The same error, or a {@link DatabaseUnavailableError} with it as its cause where the database is away for now. */
export function toldApart(error: unknown): unknown {
  const reason = AWAY.get(codeOf(error))
  return reason === undefined
    ? error
    : new DatabaseUnavailableError(`The database is unavailable: ${reason}`, { cause: error })
}

/** Whether an error means that another connection holds a lock, and trying again later can succeed. */
export function isBusy(error: unknown): boolean {
  return codeOf(error instanceof DatabaseUnavailableError ? error.cause : error) === SQLITE_BUSY
}

/** SQLite's result code, without what makes it an extended one; NaN for another error. */
function codeOf(error: unknown): number {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined
  return typeof code === 'number' ? code & 0xff : NaN
}

/**
 * The database is away for now (cannot be reached, is being restarted, has no connection or room left, is locked for
 * longer than we wait), and asking again later can succeed: no mistake of ours. What was asked has not been done, but for
 * what nobody can tell: where the connection broke, or the disk failed, while a change was being confirmed. The message is
 * a sentence for the operator; `cause` is what the database or the network said.
 */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError'
}

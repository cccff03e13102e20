import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { migrate } from './migrations.ts'
import { openSqlite } from './sqlite.ts'

/**
 * What a parameter and a column may hold. Numbers are integers of at most 2^53 − 1 either way: times are milliseconds
 * since 1970. Everything else is text.
 */
export type Value = string | number | null

/** One row: column name (or its alias) to value. */
export type Row = Record<string, Value>

/**
 * SQL that SQLite and PostgreSQL both accept, one statement at a time. Parameters are $1, $2, … in any order and as
 * often as wanted; as many values must be given as there are parameters. No `$` with a digit may stand in a literal.
 * Mistakes and refusals of the database (a unique column, a lock held for more than five seconds) are rejections.
 */
export interface Queries {
  /** The rows of a SELECT or of … RETURNING. */
  all(sql: string, ...parameters: Value[]): Promise<Row[]>

  /** The number of rows that an INSERT, UPDATE or DELETE changed; of no meaning for other statements. */
  run(sql: string, ...parameters: Value[]): Promise<number>
}

/** An open database whose schema is up to date. Every statement outside a transaction is a transaction of its own. */
export interface Database extends Queries {
  /**
   * Does all of `work` or nothing of it, while other callers' statements stay outside. An error that `work` throws rolls
   * back and is passed on; so is the error of a failed statement, even where `work` caught it: PostgreSQL takes nothing
   * more in such a transaction.
   *
   * `work` uses its own `queries` only, which are refused afterwards. The database itself would wait for the end of
   * this very transaction, and therefore refuses instead.
   */
  transaction<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result>

  /** Waits for what has been asked, then closes; all that comes later is refused. Closing again does nothing. */
  close(): Promise<void>
}

/**
 * Opens the database of a URL and brings its schema up to date. `file:./data/accounts.db` (or `file:///…`) is an SQLite
 * file, made with its folder where missing and readable by its owner only; `file::memory:` lives as long as it is open.
 *
 * @throws Error in a sentence for the operator, with its cause: another kind of URL (which is not repeated, it may hold
 *   a password), a file that cannot be opened or is no database, a schema newer than this program.
 */
export async function openDatabase(url: string): Promise<Database> {
  const database = await openSqlite(filePath(url))
  try {
    await migrate(database)
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}

/** The folder of the file that a database URL names, where what belongs to it is kept too; `./data` for one in memory. */
export function dataFolder(url: string): string {
  const path = filePath(url)
  return path === ':memory:' ? 'data' : dirname(path)
}

function filePath(url: string): string {
  if (!url.startsWith('file:')) {
    throw new Error('The database URL must begin with file: as in file:./data/accounts.db')
  }
  const path = url.startsWith('file://') ? pathOfFileUrl(url) : url.slice('file:'.length)
  if (path === '' || path.endsWith('/')) throw new Error('The database URL names no file')
  if (path.includes('?')) throw new Error('The database URL must not have options after a question mark')
  return path
}

/** The cause of a failure is left out: it would repeat the URL. */
function pathOfFileUrl(url: string): string {
  if (!URL.canParse(url) || new URL(url).host !== '') {
    throw new Error('The database URL is no valid file URL: write file:./path or file:///path')
  }
  return fileURLToPath(url) + new URL(url).search
}

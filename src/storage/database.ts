import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { migrate } from './migrations.ts'
import { openSqlite } from './sqlite.ts'

/** For migrations: an index on many rows takes its time, and other processes wait for that. */
const NO_TIME_LIMITS = {}

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
 * Text is compared by its bytes. `FOR UPDATE SKIP LOCKED`, after one blank, may end a SELECT; it says something to
 * PostgreSQL only.
 *
 * Mistakes and refusals of the database (a unique column) are rejections; one that passes by itself (no connection, a lock
 * held for more than five seconds) is a `DatabaseUnavailableError`.
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
   * As `run`, for what may be lost again by a power cut (not by the end of this process): everything else is answered only once it
   * is on the disk. On SQLite, whatever is kept later brings it to the disk too, so that nothing is lost out of order; on
   * PostgreSQL, which serves others meanwhile, it is as `run`.
   */
  runUnsynced(sql: string, ...parameters: Value[]): Promise<number>

  /**
   * Does all of `work` or nothing of it, as if it came before or after each other transaction and never between. An error
   * that `work` throws rolls back and is passed on; so is the error of a failed statement, even where `work` caught it:
   * PostgreSQL takes nothing more in such a transaction. `work` may be done again from its beginning, after all that it did was
   * undone because of something else at the same time: it changes nothing but the database, and waits for nothing else.
   *
   * `work` uses its own `queries` only, which are refused afterwards. The database itself would wait for the end of
   * this very transaction, and therefore refuses instead.
   */
  transaction<Result>(work: (queries: Queries) => Promise<Result>): Promise<Result>

  /**
   * On SQLite only: moves the journal beside the file into it and empties it. Until then what was deleted can still be read there. Does
   * nothing while another process reads or writes: to be tried again.
   */
  emptyJournal?(): Promise<void>

  /** Waits for what has been asked, then closes; all that comes later is refused. Closing again does nothing. */
  close(): Promise<void>
}

/**
 * Opens the database of a URL and brings its schema up to date. `file:./data/accounts.db` (or `file:///…`) is an SQLite
 * file, made with its folder where missing and readable by its owner only; `file::memory:` lives as long as it is open.
 * `postgres://user:password@host:5432/database` (or `postgresql:`) is a PostgreSQL database, which is there already.
 *
 * @throws Error in a sentence for the operator, with its cause: another kind of URL (which is not repeated, it may hold
 *   a password), a file that cannot be opened or is no database, a server that cannot be reached or refuses, a schema
 *   newer than this program.
 */
export async function openDatabase(url: string): Promise<Database> {
  if (!isPostgres(url)) return upToDate(await openSqlite(filePath(url)))

  const { openPostgres } = await postgres()
  const patient = await upToDate(await openPostgres(url, NO_TIME_LIMITS))
  await patient.close()
  return openPostgres(url)
}

/** A database whose schema is of whatever version, and how it tells of its tables. */
export interface Unchanged {
  database: Database
  catalog: 'sqlite' | 'postgres'
}

/**
 * Opens the database of a URL and leaves its schema as it is.
 *
 * @throws Error as `openDatabase` does, and for an SQLite file that is not there
 */
export async function openUnchanged(url: string): Promise<Unchanged> {
  if (isPostgres(url)) return { database: await (await postgres()).openPostgres(url), catalog: 'postgres' }

  const path = filePath(url)
  if (!existsSync(path)) throw new Error(`There is no database ${path}`)
  return { database: await openSqlite(path), catalog: 'sqlite' }
}

/** Loaded only where it is wanted: its library is large. */
function postgres() {
  return import('./postgres.ts')
}

async function upToDate(database: Database): Promise<Database> {
  try {
    await migrate(database)
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}

/**
 * Opens a database as it is found, to look at it: makes none, and leaves its schema alone. `undefined`: there is none yet.
 *
 * @throws Error as {@link openDatabase} does, but for the schema
 */
export async function openAsFound(url: string): Promise<Database | undefined> {
  if (isPostgres(url)) return (await postgres()).openPostgres(url)
  const path = filePath(url)
  return path === ':memory:' || existsSync(path) ? openSqlite(path) : undefined
}

/** Whether a database URL names one that is gone when it is closed. */
export function isInMemory(url: string): boolean {
  return !isPostgres(url) && filePath(url) === ':memory:'
}

/** The folder of the file that a database URL names, where what belongs to it is kept too; `./data` where there is none. */
export function dataFolder(url: string): string {
  const path = isPostgres(url) ? ':memory:' : filePath(url)
  return path === ':memory:' ? 'data' : dirname(path)
}

function isPostgres(url: string): boolean {
  return /^postgres(ql)?:\/\//.test(url)
}

function filePath(url: string): string {
  if (!url.startsWith('file:')) {
    throw new Error(
      'The database URL must begin with file: as in file:./data/accounts.db, or with postgres:// as in postgres://user:password@host:5432/database',
    )
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

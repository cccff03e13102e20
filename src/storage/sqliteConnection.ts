import { chmodSync, closeSync, existsSync, openSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import type { Row, Value } from './database.ts'
import { makeFolder } from './folder.ts'
import { checkParameters, parameterCount } from './parameters.ts'
import { toldApart } from './sqliteErrors.ts'

/** More than the program has statements; only texts made up at run time could pass it. */
const MAX_PREPARED = 256

interface Prepared {
  readonly statement: StatementSync
  readonly count: number
}

/** One synchronous connection to an SQLite file, with each statement prepared once. */
export class SqliteConnection {
  readonly #database: DatabaseSync
  readonly #prepared = new Map<string, Prepared>()

  /** @param path A file, made with its folder where missing and readable by its owner only, or `:memory:`. */
  constructor(path: string) {
    this.#database = open(path)
  }

  /** The rows of a statement. */
  all(sql: string, parameters: readonly Value[]): Row[] {
    try {
      const rows = this.#prepare(sql, parameters).all(...parameters)
      // Rows come without a prototype; callers get ordinary objects. Our schema has text and integers only.
      return rows.map((row) => ({ ...row }) as Row)
    } catch (error) {
      throw toldApart(error)
    }
  }

  /** How many rows an INSERT, UPDATE or DELETE changed. */
  run(sql: string, parameters: readonly Value[]): number {
    try {
      return Number(this.#prepare(sql, parameters).run(...parameters).changes)
    } catch (error) {
      throw toldApart(error)
    }
  }

  /** Undoes the transaction under way, if SQLite itself has not done so already (as it does on a full disk). */
  rollBack(): void {
    if (this.#database.isOpen && this.#database.isTransaction) this.run('ROLLBACK', [])
  }

  /** Closes the file; again does nothing. */
  close(): void {
    this.#prepared.clear()
    if (this.#database.isOpen) this.#database.close()
  }

  #prepare(sql: string, parameters: readonly Value[]): StatementSync {
    const { statement, count } = this.#prepared.get(sql) ?? this.#prepareFirst(sql)
    checkParameters(count, parameters)
    return statement
  }

  #prepareFirst(sql: string): Prepared {
    if (!this.#database.isOpen) throw new Error('The database is closed')

    const prepared = {
      statement: this.#database.prepare(sqliteText(sql)),
      count: parameterCount(sql),
    }
    const [oldest] = this.#prepared.keys()
    if (oldest !== undefined && this.#prepared.size >= MAX_PREPARED) this.#prepared.delete(oldest)
    this.#prepared.set(sql, prepared)
    return prepared
  }
}

/** SQLite locks the whole database for a change, never rows, and has no words for that. */
function sqliteText(sql: string): string {
  return sql.replaceAll(/\$(\d+)/g, '?$1').replaceAll(' FOR UPDATE SKIP LOCKED', '')
}

function open(path: string): DatabaseSync {
  if (path !== ':memory:') keepPrivate(resolve(path))

  const database = new DatabaseSync(path === ':memory:' ? path : resolve(path), { timeout: 0 })
  try {
    database.exec('PRAGMA journal_mode = WAL')
    // A commit does not wait for the disk itself, which would hold up this thread: `Disk` does.
    database.exec('PRAGMA synchronous = NORMAL')
    database.exec('PRAGMA foreign_keys = ON')
    // Deleted tokens are overwritten in the file, not merely forgotten.
    database.exec('PRAGMA secure_delete = ON')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** SQLite gives its `-wal` and `-shm` files the mode of the file itself. */
function keepPrivate(path: string): void {
  makeFolder(dirname(path))
  // A file that is there is not opened: closing it would drop the locks that this process's other connections hold on it.
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
  chmodSync(path, 0o600)
}

import { setImmediate } from 'node:timers/promises'
import type { Database, Queries, Row, Unchanged, Value } from './database.ts'
import { schemaVersion } from './migrations.ts'

/** What a copy works with. */
export interface CopyOptions {
  from: Unchanged
  to: Unchanged
  /** Rows a transaction. */
  batchSize?: number
  /** Told after each batch. */
  onProgress?: (progress: CopyProgress) => void
  /** Stops after the batch in hand. */
  signal?: AbortSignal
}

/** How far a copy is. */
interface CopyProgress {
  /** Rows that are the same in both. */
  done: number
  /** Rows there are to copy. */
  total: number
}

/** What a copy has done. */
export interface Copy {
  /** Rows that are now in both, by table. */
  rows: Map<string, number>
  /** Rows that were copied this time. */
  copied: number
  /** Whether it came to the end, and both have the same number of rows in each table. Otherwise the next one goes on. */
  finished: boolean
}

/** A table, and the column by which its rows have an order. */
interface Table {
  name: string
  key: string
}

/** Every table but the one of versions, with the first column of its primary key. */
const CATALOGS = {
  sqlite: `SELECT t.name AS name, c.name AS key FROM sqlite_schema t LEFT JOIN pragma_table_info(t.name) c ON c.pk = 1
    WHERE t.type = 'table' AND t.name <> 'schema_versions' AND substr(t.name, 1, 7) <> 'sqlite_' ORDER BY t.name`,
  postgres: `SELECT t.table_name AS name, k.column_name AS key
    FROM information_schema.tables t
    LEFT JOIN information_schema.table_constraints c ON c.table_schema = t.table_schema
      AND c.table_name = t.table_name AND c.constraint_type = 'PRIMARY KEY'
    LEFT JOIN information_schema.key_column_usage k ON k.constraint_schema = c.constraint_schema
      AND k.constraint_name = c.constraint_name AND k.ordinal_position = 1
    WHERE t.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND t.table_name <> 'schema_versions'
    ORDER BY t.table_name COLLATE "C"`,
} satisfies Record<Unchanged['catalog'], string>

/**
 * Copies every row of a database to another one with the same schema, in the order of the keys. What was copied stays when
 * the process dies in the middle; doing it again goes on where it ended, after it has held all that is there already
 * against the original. Nobody else may change either of them meanwhile.
 *
 * @throws Error in a sentence: the schemas are of different versions, or the other database holds something else
 */
export async function copyDatabase(options: CopyOptions): Promise<Copy> {
  const { from, to, batchSize = 500, onProgress, signal } = options
  await refuseOtherVersion(from.database, to.database)
  const tables = await tablesOf(from)
  const total = await countAll(from.database, tables)
  const rows = new Map(tables.map(({ name }) => [name, 0]))
  let done = 0
  let copied = 0

  async function proceed({ name }: Table, count: number): Promise<boolean> {
    rows.set(name, (rows.get(name) ?? 0) + count)
    done += count
    onProgress?.({ done, total })
    // SQLite answers without leaving this turn of the event loop, and a Ctrl-C is heard only in the next.
    await setImmediate()
    return signal?.aborted !== true
  }

  /** Holds what is in the other one against the original; nothing is written before all of it has been. */
  async function compare(table: Table): Promise<Value | undefined> {
    for (let last: Value | undefined; ;) {
      const there = await batchOf(to.database, table, last, batchSize)
      const originals = await batchOf(from.database, table, last, there.length)
      if (!there.every((row, index) => isSame(row, originals[index]))) throw otherData(table)
      last = there.at(-1)?.[table.key] ?? last
      if (!(await proceed(table, there.length)) || there.length < batchSize) return last
    }
  }

  async function copy(table: Table, after: Value | undefined): Promise<void> {
    for (let last = after; signal?.aborted !== true;) {
      const batch = await batchOf(from.database, table, last, batchSize)
      if (batch.length > 0) await to.database.transaction((queries) => insert(queries, table, batch))
      copied += batch.length
      last = batch.at(-1)?.[table.key] ?? last
      if (!(await proceed(table, batch.length)) || batch.length < batchSize) return
    }
  }

  const ends = new Map<Table, Value | undefined>()
  for (const table of tables) ends.set(table, await compare(table))
  for (const [table, last] of ends) await copy(table, last)
  const finished = signal?.aborted !== true
  if (finished) for (const table of tables) await refuseOtherCount(from.database, to.database, table)
  return { rows, copied, finished }
}

async function refuseOtherVersion(from: Database, to: Database): Promise<void> {
  const [before, after] = [await schemaVersion(from), await schemaVersion(to)]
  if (before === after) return
  throw new Error(
    `The database to copy from has schema version ${before}, the other one ${after}: ` +
      'start this version of the app once on each of them, and stop it again',
  )
}

async function tablesOf({ database, catalog }: Unchanged): Promise<Table[]> {
  const rows = await database.all(CATALOGS[catalog])
  return rows.map(({ name, key }) => {
    if (key === null) throw new Error(`The table ${String(name)} has no primary key, and cannot be copied`)
    return { name: String(name), key: String(key) }
  })
}

async function countAll(database: Database, tables: readonly Table[]): Promise<number> {
  let total = 0
  for (const table of tables) total += await countOf(database, table)
  return total
}

async function countOf(database: Database, { name }: Table): Promise<number> {
  const [row] = await database.all(`SELECT COUNT(*) AS count FROM ${name}`)
  return Number(row?.['count'])
}

async function batchOf(
  database: Database,
  { name, key }: Table,
  after: Value | undefined,
  limit: number,
): Promise<Row[]> {
  return after === undefined
    ? await database.all(`SELECT * FROM ${name} ORDER BY ${key} LIMIT $1`, limit)
    : await database.all(`SELECT * FROM ${name} WHERE ${key} > $1 ORDER BY ${key} LIMIT $2`, after, limit)
}

async function insert(queries: Queries, { name }: Table, batch: readonly Row[]): Promise<void> {
  const columns = Object.keys(batch[0] ?? {})
  let parameter = 0
  const places = batch.map(() => `(${columns.map(() => `$${++parameter}`).join(', ')})`)
  await queries.run(
    `INSERT INTO ${name} (${columns.join(', ')}) VALUES ${places.join(', ')}`,
    ...batch.flatMap((row) => columns.map((column) => row[column] ?? null)),
  )
}

function isSame(row: Row, original: Row | undefined): boolean {
  return original !== undefined && Object.entries(original).every(([column, value]) => row[column] === value)
}

async function refuseOtherCount(from: Database, to: Database, table: Table): Promise<void> {
  const [before, after] = [await countOf(from, table), await countOf(to, table)]
  if (before !== after) {
    throw new Error(
      `The table ${table.name} has ${before} rows, and its copy ${after}: is the app still running? ` +
        'Stop it, empty the database that is copied to, and start again',
    )
  }
}

function otherData({ name }: Table): Error {
  return new Error(
    `The database to copy to holds something else already, in the table ${name}: it must be empty, ` +
      'or hold the beginning of this very copy, with nothing changed in either since',
  )
}

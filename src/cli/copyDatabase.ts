import { setImmediate } from 'node:timers/promises'
import { type Database, openDatabase, openExistingDatabase, type Queries, type Row } from '../database/database.ts'
import { TABLES } from '../database/migrations.ts'
import { confirmHosts } from './environment.ts'
import { formatCount, listenForInterruption, print, say, showStatus, type Terminal } from './terminal.ts'

/** Rows that are read and written at once. More take longer: SQLite looks for the name of each parameter among all. */
const BATCH_SIZE = 50

/** Options of the command. */
export interface CopyOptions {
  from?: string
  to?: string
  json?: boolean
}

/** `copy-database`: copies every row to another database, which must be empty. All of it is copied, or nothing. */
export async function copyDatabase(options: CopyOptions, terminal: Terminal): Promise<void> {
  const { FROM_DATABASE_URL, DATABASE_URL } = terminal.environment
  const { from = FROM_DATABASE_URL, to = DATABASE_URL, json = false } = options
  if (!from) throw new Error('Name the database to copy from, with --from or as FROM_DATABASE_URL.')
  if (!to) throw new Error('Name the database to copy to, with --to or as DATABASE_URL.')
  if (from === to) throw new Error('Both databases are the same.')
  await confirmHosts(terminal, { DATABASE_URL: to })
  say(terminal, 'Keep the app stopped until the copy is complete. Otherwise its changes are lost.')
  using interruption = listenForInterruption()
  await using opened = new AsyncDisposableStack()
  const source = opened.adopt(await openSource(from), (database) => database.close())
  const target = opened.adopt(await openDatabase(to), (database) => database.close())
  const showProgress = (count: number) => {
    if (!json) showStatus(terminal, `${formatCount(count)} rows`)
  }
  const counts = await target.transaction((transaction) =>
    copyTables(source, transaction, showProgress, interruption.signal),
  )
  showStatus(terminal)
  const copied = Object.values(counts).reduce((sum, count) => sum + count, 0)
  print(terminal, json ? JSON.stringify({ copied, finished: true, tables: counts }) : report(copied, counts))
}

async function openSource(url: string): Promise<Database> {
  const found = await openExistingDatabase(url)
  if (!found) throw new Error(`There is no database ${url.replace(/^file:/, '')}.`)
  await found.close()
  // Refuses another version of the schema.
  return await openDatabase(url)
}

/** Copies every table, and returns the number of rows of each. */
async function copyTables(
  source: Queries,
  target: Queries,
  showProgress: (count: number) => void,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  for (const table of TABLES)
    if ((await countRows(target, table)) > 0)
      throw new Error(`The database to copy to must be empty. Its table ${table} has rows.`)
  const counts: Record<string, number> = {}
  let copied = 0
  for (const table of TABLES) {
    for await (const rows of batchesOf(source, table)) {
      await insert(target, table, rows)
      copied += rows.length
      showProgress(copied)
      // SQLite answers within this turn of the event loop; signals arrive in the next.
      await setImmediate()
      signal.throwIfAborted()
    }
    counts[table] = await countRows(target, table)
    if (counts[table] !== (await countRows(source, table)))
      throw new Error(`The table ${table} changed during the copy. Stop the app and try again.`)
  }
  return counts
}

async function* batchesOf(source: Queries, table: string): AsyncGenerator<Row[]> {
  const { rows: sample } = await source.query(`SELECT * FROM ${table} LIMIT 1`)
  const [key] = Object.keys(sample[0] ?? {})
  let last: Row[string] = ''
  while (key !== undefined) {
    const sql = `SELECT * FROM ${table} WHERE ${key} > $1 ORDER BY ${key} LIMIT $2`
    const { rows } = await source.query(sql, [last, BATCH_SIZE])
    if (rows.length > 0) yield rows
    if (rows.length < BATCH_SIZE) return
    last = rows.at(-1)?.[key] ?? last
  }
}

async function insert(target: Queries, table: string, rows: readonly Row[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {})
  const places = rows.map((_, row) => columns.map((__, column) => `$${row * columns.length + column + 1}`))
  await target.query(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${places.map((row) => `(${row.join(', ')})`).join(', ')}`,
    rows.flatMap((row) => columns.map((column) => row[column] ?? null)),
  )
}

async function countRows(queries: Queries, table: string): Promise<number> {
  const { rows } = await queries.query(`SELECT COUNT(*) AS count FROM ${table}`)
  return Number(rows[0]?.['count'])
}

function report(copied: number, counts: Record<string, number>): string {
  return [
    `${formatCount(copied)} ${copied === 1 ? 'row' : 'rows'} copied. Rows in both databases:`,
    ...Object.entries(counts).map(([table, count]) => `  ${table}: ${formatCount(count)}`),
    'Next, set DATABASE_URL to the new database, keep SESSION_SECRETS and TOKEN_KEYS, and start the app.',
  ].join('\n')
}

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { inject, test } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** The engine of tests that do not choose one. */
    engine: Engine['name'] | undefined
  }
}

/** A database engine that tests run on. */
export interface Engine {
  readonly name: 'SQLite' | 'PostgreSQL'
  /** Creates an empty database. */
  readonly place: () => Promise<Place>
}

/** An empty database, deleted when it is disposed of. */
export interface Place extends AsyncDisposable {
  /** For `openDatabase`. */
  readonly url: string
}

/** A file in its own folder. */
export const sqlite: Engine = {
  name: 'SQLite',
  async place() {
    const folder = await mkdtemp(join(tmpdir(), 'accounts-'))
    return {
      url: `file:${folder}/accounts.db`,
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
    }
  },
}

/** A schema in the database of the test run; a new database would take ten times as long. */
export const postgres: Engine = {
  name: 'PostgreSQL',
  async place() {
    const server = inject('postgresUrl')
    const name = `test_${randomBytes(8).toString('hex')}`
    await administer(server, `CREATE SCHEMA ${name}`)
    const url = new URL(server)
    url.searchParams.set('options', `-csearch_path=${name}`)
    return {
      url: url.href,
      [Symbol.asyncDispose]: () => administer(server, `DROP SCHEMA ${name} CASCADE`),
    }
  },
}

/** All engines. */
export const engines: readonly Engine[] = [sqlite, postgres]

/** The engine of the project that vitest runs: SQLite, unless vitest.config.ts says otherwise. */
export function projectEngine(): Engine {
  return engines.find(({ name }) => name === inject('engine')) ?? sqlite
}

/** A test that needs SQLite, for instance for its query plans. */
export const onSqlite = test.runIf(projectEngine() === sqlite)

/** Runs SQL on a server, outside the app. */
export async function administer(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

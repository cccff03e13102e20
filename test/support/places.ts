import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { inject, test } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** The name of the engine that tests run on which do not choose one. */
    engine: Engine['name'] | undefined
  }
}

/** A database system that tests run on. */
export interface Engine {
  readonly name: 'SQLite' | 'PostgreSQL'
  /** Makes an empty database. */
  readonly place: () => Promise<Place>
}

/** An empty database, which is deleted with all that is in it when it is disposed of. */
export interface Place extends AsyncDisposable {
  /** For `openDatabase`. */
  readonly url: string
}

/** A file in a folder of its own. */
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

/** A schema of its own in the database that all tests of a run share; a new database would take ten times as long. */
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

/** A test that asks SQLite for something of its own, such as a plan. */
export const onSqlite = test.runIf(projectEngine() === sqlite)

/** Asks a server something that is no business of the app. */
export async function administer(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

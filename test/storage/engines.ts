import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openDatabase } from '../../src/storage/database.ts'
import type { Database } from '../../src/storage/database.ts'
import { type Engine, engines as all } from '../support/places.ts'

/** A database system that the contract tests run on. */
interface TestedEngine {
  readonly name: string
  /** Makes an empty database for the test that runs. Returns its URL. */
  readonly emptyDatabase: () => Promise<string>
  /** The same. Returns what opens it, as often as wanted. */
  readonly place: () => Promise<() => Promise<Database>>
}

/** All engines; each opens through `openDatabase`. */
export const engines: readonly TestedEngine[] = all.map((engine) => ({
  name: engine.name,
  emptyDatabase: () => emptyDatabase(engine),
  place: async () => {
    const url = await emptyDatabase(engine)
    return () => opened(url)
  },
}))

async function emptyDatabase(engine: Engine): Promise<string> {
  const place = await engine.place()
  onTestFinished(() => place[Symbol.asyncDispose]())
  return place.url
}

/** A database that the running test need not close. */
export async function opened(url: string): Promise<Database> {
  const database = await openDatabase(url)
  onTestFinished(() => database.close())
  return database
}

/** An empty folder that goes when the running test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'storage-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

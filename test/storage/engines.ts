import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openDatabase } from '../../src/storage/database.ts'
import type { Database } from '../../src/storage/database.ts'

/** A database system that the contract tests run on. */
interface Engine {
  readonly name: string
  /** Makes an empty place for the test that runs. Returns what opens the database there, as often as wanted. */
  readonly place: () => Promise<() => Promise<Database>>
}

/** All engines; each opens through `openDatabase`. */
export const engines: readonly Engine[] = [
  {
    name: 'SQLite',
    place: async () => {
      const folder = await temporaryFolder()
      return () => opened(`file:${join(folder, 'accounts.db')}`)
    },
  },
]

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

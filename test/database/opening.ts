import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Database, openDatabase } from '../../src/database/database.ts'
import type { Engine } from '../support/places.ts'

/** The URL of an empty database, which is deleted after the test. */
export async function emptyDatabase(engine: Engine): Promise<string> {
  const place = await engine.place()
  onTestFinished(() => place[Symbol.asyncDispose]())
  return place.url
}

/** A database that is closed after the test. */
export async function opened(url: string): Promise<Database> {
  const database = await openDatabase(url)
  onTestFinished(() => database.close())
  return database
}

/** An empty folder, which is deleted after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'database-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

/** What a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  const reason: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (reason instanceof Error) return reason
  throw new Error('It was not rejected')
}

import { createInstagram, type Instagram } from './instagram/client.ts'
import { withKeptSecrets } from './settings/secrets.ts'
import type { Settings } from './settings/settings.ts'
import { type Database, openDatabase } from './storage/database.ts'

/** What is open while an app runs, and is closed at its end. */
export interface Opened {
  /** With the secrets that were left out. */
  settings: Settings
  database: Database
  instagram: Instagram
  /** Ends the client's connections and then the database, once their work is done. */
  close(): Promise<void>
}

/**
 * Opens what settings name: secrets, database and the client for Instagram. Nothing stays open where one of them fails.
 *
 * @throws Error in a sentence for the operator: a secret or the database cannot be had
 */
export async function open(settings: Settings, now: () => Date): Promise<Opened> {
  await using opening = new AsyncDisposableStack()
  const complete = await withKeptSecrets(settings)
  const database = opening.adopt(await openDatabase(settings.databaseUrl), (opened) => opened.close())
  const instagram = opening.adopt(createInstagram(settings.instagram, now), (client) => client.close())
  const opened = opening.move()
  return { settings: complete, database, instagram, close: () => opened.disposeAsync() }
}

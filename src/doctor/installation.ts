import type { TokenKey } from '../accounts/keyRing.ts'
import type { Instagram, InstagramSettings } from '../instagram/client.ts'
import type { Database } from '../storage/database.ts'

/** Something that could be had; else why not, or `undefined` where a setting that it depends on cannot be read. */
export type Had<Thing> = Thing | Error | undefined

/** What the doctor examines: an app with its settings, running or not. */
export interface Installation {
  /** Whether the stand-in takes Instagram's place, for want of credentials. */
  sandbox: boolean
  /** Each variable that is set, letter by letter. */
  written: Readonly<Record<string, string | undefined>>
  /** What is wrong with the settings: sentences that begin with a variable's name. */
  mistakes: readonly string[]
  /** Those that can be read. */
  settings: Partial<InstagramSettings>
  /** A client with these settings; `undefined` when some of them are missing. */
  instagram: Instagram | undefined
  /** Where the app listens; `undefined`: the app around it says. */
  port: number | undefined
  /** Whether the app itself speaks https, and with which certificate (PEM). */
  https: boolean
  certificate: Had<string>
  /** As it is found: nothing is made or migrated. `none yet`: the app makes it when it starts. */
  database: Had<Database> | 'none yet'
  /** Newest first; empty: made when the app starts. */
  tokenKeys: Had<readonly TokenKey[]>
  /** Why the secret that signs cookies cannot be had. */
  sessionSecrets: Had<readonly string[]>
  /** This machine's clock. */
  now: () => Date
}

import type { Config, InstagramSettings, TokenKey } from '../config.ts'
import type { Database } from '../database/database.ts'
import type { SettingNames } from '../errors/settingNames.ts'
import type { InstagramClient } from '../instagram/client.ts'

/** A value, or why it cannot be read; `undefined` if a setting that it depends on cannot be read. */
export type Result<Value> = Value | Error | undefined

/** What the doctor examines: an app with its settings, running or not. */
export interface Installation {
  /** Whether the sandbox replaces Instagram, because there are no credentials. */
  sandbox: boolean
  /** The reader's name for each setting. */
  names: SettingNames
  /** The settings that are set, unparsed, by the reader's names. */
  given: Readonly<Record<string, string | undefined>>
  /** Mistakes in the settings: sentences that begin with a setting's name. */
  mistakes: readonly string[]
  /** All settings; those that cannot be read have their defaults. */
  config: Config
  /** The settings of Instagram; those of the app may be missing. */
  settings: Partial<InstagramSettings> & Omit<InstagramSettings, 'clientId' | 'clientSecret' | 'redirectUri'>
  /** A client with these settings; `undefined` when some of them are missing. */
  instagram: InstagramClient | undefined
  /** The certificate (PEM) that the app itself serves. */
  certificate: Result<string>
  /** Opened as it is. `none yet`: the app creates it when it starts. */
  database: Result<Database> | 'none yet'
  /** Newest first; empty: generated when the app starts. */
  tokenKeys: Result<readonly TokenKey[]>
  /** Newest first; empty: generated when the app starts. */
  sessionSecrets: Result<readonly string[]>
  now: () => Date
}

/** The result of a check: passed, failed, a warning, or unknown. */
export type CheckStatus = 'ok' | 'wrong' | 'warning' | 'unknown'

/** A finding of the doctor in words for the operator. Never holds a secret or a token. */
export interface Finding {
  /** The check: a few words, or a setting's name. */
  name: string
  outcome: CheckStatus
  /** The result in one or two sentences. */
  says: string
  /** What to do. Always set if the check failed. */
  fix?: string
}

export function ok(name: string, says: string): Finding {
  return { name, outcome: 'ok', says }
}

export function wrong(name: string, says: string, fix: string): Finding {
  return { name, outcome: 'wrong', says, fix }
}

export function warning(name: string, says: string, fix: string): Finding {
  return { name, outcome: 'warning', says, fix }
}

export function unknown(name: string, says: string, fix?: string): Finding {
  return { name, outcome: 'unknown', says, ...(fix !== undefined && { fix }) }
}

/** A foreign text in quotation marks: shortened, and without control characters. */
export function quoted(text: string): string {
  return `“${text.replace(/\p{C}+/gu, ' ').slice(0, 200)}”`
}

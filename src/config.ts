import { isIP } from 'node:net'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { AppError } from './errors/errors.ts'
import { ENVIRONMENT_NAMES, OPTION_NAMES, type SettingNames } from './errors/settingNames.ts'
import { AUTHORIZE_URL, BASIC_SCOPE, DEFAULT_GRAPH_VERSION, GRAPH_URL, TOKEN_URL } from './facts.ts'

/** The Instagram app (not the Facebook app), and where Instagram is reached. */
export interface InstagramSettings {
  clientId: string
  clientSecret: string
  /** Exactly as registered: Instagram compares it letter by letter. */
  redirectUri: string
  scopes: readonly string[]
  authorizeUrl: string
  tokenUrl: string
  /** Without a version and without a slash at the end. */
  graphUrl: string
  /** The version in the path of `/me`, such as `v26.0`. The token endpoints have none. */
  graphVersion: string
}

/** A key that encrypts tokens at rest. */
export interface TokenKey {
  /** Stored with each encrypted token, so that its key is found again. */
  id: string
  /** 32 bytes. */
  secret: Buffer
}

/** How the app itself serves https: with a generated certificate or with the given files; `undefined`: it does not. */
export type HttpsSetting = 'self-signed' | { certificateFile: string; keyFile: string } | undefined

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** pino's levels, from the fewest lines to the most, and none at all. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** All settings, validated: of the web app, of the CLI, or of the router in a host app. */
export interface Config {
  production: boolean
  instagram: InstagramSettings
  /** Whether the sandbox takes Instagram's place; every page says so. */
  sandbox: boolean
  /** Where the web app starts its sandbox. */
  sandboxPort: number
  /** Where and how the web app listens; `undefined` in a host app. */
  listening:
    | {
        host: string
        port: number
        https: HttpsSetting
        /** Express's `trust proxy`. */
        trustProxy: boolean | number | string[]
      }
    | undefined
  logLevel: LogLevel
  databaseUrl: string
  /** Newest first. Empty outside production: one is generated and stored beside the database. */
  sessionSecrets: readonly string[]
  /** Newest first. Empty outside production: one is generated and stored beside the database. */
  tokenKeys: readonly TokenKey[]
  /** Days before its expiry from which a token is refreshed. */
  refreshDaysBeforeExpiry: number
  /** Secrets of the Meta app, if Meta signs its callbacks with that instead of the Instagram app's; none or one. */
  metaAppSecrets: readonly string[]
  /** Where events are sent; each secret is `whsec_` and base64, newest first. */
  webhook: { url: string; secrets: readonly string[] } | undefined
  /** Origins, beside our own, where people may be sent after a login. */
  returnToOrigins: readonly string[]
  /** Whether the connected person may see the token on the page. */
  showToken: boolean
  /** Keys of the JSON API; none: there is no API. */
  apiKeys: readonly string[]
  /** Password of the admin pages; `undefined`: there are none. */
  adminPassword: string | undefined
  /** Whether visitors may paste a token that they have already. */
  takesTokens: boolean
  /** What the reader of a message calls each setting: by its environment variable, or by its option. */
  names: SettingNames
}

/** Mistakes in settings: one sentence each, which starts with the setting's name and shows no value. */
export class ConfigError extends AppError {
  override readonly name = 'ConfigError'
  readonly mistakes: readonly string[]

  constructor(mistakes: readonly string[]) {
    super('settings', { message: mistakes.join('\n') })
    this.mistakes = mistakes
  }
}

/** The app that the sandbox knows when no other is named. */
export const SANDBOX_APP = { clientId: '990602627938098', clientSecret: 'the-sandbox-has-no-secrets' }

/** The environment variable of each setting, in the order of `.env.example`. */
export const VARIABLES = {
  ...ENVIRONMENT_NAMES,
} satisfies Record<string, string>

/** An environment as far as it could be read. */
export interface ParsedEnvironment {
  /** Unset and unreadable settings have their defaults; without complete credentials, those of the sandbox. */
  config: Config
  mistakes: string[]
  /** Names of the variables whose own value cannot be read. */
  unreadable: Set<string>
  /** Every variable of ours by name, as it was set. */
  given: Record<string, string | undefined>
}

/** Options of {@link parseEnvironment}. */
export interface ParseOptions {
  /** Whether the redirect URI may have any path; the web app's must be `/response`. Default: no. */
  anyRedirectPath?: boolean
}

/** Reads an environment as far as possible. An empty variable counts as unset. */
export function parseEnvironment(environment: Environment, options: ParseOptions = {}): ParsedEnvironment {
  throw new Error(`not yet ${String(environment)} ${String(options)}`)
}

/**
 * The settings in an environment.
 *
 * @throws {ConfigError} with all mistakes
 */
export function configFromEnvironment(environment: Environment, options?: ParseOptions): Config {
  const { config, mistakes } = parseEnvironment(environment, options)
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return config
}

/**
 * The settings in options of a host app. `undefined`, `null`, empty text and empty lists count as left out.
 *
 * @throws {ConfigError} with all mistakes
 */
export function configFromOptions(options: object): Config {
  throw new Error(`not yet ${String(options)} ${String(OPTION_NAMES)}`)
}

/** Whether an environment says that this is production. */
export function isProduction(environment: Environment): boolean {
  return environment['NODE_ENV']?.trim().toLowerCase() === 'production'
}

/**
 * The file of an SQLite database URL, or `:memory:`; `undefined` for PostgreSQL.
 *
 * @throws Error in a sentence that does not show the URL
 */
export function sqliteFile(databaseUrl: string): string | undefined {
  if (/^postgres(ql)?:\/\//.test(databaseUrl)) return undefined
  const path = databaseUrl.startsWith('file://') ? fileUrlPath(databaseUrl) : databaseUrl.replace(/^file:/, '')
  if (path === '' || path.endsWith('/')) throw new Error('The database URL names no file')
  if (path.includes('?')) throw new Error('The database URL must not have options after a question mark')
  return path
}

// Without a cause: it would repeat the URL.
function fileUrlPath(databaseUrl: string): string {
  if (!URL.canParse(databaseUrl) || new URL(databaseUrl).host !== '')
    throw new Error('The database URL is no valid file URL: write file:./path or file:///path')
  return fileURLToPath(databaseUrl) + new URL(databaseUrl).search
}

/** Whether nothing of this database outlives the process. */
export function isInMemory(databaseUrl: string): boolean {
  return sqliteFile(databaseUrl) === ':memory:'
}

/** The folder of the database file, where generated secrets and certificates are stored too; `data` without such a file. */
export function dataFolder(databaseUrl: string): string {
  const file = sqliteFile(databaseUrl) ?? ':memory:'
  return file === ':memory:' ? 'data' : dirname(file)
}

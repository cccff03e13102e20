import { join } from 'node:path'
import envPaths from 'env-paths'
import type { Account } from '../accounts/account.ts'
import { type Config, type Environment, isLoopback, isProduction, withoutEmpty } from '../config.ts'
import { type Context, createContext } from '../context.ts'
import { openDatabase } from '../database/database.ts'
import { hostLogger } from '../log.ts'
import { withStoredSecrets } from '../secrets.ts'
import type { Terminal } from './terminal.ts'

/** The port of the default redirect URI. */
const DEFAULT_PORT = '3000'

/** The user's folder for accounts, keys and the certificate, such as `~/.local/share/instagram-access-token`. */
export function userFolder(): string {
  return envPaths('instagram-access-token', { suffix: '' }).data
}

/** The URL of the database in a folder. */
export function databaseIn(folder: string): string {
  return `file:${join(folder, 'accounts.db')}`
}

/** The environment, whose database is by default the user's own; in the project, `./data`. */
export function withDatabase({ environment, isProject = false }: Terminal): Environment {
  return isProject ? environment : { DATABASE_URL: databaseIn(userFolder()), ...withoutEmpty(environment) }
}

/** The environment, whose redirect URI is by default on this machine. */
export function withRedirectUri(environment: Environment): Environment {
  const given = withoutEmpty(environment)
  return {
    INSTAGRAM_REDIRECT_URI: `https://localhost:${given['PORT'] ?? DEFAULT_PORT}/response`,
    ...given,
  }
}

/**
 * The settings of the web app. Outside the project it has the user's accounts, and answers where a login on this machine does: over https, with the
 * same certificate. Without an Instagram app it runs in the sandbox, with a database of its own.
 */
export function siteEnvironment(terminal: Terminal): Environment {
  if (terminal.isProject) return terminal.environment
  const given = withoutEmpty(terminal.environment)
  if (!given['INSTAGRAM_CLIENT_ID'])
    return { DATABASE_URL: databaseIn(join(userFolder(), 'sandbox')), ...given }
  const site = withRedirectUri(withDatabase(terminal))
  const uri = URL.parse(site['INSTAGRAM_REDIRECT_URI'] ?? '')
  if (!uri || !isLoopback(uri) || isProduction(site)) return site
  return {
    ...(uri.port && { PORT: uri.port }),
    ...(uri.protocol === 'https:' && { HTTPS: 'self-signed' }),
    ...site,
  }
}

/**
 * Opens everything that logins and accounts need; dispose of it in the end. Warnings of the log, with what to do, go to `warn`.
 *
 * @throws Error in a sentence: the database or a secret cannot be opened
 */
export async function openContext(
  settings: Config,
  {
    warn,
    now = () => new Date(),
    reconnectUrl = () => null,
  }: {
    warn: (text: string) => void
    now?: () => Date
    reconnectUrl?: (account: Account) => string | null
  },
): Promise<Context & AsyncDisposable> {
  const config = withStoredSecrets(settings)
  const database = await openDatabase(config.databaseUrl)
  const log = (details: object, message: string) => {
    warn('fix' in details && typeof details.fix === 'string' ? `${message}\n  → ${details.fix}` : message)
  }
  const quiet = () => undefined
  const context = createContext(config, {
    database,
    log: hostLogger({ debug: quiet, info: quiet, warn: log, error: log }),
    now,
    reconnectUrl,
  })
  return { ...context, [Symbol.asyncDispose]: () => context.close() }
}

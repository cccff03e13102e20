import { join } from 'node:path'
import envPaths from 'env-paths'
import * as config from '../config.ts'
import type { Config, Environment, ParseOptions } from '../config.ts'
import { type Context, type ContextParts, createContext } from '../context.ts'
import { openDatabase } from '../database/database.ts'
import { hostLogger } from '../log.ts'
import { withStoredSecrets } from '../secrets.ts'
import type { Terminal } from './terminal.ts'

/** The user's folder for accounts, keys and the certificate, such as `~/.local/share/instagram-access-token`. */
export function userFolder(): string {
  return envPaths('instagram-access-token', { suffix: '' }).data
}

/** The URL of the database in a folder. */
export function databaseIn(folder: string): string {
  return `file:${join(folder, 'accounts.db')}`
}

/** The environment of a login: by default with the user's own database, and a redirect URI on this machine. */
export function loginEnvironment({ environment, isProject = false }: Terminal): Environment {
  const given: Environment = config.withoutEmpty(environment)
  return {
    ...(!isProject && { DATABASE_URL: databaseIn(userFolder()) }),
    INSTAGRAM_REDIRECT_URI: `https://localhost:${given['PORT'] ?? '3000'}/response`,
    ...given,
  }
}

/** The environment of work on accounts, and how it is parsed. Only the project's needs an app, or else uses its sandbox. */
export function accountsEnvironment(terminal: Terminal): [Environment, ParseOptions] {
  const { isProject = false, environment } = terminal
  return [isProject ? environment : loginEnvironment(terminal), { anyRedirectPath: true, needsApp: isProject }]
}

/**
 * The environment of the web app. Outside the project it has the user's accounts, and answers where a login on this machine does: over https,
 * with the same certificate. Without an Instagram app it runs in the sandbox, with a database of its own.
 */
export function siteEnvironment(terminal: Terminal): Environment {
  if (terminal.isProject) return terminal.environment
  const given: Environment = config.withoutEmpty(terminal.environment)
  if (!given['INSTAGRAM_CLIENT_ID']) return { DATABASE_URL: databaseIn(join(userFolder(), 'sandbox')), ...given }
  const site = loginEnvironment(terminal)
  const uri = URL.parse(site['INSTAGRAM_REDIRECT_URI'] ?? '')
  if (!uri || !config.isLoopback(uri) || config.isProduction(site)) return site
  const isHttps = uri.protocol === 'https:'
  return { ...(uri.port && { PORT: uri.port }), ...(isHttps && { HTTPS: 'self-signed' }), ...site }
}

/**
 * Opens everything that logins and accounts need. `warn` gets the warnings of the log, with what to do.
 *
 * @throws Error in a sentence: the database or a secret cannot be opened
 */
export async function openContext(
  settings: Config,
  { warn, ...parts }: { warn: (text: string) => void } & Pick<ContextParts, 'now' | 'reconnectUrl'>,
): Promise<Context & AsyncDisposable> {
  const complete = withStoredSecrets(settings)
  const log = (details: { fix?: string }, message: string) => {
    warn(details.fix === undefined ? message : `${message}\n  → ${details.fix}`)
  }
  const quiet = () => undefined
  const context = createContext(complete, {
    ...parts,
    database: await openDatabase(complete.databaseUrl),
    log: hostLogger({ debug: quiet, info: quiet, warn: log, error: log }),
  })
  return { ...context, [Symbol.asyncDispose]: () => context.close() }
}

import { realpathSync } from 'node:fs'
import { join, sep } from 'node:path'
import envPaths from 'env-paths'
import * as config from '../config.ts'
import type { Config, Environment, ParseOptions } from '../config.ts'
import { type Context, type ContextParts, createContext } from '../context.ts'
import { openDatabase } from '../database/database.ts'
import { sqliteFile } from '../databaseUrl.ts'
import { AUTHORIZE_URL, GRAPH_URL, TOKEN_URL } from '../facts.ts'
import { hostLogger } from '../log.ts'
import { withStoredSecrets } from '../secrets.ts'
import { confirm, ExitError, isInteractive, listenForInterruption, say, type Terminal } from './terminal.ts'

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

const HOST_VARIABLES = Object.entries({
  INSTAGRAM_AUTHORIZE_URL: AUTHORIZE_URL,
  INSTAGRAM_TOKEN_URL: TOKEN_URL,
  INSTAGRAM_GRAPH_URL: GRAPH_URL,
})

/**
 * Asks before this user's tokens or app secret are sent to a host that only `.env` in the current folder names: the folder may be a
 * stranger's. A folder that has its own secret and database, as with the sandbox's settings, may send these where it wants.
 *
 * @throws Error in a sentence, if nobody can be asked
 * @throws {ExitError} if the answer is no
 */
export async function confirmHosts(terminal: Terminal, environment: Environment): Promise<void> {
  const { fromFile = {}, isProject = false } = terminal
  const isFromFile = (name: string) => Object.hasOwn(fromFile, name) && fromFile[name] === environment[name]
  const originOf = (name: string) => URL.parse(environment[name]?.trim() ?? '')?.origin
  const found = HOST_VARIABLES.flatMap(([name, usual]) => {
    const origin = isFromFile(name) && originOf(name)
    return origin && origin !== new URL(usual).origin ? [{ name, origin }] : []
  })
  const hasOwnAccounts = isFromFile('DATABASE_URL') && isOfFolder(environment['DATABASE_URL'] ?? '')
  if (found.length === 0 || isProject || (isFromFile('INSTAGRAM_CLIENT_SECRET') && hasOwnAccounts)) return
  const names = found.map(({ name }) => name).join(', ')
  const origins = [...new Set(found.map(({ origin }) => origin))].join(', ')
  const sentence = `The file .env in this folder sends tokens and the app secret to ${origins} (${names}), not to Instagram.`
  if (!isInteractive(terminal))
    throw new Error(`${sentence} Nobody can be asked here. If that is right, set these variables in the environment.`)
  using interruption = listenForInterruption()
  if (await confirm(terminal, `${sentence} Is that right?`, interruption.signal)) return
  say(terminal, 'Nothing was sent.')
  throw new ExitError(1)
}

/** Whether an SQLite database is in the current folder and not this user's own, or does not exist yet. Links are followed. */
function isOfFolder(databaseUrl: string): boolean {
  try {
    const file = sqliteFile(databaseUrl)
    const isIn = (folder: string) => realpathSync(file ?? '').startsWith(realpathSync(folder) + sep)
    return file !== undefined && isIn('.') && !isIn(userFolder())
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT'
  }
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

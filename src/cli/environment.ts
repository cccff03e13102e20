import { mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, sep } from 'node:path'
import { type Config, type Environment, isLoopback, isProduction, type ParseOptions, withoutEmpty } from '../config.ts'
import { type Context, createContext } from '../context.ts'
import { openDatabase } from '../database/database.ts'
import { remoteHost, sqliteFile } from '../databaseUrl.ts'
import { hostLogger } from '../log.ts'
import { readStoredSecret, withStoredSecrets } from '../secrets.ts'
import { confirm, ExitError, isInteractive, listenForInterruption, say, type Terminal } from './terminal.ts'

/** The user's folder, such as `~/.local/share/instagram-access-token`; `undefined`: this user has no home. */
export function userFolder(): string | undefined {
  const { LOCALAPPDATA, XDG_DATA_HOME } = withoutEmpty(process.env)
  const name = 'instagram-access-token'
  try {
    if (process.platform === 'win32') return join(LOCALAPPDATA ?? join(homedir(), 'AppData/Local'), name, 'Data')
    if (process.platform === 'darwin') return join(homedir(), 'Library/Application Support', name)
    return join(XDG_DATA_HOME ?? join(homedir(), '.local/share'), name)
  } catch {
    return undefined // homedir() fails for a user whom the system does not know, as in a container.
  }
}

/** The URL of a database in the user's folder. @throws Error in a sentence: this user has no home */
export function userDatabase(name = 'accounts.db'): string {
  const folder = userFolder()
  if (folder === undefined)
    throw new Error('This user has no home folder. Set HOME, or set DATABASE_URL to store the accounts elsewhere.')
  return `file:${join(folder, name)}`
}

/** The app ID of the last login; `undefined`: there was none. @throws Error in a sentence: its file cannot be read */
export function rememberedAppId(): string | undefined {
  const folder = userFolder()
  return folder && readStoredSecret(join(folder, 'app-id'))
}

/** Keeps an app ID for the next login. The app secret is never kept. */
export function rememberAppId(clientId: string): void {
  const folder = userFolder()
  if (folder === undefined) return
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, 'app-id'), `${clientId}\n`)
}

/** The environment of a login: by default with the user's own database, and a redirect URI on this machine. */
export function loginEnvironment({ environment, isProject = false }: Terminal): Environment {
  const given: Environment = withoutEmpty(environment)
  return {
    ...(!isProject && !given['DATABASE_URL'] && { DATABASE_URL: userDatabase() }),
    INSTAGRAM_REDIRECT_URI: `https://localhost:${given['PORT'] ?? '3000'}/response`,
    ...given,
  }
}

/** The environment of the sandbox's accounts, which are kept apart from the real ones. Without a home they are not kept. */
export function sandboxEnvironment(): Environment {
  return { DATABASE_URL: userFolder() ? userDatabase('sandbox/accounts.db') : 'file::memory:' }
}

/** The environment of work on accounts, and how it is parsed. Only the project's needs an app, or else uses its sandbox. */
export function accountsEnvironment(terminal: Terminal, isSandbox = false): [Environment, ParseOptions] {
  const { isProject = false, environment } = terminal
  if (isSandbox) return [sandboxEnvironment(), { anyRedirectPath: true }]
  return [isProject ? environment : loginEnvironment(terminal), { anyRedirectPath: true, needsApp: isProject }]
}

/**
 * The environment of the web app. Outside the project it has the user's accounts, and answers where a login on this machine does: over https,
 * with the same certificate. Without an Instagram app it runs in the sandbox, with a database of its own.
 */
export function siteEnvironment(terminal: Terminal): Environment {
  if (terminal.isProject) return terminal.environment
  const given: Environment = withoutEmpty(terminal.environment)
  if (!given['INSTAGRAM_CLIENT_ID'])
    return { ...given, DATABASE_URL: given['DATABASE_URL'] ?? userDatabase('sandbox/accounts.db') }
  const site = loginEnvironment(terminal)
  const uri = URL.parse(site['INSTAGRAM_REDIRECT_URI'] ?? '')
  if (!uri || !isLoopback(uri) || isProduction(site)) return site
  const isHttps = uri.protocol === 'https:'
  return { ...(uri.port && { PORT: uri.port }), ...(isHttps && { HTTPS: 'self-signed' }), ...site }
}

/** Variables that say where tokens, the app secret and accounts are sent. */
const DESTINATIONS = [
  ...['INSTAGRAM_AUTHORIZE_URL', 'INSTAGRAM_TOKEN_URL', 'INSTAGRAM_GRAPH_URL'],
  ...['WEBHOOK_URL', 'DATABASE_URL'],
]

/**
 * Asks before this user's tokens, accounts or app secret are sent to a host that only `.env` in the current folder names: the folder may be
 * a stranger's. A folder that has its own secret and database, as with the sandbox's settings, may send these where it wants.
 *
 * @throws Error in a sentence, if nobody can be asked
 * @throws {ExitError} if the answer is no
 */
export async function confirmHosts(terminal: Terminal, environment: Environment): Promise<void> {
  const { fromFile = {}, isProject = false } = terminal
  const valueOf = (name: string) => environment[name]?.trim() ?? ''
  const isFromFile = (name: string) => valueOf(name) !== '' && valueOf(name) === fromFile[name]?.trim()
  const names = DESTINATIONS.filter((name) => isFromFile(name) && foreignHost(valueOf(name)))
  const hasOwnAccounts = isFromFile('DATABASE_URL') && isOfFolder(valueOf('DATABASE_URL'))
  if (names.length === 0 || isProject || (isFromFile('INSTAGRAM_CLIENT_SECRET') && hasOwnAccounts)) return
  const hosts = new Set(names.map((name) => foreignHost(valueOf(name))))
  const sentence = `The file .env in this folder sends tokens, accounts or the app secret to ${[...hosts].join(', ')} (${names.join(', ')}).`
  if (!isInteractive(terminal))
    throw new Error(`${sentence} If that is correct, set these variables in the environment instead.`)
  using interruption = listenForInterruption()
  if (await confirm(terminal, `${sentence} Is that correct?`, interruption.signal)) return
  say(terminal, 'Nothing was sent.')
  throw new ExitError(1)
}

/** The origin or database host that an address leads to, unless it is Instagram or a database on this machine. */
function foreignHost(address: string): string | undefined {
  if (!/^https?:/i.test(address)) return remoteHost(address)
  const origin = URL.parse(address)?.origin
  return /^https:\/\/\w+\.instagram\.com$/.test(origin ?? '') ? undefined : origin
}

/** Whether an SQLite database is in the current folder and not this user's own, or does not exist yet. Links are followed. */
function isOfFolder(databaseUrl: string): boolean {
  try {
    const file = sqliteFile(databaseUrl)
    const isIn = (folder: string) => realpathSync(file ?? '').startsWith(realpathSync(folder) + sep)
    const own = userFolder()
    return file !== undefined && isIn('.') && !(own && isIn(own))
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT'
  }
}

/**
 * Opens everything that logins and accounts need. `warn` gets the warnings of the log, with what to do.
 *
 * @throws Error in a sentence: the database or a secret cannot be opened
 */
export async function openContext(config: Config, warn: (text: string) => void, now?: () => Date): Promise<Context> {
  const complete = withStoredSecrets(config)
  const log = (details: { fix?: string }, message: string) => {
    warn(details.fix === undefined ? message : `${message}\n  → ${details.fix}`)
  }
  const quiet = () => undefined
  return createContext(complete, {
    database: await openDatabase(complete.databaseUrl),
    now,
    log: hostLogger({ debug: quiet, info: quiet, warn: log, error: log }),
  })
}

import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { createApp } from './app.ts'
import { certificateFor } from './certificate.ts'
import { readEnvFile } from './cli/envFile.ts'
import { listenForInterruption } from './cli/terminal.ts'
import { type Config, ConfigError, configFromEnvironment, type Environment, parseEnvironment } from './config.ts'
import { createContext } from './context.ts'
import { openDatabase } from './database/database.ts'
import { postgresName, sqliteFile } from './databaseUrl.ts'
import { warnOfSettings } from './doctor/doctor.ts'
import { createLog, escapeInLines, type Logger } from './log.ts'
import { withStoredSecrets } from './secrets.ts'
import { freePort, startServer } from './server.ts'

/** Milliseconds for all of stopping, with a refresh under way and the database. */
const STOP_LIMIT_MS = 30_000

// The process of the web app, configured by the environment and `.env`.
try {
  const { variables, warnings } = readEnvFile()
  Object.assign(process.env, { ...variables, ...process.env })
  Object.assign(process.env, await freePorts(process.env, warnings))
  await run(withStoredSecrets(configFromEnvironment(process.env)), warnings)
} catch (error) {
  console.error(escapeInLines(describe(error)))
  process.exitCode = 1
}

/** Settings → sandbox → database → app → listening → stopped. */
async function run(config: Config, warnings: readonly string[]): Promise<void> {
  const log = await createLog(config)
  process.on('uncaughtException', (error, origin) => {
    log.fatal({ err: error, origin }, 'Uncaught error: the process exits.')
    process.exit(1)
  })
  for (const warning of warnings) log.warn(warning)
  warnOfSettings(config, process.env, log)
  const certificate = await certificateFor(config, new Date())
  const ownCertificate = config.listening?.https === 'self-signed' ? certificate?.cert : undefined

  await using closing = new AsyncDisposableStack()
  const sandbox = closing.use(config.sandbox ? await startSandbox(config, ownCertificate, log) : undefined)
  const file = sqliteFile(config.databaseUrl)
  const isNew = file !== undefined && !existsSync(file)
  const context = createContext(config, {
    database: await openDatabase(config.databaseUrl),
    log,
    // The sandbox's clock can be moved.
    now: () => sandbox?.now() ?? new Date(),
  })
  closing.use(context)

  const { all } = await context.accounts.counts()
  const name = file ? resolve(file) : postgresName(config.databaseUrl)
  log.info(`Database: ${name}${isNew ? ', created now' : ''}; accounts: ${all}.`)
  const app = createApp(context, { certificate: ownCertificate })
  const { host = '127.0.0.1', port = 3000 } = config.listening ?? {}
  const stopServer = await startServer(app, { host, port, certificate, log })
  closing.defer(async () => {
    await Promise.all([stopServer(), context.jobs.stop()])
  })
  context.jobs.start()
  log.info(`Listening on ${host}, port ${port} (${certificate ? 'https' : 'http'}).`)
  if (certificate) log.info(`SHA-256 fingerprint of the certificate: ${certificate.fingerprint}`)
  log.info(`Ready: open ${new URL(config.instagram.redirectUri).origin} and choose Get Started.`)

  await once(listenForInterruption(1).signal, 'abort')
  log.info('Stopping.')
  context.stopping.abort()
  setTimeout(() => {
    log.error(`Stopping took longer than ${STOP_LIMIT_MS / 1000} seconds: the process exits now.`)
    process.exit(1)
  }, STOP_LIMIT_MS).unref()
}

async function startSandbox(config: Config, certificate: string | undefined, log: Logger) {
  const { createSandbox } = await import('./createSandbox.ts') // Production never loads its code.
  const { redirectUri } = config.instagram
  const sandbox = await createSandbox({ port: config.sandboxPort, redirectUri, certificate })
  log.info(`Sandbox mode: without Instagram credentials, ${sandbox.origin} simulates Instagram with test accounts.`)
  return sandbox
}

/** In the sandbox, the next free port in place of each default one that is in use. `warnings` gets a sentence about each. */
async function freePorts(environment: Environment, warnings: string[]): Promise<Environment> {
  const { config, given } = parseEnvironment(environment)
  const moved: Record<string, string> = {}
  if (!config.sandbox || config.production) return moved
  const ports = { PORT: config.listening?.port ?? 0, SANDBOX_PORT: config.sandboxPort }
  for (const name of ['PORT', 'SANDBOX_PORT'] as const) {
    const wanted = ports[name]
    if (!given[name]?.trim()) ports[name] = await freePort(wanted, ports[name === 'PORT' ? 'SANDBOX_PORT' : 'PORT'])
    if (ports[name] === wanted) continue
    moved[name] = String(ports[name])
    warnings.push(`Port ${wanted} is in use. ${name} is ${ports[name]} this time.`)
  }
  return moved
}

/** What the operator reads when the app cannot start: sentences, no stack. */
function describe(error: unknown): string {
  if (error instanceof ConfigError)
    return `Invalid settings (environment or .env):\n  - ${error.mistakes.join('\n  - ')}`
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'EADDRINUSE' && 'port' in error) {
    const port = String(error.port)
    const setting = process.env['SANDBOX_PORT'] === port ? 'SANDBOX_PORT' : 'PORT'
    return `Port ${port} is in use by another program. Stop that program, or set ${setting} to another port.`
  }
  if ('syscall' in error && /^(listen|getaddrinfo)$/.test(String(error.syscall)))
    return `HOST must be an address of this machine, such as 0.0.0.0, and PORT a port that this user may use: ${error.message}`
  return `Cannot start: ${error.message}`
}

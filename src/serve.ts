import { once } from 'node:events'
import type { Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Logger } from 'pino'
import { createApp } from './app.ts'
import { certificateFor } from './process/certificate.ts'
import { type Config, ConfigError, readConfig } from './settings/config.ts'
import { checkSettings } from './doctor/examine.ts'
import { createInstagram } from './instagram/client.ts'
import { createLog } from './process/log.ts'
import { withKeptSecrets } from './settings/secrets.ts'
import { SERVER_LIMITS } from './process/serverLimits.ts'
import { standAlone } from './process/standAlone.ts'
import { endOnMistakes, stopperOf, toldToStop } from './process/stopping.ts'
import { openDatabase } from './storage/database.ts'
import type { Environment } from './settings/survey.ts'
import { addressOf } from './web/address.ts'

// An import would look at all that it exports, and thereby load Node's own undici, which we don't use: a tenth of the start.
const { createServer } = process.getBuiltinModule('node:http')

/**
 * The web app: settings → database → app (and sandbox) → listening → clean stop. Returns the process's status when it is told to stop, or
 * cannot start, which is said on standard error.
 */
export async function serve(environment: Environment): Promise<number> {
  try {
    await run(await withKeptSecrets(readConfig(environment)))
    return 0
  } catch (error) {
    console.error(inWords(error))
    return 1
  }
}

async function run(config: Config): Promise<void> {
  const log = await createLog(config)
  endOnMistakes(log)
  warnOfSettings(config, log)
  const certificate = await certificateFor(config, new Date())
  const ownCertificate = config.https === 'self-signed' ? certificate?.cert : undefined
  const stopping = new AbortController()
  await using ending = new AsyncDisposableStack()

  const database = ending.adopt(await openDatabase(config.databaseUrl), (opened) => opened.close())
  const sandbox = config.sandbox
    ? ending.adopt(await startSandbox(config, ownCertificate, log), (started) => started.close())
    : undefined
  // The sandbox has a clock that can be moved, and the app goes by it.
  const now = sandbox ? () => sandbox.now() : () => new Date()
  const instagram = ending.adopt(createInstagram(config.instagram, now), (client) => client.close())

  const {
    site,
    core: { upkeep },
  } = createApp({
    config,
    database,
    instagram,
    log,
    now,
    stopping: stopping.signal,
    certificate: ownCertificate,
  })
  const web = standAlone(site, config, log)
  upkeep.start()
  const server = certificate
    ? createHttpsServer({ ...SERVER_LIMITS, ...certificate }, web)
    : createServer(SERVER_LIMITS, web)
  const stopServer = stopperOf(server)
  ending.defer(() => Promise.all([stopServer(), upkeep.stop()]).then(() => undefined))
  await listen(server, config)
  if (certificate) log.info(`https: the certificate's SHA-256 fingerprint is ${certificate.fingerprint}`)
  log.info(`Ready: open ${new URL(config.instagram.redirectUri).origin} and choose Get Started.`)

  await toldToStop(log)
  stopping.abort()
}

/** What does not keep the app from running, but logins from coming to their end. `npm run doctor` looks at more. */
function warnOfSettings({ sandbox, instagram, port, https }: Config, log: Logger): void {
  const installation = {
    sandbox,
    settings: instagram,
    port,
    https: https !== undefined,
  }
  for (const { outcome, says, fix } of checkSettings(installation))
    if (outcome === 'wrong') log.warn(`${says} ${fix ?? ''}`)
}

/** Loaded only where it is wanted: production never reads its code. */
async function startSandbox(
  { sandboxPort, instagram }: Config,
  certificate: string | undefined,
  log: Logger,
) {
  const { startSandbox } = await import('./sandbox/sandbox.ts')
  const { clientId, clientSecret, redirectUri } = instagram
  const { url } = addressOf(redirectUri)
  const started = await startSandbox({
    port: sandboxPort,
    app: {
      clientId,
      clientSecret,
      redirectUris: [redirectUri],
      deauthorizeUrl: `${url}/deauthorize`,
      dataDeletionUrl: `${url}/data-deletion`,
      ...(certificate && { certificate }),
    },
  })
  log.warn(
    `Sandbox: no Instagram credentials are set, so ${started.origin} stands in for Instagram, with invented people and tokens. ` +
      'Set INSTAGRAM_CLIENT_ID, INSTAGRAM_CLIENT_SECRET and INSTAGRAM_REDIRECT_URI for the real one (see README).',
  )
  return started
}

async function listen(server: Server, { host, port }: Config): Promise<void> {
  server.listen(port, host)
  await once(server, 'listening')
}

/** What the operator reads when the app cannot start: sentences, not a stack. */
function inWords(error: unknown): string {
  if (error instanceof ConfigError)
    return `The settings (environment or .env) need mending:\n  - ${error.mistakes.join('\n  - ')}`
  if (!(error instanceof Error)) return String(error)
  if ('code' in error && error.code === 'EADDRINUSE' && 'port' in error)
    return `Port ${String(error.port)} is in use by another program. Stop it, or set PORT or SANDBOX_PORT to another number.`
  return `Cannot start: ${error.message}`
}

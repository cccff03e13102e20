import type { Express } from 'express'
import pino from 'pino'
import type { AccountEvent } from '../../src/accounts/events.ts'
import { createApp } from '../../src/app.ts'
import { configFromEnvironment } from '../../src/config.ts'
import { createContext } from '../../src/context.ts'
import { type Database, openDatabase } from '../../src/database/database.ts'
import { createReconnectLink } from '../../src/login/state.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import { listen } from './listening.ts'
import { type Outage, withOutages } from './outage.ts'
import { type Engine, projectEngine } from './places.ts'

export const CLIENT_ID = '990602627938098'
export const CLIENT_SECRET = 'c1ient-secret-marked-canary-7f3a91'
export const SESSION_SECRET = 'session-secret-marked-canary-0123456789'
const TOKEN_KEY = `k1:${Buffer.alloc(32, 7).toString('base64')}`

/** An app, a sandbox that plays Instagram for it, a database on disk, and a clock that only moves when it is told to. */
export interface World extends AsyncDisposable {
  /** The first app's origin: `http://localhost:<port>`. */
  origin: string
  sandbox: Sandbox
  database: Database
  /** URL of the database, for another process. */
  databaseUrl: string
  /** The file of the database, on SQLite. */
  databaseFile: string
  /** Every line that was logged so far, as text. */
  log: string[]
  now(): Date
  pass(milliseconds: number): void
  /** Runs every job of the first app once. */
  runJobs(): Promise<void>
  /** Every event of an account that the first app reported so far. */
  events: AccountEvent[]
  /** Starts another process of the same site: same redirect URI, database and settings. Returns its origin. */
  startAnother(environment?: Environment): Promise<string>
  /** Restarts the first app: it loses its memory, and keeps the database. */
  restart(environment?: Environment): void
  /** Tells every app that its process is about to stop. */
  stop(): void
  /** Makes the apps' database unavailable, and available again. */
  outage: Outage
  /** The first app, with its routes. */
  app(): Express
}

type Environment = Record<string, string>

/** Starts a world whose settings differ from production by `environment` only. Its database is on the engine of the vitest project. */
export async function startWorld(
  environment: Environment = {},
  { engine = projectEngine() }: { engine?: Engine } = {},
): Promise<World> {
  const closing = new AsyncDisposableStack()
  const { url: databaseUrl } = closing.use(await engine.place())
  const database = closing.adopt(await openDatabase(databaseUrl), (opened) => opened.close())

  let time = Date.now()
  const now = () => new Date(time)
  const connection = withOutages(database)
  const log: string[] = []
  const events: AccountEvent[] = []
  const { server, origin } = closing.use(await listen())
  const redirectUri = environment['INSTAGRAM_REDIRECT_URI'] ?? `${origin}/response`
  const app = {
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    redirectUris: [redirectUri],
    deauthorizeUrl: `${origin}/deauthorize`,
    dataDeletionUrl: `${origin}/data-deletion`,
  }
  const sandbox = closing.adopt(await startSandbox({ port: 0, app, now }), (started) => started.close())

  const build = (change: Environment) => {
    const config = configFromEnvironment({
      ...variablesOf(sandbox, redirectUri),
      SESSION_SECRETS: SESSION_SECRET,
      TOKEN_KEYS: TOKEN_KEY,
      ...environment,
      ...change,
    })
    const context = createContext(config, {
      database: connection.database,
      log: pino({ level: 'debug' }, { write: (line) => log.push(line) }),
      now,
      listeners: [(event) => events.push(event)],
    })
    closing.defer(async () => {
      await context.jobs.stop()
      await context.instagram.close()
    })
    return { app: createApp(context), jobs: context.jobs, stopping: context.stopping }
  }

  let serving = build({})
  server.on('request', (request, response) => {
    serving.app(request, response)
  })
  return {
    origin,
    sandbox,
    database,
    databaseUrl,
    databaseFile: databaseUrl.replace(/^file:/, ''),
    log,
    events,
    runJobs: () => serving.jobs.run(),
    now,
    pass(milliseconds) {
      time += milliseconds
    },
    async startAnother(change = {}) {
      const another = closing.use(await listen())
      another.server.on('request', build(change).app)
      return another.origin
    },
    restart(change = {}) {
      serving = build(change)
    },
    stop() {
      serving.stopping.abort()
    },
    outage: connection.outage,
    app: () => serving.app,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  }
}

/** The path of a new reconnect link. */
export function reconnectPath({ now }: Pick<World, 'now'>, id: string): string {
  return `/reconnect/${createReconnectLink(id, [SESSION_SECRET], now())}`
}

/** Settings with which an app takes a sandbox for Instagram, and expects people back at `redirectUri`. */
export function variablesOf(
  { authorizeUrl, tokenUrl, graphUrl }: Pick<Sandbox, 'authorizeUrl' | 'tokenUrl' | 'graphUrl'>,
  redirectUri: string,
) {
  return {
    INSTAGRAM_CLIENT_ID: CLIENT_ID,
    INSTAGRAM_CLIENT_SECRET: CLIENT_SECRET,
    INSTAGRAM_REDIRECT_URI: redirectUri,
    INSTAGRAM_AUTHORIZE_URL: authorizeUrl,
    INSTAGRAM_TOKEN_URL: tokenUrl,
    INSTAGRAM_GRAPH_URL: graphUrl,
  }
}

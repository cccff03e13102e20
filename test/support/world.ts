import pino from 'pino'
import type { AccountEvent } from '../../src/accounts/events.ts'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/settings/config.ts'
import { createInstagram } from '../../src/instagram/client.ts'
import { standAlone } from '../../src/process/standAlone.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type Database, openDatabase } from '../../src/storage/database.ts'
import { listen } from './listening.ts'
import { type Outage, withOutages } from './outage.ts'
import { type Engine, projectEngine } from './places.ts'

export const CLIENT_ID = '990602627938098'
export const CLIENT_SECRET = 'c1ient-secret-marked-canary-7f3a91'
export const SESSION_SECRET = 'session-secret-marked-canary-0123456789'
const TOKEN_KEY = `k1:${Buffer.alloc(32, 7).toString('base64')}`

/** An app, a sandbox that it believes to be Instagram, a database on disk, and a clock that stands until it is moved. */
export interface World extends AsyncDisposable {
  /** Where the first app is: `http://localhost:<port>`. */
  origin: string
  sandbox: Sandbox
  database: Database
  /** Of the database, for one more process. */
  databaseUrl: string
  /** The file of the database, on SQLite. */
  databaseFile: string
  /** Every line that was logged so far, as text. */
  log: string[]
  now(): Date
  pass(milliseconds: number): void
  /** One round of what the first app does without being asked. */
  upkeep(): Promise<void>
  /** Everything that the first app told of accounts so far. */
  events: AccountEvent[]
  /** One more process of the same site: the same redirect URI, database and settings. Returns where it is. */
  startAnother(environment?: Environment): Promise<string>
  /** The first app loses all that it held in memory, and goes on with the same database. */
  restart(environment?: Environment): void
  /** Every app is told that its process is to stop. */
  stop(): void
  /** The database that the apps use is away from now on, or back. */
  outage: Outage
}

type Environment = Record<string, string>

/**
 * Starts a world that differs from production by `environment` only. Its database is on the engine of the project that
 * vitest runs, or on the given one of places.ts.
 */
export async function startWorld(
  environment: Environment = {},
  { engine = projectEngine() }: { engine?: Engine } = {},
): Promise<World> {
  const ending = new AsyncDisposableStack()
  const { url: databaseUrl } = ending.use(await engine.place())
  const database = ending.adopt(await openDatabase(databaseUrl), (opened) => opened.close())

  let time = Date.now()
  const now = () => new Date(time)
  const stopping = new AbortController()
  const connection = withOutages(database)
  const log: string[] = []
  const events: AccountEvent[] = []
  const { server: first, origin } = ending.use(await listen())
  const redirectUri = environment['INSTAGRAM_REDIRECT_URI'] ?? `${origin}/response`
  const app = {
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    redirectUris: [redirectUri],
    deauthorizeUrl: `${origin}/deauthorize`,
    dataDeletionUrl: `${origin}/data-deletion`,
  }
  const sandbox = ending.adopt(await startSandbox({ port: 0, app, now }), (started) => started.close())

  const build = (change: Environment) => {
    const config = readConfig({
      ...variablesOf(sandbox, redirectUri),
      SESSION_SECRETS: SESSION_SECRET,
      TOKEN_KEYS: TOKEN_KEY,
      ...environment,
      ...change,
    })
    const instagram = ending.adopt(createInstagram(config.instagram, now), (client) => client.close())
    const logger = pino({ level: 'debug' }, { write: (line) => log.push(line) })
    const listeners = [(event: AccountEvent) => events.push(event)]
    const { site, core } = createApp({
      config,
      database: connection.database,
      instagram,
      log: logger,
      now,
      listeners,
      stopping: stopping.signal,
    })
    return { web: standAlone(site, config, logger), upkeep: core.upkeep }
  }

  let serving = build({})
  first.on('request', (request, response) => {
    serving.web(request, response)
  })
  return {
    origin,
    sandbox,
    database,
    databaseUrl,
    databaseFile: databaseUrl.replace(/^file:/, ''),
    log,
    events,
    upkeep: () => serving.upkeep.run(),
    now,
    pass(milliseconds) {
      time += milliseconds
    },
    async startAnother(change = {}) {
      const another = ending.use(await listen())
      another.server.on('request', build(change).web)
      return another.origin
    },
    restart(change = {}) {
      serving = build(change)
    },
    stop() {
      stopping.abort()
    },
    outage: connection.outage,
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  }
}

/** By which an app takes a sandbox for Instagram, and comes back to `redirectUri`. */
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

import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { APP, PATHS } from './stub/tokens.ts'

/** A server that takes part: each is a process of its own, with the same job. */
export interface Contestant {
  name: string
  /** The module that is the process. */
  script: string
  /** Under which name people reach it; `undefined`: where it listens. */
  host?: string
  /** Whether it makes the long-lived exchange, a third call to Instagram. */
  longLived: boolean
  /** Whether its database is PostgreSQL. */
  onPostgres?: boolean
  environment(place: Place): Record<string, string>
}

/** What a process is given. */
export interface Place {
  port: number
  /** Where Instagram's stub is. */
  upstream: string
  /** An empty folder of its own. */
  folder: string
  /** For ours alone. */
  databaseUrl: string
}

/** With which programs ask for tokens. */
export const API_KEY = 'a-key-for-the-programs-of-the-bench-0123456789'

/** With which the admin signs in. */
export const ADMIN_PASSWORD = 'a-password-for-the-admin-of-the-bench'

/** Seals tokens, in the app and in the databases that the bench fills. */
export const TOKEN_KEY = { id: 'bench', secret: Buffer.alloc(32, 7) }

/** The same for processes that share a database. */
const SESSION_SECRET = randomBytes(32).toString('hex')

const HOST = 'tokens.example'

const peer = (name: string, script: string, { longLived = false } = {}): Contestant => ({
  name,
  script: `${import.meta.dirname}/${script}`,
  longLived,
  environment: ({ port, upstream }) => ({ PORT: String(port), UPSTREAM: upstream }),
})

/**
 * The real app with production's settings; but that people see their token, as they do at all others. `checkout`: where its
 * sources are.
 */
const app = (name: string, checkout = `${import.meta.dirname}/../..`): Contestant => ({
  name,
  script: startOf(checkout),
  host: HOST,
  longLived: true,
  environment: ({ port, upstream, databaseUrl }) => ({
    PORT: String(port),
    DATABASE_URL: databaseUrl,
    INSTAGRAM_CLIENT_ID: APP.clientId,
    INSTAGRAM_CLIENT_SECRET: APP.clientSecret,
    INSTAGRAM_REDIRECT_URI: `https://${HOST}/response`,
    INSTAGRAM_AUTHORIZE_URL: `${upstream}${PATHS.authorize}`,
    INSTAGRAM_TOKEN_URL: `${upstream}${PATHS.token}`,
    INSTAGRAM_GRAPH_URL: upstream,
    INSTAGRAM_GRAPH_VERSION: PATHS.graphVersion,
    SESSION_SECRETS: SESSION_SECRET,
    TOKEN_KEYS: `${TOKEN_KEY.id}:${TOKEN_KEY.secret.toString('base64')}`,
    API_KEYS: API_KEY,
    ADMIN_PASSWORD,
    SHOW_TOKEN: 'on',
  }),
})

/** What `npm start` runs in a checkout, of an age maybe when it had no start of its own. */
function startOf(checkout: string): string {
  const start = `${checkout}/src/start.js`
  return existsSync(start) ? start : `${checkout}/src/main.ts`
}

/** Ours, on SQLite. */
export const OURS = app('ours')

/** Ours, on PostgreSQL. Takes part where there is one. */
export const OURS_ON_POSTGRES: Contestant = { ...app('ours-postgres'), onPostgres: true }

/** Ours as it is in another checkout, on SQLite: what a change gains or costs, in one run. */
export const before = (checkout: string): Contestant => app('before', checkout)

const SAME = { longLived: true }

/** The other contestants. The first three do the same job as our app; the ratios are to `floor-same` and `passport-same`. */
export const PEERS = [
  peer('floor-same', 'servers/same/floor.ts', SAME),
  peer('express-same', 'servers/same/express.ts', SAME),
  peer('passport-same', 'peers/passportSame.ts', SAME),
  peer('floor', 'servers/floor.ts'),
  peer('passport', 'peers/passport.ts'),
  peer('grant', 'peers/grant.ts'),
  peer('fastify-oauth2', 'peers/fastifyOauth2.ts'),
  peer('authjs', 'peers/authjs.ts'),
  peer('better-auth', 'peers/betterAuth.ts'),
] as const satisfies Contestant[]

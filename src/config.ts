import type { z } from 'zod'
import type { TokenKey } from './accounts/keyRing.ts'
import { type LogLevel, variables } from './environment.ts'
import type { InstagramSettings } from './instagram/client.ts'

/** Everything that can be set from outside, checked. Read from the environment, and nowhere else. */
export interface Config {
  production: boolean
  instagram: InstagramSettings
  /** Where the stand-in for Instagram is to listen; `undefined` with credentials for the real one. */
  sandbox: { port: number } | undefined
  host: string
  port: number
  /** Express's `trust proxy`. */
  trustProxy: boolean | number | string[]
  databaseUrl: string
  /** Newest first. Empty, outside production only: made and kept in the data folder. */
  sessionSecrets: readonly string[]
  /** Newest first. Empty, outside production only: made and kept in the data folder. */
  tokenKeys: readonly TokenKey[]
  /** Whether the connected person may see the token on the page. */
  showToken: boolean
  /** Days before its end from which a token is refreshed. */
  refreshDaysBeforeExpiry: number
  /** Of the JSON API; none: it is not there. */
  apiKeys: readonly string[]
  /** Of the Meta app that the Instagram app belongs to, where Meta signs its callbacks with that; none or one. */
  metaAppSecrets: readonly string[]
  /** Where events go. */
  webhook: { url: string; secrets: readonly Buffer[] } | undefined
  logLevel: LogLevel
}

/** What is wrong with the settings: one sentence a mistake, none of which shows a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly mistakes: readonly string[]

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'))
    this.mistakes = mistakes
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Makes a {@link Config} of the environment. An empty variable counts as unset.
 *
 * @throws {ConfigError} naming every mistake at once
 */
export function readConfig(environment: Environment): Config {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value?.trim()))
  const parsed = variables.safeParse(set)
  const mistakes = [...(parsed.error?.issues.map((issue) => issue.message) ?? []), ...contradictions(set)]
  if (!parsed.success || mistakes.length > 0) throw new ConfigError(mistakes)

  const env = parsed.data
  const production = isProduction(set)
  const app = registeredApp(env)
  return {
    production,
    instagram: {
      ...(app ?? sandboxApp(env.PORT, env.SANDBOX_PORT)),
      scopes: env.INSTAGRAM_SCOPES,
      graphVersion: env.INSTAGRAM_GRAPH_VERSION,
    },
    sandbox: app ? undefined : { port: env.SANDBOX_PORT },
    host: env.HOST,
    port: env.PORT,
    trustProxy: env.TRUST_PROXY,
    databaseUrl: env.DATABASE_URL,
    sessionSecrets: env.SESSION_SECRETS,
    tokenKeys: env.TOKEN_KEYS,
    showToken: env.SHOW_TOKEN ?? !production,
    refreshDaysBeforeExpiry: env.REFRESH_DAYS_BEFORE_EXPIRY,
    apiKeys: env.API_KEYS,
    metaAppSecrets: env.META_APP_SECRET ? [env.META_APP_SECRET] : [],
    webhook: env.WEBHOOK_URL ? { url: env.WEBHOOK_URL, secrets: env.WEBHOOK_SECRETS } : undefined,
    logLevel: env.LOG_LEVEL,
  }
}

function registeredApp(env: z.output<typeof variables>) {
  const { INSTAGRAM_CLIENT_ID: clientId, INSTAGRAM_CLIENT_SECRET: clientSecret } = env
  const redirectUri = env.INSTAGRAM_REDIRECT_URI
  if (!clientId || !clientSecret || !redirectUri) return undefined
  return {
    clientId,
    clientSecret,
    redirectUri,
    authorizeUrl: env.INSTAGRAM_AUTHORIZE_URL,
    tokenUrl: env.INSTAGRAM_TOKEN_URL,
    graphUrl: env.INSTAGRAM_GRAPH_URL,
  }
}

/** The app lives on `localhost`, its stand-in for Instagram on `127.0.0.1`: another site to the browser, as the real one is. */
function sandboxApp(port: number, sandboxPort: number) {
  const origin = `http://127.0.0.1:${sandboxPort}`
  return {
    clientId: '990602627938098',
    clientSecret: 'the-sandbox-has-no-secrets',
    redirectUri: `http://localhost:${port}/response`,
    authorizeUrl: `${origin}/oauth/authorize`,
    tokenUrl: `${origin}/oauth/access_token`,
    graphUrl: origin,
  }
}

const isProduction = (env: Environment) => env['NODE_ENV']?.trim().toLowerCase() === 'production'

const CREDENTIALS = ['INSTAGRAM_CLIENT_ID', 'INSTAGRAM_CLIENT_SECRET', 'INSTAGRAM_REDIRECT_URI'] as const

function* contradictions(env: Environment): Generator<string> {
  const missing = CREDENTIALS.filter((name) => !env[name])
  const production = isProduction(env)
  if (production && missing.length === CREDENTIALS.length)
    yield `${missing.join(', ')} must be set in production: the sandbox is for development only.`
  else if (missing.length > 0 && missing.length < CREDENTIALS.length)
    yield `${missing.join(' and ')} must be set too: set all of ${CREDENTIALS.join(', ')}, or none of them for the sandbox.`
  else if (missing.length > 0 && (env['PORT'] ?? '3000') === (env['SANDBOX_PORT'] ?? '3001'))
    yield 'PORT and SANDBOX_PORT must be two different ports.'
  if (env['WEBHOOK_URL'] && !env['WEBHOOK_SECRETS'])
    yield 'WEBHOOK_SECRETS must be set with WEBHOOK_URL, so that the receiver can tell that it is us.'
  if (!production) return
  if (/^\s*http:/i.test(env['INSTAGRAM_REDIRECT_URI'] ?? ''))
    yield 'INSTAGRAM_REDIRECT_URI must start with https:// in production.'
  for (const name of ['SESSION_SECRETS', 'TOKEN_KEYS'])
    if (!env[name]) yield `${name} must be set in production (.env.example says how to make one).`
}

import type { HttpsSetting, LogLevel, Variables } from './environment.ts'
import { SANDBOX_APP } from './sandboxApp.ts'
import type { Settings } from './settings.ts'
import { type Environment, type Survey, survey } from './survey.ts'

/** Everything that can be set from outside, checked. Read from the environment, and nowhere else. */
export interface Config extends Settings {
  /** Where the stand-in for Instagram is to listen, if there is one. */
  sandboxPort: number
  host: string
  port: number
  https: HttpsSetting
  /** Express's `trust proxy`. */
  trustProxy: boolean | number | string[]
  logLevel: LogLevel
}

/** What is wrong with the settings: one sentence a mistake, none of which shows a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  /** Each of them, a sentence for the operator. */
  readonly mistakes: readonly string[]

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'))
    this.mistakes = mistakes
  }
}

/**
 * Makes a {@link Config} of the environment. An empty variable counts as unset.
 *
 * @throws {ConfigError} naming every mistake at once
 */
export function readConfig(environment: Environment): Config {
  const found = survey(environment)
  if (found.mistakes.length > 0) throw new ConfigError(found.mistakes)
  return configOf(found)
}

/** The settings as far as they can be read, with defaults in place of the others; without all credentials, those of the sandbox. */
export function configOf({ production, env }: Survey): Config {
  const app = registeredApp(env)
  return {
    production,
    instagram: {
      ...(app ?? sandboxApp(env)),
      scopes: env.INSTAGRAM_SCOPES,
      graphVersion: env.INSTAGRAM_GRAPH_VERSION,
    },
    sandbox: app === undefined,
    sandboxPort: env.SANDBOX_PORT,
    host: env.HOST,
    port: env.PORT,
    https: env.HTTPS,
    trustProxy: env.TRUST_PROXY,
    databaseUrl: env.DATABASE_URL,
    sessionSecrets: env.SESSION_SECRETS,
    tokenKeys: env.TOKEN_KEYS,
    showToken: env.SHOW_TOKEN ?? !production,
    refreshDaysBeforeExpiry: env.REFRESH_DAYS_BEFORE_EXPIRY,
    apiKeys: env.API_KEYS,
    adminPassword: env.ADMIN_PASSWORD,
    takesTokens: true,
    metaAppSecrets: env.META_APP_SECRET ? [env.META_APP_SECRET] : [],
    webhook: env.WEBHOOK_URL ? { url: env.WEBHOOK_URL, secrets: env.WEBHOOK_SECRETS } : undefined,
    returnToOrigins: [],
    logLevel: env.LOG_LEVEL,
  }
}

function registeredApp(env: Variables) {
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
function sandboxApp({ PORT, SANDBOX_PORT, HTTPS }: Variables) {
  const origin = `http://127.0.0.1:${SANDBOX_PORT}`
  return {
    ...SANDBOX_APP,
    redirectUri: `${HTTPS ? 'https' : 'http'}://localhost:${PORT}/response`,
    authorizeUrl: `${origin}/oauth/authorize`,
    tokenUrl: `${origin}/oauth/access_token`,
    graphUrl: origin,
  }
}

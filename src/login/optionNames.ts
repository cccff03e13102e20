/** The variable of the environment that is an option of the functions for hosts, too. */
export const VARIABLES = {
  clientId: 'INSTAGRAM_CLIENT_ID',
  clientSecret: 'INSTAGRAM_CLIENT_SECRET',
  redirectUri: 'INSTAGRAM_REDIRECT_URI',
  scopes: 'INSTAGRAM_SCOPES',
  authorizeUrl: 'INSTAGRAM_AUTHORIZE_URL',
  tokenUrl: 'INSTAGRAM_TOKEN_URL',
  graphUrl: 'INSTAGRAM_GRAPH_URL',
  graphVersion: 'INSTAGRAM_GRAPH_VERSION',
  databaseUrl: 'DATABASE_URL',
  sessionSecrets: 'SESSION_SECRETS',
  tokenKeys: 'TOKEN_KEYS',
  refreshDaysBeforeExpiry: 'REFRESH_DAYS_BEFORE_EXPIRY',
} as const

/** What a host calls each variable: by an option, or a setting of Express. */
const NAMES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(VARIABLES).map(([option, variable]) => [variable, option])),
  API_KEYS: 'apiKeys',
  ADMIN_PASSWORD: 'adminPassword',
  META_APP_SECRET: 'metaAppSecret',
  TRUST_PROXY: 'Express’s “trust proxy”',
}

const VARIABLE = new RegExp(`\\b(${Object.keys(NAMES).join('|')})\\b`, 'g')

/** The same words, with the options of a host in place of variables of the environment. */
export function withOptionNames<Told>(told: Told): Told {
  return renamed(told) as Told
}

function renamed(told: unknown): unknown {
  if (typeof told === 'string') return told.replace(VARIABLE, (name) => NAMES[name] ?? name)
  if (Array.isArray(told)) return told.map(renamed)
  if (typeof told !== 'object' || told === null) return told
  return Object.fromEntries(Object.entries(told).map(([name, value]) => [name, renamed(value)]))
}

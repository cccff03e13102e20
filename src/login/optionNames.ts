/** What is a variable for an app that stands alone is an option, or a setting of Express, for one that is mounted. */
const NAMES: Readonly<Record<string, string>> = {
  INSTAGRAM_CLIENT_ID: 'clientId',
  INSTAGRAM_CLIENT_SECRET: 'clientSecret',
  INSTAGRAM_REDIRECT_URI: 'redirectUri',
  INSTAGRAM_SCOPES: 'scopes',
  INSTAGRAM_AUTHORIZE_URL: 'authorizeUrl',
  INSTAGRAM_TOKEN_URL: 'tokenUrl',
  INSTAGRAM_GRAPH_URL: 'graphUrl',
  INSTAGRAM_GRAPH_VERSION: 'graphVersion',
  DATABASE_URL: 'databaseUrl',
  SESSION_SECRETS: 'sessionSecrets',
  TOKEN_KEYS: 'tokenKeys',
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

/** A setting, by the name of its option. */
export type SettingName = keyof typeof ENVIRONMENT_NAMES

/** The reader’s name for each setting. */
export type SettingNames = Readonly<Record<SettingName, string>>

/** Names for readers who configure the app with environment variables. */
export const ENVIRONMENT_NAMES = {
  clientId: 'INSTAGRAM_CLIENT_ID',
  clientSecret: 'INSTAGRAM_CLIENT_SECRET',
  redirectUri: 'INSTAGRAM_REDIRECT_URI',
  scopes: 'INSTAGRAM_SCOPES',
  authorizeUrl: 'INSTAGRAM_AUTHORIZE_URL',
  tokenUrl: 'INSTAGRAM_TOKEN_URL',
  graphUrl: 'INSTAGRAM_GRAPH_URL',
  graphVersion: 'INSTAGRAM_GRAPH_VERSION',
  metaAppSecret: 'META_APP_SECRET',
  databaseUrl: 'DATABASE_URL',
  sessionSecrets: 'SESSION_SECRETS',
  tokenKeys: 'TOKEN_KEYS',
  refreshDaysBeforeExpiry: 'REFRESH_DAYS_BEFORE_EXPIRY',
  webhookUrl: 'WEBHOOK_URL',
  webhookSecrets: 'WEBHOOK_SECRETS',
  apiKeys: 'API_KEYS',
  adminPassword: 'ADMIN_PASSWORD',
  showToken: 'SHOW_TOKEN',
  takesTokens: 'TAKES_TOKENS',
  allowedAccounts: 'ALLOWED_ACCOUNTS',
  revokeOnDisconnect: 'REVOKE_ON_DISCONNECT',
  siteName: 'SITE_NAME',
  siteLogo: 'SITE_LOGO',
  supportUrl: 'SUPPORT_URL',
  privacyUrl: 'PRIVACY_URL',
  returnToOrigins: 'returnToOrigins',
  production: 'NODE_ENV',
  host: 'HOST',
  port: 'PORT',
  https: 'HTTPS',
  trustProxy: 'TRUST_PROXY',
  httpsProxy: 'HTTPS_PROXY',
  httpProxy: 'HTTP_PROXY',
  noProxy: 'NO_PROXY',
  sandboxPort: 'SANDBOX_PORT',
  logLevel: 'LOG_LEVEL',
} as const

/** Names for readers who pass options to `createInstagram`: the options’ own, with a few exceptions. */
export const OPTION_NAMES: SettingNames = {
  ...(Object.fromEntries(Object.keys(ENVIRONMENT_NAMES).map((name) => [name, name])) as SettingNames),
  scopes: 'options.scopes', // “scopes” alone is a word, too.
  webhookUrl: 'webhook.url',
  webhookSecrets: 'webhook.secrets',
  trustProxy: 'Express’s “trust proxy”',
}

import { isIP } from 'node:net'
import { diff } from 'node:util'
import { z } from 'zod'
import { AppError } from './errors/errors.ts'
import { ENVIRONMENT_NAMES, OPTION_NAMES, type SettingName, type SettingNames } from './errors/settingNames.ts'
import {
  AUTHORIZE_URL,
  BASIC_SCOPE,
  dayInWords,
  DEFAULT_GRAPH_VERSION,
  FORMER_AUTHORIZE,
  GRAPH_URL,
  TOKEN_URL,
} from './facts.ts'

/** The Instagram app (not the Facebook app), and where Instagram is reached. */
export interface InstagramSettings {
  clientId: string
  clientSecret: string
  /** Exactly as registered: Instagram requires an exact match. */
  redirectUri: string
  scopes: readonly string[]
  authorizeUrl: string
  tokenUrl: string
  /** Without a version and without a slash at the end. */
  graphUrl: string
  /** The version in the path of `/me`. The token endpoints have none. */
  graphVersion: string
}

/** The proxies through which this machine reaches other servers; never itself. */
export interface ProxySettings {
  /** For http, and for https where `httpsProxy` is not set. May hold a user name and a password. */
  httpProxy?: string
  /** For https. May hold a user name and a password. */
  httpsProxy?: string
  /** Hosts that are reached without a proxy, separated by commas: `example.com` and its subdomains, addresses, each with a port or for all; `*`. */
  noProxy?: string
}

/** A key that encrypts tokens at rest. */
export interface TokenKey {
  /** Stored with each encrypted token, so that its key is found again. */
  id: string
  /** 32 bytes. */
  secret: Buffer
}

/** How the app itself serves https: with a generated certificate or with the given files; `undefined`: it does not. */
export type HttpsSetting = 'self-signed' | { certificateFile: string; keyFile: string } | undefined

/** pino's levels, from the fewest lines to the most, and none at all. */
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** All settings, validated: of the web app, of the CLI, or of the router in a host app. */
export interface Config {
  production: boolean
  instagram: InstagramSettings
  /** Whether the sandbox replaces Instagram; every page says so. */
  sandbox: boolean
  /** Where the web app starts its sandbox. */
  sandboxPort: number
  /** Where and how the web app listens, with Express's `trust proxy`; `undefined` in a host app. */
  listening: { host: string; port: number; https: HttpsSetting; trustProxy: boolean | number | string[] } | undefined
  proxy: ProxySettings
  logLevel: (typeof LOG_LEVELS)[number]
  databaseUrl: string
  /** Newest first. Empty outside production: one is generated and stored beside the database. */
  sessionSecrets: readonly string[]
  /** Newest first. Empty outside production: one is generated and stored beside the database. */
  tokenKeys: readonly TokenKey[]
  /** From how many days before expiry a token is refreshed. */
  refreshDaysBeforeExpiry: number
  /** Secrets of the Meta app, if Meta signs its callbacks with that instead of the Instagram app's; none or one. */
  metaAppSecrets: readonly string[]
  /** Where events are sent; each secret is `whsec_` and base64, newest first. */
  webhook: { url: string; secrets: readonly string[] } | undefined
  /** Further origins that people may return to after a login. */
  returnToOrigins: readonly string[]
  /** Whether the connected person may see the token on the page. */
  showToken: boolean
  /** Keys of the JSON API; none: there is no API. */
  apiKeys: readonly string[]
  /** Password of the admin pages; `undefined`: there are none. */
  adminPassword: string | undefined
  /** Whether visitors may add a token that they already have. */
  takesTokens: boolean
  /** User names in lower case without `@`, and ids, of the accounts that may connect; empty: all. */
  allowedAccounts: readonly string[]
  /** Whether disconnecting an account also revokes access on Instagram. */
  revokeOnDisconnect: boolean
  /** What people call the site: in the header, in titles and on error pages. */
  siteName: string | undefined
  /** The picture in the header: an https URL, or a path on the same origin. */
  siteLogo: string | undefined
  /** Where people get help: an http(s) or mailto URL, or a path on the same origin. */
  supportUrl: string | undefined
  /** The privacy policy: an http(s) URL, or a path on the same origin. */
  privacyUrl: string | undefined
  /** The reader's name for each setting: its environment variable, or its option. */
  names: SettingNames
}

/** Mistakes in settings: one sentence each, which starts with the setting's name and shows no value. */
export class ConfigError extends AppError {
  override readonly name = 'ConfigError'
  readonly mistakes: readonly string[]

  constructor(mistakes: readonly string[]) {
    super('settings', { message: mistakes.join('\n') })
    this.mistakes = mistakes
  }
}

/** The app that the sandbox knows when no other is named. */
export const SANDBOX_APP = { clientId: '990602627938098', clientSecret: 'the-sandbox-has-no-secrets' }

// Each message continues the name of its setting.
const URL_FORM = 'must be an address that starts with https:// (or http://).'
const PASSWORD_FORM = 'must have at least 12 characters.'
const PORT_FORM = 'must be a whole number from 1 to 65535.'
const text = z.string('must be text.')
const matching = (pattern: RegExp, message: string) => z.string(message).regex(pattern, message)
const number = (from: number, to: number, message: string) =>
  z.coerce.number(message).min(from, message).max(to, message)
const port = number(1, 65535, PORT_FORM).int(PORT_FORM)
const toggle = z.union([z.boolean(), z.stringbool({ truthy: ['on', 'true', '1'], falsy: ['off', 'false', '0'] })], {
  error: ({ input }) => (typeof input === 'string' ? 'must be on or off.' : 'must be true or false.'),
})
const list = z
  .union([z.string(), z.array(z.string()).readonly()], 'must be text, or a list of texts.')
  .transform((given) =>
    typeof given === 'string' ? given.split(/[\s,]+/).filter(Boolean) : given.map((item) => item.trim()),
  )
/** A list with at least one item, whose items all pass the test. */
const listOf = (isItem: (item: string) => boolean, error: string) =>
  list.refine((items) => items.length > 0 && items.every(isItem), { error, abort: true })

/** User names and ids, as {@link Config.allowedAccounts}. */
const accounts = listOf(
  (account) => /^@?[\w.]+$/.test(account),
  'must be usernames or IDs of accounts, separated by commas.',
).transform((given) => given.map((account) => account.replace(/^@/, '').toLowerCase()))
const url = z
  .string(URL_FORM)
  .refine((given) => /^https?:\/\//i.test(given) && URL.canParse(given), { error: URL_FORM, abort: true })
const link = text.refine(
  (given) => isPath(given) || url.safeParse(given).success,
  'must be an address that starts with https:// (or http://), or a path on this host, such as /privacy.',
)
const supportUrl = text
  .transform((given) => (/^[^\s@/:]+@[^\s@/]+$/.test(given) ? `mailto:${given}` : given))
  .refine(
    (given) => /^mailto:[^\s@/]+@[^\s@/]+$/i.test(given) || link.safeParse(given).success,
    'must be an email address, an address that starts with https:// (or http://), or a path on this host.',
  )
/** Its host becomes part of the Content Security Policy. */
const siteLogo = text.refine(
  (given) => isPath(given) || /^https:\/\/[\w.-]+(:\d+)?\//i.test(URL.parse(given)?.href ?? ''),
  'must be the address of a picture that starts with https://, or a path on this host, such as /logo.svg.',
)
/** Other programs take a proxy without `http://` too. */
const proxy = z
  .preprocess((given) => (typeof given === 'string' && !given.includes('://') ? `http://${given}` : given), url)
  .refine((given) => canDecode(new URL(given)), 'must have % in its username and password written as %25.')
const redirectUri = url
  .refine((given) => !/[?#]/.test(given), 'must have no query (?) and no fragment (#).')
  .refine((given) => !new URL(given).username, 'must have no username.')
  .refine((given) => !new URL(given).pathname.includes('//'), 'must not have // in its path.')
/** The web app's pages are at the root, so people come back to `/response`. */
const webAppRedirectUri = redirectUri.refine(
  (given) => /^\/response\/?$/.test(new URL(given).pathname),
  'must have the path /response, where this app handles the callback.',
)
const secrets = listOf(
  (secret) => secret.length >= 32,
  'must be secrets of at least 32 characters each, separated by commas, newest first.',
)
const tokenKeys = listOf(
  (key) => /^[\w-]+:[A-Za-z0-9+/_-]+={0,2}$/.test(key) && keyOf(key).secret.length === 32,
  'must be keys in the format id:base64 of 32 bytes, separated by commas, newest first.',
)
  .transform((keys) => keys.map(keyOf))
  .refine((keys) => new Set(keys.map(({ id }) => id)).size === keys.length, 'must give each key its own ID.')
const webhookSecrets = listOf(
  isWebhookSecret,
  'must be written as whsec_ and base64 of 24 to 64 bytes, separated by commas, newest first.',
)
const origins = listOf(
  (origin) => /^https?:\/\/[^/?#@]+\/?$/i.test(origin) && URL.canParse(origin),
  'must be origins, written like https://app.example.com.',
).transform((given) => given.map((origin) => new URL(origin).origin))
const https = matching(
  /^(off|self-signed|[^,]*[^,\s][^,]*,[^,]*[^,\s][^,]*)$/i,
  'must be self-signed, or the files of a certificate and its key, such as cert.pem,key.pem.',
).transform((given): HttpsSetting => {
  const [certificateFile = '', keyFile] = given.split(',').map((part) => part.trim())
  if (keyFile !== undefined) return { certificateFile, keyFile }
  return /off/i.test(certificateFile) ? undefined : 'self-signed'
})
const trustProxy = z
  .string()
  .toLowerCase()
  .transform((given) => {
    if (/^(on|true|off|false)$/.test(given)) return given === 'on' || given === 'true'
    return /^\d+$/.test(given) ? Number(given) : given.split(/[\s,]+/).filter(Boolean)
  })
  .refine(
    (trusted) => !Array.isArray(trusted) || trusted.every(isProxyAddress),
    'must be on, off, the number of proxies in front, or their addresses separated by commas.',
  )

/** Whether it is a path on the same origin: `//` and `/\\` lead to another one. */
function isPath(given: string): boolean {
  return /^\/(?![/\\])\S*$/.test(given)
}

function canDecode({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password)
    return true
  } catch {
    return false
  }
}

function keyOf(given: string): TokenKey {
  const [id = '', base64 = ''] = given.split(':')
  return { id, secret: Buffer.from(base64, 'base64') }
}

/** Whether Express takes this address, subnet or name of subnets. */
function isProxyAddress(given: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(given)) return true
  const [address = '', prefix = '1', ...rest] = given.split('/')
  const longest = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0
  return rest.length === 0 && /^\d+$/.test(prefix) && +prefix >= 1 && +prefix <= longest
}

/** @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme */
function isWebhookSecret(given: string): boolean {
  const [, base64 = ''] = /^whsec_(.+)$/.exec(given) ?? []
  const bytes = Buffer.from(base64, 'base64')
  // Node decodes any text; receivers accept only what encodes to the same text again.
  return bytes.toString('base64') === base64 && bytes.length >= 24 && bytes.length <= 64
}

/** Every setting with its default, in the order in which mistakes are listed. */
const settings = z.object({
  clientId: text.optional(),
  clientSecret: text.optional(),
  redirectUri: redirectUri.optional(),
  metaAppSecret: text.optional(),
  scopes: listOf((scope) => scope !== '', 'must name at least one scope.').default([BASIC_SCOPE]),
  authorizeUrl: url
    .refine(
      (given) => new URL(given).hostname !== new URL(FORMER_AUTHORIZE.url).hostname,
      `has the host api.instagram.com, where logins were switched off in ${dayInWords(FORMER_AUTHORIZE.ended)}: use ${AUTHORIZE_URL}.`,
    )
    .default(AUTHORIZE_URL),
  tokenUrl: url.default(TOKEN_URL),
  graphUrl: url.transform((given) => given.replace(/\/+$/, '')).default(GRAPH_URL),
  graphVersion: matching(/^v\d+\.\d+$/, `must be written like ${DEFAULT_GRAPH_VERSION}.`).default(
    DEFAULT_GRAPH_VERSION,
  ),
  host: text
    .refine((given) => /^[\w.-]+$/.test(given) || isIP(given) > 0, {
      error: 'must be an address or name of this machine, such as 0.0.0.0, without https:// and port.',
    })
    .default('127.0.0.1'),
  port: port.default(3000),
  https: https.optional(),
  trustProxy: trustProxy.default(false),
  httpsProxy: proxy.optional(),
  httpProxy: proxy.optional(),
  noProxy: text.optional(),
  databaseUrl: matching(
    /^(file:|postgres(ql)?:\/\/)./,
    'must be a file, written like file:./data/accounts.db, or a PostgreSQL database, like postgres://user:password@host:5432/database.',
  ).default('file:./data/accounts.db'),
  refreshDaysBeforeExpiry: number(1, 50, 'must be a number of days from 1 to 50.').default(10),
  apiKeys: secrets.default([]),
  adminPassword: z.string(PASSWORD_FORM).min(12, PASSWORD_FORM).optional(),
  webhookUrl: url.optional(),
  webhookSecrets: webhookSecrets.default([]),
  sessionSecrets: secrets.default([]),
  tokenKeys: tokenKeys.default([]),
  showToken: toggle.optional(),
  returnToOrigins: origins.default([]),
  takesTokens: toggle.optional(),
  allowedAccounts: accounts.default([]),
  revokeOnDisconnect: toggle.default(true),
  siteName: text.max(60, 'must have at most 60 characters.').optional(),
  siteLogo: siteLogo.optional(),
  supportUrl: supportUrl.optional(),
  privacyUrl: link.optional(),
  sandboxPort: port.default(3001),
  logLevel: text
    .toLowerCase()
    .pipe(z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}.`))
    .default('info'),
} satisfies Record<Exclude<SettingName, 'production'>, z.ZodType>)

const callback = z.custom((given) => typeof given === 'function', 'must be a function.').optional()
const isLog = (given: unknown) =>
  ['debug', 'info', 'warn', 'error'].every((level) => typeof (Object(given) as Given)[level] === 'function')

/** The options of a host app: settings, and what only code can give. */
const optionsSchema = settings.extend({
  production: toggle.optional(),
  sandbox: toggle.default(false),
  jobs: z.boolean('must be true or false.').optional(),
  log: z
    .custom(isLog, 'must have the methods debug, info, warn and error, as a pino logger and console have.')
    .optional(),
  ...{ now: callback, onEvent: callback, reconnectUrl: callback, bindTo: callback },
  ...{ onConnected: callback, onFailure: callback, render: callback },
})

const OPTIONS = Object.keys({ webhook: true, ...optionsSchema.shape }).filter(
  (name) => !/^(host|port|https|trustProxy|sandboxPort|logLevel|webhookUrl|webhookSecrets)$/.test(name),
)

type Values = z.output<typeof settings>
/** Settings as they were given, by option name; those that were left out are not there. */
type Given = Record<string, unknown>

/** Parses the settings; those that cannot be read get their defaults. */
function parse<Schema extends z.ZodObject>(schema: Schema, given: Given, names: Record<string, string>) {
  const { error } = schema.safeParse(given)
  const errors: Record<string, string[] | undefined> = error ? z.flattenError(error).fieldErrors : {}
  return {
    values: schema.parse(Object.fromEntries(Object.entries(given).filter(([key]) => !(key in errors)))),
    mistakes: Object.entries(errors).flatMap(([key, all = []]) =>
      all.map((message) => `${names[key] ?? key} ${message}`),
    ),
    unreadable: Object.keys(errors),
  }
}

/** How to read an environment. */
export interface ParseOptions {
  /** Whether the redirect URI may have any path, as for the command line; the web app's must be `/response`. Default: no. */
  anyRedirectPath?: boolean
  /** Whether the sandbox takes the place of missing credentials. Otherwise they are empty, which is enough to refresh tokens. Default: yes. */
  needsApp?: boolean
}

/** The settings that the environment has, with their variables. */
const VARIABLES = Object.entries(ENVIRONMENT_NAMES).filter(([, variable]) => /^[A-Z]/.test(variable))

/** Proxy variables are usually in lower case; if both exist, the lower-case one counts, as for curl. */
function valueOf(environment: Environment, variable: string): string | undefined {
  const lower = /^(HTTPS?|NO)_PROXY$/.test(variable) ? environment[variable.toLowerCase()] : undefined
  return lower?.trim() ? lower : environment[variable]
}

/**
 * Reads an environment as far as possible. Empty variables count as unset; settings with an invalid value (`unreadable`) get their defaults.
 * `mistakes` are sentences as in {@link ConfigError}; `given` has all known variables as they were set.
 */
export function parseEnvironment(
  environment: Environment,
  { anyRedirectPath = false, needsApp = true }: ParseOptions = {},
) {
  const variables = VARIABLES.map(([key, variable]) => ({ key, variable, value: valueOf(environment, variable) }))
  const production = isProduction(environment)
  // In production, SANDBOX_PORT may be Kubernetes's, for a service that is called “sandbox”.
  const read = variables.filter(({ key }) => !production || !key.startsWith('sandbox'))
  const given: Given = withoutEmpty(Object.fromEntries(read.map(({ key, value }) => [key, value])))
  const schema = anyRedirectPath ? settings : settings.extend({ redirectUri: webAppRedirectUri.optional() })
  const { values, mistakes, unreadable } = parse(schema, given, ENVIRONMENT_NAMES)
  const { clientId, clientSecret, redirectUri } = values
  const sandbox = needsApp && !(clientId && clientSecret && redirectUri)
  const config: Config = {
    ...configOf(sandbox ? { ...values, ...sandboxSettings(values) } : values, production),
    sandbox,
    takesTokens: values.takesTokens ?? !production,
    names: ENVIRONMENT_NAMES,
  }
  return {
    config,
    mistakes: [...mistakes, ...environmentMistakes(given, values, needsApp, production)],
    unreadable,
    given: Object.fromEntries(variables.map(({ variable, value }) => [variable, value])),
  }
}

/** The settings of an environment. Throws a {@link ConfigError} with all mistakes. */
export function configFromEnvironment(environment: Environment, options?: ParseOptions): Config {
  const { config, mistakes } = parseEnvironment(environment, options)
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return config
}

/**
 * The settings in the options of a host app; `undefined`, `null`, empty text and empty lists count as left out. NODE_ENV says whether this
 * is production, unless the option `production` does. Throws a {@link ConfigError} with all mistakes.
 */
export function configFromOptions(options: object, environment: Environment): Config {
  const { webhook = {}, ...given } = withoutEmpty(options) as Given
  const known = Object.fromEntries(Object.entries(given).filter(([name]) => OPTIONS.includes(name)))
  const { url, secrets, ...rest } = Object(webhook) as Given
  const target = withoutEmpty({ webhookUrl: url, webhookSecrets: secrets })
  const isWebhook = typeof webhook === 'object' && [0, 2].includes(Object.keys({ ...target, ...rest }).length)
  const { values, mistakes } = parse(optionsSchema, { ...known, ...target }, OPTION_NAMES)
  const production = values.production ?? isProduction(environment)
  for (const name of Object.keys(given).filter((name) => !OPTIONS.includes(name))) {
    const meant = similarName(name, OPTIONS)
    mistakes.push(`${name} is not an option${meant ? `: did you mean ${meant}?` : '.'}`)
  }
  if (!isWebhook) mistakes.push('webhook must have a url and secrets, and nothing else.')
  mistakes.push(...optionsMistakes(given, values.sandbox, production))
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return {
    ...configOf(values, production),
    sandbox: values.sandbox,
    listening: undefined,
    takesTokens: values.takesTokens ?? false,
    names: OPTION_NAMES,
  }
}

/** The options (or variables) that are not left out. Text is trimmed: files and platforms add spaces and line ends. */
export function withoutEmpty<Options extends object>(options: Options | null | undefined): Partial<Options> {
  const given = Object.entries<unknown>({ ...options })
    .map(([name, value]) => [name, typeof value === 'string' ? value.trim() : value] as const)
    .filter(([, value]) => (Array.isArray(value) ? value.length > 0 : value != null && value !== ''))
  return Object.fromEntries(given) as Partial<Options>
}

/** The name that was probably meant: the same but for case, or for two letters in a longer name. */
export function similarName(name: string, names: readonly string[]): string | undefined {
  const changes = (other: string) => diff(name.toLowerCase(), other.toLowerCase()).filter(([change]) => change !== 0)
  return names.find((other) => changes(other).length <= (name.length < 6 ? 0 : 2))
}

/** Whether an environment says that this is production. */
export function isProduction(environment: Environment): boolean {
  return environment['NODE_ENV']?.trim().toLowerCase() === 'production'
}

/** What environment and options have in common. Options have more, which are not settings. */
function configOf(values: Values, production: boolean) {
  const own = Object.fromEntries(Object.entries(values).filter(([key]) => key in settings.shape)) as Values
  const { clientId = '', clientSecret = '', redirectUri = '', scopes, authorizeUrl, tokenUrl, ...rest } = own
  const { graphUrl, graphVersion, host, port, https, trustProxy, httpProxy, httpsProxy, noProxy, ...others } = rest
  const { metaAppSecret, webhookUrl, webhookSecrets, showToken = !production, ...texts } = others
  const { adminPassword, siteName, siteLogo, supportUrl, privacyUrl, ...same } = texts
  return {
    ...same,
    ...{ production, showToken, adminPassword, siteName, siteLogo, supportUrl, privacyUrl },
    instagram: { clientId, clientSecret, redirectUri, scopes, authorizeUrl, tokenUrl, graphUrl, graphVersion },
    listening: { host, port, https, trustProxy },
    proxy: withoutEmpty({ httpProxy, httpsProxy, noProxy }) as ProxySettings,
    metaAppSecrets: metaAppSecret === undefined ? [] : [metaAppSecret],
    webhook: webhookUrl === undefined ? undefined : { url: webhookUrl, secrets: webhookSecrets },
  }
}

/** The app is at `localhost` and its sandbox at `127.0.0.1`: another site to the browser, as Instagram is. */
function sandboxSettings({ port, sandboxPort, https }: Values) {
  const origin = `http://127.0.0.1:${sandboxPort}`
  return {
    ...SANDBOX_APP,
    redirectUri: `${https ? 'https' : 'http'}://localhost:${port}/response`,
    authorizeUrl: `${origin}/oauth/authorize`,
    tokenUrl: `${origin}/oauth/access_token`,
    graphUrl: origin,
  }
}

const CREDENTIALS = ['clientId', 'clientSecret', 'redirectUri'] as const
const HTTP = /^http:/i
const LOCAL_HTTP = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|\/|$)/i

/** Contradictions in an environment. */
function* environmentMistakes(given: Given, values: Values, needsApp: boolean, production: boolean) {
  const { port, sandboxPort, https } = values
  const all = CREDENTIALS.map((key) => ENVIRONMENT_NAMES[key]).join(', ')
  const missing = CREDENTIALS.filter((key) => needsApp && !given[key]).map((key) => ENVIRONMENT_NAMES[key])
  if (missing.length === 1 || missing.length === 2)
    yield `${missing.join(' and ')} must be set too: set all of ${all}, or none of them for the sandbox.`
  else if (missing.length > 0 && production)
    yield `${all} must be set in production: the sandbox is for development only.`
  else if (missing.length > 0 && port === sandboxPort) yield 'PORT and SANDBOX_PORT must be two different ports.'
  if (LOCAL_HTTP.test(String(given['redirectUri'])) && https && !production)
    yield 'INSTAGRAM_REDIRECT_URI must start with https:// if HTTPS is on: the app does not serve http then.'
  if (given['webhookUrl'] && !given['webhookSecrets'])
    yield 'WEBHOOK_SECRETS must be set with WEBHOOK_URL, so that the receiver can verify the sender.'
  if (production && values.trustProxy === true)
    yield 'TRUST_PROXY must be the number of proxies in front, or their addresses, in production: with on, clients can forge their address.'
  yield* productionMistakes(given, ENVIRONMENT_NAMES, production)
}

/** Names of the app's own pages, which cannot be redirect URIs. */
const OWN_PAGES = /^(accounts|api|assets|data-deletion|healthz|login|metrics|readyz|setup|)$/i

/** Contradictions in options. */
function* optionsMistakes(given: Given, sandbox: boolean, production: boolean) {
  const missing = CREDENTIALS.filter((key) => given[key] === undefined)
  if (missing.length > 0)
    yield `${new Intl.ListFormat('en-GB').format(missing)} must be set: from your Instagram app, or from createSandbox() to start with.`
  const uri = String(given['redirectUri'])
  if (HTTP.test(uri) && !LOCAL_HTTP.test(uri) && !production)
    yield 'redirectUri must start with https://, unless it is on this machine (http://localhost).'
  const [last = ''] = URL.canParse(uri) ? (/[^/]*(?=\/?$)/.exec(new URL(uri).pathname) ?? []) : ['-']
  if (OWN_PAGES.test(last))
    yield `redirectUri must not end in /${last}, which this package uses itself. Use another ending, such as /response.`
  if (sandbox && production) yield 'sandbox must be left out in production: it connects no real accounts.'
  yield* productionMistakes(given, OPTION_NAMES, production)
}

function* productionMistakes(given: Given, names: SettingNames, production: boolean) {
  if (!production) return
  if (HTTP.test(String(given['redirectUri']))) yield `${names.redirectUri} must start with https:// in production.`
  if (given['sessionSecrets'] === undefined)
    yield `${names.sessionSecrets} must be set in production: at least one secret of 32 characters or more.`
  if (given['tokenKeys'] === undefined)
    yield `${names.tokenKeys} must be set in production: at least one, written as id:base64 of 32 bytes.`
}

/** Whether a URL is on this machine. */
export function isLoopback({ hostname }: Pick<URL, 'hostname'>): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}

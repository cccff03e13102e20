import { isLoopback } from '../config.ts'
import { remoteHost } from '../databaseUrl.ts'
import {
  AUTHORIZE_URL,
  BASIC_SCOPE,
  CHECKED_DAY,
  DEAD_SCOPES,
  dayInWords,
  daysUntil,
  DEFAULT_GRAPH_VERSION,
  GRAPH_URL,
  GRAPH_VERSIONS,
  SCOPES,
  TOKEN_URL,
} from '../facts.ts'
import { type Finding, type Installation, ok, quoted, unknown, warning, wrong } from './installation.ts'

/** Where Meta's dashboard shows the app's ID and secret, and registers its redirect URI. */
export const BUSINESS_LOGIN =
  'Meta’s dashboard → Instagram → API setup with Instagram login → 3. Set up Instagram business login → Business login settings'

/** Characters that were pasted along with a value. */
interface PasteError {
  found: (value: string, name: string) => boolean
  says: string
  fix: string
}

const QUOTE = /^["'`“”„‘’«»]|["'`“”„‘’«»]$/

const PASTE_ERRORS: readonly PasteError[] = [
  {
    found: (value) => QUOTE.test(value.trim()),
    says: 'has quotes around its value, and they are part of it.',
    fix: 'Remove the quotes. (A .env file may have them; Docker’s --env-file and most dashboards keep them.)',
  },
  {
    found: (value, name) => value.trim().startsWith('=') || value.trim().startsWith(`${name}=`),
    says: 'has = or its own name at the beginning of its value.',
    fix: 'Keep only the part after the first =.',
  },
  {
    found: (value) => /[\p{Cf}\u00a0]/u.test(value.trim()),
    says: 'contains an invisible character, probably copied from a web page.',
    fix: 'Delete the value and type it, or use the dashboard’s copy button.',
  },
]

/** Reports mistakes in the settings, and characters that were pasted along with a value. */
export function checkGiven({ given, mistakes }: Installation): Finding[] {
  const mistaken = new Set(mistakes.map(settingIn))
  const others = Object.entries(given).filter(([name]) => !mistaken.has(name))
  const findings = [
    ...mistakes.map((sentence) => checkMistake(sentence, given)),
    ...others.flatMap(([name, value = '']) => checkPasted(name, value)),
  ]
  return findings.some(({ outcome }) => outcome === 'wrong')
    ? findings
    : [ok('Settings', 'All variables are valid.'), ...findings]
}

function checkMistake(sentence: string, given: Installation['given']): Finding {
  const name = settingIn(sentence)
  const error = PASTE_ERRORS.find(({ found }) => found(given[name] ?? '', name))
  return wrong(
    name,
    sentence,
    error
      ? `It ${error.says} ${error.fix}`
      : 'Correct it in .env or the environment. .env.example describes each variable.',
  )
}

function checkPasted(name: string, value: string): Finding | Finding[] {
  const error = PASTE_ERRORS.find(({ found }) => found(value, name))
  if (error) return wrong(name, `It ${error.says}`, error.fix)
  return value === value.trim() ? [] : ok(name, 'The space or line break around its value is ignored.')
}

function settingIn(sentence: string): string {
  return /^[A-Z_]+/.exec(sentence)?.[0] ?? 'Settings'
}

/** What checks without a request need. */
export type Checked = Pick<Installation, 'sandbox' | 'config' | 'given' | 'settings' | 'names' | 'now'>

/** Hosts of private networks: names without a dot, IP addresses, and reserved domains. */
const PRIVATE_HOST = /^[^.]+$|^[\d.]+$|\.(home\.arpa|internal|invalid|lan|local|localhost|test)$/

/** Checks whether an app that looks like production runs in production mode. */
export function checkProduction({ config, given, settings, names }: Checked): Finding | Finding[] {
  const [name, fix] = ['Production', 'Set NODE_ENV=production.']
  const url = URL.parse(settings.redirectUri ?? '')
  if (config.production) return []
  if (/^\W*(live|prd|prod)/i.test(given[names.production] ?? ''))
    return wrong(name, `${names.production} is not “production”, so the app runs in development mode.`, fix)
  if (url?.protocol !== 'https:' || PRIVATE_HOST.test(url.hostname)) return []
  return wrong(
    name,
    `${url.hostname} is public, but the app runs in development mode: its setup page is open, and missing secrets are generated.`,
    fix,
  )
}

/** Checks whether a proxy can reach the app. Platforms set PORT, and connect from another machine. */
export function checkListening({ config, given, names }: Checked): Finding | Finding[] {
  const { production, listening } = config
  if (!production || !listening || !given[names.production] || given[names.host]?.trim()) return []
  if (listening.trustProxy !== false && !given[names.port]?.trim()) return []
  return wrong(
    'Listening address',
    `${names.host} is not set, so only this machine can reach the app (${listening.host}, port ${listening.port}).`,
    `Set ${names.host}=0.0.0.0 on a platform or in a container, or ${names.host}=127.0.0.1 if the proxy runs on this machine.`,
  )
}

/** Checks whether the connection to a PostgreSQL database on another host is encrypted. */
export function checkTls({ config: { databaseUrl }, names }: Checked): Finding | Finding[] {
  if (!remoteHost(databaseUrl)) return []
  const { sslmode = 'disable', ssl = '' } = Object.fromEntries(new URL(databaseUrl).searchParams)
  if (!/^(allow|disable)$/.test(sslmode) || /^(1|true)$/.test(ssl)) return []
  return wrong(
    'Database connection',
    `${names.databaseUrl} connects to another host without TLS: the password and accounts are sent unencrypted.`,
    'Add ?sslmode=verify-full to it.',
  )
}

/** Checks for secrets that are easy to guess, or are used twice. */
export function checkSecrets({ config, settings, names }: Checked): Finding[] {
  const { sessionSecrets, tokenKeys, apiKeys, adminPassword = [], webhook } = config
  const secrets = [
    ...[settings.clientSecret ?? []].flat().map((secret) => [names.clientSecret, secret] as const),
    ...sessionSecrets.map((secret) => [names.sessionSecrets, secret] as const),
    ...tokenKeys.map(({ secret }) => [names.tokenKeys, secret.toString('latin1')] as const),
    ...apiKeys.map((key) => [names.apiKeys, key] as const),
    ...[adminPassword].flat().map((password) => [names.adminPassword, password] as const),
    ...(webhook?.secrets ?? []).map((secret) => [names.webhookSecrets, atob(secret.slice(6))] as const),
  ]
  const fix = 'Generate a new one: .env.example has the commands.'
  return secrets.flatMap(([name, secret], index) => {
    if (new Set(secret).size < 4)
      return wrong(name, `It has a secret that is easy to guess: it repeats a few characters.`, fix)
    const same = secrets.slice(0, index).find(([, other]) => other === secret)
    return same ? wrong(name, `It has the same secret ${same[0] === name ? 'twice' : `as ${same[0]}`}.`, fix) : []
  })
}

/** Checks the format of the app's ID and secret. Instagram's and Facebook's look alike. */
export function checkCredentials({ sandbox, settings, names }: Checked): Finding | Finding[] {
  const { clientId, clientSecret } = settings
  if (sandbox) return ok('Credentials', 'None are set, so the sandbox on this machine replaces Instagram.')
  return [
    ...(clientId === undefined ? [] : [checkIdForm(clientId, names.clientId)]),
    ...(clientSecret === undefined ? [] : [checkSecretForm(clientSecret, names.clientSecret, clientId)]),
  ]
}

/** Checks the format of an app ID. */
export function checkIdForm(id: string, setting: string): Finding {
  const name = 'App ID format'
  const fix = `Copy it from ${BUSINESS_LOGIN} → Instagram app ID.`
  if (!/^\d+$/.test(id)) return wrong(name, `${setting} is not a number. Meta’s app IDs are.`, fix)
  if (/^17841\d{12}$/.test(id)) return wrong(name, `${setting} looks like the ID of an account, not of an app.`, fix)
  if (id.length < 13 || id.length > 17)
    return unknown(name, `${setting} has ${id.length} digits; Meta’s app IDs usually have 15 or 16.`, fix)
  return ok(name, 'It is a number. Facebook’s app ID looks the same: see “App ID” below.')
}

/** Checks the format of an app secret. `id`: the app's, if it is known. */
export function checkSecretForm(secret: string, setting: string, id?: string): Finding {
  const name = 'App secret format'
  const fix = `Copy it from ${BUSINESS_LOGIN} → Instagram app secret → Show.`
  if (/^(IGAA|IGQ|EAA)/.test(secret)) return wrong(name, `${setting} looks like an access token.`, fix)
  if (/^\d+\|/.test(secret)) return wrong(name, `${setting} looks like a Facebook app access token.`, fix)
  if (secret === id || /^\d{13,17}$/.test(secret)) return wrong(name, `${setting} looks like an app ID.`, fix)
  if (!/^[0-9a-f]{32}$/.test(secret))
    return unknown(name, `${setting} does not look like a Meta app secret: 32 digits and letters from a to f.`, fix)
  return ok(name, 'It looks like a Meta app secret. Facebook’s looks the same: see “App secret” below.')
}

/** Checks for removed, unknown and missing scopes. Instagram refuses the whole login because of one unknown scope. */
export function checkScopes({ settings: { scopes }, names }: Checked): Finding | Finding[] {
  const findings = scopes.flatMap((scope) => checkScope(scope, names.scopes))
  const basicIsRenamed = scopes.some((scope) => DEAD_SCOPES.get(scope)?.today === BASIC_SCOPE)
  if (!scopes.includes(BASIC_SCOPE) && !basicIsRenamed)
    findings.unshift(
      wrong(
        'Scopes',
        `${BASIC_SCOPE} is missing. Instagram requires it for logins and for refreshing tokens.`,
        `Add ${BASIC_SCOPE} to ${names.scopes}.`,
      ),
    )
  return findings.length > 0
    ? findings
    : ok('Scopes', `Instagram supports ${scopes.length === 1 ? 'the requested scope' : 'all requested scopes'}.`)
}

function checkScope(scope: string, setting: string): Finding | Finding[] {
  if (SCOPES.includes(scope)) return []
  const dead = DEAD_SCOPES.get(scope)
  if (dead)
    return wrong(
      'Scopes',
      `${scope} belongs to ${dead.of.name}${dead.of.ended ? `, which Meta switched off on ${dayInWords(dead.of.ended)}` : ': another product'}.`,
      dead.today === null
        ? `Remove it from ${setting}: it has no replacement.`
        : `Use ${dead.today} in ${setting} instead.`,
    )
  if (scope === 'human_agent')
    return unknown(
      'Scopes',
      'human_agent needs a separate approval by Meta. Requested without approval, it reportedly breaks the whole login.',
      `Remove it from ${setting} until Meta has approved it.`,
    )
  return unknown(
    'Scopes',
    `${quoted(scope)} is not one of the five known scopes. If Instagram does not know it either, every login fails.`,
    `Check the spelling. The five are ${SCOPES.join(', ')}.`,
  )
}

/** Checks the addresses of Instagram's endpoints. A host that is not Meta's is considered a mock. */
export function checkAddresses({ sandbox, settings, names, now }: Checked): Finding | Finding[] {
  const findings = [
    checkAddress(settings.authorizeUrl, names.authorizeUrl, AUTHORIZE_URL),
    checkAddress(settings.tokenUrl, names.tokenUrl, TOKEN_URL),
    checkAddress(settings.graphUrl, names.graphUrl, GRAPH_URL),
    checkVersion(settings.graphVersion, names.graphVersion, now()),
  ].flat()
  if (findings.length > 0) return findings
  const urls = [settings.authorizeUrl, settings.tokenUrl, settings.graphUrl]
  if (sandbox || urls.some((url) => ![AUTHORIZE_URL, TOKEN_URL, GRAPH_URL].includes(url)))
    return ok('Addresses', 'A server that simulates Instagram is used.')
  return ok('Addresses', 'Instagram’s standard endpoints are used.')
}

function checkAddress(address: string, setting: string, right: string): Finding | Finding[] {
  if (address === right) return []
  const { hostname, pathname, protocol } = new URL(address)
  if (protocol === 'http:' && !isLoopback({ hostname }))
    return wrong(
      'Addresses',
      `${setting} is http: codes, tokens and the app secret are sent unencrypted.`,
      `Leave ${setting} empty, or use https://.`,
    )
  if (!/(^|\.)(instagram|facebook)\.com$/.test(hostname)) return []
  const fix = `Leave ${setting} empty, or set it to ${right}.`
  if (hostname.endsWith('facebook.com'))
    return wrong('Addresses', `${setting} has the host ${hostname}: that is Facebook Login, another product.`, fix)
  if (hostname !== new URL(right).hostname)
    return wrong('Addresses', `${setting} has the host ${hostname}, which does not serve this endpoint.`, fix)
  if (/\/v\d/.test(pathname))
    return wrong('Addresses', `${setting} has a version in its path; token endpoints have none.`, fix)
  return unknown('Addresses', `${setting} is not a known address.`, fix)
}

/** How many days before a version expires the doctor warns. */
const VERSION_NOTICE_DAYS = 90

function checkVersion(version: string, setting: string, now: Date): Finding | Finding[] {
  const [name, fix] = ['Addresses', `Leave it empty, or set it to ${DEFAULT_GRAPH_VERSION}.`]
  const known = GRAPH_VERSIONS.find((each) => each.version === version)
  if (!known) {
    const isNewer = Number(version.slice(1)) > Number(DEFAULT_GRAPH_VERSION.slice(1))
    return (isNewer ? unknown : wrong)(
      name,
      `${setting} is ${version}, which Meta did not serve on ${dayInWords(CHECKED_DAY)}.`,
      fix,
    )
  }
  const daysLeft = known.last === null ? Infinity : daysUntil(known.last, now)
  if (daysLeft > VERSION_NOTICE_DAYS) return []
  const end = dayInWords(known.last ?? '')
  if (daysLeft >= 0) return warning(name, `${setting} is ${version}, which expires on ${end}.`, fix)
  return wrong(name, `${setting} is ${version}, which expired on ${end}: Meta no longer serves it.`, fix)
}

/** Checks the format of the redirect URI. Only a login shows whether it is registered. */
export function checkRedirectUri({ sandbox, config, settings, names }: Checked): Finding | Finding[] {
  const name = 'Redirect URI'
  if (settings.redirectUri === undefined) return []
  if (sandbox) return ok(name, 'The sandbox has registered it.')
  const { listening } = config
  const url = new URL(settings.redirectUri)
  const isLocal = isLoopback(url)
  if (url.protocol === 'http:' && isLocal)
    return unknown(
      name,
      'It is http. Instagram requires https; whether it accepts http on localhost is not confirmed.',
      listening
        ? `Set ${names.https}=self-signed, then register the address with https:// and set it.`
        : 'Serve your app over https on this machine, or use a tunnel. Then register the address with https:// and set it.',
    )
  if (url.protocol === 'http:')
    return wrong(
      name,
      'It is http, but Instagram requires https.',
      'Serve the app over https. Then register the address with https:// and set it.',
    )
  if (isLocal && listening && !listening.https && (url.port || '443') === String(listening.port))
    return wrong(
      name,
      `It is https on this machine’s port ${listening.port}, where the app serves http: the browser cannot open it.`,
      `Set ${names.https}=self-signed, or ${names.https}=cert.pem,key.pem.`,
    )
  if (url.pathname.endsWith('/')) return ok(name, 'Its format is valid. Register it with the slash at its end.')
  return ok(
    name,
    'Its format is valid. It must exactly match a registered one; the dashboard may have added a slash at the end.',
  )
}

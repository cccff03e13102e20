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

/** Where Meta's dashboard shows the app's id and secret and takes its redirect URI. */
export const BUSINESS_LOGIN =
  'Meta’s dashboard → Instagram → API setup with Instagram login → 3. Set up Instagram business login → Business login settings'

/** Something that was pasted along with a value. */
interface PasteError {
  found: (value: string, name: string) => boolean
  says: string
  fix: string
}

const QUOTE = /^["'`“”„‘’«»]|["'`“”„‘’«»]$/

const PASTE_ERRORS: readonly PasteError[] = [
  {
    found: (value) => QUOTE.test(value.trim()),
    says: 'has quotes around it, and they count as part of it.',
    fix: 'Take the quotes away. (In .env they may stand; Docker’s --env-file and most dashboards keep them.)',
  },
  {
    found: (value, name) => value.trim().startsWith('=') || value.trim().startsWith(`${name}=`),
    says: 'has an = or its own name at the beginning of its value.',
    fix: 'Write what comes after the first = only.',
  },
  {
    found: (value) => /[\p{Cf}\u00a0]/u.test(value.trim()),
    says: 'holds a character that cannot be seen, as is copied along from web pages.',
    fix: 'Delete the value and type it, or copy it by the dashboard’s own button.',
  },
]

/** Reports mistakes in the settings, and what seems to have been pasted along with a value. */
export function checkGiven({ given, mistakes }: Installation): Finding[] {
  const mistaken = new Set(mistakes.map(settingIn))
  const others = Object.entries(given).filter(([name]) => !mistaken.has(name))
  const findings = [
    ...mistakes.map((sentence) => checkMistake(sentence, given)),
    ...others.flatMap(([name, value = '']) => checkPasted(name, value)),
  ]
  return findings.some(({ outcome }) => outcome === 'wrong')
    ? findings
    : [ok('Settings', 'Every variable that is set can be read.'), ...findings]
}

function checkMistake(sentence: string, given: Installation['given']): Finding {
  const name = settingIn(sentence)
  const error = PASTE_ERRORS.find(({ found }) => found(given[name] ?? '', name))
  return wrong(
    name,
    sentence,
    error
      ? `It ${error.says} ${error.fix}`
      : 'Set it right in .env or the environment; .env.example and the README have each variable.',
  )
}

function checkPasted(name: string, value: string): Finding | Finding[] {
  const error = PASTE_ERRORS.find(({ found }) => found(value, name))
  if (error) return wrong(name, `It ${error.says}`, error.fix)
  return value === value.trim() ? [] : ok(name, 'It has a blank or a line break around it, which is ignored.')
}

function settingIn(sentence: string): string {
  return /^[A-Z_]+/.exec(sentence)?.[0] ?? 'Settings'
}

type Checked = Pick<Installation, 'sandbox' | 'config' | 'given' | 'settings' | 'listening' | 'names' | 'now'>

/** Hosts that only a network of one's own knows: names without a dot, addresses, and reserved domains. */
const PRIVATE_HOST = /^[^.]+$|^[\d.]+$|\.(home\.arpa|internal|invalid|lan|local|localhost|test)$/

/** Checks whether an app that looks like production is set up as one. */
export function checkProduction({ config, given, settings, names }: Checked): Finding | Finding[] {
  const [name, fix] = ['Production', 'Set NODE_ENV=production.']
  const url = URL.parse(settings.redirectUri ?? '')
  if (config.production) return []
  if (/^\W*(live|prd|prod)/i.test(given[names.production] ?? ''))
    return wrong(name, `${names.production} is not “production”, so the app runs as in development.`, fix)
  if (url?.protocol !== 'https:' || PRIVATE_HOST.test(url.hostname)) return []
  return wrong(
    name,
    `Everybody can reach ${url.hostname}, but the app runs as in development: its set-up page is open, and it makes up missing secrets.`,
    fix,
  )
}

/** Checks whether anything in front can reach the app. Platforms set PORT, and connect from another machine. */
export function checkListening({ config, given, names }: Checked): Finding | Finding[] {
  const { production, listening } = config
  if (!production || !listening || !given[names.production] || given[names.host]?.trim()) return []
  if (listening.trustProxy !== false && !given[names.port]?.trim()) return []
  return wrong(
    'Listening address',
    `${names.host} is not set, so only this machine can reach the app (${listening.host}, port ${listening.port}).`,
    `Set ${names.host}=0.0.0.0 on a platform or in a container, or ${names.host}=127.0.0.1 with a proxy on this machine.`,
  )
}

/** Checks whether the connection to a PostgreSQL database on another host is encrypted. */
export function checkTls({ config: { databaseUrl }, names }: Checked): Finding | Finding[] {
  if (!remoteHost(databaseUrl)) return []
  const { sslmode = 'disable', ssl = '' } = Object.fromEntries(new URL(databaseUrl).searchParams)
  if (!/^(allow|disable)$/.test(sslmode) || /^(1|true)$/.test(ssl)) return []
  return wrong(
    'Database connection',
    `${names.databaseUrl} names another host, without TLS: its password and the accounts cross the network in the clear.`,
    'Add ?sslmode=verify-full to it.',
  )
}

/** Checks for secrets that are easy to guess, and for one that has two purposes. */
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
  const fix = 'Make a new one: .env.example has the commands.'
  return secrets.flatMap(([name, secret], index) => {
    if (new Set(secret).size < 4)
      return wrong(name, `${name} has a secret of the same few characters, which can be guessed.`, fix)
    const same = secrets.slice(0, index).find(([, other]) => other === secret)
    return same
      ? wrong(name, `${name} has a secret that ${same[0] === name ? 'it has already' : `${same[0]} has too`}.`, fix)
      : []
  })
}

/** Checks the form of the app's id and secret. Instagram's and Facebook's look alike. */
export function checkCredentials({ sandbox, settings, names }: Checked): Finding | Finding[] {
  const { clientId, clientSecret } = settings
  if (sandbox) return ok('Credentials', 'None are set, so the sandbox on this machine takes Instagram’s place.')
  return [
    ...(clientId === undefined ? [] : [checkIdForm(clientId, names.clientId)]),
    ...(clientSecret === undefined ? [] : [checkSecretForm(clientSecret, names.clientSecret, clientId)]),
  ]
}

function checkIdForm(id: string, setting: string): Finding {
  const name = 'Form of the app ID'
  const fix = `Take it from ${BUSINESS_LOGIN} → Instagram app ID.`
  if (!/^\d+$/.test(id)) return wrong(name, `${setting} is not a number, as Meta’s app IDs are.`, fix)
  if (/^17841\d{12}$/.test(id)) return wrong(name, `${setting} looks like the ID of an account, not of an app.`, fix)
  if (id.length < 13 || id.length > 17)
    return unknown(name, `${setting} has ${id.length} digits; Meta’s app IDs mostly have 15 or 16.`, fix)
  return ok(name, 'It is a number, as it should be. Facebook’s app ID looks the same: see “App ID” below.')
}

function checkSecretForm(secret: string, setting: string, id: string | undefined): Finding {
  const name = 'Form of the app secret'
  const fix = `Take it from ${BUSINESS_LOGIN} → Instagram app secret → Show.`
  if (/^(IGAA|IGQ|EAA)/.test(secret)) return wrong(name, `${setting} looks like an access token.`, fix)
  if (/^\d+\|/.test(secret)) return wrong(name, `${setting} looks like an app access token of Facebook.`, fix)
  if (secret === id || /^\d{13,17}$/.test(secret)) return wrong(name, `${setting} looks like an app ID.`, fix)
  if (!/^[0-9a-f]{32}$/.test(secret))
    return unknown(
      name,
      `${setting} does not look like the secrets that Meta gives: 32 digits and letters from a to f.`,
      fix,
    )
  return ok(name, 'It looks like a secret of Meta’s. Facebook’s app secret looks the same: see “App secret” below.')
}

/** Checks for dead, unknown and missing scopes. One that Instagram does not know makes it refuse the whole login. */
export function checkScopes({ settings: { scopes }, names }: Checked): Finding | Finding[] {
  if (!scopes) return []
  const findings = scopes.flatMap((scope) => checkScope(scope, names.scopes))
  const basicIsRenamed = scopes.some((scope) => DEAD_SCOPES.get(scope)?.today === BASIC_SCOPE)
  if (!scopes.includes(BASIC_SCOPE) && !basicIsRenamed)
    findings.unshift(
      wrong(
        'Scopes',
        `${BASIC_SCOPE} is missing; Instagram requires it, and refreshing a token does too.`,
        `Put ${BASIC_SCOPE} into ${names.scopes}.`,
      ),
    )
  return findings.length > 0 ? findings : ok('Scopes', `Instagram knows ${scopes.length === 1 ? 'it' : 'all of them'}.`)
}

function checkScope(scope: string, setting: string): Finding | Finding[] {
  if (SCOPES.includes(scope)) return []
  const dead = DEAD_SCOPES.get(scope)
  if (dead)
    return wrong(
      'Scopes',
      `${scope} belongs to ${dead.of.name}${dead.of.ended ? `, which ended on ${dayInWords(dead.of.ended)}` : ': another product'}.`,
      dead.today === null
        ? `Take it out of ${setting}: nothing takes its place.`
        : `Write ${dead.today} in ${setting} instead.`,
    )
  if (scope === 'human_agent')
    return unknown(
      'Scopes',
      'human_agent is a feature that Meta approves by itself; asked for without approval it is said to break the whole login.',
      `Take it out of ${setting} until Meta has approved it.`,
    )
  return unknown(
    'Scopes',
    `${quoted(scope)} is none of the five scopes that we know. If Instagram does not know it either, it refuses every login.`,
    `See that it is not misspelt. The five are ${SCOPES.join(', ')}.`,
  )
}

/** Checks the addresses that Instagram is called at. A host that is not Meta's is taken for a stand-in. */
export function checkAddresses({ settings, names, now }: Checked): Finding | Finding[] {
  const findings = [
    checkAddress(settings.authorizeUrl, names.authorizeUrl, AUTHORIZE_URL),
    checkAddress(settings.tokenUrl, names.tokenUrl, TOKEN_URL),
    checkAddress(settings.graphUrl, names.graphUrl, GRAPH_URL),
    checkVersion(settings.graphVersion, names.graphVersion, now()),
  ].flat()
  return findings.length > 0 ? findings : ok('Addresses', 'Instagram is asked where it is, or where its stand-in is.')
}

function checkAddress(address: string | undefined, setting: string, right: string): Finding | Finding[] {
  if (address === undefined || address === right) return []
  const { hostname, pathname, protocol } = new URL(address)
  if (protocol === 'http:' && !isLoopback({ hostname }))
    return wrong(
      'Addresses',
      `${setting} is http: codes, tokens and the app secret cross the network in the clear.`,
      `Leave ${setting} empty, or write an address with https://.`,
    )
  if (!/(^|\.)(instagram|facebook)\.com$/.test(hostname)) return []
  const fix = `Leave ${setting} empty, or write ${right}.`
  if (hostname.endsWith('facebook.com'))
    return wrong('Addresses', `${setting} names ${hostname}: that is Facebook Login, another product.`, fix)
  if (hostname !== new URL(right).hostname)
    return wrong('Addresses', `${setting} names ${hostname}, where Instagram does not answer this.`, fix)
  if (/\/v\d/.test(pathname))
    return wrong('Addresses', `${setting} has a version in its path; the addresses of tokens have none.`, fix)
  return unknown('Addresses', `${setting} is not the address that we know.`, fix)
}

/** Days before the end of a version from which the doctor warns. */
const VERSION_NOTICE_DAYS = 90

function checkVersion(version: string | undefined, setting: string, now: Date): Finding | Finding[] {
  if (version === undefined) return []
  const [name, fix] = ['Addresses', `Leave it empty, or write ${DEFAULT_GRAPH_VERSION}.`]
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
  if (daysLeft >= 0) return warning(name, `${setting} is ${version}, which ends on ${end}.`, fix)
  return wrong(name, `${setting} is ${version}, which ended on ${end}: Meta no longer serves it.`, fix)
}

/** Checks the redirect URI by itself. Whether it is registered, only a login shows. */
export function checkRedirectUri({ sandbox, settings, listening, names }: Checked): Finding | Finding[] {
  const name = 'Redirect URI'
  if (settings.redirectUri === undefined) return []
  if (sandbox) return ok(name, 'The sandbox takes it as it is.')
  const url = new URL(settings.redirectUri)
  const isLocal = isLoopback(url)
  if (url.protocol === 'http:' && isLocal)
    return unknown(
      name,
      'It is http. Instagram wants https; whether it takes http on localhost is not confirmed.',
      listening
        ? `Set ${names.https}=self-signed, and register and set the address with https://.`
        : 'Have your app speak https on this machine, or put a tunnel in front of it; register and set the address with https://.',
    )
  if (url.protocol === 'http:')
    return wrong(
      name,
      'It is http, and Instagram wants https.',
      'Put https in front of the app, and register and set the address with https://.',
    )
  if (isLocal && listening && !listening.https && (url.port || '443') === String(listening.port))
    return wrong(
      name,
      `It says https on this machine’s port ${listening.port}, where the app speaks http: the browser cannot come back.`,
      `Set ${names.https}=self-signed, or ${names.https}=cert.pem,key.pem.`,
    )
  if (url.pathname.endsWith('/')) return ok(name, 'It ends in a slash, and must be registered with it.')
  return ok(
    name,
    'Its form is right. It must be registered letter by letter; the dashboard may have added a slash at the end.',
  )
}

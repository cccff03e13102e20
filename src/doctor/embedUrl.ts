import { type Environment, withoutEmpty } from '../config.ts'
import type { SettingNames } from '../errors/settingNames.ts'
import { AUTHORIZE_URL, dayInWords, DEAD_SCOPES, FORMER_AUTHORIZE, SCOPES } from '../facts.ts'
import { type Finding, ok, quoted, unknown, warning, wrong } from './installation.ts'

/** The settings that an Embed URL contains. Those that are missing or malformed in it are left out. */
export interface EmbeddedSettings {
  clientId?: string | undefined
  redirectUri?: string | undefined
  scopes?: readonly string[] | undefined
}

/** The result of a comparison. */
export interface EmbedUrlComparison {
  /** For each part of the URL. */
  findings: Finding[]
  /** The settings that the URL contains: each is safe in a line of `.env`. */
  embedded: EmbeddedSettings
  /** The URL, if it has only the parameters that the dashboard adds. */
  url?: string | undefined
}

/** Embed URLs have some 500 characters. */
const MAX_LENGTH = 4_000

const PARAMETERS = ['client_id', 'redirect_uri', 'response_type', 'scope', 'force_reauth', 'enable_fb_login']

const COPY_AGAIN = 'Copy the Embed URL again from the Business login settings in Meta’s dashboard.'
const NOTHING_TO_DO = 'Nothing to change: this app sends its own parameters.'

/**
 * Compares the Embed URL of Meta's dashboard with settings, byte by byte. The text is untrusted: findings quote
 * only its host and path, app ID, redirect URI, scopes and parameter names.
 *
 * @param settings The current settings. A setting that is left out is reported as not set.
 */
export function compareEmbedUrl(pasted: string, settings: EmbeddedSettings, names: SettingNames): EmbedUrlComparison {
  const text = pasted.trim()
  const url = URL.parse(text)
  const refusal = refusalOf(text, url)
  if (!url || refusal) return { findings: [wrong('Embed URL', refusal ?? '', COPY_AGAIN)], embedded: {} }

  const { searchParams } = url
  const [clientId, redirectUri] = [searchParams.get('client_id') ?? '', searchParams.get('redirect_uri') ?? '']
  const scopes = (searchParams.get('scope') ?? '').split(/[,\s]+/).filter(Boolean)
  const others = [...searchParams.keys()].filter((key) => ![...PARAMETERS, 'force_authentication'].includes(key))
  const findings = [
    checkAddress(url),
    checkParameters(searchParams, others),
    compareClientId(clientId, settings.clientId, names),
    compareRedirectUri(redirectUri, settings.redirectUri, names),
    compareScopes(scopes, settings.scopes, names),
  ]
  const isUri = /^https?:\/\/[\w.~:/%[\]-]{1,500}$/.test(redirectUri) && URL.canParse(redirectUri)
  const isScope = (scope: string) => /^\w{1,60}$/.test(scope) && !DEAD_SCOPES.has(scope)
  const embedded = {
    ...(/^\d{1,20}$/.test(clientId) && { clientId }),
    ...(isUri && { redirectUri }),
    ...(scopes.length > 0 && scopes.every(isScope) && { scopes }),
  }
  return { findings: findings.flat(), embedded, url: others.length > 0 || url.hash ? undefined : text }
}

/** These settings as environment variables. */
export function environmentOf({ clientId: INSTAGRAM_CLIENT_ID, redirectUri, scopes }: EmbeddedSettings): Environment {
  return withoutEmpty({ INSTAGRAM_CLIENT_ID, INSTAGRAM_REDIRECT_URI: redirectUri, INSTAGRAM_SCOPES: scopes?.join() })
}

/** Why the text is not compared: it is not an Instagram address, or is ambiguous. */
function refusalOf(text: string, url: URL | null): string | undefined {
  if (text === '') return 'Nothing was pasted.'
  if (text.length > MAX_LENGTH) return `It is longer than ${MAX_LENGTH} characters.`
  if (/[^!-~]|["'<>\\^`{|}]|&amp;/.test(text))
    return 'It contains spaces, quotes, HTML or other text besides an address.'
  if (url?.protocol !== 'https:') return 'It does not start with https://.'
  if (url.username || url.password) return 'It contains a username before the host.'
  if (/(^|\.)facebook\.com$/.test(url.hostname)) return 'It belongs to Facebook Login, which is another product.'
  if (!/(^|\.)instagram\.com$/.test(url.hostname)) return `Its host is ${quoted(url.host)}, not Instagram’s.`
  const parameters = [...url.searchParams.keys()]
  const repeated = parameters.find((name, index) => parameters.indexOf(name) < index)
  return repeated === undefined ? undefined : `It contains ${quoted(repeated)} more than once.`
}

function checkAddress({ origin, pathname, hash }: URL): Finding {
  const name = 'Embed URL'
  const { url, ended } = FORMER_AUTHORIZE
  if (origin + pathname === url)
    return wrong(name, `Its address is ${url}, which Instagram switched off in ${dayInWords(ended)}.`, COPY_AGAIN)
  if (origin + pathname !== AUTHORIZE_URL)
    return wrong(name, `Its address is ${quoted(origin + pathname)}, not ${AUTHORIZE_URL}.`, COPY_AGAIN)
  if (hash) return unknown(name, 'It has a part after #, which Meta’s dashboard does not add.', COPY_AGAIN)
  return ok(name, `Its address is ${AUTHORIZE_URL}.`)
}

function checkParameters(parameters: URLSearchParams, others: readonly string[]): Finding | Finding[] {
  const name = 'Embed URL: parameters'
  const old = [...parameters].flatMap(([key, value]) => {
    if (key === 'force_authentication') return 'force_authentication is an old name of force_reauth.'
    const isFlag = key === 'force_reauth' || key === 'enable_fb_login'
    return isFlag && /^\d$/.test(value) ? `${key} has an old value; the current values are true and false.` : []
  })
  if (others.length > 0) old.push(`Meta’s dashboard does not add ${quoted(others.join(', '))}.`)
  if (parameters.get('response_type') !== 'code')
    return wrong(name, 'It does not contain response_type=code, which Instagram requires.', COPY_AGAIN)
  return old.length > 0 ? old.map((says) => unknown(name, says, NOTHING_TO_DO)) : ok(name, 'They match the dashboard.')
}

function compareClientId(theirs: string, ours: string | undefined, names: SettingNames): Finding {
  const name = 'Embed URL: app ID'
  if (!/^\d+$/.test(theirs)) return wrong(name, 'Its client_id is missing or is not a number.', COPY_AGAIN)
  if (ours === theirs || ours === undefined) return equalOrUnset(name, names.clientId, theirs, ours)
  return wrong(
    name,
    `It is ${quoted(theirs)}, but ${names.clientId} is ${quoted(ours)}, a different app.`,
    `Set ${names.clientId} to the ID in the Embed URL, and ${names.clientSecret} to the secret on the same page.`,
  )
}

function compareRedirectUri(theirs: string, ours: string | undefined, names: SettingNames): Finding {
  const name = 'Embed URL: redirect URI'
  const url = URL.parse(theirs)
  if (!url) return wrong(name, 'Its redirect_uri is missing or is not an address.', COPY_AGAIN)
  if (ours === theirs || ours === undefined) return equalOrUnset(name, names.redirectUri, theirs, ours)
  return wrong(
    name,
    `It is ${quoted(theirs)}, but ${names.redirectUri} is ${quoted(ours)}: ${differences(url, URL.parse(ours) ?? url).join(', ')}.`,
    `Set ${names.redirectUri} to the value in the Embed URL, or add yours in the dashboard under Business login settings → OAuth redirect URIs.`,
  )
}

function equalOrUnset(name: string, setting: string, theirs: string, ours: string | undefined): Finding {
  if (ours !== undefined) return ok(name, 'It matches the settings.')
  return warning(name, `${setting} is not set yet.`, `Set ${setting} to ${quoted(theirs)}.`)
}

/** The parts in which two addresses differ, in words. */
function differences(one: URL, other: URL): string[] {
  const differs = (part: (url: URL) => string) => part(one) !== part(other)
  const path = ({ pathname }: URL) => pathname.replace(/\/+$/, '')
  const otherHost = differs(({ hostname }) => hostname.replace(/^www\./, ''))
  const otherPath = differs((url) => path(url).toLowerCase())
  const found = [
    differs(({ protocol }) => protocol) && 'the scheme differs (http or https)',
    differs(({ hostname }) => hostname) && (otherHost ? 'the host differs' : 'only one has www'),
    differs(({ port }) => port) && 'the port differs',
    differs(path) && (otherPath ? 'the path differs' : 'upper and lower case in the path differ'),
    differs(({ pathname }) => String(pathname.endsWith('/'))) && 'only one ends with a slash',
    differs(({ search, hash }) => search + hash) && 'they have different queries',
  ].filter((words) => words !== false)
  return found.length > 0 ? found : ['it is the same address, spelled differently (case, port or encoding)']
}

function compareScopes(theirs: string[], ours: readonly string[] | undefined, names: SettingNames): Finding[] {
  const name = 'Embed URL: scopes'
  const setting = names.scopes
  const today = (scope: string) => DEAD_SCOPES.get(scope)?.today ?? ''
  const list = (scopes: readonly string[]) => quoted(scopes.join(', '))
  const ended = theirs.filter((scope) => DEAD_SCOPES.has(scope))
  if (theirs.length === 0) return [wrong(name, 'It requests no scope.', COPY_AGAIN)]
  if (ended.length > 0)
    return [wrong(name, `It requests ${list(ended)}, which Instagram no longer supports.`, COPY_AGAIN)]
  if (!ours) return [equalOrUnset(name, setting, theirs.join(), undefined)]

  const missing = ours.filter((scope) => !theirs.includes(scope))
  const renamed = missing.filter((scope) => theirs.includes(today(scope)))
  const extra = missing.filter((scope) => !renamed.includes(scope))
  const left = theirs.filter((scope) => !ours.includes(scope) && !renamed.some((old) => today(old) === scope))
  const strange = theirs.filter((scope) => !SCOPES.includes(scope))
  const findings = [
    ...renamed.map((old) => wrong(name, `${old} was renamed.`, `Use ${today(old)} in ${setting} instead.`)),
    extra.length > 0 &&
      wrong(
        name,
        `${setting} requests ${list(extra)}, which this app does not have in the dashboard.`,
        `Add the permission to the app in Meta’s dashboard, or remove it from ${setting}.`,
      ),
    strange.length > 0 &&
      unknown(name, `It requests ${list(strange)}, which is unknown and may be misspelled.`, COPY_AGAIN),
    left.length > 0 &&
      unknown(
        name,
        `${setting} leaves out ${list(left)}. One developer got “Invalid redirect_uri” because of that; others did not.`,
        `If a login fails with this error, set ${setting} to the scopes of the Embed URL.`,
      ),
  ].filter((finding) => finding !== false)
  return findings.length > 0 ? findings : [equalOrUnset(name, setting, '', '')]
}

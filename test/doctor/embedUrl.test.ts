import fc from 'fast-check'
import { parse } from 'dotenv'
import { expect, test } from 'vitest'
import { compareEmbedUrl, type EmbeddedSettings, environmentOf } from '../../src/doctor/embedUrl.ts'
import { ENVIRONMENT_NAMES } from '../../src/errors/settingNames.ts'
import { HOSTILE_TEXTS } from '../security/inputs.ts'

const SETTINGS = {
  clientId: '990602627938098',
  redirectUri: 'https://tokens.example/instagram/response',
  scopes: ['instagram_business_basic', 'instagram_business_manage_insights'],
}
const PARAMETERS: Readonly<Record<string, string>> = {
  force_reauth: 'true',
  client_id: SETTINGS.clientId,
  redirect_uri: SETTINGS.redirectUri,
  response_type: 'code',
  scope: SETTINGS.scopes.join(),
}
const AUTHORIZE = 'https://www.instagram.com/oauth/authorize'

/** An Embed URL with some parameters changed; `null`: left out. */
function embedUrl(change: Readonly<Record<string, string | null>> = {}, address = AUTHORIZE): string {
  const parameters = Object.entries({ ...PARAMETERS, ...change }).filter(([, value]) => value !== null)
  return `${address}?${new URLSearchParams(parameters as [string, string][]).toString()}`
}

const environmentLines = (embedded: EmbeddedSettings) =>
  Object.entries(environmentOf(embedded)).map(([name, value]) => `${name}=${value}`)

const compare = (pasted: string, change: Partial<typeof SETTINGS> = {}) =>
  compareEmbedUrl(pasted, { ...SETTINGS, ...change }, ENVIRONMENT_NAMES)

/** What is not fine, each in one line: the part, the fault and its fix. */
function faultsIn({ findings }: ReturnType<typeof compare>): string[] {
  return findings
    .filter(({ outcome }) => outcome !== 'ok')
    .map(({ name, outcome, says, fix = '' }) => `${outcome} ${name}: ${says} → ${fix}`)
}

test.each([
  ['as the dashboard shows it', embedUrl()],
  ['with spaces around it', `\n  ${embedUrl()} \r\n`],
  ['with spaces between the scopes', embedUrl({ scope: SETTINGS.scopes.join(' ') })],
  [
    'with its parameters in another order',
    embedUrl({ client_id: null, enable_fb_login: 'false' }) + '&client_id=990602627938098',
  ],
])('an Embed URL %s equals the settings, and becomes lines for .env', (_, pasted) => {
  const comparison = compare(pasted)

  expect(comparison.findings.map(({ outcome }) => outcome)).toStrictEqual(['ok', 'ok', 'ok', 'ok', 'ok'])
  expect(environmentLines(comparison.embedded)).toStrictEqual([
    'INSTAGRAM_CLIENT_ID=990602627938098',
    'INSTAGRAM_REDIRECT_URI=https://tokens.example/instagram/response',
    'INSTAGRAM_SCOPES=instagram_business_basic,instagram_business_manage_insights',
  ])
})

test('settings that are not set yet have not passed: each is still to set to the value of the Embed URL', () => {
  const { findings } = compareEmbedUrl(embedUrl(), {}, ENVIRONMENT_NAMES)

  expect(findings.map(({ outcome }) => outcome)).toStrictEqual(['ok', 'ok', 'warning', 'warning', 'warning'])
  expect(findings[2]).toMatchObject({
    says: 'INSTAGRAM_CLIENT_ID is not set yet.',
    fix: 'Set INSTAGRAM_CLIENT_ID to “990602627938098”.',
  })
})

test('only a URL with no parameter but those of the dashboard is one to show', () => {
  expect(compare(`  ${embedUrl()}\n`).url).toBe(embedUrl())
  expect(compare(`${embedUrl()}&client_secret=canary`).url).toBeUndefined()
  expect(compare(`${embedUrl()}#canary`).url).toBeUndefined()
  expect(compare('IGAAcanary').url).toBeUndefined()
})

const uri = (redirect_uri: string) => embedUrl({ redirect_uri })
const scope = (...scopes: string[]) => embedUrl({ scope: scopes.join() })
const [BASIC = '', INSIGHTS = ''] = SETTINGS.scopes
const MESSAGES = 'instagram_business_manage_messages'

const FAULTS: readonly (readonly [fault: string, pasted: string, named: RegExp, change?: Partial<typeof SETTINGS>])[] =
  [
    [
      'another app ID',
      embedUrl({ client_id: '1090387462915343' }),
      /wrong .*: app ID: .*a different app.* → Set INSTAGRAM_CLIENT_ID.*INSTAGRAM_CLIENT_SECRET/,
    ],
    ['no app ID', embedUrl({ client_id: null }), /wrong .*: app ID: .*client_id is missing.* → Copy/],
    ['a name for the app ID', embedUrl({ client_id: 'my-app' }), /wrong .*: app ID: .*not a number.* → Copy/],
    [
      'a slash more in the redirect URI',
      uri('https://tokens.example/instagram/response/'),
      /: only one ends with a slash\. → Set INSTAGRAM_REDIRECT_URI .* or add yours/,
    ],
    [
      'a slash less in the redirect URI',
      uri('https://tokens.example/response'),
      /: only one ends with a slash\. →/,
      { redirectUri: 'https://tokens.example/response/' },
    ],
    [
      'another case in the path',
      uri('https://tokens.example/Instagram/response'),
      /: upper and lower case in the path differ\. →/,
    ],
    [
      'another case in the host',
      uri('https://Tokens.example/instagram/response'),
      /: it is the same address, spelled differently.* →/,
    ],
    ['www in the redirect URI', uri('https://www.tokens.example/instagram/response'), /: only one has www\. →/],
    ['a port in the redirect URI', uri('https://tokens.example:8443/instagram/response'), /: the port differs\. →/],
    [
      'the usual port in the redirect URI',
      uri('https://tokens.example:443/instagram/response'),
      /: it is the same address, spelled differently.* →/,
    ],
    [
      'http in the redirect URI',
      uri('http://tokens.example/instagram/response'),
      /: the scheme differs \(http or https\)\. →/,
    ],
    ['another host in the redirect URI', uri('https://other.example/instagram/response'), /: the host differs\. →/],
    ['another path in the redirect URI', uri('https://tokens.example/callback'), /: the path differs\. →/],
    [
      'a query in the redirect URI',
      uri('https://tokens.example/instagram/response?a=1'),
      /: they have different queries\. →/,
    ],
    ['no redirect URI', embedUrl({ redirect_uri: null }), /wrong .*redirect_uri is missing.* → Copy/],
    [
      'a scope less',
      scope(BASIC),
      /wrong .*INSTAGRAM_SCOPES requests “instagram_business_manage_insights”, which .* → Add the permission/,
    ],
    [
      'a scope more',
      scope(BASIC, INSIGHTS, MESSAGES),
      /unknown .*leaves out “instagram_business_manage_messages”\. One developer got .* → If a login/,
    ],
    ['no scope', embedUrl({ scope: '' }), /wrong .*requests no scope\. → Copy/],
    [
      'an old scope',
      scope('business_basic', INSIGHTS),
      /wrong .*“business_basic”, which Instagram no longer supports\. → Copy/,
    ],
    [
      'a new name of a scope',
      scope(BASIC, INSIGHTS),
      /wrong .*business_basic was renamed\. → Use instagram_business_basic in INSTAGRAM_SCOPES/,
      { scopes: ['business_basic', INSIGHTS] },
    ],
    [
      'the old host',
      embedUrl({}, 'https://api.instagram.com/oauth/authorize'),
      /wrong Embed URL: .*api\.instagram\.com.*switched off in August 2026\. → Copy/,
    ],
    [
      'another path of Instagram',
      embedUrl({}, 'https://www.instagram.com/oauth/authorize/'),
      /wrong Embed URL: .*not https:\/\/www\.instagram\.com\/oauth\/authorize\. → Copy/,
    ],
    [
      'Facebook’s dialog',
      embedUrl({}, 'https://www.facebook.com/v27.0/dialog/oauth'),
      /wrong Embed URL: .*Facebook Login.* → Copy/,
    ],
    [
      'a foreign host',
      embedUrl({}, 'https://www.instagram.com.evil.example/oauth/authorize'),
      /wrong Embed URL: .*“www\.instagram\.com\.evil\.example”, not Instagram’s\. → Copy/,
    ],
    [
      'the old parameter',
      embedUrl({ force_reauth: null, force_authentication: '1' }),
      /unknown .*old name of force_reauth\. → Nothing to change/,
    ],
    [
      'an old value',
      embedUrl({ enable_fb_login: '0' }),
      /unknown .*enable_fb_login has an old value; .* → Nothing to change/,
    ],
    [
      'a foreign parameter',
      embedUrl({ client_secret: 'canary' }),
      /unknown .*does not add “client_secret”\. → Nothing to change/,
    ],
    ['the implicit flow', embedUrl({ response_type: 'token' }), /wrong .*response_type=code, .* → Copy/],
    ['a fragment', `${embedUrl()}#_`, /unknown Embed URL: .*part after #.* → Copy/],
  ]

test.for(FAULTS)('an Embed URL with %s: that and nothing else is named, with its fix', ([, pasted, named, change]) => {
  const faults = faultsIn(compare(pasted, change))

  expect(faults).toStrictEqual([expect.stringMatching(named)])
  expect(faults.join()).not.toContain('canary')
})

test('scopes that have ended are not written to .env', () => {
  const { embedded } = compare(scope('business_basic', INSIGHTS))

  expect(environmentLines(embedded)).toHaveLength(2)
  expect(embedded.scopes).toBeUndefined()
})

test('several differences of a redirect URI are named together', () => {
  const faults = faultsIn(compare(uri('http://www.tokens.example:3000/Instagram/response/')))

  expect(faults).toStrictEqual([
    expect.stringContaining(
      'the scheme differs (http or https), only one has www, the port differs, upper and lower case in the path differ, only one ends with a slash.',
    ),
  ])
})

test('without settings the Embed URL says what to set', () => {
  const { findings } = compareEmbedUrl(embedUrl(), {}, ENVIRONMENT_NAMES)

  expect(findings.flatMap(({ fix = [] }) => fix)).toStrictEqual([
    'Set INSTAGRAM_CLIENT_ID to “990602627938098”.',
    'Set INSTAGRAM_REDIRECT_URI to “https://tokens.example/instagram/response”.',
    'Set INSTAGRAM_SCOPES to “instagram_business_basic,instagram_business_manage_insights”.',
  ])
})

test.each([
  ['nothing', ' ', /^Nothing was pasted/],
  ['4,001 characters', `${embedUrl()}&x=${'x'.repeat(4_001)}`, /^It is longer than/],
  ['a script address', `javascript:alert(1)//${embedUrl()}`, /start with https/],
  ['http', embedUrl().replace('https:', 'http:'), /start with https/],
  ['words', 'canary', /start with https/],
  ['a username', embedUrl().replace('www.', 'canary:canary@www.'), /username/],
  ['a line break', embedUrl().replace('&', '\n&'), /spaces, quotes, HTML/],
  ['a control character', embedUrl().replace('&', '\u001b[2J&'), /spaces, quotes, HTML/],
  ['an invisible character', embedUrl().replace('&', '\u200b&'), /spaces, quotes, HTML/],
  ['the source of a page', embedUrl().replaceAll('&', '&amp;'), /spaces, quotes, HTML/],
  ['a link', `<a href="${embedUrl()}">`, /spaces, quotes, HTML/],
  ['a parameter twice', `${embedUrl()}&client_id=canary`, /^It contains “client_id” more than once/],
])('a text with %s is refused in one sentence, and nothing is taken from it', (_, pasted, says) => {
  const { findings, embedded } = compare(pasted)

  expect(findings).toMatchObject([{ name: 'Embed URL', outcome: 'wrong', says: expect.stringMatching(says) as string }])
  expect(JSON.stringify(findings)).not.toContain('canary')
  expect(embedded).toStrictEqual({})
})

test('whatever a parameter contains, the lines for .env set these three variables only', () => {
  const hostile = fc.oneof(
    fc.constantFrom(...HOSTILE_TEXTS, 'a\nB=c', "'", '$(id)', '#', 'https://x.example/\nPORT=1'),
    fc.string({ unit: 'binary' }),
  )
  const name = fc.constantFrom('client_id', 'redirect_uri', 'scope')

  fc.assert(
    fc.property(name, hostile, (parameter, value) => {
      const lines = environmentLines(compare(embedUrl({ [parameter]: value })).embedded)

      for (const line of lines) expect(line).toMatch(/^INSTAGRAM_(CLIENT_ID|REDIRECT_URI|SCOPES)=[\w.,~:/%[\]-]+$/)
      expect(Object.keys(parse(lines.join('\n')))).toHaveLength(lines.length)
    }),
  )
})

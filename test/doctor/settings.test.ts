import { expect, test } from 'vitest'
import type { Finding } from '../../src/doctor/doctor.ts'
import { DEAD_SCOPES, SCOPES } from '../../src/facts.ts'
import { SESSION_SECRET } from '../support/world.ts'
import { findingsOn, sharedSite, TOKEN_KEYS } from './support.ts'

const site = await sharedSite()

test('nothing is wrong with a site that works, and every finding is a sentence', async () => {
  const findings = await site.examine()

  expect(findings.filter(({ outcome }) => outcome === 'wrong')).toEqual([])
  for (const { says } of findings) expect(says).toMatch(/^\S.*[.”]$/)
})

test('without any settings it is a sandbox, and nothing is wrong although it does not run', async () => {
  const none = Object.fromEntries(Object.keys(site.environment).map((name) => [name, '']))
  const somewhere = { PORT: '1', SANDBOX_PORT: '2', DATABASE_URL: 'file:/nowhere/at/all.db' }

  const findings = await site.examine({ ...none, ...somewhere })

  expect(findings.filter(({ outcome }) => outcome === 'wrong')).toEqual([])
  expect(findingsOn('Credentials', findings)).toMatchObject([{ outcome: 'ok' }])
  expect(findingsOn('127.0.0.1:2', findings)).toMatchObject([{ outcome: 'unknown', fix: 'Start the app: npm start.' }])
})

test.each([
  [{}, /^A server that simulates Instagram is used\.$/],
  [{ INSTAGRAM_AUTHORIZE_URL: '', INSTAGRAM_TOKEN_URL: '' }, /simulates Instagram/],
  [
    {
      INSTAGRAM_AUTHORIZE_URL: '',
      INSTAGRAM_TOKEN_URL: '',
      INSTAGRAM_GRAPH_URL: '',
      HTTPS_PROXY: 'http://127.0.0.1:1',
    },
    /^Instagram’s standard endpoints are used\.$/,
  ],
  [{ INSTAGRAM_CLIENT_ID: '', INSTAGRAM_CLIENT_SECRET: '', INSTAGRAM_REDIRECT_URI: '' }, /simulates Instagram/],
])('it says whether Instagram or a simulation of it is used: %j', async (change, says) => {
  const findings = await site.examine(change)

  expect(findingsOn('Addresses', findings)).toMatchObject([{ says: expect.stringMatching(says) as string }])
})

const WRONG: readonly (readonly [setting: string, value: string, name: string, says: RegExp])[] = [
  ['INSTAGRAM_CLIENT_ID', '"990602627938098"', 'INSTAGRAM_CLIENT_ID', /quotes/],
  ['INSTAGRAM_CLIENT_ID', '“990602627938098”', 'INSTAGRAM_CLIENT_ID', /quotes/],
  ['INSTAGRAM_CLIENT_ID', "990602627938098'", 'INSTAGRAM_CLIENT_ID', /quotes/],
  ['INSTAGRAM_CLIENT_ID', '=990602627938098', 'INSTAGRAM_CLIENT_ID', /has =/],
  ['INSTAGRAM_CLIENT_ID', 'INSTAGRAM_CLIENT_ID=990602627938098', 'INSTAGRAM_CLIENT_ID', /its own name/],
  ['INSTAGRAM_CLIENT_ID', '990602627\u200b938098', 'INSTAGRAM_CLIENT_ID', /invisible/],
  ['INSTAGRAM_CLIENT_ID', 'my-app', 'App ID format', /not a number/],
  ['INSTAGRAM_CLIENT_ID', '17841403815449847', 'App ID format', /of an account/],
  ['INSTAGRAM_CLIENT_ID', '1090387462915343', 'App ID', /“Invalid platform app”/],
  ['INSTAGRAM_CLIENT_SECRET', '"b7d1f0c2a95e4c6e8d3a1f7c5e902b46"', 'INSTAGRAM_CLIENT_SECRET', /quotes/],
  ['INSTAGRAM_CLIENT_SECRET', 'IGAAcanary', 'App secret format', /access token/],
  ['INSTAGRAM_CLIENT_SECRET', 'EAAcanary', 'App secret format', /access token/],
  ['INSTAGRAM_CLIENT_SECRET', '1090387462915343|canary', 'App secret format', /Facebook app access token/],
  ['INSTAGRAM_CLIENT_SECRET', '990602627938098', 'App secret format', /app ID/],
  ['INSTAGRAM_CLIENT_SECRET', '', 'INSTAGRAM_CLIENT_SECRET', /must be set too/],
  ['INSTAGRAM_REDIRECT_URI', '"https://site.example/response"', 'INSTAGRAM_REDIRECT_URI', /an address that/],
  ['INSTAGRAM_REDIRECT_URI', 'https://site.example/callback', 'INSTAGRAM_REDIRECT_URI', /the path \/response/],
  ['INSTAGRAM_REDIRECT_URI', 'https://site.example/response?a=1', 'INSTAGRAM_REDIRECT_URI', /no query/],
  ['INSTAGRAM_REDIRECT_URI', 'http://site.invalid/response', 'Redirect URI', /It is http/],
  ['INSTAGRAM_AUTHORIZE_URL', 'https://api.instagram.com/oauth/authorize', 'INSTAGRAM_AUTHORIZE_URL', /August 2026/],
  ['INSTAGRAM_AUTHORIZE_URL', 'https://www.facebook.com/v26.0/dialog/oauth', 'Addresses', /Facebook Login/],
  ['INSTAGRAM_TOKEN_URL', 'https://graph.instagram.com/oauth/access_token', 'Addresses', /does not serve this/],
  ['INSTAGRAM_GRAPH_URL', 'https://graph.facebook.com', 'Addresses', /Facebook Login/],
  ['INSTAGRAM_GRAPH_URL', 'https://graph.instagram.com/v26.0', 'Addresses', /version in its path/],
  ['INSTAGRAM_GRAPH_VERSION', 'v20.0', 'Addresses', /no longer serves/],
  ['INSTAGRAM_GRAPH_VERSION', '26', 'INSTAGRAM_GRAPH_VERSION', /written like v27.0/],
  ['INSTAGRAM_SCOPES', 'instagram_business_manage_insights', 'Scopes', /instagram_business_basic is missing/],
  ['HTTPS', 'on', 'HTTPS', /must be self-signed/],
  ['PORT', 'canary', 'PORT', /whole number/],
  ['LOG_LEVEL', '"info"', 'LOG_LEVEL', /must be one of/],
  ['API_KEYS', `"${'k'.repeat(40)}"`, 'API_KEYS', /quotes/],
  ['DATABASE_URL', 'mysql://canary', 'DATABASE_URL', /must be/],
  ['TOKEN_KEYS', 'canary', 'TOKEN_KEYS', /must be keys/],
  ['TOKEN_KEYS', `k:${Buffer.alloc(32, 7).toString('base64')}`, 'TOKEN_KEYS', /easy to guess/],
  ['TOKEN_KEYS', `${TOKEN_KEYS},${TOKEN_KEYS.replace('k1', 'k2')}`, 'TOKEN_KEYS', /the same secret twice/],
  ['SESSION_SECRETS', 'x'.repeat(32), 'SESSION_SECRETS', /easy to guess/],
  ['API_KEYS', SESSION_SECRET, 'API_KEYS', /same secret as SESSION_SECRETS/],
  ['ADMIN_PASSWORD', 'a'.repeat(12), 'ADMIN_PASSWORD', /easy to guess/],
  ['NODE_ENV', 'prod', 'Production', /not “production”/],
  ['NODE_ENV', '"production"', 'Production', /not “production”/],
  ['INSTAGRAM_REDIRECT_URI', 'https://tokens.example.com/response', 'Production', /tokens\.example\.com/],
  ['INSTAGRAM_TOKEN_URL', 'http://instagram.invalid/oauth/access_token', 'Addresses', /is http/],
  ['INSTAGRAM_GRAPH_URL', 'http://graph.instagram.com', 'Addresses', /is http/],
  ['DATABASE_URL', 'postgres://canary@db.invalid/accounts', 'Database connection', /without TLS/],
  ['DATABASE_URL', 'postgres://db.invalid/accounts?sslmode=disable', 'Database connection', /without TLS/],
]

test.each(WRONG)('%s=%j is wrong, and everything else is checked all the same', async (setting, value, name, says) => {
  const findings = await site.examine({ [setting]: value })

  const line = findingsOn(name, findings).find(({ outcome }) => outcome === 'wrong')
  expect(line?.says).toMatch(says)
  expect(line?.fix).toMatch(/\w/)
  expect(JSON.stringify(findings)).not.toContain('canary')
  expect(findingsOn('Clock', findings)).toHaveLength(1)
})

test.each([
  ['NODE_ENV', 'Production '],
  ['NODE_ENV', 'test'],
  ['INSTAGRAM_REDIRECT_URI', 'https://localhost:2/response'],
  ['INSTAGRAM_REDIRECT_URI', 'https://nas.local/response'],
  ['DATABASE_URL', 'postgres://127.0.0.1:1/accounts'],
  ['DATABASE_URL', 'postgres:///accounts?host=/var/run/none'],
  ['DATABASE_URL', 'postgres://db.invalid/accounts?sslmode=verify-full'],
])('with %s=%j no risk is found', async (setting, value) => {
  const findings = await site.examine({ [setting]: value })

  for (const name of ['Production', 'Database connection']) expect(findingsOn(name, findings)).toEqual([])
})

const PLATFORM = { NODE_ENV: 'production', SESSION_SECRETS: 'a-secret-of-32-characters-0123456789' }

test.each([
  [{ PORT: '10000' }, true],
  [{ PORT: '10000', TRUST_PROXY: '1' }, true],
  [{ PORT: '', TRUST_PROXY: '' }, true],
  [{ PORT: '', TRUST_PROXY: '1' }, false],
  [{ PORT: '10000', HOST: '0.0.0.0' }, false],
  [{ PORT: '10000', HOST: '127.0.0.1' }, false],
  [{ PORT: '10000', NODE_ENV: '' }, false],
])('in production %j leaves nothing in front that reaches the app: %s', async (environment, found) => {
  const findings = await site.examine({ ...PLATFORM, ...environment })

  const expected = { outcome: 'wrong', fix: expect.stringContaining('Set HOST=0.0.0.0') as string }
  expect(findingsOn('Listening address', findings)).toMatchObject(found ? [expected] : [])
})

test('quotes are named as the cause of a mistake', async () => {
  const findings = await site.examine({ PORT: '"3000"' })

  expect(findingsOn('PORT', findings)).toMatchObject([
    { outcome: 'wrong', fix: expect.stringContaining('quotes') as string },
  ])
})

test.each(['\n', ' ', '\t'])('%j after a value is ignored, and reported', async (blank) => {
  const findings = await site.examine({
    INSTAGRAM_CLIENT_ID: `990602627938098${blank}`,
    DATABASE_URL: `file:/nowhere/accounts.db${blank}`,
  })

  expect(findingsOn('INSTAGRAM_CLIENT_ID', findings)).toMatchObject([{ outcome: 'ok' }])
  expect(findingsOn('DATABASE_URL', findings)).toMatchObject([{ outcome: 'ok' }])
  expect(findingsOn('Database', findings)).toMatchObject([{ outcome: 'ok', says: /None yet/ }])
  expect(findingsOn('App ID', findings)).toMatchObject([{ outcome: 'ok' }])
})

test.each([...DEAD_SCOPES])(
  'the dead scope %s is wrong, with the scope of today as the fix',
  async (name, { today }) => {
    const findings = await site.examine({ INSTAGRAM_SCOPES: `instagram_business_basic,${name}` })

    const fix = today ? `Use ${today} in` : 'has no replacement'
    expect(findingsOn('Scopes', findings)).toMatchObject([
      {
        outcome: 'wrong',
        says: expect.stringContaining(name) as string,
        fix: expect.stringContaining(fix) as string,
      },
    ])
  },
)

test('the five scopes of today are fine', async () => {
  const findings = await site.examine({ INSTAGRAM_SCOPES: SCOPES.join(' ') })

  expect(findingsOn('Scopes', findings)).toEqual([{ outcome: 'ok', says: 'Instagram supports all requested scopes.' }])
})

const UNKNOWN: readonly (readonly [setting: string, value: string, name: string, says: RegExp])[] = [
  ['INSTAGRAM_SCOPES', 'instagram_business_basic,instagram_busines_basic', 'Scopes', /not one of the five/],
  ['INSTAGRAM_SCOPES', 'instagram_business_basic,human_agent', 'Scopes', /separate approval/],
  ['INSTAGRAM_CLIENT_ID', '99060262', 'App ID format', /8 digits/],
  ['INSTAGRAM_CLIENT_SECRET', 'something-canary', 'App secret format', /does not look like/],
  ['INSTAGRAM_AUTHORIZE_URL', 'https://www.instagram.com/oauth/authorise', 'Addresses', /not a known address/],
  ['INSTAGRAM_REDIRECT_URI', 'http://localhost:1/response', 'Redirect URI', /not confirmed/],
]

test.each(UNKNOWN)('%s=%j may be wrong, and is reported as unknown', async (setting, value, name, says) => {
  const findings = await site.examine({ [setting]: value })

  expect(findingsOn(name, findings)).toMatchObject([
    { outcome: 'unknown', says: expect.stringMatching(says) as string },
  ])
  expect(JSON.stringify(findings)).not.toContain('canary')
})

test.each<[string, Finding['outcome'], RegExp]>([
  ['https://site.invalid/response', 'ok', /exactly match/],
  ['https://site.invalid/response/', 'ok', /with the slash/],
  ['https://localhost:2/response', 'ok', /exactly match/],
])('the form of %s is %s', async (uri, outcome, says) => {
  const findings = await site.examine({ INSTAGRAM_REDIRECT_URI: uri })

  expect(findingsOn('Redirect URI', findings)).toMatchObject([{ outcome, says: expect.stringMatching(says) as string }])
})

test('https on the port where the app serves http is wrong, unless HTTPS is on', async () => {
  const settings = { PORT: '4', INSTAGRAM_REDIRECT_URI: 'https://localhost:4/response' }

  const off = await site.examine(settings)
  const on = await site.examine({ ...settings, HTTPS: 'self-signed' })

  expect(findingsOn('Redirect URI', off)).toMatchObject([
    { outcome: 'wrong', fix: 'Set HTTPS=self-signed, or HTTPS=cert.pem,key.pem.' },
  ])
  expect(findingsOn('Redirect URI', on)).toMatchObject([{ outcome: 'ok' }])
})

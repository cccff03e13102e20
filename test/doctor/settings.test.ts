import { expect, test } from 'vitest'
import type { Line } from '../../src/doctor/line.ts'
import { DEAD_SCOPES, SCOPES } from '../../src/instagram/scopes.ts'
import { linesOn, startPatient, wrongIn } from './support.ts'

test('of an app that is well nothing is wrong, and every line is a sentence', async () => {
  await using patient = await startPatient()

  const lines = await patient.examine()

  expect(wrongIn(lines)).toEqual([])
  for (const { says } of lines) expect(says).toMatch(/^\S.*[.”]$/)
})

test('without any settings it is a sandbox, of which nothing is wrong although it does not run', async () => {
  await using patient = await startPatient()
  const none = Object.fromEntries(Object.keys(patient.environment).map((name) => [name, '']))
  const somewhere = { PORT: '1', SANDBOX_PORT: '2', DATABASE_URL: 'file:/nowhere/at/all.db' }

  const lines = await patient.examine({ ...none, ...somewhere })

  expect(wrongIn(lines)).toEqual([])
  expect(linesOn('Credentials', lines)).toMatchObject([{ outcome: 'ok' }])
  expect(linesOn('127.0.0.1:2', lines)).toMatchObject([
    { outcome: 'unknown', fix: 'Start the app: npm start.' },
  ])
})

const WRONG: readonly (readonly [setting: string, value: string, name: string, says: RegExp])[] = [
  ['INSTAGRAM_CLIENT_ID', '"990602627938098"', 'INSTAGRAM_CLIENT_ID', /quotes/],
  ['INSTAGRAM_CLIENT_ID', '“990602627938098”', 'INSTAGRAM_CLIENT_ID', /quotes/],
  ['INSTAGRAM_CLIENT_ID', "990602627938098'", 'INSTAGRAM_CLIENT_ID', /quotes/],
  ['INSTAGRAM_CLIENT_ID', '=990602627938098', 'INSTAGRAM_CLIENT_ID', /an =/],
  ['INSTAGRAM_CLIENT_ID', 'INSTAGRAM_CLIENT_ID=990602627938098', 'INSTAGRAM_CLIENT_ID', /its own name/],
  ['INSTAGRAM_CLIENT_ID', '990602627\u200b938098', 'INSTAGRAM_CLIENT_ID', /cannot be seen/],
  ['INSTAGRAM_CLIENT_ID', 'my-app', 'Form of the app ID', /not a number/],
  ['INSTAGRAM_CLIENT_ID', '17841403815449847', 'Form of the app ID', /of an account/],
  ['INSTAGRAM_CLIENT_ID', '1090387462915343', 'App ID', /“Invalid platform app”/],
  ['INSTAGRAM_CLIENT_SECRET', '"b7d1f0c2a95e4c6e8d3a1f7c5e902b46"', 'INSTAGRAM_CLIENT_SECRET', /quotes/],
  ['INSTAGRAM_CLIENT_SECRET', 'IGAAcanary', 'Form of the app secret', /access token/],
  ['INSTAGRAM_CLIENT_SECRET', 'EAAcanary', 'Form of the app secret', /access token/],
  ['INSTAGRAM_CLIENT_SECRET', '1090387462915343|canary', 'Form of the app secret', /token of Facebook/],
  ['INSTAGRAM_CLIENT_SECRET', '990602627938098', 'Form of the app secret', /app ID/],
  ['INSTAGRAM_CLIENT_SECRET', '', 'INSTAGRAM_CLIENT_SECRET', /must be set too/],
  ['INSTAGRAM_REDIRECT_URI', '"https://site.example/response"', 'INSTAGRAM_REDIRECT_URI', /an address that/],
  [
    'INSTAGRAM_REDIRECT_URI',
    'https://site.example/callback',
    'INSTAGRAM_REDIRECT_URI',
    /the path \/response/,
  ],
  ['INSTAGRAM_REDIRECT_URI', 'https://site.example/response?a=1', 'INSTAGRAM_REDIRECT_URI', /no query/],
  ['INSTAGRAM_REDIRECT_URI', 'http://site.invalid/response', 'Redirect URI', /It is http/],
  [
    'INSTAGRAM_AUTHORIZE_URL',
    'https://api.instagram.com/oauth/authorize',
    'INSTAGRAM_AUTHORIZE_URL',
    /August 2026/,
  ],
  ['INSTAGRAM_AUTHORIZE_URL', 'https://www.facebook.com/v26.0/dialog/oauth', 'Addresses', /Facebook Login/],
  [
    'INSTAGRAM_TOKEN_URL',
    'https://graph.instagram.com/oauth/access_token',
    'Addresses',
    /does not answer this/,
  ],
  ['INSTAGRAM_GRAPH_URL', 'https://graph.facebook.com', 'Addresses', /Facebook Login/],
  ['INSTAGRAM_GRAPH_URL', 'https://graph.instagram.com/v26.0', 'Addresses', /version in its path/],
  ['INSTAGRAM_GRAPH_VERSION', 'v20.0', 'Addresses', /no longer serves/],
  ['INSTAGRAM_GRAPH_VERSION', '26', 'INSTAGRAM_GRAPH_VERSION', /written like v26.0/],
  ['INSTAGRAM_SCOPES', 'instagram_business_manage_insights', 'Scopes', /instagram_business_basic is missing/],
  ['HTTPS', 'on', 'HTTPS', /must be self-signed/],
  ['PORT', 'canary', 'PORT', /whole number/],
  ['LOG_LEVEL', '"info"', 'LOG_LEVEL', /must be one of/],
  ['API_KEYS', `"${'k'.repeat(40)}"`, 'API_KEYS', /quotes/],
  ['DATABASE_URL', 'mysql://canary', 'DATABASE_URL', /must be/],
  ['DATABASE_URL', 'file:/nowhere/x.db ', 'DATABASE_URL', /a blank around it/],
  ['TOKEN_KEYS', 'canary', 'TOKEN_KEYS', /must be keys/],
]

test.each(WRONG)('%s=%j is wrong, and named', async (setting, value, name, says) => {
  await using patient = await startPatient()

  const lines = await patient.examine({ [setting]: value })

  const line = linesOn(name, lines).find(({ outcome }) => outcome === 'wrong')
  expect(line?.says).toMatch(says)
  expect(line?.fix).toMatch(/\w/)
  expect(JSON.stringify(lines)).not.toContain('canary')
  // All else is looked at, whatever is wrong with this.
  expect(linesOn('Clock', lines)).toHaveLength(1)
})

test('quotes are named as the reason of a mistake', async () => {
  await using patient = await startPatient()

  const lines = await patient.examine({ PORT: '"3000"' })

  expect(linesOn('PORT', lines)).toMatchObject([
    { outcome: 'wrong', fix: expect.stringContaining('quotes') as string },
  ])
})

test.each(['\n', ' ', '\t'])('%j after a secret is ignored, and told', async (blank) => {
  await using patient = await startPatient()

  const lines = await patient.examine({ INSTAGRAM_CLIENT_ID: `990602627938098${blank}` })

  expect(linesOn('INSTAGRAM_CLIENT_ID', lines)).toMatchObject([{ outcome: 'ok' }])
  expect(linesOn('App ID', lines)).toMatchObject([{ outcome: 'ok' }])
})

test.each([...DEAD_SCOPES])('%s is a dead scope', async (name, { today }) => {
  await using patient = await startPatient()

  const lines = await patient.examine({ INSTAGRAM_SCOPES: `instagram_business_basic,${name}` })

  const fix = today ? `Write ${today} in` : 'nothing takes its place'
  expect(linesOn('Scopes', lines)).toMatchObject([
    {
      outcome: 'wrong',
      says: expect.stringContaining(name) as string,
      fix: expect.stringContaining(fix) as string,
    },
  ])
})

test('the five scopes of today are well', async () => {
  await using patient = await startPatient()

  const lines = await patient.examine({ INSTAGRAM_SCOPES: SCOPES.join(' ') })

  expect(linesOn('Scopes', lines)).toEqual([{ outcome: 'ok', says: 'Instagram knows all of them.' }])
})

const UNKNOWN: readonly (readonly [setting: string, value: string, name: string, says: RegExp])[] = [
  ['INSTAGRAM_SCOPES', 'instagram_business_basic,instagram_busines_basic', 'Scopes', /none of the five/],
  ['INSTAGRAM_SCOPES', 'instagram_business_basic,human_agent', 'Scopes', /approves by itself/],
  ['INSTAGRAM_CLIENT_ID', '99060262', 'Form of the app ID', /8 digits/],
  ['INSTAGRAM_CLIENT_SECRET', 'something-canary', 'Form of the app secret', /does not look like/],
  [
    'INSTAGRAM_AUTHORIZE_URL',
    'https://www.instagram.com/oauth/authorise',
    'Addresses',
    /not the address that we know/,
  ],
  ['INSTAGRAM_REDIRECT_URI', 'http://localhost:1/response', 'Redirect URI', /not confirmed/],
]

test.each(UNKNOWN)('%s=%j may be wrong, which is told as not known', async (setting, value, name, says) => {
  await using patient = await startPatient()

  const lines = await patient.examine({ [setting]: value })

  expect(linesOn(name, lines)).toMatchObject([
    { outcome: 'unknown', says: expect.stringMatching(says) as string },
  ])
  expect(JSON.stringify(lines)).not.toContain('canary')
})

test.each<[string, Line['outcome'], RegExp]>([
  ['https://site.invalid/response', 'ok', /letter by letter/],
  ['https://site.invalid/response/', 'ok', /ends in a slash/],
  ['https://localhost:2/response', 'ok', /letter by letter/],
])('the form of %s is %s', async (uri, outcome, says) => {
  await using patient = await startPatient()

  const lines = await patient.examine({ INSTAGRAM_REDIRECT_URI: uri })

  expect(linesOn('Redirect URI', lines)).toMatchObject([
    { outcome, says: expect.stringMatching(says) as string },
  ])
})

test('https on the port where the app speaks http is wrong, unless HTTPS is on', async () => {
  await using patient = await startPatient()
  const settings = { PORT: '4', INSTAGRAM_REDIRECT_URI: 'https://localhost:4/response' }

  const off = await patient.examine(settings)
  const on = await patient.examine({ ...settings, HTTPS: 'self-signed' })

  expect(linesOn('Redirect URI', off)).toMatchObject([
    { outcome: 'wrong', fix: 'Set HTTPS=self-signed, or HTTPS=cert.pem,key.pem.' },
  ])
  expect(linesOn('Redirect URI', on)).toMatchObject([{ outcome: 'ok' }])
})

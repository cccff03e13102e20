import { inspect } from 'node:util'
import express from 'express'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Config, ConfigError, configFromEnvironment, parseEnvironment } from '../../src/config.ts'
import { ENVIRONMENT_NAMES } from '../../src/errors/settingNames.ts'

type Environment = Record<string, string>

const CREDENTIALS = {
  INSTAGRAM_CLIENT_ID: '1090387462915343',
  INSTAGRAM_CLIENT_SECRET: 'b7d1f0c2a95e4c6e8d3a1f7c5e902b46',
  INSTAGRAM_REDIRECT_URI: 'https://site.example/response',
}
const SECRET = 'a-session-secret-of-more-than-32-characters'
const KEY = Buffer.alloc(32, 251).toString('base64')
const PRODUCTION = {
  NODE_ENV: 'production',
  ...CREDENTIALS,
  SESSION_SECRETS: SECRET,
  TOKEN_KEYS: `k1:${KEY}`,
}

describe('without any settings', () => {
  test('the app uses the sandbox, and is reachable from this machine only', () => {
    const config = configFromEnvironment({})

    expect(config).toStrictEqual({
      production: false,
      instagram: {
        clientId: '990602627938098',
        clientSecret: 'the-sandbox-has-no-secrets',
        redirectUri: 'http://localhost:3000/response',
        scopes: ['instagram_business_basic'],
        authorizeUrl: 'http://127.0.0.1:3001/oauth/authorize',
        tokenUrl: 'http://127.0.0.1:3001/oauth/access_token',
        graphUrl: 'http://127.0.0.1:3001',
        graphVersion: 'v27.0',
      },
      sandbox: true,
      sandboxPort: 3001,
      listening: { host: '127.0.0.1', port: 3000, https: undefined, trustProxy: false },
      databaseUrl: 'file:./data/accounts.db',
      sessionSecrets: [],
      tokenKeys: [],
      showToken: true,
      refreshDaysBeforeExpiry: 10,
      apiKeys: [],
      adminPassword: undefined,
      takesTokens: true,
      allowedAccounts: [],
      revokeOnDisconnect: true,
      siteName: undefined,
      siteLogo: undefined,
      supportUrl: undefined,
      privacyUrl: undefined,
      metaAppSecrets: [],
      webhook: undefined,
      returnToOrigins: [],
      proxy: {},
      logLevel: 'info',
      names: ENVIRONMENT_NAMES,
    } satisfies Config)
  })

  test('the sandbox and the redirect URI follow the ports', () => {
    const config = configFromEnvironment({ PORT: '8080', SANDBOX_PORT: '8081' })

    expect(config).toMatchObject({ sandbox: true, sandboxPort: 8081 })
    expect(config.instagram).toMatchObject({
      redirectUri: 'http://localhost:8080/response',
      authorizeUrl: 'http://127.0.0.1:8081/oauth/authorize',
      tokenUrl: 'http://127.0.0.1:8081/oauth/access_token',
      graphUrl: 'http://127.0.0.1:8081',
    })
  })

  test.each(['', ' ', '\t', ' \r\n '])('a variable with the value %j counts as unset', (blank) => {
    const names = [...Object.keys(PRODUCTION), 'PORT', 'HOST', 'SHOW_TOKEN', 'LOG_LEVEL', 'TRUST_PROXY']

    const config = configFromEnvironment(Object.fromEntries(names.map((name) => [name, blank])))

    expect(config).toStrictEqual(configFromEnvironment({}))
  })

  test('variables that are undefined or of other programs change nothing', () => {
    const config = configFromEnvironment({
      PORT: undefined,
      PATH: '/bin',
      constructor: 'x',
      INSTAGRAM_APP_ID: '1',
    })

    expect(config).toStrictEqual(configFromEnvironment({}))
  })
})

test.each([
  'file:./data/other.db',
  'postgres://me:secret@db.example:5432/accounts?sslmode=verify-full',
  'postgresql://db.example/accounts',
])('the database can be %s', (url) => {
  const config = configFromEnvironment({ DATABASE_URL: ` ${url}\n` })

  expect(config.databaseUrl).toBe(url)
})

describe('with credentials', () => {
  test('the app uses Instagram, and there is no sandbox', () => {
    const config = configFromEnvironment({ ...CREDENTIALS, SANDBOX_PORT: '4001' })

    expect(config.sandbox).toBe(false)
    expect(config.instagram).toStrictEqual({
      clientId: '1090387462915343',
      clientSecret: 'b7d1f0c2a95e4c6e8d3a1f7c5e902b46',
      redirectUri: 'https://site.example/response',
      scopes: ['instagram_business_basic'],
      authorizeUrl: 'https://www.instagram.com/oauth/authorize',
      tokenUrl: 'https://api.instagram.com/oauth/access_token',
      graphUrl: 'https://graph.instagram.com',
      graphVersion: 'v27.0',
    })
  })

  test('every address of Instagram can be changed', () => {
    const config = configFromEnvironment({
      ...CREDENTIALS,
      INSTAGRAM_AUTHORIZE_URL: 'http://localhost:1/a',
      INSTAGRAM_TOKEN_URL: 'http://localhost:2/t',
      INSTAGRAM_GRAPH_URL: 'http://localhost:3/graph//',
      INSTAGRAM_GRAPH_VERSION: 'v27.1',
    })

    expect(config.instagram).toMatchObject({
      authorizeUrl: 'http://localhost:1/a',
      tokenUrl: 'http://localhost:2/t',
      graphUrl: 'http://localhost:3/graph',
      graphVersion: 'v27.1',
    })
  })

  test('surrounding white space is ignored', () => {
    const around = Object.entries(CREDENTIALS).map(([name, value]) => [name, ` ${value}\t`])

    const config = configFromEnvironment(Object.fromEntries(around) as Environment)

    expect(config).toStrictEqual(configFromEnvironment(CREDENTIALS))
  })

  test.each([
    ['one,two', ['one', 'two']],
    ['one two', ['one', 'two']],
    [' one,\n\ttwo , three,', ['one', 'two', 'three']],
  ])('the scopes %j are a list', (text, scopes) => {
    expect(configFromEnvironment({ ...CREDENTIALS, INSTAGRAM_SCOPES: text }).instagram.scopes).toStrictEqual(scopes)
  })

  test.each([
    'https://site.example/response',
    'https://site.example/response/',
    'https://localhost:3000/response',
    'http://localhost:3000/response',
    'https://SITE.example/response',
  ])('the redirect URI %s is kept exactly as it was registered', (uri) => {
    const config = configFromEnvironment({ ...CREDENTIALS, INSTAGRAM_REDIRECT_URI: uri })

    expect(config.instagram.redirectUri).toBe(uri)
  })

  const all = 'set all of INSTAGRAM_CLIENT_ID, INSTAGRAM_CLIENT_SECRET, INSTAGRAM_REDIRECT_URI, or none of them'
  test.each([
    [['INSTAGRAM_CLIENT_ID'], 'INSTAGRAM_CLIENT_SECRET and INSTAGRAM_REDIRECT_URI'],
    [['INSTAGRAM_CLIENT_SECRET'], 'INSTAGRAM_CLIENT_ID and INSTAGRAM_REDIRECT_URI'],
    [['INSTAGRAM_REDIRECT_URI'], 'INSTAGRAM_CLIENT_ID and INSTAGRAM_CLIENT_SECRET'],
    [['INSTAGRAM_CLIENT_ID', 'INSTAGRAM_CLIENT_SECRET'], 'INSTAGRAM_REDIRECT_URI'],
    [['INSTAGRAM_CLIENT_ID', 'INSTAGRAM_REDIRECT_URI'], 'INSTAGRAM_CLIENT_SECRET'],
    [['INSTAGRAM_CLIENT_SECRET', 'INSTAGRAM_REDIRECT_URI'], 'INSTAGRAM_CLIENT_ID'],
  ] as const)('%j without the others are refused', (names, missing) => {
    const some = Object.fromEntries(names.map((name) => [name, CREDENTIALS[name]]))
    const sentence = `${missing} must be set too: ${all} for the sandbox.`

    expect(mistakesOf(some)).toStrictEqual([sentence])
    expect(mistakesOf({ ...PRODUCTION, ...NONE, ...some })).toStrictEqual([sentence])
  })

  test('a blank credential counts as missing', () => {
    const environment = { ...CREDENTIALS, INSTAGRAM_CLIENT_SECRET: ' ' }

    expect(mistakesOf(environment)).toStrictEqual([`INSTAGRAM_CLIENT_SECRET must be set too: ${all} for the sandbox.`])
  })
})

describe('in production', () => {
  test('credentials, an https address, secrets and keys are accepted', () => {
    const config = configFromEnvironment(PRODUCTION)

    expect(config).toMatchObject({ production: true, sandbox: false, sessionSecrets: [SECRET] })
    expect(config.tokenKeys).toStrictEqual([{ id: 'k1', secret: Buffer.alloc(32, 251) }])
    expect(config.instagram).toMatchObject({ clientId: '1090387462915343' })
  })

  test('none of them can be left out', () => {
    expect(mistakesOf({ NODE_ENV: 'production' })).toStrictEqual([
      'INSTAGRAM_CLIENT_ID, INSTAGRAM_CLIENT_SECRET, INSTAGRAM_REDIRECT_URI must be set in production: the sandbox is for development only.',
      'SESSION_SECRETS must be set in production: at least one secret of 32 characters or more.',
      'TOKEN_KEYS must be set in production: at least one, written as id:base64 of 32 bytes.',
    ])
  })

  test.each(['SESSION_SECRETS', 'TOKEN_KEYS'])('%s must be set', (name) => {
    expect(mistakesOf({ ...PRODUCTION, [name]: ' ' })).toStrictEqual([
      expect.stringMatching(new RegExp(`^${name} must be set in production: `)),
    ])
  })

  test.each(['SESSION_SECRETS', 'TOKEN_KEYS'])('%s made of commas only is refused', (name) => {
    const mistakes = mistakesOf({ ...PRODUCTION, [name]: ' , ,' })

    expect(mistakes).toHaveLength(1)
    expect(mistakes[0]).toMatch(new RegExp(`^${name} must `))
  })

  test.each([
    'http://site.example/response',
    'http://localhost/response',
    'HTTP://site.example/response',
    ' http://site.example/response',
  ])('the redirect URI “%s” is refused', (uri) => {
    expect(mistakesOf({ ...PRODUCTION, INSTAGRAM_REDIRECT_URI: uri })).toStrictEqual([
      'INSTAGRAM_REDIRECT_URI must start with https:// in production.',
    ])
  })

  test.each([
    [{}, true],
    [{ NODE_ENV: 'development' }, true],
    [{ NODE_ENV: 'test' }, true],
    [PRODUCTION, false],
    [{ ...PRODUCTION, SHOW_TOKEN: 'on' }, true],
    [{ ...PRODUCTION, SHOW_TOKEN: 'true' }, true],
    [{ ...PRODUCTION, SHOW_TOKEN: '1' }, true],
    [{ ...PRODUCTION, SHOW_TOKEN: '' }, false],
    [{ SHOW_TOKEN: 'off' }, false],
    [{ SHOW_TOKEN: 'false' }, false],
    [{ SHOW_TOKEN: '0' }, false],
  ] satisfies [Environment, boolean][])('or not, the token is shown with %j: %s', (environment, shown) => {
    expect(configFromEnvironment(environment).showToken).toBe(shown)
  })
})

test.each([
  [{ ADMIN_PASSWORD: ' correct horse battery\r\n' }, { adminPassword: 'correct horse battery' }],
  [{ TRUST_PROXY: '1\r' }, { listening: { trustProxy: 1 } }],
  [{ TRUST_PROXY: 'Loopback\n' }, { listening: { trustProxy: ['loopback'] } }],
  [{ ...PRODUCTION, SHOW_TOKEN: 'True' }, { showToken: true }],
  [{ LOG_LEVEL: 'INFO' }, { logLevel: 'info' }],
  [{ HTTPS: ' Off ' }, { listening: { https: undefined } }],
  [{ HTTPS: 'Self-Signed' }, { listening: { https: 'self-signed' } }],
  [{ DATABASE_URL: 'file:./other.db \r' }, { databaseUrl: 'file:./other.db' }],
  [{ HOST: '::\n', PORT: ' 8080\r' }, { listening: { host: '::', port: 8080 } }],
  [{ ...PRODUCTION, SANDBOX_PORT: 'tcp://10.96.0.17:3001' }, { sandbox: false }],
])('%j is understood, as platforms and files hand it over', (environment, expected) => {
  expect(configFromEnvironment(environment)).toMatchObject(expected)
})

test.each([
  [{}, true],
  [PRODUCTION, false],
  [{ ...PRODUCTION, TAKES_TOKENS: 'on' }, true],
  [{ TAKES_TOKENS: 'off' }, false],
] satisfies [Environment, boolean][])('with %j visitors may paste tokens: %s', (environment, taken) => {
  expect(configFromEnvironment(environment).takesTokens).toBe(taken)
})

test('accounts that may connect are names without @ in lower case, and ids', () => {
  const { allowedAccounts } = configFromEnvironment({
    ALLOWED_ACCOUNTS: '@Harbour.Bakery, 17841403815449847 mira_draws',
  })

  expect(allowedAccounts).toStrictEqual(['harbour.bakery', '17841403815449847', 'mira_draws'])
})

test.each([',', 'a, @', 'https://www.instagram.com/harbour.bakery'])('no account is named by %j', (accounts) => {
  expect(mistakesOf({ ALLOWED_ACCOUNTS: accounts })).toStrictEqual([
    'ALLOWED_ACCOUNTS must be usernames or IDs of accounts, separated by commas.',
  ])
})

test.each([
  ['SITE_NAME', 'siteName', 'Müller & Söhne 🌊'],
  ['SITE_LOGO', 'siteLogo', '/logo.svg'],
  ['SITE_LOGO', 'siteLogo', 'https://cdn.example:8443/logo.png?v=2'],
  ['SUPPORT_URL', 'supportUrl', 'https://site.example/contact'],
  ['SUPPORT_URL', 'supportUrl', 'mailto:help@site.example'],
  ['SUPPORT_URL', 'supportUrl', '/contact'],
  ['PRIVACY_URL', 'privacyUrl', '/privacy'],
] as const)('%s is %s: %j', (variable, setting, value) => {
  expect(configFromEnvironment({ [variable]: value })[setting]).toBe(value)
})

test('an email address is a place to get help', () => {
  expect(configFromEnvironment({ SUPPORT_URL: 'help@site.example' }).supportUrl).toBe('mailto:help@site.example')
})

test.each([
  ['lower case', { https_proxy: 'http://proxy.example:3128', no_proxy: 'example.com' }],
  [
    'lower case before upper case',
    { https_proxy: 'http://proxy.example:3128', HTTPS_PROXY: 'x', NO_PROXY: 'example.com' },
  ],
  ['no scheme', { HTTPS_PROXY: ' proxy.example:3128\r', https_proxy: ' ', NO_PROXY: ' example.com ' }],
])('proxies are read in %s', (_, environment) => {
  const { proxy } = configFromEnvironment(environment)

  expect(proxy).toStrictEqual({ httpsProxy: 'http://proxy.example:3128', noProxy: 'example.com' })
})

describe('HTTPS', () => {
  test.each([
    ['off', undefined],
    ['self-signed', 'self-signed'],
    [' self-signed\n', 'self-signed'],
    ['cert.pem,key.pem', { certificateFile: 'cert.pem', keyFile: 'key.pem' }],
    ['/etc/my site/cert.pem , ../key.pem', { certificateFile: '/etc/my site/cert.pem', keyFile: '../key.pem' }],
  ])('%j is understood', (text, https) => {
    expect(configFromEnvironment({ HTTPS: text }).listening?.https).toStrictEqual(https)
  })

  test.each(['on', 'true', 'selfsigned', 'cert.pem', 'cert.pem,', ',key.pem', 'a.pem,b.pem,c.pem'])(
    '%j is a mistake',
    (text) => {
      expect(mistakesOf({ HTTPS: text })).toStrictEqual([
        'HTTPS must be self-signed, or the files of a certificate and its key, such as cert.pem,key.pem.',
      ])
    },
  )

  test('the sandbox sends people back to https', () => {
    const config = configFromEnvironment({ HTTPS: 'self-signed', PORT: '8443' })

    expect(config.instagram).toMatchObject({
      redirectUri: 'https://localhost:8443/response',
      authorizeUrl: 'http://127.0.0.1:3001/oauth/authorize',
    })
  })

  test.each([
    'http://localhost:3000/response',
    'http://localhost/response',
    ' HTTP://LOCALHOST:3000/response',
    'http://127.0.0.1:3000/response',
    'http://[::1]:3000/response',
  ])('with a local http redirect URI such as “%s” is refused', (uri) => {
    expect(mistakesOf({ ...CREDENTIALS, HTTPS: 'self-signed', INSTAGRAM_REDIRECT_URI: uri })).toStrictEqual([
      'INSTAGRAM_REDIRECT_URI must start with https:// if HTTPS is on: the app does not serve http then.',
    ])
  })

  test.each([
    ['off', 'http://localhost:3000/response'],
    ['', 'http://localhost:3000/response'],
    // What listens there may be a proxy; or nothing does, and the address is pasted by hand.
    ['off', 'https://localhost:3000/response'],
    ['self-signed', 'https://localhost:3000/response'],
    ['self-signed', 'https://site.example/response'],
  ])('%j is accepted with the redirect URI %s', (https, uri) => {
    const config = configFromEnvironment({ ...CREDENTIALS, HTTPS: https, INSTAGRAM_REDIRECT_URI: uri })

    expect(config.instagram.redirectUri).toBe(uri)
  })

  test('with an http redirect URI in production is one mistake, not two', () => {
    const uri = 'http://localhost/response'

    expect(mistakesOf({ ...PRODUCTION, HTTPS: 'self-signed', INSTAGRAM_REDIRECT_URI: uri })).toStrictEqual([
      'INSTAGRAM_REDIRECT_URI must start with https:// in production.',
    ])
  })
})

describe('TRUST_PROXY', () => {
  test.each(['on', 'true'])('%s is refused in production', (trusted) => {
    expect(mistakesOf({ ...PRODUCTION, TRUST_PROXY: trusted })).toStrictEqual([
      'TRUST_PROXY must be the number of proxies in front, or their addresses, in production: with on, clients can forge their address.',
    ])
  })

  test.each([
    ['on', true],
    ['true', true],
    ['off', false],
    ['false', false],
    ['0', 0],
    ['1', 1],
    ['2', 2],
    ['loopback', ['loopback']],
    ['loopback, linklocal,uniquelocal', ['loopback', 'linklocal', 'uniquelocal']],
    ['10.0.0.1', ['10.0.0.1']],
    ['10.0.0.0/8', ['10.0.0.0/8']],
    ['10.0.0.1/32, ::1, fd00::/8', ['10.0.0.1/32', '::1', 'fd00::/8']],
    ['::1/128', ['::1/128']],
    ['::ffff:10.0.0.1', ['::ffff:10.0.0.1']],
  ])('%j becomes a value of Express', (text, trusted) => {
    const trustProxy = configFromEnvironment({ TRUST_PROXY: text }).listening?.trustProxy

    expect(trustProxy).toStrictEqual(trusted)
    expect(() => express().set('trust proxy', trustProxy)).not.toThrow()
  })

  test.each([
    'yes',
    '-1',
    '1.5',
    'proxy.example',
    '10.0.0',
    '10.0.0.256',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '/8',
    '::1/129',
    '10.0.0.1;10.0.0.2',
    '10.0.0.1, proxy.example',
    'loopback/8',
    // Express throws at these two.
    '10.0.0.0/0',
    '::/0',
  ])('%j is a mistake', (text) => {
    expect(mistakesOf({ TRUST_PROXY: text })).toStrictEqual([
      'TRUST_PROXY must be on, off, the number of proxies in front, or their addresses separated by commas.',
    ])
  })
})

test('every accepted TRUST_PROXY is accepted by Express', () => {
  const address = fc.oneof(
    fc.ipV4(),
    fc.ipV6().filter((ip) => !ip.includes('.')),
    fc.constantFrom('fe80::1%eth0', '::ffff:10.0.0.1'),
  )
  const range = fc.tuple(address, fc.nat(140)).map(([ip, prefix]) => `${ip}/${prefix}`)

  const understood = fc.property(fc.oneof(address, range, fc.nat().map(String)), (text) => {
    const taken = accepted({ TRUST_PROXY: text })
    if (taken) express().set('trust proxy', taken.listening?.trustProxy)
  })

  fc.assert(understood, { numRuns: 200 })
})

describe('TOKEN_KEYS', () => {
  const secret = Buffer.alloc(32, 251)

  test.each([
    ['base64', `k1:${secret.toString('base64')}`],
    ['base64 without its end', `k1:${secret.toString('base64').replace('=', '')}`],
    ['base64url', `k1:${secret.toString('base64url')}`],
    ['blanks around', `  k1:${secret.toString('base64')}\n`],
  ])('can be written in %s', (_, text) => {
    expect(configFromEnvironment({ TOKEN_KEYS: text }).tokenKeys).toStrictEqual([{ id: 'k1', secret }])
  })

  test('keep their order, newest first', () => {
    const older = Buffer.alloc(32, 1)
    const text = `2026-11_b:${secret.toString('base64')}, k1:${older.toString('base64')}`

    const { tokenKeys } = configFromEnvironment({ TOKEN_KEYS: text })

    expect(tokenKeys).toStrictEqual([
      { id: '2026-11_b', secret },
      { id: 'k1', secret: older },
    ])
  })

  test.each([
    ['no id', KEY],
    ['an empty id', `:${KEY}`],
    ['an id with a dot', `k.1:${KEY}`],
    ['no key', 'k1:'],
    ['31 bytes', `k1:${Buffer.alloc(31, 251).toString('base64')}`],
    ['33 bytes', `k1:${Buffer.alloc(33, 251).toString('base64')}`],
    ['hexadecimal digits', `k1:${secret.toString('hex')}`],
    ['letters of no base64', `k1:${'!'.repeat(43)}=`],
    ['two ids', `k1:k2:${KEY}`],
    ['a good key before it', `k2:${KEY},k1:short`],
    ['two that are wrong', 'k1:short,k2:short'],
    ['two that are no keys', 'one,two'],
  ])('with %s are refused', (_, text) => {
    expect(mistakesOf({ TOKEN_KEYS: text })).toStrictEqual([
      'TOKEN_KEYS must be keys in the format id:base64 of 32 bytes, separated by commas, newest first.',
    ])
  })

  test('with the same id twice are refused', () => {
    const other = Buffer.alloc(32, 1).toString('base64')

    expect(mistakesOf({ TOKEN_KEYS: `k1:${KEY},k1:${other}` })).toStrictEqual([
      'TOKEN_KEYS must give each key its own ID.',
    ])
  })
})

test('session secrets keep their order, newest first', () => {
  const older = SECRET.toUpperCase()

  expect(configFromEnvironment({ SESSION_SECRETS: `${SECRET}, ${older}` }).sessionSecrets).toStrictEqual([
    SECRET,
    older,
  ])
})

describe('a mistake is one sentence that starts with the variable and never shows its value:', () => {
  const address = (name: string) => `${name} must be an address that starts with https:// (or http://).`
  const port = (name: string) => `${name} must be a whole number from 1 to 65535.`
  const DEAD =
    'INSTAGRAM_AUTHORIZE_URL has the host api.instagram.com, where logins were switched off in August 2026: use https://www.instagram.com/oauth/authorize.'

  test.each<readonly [name: string, value: string, sentence: string]>([
    ...['socks5://canary:1080', 'http://', 'http://canary:port'].map(
      (value) =>
        ['HTTPS_PROXY', value, 'HTTPS_PROXY must be an address that starts with https:// (or http://).'] as const,
    ),
    [
      'HTTP_PROXY',
      'http://user:canary%@proxy.example',
      'HTTP_PROXY must have % in its username and password written as %25.',
    ],
    ...['canary', 'canary.example/response', 'ftp://canary.example/response', 'https://', '//canary/response'].map(
      (value) => ['INSTAGRAM_REDIRECT_URI', value, address('INSTAGRAM_REDIRECT_URI')] as const,
    ),
    ['INSTAGRAM_REDIRECT_URI', 'https://can ary.example/response', address('INSTAGRAM_REDIRECT_URI')],
    ['INSTAGRAM_REDIRECT_URI', 'https://canary.example:99999/response', address('INSTAGRAM_REDIRECT_URI')],
    ...[
      'https://canary.example/response?a=1',
      'https://canary.example/response#_',
      'https://canary.example/response?',
    ].map(
      (value) =>
        [
          'INSTAGRAM_REDIRECT_URI',
          value,
          'INSTAGRAM_REDIRECT_URI must have no query (?) and no fragment (#).',
        ] as const,
    ),
    ...[
      'https://canary.example',
      'https://canary.example/',
      'https://canary.example/callback',
      'https://canary.example/noresponse',
      'https://canary.example/response/more',
      'https://canary.example/Response',
    ].map(
      (value) =>
        [
          'INSTAGRAM_REDIRECT_URI',
          value,
          'INSTAGRAM_REDIRECT_URI must have the path /response, where this app handles the callback.',
        ] as const,
    ),
    ['INSTAGRAM_AUTHORIZE_URL', 'canary', address('INSTAGRAM_AUTHORIZE_URL')],
    ['INSTAGRAM_AUTHORIZE_URL', 'https://api.instagram.com/oauth/canary', DEAD],
    ['INSTAGRAM_AUTHORIZE_URL', 'http://api.instagram.com/oauth/canary/', DEAD],
    ['INSTAGRAM_AUTHORIZE_URL', ' https://API.Instagram.com:8443/oauth/canary?a=1', DEAD],
    ['INSTAGRAM_TOKEN_URL', 'canary', address('INSTAGRAM_TOKEN_URL')],
    ['INSTAGRAM_TOKEN_URL', 'javascript:canary', address('INSTAGRAM_TOKEN_URL')],
    ['INSTAGRAM_GRAPH_URL', 'graph.canary.example', address('INSTAGRAM_GRAPH_URL')],
    ...['canary', '26', '26.0', 'v26', 'v26.0/canary', 'v26.0\nv27.0', '../v26.0'].map(
      (value) => ['INSTAGRAM_GRAPH_VERSION', value, 'INSTAGRAM_GRAPH_VERSION must be written like v27.0.'] as const,
    ),
    ...['PORT', 'SANDBOX_PORT'].flatMap((name) =>
      ['canary', '0', '-3131', '65536', '3131.5', '3131 3132', 'Infinity', '3131/tcp', '٣١٣١'].map(
        (value) => [name, value, port(name)] as const,
      ),
    ),
    ...['mysql://canary:secret@db/accounts', 'postgres:canary', 'canary.db', 'file:', 'FILE:canary.db'].map(
      (value) =>
        [
          'DATABASE_URL',
          value,
          'DATABASE_URL must be a file, written like file:./data/accounts.db, or a PostgreSQL database, like postgres://user:password@host:5432/database.',
        ] as const,
    ),
    ...['canary', 'x'.repeat(31), `${SECRET},canary`, `canary ${SECRET}`].map(
      (value) =>
        [
          'SESSION_SECRETS',
          value,
          'SESSION_SECRETS must be secrets of at least 32 characters each, separated by commas, newest first.',
        ] as const,
    ),
    ...['yes', 'canary'].map((value) => ['SHOW_TOKEN', value, 'SHOW_TOKEN must be on or off.'] as const),
    ...['canary', 'verbose'].map(
      (value) =>
        ['LOG_LEVEL', value, 'LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent.'] as const,
    ),
    ...['https://canary', 'canary:3000', '10.0.0.1:3000', '[::1]', 'a canary'].map(
      (value) =>
        [
          'HOST',
          value,
          'HOST must be an address or name of this machine, such as 0.0.0.0, without https:// and port.',
        ] as const,
    ),
    ['ADMIN_PASSWORD', 'canary-12-x', 'ADMIN_PASSWORD must have at least 12 characters.'],
    [
      'TRUST_PROXY',
      'canary',
      'TRUST_PROXY must be on, off, the number of proxies in front, or their addresses separated by commas.',
    ],
    ...[
      'http://canary.example/x.png',
      '//canary.example/x.png',
      '/\\canary.example',
      'canary.png',
      'https://c;nary/x',
    ].map(
      (value) =>
        [
          'SITE_LOGO',
          value,
          'SITE_LOGO must be the address of a picture that starts with https://, or a path on this host, such as /logo.svg.',
        ] as const,
    ),
    ...['canary', '//canary.example', 'javascript:canary@x', 'mailto:canary', 'a@canary.example/x'].map(
      (value) =>
        [
          'SUPPORT_URL',
          value,
          'SUPPORT_URL must be an email address, an address that starts with https:// (or http://), or a path on this host.',
        ] as const,
    ),
    ...['help@canary.example', 'javascript:canary', '/\\canary.example'].map(
      (value) =>
        [
          'PRIVACY_URL',
          value,
          'PRIVACY_URL must be an address that starts with https:// (or http://), or a path on this host, such as /privacy.',
        ] as const,
    ),
    ['SITE_NAME', 'canary'.repeat(11), 'SITE_NAME must have at most 60 characters.'],
    [
      'TOKEN_KEYS',
      'canary',
      'TOKEN_KEYS must be keys in the format id:base64 of 32 bytes, separated by commas, newest first.',
    ],
  ])('%s=%j', (name, value, sentence) => {
    const error = mistake({ ...CREDENTIALS, [name]: value })

    expect(error.mistakes).toStrictEqual([sentence])
    expect(error.message).toBe(sentence)
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('canary')
  })

  test('a scope list of commas only is refused', () => {
    const mistakes = mistakesOf({ INSTAGRAM_SCOPES: ' , ' })

    expect(mistakes).toHaveLength(1)
    expect(mistakes[0]).toMatch(/^INSTAGRAM_SCOPES must /)
  })
})

test('all mistakes are listed at once', () => {
  const error = mistake({
    NODE_ENV: 'production',
    INSTAGRAM_CLIENT_ID: '1090387462915343',
    INSTAGRAM_REDIRECT_URI: 'http://canary.example/callback?canary',
    INSTAGRAM_AUTHORIZE_URL: 'https://api.instagram.com/oauth/authorize',
    PORT: 'canary',
    SESSION_SECRETS: 'canary',
    SHOW_TOKEN: 'canary',
  })

  expect(error.mistakes.map((sentence) => sentence.split(' ')[0])).toStrictEqual([
    'INSTAGRAM_REDIRECT_URI',
    'INSTAGRAM_REDIRECT_URI',
    'INSTAGRAM_AUTHORIZE_URL',
    'PORT',
    'SESSION_SECRETS',
    'SHOW_TOKEN',
    'INSTAGRAM_CLIENT_SECRET',
    'INSTAGRAM_REDIRECT_URI',
    'TOKEN_KEYS',
  ])
  expect(error.message).toBe(error.mistakes.join('\n'))
  expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('canary')
})

test('every sentence is complete', () => {
  const wrong = Object.fromEntries(
    ['REDIRECT_URI', 'AUTHORIZE_URL', 'TOKEN_URL', 'GRAPH_URL', 'GRAPH_VERSION'].map((name) => [
      `INSTAGRAM_${name}`,
      '!',
    ]),
  )

  const mistakes = mistakesOf({ ...wrong, PORT: '!', TRUST_PROXY: '!', DATABASE_URL: '!', TOKEN_KEYS: '!' })

  for (const sentence of mistakes) expect(sentence).toMatch(/^[A-Z_]+ .*\.$/)
  expect(new Set(mistakes).size).toBe(mistakes.length)
})

test('the command line accepts a redirect URI with any path', () => {
  const environment = { ...CREDENTIALS, INSTAGRAM_REDIRECT_URI: 'https://site.example/auth/callback' }

  const { instagram } = configFromEnvironment(environment, { anyRedirectPath: true })

  expect(instagram.redirectUri).toBe('https://site.example/auth/callback')
  expect(mistakesOf(environment)).toHaveLength(1)
})

test('settings that can be read are there beside those that cannot, for the doctor', () => {
  const parsed = parseEnvironment({ ...CREDENTIALS, PORT: ' 3x', DATABASE_URL: 'file:./other.db' })

  expect(parsed).toMatchObject({
    config: { listening: { port: 3000 }, databaseUrl: 'file:./other.db', sandbox: false },
    mistakes: ['PORT must be a whole number from 1 to 65535.'],
    unreadable: ['port'],
    given: { PORT: ' 3x', DATABASE_URL: 'file:./other.db', HOST: undefined },
  })
})

test.each([
  ['without secrets', undefined, 'WEBHOOK_SECRETS must be set with WEBHOOK_URL'],
  ['with a secret in another form', 'canary', 'WEBHOOK_SECRETS must be written as whsec_'],
  ['with a secret of 23 bytes', `whsec_${Buffer.alloc(23, 9).toString('base64')}`, 'of 24 to 64 bytes'],
  ['with a secret in base64url', `whsec_${Buffer.alloc(32, 251).toString('base64url')}`, 'of 24 to 64 bytes'],
])('a webhook %s is refused', (_, secrets, sentence) => {
  const mistakes = mistakesOf({
    WEBHOOK_URL: 'https://receiver.example/?key=1',
    ...(secrets && { WEBHOOK_SECRETS: secrets }),
  })

  expect(mistakes).toStrictEqual([expect.stringContaining(sentence)])
})

test('a webhook has its secrets as they were written, newest first', () => {
  const secrets = [24, 64].map((size) => `whsec_${Buffer.alloc(size, 251).toString('base64')}`)

  const { webhook } = configFromEnvironment({
    WEBHOOK_URL: 'https://receiver.example/',
    WEBHOOK_SECRETS: secrets.join(),
  })

  expect(webhook).toStrictEqual({ url: 'https://receiver.example/', secrets })
})

const NONE = { INSTAGRAM_CLIENT_ID: '', INSTAGRAM_CLIENT_SECRET: '', INSTAGRAM_REDIRECT_URI: '' }

function mistakesOf(environment: Environment): readonly string[] {
  return mistake(environment).mistakes
}

/** What is wrong with this environment. */
function mistake(environment: Environment): ConfigError {
  try {
    configFromEnvironment(environment)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('These settings were accepted')
}

/** The settings of an environment, if it has no mistakes. */
function accepted(environment: Environment): Config | undefined {
  try {
    return configFromEnvironment(environment)
  } catch {
    return undefined
  }
}

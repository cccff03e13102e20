import { inspect } from 'node:util'
import { application } from 'express'
import fc from 'fast-check'
import pino from 'pino'
import { describe, expect, test, vi } from 'vitest'
import { ConfigError, configFromOptions } from '../../src/config.ts'
import { createInstagram } from '../../src/createInstagram.ts'
import { AppError } from '../../src/errors/errors.ts'
import { hostLogger } from '../../src/log.ts'

const KEY = `k1:${Buffer.alloc(32, 7).toString('base64')}`
const SECRET = 'a-session-secret-of-more-than-32-characters'
const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`
/** Characters that steer a terminal, or change the direction of text. */
const STEERING = ['\u001b', '\u009b', '\r', '\b', '\u007f', '\u202e', '\u2066', '\u2069', '\u200e', '\u200f', '\u061c']
const UNSAFE = /[^\P{Cc}\n\t]|\p{Bidi_Control}/u
const GIVEN = {
  clientId: '1090387462915343',
  clientSecret: 'b7d1f0c2a95e4c6e8d3a1f7c5e902b46',
  redirectUri: 'https://site.example/instagram/response',
}

/** What is wrong with these options. */
function mistake(options: object, environment = {}): ConfigError {
  try {
    configFromOptions(options, environment)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('These options were accepted')
}

describe('with the three required options', () => {
  test('all others have the defaults of the environment', () => {
    const { names, sandboxPort, logLevel, ...settings } = configFromOptions(GIVEN, {})

    expect(names.clientId).toBe('clientId')
    expect([sandboxPort, logLevel]).toStrictEqual([3001, 'info'])
    expect(settings).toStrictEqual({
      production: false,
      instagram: {
        ...GIVEN,
        scopes: ['instagram_business_basic'],
        authorizeUrl: 'https://www.instagram.com/oauth/authorize',
        tokenUrl: 'https://api.instagram.com/oauth/access_token',
        graphUrl: 'https://graph.instagram.com',
        graphVersion: 'v27.0',
      },
      sandbox: false,
      listening: undefined,
      databaseUrl: 'file:./data/accounts.db',
      sessionSecrets: [],
      tokenKeys: [],
      refreshDaysBeforeExpiry: 10,
      metaAppSecrets: [],
      webhook: undefined,
      returnToOrigins: [],
      proxy: {},
      showToken: true,
      apiKeys: [],
      adminPassword: undefined,
      takesTokens: false,
      allowedAccounts: [],
      revokeOnDisconnect: true,
      siteName: undefined,
      siteLogo: undefined,
      supportUrl: undefined,
      privacyUrl: undefined,
    })
  })

  test.each([undefined, null, '', ' \n', []])('an option with the value %j counts as left out', (empty) => {
    const names = ['scopes', 'graphUrl', 'databaseUrl', 'sessionSecrets', 'tokenKeys', 'metaAppSecret', 'now']
    const options = Object.fromEntries(names.map((name) => [name, empty]))

    const config = configFromOptions({ ...GIVEN, ...options, webhook: { url: empty, secrets: empty } }, {})

    expect(config).toStrictEqual(configFromOptions(GIVEN, {}))
  })

  test.each([
    'https://site.example/response',
    'https://site.example/auth/instagram/callback',
    'https://SITE.example/instagram/response/',
    'https://site.example/instagram/help',
    'http://localhost:3000/instagram/response',
    'http://127.0.0.1:8080/response',
    'http://[::1]/response',
  ])('the redirect URI %s is kept exactly as it was registered', (redirectUri) => {
    expect(configFromOptions({ ...GIVEN, redirectUri }, {}).instagram.redirectUri).toBe(redirectUri)
  })

  test.each<[string, string | string[]]>([
    ['a text with commas', 'one,two'],
    ['a text with white space', ' one\ntwo '],
    ['a list', ['one', ' two ']],
  ])('scopes can be %s', (_, scopes) => {
    expect(configFromOptions({ ...GIVEN, scopes }, {}).instagram.scopes).toStrictEqual(['one', 'two'])
  })

  test('secrets, keys, origins and a webhook can be lists, newest first', () => {
    const older = `k0:${Buffer.alloc(32, 1).toString('base64')}`

    const config = configFromOptions(
      {
        ...GIVEN,
        sessionSecrets: [SECRET, SECRET.toUpperCase()],
        tokenKeys: [KEY, older],
        webhook: { url: 'https://receiver.example/', secrets: [WEBHOOK_SECRET] },
        returnToOrigins: ['https://App.example.com/', 'http://localhost:5173'],
        metaAppSecret: 'the Meta app’s',
        refreshDaysBeforeExpiry: '7.5',
        httpsProxy: 'proxy.example:3128',
        noProxy: 'example.com',
      },
      {},
    )

    expect(config).toMatchObject({
      sessionSecrets: [SECRET, SECRET.toUpperCase()],
      tokenKeys: [{ id: 'k1' }, { id: 'k0' }],
      webhook: { url: 'https://receiver.example/', secrets: [WEBHOOK_SECRET] },
      returnToOrigins: ['https://app.example.com', 'http://localhost:5173'],
      metaAppSecrets: ['the Meta app’s'],
      refreshDaysBeforeExpiry: 7.5,
      proxy: { httpsProxy: 'http://proxy.example:3128', noProxy: 'example.com' },
    })
  })
})

describe('in production', () => {
  const SAFE = { ...GIVEN, sessionSecrets: SECRET, tokenKeys: KEY }

  test.each([
    [{}, {}, false],
    [{}, { NODE_ENV: 'production' }, true],
    [{}, { NODE_ENV: ' Production ' }, true],
    [{}, { NODE_ENV: 'test' }, false],
    [{ production: true }, {}, true],
    [{ production: false }, { NODE_ENV: 'production' }, false],
  ])('or not: the options %j in the environment %j', (options, environment, production) => {
    const config = configFromOptions({ ...SAFE, ...options }, environment)

    expect([config.production, config.showToken]).toStrictEqual([production, !production])
  })

  test('secrets and https are required, and there is no sandbox', () => {
    const redirectUri = 'http://localhost:3000/response'

    const { mistakes } = mistake({ ...GIVEN, redirectUri, sandbox: true }, { NODE_ENV: 'production' })

    expect(mistakes).toStrictEqual([
      'sandbox must be left out in production: it connects no real accounts.',
      'redirectUri must start with https:// in production.',
      'sessionSecrets must be set in production: at least one secret of 32 characters or more.',
      'tokenKeys must be set in production: at least one, written as id:base64 of 32 bytes.',
    ])
  })
})

describe('a mistake is one sentence that starts with the option and never shows its value:', () => {
  const OWN_PAGE = (path: string) =>
    `redirectUri must not end in ${path}, which this package uses itself. Use another ending, such as /response.`

  test.each<[object, string]>([
    [{ clientId: 31_337 }, 'clientId must be text.'],
    [{ redirectUri: 'canary' }, 'redirectUri must be an address that starts with https:// (or http://).'],
    ...['http://canary.example/response', 'http://localhost.canary.example/response'].map(
      (redirectUri): [object, string] => [
        { redirectUri },
        'redirectUri must start with https://, unless it is on this machine (http://localhost).',
      ],
    ),
    [{ redirectUri: 'https://c/canary?a=1' }, 'redirectUri must have no query (?) and no fragment (#).'],
    [{ redirectUri: 'https://canary@site.example/x' }, 'redirectUri must have no username.'],
    [{ redirectUri: 'https://site.example//canary' }, 'redirectUri must not have // in its path.'],
    [{ redirectUri: 'https://canary.example' }, OWN_PAGE('/')],
    [{ redirectUri: 'https://canary.example/instagram/Setup/' }, OWN_PAGE('/Setup')],
    [{ redirectUri: 'https://canary.example/accounts' }, OWN_PAGE('/accounts')],
    [{ redirectUri: 'https://canary.example/a/login' }, OWN_PAGE('/login')],
    [{ scopes: 31_337 }, 'options.scopes must be text, or a list of texts.'],
    [{ scopes: [31_337] }, 'options.scopes must be text, or a list of texts.'],
    [{ scopes: ' , ' }, 'options.scopes must name at least one scope.'],
    [
      { authorizeUrl: 'https://api.instagram.com/canary' },
      'authorizeUrl has the host api.instagram.com, where logins were switched off in August 2026: use https://www.instagram.com/oauth/authorize.',
    ],
    [{ tokenUrl: 31_337 }, 'tokenUrl must be an address that starts with https:// (or http://).'],
    [{ graphVersion: '31337' }, 'graphVersion must be written like v27.0.'],
    [
      { databaseUrl: 'canary' },
      'databaseUrl must be a file, written like file:./data/accounts.db, or a PostgreSQL database, like postgres://user:password@host:5432/database.',
    ],
    [
      { sessionSecrets: ['canary'] },
      'sessionSecrets must be secrets of at least 32 characters each, separated by commas, newest first.',
    ],
    [
      { tokenKeys: 'canary' },
      'tokenKeys must be keys in the format id:base64 of 32 bytes, separated by commas, newest first.',
    ],
    [{ refreshDaysBeforeExpiry: 51 }, 'refreshDaysBeforeExpiry must be a number of days from 1 to 50.'],
    [{ refreshDaysBeforeExpiry: 'canary' }, 'refreshDaysBeforeExpiry must be a number of days from 1 to 50.'],
    ...[
      'https://canary.example/',
      { url: 'https://canary.example/' },
      { secrets: WEBHOOK_SECRET },
      { url: 'https://canary.example/', secrets: WEBHOOK_SECRET, canary: true },
    ].map((webhook): [object, string] => [{ webhook }, 'webhook must have a url and secrets, and nothing else.']),
    [
      { webhook: { url: 'https://canary.example/', secrets: 'canary' } },
      'webhook.secrets must be written as whsec_ and base64 of 24 to 64 bytes, separated by commas, newest first.',
    ],
    [
      { webhook: { url: 'canary', secrets: WEBHOOK_SECRET } },
      'webhook.url must be an address that starts with https:// (or http://).',
    ],
    [{ webhookUrl: 'canary' }, 'webhookUrl is not an option.'],
    [{ port: 31_337 }, 'port is not an option.'],
    [{ metaAppSecret: 31_337 }, 'metaAppSecret must be text.'],
    ...['https://canary.example/path', 'canary.example', '*', 'https://canary@site.example', 'ftp://canary'].map(
      (origin): [object, string] => [
        { returnToOrigins: ['https://app.example.com', origin] },
        'returnToOrigins must be origins, written like https://app.example.com.',
      ],
    ),
    ...['production', 'sandbox', 'showToken', 'takesTokens', 'jobs'].map((name): [object, string] => [
      { [name]: 31_337 },
      `${name} must be true or false.`,
    ]),
    ...['now', 'onEvent', 'reconnectUrl', 'bindTo', 'onConnected', 'onFailure', 'render'].map(
      (name): [object, string] => [{ [name]: 'canary' }, `${name} must be a function.`],
    ),
    ...[{ info: 31_337 }, true].map((log): [object, string] => [
      { log },
      'log must have the methods debug, info, warn and error, as a pino logger and console have.',
    ]),
    [{ adminPassword: 'canary' }, 'adminPassword must have at least 12 characters.'],
    [{ clientID: 'canary' }, 'clientID is not an option: did you mean clientId?'],
    [{ callbackURL: 'canary' }, 'callbackURL is not an option.'],
    [{ redirectUrl: 'canary' }, 'redirectUrl is not an option: did you mean redirectUri?'],
  ])('%j', (options, sentence) => {
    const error = mistake({ ...GIVEN, ...options })

    expect(error.mistakes).toStrictEqual([sentence])
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toMatch(/canary|31.?337/)
  })

  test.each([undefined, null, {}])('%j', (options) => {
    expect(mistake(options as object).mistakes).toStrictEqual([
      'clientId, clientSecret and redirectUri must be set: from your Instagram app, or from createSandbox() to start with.',
    ])
  })
})

test('all mistakes are listed at once', () => {
  const error = mistake({
    clientSecret: 'canary',
    redirectUri: 'http://canary.example/',
    databaseUrl: 'canary',
    production: true,
    callbackURL: 'canary',
  })

  expect(error.mistakes.map((sentence) => sentence.split(' ')[0])).toStrictEqual([
    'databaseUrl',
    'callbackURL',
    'clientId',
    'redirectUri',
    'redirectUri',
    'sessionSecrets',
    'tokenKeys',
  ])
  expect(error.message).toBe(error.mistakes.join('\n'))
})

test('risky settings are warned of, by the names of the options', async () => {
  const lines: string[] = []
  const keep = (_: object, message: string) => void lines.push(message)
  const log = { debug: keep, info: keep, warn: keep, error: keep }
  const risky = { apiKeys: 'k'.repeat(32), graphUrl: 'http://graph.example', databaseUrl: 'file::memory:' }

  await createInstagram({ ...GIVEN, ...risky, jobs: false, log }).close()

  expect(lines).toStrictEqual([
    expect.stringMatching(/^Addresses: graphUrl is http: codes, tokens and the app secret are sent unencrypted\./),
    expect.stringMatching(/^Production: site\.example is public, but the app runs in development mode/),
    expect.stringMatching(/^apiKeys: It has a secret that is easy to guess/),
  ])
})

test('Express 4 is refused', () => {
  const four = Object.assign(application, { lazyrouter: () => undefined })
  try {
    expect(() => createInstagram(GIVEN)).toThrow('createInstagram needs Express 5')
  } finally {
    Reflect.deleteProperty(four, 'lazyrouter')
  }
})

describe('the log', () => {
  test('without one, warnings and errors go to the console', () => {
    const spies = (['debug', 'info', 'log', 'warn', 'error'] as const).map((level) =>
      vi.spyOn(console, level).mockReturnValue(),
    )
    const log = hostLogger()
    const error = new Error('disk full')

    log.info({ account: '1' }, 'a normal event')
    log.warn({ account: '1' }, 'needs attention')
    log.error(error, 'broken')

    const lines = spies.map((spy) => spy.mock.calls)
    vi.restoreAllMocks()
    expect(lines).toStrictEqual([
      [],
      [],
      [],
      [['instagram-access-token:', 'needs attention', { account: '1' }]],
      [['instagram-access-token:', 'broken', { err: error }]],
    ])
  })

  test('of a host gets details first and then a sentence, as pino does', () => {
    const lines: unknown[] = []
    const keep = (level: string) => (details: object, message: string) => void lines.push([level, details, message])
    const log = hostLogger({
      debug: keep('debug'),
      info: keep('info'),
      warn: keep('warn'),
      error: keep('error'),
    })
    const error = new TypeError('x', { cause: new Error('y') })

    log.child({ request: 7 }).debug({ account: '1' }, 'looked at')
    log.info('said')
    log.fatal({ err: error }, 'ended')
    log.child({ request: 7 }).warn(error)

    expect(lines).toStrictEqual([
      ['debug', { request: 7, account: '1' }, 'looked at'],
      ['info', {}, 'said'],
      ['error', { err: error }, 'ended'],
      ['warn', { request: 7, err: error }, 'x'],
    ])
  })

  test('never shows a control or bidi character of a text from outside, in a message, detail, error or cause', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...STEERING), (before, character) => {
        const foreign = before + character
        const lines: unknown[] = []
        const keep = (...line: unknown[]) => void lines.push(line)
        const cause = Object.assign(new TypeError(foreign), { issues: [{ words: foreign }] })
        const error = new AppError('unknown', { message: foreign, detail: foreign, cause })

        const log = hostLogger({ debug: keep, info: keep, warn: keep, error: keep })
        log.child({ reference: foreign }).error({ err: error, list: [foreign] }, foreign)

        const [[{ err }]] = lines as [[{ err: AppError }]]
        const { cause: shownCause } = err as { cause: TypeError }
        const texts = [err.message, err.stack, shownCause.message, shownCause.stack, inspect(lines, { depth: 9 })]
        expect(texts.join('\n')).not.toMatch(UNSAFE)
        expect([err instanceof AppError, err.code, shownCause instanceof TypeError]).toStrictEqual([
          true,
          'unknown',
          true,
        ])
        expect([error.message, error.cause]).toStrictEqual([foreign, cause])
      }),
      { numRuns: 30 },
    )
  })

  test('of a host that is pino’s escapes them too, and keeps serializers', () => {
    const lines: string[] = []
    const log = hostLogger(pino({}, { write: (line: string) => lines.push(line) }))
    const serializers = { err: (error: Error) => ({ seen: error.message }) }

    log.child({ req: { id: '\u009b2J' } }, { serializers }).warn({ err: new Error('\u202edlrow') }, 'said')
    log.fatal('ended')

    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { level: 40, req: { id: '\\u009b2J' }, err: { seen: '\\u202edlrow' }, msg: 'said' },
      { level: 60, msg: 'ended' },
    ])
  })
})

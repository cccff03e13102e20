import { inspect } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import { type AccessOptions, ConfigError, openInstagram } from '../../src/index.ts'
import { readOptions } from '../../src/host/readOptions.ts'
import { KEY } from './support.ts'

const SECRET = 'a-session-secret-of-more-than-32-characters'
const GIVEN = {
  clientId: '1090387462915343',
  clientSecret: 'b7d1f0c2a95e4c6e8d3a1f7c5e902b46',
  redirectUri: 'https://site.example/instagram/response',
}
const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`

/** What is wrong with these options. */
function mistake(options: object, environment = {}): ConfigError {
  try {
    readOptions(options as AccessOptions, environment)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('These options were to be refused')
}

describe('with the three that are required', () => {
  test('all others have the defaults of the environment', () => {
    const { settings, upkeep } = readOptions(GIVEN, {})

    expect(upkeep).toBe(true)
    expect(settings).toStrictEqual({
      production: false,
      instagram: {
        ...GIVEN,
        scopes: ['instagram_business_basic'],
        authorizeUrl: 'https://www.instagram.com/oauth/authorize',
        tokenUrl: 'https://api.instagram.com/oauth/access_token',
        graphUrl: 'https://graph.instagram.com',
        graphVersion: 'v26.0',
      },
      sandbox: false,
      databaseUrl: 'file:./data/accounts.db',
      sessionSecrets: [],
      tokenKeys: [],
      refreshDaysBeforeExpiry: 10,
      metaAppSecrets: [],
      webhook: undefined,
      returnToOrigins: [],
      showToken: true,
      apiKeys: [],
      adminPassword: undefined,
      takesTokens: false,
    })
  })

  test.each([undefined, null, '', ' \n', []])('one that is %j is as if left out', (empty) => {
    const names = ['scopes', 'graphUrl', 'databaseUrl', 'sessionSecrets', 'tokenKeys', 'metaAppSecret', 'now']
    const options = Object.fromEntries(names.map((name) => [name, empty]))

    const { settings } = readOptions({ ...GIVEN, ...options }, {})

    expect(settings).toStrictEqual(readOptions(GIVEN, {}).settings)
  })

  test.each([
    'https://site.example/response',
    'https://site.example/auth/instagram/callback',
    'https://SITE.example/instagram/response/',
    'http://localhost:3000/instagram/response',
    'http://127.0.0.1:8080/response',
    'http://[::1]/response',
  ])('the redirect URI may be %s, and stays so letter by letter', (redirectUri) => {
    expect(readOptions({ ...GIVEN, redirectUri }, {}).settings.instagram.redirectUri).toBe(redirectUri)
  })

  test.each<[string, string | string[]]>([
    ['a text with commas', 'one,two'],
    ['a text with blanks', ' one\ntwo '],
    ['a list', ['one', ' two ']],
  ])('scopes may be %s', (_, scopes) => {
    expect(readOptions({ ...GIVEN, scopes }, {}).settings.instagram.scopes).toStrictEqual(['one', 'two'])
  })

  test('secrets, keys and a webhook may be lists too, newest first', () => {
    const older = `k0:${Buffer.alloc(32, 1).toString('base64')}`
    const { settings } = readOptions(
      {
        ...GIVEN,
        sessionSecrets: [SECRET, SECRET.toUpperCase()],
        tokenKeys: [KEY, older],
        webhook: { url: 'https://receiver.example/', secrets: [WEBHOOK_SECRET] },
        returnToOrigins: ['https://App.example.com/', 'http://localhost:5173'],
        metaAppSecret: 'the Meta app’s',
      },
      {},
    )

    expect(settings.sessionSecrets).toStrictEqual([SECRET, SECRET.toUpperCase()])
    expect(settings.tokenKeys.map(({ id }) => id)).toStrictEqual(['k1', 'k0'])
    expect(settings.webhook).toStrictEqual({
      url: 'https://receiver.example/',
      secrets: [Buffer.alloc(32, 9)],
    })
    expect(settings.returnToOrigins).toStrictEqual(['https://app.example.com', 'http://localhost:5173'])
    expect(settings.metaAppSecrets).toStrictEqual(['the Meta app’s'])
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
  ])('or not: %j in %j', (options, environment, production) => {
    const { settings } = readOptions({ ...SAFE, ...options }, environment)

    expect([settings.production, settings.showToken]).toStrictEqual([production, !production])
  })

  test('secrets and https cannot be left out, and there is no sandbox', () => {
    const redirectUri = 'http://localhost:3000/response'

    const { mistakes } = mistake({ ...GIVEN, redirectUri, sandbox: true }, { NODE_ENV: 'production' })

    expect(mistakes).toStrictEqual([
      'redirectUri must start with https:// in production.',
      'sandbox must be left out in production: there people connect no real account.',
      'sessionSecrets must be set in production: at least one secret of 32 characters or more.',
      'tokenKeys must be set in production: at least one, written as id:base64 of 32 bytes.',
    ])
  })
})

describe('a mistake is told in one sentence that names the option and never its value:', () => {
  test.each<[object, string]>([
    [{ clientId: 31_337 }, 'clientId must be text.'],
    [{ redirectUri: 'canary' }, 'redirectUri must be an address that starts with https:// (or http://).'],
    [
      { redirectUri: 'http://canary.example/response' },
      'redirectUri must start with https://, unless it is on this machine (http://localhost).',
    ],
    [
      { redirectUri: 'http://localhost.canary.example/response' },
      'redirectUri must start with https://, unless it is on this machine (http://localhost).',
    ],
    [
      { redirectUri: 'https://canary.example/response?a=1' },
      'redirectUri must have no query (?) and no fragment (#).',
    ],
    [{ redirectUri: 'https://canary@site.example/' }, 'redirectUri must have no user name.'],
    [{ redirectUri: 'https://site.example//canary' }, 'redirectUri must not have // in its path.'],
    [{ scopes: 31_337 }, 'scopes must be text, or a list of texts.'],
    [{ scopes: [31_337] }, 'scopes must be text, or a list of texts.'],
    [{ scopes: ' , ' }, 'scopes must name at least one scope.'],
    [
      { authorizeUrl: 'https://api.instagram.com/canary' },
      'authorizeUrl names api.instagram.com, where nobody can authorize since August 2026: use https://www.instagram.com/oauth/authorize.',
    ],
    [{ tokenUrl: 31_337 }, 'tokenUrl must be an address that starts with https:// (or http://).'],
    [{ graphVersion: '31337' }, 'graphVersion must be written like v26.0.'],
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
      'tokenKeys must be keys written as id:base64 of 32 bytes, separated by commas, newest first.',
    ],
    [{ refreshDaysBeforeExpiry: 51 }, 'refreshDaysBeforeExpiry must be a number of days from 1 to 50.'],
    [{ refreshDaysBeforeExpiry: 'canary' }, 'refreshDaysBeforeExpiry must be a number of days from 1 to 50.'],
    [{ webhook: { url: 'https://canary.example/' } }, 'webhook.secrets must be text, or a list of texts.'],
    [
      { webhook: { url: 'https://canary.example/', secrets: 'canary' } },
      'webhook.secrets must be written as whsec_ and base64 of 24 to 64 bytes, separated by commas, newest first.',
    ],
    [
      { webhook: { url: 'canary', secrets: WEBHOOK_SECRET } },
      'webhook.url must be an address that starts with https:// (or http://).',
    ],
    [{ webhook: 'https://canary.example/' }, 'webhook must have an url and secrets, and nothing else.'],
    [{ metaAppSecret: 31_337 }, 'metaAppSecret must be text.'],
    ...[
      'https://canary.example/path',
      'canary.example',
      '*',
      'https://canary@site.example',
      'ftp://canary',
    ].map((origin): [object, string] => [
      { returnToOrigins: ['https://app.example.com', origin] },
      'returnToOrigins must be origins, written like https://app.example.com.',
    ]),
    [{ production: 'canary' }, 'production must be true or false.'],
    [{ sandbox: 'canary' }, 'sandbox must be true or false.'],
    [{ upkeep: 31_337 }, 'upkeep must be true or false.'],
    [{ now: new Date(31_337) }, 'now must be a function.'],
    [{ onEvent: 'canary' }, 'onEvent must be a function.'],
    [{ reconnectUrl: 'canary' }, 'reconnectUrl must be a function.'],
    [
      { log: { info: 31_337 } },
      'log must have the methods debug, info, warn and error, as a pino logger and console have.',
    ],
    [
      { log: true },
      'log must have the methods debug, info, warn and error, as a pino logger and console have.',
    ],
    [{ adminPassword: 'canary' }, 'adminPassword must have at least 12 characters.'],
    [{ clientID: 'canary' }, 'clientID is no option: did you mean clientId?'],
    [{ callbackURL: 'canary' }, 'callbackURL is no option.'],
  ])('%j', (options, sentence) => {
    const error = mistake({ ...GIVEN, ...options })

    expect(error.mistakes).toStrictEqual([sentence])
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toMatch(/canary|31.?337/)
  })

  test.each([undefined, null, {}])('%j', (options) => {
    expect(mistake(options as object).mistakes).toStrictEqual([
      'clientId, clientSecret and redirectUri must be set: from your Instagram app, or from createSandbox() to begin with.',
    ])
  })
})

test('all mistakes are told at once, before anything is opened', async () => {
  const options = {
    clientSecret: 'canary',
    redirectUri: 'http://canary.example/',
    databaseUrl: 'canary',
    production: true,
    callbackURL: 'canary',
  }

  const opening = openInstagram(options as object as AccessOptions)

  await expect(opening).rejects.toThrow(ConfigError)
  const { mistakes } = mistake(options)
  expect(mistakes.map((sentence) => sentence.split(' ')[0])).toStrictEqual([
    'databaseUrl',
    'callbackURL',
    'clientId',
    'redirectUri',
    'sessionSecrets',
    'tokenKeys',
  ])
})

test('options of pages, and hooks, are none where there are no pages', async () => {
  const options = {
    ...GIVEN,
    showToken: true,
    apiKeys: [SECRET],
    adminPassword: undefined,
    render: () => undefined,
  }

  const opening = openInstagram({ ...options, callbackURL: 'canary' } as AccessOptions)

  await expect(opening).rejects.toMatchObject({
    mistakes: [
      'callbackURL is no option.',
      'showToken is no option of openInstagram: it goes with the pages of instagram().',
      'apiKeys is no option of openInstagram: it goes with the pages of instagram().',
      'render is no option of openInstagram: it goes with the pages of instagram().',
    ],
  })
})

test('a database that cannot be opened is told in a sentence', async () => {
  const opening = openInstagram({
    ...GIVEN,
    databaseUrl: 'file:/dev/null/accounts.db',
    sessionSecrets: SECRET,
    tokenKeys: KEY,
  })

  await expect(opening).rejects.toThrow(/^The database \/dev\/null\/accounts\.db cannot be opened: /)
})

describe('the log', () => {
  test('is the console for warnings and errors, where none is given', () => {
    const said = (['debug', 'info', 'log', 'warn', 'error'] as const).map((level) =>
      vi.spyOn(console, level).mockReturnValue(),
    )
    const { log } = readOptions(GIVEN, {})
    const error = new Error('disk full')

    log.info({ account: '1' }, 'nobody needs to know')
    log.warn({ account: '1' }, 'somebody should see to it')
    log.error(error, 'it is broken')

    const lines = said.map((spy) => spy.mock.calls)
    vi.restoreAllMocks()
    expect(lines).toMatchObject([
      [],
      [],
      [],
      [['instagram-access-token: somebody should see to it', { account: '1' }]],
      [['instagram-access-token: it is broken', { err: error }]],
    ])
  })

  test('gets details first and then a sentence, as pino does', () => {
    const lines: unknown[] = []
    const keep = (level: string) => (details: object, message: string) =>
      void lines.push([level, details, message])
    const { log } = readOptions(
      {
        ...GIVEN,
        log: { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') },
      },
      {},
    )

    const error = new TypeError('x', { cause: new Error('y') })
    log.child({ request: 7 }).debug({ account: '1' }, 'looked at')
    log.info('said')
    log.fatal({ err: error }, 'ended')
    log.child({}, { serializers: { err: () => 'a text' } }).warn(error)
    log.warn({ fix: 'Set INSTAGRAM_SCOPES.' }, 'no error any more')

    expect(lines).toMatchObject([
      ['debug', { request: 7, account: '1' }, 'looked at'],
      ['info', {}, 'said'],
      ['error', { err: error }, 'ended'],
      ['warn', { err: error }, 'x'],
      ['warn', { fix: 'Set scopes.' }, 'no error any more'],
    ])
    expect(lines.map((line) => (line as [string, { err?: unknown }])[1].err === error)).toStrictEqual([
      false,
      false,
      true,
      true,
      false,
    ])
  })
})

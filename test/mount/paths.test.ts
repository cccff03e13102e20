import { inspect } from 'node:util'
import express, { type ErrorRequestHandler } from 'express'
import request from 'supertest'
import { afterAll, describe, expect, test } from 'vitest'
import { signedRequest } from '../../src/sandbox/metaCallbacks.ts'
import { PASSWORD } from '../admin/support.ts'
import { APP_ID, KEY, program } from '../api/support.ts'
import { person, type Person } from '../support/person.ts'
import { KEY as TOKEN_KEY, logIn, SECRET, type Site, startSite } from './support.ts'

const BASE = '/instagram'
const OTHER_ID = '27640875392278833'
const ALL_PAGES = { apiKeys: KEY, adminPassword: PASSWORD, takesTokens: true }

/** Words about a process of ours, and environment variables. */
const OF_A_PROCESS =
  /\bPORT\b|HTTPS=|(?<!process)\.env\b|npm run|INSTAGRAM_(?!CLIENT_SECRET)[A-Z]|TOKEN_KEYS|DATABASE_URL/
const VARIABLES = /INSTAGRAM_[A-Z]|TRUST_PROXY|DATABASE_URL|TOKEN_KEYS|SESSION_SECRETS|ADMIN_PASSWORD/

/** What the host's error handler got. */
const hostErrors: unknown[] = []
const noteErrors: ErrorRequestHandler = (error, _request, _response, next) => {
  hostErrors.push(error)
  next(error)
}
/** A host with every page of ours, and one with none that needs a setting. */
const full = await startSite({ options: ALL_PAGES })
const plain = await startSite({
  after: (host) => {
    host.get('/own', ({ secure, query, app: { settings } }, response) => {
      response.json({ secure, query, settings: Object.keys(settings as object) })
    })
    host.use(noteErrors)
  },
})
afterAll(async () => {
  await full[Symbol.asyncDispose]()
  await plain[Symbol.asyncDispose]()
})

describe('a router for', () => {
  test.each([
    ['/instagram', '/instagram/response'],
    ['/auth/instagram', '/auth/instagram/callback'],
    ['/', '/response'],
    ['/auth', '/auth/re:sponse(1)*'],
    ['/instagram', '/instagram/help'],
  ])('%s takes the callback %s', async (at, callback) => {
    await using site = await startSite({ at, callback })
    const base = site.home.slice(site.origin.length)

    const page = await logIn(person(site), { base })

    expect(page.text).toContain('@harbour.bakery')
    expect(site.log.map(({ level }) => level)).not.toContain('warn')
  })

  test('a callback that only looks like a pattern takes no other path', async () => {
    await using site = await startSite({ callback: '/instagram/:response' })

    const page = await person(site).get('/instagram/other')

    expect(page.text).toBe('The host has no such page')
  })

  test('a path behind a proxy that strips its beginning has links with the whole path', async () => {
    await using site = await startSite({ at: '/instagram', callback: '/shop/instagram/response' })
    const somebody = person(site)
    const begun = await somebody.get('/instagram/login')
    const callback = await somebody.authorize(begun.headers['location'] ?? 'none')

    const page = await somebody.get(callback.replace('/shop', ''))

    expect(page.text).toContain('@harbour.bakery')
    expect(page.text).toContain('href="/shop/instagram/disconnect?account=')
    expect(site.log.map(({ level }) => level)).not.toContain('warn')
  })

  test('another path than the redirect URI’s works, and the log warns once', async () => {
    await using site = await startSite({ at: '/ig', callback: '/instagram/response' })
    const somebody = person(site)

    const pages = [await somebody.get('/ig/'), await somebody.get('/ig/other')]

    expect(pages.map(({ status }) => status)).toStrictEqual([200, 404])
    expect(site.log.filter(({ level }) => level === 'warn')).toMatchObject([
      { message: expect.stringContaining('is not mounted at the path of the redirect URI') as string },
    ])
  })
})

describe('a link to /login', () => {
  test('leads to Instagram, and back to where it was requested from', async () => {
    const answer = await logIn(person(plain), {
      query: '?return_to=/settings%3Ftab=accounts%23instagram',
    })

    expect([answer.status, answer.headers['location']]).toStrictEqual([
      303,
      `${plain.origin}/settings?tab=accounts#instagram`,
    ])
  })

  test('requests another login at Instagram with force_reauth', async () => {
    const answers = [
      await person(plain).get('/instagram/login'),
      await person(plain).get('/instagram/login?force_reauth=1'),
    ]

    const forced = answers.map(({ headers }) => new URL(headers['location'] ?? '').searchParams.get('force_reauth'))
    expect(forced).toStrictEqual([null, 'true'])
  })

  test('leads to another origin that the options name', async () => {
    await using site = await startSite({ options: { returnToOrigins: 'https://app.example.com' } })

    const answer = await logIn(person(site), { query: '?return_to=https://app.example.com/done' })

    expect(answer.headers['location']).toBe('https://app.example.com/done#')
  })

  test('on 127.0.0.1 redirects to localhost with its query', async () => {
    const loopback = plain.origin.replace('localhost', '127.0.0.1')

    const answer = await person(plain, loopback).get('/instagram/login?return_to=/own')

    expect([answer.status, answer.headers['location']]).toStrictEqual([307, `${plain.home}/login?return_to=/own`])
  })

  test('does not lead to its return address after a failed login', async () => {
    const page = await logIn(person(plain), { query: '?return_to=/own', decision: { cancel: true } })

    expect([page.status, page.headers['location']]).toStrictEqual([403, undefined])
  })

  test.each([
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\n/evil.example',
    '/\t/evil.example',
    'https://evil.example/',
    'https:evil.example',
    'https://localhost@evil.example/',
    plain.origin.replace('//', '//somebody@'),
    'javascript:alert(1)',
    'blob:http://localhost/1',
    `/${'x'.repeat(1_000)}`,
  ])('with the foreign return address %j is refused', async (address) => {
    const page = await person(plain).get(`/instagram/login?return_to=${encodeURIComponent(address)}`)

    expect([page.status, page.headers['location']]).toStrictEqual([400, undefined])
  })

  test('does not lead to a return address that was changed in the state', async () => {
    const somebody = person(plain)
    const begun = await somebody.get('/instagram/login?return_to=/own')
    const callback = await somebody.authorize(begun.headers['location'] ?? 'none')
    const evil = Buffer.from('https://evil.example/').toString('base64url')

    const answer = await somebody.get(callback.replace(/(state=[^&]*?\.[^&.]*)\.[^&.]*\./, `$1.${evil}.`))

    expect([answer.status, answer.headers['location']]).toStrictEqual([403, undefined])
  })
})

/** Everything of a response but its date. */
async function answer(origin: string, method: 'get' | 'post' | 'put' | 'delete', path: string) {
  const { status, text, headers } = await request(origin)[method](path)
  return { status, text, headers: { ...(headers as Record<string, string>), date: '' } }
}

test.each([
  ['get', '/instagram/nowhere'],
  ['get', '/instagram/response/'.repeat(2)],
  ['get', '/instagram/help/declined/more'],
  ['get', '/instagram/other/%E0%A4%A'],
  ['get', '/instagram/assets/host.css'],
  ['get', '/instagram/assets/../views/index.ejs'],
  ['get', '/instagram/api/other'],
  ['get', '/instagram/api'],
  ['post', '/instagram/'],
  ['post', '/instagram/response'],
  ['put', '/instagram/help'],
  ['delete', '/instagram/setup'],
  // Pages that need a setting.
  ['get', '/instagram/accounts'],
  ['post', '/instagram/accounts/sign-in'],
  ['get', '/instagram/api/accounts'],
  ['get', '/instagram/metrics'],
  ['post', '/instagram/import'],
  ['get', '/help'],
] as const)('%s %s is not ours, and reaches the host untouched', async (method, path) => {
  const lines = plain.log.length

  const passed = await answer(plain.origin, method, path)

  expect(passed).toStrictEqual(await answer(plain.origin, method, '/elsewhere'))
  expect(passed).toMatchObject({ status: 404, text: 'The host has no such page' })
  expect(plain.log).toHaveLength(lines)
})

test('the pages of the host are the same after visits of our pages', async () => {
  const before = await answer(plain.origin, 'get', '/own?a[b]=c')

  await person(plain).get('/instagram/')
  await person(plain).get('/instagram/response?code=a&state=b')

  expect(await answer(plain.origin, 'get', '/own?a[b]=c')).toStrictEqual(before)
  expect(before.headers).toMatchObject({
    'x-powered-by': 'Express',
    etag: expect.stringMatching(/./) as string,
  })
})

test.each([
  ['/instagram/response', 400],
  ['/instagram/response?code=a&state=b', 400],
  ['/instagram/help/nothing-known', 404],
  ['/instagram/help/%E0%A4%A', 400],
  ['/instagram/data-deletion/guess', 404],
  ['/instagram/picture', 404],
] as const)('an error at %s is shown by us, and never reaches the host', async (path, status) => {
  const page = await person(plain).get(path)

  expect(page.status).toBe(status)
  expect(page.text).toContain('href="/instagram/">Back to the start page</a>')
  expect(hostErrors).toStrictEqual([])
})

test.each([
  ['text', express.text({ type: '*/*' })],
  ['bytes', express.raw({ type: '*/*' })],
])('malformed bodies that the host parsed as %s are refused, and are in no log', async (_, parser) => {
  await using host = await startSite({ options: { apiKeys: KEY }, before: (app) => app.use(parser) })
  const signed = host.sandbox.signedRequest('business')

  const twice = await request(host.origin)
    .post('/instagram/deauthorize')
    .type('form')
    .send(`signed_request=${signed}&signed_request=${signed}`)
  const cutOff = await program(host).post('/instagram/api/accounts', '{"access_token":"IGAAmarkedcanary')
  const empty = await program(host).post('/instagram/api/accounts', '')

  expect([twice.status, cutOff.status, empty.status]).toStrictEqual([400, 400, 400])
  expect(cutOff.body).toMatchObject({ type: '/instagram/problems/bad_request' })
  expect(cutOff.text + inspect(host.log, { depth: Infinity })).not.toMatch(`IGAA|${signed}`)
})

test('in a host, too, the type of a problem leads to a page about it, and the document has that type', async () => {
  await using host = await startSite({ options: { apiKeys: KEY } })
  const { body } = await program(host, { key: '' }).get('/instagram/api/accounts')
  const { type, title } = body as { type: string; title: string }

  const page = await person(host).get(type)
  const document = await request(host.origin).get('/instagram/api/openapi.json')

  expect(page.status).toBe(200)
  expect(page.text).toContain(title)
  expect(document.text).toContain('"/instagram/problems/unauthorized"')
})

test('the log says when the host has read a body and left nothing of it', async () => {
  await using host = await startSite({
    options: { apiKeys: KEY, adminPassword: PASSWORD },
    before: (app) =>
      app.use((incoming, _response, next) => {
        incoming.resume().once('end', next)
      }),
  })
  const signed = host.sandbox.signedRequest('business')

  const answers = [
    await person(host).submit('/instagram/deauthorize', { signed_request: signed }),
    await person(host).submit('/instagram/help', { pasted: 'Invalid platform app' }),
    await person(host).submit('/instagram/accounts/sign-in', { password: PASSWORD }),
    await program(host).post('/instagram/api/accounts', { access_token: 'IGAA' }),
  ]

  expect(answers.map(({ status }) => status)).toStrictEqual([500, 500, 500, 500])
  const told = host.log.filter(({ level }) => level === 'error').map(({ details }) => inspect(details['err']))
  expect(told).toHaveLength(4)
  for (const error of told) expect(error).toContain('was read before it reached the Instagram router')
})

/** The links of a page, and what it loads. */
function addressesOn(page: string, { origin }: Site): URL[] {
  return Array.from(
    page.matchAll(/\s(?:href|src|srcset|action|formaction|poster|data)="(?!#)([^"]*)"/g),
    ([, address = '']) => new URL(address.replaceAll('&amp;', '&'), origin),
  )
}

/** Follows every link of the host's from a page on. Returns all pages by their paths. */
async function walk(somebody: Person, host: Site, start: string): Promise<Map<string, string>> {
  const pages = new Map<string, string>()
  const waiting = [start]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (pages.has(path)) continue
    const answer = await somebody.get(path)
    const page = answer.type === 'text/html' ? answer.text : ''
    pages.set(path, page)
    const found = addressesOn(page, host).filter(({ origin }) => origin === host.origin)
    waiting.push(...found.map(({ pathname, search }) => pathname + search))
  }
  return pages
}

test('no page of ours leads out of the host’s path, for strangers, people with an account and the admin', async () => {
  const host = full
  const somebody = person(host)
  const submit = (path: string, fields: Record<string, string>) => somebody.submit(BASE + path, fields)
  const signed = signedRequest({ userId: OTHER_ID, issuedAt: host.sandbox.now() }, host.sandbox.options.clientSecret)
  const deletion = await submit('/data-deletion', { signed_request: signed })
  const { pathname: status } = new URL((deletion.body as { url: string }).url)

  const stranger = await walk(somebody, host, `${BASE}/`)
  const start = addressesOn(stranger.get(`${BASE}/`) ?? '', host)
  const getStarted = start.find(({ searchParams }) => searchParams.has('client_id'))
  const answers = [
    await somebody.get(await somebody.authorize(getStarted?.href ?? 'none')),
    await somebody.get(`${BASE}/response?code=none&state=none`),
    await submit('/help', { pasted: 'nothing that is known' }),
    await submit('/accounts/sign-in', { password: 'a wrong one' }),
  ]
  const connected = await walk(somebody, host, `${BASE}/`)
  const deleted = await walk(somebody, host, status)
  await submit('/accounts/sign-in', { password: PASSWORD })
  const admin = await walk(somebody, host, `${BASE}/accounts`)

  const visited = [...stranger.keys(), ...connected.keys(), ...deleted.keys(), ...admin.keys()]
  const everyKind = [
    ...['/', '/help', '/help/state_used', '/setup', '/accounts', `/picture?account=${APP_ID}`, '/data-deletion'],
    ...['/assets/page.js', '/assets/style.css', '/assets/icon.svg'],
    ...[`/disconnect?account=${APP_ID}`, `/accounts/${APP_ID}/disconnect`, '/accounts?status=ok'],
  ]
  expect(visited).toEqual(expect.arrayContaining(everyKind.map((path) => BASE + path)))
  const pages = [stranger, connected, deleted, admin].flatMap((walked) => [...walked.values()])
  const addresses = [...pages, ...answers.map(({ text }) => text)].flatMap((page) => addressesOn(page, host))
  const outside = addresses.filter(({ href }) => !href.startsWith(`${host.home}/`))
  expect(new Set(outside.map(({ origin }) => origin))).toStrictEqual(
    new Set([host.sandbox.origin, 'https://developers.facebook.com']),
  )
})

test('every form leads back to our pages', async () => {
  const host = full
  const somebody = person(host)
  const submit = (path: string, fields = {}) => somebody.submit(BASE + path, fields)

  const answers = [
    await submit('/import', { access_token: host.sandbox.dashboardToken('business') }),
    await submit('/disconnect', { account: APP_ID }),
    await submit('/setup'),
    await submit('/accounts/sign-in', { password: PASSWORD }),
    await submit(`/accounts/${APP_ID}/disconnect?search=harbour`),
    await submit('/accounts/sign-out'),
    await submit('/accounts/sign-out'),
    await somebody.get(`${BASE}/accounts/${APP_ID}/disconnect`),
  ]

  expect(answers.map(({ status, headers }) => [status, (headers as Record<string, string>)['location']])).toStrictEqual(
    [
      [303, `${BASE}/`],
      [303, `${BASE}/`],
      [303, `${BASE}/setup#doctor`],
      [303, `${BASE}/accounts`],
      [303, `${BASE}/accounts?search=harbour`],
      [303, `${BASE}/accounts`],
      [303, `${BASE}/accounts`],
      [200, undefined],
    ],
  )
})

test('the API has its own addresses in its responses', async () => {
  const host = full
  const api = program(host, { origin: host.home })
  const added = await api.post('/api/accounts', { access_token: host.sandbox.dashboardToken('business') })
  await api.post('/api/accounts', { access_token: host.sandbox.dashboardToken('creator') })

  const [described, page] = [await api.get('/api/openapi.json'), await api.get('/api/accounts?limit=1')]

  expect(described.body.servers).toStrictEqual([{ url: `${host.home}/api` }])
  expect(added.headers).toMatchObject({ location: `${BASE}/api/accounts/${APP_ID}` })
  expect(page.body.next).toMatch(`${BASE}/api/accounts?limit=1&after=`)
})

test('the request log has routes without the mount path', async () => {
  const host = full
  host.log.length = 0
  await person(host).get(`${BASE}/help/declined`)
  await program(host, { origin: host.home }).get('/api/accounts')
  await person(host).get(`${BASE}/healthz`)

  expect(host.log.map(({ level, details }) => [level, details['route']])).toStrictEqual([
    ['info', '/help/:name'],
    ['info', '/api/accounts'],
    ['debug', '/healthz'],
  ])
})

describe('texts for the operator', () => {
  test('on the set-up page are options to copy, and no variables', async () => {
    await using site = await startSite({
      options: {
        sandbox: false,
        clientId: '990602627938098',
        redirectUri: 'https://site.example/instagram/response',
        scopes: 'instagram_business_basic, it’s “so”',
      },
    })

    const { text } = await person(site).get('/instagram/setup')

    expect(copied('redirect-uri', text)).toBe('https://site.example/instagram/response')
    expect(copied('deauthorize', text)).toBe('https://site.example/instagram/deauthorize')
    expect(copied('code', text)).toBe(`createInstagram({
  clientId: '990602627938098',
  clientSecret: process.env.INSTAGRAM_CLIENT_SECRET,
  redirectUri: 'https://site.example/instagram/response',
  scopes: ['instagram_business_basic', 'it’s', '“so”'],
})`)
    expect(text).not.toMatch(OF_A_PROCESS)
  })

  test('on the set-up page of the sandbox ask for https of the host', async () => {
    const { text } = await person(plain).get('/instagram/setup')

    expect(copied('redirect-uri', text)).toMatch(/^https:\/\/localhost:\d+\/instagram\/response$/)
    expect(copied('code', text)).toContain("clientId: 'the Instagram app ID'")
    expect(text).toContain('Serve your app over https on this machine')
    expect(text).not.toMatch(OF_A_PROCESS)
  })

  test('by the doctor name options', async () => {
    await using site = await startSite({
      options: { sandbox: false, clientId: 'letters', scopes: 'likes', graphVersion: 'v12.0' },
    })
    const operator = person(site)

    await operator.post('/instagram/setup')
    const text = (await operator.get('/instagram/setup')).text.replaceAll(/<\/?code>/g, '')

    expect(text).toContain('clientId is not a number')
    expect(text).toContain('to options.scopes.')
    expect(text).toContain('graphVersion is v12.0')
    expect(text).toContain('Serve your app over https on this machine')
    expect(text).toContain('They can be read. No tokens are stored yet.')
    expect(text).not.toMatch(OF_A_PROCESS)
  })

  test('on the set-up page are not there for visitors in production', async () => {
    const options = {
      ...{ production: true, sandbox: false, sessionSecrets: SECRET, tokenKeys: TOKEN_KEY },
      redirectUri: 'https://site.example/instagram/response',
    }
    await using site = await startSite({ options })

    expect((await person(site).get('/instagram/setup')).status).toBe(404)
  })

  test.each([
    '/instagram/help/verification_failed',
    '/instagram/help/redirect_uri_mismatch',
    '/instagram/help/token_unreadable',
    '/instagram/help/too_many_requests',
    '/instagram/login?return_to=//evil.example',
    '/instagram/help',
  ])('at %s name options', async (path) => {
    const { text } = await person(plain).get(path)

    expect(text).not.toMatch(VARIABLES)
  })

  test('about a wrong password name the option', async () => {
    const { text } = await person(full).submit('/instagram/accounts/sign-in', { password: 'wrong' })

    expect(text).toContain('as <code>adminPassword</code>')
  })
})

/** What the copy button of this element copies. */
function copied(id: string, page: string): string {
  const [, text] = new RegExp(`id="${id}"[^>]*>([^<]*)<`).exec(page) ?? []
  if (text === undefined) throw new Error(`Nothing to copy with the id ${id}`)
  return text.replaceAll('&#39;', "'")
}

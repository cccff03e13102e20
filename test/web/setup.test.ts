import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { person } from '../support/person.ts'
import { CLIENT_ID, startWorld } from '../support/world.ts'

const NO_CREDENTIALS = { INSTAGRAM_CLIENT_ID: '', INSTAGRAM_CLIENT_SECRET: '', INSTAGRAM_REDIRECT_URI: '' }
const PRODUCTION = { NODE_ENV: 'production', INSTAGRAM_REDIRECT_URI: 'https://tokens.example/response' }

const world = await startWorld()
afterAll(() => world[Symbol.asyncDispose]())
beforeEach(() => {
  world.restart()
})

/** What the copy button of this element copies. */
function copied(id: string, page: string): string {
  const [, text] = new RegExp(`id="${id}"[^>]*>([^<]*)<`).exec(page) ?? []
  if (text === undefined) throw new Error(`Nothing to copy with the id ${id}`)
  return text
}

test('the guide has the exact values of this installation to copy', async () => {
  world.restart({
    INSTAGRAM_REDIRECT_URI: 'https://tokens.example/response/',
    INSTAGRAM_SCOPES: 'instagram_business_basic instagram_business_manage_insights',
  })

  const { status, text } = await person(world).get('/setup')

  expect(status).toBe(200)
  expect(copied('redirect-uri', text)).toBe('https://tokens.example/response/')
  expect(copied('deauthorize', text)).toBe('https://tokens.example/deauthorize')
  expect(copied('deletion', text)).toBe('https://tokens.example/data-deletion')
  expect(copied('scopes', text)).toBe('instagram_business_basic,instagram_business_manage_insights')
  expect(copied('env-file', text).split('\n')).toEqual([
    `INSTAGRAM_CLIENT_ID=${CLIENT_ID}`,
    'INSTAGRAM_CLIENT_SECRET=the Instagram app secret',
    'INSTAGRAM_REDIRECT_URI=https://tokens.example/response/',
    'INSTAGRAM_SCOPES=instagram_business_basic,instagram_business_manage_insights',
  ])
  expect(text).not.toMatch(/canary|cannot reach this machine|is running on http/)
})

test('in the sandbox the guide has https on localhost and placeholders, and every page links to it', async () => {
  world.restart({ ...NO_CREDENTIALS, PORT: '3456' })

  const { text } = await person(world).get('/setup')
  const start = await person(world).get('/')

  expect(copied('redirect-uri', text)).toBe('https://localhost:3456/response')
  expect(copied('env-file', text).split('\n')).toEqual([
    'INSTAGRAM_CLIENT_ID=the Instagram app ID',
    'INSTAGRAM_CLIENT_SECRET=the Instagram app secret',
    'INSTAGRAM_REDIRECT_URI=https://localhost:3456/response',
    'INSTAGRAM_SCOPES=instagram_business_basic',
    'PORT=3456',
    'HTTPS=self-signed',
  ])
  expect(text).toContain('the app is running on http')
  expect(text).toContain('cannot reach this machine')
  expect(start.text).toContain('<a href="/setup">Connect the real Instagram</a>')
})

test.each([
  ['self-signed', 'HTTPS=self-signed'],
  ['cert.pem, key.pem', 'HTTPS=cert.pem,key.pem'],
])('HTTPS=%s stays in the .env', async (https, line) => {
  world.restart({ HTTPS: https, INSTAGRAM_REDIRECT_URI: 'https://localhost:3000/response' })

  const { text } = await person(world).get('/setup')

  expect(copied('env-file', text).split('\n')).toContain(line)
  expect(text).not.toContain('is running on http')
})

test.each(['get', 'post'] as const)(
  'in production there is no guide for a visitor (%s), and nothing is called',
  async (method) => {
    const callsBefore = world.sandbox.calls.length
    world.restart(PRODUCTION)

    const { status, text } = await person(world)[method]('/setup')

    expect(status).toBe(404)
    expect(text).not.toContain('tokens.example')
    expect(world.sandbox.calls).toHaveLength(callsBefore)
  },
)

test('opening the guide calls nobody', async () => {
  const callsBefore = world.sandbox.calls.length

  for (let view = 0; view < 3; view += 1) await person(world).get('/setup')

  expect(world.sandbox.calls).toHaveLength(callsBefore)
})

test('a click runs the doctor, and everybody sees the results until the next click', async () => {
  world.restart({ INSTAGRAM_SCOPES: 'instagram_business_basic,likes' })
  const operator = person(world)

  const response = await operator.post('/setup')
  const page = await operator.get('/setup')
  const later = await person(world).get('/setup')

  expect([response.status, response.get('Location')]).toStrictEqual([303, '/setup#doctor'])
  expect(page.text).toMatch(/<li class="is-ok"><strong>App ID<\/strong>/)
  expect(page.text).toMatch(/<li class="is-wrong"><strong>Scopes<\/strong> <span>likes belongs to/)
  expect(page.text).toMatch(/<li class="is-unknown"><strong>App secret<\/strong>/)
  expect(page.text).not.toMatch(/canary/)
  expect(later.text).toContain('<strong>App ID</strong>')
})

test('in the sandbox the results are about the sandbox, and the guide says so', async () => {
  world.restart({ ...NO_CREDENTIALS, SANDBOX_PORT: new URL(world.sandbox.origin).port })
  const error = { error_type: 'OAuthException', code: 400, error_message: 'Invalid authorization code' }
  world.sandbox.answerNext('token', { status: 400, body: JSON.stringify(error) })
  const operator = person(world)
  await operator.post('/setup')

  const { text } = await operator.get('/setup')

  expect(text).toMatch(/<strong>App ID<\/strong> <span>The sandbox knows it\./)
  expect(text).toContain('In sandbox mode, the doctor checks the local simulation, not your app at Instagram.')
})

test('clicks at the same time and within ten seconds run the doctor once, a later one again, whatever the clock says', async () => {
  const operator = person(world)
  const before = exchanges()

  await Promise.all([operator.post('/setup'), operator.post('/setup'), person(world).post('/setup')])
  world.pass(3_600_000)
  await operator.post('/setup')
  const soon = exchanges()
  const monotonic = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => monotonic() + 10_000)
  await operator.post('/setup')
  vi.restoreAllMocks()

  expect([soon - before, exchanges() - before]).toStrictEqual([1, 2])
})

test('the doctor’s results are counted and sorted, failed ones first', async () => {
  world.restart({ INSTAGRAM_SCOPES: 'instagram_business_basic,likes' })
  const operator = person(world)
  await operator.post('/setup')

  const { text } = await operator.get('/setup')

  const outcomes = Array.from(text.matchAll(/<li class="is-(\w+)">/g), ([, outcome = '']) => outcome)
  const order = ['wrong', 'warning', 'unknown', 'ok']
  expect(outcomes).toStrictEqual(outcomes.toSorted((one, other) => order.indexOf(one) - order.indexOf(other)))
  for (const [outcome, word] of [
    ['wrong', 'failed'],
    ['unknown', 'unknown'],
    ['ok', 'passed'],
  ] as const)
    expect(text).toContain(`${outcomes.filter((each) => each === outcome).length} ${word}</span>`)
})

/** The steps of the guide: which are done, which is next, and which are open. */
async function steps(): Promise<{ done: string[]; next: string[]; open: string[] }> {
  const { text } = await person(world).get('/setup')
  const found = Array.from(text.matchAll(/<details class="step (\w*)" id="([\w-]+)"( open)?>/g))
  const ids = (wanted: (state: string | undefined, open: string | undefined) => boolean) =>
    found.filter(([, state, , open]) => wanted(state, open)).map(([, , id = '']) => id)
  expect(found).toHaveLength(6)
  return {
    done: ids((state) => state === 'done'),
    next: ids((state) => state === 'next'),
    open: ids((_, open) => open !== undefined),
  }
}

test('the guide ticks each step that it can verify, and opens at the next one', async () => {
  world.restart(NO_CREDENTIALS)
  const inSandbox = await steps()
  world.restart()
  const withCredentials = await steps()
  await person(world).login()
  const afterLogin = await steps()
  await person(world).post('/setup')
  const afterDoctor = await steps()

  expect(inSandbox).toStrictEqual({ done: [], next: ['app'], open: ['app'] })
  expect(withCredentials).toStrictEqual({ done: ['app', 'settings'], next: ['addresses'], open: ['addresses'] })
  const before = ['app', 'addresses', 'settings', 'account']
  expect(afterLogin).toStrictEqual({ done: before, next: ['doctor'], open: ['doctor'] })
  expect(afterDoctor.done).toStrictEqual(before)
})

test('an account that was added by its token does not prove that the redirect URI is registered', async () => {
  await using other = await startWorld()
  const operator = person(other)
  await operator.submit('/import', { access_token: other.sandbox.dashboardToken('business') })

  const { text } = await operator.get('/setup')

  expect(text).toMatch(/class="step done" id="account"/)
  expect(text).toMatch(/class="step next" id="addresses" open/)
})

test('without a database the guide is still there', async () => {
  world.outage.begin()

  const { status, text } = await person(world).get('/setup')
  world.outage.end()

  expect(status).toBe(200)
  expect(text).toContain('id="redirect-uri"')
})

function embedUrl(redirect_uri: string): string {
  const query = new URLSearchParams({
    force_reauth: 'true',
    client_id: CLIENT_ID,
    redirect_uri,
    response_type: 'code',
    scope: 'instagram_business_basic,instagram_business_manage_insights',
  })
  return `https://www.instagram.com/oauth/authorize?${query.toString()}`
}

const EMBED_URL = embedUrl('https://tokens.example/response')

test('a pasted Embed URL is compared with the settings, and ticks the addresses if they are the same', async () => {
  await using other = await startWorld({ INSTAGRAM_REDIRECT_URI: 'https://tokens.example/response' })
  const operator = person(other)

  const { status, text } = await operator.submit('/setup', { embed_url: `  ${EMBED_URL}\n` })
  const later = await operator.get('/setup')

  expect(status).toBe(200)
  expect(text).toMatch(/<li class="is-ok"><strong>Embed URL: redirect URI<\/strong>/)
  expect(text).toMatch(
    /<li class="is-unknown"><strong>Embed URL: scopes<\/strong> <span><code>INSTAGRAM_SCOPES<\/code> leaves out/,
  )
  expect(text).toContain('id="settings" open')
  expect(later.text).toMatch(/class="step done" id="addresses"/)
  expect(other.sandbox.calls).toHaveLength(0)
})

test.each([
  ['of this app', 'https://localhost:3456/response', ['PORT=3456', 'HTTPS=self-signed']],
  ['on another port', 'https://localhost:4567/response', ['PORT=4567', 'HTTPS=self-signed']],
  ['on the default port', 'https://localhost:3000/response', ['HTTPS=self-signed']],
  ['on the port of https', 'https://localhost/response', ['PORT=443', 'HTTPS=self-signed']],
  ['of a tunnel or proxy', 'https://tokens.example/response', ['PORT=3456']],
])('the .env is filled in from an Embed URL with the redirect URI %s', async (_, redirectUri, listening) => {
  world.restart({ ...NO_CREDENTIALS, PORT: '3456' })

  const { text } = await person(world).submit('/setup', { embed_url: embedUrl(redirectUri) })

  expect(copied('env-file', text).split('\n')).toEqual([
    `INSTAGRAM_CLIENT_ID=${CLIENT_ID}`,
    'INSTAGRAM_CLIENT_SECRET=the Instagram app secret',
    `INSTAGRAM_REDIRECT_URI=${redirectUri}`,
    'INSTAGRAM_SCOPES=instagram_business_basic,instagram_business_manage_insights',
    ...listening,
  ])
})

test('an Embed URL for an app that listens elsewhere than its redirect URI leaves PORT and HTTPS as they are', async () => {
  const redirectUri = 'https://localhost/response'
  world.restart({ INSTAGRAM_REDIRECT_URI: redirectUri, PORT: '3456' })

  const { text } = await person(world).submit('/setup', { embed_url: embedUrl(redirectUri) })

  expect(copied('env-file', text)).toMatch(/\nPORT=3456$/)
})

test.each([
  ['http://localhost:8080/response', {}, undefined, /\nPORT=3456\nHTTPS=self-signed$/],
  ['https://tokens.example/response', { HTTPS: 'self-signed' }, '/response/', /\nPORT=3456\nHTTPS=self-signed$/],
  ['https://tokens.example/response', {}, 'http://localhost/response', /\nPORT=80$/],
])(
  'the .env for %s, with %j and the Embed URL %s, leaves what listens as it is',
  async (redirectUri, more, pasted, lines) => {
    world.restart({ INSTAGRAM_REDIRECT_URI: redirectUri, PORT: '3456', ...more })
    const somebody = person(world)

    const { text } = pasted
      ? await somebody.submit('/setup', { embed_url: embedUrl(new URL(pasted, redirectUri).href) })
      : await somebody.get('/setup')

    expect(copied('env-file', text)).toMatch(lines)
  },
)

test('in the sandbox each setting of the Embed URL is still to change, and the URL stays in its field', async () => {
  world.restart(NO_CREDENTIALS)

  const { text } = await person(world).submit('/setup', { embed_url: `  ${EMBED_URL}\n` })

  expect(text).toContain('<span class="is-warning">3 to change soon</span> <span class="is-ok">2 passed</span>')
  expect(text).toMatch(/<li class="is-warning"><strong>Embed URL: app ID<\/strong> .* is not set yet\./)
  expect(text).toContain(`value="${EMBED_URL.replaceAll('&', '&amp;')}"`)
})

test.each(['', 'x'.repeat(5_000), 'IGAAcanary0123456789', `${EMBED_URL}&client_secret=canary`])(
  'the pasted text %j is not shown or logged',
  async (embed_url) => {
    const { status, text } = await person(world).submit('/setup', { embed_url })

    expect(status).toBe(200)
    expect(text).toMatch(/<strong>Embed URL(: parameters)?<\/strong>/)
    expect(text + world.log.join('')).not.toMatch(/IGAAcanary|=canary|xxxxx/)
  },
)

test('an Embed URL from another site is refused', async () => {
  const { status, text } = await person(world).post('/setup', { 'Sec-Fetch-Site': 'cross-site' })

  expect(status).toBe(403)
  expect(text).not.toContain('redirect-uri')
})

test('pasted Embed URLs are limited', async () => {
  const operator = person(world)

  const statuses = []
  for (let attempt = 0; attempt < 61; attempt += 1)
    statuses.push((await operator.submit('/setup', { embed_url: 'x' })).status)

  expect([statuses.at(0), statuses.at(-1)]).toStrictEqual([200, 429])
})

function exchanges(): number {
  return world.sandbox.calls.filter(({ endpoint }) => endpoint === 'token').length
}

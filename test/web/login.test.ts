import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { APP_ID } from '../admin/support.ts'
import { DAY_MS, MINUTE_MS } from '../../src/facts.ts'
import type { FaultyResponse } from '../../src/sandbox/faults/fault.ts'
import { linkCalled, person } from '../support/person.ts'
import { CLIENT_ID, reconnectPath, SESSION_SECRET, startWorld, type World } from '../support/world.ts'

const SCOPES = 'instagram_business_basic,instagram_business_content_publish'

const world = await startWorld()
afterAll(() => world[Symbol.asyncDispose]())
beforeEach(async () => {
  await world.database.query('DELETE FROM accounts')
})

/** Changes settings until the test is finished. */
function useSettings(environment: Record<string, string>): void {
  world.restart(environment)
  onTestFinished(() => {
    world.restart()
  })
}

function exchanges({ sandbox }: Pick<World, 'sandbox'> = world): number {
  return sandbox.calls.filter(({ endpoint }) => endpoint === 'token').length
}

async function query(sql: string): Promise<unknown[]> {
  return (await world.database.query(sql)).rows
}

/** A person who has authorized and has not come back yet. */
async function authorized(decision = {}) {
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted(), decision)
  return { somebody, callback }
}

/** A callback with changed parameters; `null` removes one. */
function changed(callback: string, change: Record<string, string | null>): string {
  const url = new URL(callback, 'http://x')
  for (const [name, value] of Object.entries(change))
    if (value === null) url.searchParams.delete(name)
    else url.searchParams.set(name, value)
  return url.pathname + url.search
}

test('Get Started leads straight to Instagram, with the requested scopes and a state', async () => {
  useSettings({ INSTAGRAM_SCOPES: SCOPES })

  const link = new URL(await person(world).getStarted())

  expect(link.origin + link.pathname).toBe(world.sandbox.authorizeUrl)
  expect(Object.fromEntries(link.searchParams)).toStrictEqual({
    client_id: CLIENT_ID,
    redirect_uri: `${world.origin}/response`,
    response_type: 'code',
    scope: SCOPES,
    state: expect.stringMatching(/^[\w.-]{40,}$/) as string,
  })
})

test('the redirect URI comes from the settings, whatever X-Forwarded-Host says', async () => {
  const page = await person(world).get('/', { 'X-Forwarded-Host': 'evil.example' })

  expect(page.text).toContain(encodeURIComponent(`${world.origin}/response`))
  expect(page.text).not.toContain('evil.example')
})

test('a person who authorizes gets a page with their account, the granted permissions and the token', async () => {
  useSettings({ INSTAGRAM_SCOPES: `${SCOPES},instagram_business_manage_insights` })

  const page = await person(world).login({ scopes: ['instagram_business_manage_insights'] })

  expect(page.status).toBe(200)
  expect(page.text).toContain('@harbour.bakery')
  expect(page.text).toContain('<bdi>Harbour Bakery</bdi> ·&nbsp;Business account')
  expect(page.text).toContain('27640875392278831')
  expect(page.text).toContain('17841403815449847')
  expect(page.text).toMatch(/class="granted"><span>Read statistics/)
  expect(page.text).toMatch(/class="left-out"><span>Publish posts, reels and stories/)
  expect(page.text).toContain('(in 60 days)')
  expect(page.text).toMatch(/id="token">IGAA\w+</)
  expect(page.text).toMatch(/curl &#39;http[^ ]+\/v27.0\/me\?fields=user_id,username&amp;access_token=IGAA/)
})

test('the code is exchanged once, in a form with five fields and without cookies', async () => {
  const before = world.sandbox.calls.length

  await person(world).login()

  const [exchange, ...others] = world.sandbox.calls.slice(before).filter(({ endpoint }) => endpoint === 'token')
  expect(others).toStrictEqual([])
  expect(exchange?.method).toBe('POST')
  expect(exchange?.contentType).toBe('application/x-www-form-urlencoded')
  expect(exchange?.fields.map(([name]) => name).sort()).toStrictEqual([
    'client_id',
    'client_secret',
    'code',
    'grant_type',
    'redirect_uri',
  ])
  expect(exchange?.headers).not.toHaveProperty('cookie')
})

test('a person can have any number of logins under way in several tabs', async () => {
  const somebody = person(world)
  const links = [await somebody.getStarted(), await somebody.getStarted(), await somebody.getStarted()]
  const callbacks = await Promise.all(links.map((link) => somebody.authorize(link)))

  const pages = []
  for (const callback of callbacks.reverse()) pages.push(await somebody.get(callback))

  expect(pages.map(({ status }) => status)).toStrictEqual([200, 200, 200])
})

test.each(['/', '/response'])('a connected person who opens %s sees the account', async (path) => {
  const somebody = person(world)
  await somebody.login()

  const page = await somebody.get(path)

  expect(page.status).toBe(200)
  expect(page.text).toContain('@harbour.bakery')
  expect(page.text).not.toContain('Get Started</a>')
})

test('connecting another account makes Instagram ask for the password, and replaces the session', async () => {
  const somebody = person(world)
  const first = await somebody.login()
  const another = linkCalled('Connect another account', first.text)
  const withOldCookies = person(world, world.origin, new Map(somebody.cookies))

  const page = await somebody.get(await somebody.authorize(another, { as: 'creator' }))

  expect(another).toBe('/login?force_reauth=1')
  expect(page.text).toContain('@mira.draws')
  expect((await somebody.get('/')).text).toContain('<h1>@mira.draws</h1>')
  expect((await withOldCookies.get('/')).text).toContain('Get Started</a>')
})

test('connecting the same account again replaces its token and keeps one account', async () => {
  const tokenOn = (html: string) => /id="token">(\w+)</.exec(html)?.[1]
  const before = await person(world).login()

  const after = await person(world).login()

  expect(tokenOn(after.text)).not.toBe(tokenOn(before.text))
  expect(await query('SELECT id FROM accounts')).toStrictEqual([{ id: '27640875392278831' }])
})

test('a person who disconnects is forgotten, with the token and the session', async () => {
  await world.database.query('DELETE FROM sessions')
  const somebody = person(world)
  await somebody.login()

  const response = await somebody.submit('/disconnect', { account: APP_ID })

  expect([response.status, response.get('Location')]).toStrictEqual([303, '/'])
  expect((await somebody.get('/')).text).toContain('Get Started</a>')
  expect(await query('SELECT sid FROM sessions')).toStrictEqual([])
  expect(await query('SELECT * FROM accounts')).toStrictEqual([])
})

test('disconnecting without a session does nothing', async () => {
  const response = await person(world).post('/disconnect')

  expect(response.status).toBe(410)
})

test('a restarted app still knows connected people, and finishes logins that began before', async () => {
  const connected = person(world)
  await connected.login()
  const { somebody, callback } = await authorized()

  world.restart()

  expect((await connected.get('/')).text).toContain('@harbour.bakery')
  expect((await somebody.get(callback)).status).toBe(200)
})

test('a login that began before a secret was rotated succeeds while the old secret is known', async () => {
  const newSecret = 'another-session-secret-0123456789abc'
  const [one, other] = [await authorized(), await authorized()]

  useSettings({ SESSION_SECRETS: `${newSecret},session-secret-marked-canary-0123456789` })
  const known = await one.somebody.get(one.callback)
  world.restart({ SESSION_SECRETS: newSecret })
  const unknown = await other.somebody.get(other.callback)

  expect([known.status, unknown.status]).toStrictEqual([200, 403])
})

test('with SHOW_TOKEN=off the page does not show the token', async () => {
  useSettings({ SHOW_TOKEN: 'off' })

  const page = await person(world).login()

  expect(page.status).toBe(200)
  expect(page.text).not.toMatch(/IGAA|access_token=|data-copy="token"/)
  expect(page.text).toContain('stored encrypted on this server')
})

test('the profile picture comes from our own origin, and only for its owner', async () => {
  const somebody = person(world)
  await somebody.login()

  const picture = await somebody.get('/picture')
  const stranger = await person(world).get('/picture')

  expect([picture.status, picture.type, stranger.status]).toStrictEqual([200, 'image/png', 404])
})

test('a person who refreshes the token is told what happened, once', async () => {
  const somebody = person(world)
  await somebody.login()
  const early = await somebody.submit('/refresh', { account: APP_ID })
  world.pass(24 * 60 * MINUTE_MS)

  const response = await somebody.submit('/refresh', { account: APP_ID })

  const [page, again] = [await somebody.get('/'), await somebody.get('/')]
  expect([early.status, response.status, response.get('Location')]).toStrictEqual([409, 303, '/'])
  expect(page.text).toContain('The token of @harbour.bakery was renewed.')
  expect(again.text).not.toContain('was renewed')
})

test('a person whose token cannot be refreshed now is told why', async () => {
  const somebody = person(world)
  await somebody.login()
  world.pass(3 * 24 * 60 * MINUTE_MS)
  world.sandbox.fail('temporary_failure', { at: 'refresh' })

  await somebody.submit('/refresh', { account: APP_ID })

  expect((await somebody.get('/')).text).toContain('The token of @harbour.bakery was not renewed.')
})

test('a person without an account has nothing to refresh', async () => {
  expect((await person(world).post('/refresh')).status).toBe(410)
})

test('GET /login leads to Instagram at once, and afterwards to the return address', async () => {
  const somebody = person(world)

  const response = await somebody.get('/login?return_to=/help?x=1&force_reauth=1')
  const href = response.get('Location') ?? ''
  const finished = await somebody.get(await somebody.authorize(href))

  expect(response.status).toBe(303)
  expect(new URL(href).searchParams.get('force_reauth')).toBe('true')
  expect([finished.status, finished.get('Location')]).toStrictEqual([303, `${world.origin}/help?x=1#`])
})

test('GET /login refuses a return address at another site', async () => {
  const response = await person(world).get('/login?return_to=https://evil.example/')

  expect(response.status).toBe(400)
  expect(response.text).toContain('This link leads to another site')
})

describe('a reconnect link', () => {
  const nameAndTime = () => query('SELECT username, token_obtained_at FROM accounts ORDER BY username')

  test('names the account and makes Instagram ask for the password', async () => {
    await person(world).login()

    const page = await person(world).get(reconnectPath(world, APP_ID))
    const begun = await person(world).get(/data-login="([^"]*)"/.exec(page.text)?.[1] ?? '')

    const link = linkCalled('Reconnect @harbour.bakery', page.text)
    for (const href of [link, begun.get('Location') ?? ''])
      expect(new URL(href).searchParams.get('force_reauth')).toBe('true')
  })

  test.each(['reconnectPath', 'data-login'])(
    'leaves its account as it was if another one logs in (%s)',
    async (way) => {
      await person(world).login()
      const before = await nameAndTime()
      world.pass(MINUTE_MS)
      const somebody = person(world)
      const start = await somebody.get(reconnectPath(world, APP_ID))
      const [, login = ''] = /data-login="([^"]*)"/.exec(start.text) ?? []
      const link = way === 'data-login' ? login : linkCalled('Reconnect @harbour.bakery', start.text)
      const callback = await somebody.authorize(link, { as: 'creator' })

      const page = await somebody.get(callback)
      const after = await nameAndTime()
      const again = linkCalled('Try again as @harbour.bakery', page.text)
      const reconnected = await somebody.get(await somebody.authorize(again))

      expect(page.text).toContain('You connected @mira.draws, but this link was for @harbour.bakery.')
      expect(page.text).toContain('<h1>@mira.draws</h1>')
      expect(after).toContainEqual(before[0])
      expect(reconnected.text).toContain('<h1>@harbour.bakery</h1>')
      expect(reconnected.text).not.toContain('but this link was for')
    },
  )

  test('is about the same account after its ID became known', async () => {
    await person(world).login()
    const { rows } = await world.database.query('SELECT user_id FROM accounts')
    await query('UPDATE accounts SET id = user_id, profile_read_at = NULL')
    const somebody = person(world)
    const start = await somebody.get(reconnectPath(world, String(rows[0]?.['user_id'])))

    const page = await somebody.get(await somebody.authorize(linkCalled('Reconnect @harbour.bakery', start.text)))

    expect(page.text).toContain('<h1>@harbour.bakery</h1>')
    expect(page.text).not.toContain('but this link was for')
  })

  test('is valid for ninety days', async () => {
    await person(world).login()
    const link = reconnectPath(world, APP_ID)
    world.pass(90 * DAY_MS)
    const last = await person(world).get(link)
    world.pass(1)

    const late = await person(world).get(link)
    const login = await person(world).get(link.replace('/reconnect/', '/login?reconnect='))

    expect([last.status, late.status, login.status]).toStrictEqual([200, 410, 410])
    expect(late.text).toContain('This link has expired')
    expect(late.text).not.toContain('harbour.bakery')
  })

  test.each([
    ['an ID alone', () => APP_ID],
    ['another account’s ID', (link: string) => link.replace(/^\d+/, '1')],
    ['a later expiry', (link: string) => link.replace('.', '.z')],
    ['no signature', (link: string) => link.replace(/[^.]+$/, '')],
    ['a longer signature', (link: string) => `${link}A`],
  ])('with %s answers 410 and names nobody', async (_, change) => {
    await person(world).login()

    const page = await person(world).get(
      `/reconnect/${change(reconnectPath(world, APP_ID).slice('/reconnect/'.length))}`,
    )

    expect(page.status).toBe(410)
    expect(page.text).not.toContain('harbour.bakery')
  })

  test('that was signed with the previous secret is still valid', async () => {
    const link = reconnectPath(world, APP_ID)
    useSettings({ SESSION_SECRETS: `another-session-secret-0123456789abc,${SESSION_SECRET}` })

    expect((await person(world).get(link)).status).toBe(200)
  })
})

test('a person who pastes a token is connected by it', async () => {
  const somebody = person(world)

  const response = await somebody.submit('/import', {
    access_token: ` "${world.sandbox.dashboardToken('creator')}" `,
  })

  expect([response.status, response.get('Location')]).toStrictEqual([303, '/'])
  const page = await somebody.get('/')
  expect(page.text).toContain('Token added. @mira.draws is connected.')
  expect(page.text).toContain('<h1>@mira.draws</h1>')
})

// Callbacks that fail.

test('a person who cancels is told that they said no, and shown the way back', async () => {
  const before = exchanges()

  const page = await person(world).login({ cancel: true })

  expect(page.status).toBe(403)
  expect(page.text).toContain('You cancelled')
  expect(page.text).toContain('href="/login">Try again')
  expect(exchanges()).toBe(before)
})

test('a link is valid for ten minutes and not a millisecond longer', async () => {
  const [inTime, late] = [await authorized(), await authorized()]
  world.pass(10 * MINUTE_MS)
  const good = await inTime.somebody.get(inTime.callback)
  world.pass(1)

  const page = await late.somebody.get(late.callback)

  expect([good.status, page.status]).toStrictEqual([200, 400])
  expect(page.text).toContain('more than ten minutes')
})

test('an error that comes back after ten minutes is too late as well', async () => {
  const { somebody, callback } = await authorized({ cancel: true })
  world.pass(11 * MINUTE_MS)

  const page = await somebody.get(callback)

  expect(page.text).toContain('more than ten minutes')
})

test('a callback without a cookie is refused', async () => {
  const { callback } = await authorized()
  const before = exchanges()

  const page = await person(world).get(callback)

  expect(page.status).toBe(403)
  expect(page.text).toContain('data-error="other_browser"')
  expect(exchanges()).toBe(before)
})

test('a callback of another browser’s login is refused', async () => {
  const { callback } = await authorized()
  const before = exchanges()
  const victim = person(world)
  await victim.get('/')

  const page = await victim.get(callback)

  expect(page.status).toBe(403)
  expect(page.text).toContain('data-error="other_browser"')
  expect(exchanges()).toBe(before)
})

test('a callback without a state is refused', async () => {
  const { somebody, callback } = await authorized()

  const page = await somebody.get(changed(callback, { state: null }))

  expect(page.status).toBe(400)
  expect(page.text).toContain('Part of the address is missing')
})

test('an error is shown only with our state', async () => {
  const { somebody } = await authorized()

  const page = await somebody.get('/response?error=access_denied&state=forged')

  expect(page.text).not.toContain('You cancelled')
  expect(page.text).toContain('started in another browser')
})

test('an error takes precedence over a code', async () => {
  const { somebody, callback } = await authorized()
  const before = exchanges()

  const page = await somebody.get(changed(callback, { error: 'access_denied' }))

  expect(page.text).toContain('You cancelled')
  expect(exchanges()).toBe(before)
})

test('the words of a callback’s error are in the log and on no page', async () => {
  const { somebody, callback } = await authorized()
  const error = { code: null, error: 'made_up_elsewhere', error_description: 'Call <b>555-0100</b> now' }

  const page = await somebody.get(changed(callback, error))

  expect(page.status).toBe(502)
  expect(page.text).not.toContain('555-0100')
  expect(page.text).not.toContain('made_up_elsewhere')
  expect(world.log.join('')).toContain('555-0100')
})

test.each(['', '?code=', '?code[]=a&state[x]=b', '?state=a&state=b&code=a', '?code=%00&state=%ff', '?%E0%A4%A'])(
  'a malformed callback “%s” is refused with the way back',
  async (parameters) => {
    const { somebody } = await authorized()

    const page = await somebody.get(`/response${parameters}`)

    expect(page.status).toBeGreaterThanOrEqual(400)
    expect(page.status).toBeLessThan(500)
    expect(page.text).toContain('Back to the start page')
  },
)

test('a query string may contain further question marks', async () => {
  const { somebody, callback } = await authorized()

  const page = await somebody.get(callback.replace('?', '?x=a?b&'))

  expect(page.status).toBe(200)
})

const oauth = (message: string): FaultyResponse => ({
  status: 400,
  contentType: 'application/json',
  body: JSON.stringify({ error_type: 'OAuthException', code: 400, error_message: message }),
})

test.each<[string, number, FaultyResponse]>([
  ['code was already used', 400, oauth('Matching code was not found or was already used.')],
  ['code expired', 400, oauth('This authorization code has expired')],
  ['doesn’t know this code', 400, oauth('Invalid authorization code')],
  ['Wrong app ID', 502, oauth('Invalid platform app')],
  ['isn’t a tester yet', 403, oauth('Insufficient developer role')],
  ['Instagram refused', 502, oauth('Something that nobody has seen before')],
  ['rate limit', 503, { status: 429, body: '' }],
  ['having problems', 502, { status: 503, body: '<html>' }],
  ['cannot be reached', 502, { fault: 'reset' }],
  ['response can’t be read', 502, { status: 200, contentType: 'text/html', body: '<html>' }],
  ['response is too large', 502, { status: 200, body: 'x'.repeat(1024 * 1024 + 1) }],
])('a failed exchange says “%s” with status %i', async (words, status, response) => {
  const { somebody, callback } = await authorized()
  world.sandbox.answerNext('token', response)

  const page = await somebody.get(callback)

  expect(page.status).toBe(status)
  expect(page.get('Retry-After')).toBe(status === 503 ? '3600' : undefined)
  expect(page.text.replaceAll('&#39;', '’')).toContain(words)
  expect(await query('SELECT * FROM accounts')).toStrictEqual([])
})

test('the reference on the page is in the log, with Instagram’s message', async () => {
  const { somebody, callback } = await authorized()
  world.sandbox.answerNext('token', oauth('Error validating verification code. Please make sure your redirect_uri…'))

  const page = await somebody.get(callback)

  const reference = /Reference: <code id="reference">([^<]+)</.exec(page.text)?.[1] ?? 'none'
  const line = world.log.find((logged) => logged.includes(reference)) ?? ''
  expect(line).toContain('Error validating verification code')
  expect(line).toContain('verification_failed')
})

test('the old callback of an account that was disconnected since does not show it', async () => {
  const { somebody, callback } = await authorized()
  await somebody.get(callback)
  await world.database.query('DELETE FROM accounts')

  const page = await somebody.get(callback)

  expect(page.status).toBe(400)
  expect(page.text).toContain('This sign-in link was already used')
})

test('the words of a callback are escaped in the log: they steer no terminal and forge no line', async () => {
  const { somebody, callback } = await authorized()
  const error = { code: null, error: 'made_up', error_description: 'x\n{"level":30}\u001b[2J\u009b2J\u202egol' }

  await somebody.get(changed(callback, error))

  const messages = () => world.log.map((line) => (JSON.parse(line) as { err?: { message: string } }).err?.message)
  await expect.poll(() => messages().join('')).toContain('made_up, x\\u000a{"level":30}\\u001b[2J\\u009b2J\\u202egol')
})

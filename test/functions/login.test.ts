import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { AppError, createInstagram, explain, InstagramError } from '../../src/index.ts'
import { MINUTE_MS } from '../../src/facts.ts'
import { connect, rejection, type Site, startSite } from '../mount/support.ts'
import { person } from '../support/person.ts'

/** Tests that do not move the clock share it. */
const shared = await startSite({ options: { returnToOrigins: ['https://app.example.com/'] } })
const { instagram, sandbox } = shared
beforeEach(() => {
  shared.log.length = 0
})
afterAll(() => shared[Symbol.asyncDispose]())

const messages = ({ log }: Site) => log.map(({ level, message }) => `${level} ${message}`)

test('a person connects their account at a site of node:http alone', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`
  await using site = await startSite({ options: { redirectUri: `${origin}/response` } })
  await using registered = await startSite({ publicOrigin: origin, callback: '/response' })
  await using own = createInstagram(registered.options)
  server.on('request', (request, response) => {
    const browserSecret = /\bbrowser=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1]
    if (request.url === '/login') {
      const login = own.beginLogin({ browserSecret, returnTo: '/profile?tab=2' })
      const cookie = `browser=${login.browserSecret}; HttpOnly; SameSite=Lax; Path=/`
      response.writeHead(302, { location: login.url, 'set-cookie': cookie }).end()
    } else
      void own
        .finishLogin({ callback: request.url ?? '', browserSecret })
        .then(({ returnTo = '' }) => response.writeHead(303, { location: returnTo }).end())
  })
  const somebody = person({ origin })
  const { headers } = await somebody.get('/login')

  const answer = await somebody.get(await somebody.authorize(headers['location'] ?? ''))
  // The app of another registration is refused by Instagram's own page.
  const foreign = site.sandbox.authorize(site.instagram.beginLogin().url)

  expect([answer.status, answer.headers['location']]).toStrictEqual([303, `${origin}/profile?tab=2`])
  expect((await own.accounts.list()).accounts).toMatchObject([
    { id: '27640875392278831', userId: '17841403815449847', status: 'ok' },
  ])
  await expect(foreign).rejects.toThrow('Invalid redirect_uri')
})

test('a person may return to another origin that the options name', async () => {
  const { url, browserSecret } = instagram.beginLogin({ returnTo: 'https://app.example.com/next' })
  const callback = await sandbox.authorize(url)

  const { returnTo } = await instagram.finishLogin({ callback, browserSecret })

  expect(returnTo).toBe('https://app.example.com/next')
})

test.each(['https://elsewhere.example/', '//elsewhere.example', '/\\elsewhere.example', 'javascript:alert(1)'])(
  'a login with the foreign return address %s does not begin',
  (returnTo) => {
    expect(() => instagram.beginLogin({ returnTo })).toThrow(
      expect.objectContaining({ name: 'AppError', code: 'return_to_foreign' }),
    )
  },
)

test('a repeated callback has the same result, and its code is exchanged once', async () => {
  const { url, browserSecret } = instagram.beginLogin()
  const callback = await sandbox.authorize(url)
  const first = await instagram.finishLogin({ callback, browserSecret })

  const again = await instagram.finishLogin({ callback, browserSecret })

  expect(again).toStrictEqual({ ...first, isRepeated: true })
  expect(first.isRepeated).toBe(false)
})

test('a login that ends for the user that it was begun for succeeds, and its address does not show the user', async () => {
  const bindTo = 'user 4711, Zoë'
  const { url, browserSecret } = instagram.beginLogin({ bindTo, returnTo: '/profile' })
  const callback = await sandbox.authorize(url)

  const { account, returnTo } = await instagram.finishLogin({ callback, browserSecret, bindTo })

  expect([account.username, new URL(returnTo ?? '').pathname]).toStrictEqual(['harbour.bakery', '/profile'])
  const parts = new URL(url).searchParams.get('state')?.split(/[._]/) ?? []
  const texts = parts.flatMap((part) => [part, Buffer.from(part, 'base64url').toString()])
  expect(texts.filter((text) => /4711|Zoë/.test(text))).toStrictEqual([])
})

test('a callback that is repeated later than two minutes, or after the account is gone, is refused', async () => {
  await using site = await startSite()
  const repeat = async (end: (key: string) => unknown) => {
    const { url, browserSecret } = site.instagram.beginLogin()
    const callback = await site.sandbox.authorize(url)
    const { account } = await site.instagram.finishLogin({ callback, browserSecret })
    await end(account.key)
    return explain(await rejection(site.instagram.finishLogin({ callback, browserSecret }))).name
  }

  const late = await repeat(() => {
    site.sandbox.pass(2 * MINUTE_MS + 1)
  })
  const deauthorized = await repeat(() => site.instagram.dataDeletion.deauthorize('27640875392278831', null))
  const gone = await repeat((key) => site.instagram.accounts.disconnect(key))

  expect([late, deauthorized, gone]).toStrictEqual(['state_used', 'state_used', 'state_used'])
})

test.each<[string, (address: URL) => URL | string | URLSearchParams]>([
  ['a URL', (address) => address],
  ['an address', ({ href }) => href],
  ['a path with its query', ({ pathname, search }) => pathname + search],
  ['an address with Instagram’s fragment encoded', ({ href }) => href.replace('#_', '') + '%23_'],
  ['a path with its query and Instagram’s fragment', ({ pathname, search, hash }) => pathname + search + hash],
  ['an address without its scheme', ({ host, pathname, search }) => host + pathname + search],
  ['a query with its question mark', ({ search }) => search],
  ['a query', ({ search }) => search.slice(1)],
  ['parameters', ({ searchParams }) => searchParams],
])('a callback can be %s', async (_, given) => {
  const { url, browserSecret } = instagram.beginLogin()
  const callback = given(await sandbox.authorize(url))

  const { account } = await instagram.finishLogin({ callback, browserSecret })

  expect(account.username).toBe('harbour.bakery')
})

test.each([
  'http://localhost:3000/instagram/response',
  'http://localhost:3000/instagram/response?',
  '/a=b/response',
  '',
])('the callback “%s” is refused', async (callback) => {
  const { browserSecret } = instagram.beginLogin()

  const error = await rejection(instagram.finishLogin({ callback, browserSecret }))

  expect(error).toMatchObject({ name: 'AppError', code: 'state_missing' })
})

describe('a login is refused', () => {
  test.each([
    ['ends for another user than it was begun for', 'Ann', 'Bob'],
    ['was begun for a user, and ends for none', 'Ann', undefined],
    ['was begun for nobody, and ends for a user', undefined, 'Bob'],
  ])('if it %s', async (_, begunFor, endsFor) => {
    const { url, browserSecret } = instagram.beginLogin({ bindTo: begunFor })
    const callback = await sandbox.authorize(url, { as: 'guest-3' })

    const error = await rejection(instagram.finishLogin({ callback, browserSecret, bindTo: endsFor }))

    expect(explain(error)).toMatchObject({ name: 'user_changed', status: 403, fixableBy: 'person' })
    const { accounts } = await instagram.accounts.list()
    expect(accounts.map(({ username }) => username)).not.toContain('guest.3')
  })

  test('in another browser than it was begun in', async () => {
    const { url } = instagram.beginLogin()
    const { browserSecret } = instagram.beginLogin()
    const callback = await sandbox.authorize(url, { as: 'guest-1' })

    const error = await rejection(instagram.finishLogin({ callback, browserSecret }))

    expect(error).toBeInstanceOf(AppError)
    expect(explain(error)).toMatchObject({ name: 'other_browser', status: 403, fixableBy: 'person' })
    const { accounts } = await instagram.accounts.list()
    expect(accounts.map(({ username }) => username)).not.toContain('guest.1')
  })

  test('in a browser without the secret', async () => {
    const callback = await sandbox.authorize(instagram.beginLogin().url)

    const error = await rejection(instagram.finishLogin({ callback, browserSecret: undefined }))

    expect(explain(error).name).toBe('other_browser')
  })

  test('if its state was used for another code', async () => {
    const { url, browserSecret } = instagram.beginLogin()
    await instagram.finishLogin({ callback: await sandbox.authorize(url), browserSecret })
    const callback = await sandbox.authorize(url)

    const error = await rejection(instagram.finishLogin({ callback, browserSecret }))

    expect(explain(error).name).toBe('state_used')
  })

  test('after ten minutes', async () => {
    await using site = await startSite()
    const { url, browserSecret } = site.instagram.beginLogin()
    const callback = await site.sandbox.authorize(url)
    site.sandbox.pass(10 * MINUTE_MS + 1_000)

    const error = await rejection(site.instagram.finishLogin({ callback, browserSecret }))

    expect(explain(error).name).toBe('state_expired')
  })

  test('if the person cancels', async () => {
    const { url, browserSecret } = instagram.beginLogin()
    const callback = await sandbox.authorize(url, { cancel: true })

    const error = await rejection(instagram.finishLogin({ callback, browserSecret }))

    expect(explain(error)).toMatchObject({ name: 'declined', fixableBy: 'person' })
  })

  test('by Instagram if the client secret is wrong, which no error shows', async () => {
    await using site = await startSite({ options: { clientSecret: 'another-secret-marked-canary' } })

    const error = await rejection(connect(site))

    expect(error).toBeInstanceOf(InstagramError)
    expect(explain(error)).toMatchObject({ name: 'verification_failed', fixableBy: 'operator' })
    expect(JSON.stringify(error) + String(error) + JSON.stringify(site.log)).not.toContain('canary')
  })

  test('again for the same reason, with the reference of the first time', async () => {
    sandbox.fail('code_expired')
    const { url, browserSecret } = instagram.beginLogin()
    const callback = await sandbox.authorize(url)
    await rejection(instagram.finishLogin({ callback, browserSecret, reference: '7K2M-QX4D' }))

    const error = await rejection(instagram.finishLogin({ callback, browserSecret }))

    expect(error).toMatchObject({ code: 'code_expired', details: { reference: '7K2M-QX4D' } })
  })
})

test('a login succeeds without what Instagram withholds, and the log says what', async () => {
  sandbox.fail('temporary_failure', { at: 'long_lived' })

  const { account, withheld } = await connect(shared, 'guest-2')

  expect(account).toMatchObject({ status: 'short_lived', statusReason: 'temporary_failure' })
  expect(withheld.map((error) => explain(error).name)).toStrictEqual(['temporary_failure'])
  expect(messages(shared)).toContain('warn connected, but with missing data or permissions')
})

test('permissions that the person took away are not granted', async () => {
  const PUBLISH = 'instagram_business_content_publish'
  await using site = await startSite({ options: { scopes: `instagram_business_basic, ${PUBLISH}` } })
  const all = await connect(site, 'creator')
  const { url, browserSecret } = site.instagram.beginLogin()
  const callback = await site.sandbox.authorize(url, { scopes: [] })

  const { account } = await site.instagram.finishLogin({ callback, browserSecret })

  expect(all.account.permissions).toStrictEqual(['instagram_business_basic', PUBLISH])
  expect(account.askedScopes).toContain(PUBLISH)
  expect(account.permissions).toStrictEqual(['instagram_business_basic'])
})

test('an account can be connected again, after Instagram asked for the password', async () => {
  const first = await connect(shared)

  const { url } = instagram.beginLogin({ forceReauth: true })
  const second = await connect(shared)

  expect(new URL(url).searchParams.get('force_reauth')).toBe('true')
  expect([second.account.key, second.isRepeated]).toStrictEqual([first.account.key, false])
})

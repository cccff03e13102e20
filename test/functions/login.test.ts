import { describe, expect, test } from 'vitest'
import { explain, InstagramError, Refusal } from '../../src/index.ts'
import { person } from '../support/person.ts'
import { connect, MINUTE, rejection, SECOND, startSite } from './support.ts'

const HOME = '/login'

test('a person connects their account at a site of node:http alone', async () => {
  await using site = await startSite()
  const somebody = person(site)
  const { headers } = await somebody.get(HOME)

  const answer = await somebody.get(await somebody.authorize(headers['location'] ?? ''))

  expect([answer.status, answer.text]).toStrictEqual([200, 'Hello @harbour.bakery'])
  const { accounts } = await site.instagram.accounts.list()
  expect(accounts).toMatchObject([{ id: '27640875392278831', userId: '17841403815449847', status: 'ok' }])
  expect(site.log).toStrictEqual(['info account.connected'])
})

test('a person goes on where they wanted', async () => {
  await using site = await startSite()
  const somebody = person(site)
  const { headers } = await somebody.get(`${HOME}?return_to=/profile%3Ftab=2`)

  const answer = await somebody.get(await somebody.authorize(headers['location'] ?? ''))

  expect([answer.status, answer.headers['location']]).toStrictEqual([303, `${site.origin}/profile?tab=2`])
})

test('a person may go on at another origin that the site named', async () => {
  await using site = await startSite({ returnToOrigins: ['https://app.example.com/'] })

  const { url, browser } = site.instagram.beginLogin({ returnTo: 'https://app.example.com/next' })
  const { returnTo } = await site.instagram.finishLogin({
    callback: await site.sandbox.authorize(url),
    browser,
  })

  expect(returnTo).toBe('https://app.example.com/next')
})

test.each([
  'https://elsewhere.example/',
  '//elsewhere.example',
  '/\\elsewhere.example',
  'javascript:alert(1)',
])('a login that would go on at %s does not begin', async (foreign) => {
  await using site = await startSite()

  const answer = await person(site).get(`${HOME}?return_to=${encodeURIComponent(foreign)}`)

  expect([answer.status, answer.text]).toStrictEqual([400, 'return_to_foreign'])
})

test('a browser that comes again is told the same, and its code is exchanged once', async () => {
  await using site = await startSite()
  const { url, browser } = site.instagram.beginLogin()
  const callback = await site.sandbox.authorize(url)
  const first = await site.instagram.finishLogin({ callback, browser })

  const again = await site.instagram.finishLogin({ callback, browser })

  expect(again).toStrictEqual({ ...first, isRepeated: true })
  expect(first.isRepeated).toBe(false)
})

test.each<[string, (address: URL) => URL | string | URLSearchParams]>([
  ['an address', (address) => address],
  ['an address as text', ({ href }) => href],
  ['a path with its query', ({ pathname, search }) => pathname + search],
  [
    'a path with its query and Instagram’s fragment',
    ({ pathname, search, hash }) => pathname + search + hash,
  ],
  ['an address without its scheme', ({ host, pathname, search }) => host + pathname + search],
  ['a query with its question mark', ({ search }) => search],
  ['a query', ({ search }) => search.slice(1)],
  ['parameters', ({ searchParams }) => searchParams],
])('a callback may come as %s', async (_, given) => {
  await using site = await startSite()
  const { url, browser } = site.instagram.beginLogin()
  const callback = given(await site.sandbox.authorize(url))

  const { account } = await site.instagram.finishLogin({ callback, browser })

  expect(account.username).toBe('harbour.bakery')
})

test.each([
  'http://localhost:3000/instagram/response',
  'http://localhost:3000/instagram/response?',
  '/a=b/response',
  '',
])('the callback “%s” says nothing', async (callback) => {
  await using site = await startSite()
  const { browser } = site.instagram.beginLogin()

  const error = await rejection(site.instagram.finishLogin({ callback, browser }))

  expect(error).toMatchObject({ name: 'Refusal', failure: 'state_missing' })
})

describe('a login is refused', () => {
  test('in another browser than it was begun in', async () => {
    await using site = await startSite()
    const { url } = site.instagram.beginLogin()
    const { browser } = site.instagram.beginLogin()

    const error = await rejection(
      site.instagram.finishLogin({ callback: await site.sandbox.authorize(url), browser }),
    )

    expect(error).toBeInstanceOf(Refusal)
    expect(explain(error)).toMatchObject({ name: 'state_foreign', status: 403, mender: 'person' })
    expect(await site.instagram.accounts.list()).toStrictEqual({ accounts: [], next: null })
  })

  test('in a browser that brings no cookie', async () => {
    await using site = await startSite()
    const { url } = site.instagram.beginLogin()
    const callback = await site.sandbox.authorize(url)

    const error = await rejection(site.instagram.finishLogin({ callback, browser: undefined }))

    expect(explain(error).name).toBe('cookie_missing')
  })

  test('when Allow was pressed again after going back', async () => {
    await using site = await startSite()
    const { url, browser } = site.instagram.beginLogin()
    await site.instagram.finishLogin({ callback: await site.sandbox.authorize(url), browser })
    const callback = await site.sandbox.authorize(url)

    const error = await rejection(site.instagram.finishLogin({ callback, browser }))

    expect(explain(error).name).toBe('state_used')
  })

  test('when it took more than ten minutes', async () => {
    await using site = await startSite()
    const { url, browser } = site.instagram.beginLogin()
    const callback = await site.sandbox.authorize(url)
    site.sandbox.pass(10 * MINUTE + SECOND)

    const error = await rejection(site.instagram.finishLogin({ callback, browser }))

    expect(explain(error).name).toBe('state_expired')
  })

  test('when the person says no', async () => {
    await using site = await startSite()
    const { url, browser } = site.instagram.beginLogin()
    const callback = await site.sandbox.authorize(url, { cancel: true })

    const error = await rejection(site.instagram.finishLogin({ callback, browser }))

    expect(explain(error)).toMatchObject({ name: 'declined', mender: 'person' })
  })

  test('by Instagram, which does not know the site by a wrong secret', async () => {
    await using site = await startSite({ clientSecret: 'another-secret-marked-canary' })

    const error = await rejection(connect(site))

    expect(error).toBeInstanceOf(InstagramError)
    expect(explain(error)).toMatchObject({ name: 'verification_failed', mender: 'operator' })
    expect(JSON.stringify(error) + String(error) + site.log.join()).not.toContain('canary')
  })

  test('once more for the same reason, with the reference of the first time', async () => {
    await using site = await startSite()
    site.sandbox.fail('code_expired')
    const { url, browser } = site.instagram.beginLogin()
    const callback = await site.sandbox.authorize(url)
    await rejection(site.instagram.finishLogin({ callback, browser, reference: '7K2M-QX4D' }))

    const error = await rejection(site.instagram.finishLogin({ callback, browser }))

    expect(error).toMatchObject({ name: 'Refusal', failure: 'code_expired', reference: '7K2M-QX4D' })
  })
})

test('what Instagram withholds does not keep a login from ending well, and is told', async () => {
  await using site = await startSite()
  site.sandbox.fail('temporary_failure', { at: 'long_lived' })

  const { account, withheld } = await connect(site)

  expect(account).toMatchObject({ status: 'short_lived', statusReason: 'temporary_failure' })
  expect(withheld.map((error) => explain(error).name)).toStrictEqual(['temporary_failure'])
  expect(site.log).toContain('warn connected, but not with all that was asked for')
})

test('scopes that the person took away are not granted', async () => {
  const PUBLISH = 'instagram_business_content_publish'
  await using site = await startSite({ scopes: `instagram_business_basic, ${PUBLISH}` })
  const { url, browser } = site.instagram.beginLogin()
  const callback = await site.sandbox.authorize(url, { scopes: [] })

  const { account } = await site.instagram.finishLogin({ callback, browser })

  expect(account.askedScopes).toContain(PUBLISH)
  expect(account.permissions).toStrictEqual(['instagram_business_basic'])
})

test('a connected account can be connected again as another, by a page that asks who is there', async () => {
  await using site = await startSite()
  const first = await connect(site)

  const { url } = site.instagram.beginLogin({ forceReauth: true })

  expect(new URL(url).searchParams.get('force_reauth')).toBe('true')
  const second = await connect(site)
  expect(second.account.key).toBe(first.account.key)
  expect(second.isRepeated).toBe(false)
})

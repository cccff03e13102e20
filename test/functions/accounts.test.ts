import { describe, expect, test } from 'vitest'
import {
  type Account,
  type AccountEvent,
  AppError,
  createInstagram,
  explain,
  InstagramError,
  NoValidTokenError,
  verifySignedRequest,
} from '../../src/index.ts'
import { DAY_MS, MINUTE_MS } from '../../src/facts.ts'
import { connect, KEY, rejection, type Site, startSite } from '../mount/support.ts'
import { sqlite } from '../support/places.ts'

/** Milliseconds. */
const LIFETIME = 5_183_944_000
const BUSINESS = '27640875392278831'

const messages = ({ log }: Site) => log.map(({ level, message }) => `${level} ${message}`)

/** The owner of a token, according to Instagram. */
async function ownerOf(token: string, { sandbox }: Site): Promise<unknown> {
  const query = new URLSearchParams({ fields: 'username', access_token: token })
  const answer = await fetch(`${sandbox.options.graphUrl}/v26.0/me?${query.toString()}`)
  return ((await answer.json()) as { username?: unknown }).username
}

describe('a token', () => {
  test('is accepted by Instagram, and comes with what a call needs', async () => {
    await using site = await startSite()
    const { account } = await connect(site)

    const token = await site.instagram.accounts.token(account.key)

    expect(token).toStrictEqual({
      accessToken: expect.stringMatching(/^IGAA\w+$/) as string,
      expiresAt: account.tokenExpiresAt,
      userId: '17841403815449847',
      permissions: ['instagram_business_basic'],
    })
    expect(await ownerOf(token.accessToken, site)).toBe('harbour.bakery')
  })

  test('that is due is refreshed first', async () => {
    await using site = await startSite()
    const { account } = await connect(site)
    const before = await site.instagram.accounts.token(BUSINESS)
    site.sandbox.pass(LIFETIME - 7 * DAY_MS)

    const after = await site.instagram.accounts.token(BUSINESS)

    expect(await ownerOf(after.accessToken, site)).toBe('harbour.bakery')
    expect(Number(after.expiresAt) - Number(before.expiresAt)).toBeGreaterThan(50 * DAY_MS)
    expect(messages(site)).toStrictEqual(['info account.connected', 'info token.refreshed'])
    expect(account.dueAt).not.toBeNull()
  })

  test('that cannot be refreshed now is returned until it expires', async () => {
    await using site = await startSite()
    await connect(site)
    const before = await site.instagram.accounts.token(BUSINESS)
    site.sandbox.pass(LIFETIME - 7 * DAY_MS)
    site.sandbox.fail('temporary_failure', { at: 'refresh' })

    const after = await site.instagram.accounts.token(BUSINESS)

    expect(after).toStrictEqual(before)
    expect(messages(site)).toContain('warn a token could not be refreshed')
  })

  test('of an account that is not connected does not exist', async () => {
    await using site = await startSite()

    const error = await rejection(site.instagram.accounts.token(BUSINESS))

    expect(error).toBeInstanceOf(NoValidTokenError)
    expect(error).toMatchObject({ loss: 'not_connected', since: null, reason: null, account: undefined })
    expect(explain(error).name).toBe('account_gone')
  })

  test('that expired is refused', async () => {
    await using site = await startSite()
    const { account } = await connect(site)
    site.sandbox.pass(LIFETIME)

    const error = await rejection(site.instagram.accounts.token(BUSINESS))

    expect(error).toMatchObject({
      loss: 'needs_reconnect',
      reason: 'token_expired',
      account: { key: account.key, status: 'needs_reconnect' },
    })
    expect(explain(error)).toMatchObject({ name: 'token_expired', fixableBy: 'person' })
  })

  test('of a person who removed the app is refused once Instagram says so', async () => {
    await using site = await startSite()
    await connect(site)
    site.sandbox.revoke('business')
    site.sandbox.pass(LIFETIME - 7 * DAY_MS)

    const error = await rejection(site.instagram.accounts.token(BUSINESS))

    expect(error).toMatchObject({ loss: 'needs_reconnect', reason: 'app_removed' })
    expect(explain(error).name).toBe('app_removed')
    expect(messages(site)).toContain('warn account.needs_reconnect')
  })

  test('whose key is missing is refused, with advice for the operator', async () => {
    await using place = await sqlite.place()
    await using site = await startSite({ options: { databaseUrl: place.url, tokenKeys: KEY } })
    await connect(site)
    await site.instagram.close()
    const tokenKeys = `k2:${Buffer.alloc(32, 8).toString('base64')}`
    await using later = createInstagram({ ...site.options, tokenKeys })

    const error = await rejection(later.accounts.token(BUSINESS))

    expect(error).toMatchObject({ name: 'NoValidTokenError', loss: 'unreadable', reason: 'no_key' })
    expect(explain(error)).toMatchObject({ name: 'token_unreadable', fixableBy: 'operator' })
  })
})

describe('an account', () => {
  test('is found by its key and by both of Instagram’s ids, without its token', async () => {
    await using site = await startSite()
    const { account } = await connect(site)
    const { accounts } = site.instagram
    const { accessToken } = await accounts.token(account.key)

    const found = await Promise.all([account.key, BUSINESS, '17841403815449847', '1'].map((id) => accounts.find(id)))

    expect(found).toStrictEqual([account, account, account, undefined])
    expect(JSON.stringify(found)).not.toContain(accessToken)
  })

  test('is listed page by page, and by status', async () => {
    await using site = await startSite()
    for (const as of ['guest-1', 'guest-3', 'guest-2'] as const) await connect(site, as)
    const { accounts } = site.instagram

    const first = await accounts.list({ limit: 2 })
    const second = await accounts.list({ limit: 2, after: first.next ?? '' })

    const names = [first, second].map((page) => page.accounts.map(({ username }) => username))
    expect(names).toStrictEqual([['guest.1', 'guest.2'], ['guest.3']])
    expect(second.next).toBeNull()
    expect((await accounts.list({ status: 'needs_reconnect' })).accounts).toStrictEqual([])
    expect((await accounts.list({ status: 'ok' })).accounts).toHaveLength(3)
  })

  test.each([0, -1, 1.5, 1_001, NaN])('is not listed with the limit %d', async (limit) => {
    await using site = await startSite()

    const error = await rejection(site.instagram.accounts.list({ limit }))

    expect(error).toBeInstanceOf(RangeError)
  })

  test('is refreshed on request once its token is a day old', async () => {
    await using site = await startSite()
    await connect(site)
    const { accounts } = site.instagram

    const early = await accounts.refresh(BUSINESS)
    site.sandbox.pass(DAY_MS)
    const late = await accounts.refresh(BUSINESS)
    const nobody = await accounts.refresh('1')

    expect([early.outcome, late.outcome, nobody.outcome]).toStrictEqual(['too_young', 'refreshed', 'gone'])
    expect(Number(late.account?.tokenExpiresAt) - Number(early.account?.tokenExpiresAt)).toBe(DAY_MS)
  })

  test('is deleted with its token', async () => {
    await using site = await startSite()
    await connect(site)
    const { accounts } = site.instagram

    const gone = [await accounts.disconnect(BUSINESS), await accounts.disconnect(BUSINESS)]

    expect(gone).toStrictEqual([true, false])
    expect(await accounts.find(BUSINESS)).toBeUndefined()
    expect(await rejection(accounts.token(BUSINESS))).toMatchObject({ loss: 'not_connected' })
  })

  test('can be connected by a token from Meta’s dashboard', async () => {
    await using site = await startSite()
    const { accounts } = site.instagram

    const account = await accounts.importToken(` "${site.sandbox.dashboardToken('creator', 2 * DAY_MS)}" `)

    expect(account).toMatchObject({
      username: site.sandbox.testUsers.creator.username,
      tokenKind: 'long_lived',
    })
    expect(await ownerOf((await accounts.token(account.id)).accessToken, site)).toBe('mira.draws')
  })

  test.each([
    ['EAABsbCS1iHgBAMhZC', 'facebook_token'],
    ['IGQVJXexample', 'basic_display_token'],
    ['canary', 'no_token'],
  ])('cannot be connected by “%s”', async (text, what) => {
    await using site = await startSite()

    const error = await rejection(site.instagram.accounts.importToken(text))

    expect(error).toBeInstanceOf(AppError)
    expect(explain(error).name).toBe(what)
    expect(String(error)).not.toContain(text)
  })

  test('cannot be connected by a token that Instagram has revoked', async () => {
    await using site = await startSite()
    const token = site.sandbox.dashboardToken('business')
    site.sandbox.changePassword('business')

    const error = await rejection(site.instagram.accounts.importToken(token))

    expect(error).toBeInstanceOf(InstagramError)
    expect(explain(error).fixableBy).toBe('person')
  })
})

describe('events', () => {
  test('reach the site, with the address where the person can reconnect', async () => {
    const events: AccountEvent[] = []
    const reconnectUrl = ({ username }: Account) => `https://site.example/connect?as=${username ?? ''}`
    await using site = await startSite({ options: { onEvent: (event) => events.push(event), reconnectUrl } })
    await connect(site)
    site.sandbox.changePassword('business')
    site.sandbox.pass(LIFETIME - 7 * DAY_MS)

    await site.instagram.runJobs()

    expect(events.map(({ type, reconnectUrl }) => [type, reconnectUrl])).toStrictEqual([
      ['account.connected', null],
      ['account.needs_reconnect', 'https://site.example/connect?as=harbour.bakery'],
    ])
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('a mistake of the site’s')
      },
    ],
    ['rejects', () => Promise.reject(new Error('a mistake of the site’s'))],
  ])('are stored although the site’s onEvent %s', async (_, onEvent) => {
    await using site = await startSite({ options: { onEvent } })

    const { account } = await connect(site)

    expect(await site.instagram.accounts.find(account.key)).toStrictEqual(account)
    expect(messages(site)).toContain('error onEvent failed')
  })

  test('come from jobs that start by themselves', async () => {
    const refreshed = Promise.withResolvers<undefined>()
    await using place = await sqlite.place()
    await using site = await startSite({ options: { databaseUrl: place.url, tokenKeys: KEY } })
    await connect(site)
    site.sandbox.pass(LIFETIME - 7 * DAY_MS)

    await using later = createInstagram({
      ...site.options,
      jobs: true,
      onEvent: ({ type }) => {
        if (type === 'token.refreshed') refreshed.resolve(undefined)
      },
    })

    await refreshed.promise
    expect((await later.accounts.find(BUSINESS))?.status).toBe('ok')
  })
})

describe('a request of Meta’s', () => {
  test('about a person who removed the app destroys the token', async () => {
    await using site = await startSite()
    await connect(site)
    site.sandbox.pass(MINUTE_MS)
    const text = site.sandbox.signedRequest('business')

    const { userId, issuedAt } = verifySignedRequest(text, site.sandbox.options.clientSecret)
    const ended = await site.instagram.dataDeletion.deauthorize(userId, issuedAt)

    expect(ended).toBe(1)
    const error = await rejection(site.instagram.accounts.token(BUSINESS))
    expect(error).toMatchObject({ loss: 'disconnected_by_instagram' })
    expect(explain(error).name).toBe('app_removed')
  })

  test('for deletion deletes everything, and its status can be looked up', async () => {
    await using site = await startSite()
    await connect(site)
    const text = site.sandbox.signedRequest('business')
    const { userId, issuedAt } = verifySignedRequest(text, ['another', site.sandbox.options.clientSecret])

    const deletion = await site.instagram.dataDeletion.deleteData(userId, issuedAt)

    expect(await site.instagram.accounts.find(BUSINESS)).toBeUndefined()
    expect(await site.instagram.dataDeletion.findDeletion(deletion.confirmationCode)).toStrictEqual(deletion)
    expect(await site.instagram.dataDeletion.findDeletion('of nobody')).toBeUndefined()
  })

  test('with another signature is refused', async () => {
    await using site = await startSite()
    const text = site.sandbox.signedRequest('business')

    expect(() => verifySignedRequest(text, 'another secret')).toThrow(AppError)
    expect(() => verifySignedRequest(text, [])).toThrow(AppError)
    expect(() => verifySignedRequest(text, '')).toThrow(TypeError)
  })
})

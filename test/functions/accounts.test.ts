import { describe, expect, test } from 'vitest'
import {
  type AccountEvent,
  explain,
  ForeignTokenError,
  InstagramError,
  NoValidTokenError,
  openInstagram,
  SignedRequestError,
  verifySignedRequest,
} from '../../src/index.ts'
import { sqlite } from '../support/places.ts'
import { connect, DAY, KEY, MINUTE, rejection, SECOND, SILENT, type Site, startSite } from './support.ts'

const LIFETIME = 5_183_944 * SECOND
const BUSINESS = '27640875392278831'

/** Whom Instagram says that a token belongs to. */
async function ownerOf(token: string, { sandbox }: Site): Promise<unknown> {
  const query = new URLSearchParams({ fields: 'username', access_token: token })
  const answer = await fetch(`${sandbox.options.graphUrl}/v26.0/me?${query.toString()}`)
  return ((await answer.json()) as { username?: unknown }).username
}

describe('a token', () => {
  test('is one that Instagram takes, with all that a call needs', async () => {
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
    site.sandbox.pass(LIFETIME - 7 * DAY)

    const after = await site.instagram.accounts.token(BUSINESS)

    expect(await ownerOf(after.accessToken, site)).toBe('harbour.bakery')
    expect(Number(after.expiresAt) - Number(before.expiresAt)).toBeGreaterThan(50 * DAY)
    expect(site.log).toStrictEqual(['info account.connected', 'info token.refreshed'])
    expect(account.dueAt).not.toBeNull()
  })

  test('that cannot be refreshed now is given as long as it lives', async () => {
    await using site = await startSite()
    await connect(site)
    const before = await site.instagram.accounts.token(BUSINESS)
    site.sandbox.pass(LIFETIME - 7 * DAY)
    site.sandbox.fail('temporary_failure', { at: 'refresh' })

    const after = await site.instagram.accounts.token(BUSINESS)

    expect(after).toStrictEqual(before)
    expect(site.log).toContain('warn a token could not be refreshed')
  })

  test('of an account that is not connected is none', async () => {
    await using site = await startSite()

    const error = await rejection(site.instagram.accounts.token(BUSINESS))

    expect(error).toBeInstanceOf(NoValidTokenError)
    expect(error).toMatchObject({ loss: 'not_connected', since: null, reason: null, account: undefined })
    expect(explain(error).name).toBe('account_gone')
  })

  test('that ended is none, and it is told since when', async () => {
    await using site = await startSite()
    const { account } = await connect(site)
    site.sandbox.pass(LIFETIME)

    const error = await rejection(site.instagram.accounts.token(BUSINESS))

    expect(error).toMatchObject({
      loss: 'needs_reconnect',
      reason: 'expired',
      account: { key: account.key, status: 'needs_reconnect' },
    })
    expect(explain(error)).toMatchObject({ name: 'token_expired', mender: 'person' })
  })

  test('of somebody who removed the app is none, once that is found', async () => {
    await using site = await startSite()
    await connect(site)
    site.sandbox.revoke('business')
    site.sandbox.pass(LIFETIME - 7 * DAY)

    const error = await rejection(site.instagram.accounts.token(BUSINESS))

    expect(error).toMatchObject({ loss: 'needs_reconnect', reason: 'app_removed' })
    expect(explain(error).name).toBe('app_removed')
    expect(site.log).toContain('warn account.needs_reconnect')
  })

  test('whose key is lost is none, and the operator is told what to do', async () => {
    await using place = await sqlite.place()
    await using site = await startSite({ databaseUrl: place.url, tokenKeys: KEY })
    await connect(site)
    await site.instagram.close()
    const tokenKeys = `k2:${Buffer.alloc(32, 8).toString('base64')}`
    const options = {
      ...site.sandbox.options,
      databaseUrl: place.url,
      tokenKeys,
      upkeep: false,
      log: SILENT,
    }
    await using later = await openInstagram(options)

    const error = await rejection(later.accounts.token(BUSINESS))

    expect(error).toMatchObject({ name: 'NoValidTokenError', loss: 'unreadable', reason: 'no_key' })
    expect(explain(error)).toMatchObject({ name: 'token_unreadable', mender: 'operator' })
  })
})

describe('an account', () => {
  test('is found by its key and by either of Instagram’s ids, and never with its token', async () => {
    await using site = await startSite()
    const { account } = await connect(site)
    const { accounts } = site.instagram
    const { accessToken } = await accounts.token(account.key)

    const found = await Promise.all(
      [account.key, BUSINESS, '17841403815449847', '1'].map((id) => accounts.find(id)),
    )

    expect(found).toStrictEqual([account, account, account, undefined])
    expect(JSON.stringify(found)).not.toContain(accessToken)
  })

  test('is listed page by page, and by how it is doing', async () => {
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

  test.each([0, -1, 1.5, 1_001, NaN])('is not listed on pages of %d', async (limit) => {
    await using site = await startSite()

    const error = await rejection(site.instagram.accounts.list({ limit }))

    expect(error).toBeInstanceOf(RangeError)
  })

  test('is refreshed by hand as soon as Instagram lets it, and is told why not before', async () => {
    await using site = await startSite()
    await connect(site)
    const { accounts } = site.instagram

    const early = await accounts.refresh(BUSINESS)
    site.sandbox.pass(DAY)
    const late = await accounts.refresh(BUSINESS)
    const nobody = await accounts.refresh('1')

    expect([early.outcome, late.outcome, nobody.outcome]).toStrictEqual(['too_young', 'refreshed', 'gone'])
    expect(Number(late.account?.tokenExpiresAt) - Number(early.account?.tokenExpiresAt)).toBe(DAY)
  })

  test('is forgotten with its token', async () => {
    await using site = await startSite()
    await connect(site)
    const { accounts } = site.instagram

    const gone = [await accounts.disconnect(BUSINESS), await accounts.disconnect(BUSINESS)]

    expect(gone).toStrictEqual([true, false])
    expect(await accounts.find(BUSINESS)).toBeUndefined()
    expect(await rejection(accounts.token(BUSINESS))).toMatchObject({ loss: 'not_connected' })
  })

  test('comes with a token of Meta’s dashboard too', async () => {
    await using site = await startSite()
    const { accounts } = site.instagram

    const account = await accounts.importToken(` "${site.sandbox.dashboardToken('creator', 2 * DAY)}" `)

    expect(account).toMatchObject({ username: site.sandbox.people.creator.username, tokenKind: 'long_lived' })
    expect(await ownerOf((await accounts.token(account.id)).accessToken, site)).toBe('mira.draws')
  })

  test.each([
    ['EAABsbCS1iHgBAMhZC', 'facebook_token'],
    ['IGQVJXexample', 'basic_display_token'],
    ['canary', 'no_token'],
  ])('does not come with “%s”', async (text, what) => {
    await using site = await startSite()

    const error = await rejection(site.instagram.accounts.importToken(text))

    expect(error).toBeInstanceOf(ForeignTokenError)
    expect(explain(error).name).toBe(what)
    expect(String(error)).not.toContain(text)
  })

  test('does not come with a token that Instagram ended', async () => {
    await using site = await startSite()
    const token = site.sandbox.dashboardToken('business')
    site.sandbox.changePassword('business')

    const error = await rejection(site.instagram.accounts.importToken(token))

    expect(error).toBeInstanceOf(InstagramError)
    expect(explain(error).mender).toBe('person')
  })
})

describe('what happens to accounts', () => {
  test('is told to the site, with where its person can mend it', async () => {
    const events: AccountEvent[] = []
    await using site = await startSite({
      onEvent: (event) => events.push(event),
      reconnectUrl: ({ username }) => `https://site.example/connect?as=${username ?? ''}`,
    })
    await connect(site)
    site.sandbox.changePassword('business')
    site.sandbox.pass(LIFETIME - 7 * DAY)

    await site.instagram.upkeep()

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
  ])('stays so where the site’s listener %s', async (_, onEvent) => {
    await using site = await startSite({ onEvent })

    const { account } = await connect(site)

    expect(await site.instagram.accounts.find(account.key)).toStrictEqual(account)
    expect(site.log).toContain('error onEvent failed')
  })

  test('happens by itself, where upkeep is not switched off', async () => {
    const refreshed = Promise.withResolvers<undefined>()
    await using place = await sqlite.place()
    await using site = await startSite({ databaseUrl: place.url, tokenKeys: KEY })
    await connect(site)
    site.sandbox.pass(LIFETIME - 7 * DAY)

    await using later = await openInstagram({
      ...site.sandbox.options,
      databaseUrl: place.url,
      tokenKeys: KEY,
      log: SILENT,
      onEvent: ({ type }) => {
        if (type === 'token.refreshed') refreshed.resolve(undefined)
      },
    })

    await refreshed.promise
    expect((await later.accounts.find(BUSINESS))?.status).toBe('ok')
  })
})

describe('what Meta tells', () => {
  test('of somebody who removed the app ends the account', async () => {
    await using site = await startSite()
    await connect(site)
    site.sandbox.pass(MINUTE)
    const text = site.sandbox.signedRequest('business')

    const { userId, issuedAt } = verifySignedRequest(text, site.sandbox.options.clientSecret)
    const ended = await site.instagram.withdrawals.deauthorize(userId, issuedAt)

    expect(ended).toBe(1)
    const error = await rejection(site.instagram.accounts.token(BUSINESS))
    expect(error).toMatchObject({ loss: 'disconnected_by_instagram' })
    expect(explain(error).name).toBe('app_removed')
  })

  test('of somebody who wants everything deleted deletes it, and a page can tell of it', async () => {
    await using site = await startSite()
    await connect(site)
    const text = site.sandbox.signedRequest('business')
    const { userId, issuedAt } = verifySignedRequest(text, ['another', site.sandbox.options.clientSecret])

    const deletion = await site.instagram.withdrawals.erase(userId, issuedAt)

    expect(await site.instagram.accounts.find(BUSINESS)).toBeUndefined()
    expect(await site.instagram.withdrawals.findDeletion(deletion.confirmationCode)).toStrictEqual(deletion)
    expect(await site.instagram.withdrawals.findDeletion('of nobody')).toBeUndefined()
  })

  test('is not believed of anybody else', async () => {
    await using site = await startSite()
    const text = site.sandbox.signedRequest('business')

    expect(() => verifySignedRequest(text, 'another secret')).toThrow(SignedRequestError)
    expect(() => verifySignedRequest(text, [])).toThrow(SignedRequestError)
    expect(() => verifySignedRequest(text, '')).toThrow(TypeError)
  })
})

import { describe, expect, test } from 'vitest'
import type { Token } from '../../src/instagram/responses.ts'
import { onSqlite } from '../support/places.ts'
import {
  APP_ID,
  connection,
  idOf,
  later,
  LIFETIME_SECONDS,
  NEW_KEY,
  NOW,
  OLD_KEY,
  PROFESSIONAL_ID,
  PROFILE,
  useStage,
} from './stage.ts'

const stage = useStage()

const BASIC = 'instagram_business_basic'
const PUBLISH = 'instagram_business_content_publish'
const OTHER = { ...PROFILE, id: '25081994730615283', userId: '17841465209137453', username: 'mira.draws' }
const SECOND: Token = {
  kind: 'long_lived',
  accessToken: 'IGAAsecond',
  obtainedAt: later(60),
  expiresAt: later(60 + LIFETIME_SECONDS),
}

/** Of the process that the tests are about. */
const accounts = () => stage.process().accounts

async function count(): Promise<number> {
  return (await stage.accounts()).length
}

describe('an account that is connected', () => {
  test('is stored with everything that Instagram said, ids to the last digit', async () => {
    const account = await accounts().connect(connection({ askedScopes: [BASIC, PUBLISH] }))

    const { dueAt, ...rest } = account
    expect(Number(dueAt)).toBeGreaterThanOrEqual(Number(later(LIFETIME_SECONDS - 10 * 86_400)))
    expect(Number(dueAt)).toBeLessThanOrEqual(Number(later(LIFETIME_SECONDS - 8 * 86_400)))
    expect(rest).toStrictEqual({
      failedTries: 0,
      status: 'ok',
      statusReason: null,
      statusSince: NOW,
      key: expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/) as string,
      id: '27640875392278831',
      userId: '17841403815449847',
      username: 'harbour.bakery',
      name: 'Harbour Bakery',
      accountType: 'BUSINESS',
      pictureUrl: 'https://scontent.cdninstagram.com/a.jpg',
      profileReadAt: NOW,
      permissions: [BASIC],
      askedScopes: [BASIC, PUBLISH],
      tokenKind: 'long_lived',
      tokenObtainedAt: NOW,
      tokenExpiresAt: later(LIFETIME_SECONDS),
      connectedAt: NOW,
    })
    expect(await accounts().find(account.key)).toStrictEqual(account)
    expect(await accounts().accessToken(account.key)).toBe('IGAAfirst')
    expect(JSON.stringify(account)).not.toContain('IGAA')
  })

  test('may have nothing but an id and a token that never expires', async () => {
    const token: Token = { kind: 'classic', accessToken: '1574083.c.0', obtainedAt: NOW, expiresAt: null }

    const account = await accounts().connect(connection({ token, profile: null, permissions: null, askedScopes: [] }))

    expect(account).toMatchObject({
      id: APP_ID,
      userId: null,
      username: null,
      profileReadAt: null,
      permissions: null,
      askedScopes: [],
      tokenExpiresAt: null,
      dueAt: null,
    })
    expect(await accounts().find(account.key)).toStrictEqual(account)
  })

  test('may have a token that expires before it could be refreshed: it is looked at when it expires', async () => {
    const account = await accounts().connect(connection({ token: { ...connection().token, expiresAt: later(7_200) } }))

    expect(account.dueAt).toStrictEqual(later(7_200))
  })

  test.each([
    ['with profiles', PROFILE, OTHER],
    ['without profiles', null, null],
  ])('is another one than the next person’s, %s', async (_, profile, otherProfile) => {
    const first = await accounts().connect(connection({ profile }))
    const second = await accounts().connect(connection({ profile: otherProfile, userId: OTHER.id, token: SECOND }))

    expect(second.key).not.toBe(first.key)
    expect(await accounts().find(first.key)).toStrictEqual(first)
    expect(await accounts().accessToken(first.key)).toBe('IGAAfirst')
    expect(await accounts().accessToken(second.key)).toBe('IGAAsecond')
  })

  test('for the second time keeps its key and the date of its first connection, and gets the new token', async () => {
    const first = await accounts().connect(connection())
    stage.pass(60_000)

    const again = await accounts().connect(connection({ token: SECOND, permissions: [BASIC, PUBLISH] }))

    expect(again).toStrictEqual({
      ...first,
      dueAt: again.dueAt,
      permissions: [BASIC, PUBLISH],
      profileReadAt: stage.now(),
      tokenObtainedAt: SECOND.obtainedAt,
      tokenExpiresAt: SECOND.expiresAt,
    })
    expect(await count()).toBe(1)
    expect(await accounts().accessToken(first.key)).toBe('IGAAsecond')
  })

  test('for the second time under another app-scoped id stays one account, found by its professional id', async () => {
    const { key } = await accounts().connect(connection())

    const again = await accounts().connect(connection({ userId: idOf(7), profile: { ...PROFILE, id: idOf(7) } }))

    expect(again).toMatchObject({ key, id: idOf(7), userId: PROFESSIONAL_ID })
    expect(await count()).toBe(1)
  })

  test('for the second time takes over a new name, and keeps what Instagram leaves out', async () => {
    const { key } = await accounts().connect(connection())

    const again = await accounts().connect(
      connection({
        profile: { ...PROFILE, username: 'harbour.bakery.old.town', name: null, userId: null },
        permissions: null,
      }),
    )

    expect(again).toMatchObject({
      key,
      username: 'harbour.bakery.old.town',
      name: 'Harbour Bakery',
      userId: PROFESSIONAL_ID,
      permissions: [BASIC],
    })
  })

  test('several times at the same moment, by several processes, is one account', async () => {
    const another = stage.process({ database: await stage.openAnother() }).accounts

    const connected = await Promise.all([
      accounts().connect(connection()),
      another.connect(connection({ token: SECOND })),
      accounts().connect(connection({ profile: null })),
      another.connect(connection({ profile: null, userId: PROFESSIONAL_ID })),
      another.connect(connection({ userId: PROFESSIONAL_ID })),
      ...Array.from({ length: 5 }, () => another.connect(connection())),
    ])

    const [account] = await stage.accounts()
    expect(await count()).toBe(1)
    expect(connected.map(({ key }) => key)).toContain(account?.key)
  })

  test('has its token encrypted with the newest key, even if the old token cannot be decrypted', async () => {
    const { key } = await accounts().connect(connection())

    const again = await stage.process({ keys: [NEW_KEY] }).accounts.connect(connection({ token: SECOND }))

    expect(again.key).toBe(key)
    expect(await stage.process({ keys: [NEW_KEY, OLD_KEY] }).accounts.accessToken(key)).toBe('IGAAsecond')
    await expect(accounts().accessToken(key)).rejects.toMatchObject({ code: 'token_unreadable' })
  })
})

// The id that comes with a token is the app-scoped or the professional one; Instagram does not say which.
describe('an account whose profile could not be read', () => {
  test.each([
    ['app-scoped', APP_ID, 'app-scoped', APP_ID],
    ['professional', PROFESSIONAL_ID, 'professional', PROFESSIONAL_ID],
    ['app-scoped', APP_ID, 'professional', PROFESSIONAL_ID],
    ['professional', PROFESSIONAL_ID, 'app-scoped', APP_ID],
  ])('is completed by the next login: first under its %s id, then %s', async (_1, before, _2, after) => {
    const first = await accounts().connect(connection({ profile: null, userId: before }))
    stage.pass(60_000)

    const again = await accounts().connect(connection({ userId: after, token: SECOND }))

    expect(first).toMatchObject({ id: before, userId: null, profileReadAt: null })
    expect(again).toMatchObject({ key: first.key, connectedAt: NOW, id: APP_ID, userId: PROFESSIONAL_ID })
    expect(again.profileReadAt).toStrictEqual(stage.now())
    expect(await count()).toBe(1)
    expect(await accounts().accessToken(first.key)).toBe('IGAAsecond')
  })

  test.each([
    [APP_ID, PROFESSIONAL_ID],
    [PROFESSIONAL_ID, APP_ID],
  ])('becomes one when it was stored as two, under %s and under %s', async (one, other) => {
    const first = await accounts().connect(connection({ profile: null, userId: one }))
    const second = await accounts().connect(connection({ profile: null, userId: other }))

    const whole = await accounts().connect(connection({ token: SECOND }))

    expect([first.key, second.key]).toContain(whole.key)
    expect(await count()).toBe(1)
    expect(await accounts().accessToken(whole.key)).toBe('IGAAsecond')
  })

  test.each([
    ['app-scoped', APP_ID],
    ['professional', PROFESSIONAL_ID],
  ])('this time keeps the profile that it had, if the token comes with its %s id', async (_, userId) => {
    const first = await accounts().connect(connection())

    const again = await accounts().connect(connection({ profile: null, userId, token: SECOND }))

    expect(again).toStrictEqual({
      ...first,
      dueAt: again.dueAt,
      tokenObtainedAt: SECOND.obtainedAt,
      tokenExpiresAt: SECOND.expiresAt,
    })
    expect(await count()).toBe(1)
  })

  test('is never mixed up with another person’s', async () => {
    const other = await accounts().connect(connection({ profile: OTHER, userId: OTHER.id }))
    const unknown = await accounts().connect(connection({ profile: null, userId: PROFESSIONAL_ID }))

    const whole = await accounts().connect(connection({ userId: PROFESSIONAL_ID, token: SECOND }))

    expect(whole.key).toBe(unknown.key)
    expect(await accounts().find(other.key)).toStrictEqual(other)
    expect(await count()).toBe(2)
  })
})

describe('an account that is removed', () => {
  test('is gone with its token, and no other is', async () => {
    const first = await accounts().connect(connection())
    const other = await accounts().connect(connection({ profile: OTHER, userId: OTHER.id }))

    const removed = [await accounts().remove(first.key), await accounts().remove(first.key)]

    expect(removed).toMatchObject([{ account: first }, undefined])
    expect(await accounts().find(first.key)).toBeUndefined()
    expect(await accounts().accessToken(first.key)).toBeUndefined()
    expect(await accounts().find(other.key)).toStrictEqual(other)
    expect(stage.eventTypes().slice(2)).toStrictEqual(['account.disconnected'])
  })

  test('is a new one when it is connected again', async () => {
    const first = await accounts().connect(connection())
    await accounts().remove(first.key)
    stage.pass(60_000)

    const again = await accounts().connect(connection())

    expect(again.key).not.toBe(first.key)
    expect(again.connectedAt).toStrictEqual(later(60))
  })

  test.each(['', APP_ID, PROFESSIONAL_ID, "' OR 1=1 --", '%'])('is not found by the key “%s”', async (key) => {
    await accounts().connect(connection())

    const found = [await accounts().find(key), await accounts().accessToken(key), await accounts().remove(key)]

    expect(found).toStrictEqual([undefined, undefined, undefined])
    expect(await count()).toBe(1)
  })
})

describe('an account', () => {
  test('is found by either id, by the app-scoped one first', async () => {
    const first = await accounts().connect(connection())
    const other = await accounts().connect(connection({ userId: OTHER.id, profile: { ...OTHER, userId: APP_ID } }))

    expect(await accounts().findById(APP_ID)).toStrictEqual(first)
    expect(await accounts().findById(PROFESSIONAL_ID)).toStrictEqual(first)
    expect(await accounts().findById(OTHER.id)).toStrictEqual(other)
    expect(await accounts().findById('1')).toBeUndefined()
  })

  test('cannot use the token of another account that is copied in the database', async () => {
    const first = await accounts().connect(connection())
    const other = await accounts().connect(connection({ profile: OTHER, userId: OTHER.id }))
    await stage.database.query(
      `UPDATE accounts SET sealed_token = (SELECT sealed_token FROM accounts WHERE account_key = $1)
       WHERE account_key = $2`,
      [first.key, other.key],
    )

    await expect(accounts().accessToken(other.key)).rejects.toMatchObject({ code: 'token_unreadable' })
  })
})

/** Connects a person whose ids end in this odd number. */
async function add(number: number, username: string | null, status = 'ok'): Promise<void> {
  const id = idOf(number)
  const userId = String(17841403815449000n + BigInt(number))
  const account = await accounts().connect(
    username === null
      ? connection({ userId, profile: null })
      : connection({ userId, profile: { ...PROFILE, id, userId, username } }),
  )
  await stage.database.query('UPDATE accounts SET status = $1 WHERE account_key = $2', [status, account.key])
}

const names = (page: { accounts: { username: string | null }[] }) => page.accounts.map(({ username }) => username)

describe('the list of accounts', () => {
  test('is read page by page in the order of their ids, all of them or those with a status', async () => {
    for (const number of [5, 1, 3]) await add(number, `name${number}`)
    await add(7, 'lost', 'needs_reconnect')

    const first = await accounts().page({ after: '', limit: 2 })
    const second = await accounts().page({ after: first.accounts.at(-1)?.id ?? '', limit: 2 })
    const lost = await accounts().page({ after: idOf(1), status: 'needs_reconnect', limit: 1 })

    expect([names(first), first.more]).toStrictEqual([['name1', 'name3'], true])
    expect([names(second), second.more]).toStrictEqual([['name5', 'lost'], false])
    expect([names(lost), lost.more]).toStrictEqual([['lost'], false])
  })

  test('is counted by status, and by whether a refresh is due', async () => {
    await add(1, 'well')
    await add(3, 'due')
    await add(5, 'lost', 'needs_reconnect')
    await stage.database.query("UPDATE accounts SET due_at = $1 WHERE username = 'due'", [NOW.getTime()])

    const counts = await accounts().counts()

    expect(counts).toStrictEqual({
      all: 3,
      due: 1,
      byStatus: {
        ok: 2,
        short_lived: 0,
        expiring: 0,
        needs_reconnect: 1,
        unreadable: 0,
        disconnected_by_instagram: 0,
      },
    })
  })

  test.each([
    ['har', ['harbour.bakery', 'harp_and_co']],
    ['@Harbour', ['harbour.bakery']],
    [' harbour.bakery ', ['harbour.bakery']],
    ['bakery', []],
    ['har%', []],
    ['har_', []],
    [idOf(3), ['harp_and_co']],
    ['17841403815449001', ['harbour.bakery']],
    ['2764', ['2764.steps', 'harbour.bakery', 'harp_and_co', 'élan']],
    ['éla', ['élan']],
    ["'", []],
  ])('is searched for “%s” at the beginning of names and ids', async (text, found) => {
    for (const [index, name] of ['harbour.bakery', 'harp_and_co', '2764.steps', 'élan'].entries())
      await add(2 * index + 1, name)

    const page = await accounts().search(text, { limit: 50 })

    expect(names(page)).toStrictEqual(found)
    expect(page.more).toBe(false)
  })

  test('is searched among those with a status, and says whether there are more', async () => {
    for (const number of [1, 3, 5]) await add(number, `lost${number}`, 'needs_reconnect')
    await add(7, 'lost.and.found')
    await add(9, null)

    const page = await accounts().search('lost', { status: 'needs_reconnect', limit: 2 })
    const nameless = await accounts().search('17841403815449009', { limit: 2 })

    expect([names(page), page.more]).toStrictEqual([['lost1', 'lost3'], true])
    expect(nameless.accounts.map(({ id }) => id)).toStrictEqual(['17841403815449009'])
  })
})

onSqlite('every query for accounts and due work uses an index', async () => {
  const plans: string[] = []
  const { database } = stage
  const context = stage.process({
    database: {
      ...database,
      async query(sql, parameters) {
        const { rows } = await database.query(`EXPLAIN QUERY PLAN ${sql}`, parameters)
        // All accounts are compared with the token keys once, at the start.
        if (!sql.includes('token_key_id NOT IN')) plans.push(...rows.map(({ detail }) => String(detail)))
        return database.query(sql, parameters)
      },
    },
    environment: { WEBHOOK_URL: 'http://127.0.0.1:9', WEBHOOK_SECRETS: `whsec_${'A'.repeat(32)}` },
  })

  await context.accounts.byUrgency({ offset: 1, limit: 5 })
  await context.accounts.byUrgency({ offset: 1, limit: 5, status: 'ok' })
  const lists = [...plans]
  await context.accounts.find('key')
  await context.accounts.findById(APP_ID)
  await context.accounts.page({ after: '1', limit: 5 })
  await context.accounts.page({ after: '1', limit: 5, status: 'ok' })
  await context.accounts.search('har', { status: 'ok', limit: 5 })
  await context.accounts.counts()
  await context.refresher.refreshDue()
  await context.metrics.text()
  await context.jobs.run()

  expect(plans.length).toBeGreaterThan(15)
  expect(plans.filter((step) => /^SCAN (accounts|login|events)(?! USING COVERING)/.test(step))).toStrictEqual([])
  // In the order of the index, without sorting.
  const step: unknown = expect.stringMatching(/^SEARCH accounts USING INDEX accounts_urgency /)
  expect(lists).toStrictEqual([step, step])
})

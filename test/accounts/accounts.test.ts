import { describe, expect, test } from 'vitest'
import { UnreadableTokenError } from '../../src/accounts/keyRing.ts'
import type { Token } from '../../src/instagram/token.ts'
import { BASIC, later, NOW, PUBLISH } from '../instagram/support.ts'
import { APP_ID, connected, NEW_KEY, OLD_KEY, PROFESSIONAL_ID, PROFILE, startKeeping } from './support.ts'
import { onSqlite } from '../support/places.ts'

const OTHER = { ...PROFILE, id: '25081994730615283', userId: '17841465209137453', username: 'mira.draws' }
const SECOND: Token = {
  kind: 'long_lived',
  accessToken: 'IGAAsecond',
  obtainedAt: later(60),
  expiresAt: later(5_184_004),
}

describe('an account that is connected', () => {
  test('is kept with all that Instagram told, ids to the last digit', async () => {
    await using keeping = await startKeeping()

    const account = await keeping.accounts.connect(connected({ askedScopes: [BASIC, PUBLISH] }))

    expect(account).toStrictEqual({
      dueAt: new Date('2027-01-12T11:59:04.000Z'),
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
      tokenExpiresAt: later(5_183_944),
      connectedAt: NOW,
    })
    expect(await keeping.accounts.find(account.key)).toStrictEqual(account)
    expect(await keeping.accounts.accessToken(account.key)).toBe('IGAAfirst')
  })

  test('may have nothing but an id and a token without end', async () => {
    await using keeping = await startKeeping()
    const token: Token = { kind: 'classic', accessToken: '1574083.c.0', obtainedAt: NOW, expiresAt: null }

    const account = await keeping.accounts.connect(
      connected({ token, profile: null, permissions: null, askedScopes: [] }),
    )

    expect(account).toMatchObject({ id: APP_ID, userId: null, username: null, profileReadAt: null })
    expect(account).toMatchObject({ permissions: null, askedScopes: [], tokenExpiresAt: null })
    expect(await keeping.accounts.find(account.key)).toStrictEqual(account)
  })

  test('is another one than the next person’s', async () => {
    await using keeping = await startKeeping()

    const first = await keeping.accounts.connect(connected())
    const second = await keeping.accounts.connect(
      connected({ profile: OTHER, userId: OTHER.id, token: SECOND }),
    )

    expect(second.key).not.toBe(first.key)
    expect(await keeping.count()).toBe(2)
    expect(await keeping.accounts.find(first.key)).toStrictEqual(first)
    expect(await keeping.accounts.accessToken(first.key)).toBe('IGAAfirst')
    expect(await keeping.accounts.accessToken(second.key)).toBe('IGAAsecond')
  })

  test('is another one than the next person’s while Instagram tells of neither who they are', async () => {
    await using keeping = await startKeeping()

    const first = await keeping.accounts.connect(connected({ profile: null }))
    const second = await keeping.accounts.connect(
      connected({ profile: null, userId: OTHER.id, token: SECOND }),
    )

    expect(second.key).not.toBe(first.key)
    expect(await keeping.count()).toBe(2)
  })
})

describe('an account that is connected again', () => {
  test('keeps its key and the time of its first connection, and gets the new token', async () => {
    await using keeping = await startKeeping()
    const first = await keeping.accounts.connect(connected())
    keeping.pass(60)

    const again = await keeping.accounts.connect(connected({ token: SECOND, permissions: [BASIC, PUBLISH] }))

    expect(again).toStrictEqual({
      ...first,
      dueAt: new Date('2027-01-12T12:00:04.000Z'),
      permissions: [BASIC, PUBLISH],
      profileReadAt: SECOND.obtainedAt,
      tokenObtainedAt: SECOND.obtainedAt,
      tokenExpiresAt: SECOND.expiresAt,
    })
    expect(await keeping.count()).toBe(1)
    expect(await keeping.accounts.find(first.key)).toStrictEqual(again)
    expect(await keeping.accounts.accessToken(first.key)).toBe('IGAAsecond')
  })

  test('takes over a new name, and forgets nothing that Instagram leaves out this time', async () => {
    await using keeping = await startKeeping()
    const first = await keeping.accounts.connect(connected())

    const profile = { ...PROFILE, username: 'harbour.bakery.old.town', name: null }
    const again = await keeping.accounts.connect(connected({ profile }))

    expect(again).toMatchObject({
      key: first.key,
      username: 'harbour.bakery.old.town',
      name: 'Harbour Bakery',
    })
  })

  test('at the same moment is one', async () => {
    await using keeping = await startKeeping()

    const both = await Promise.all([
      keeping.accounts.connect(connected()),
      keeping.accounts.connect(connected({ token: SECOND })),
    ])

    expect(both[1].key).toBe(both[0].key)
    expect(await keeping.count()).toBe(1)
  })

  test('under another newest key is sealed with that', async () => {
    await using keeping = await startKeeping()
    const { key } = await keeping.accounts.connect(connected())
    const rotated = keeping.withKeys([NEW_KEY, OLD_KEY])
    expect(await rotated.accessToken(key)).toBe('IGAAfirst')

    await rotated.connect(connected({ token: SECOND }))

    expect(await keeping.withKeys([NEW_KEY]).accessToken(key)).toBe('IGAAsecond')
    await expect(keeping.accounts.accessToken(key)).rejects.toThrow(UnreadableTokenError)
  })

  test('is found though its old token can no longer be opened', async () => {
    await using keeping = await startKeeping()
    const { key } = await keeping.accounts.connect(connected())

    const again = await keeping.withKeys([NEW_KEY]).connect(connected({ token: SECOND }))

    expect(again.key).toBe(key)
    expect(await keeping.withKeys([NEW_KEY]).accessToken(key)).toBe('IGAAsecond')
  })
})

describe('an account of which Instagram tells late who it is', () => {
  // The id that comes with the token is the app-scoped or the professional one; Instagram does not say which.
  test.each([
    ['app-scoped', APP_ID],
    ['professional', PROFESSIONAL_ID],
  ])('is the same one when the token came with its %s id', async (_, userId) => {
    await using keeping = await startKeeping()
    const first = await keeping.accounts.connect(connected({ profile: null, userId }))
    keeping.pass(60)

    const again = await keeping.accounts.connect(connected({ userId, token: SECOND }))

    expect(first).toMatchObject({ id: userId, userId: null, profileReadAt: null })
    expect(again).toMatchObject({ key: first.key, connectedAt: NOW, id: APP_ID, userId: PROFESSIONAL_ID })
    expect(again.profileReadAt).toStrictEqual(SECOND.obtainedAt)
    expect(await keeping.count()).toBe(1)
  })

  test.each([
    ['app-scoped', 'professional', APP_ID, PROFESSIONAL_ID],
    ['professional', 'app-scoped', PROFESSIONAL_ID, APP_ID],
  ])('is the same one when a token came with its %s id and the next with its %s id', async (...ids) => {
    const [, , before, after] = ids
    await using keeping = await startKeeping()
    const first = await keeping.accounts.connect(connected({ profile: null, userId: before }))

    const again = await keeping.accounts.connect(connected({ userId: after, token: SECOND }))

    expect(again.key).toBe(first.key)
    expect(await keeping.count()).toBe(1)
    expect(await keeping.accounts.accessToken(first.key)).toBe('IGAAsecond')
  })

  test.each([
    [APP_ID, PROFESSIONAL_ID],
    [PROFESSIONAL_ID, APP_ID],
  ])('is one in the end when it was taken for two, under %s and under %s', async (one, other) => {
    await using keeping = await startKeeping()
    const first = await keeping.accounts.connect(connected({ profile: null, userId: one }))
    const second = await keeping.accounts.connect(connected({ profile: null, userId: other }))

    const whole = await keeping.accounts.connect(connected({ token: SECOND }))

    expect([first.key, second.key]).toContain(whole.key)
    expect(await keeping.count()).toBe(1)
    expect(await keeping.accounts.accessToken(whole.key)).toBe('IGAAsecond')
  })

  test.each([
    ['app-scoped', APP_ID],
    ['professional', PROFESSIONAL_ID],
  ])('keeps what was known when the next token comes with nothing but its %s id', async (_, userId) => {
    await using keeping = await startKeeping()
    const first = await keeping.accounts.connect(connected())

    const again = await keeping.accounts.connect(connected({ profile: null, userId, token: SECOND }))

    expect(again).toStrictEqual({
      ...first,
      dueAt: new Date('2027-01-12T12:00:04.000Z'),
      tokenObtainedAt: SECOND.obtainedAt,
      tokenExpiresAt: SECOND.expiresAt,
    })
    expect(await keeping.count()).toBe(1)
    expect(await keeping.accounts.accessToken(first.key)).toBe('IGAAsecond')
  })

  test('swallows no other account when it is told', async () => {
    await using keeping = await startKeeping()
    const other = await keeping.accounts.connect(connected({ profile: OTHER, userId: OTHER.id }))
    const unknown = await keeping.accounts.connect(connected({ profile: null, userId: PROFESSIONAL_ID }))

    const whole = await keeping.accounts.connect(connected({ userId: PROFESSIONAL_ID, token: SECOND }))

    expect(whole.key).toBe(unknown.key)
    expect(await keeping.accounts.find(other.key)).toStrictEqual(other)
    expect(await keeping.count()).toBe(2)
  })

  test('keeps its professional id when /me leaves it out the next time', async () => {
    await using keeping = await startKeeping()
    const first = await keeping.accounts.connect(connected())
    const limited = { ...PROFILE, userId: null }
    await keeping.accounts.connect(connected({ profile: limited }))

    const again = await keeping.accounts.connect(connected({ profile: null, userId: PROFESSIONAL_ID }))

    expect(again).toMatchObject({ key: first.key, id: APP_ID, userId: PROFESSIONAL_ID })
    expect(await keeping.count()).toBe(1)
  })
})

describe('an account that is removed', () => {
  test('is gone with its token, and no other is', async () => {
    await using keeping = await startKeeping()
    const first = await keeping.accounts.connect(connected())
    const other = await keeping.accounts.connect(connected({ profile: OTHER, userId: OTHER.id }))

    await keeping.accounts.remove(first.key)

    expect(await keeping.accounts.find(first.key)).toBeUndefined()
    expect(await keeping.accounts.accessToken(first.key)).toBeUndefined()
    expect(await keeping.accounts.find(other.key)).toStrictEqual(other)
  })

  test('can be removed twice', async () => {
    await using keeping = await startKeeping()
    const { key } = await keeping.accounts.connect(connected())
    await keeping.accounts.remove(key)

    await keeping.accounts.remove(key)

    expect(await keeping.count()).toBe(0)
  })

  test('is a new one when it is connected again', async () => {
    await using keeping = await startKeeping()
    const first = await keeping.accounts.connect(connected())
    await keeping.accounts.remove(first.key)
    keeping.pass(60)

    const again = await keeping.accounts.connect(connected())

    expect(again.key).not.toBe(first.key)
    expect(again.connectedAt).toStrictEqual(later(60))
  })
})

describe('a key that names no account', () => {
  test.each(['', APP_ID, PROFESSIONAL_ID, "' OR 1=1 --", '%'])('such as “%s” finds none', async (key) => {
    await using keeping = await startKeeping()
    await keeping.accounts.connect(connected())

    const found = [await keeping.accounts.find(key), await keeping.accounts.accessToken(key)]
    await keeping.accounts.remove(key)

    expect(found).toStrictEqual([undefined, undefined])
    expect(await keeping.count()).toBe(1)
  })
})

describe('a token', () => {
  const TOKEN = 'IGAAcanary27640875392278831canaryZAZABZA'
  const marked = connected({ token: { ...connected().token, accessToken: TOKEN } })

  onSqlite('is nowhere in the clear in SQLite’s files, open or closed', async () => {
    await using keeping = await startKeeping()
    const account = await keeping.accounts.connect(marked)
    await keeping.accounts.connect(marked)
    const open = await keeping.files()
    await keeping.database.run('PRAGMA wal_checkpoint(TRUNCATE)')
    const written = await keeping.files()

    await keeping.database.close()

    const closed = await keeping.files()
    expect([...open.keys()].sort()).toStrictEqual(['accounts.db', 'accounts.db-shm', 'accounts.db-wal'])
    expect([...closed.keys()]).toStrictEqual(['accounts.db'])
    expect(closed.get('accounts.db')?.includes(account.key)).toBe(true)
    for (const files of [open, written, closed])
      for (const [name, bytes] of files)
        expect(
          spellings(TOKEN).filter((text) => bytes.includes(text)),
          name,
        ).toEqual([])
  })

  test('is no part of the account that pages see', async () => {
    await using keeping = await startKeeping()

    const account = await keeping.accounts.connect(marked)

    expect(JSON.stringify(account)).not.toContain('canary')
    expect(JSON.stringify(await keeping.accounts.find(account.key))).not.toContain('canary')
  })

  test('that is moved to another account in the database does not open there', async () => {
    await using keeping = await startKeeping()
    const first = await keeping.accounts.connect(marked)
    const other = await keeping.accounts.connect(connected({ profile: OTHER, userId: OTHER.id }))
    await keeping.database.run(
      `UPDATE accounts SET sealed_token = (SELECT sealed_token FROM accounts WHERE account_key = $1)
       WHERE account_key = $2`,
      first.key,
      other.key,
    )

    const reading = keeping.accounts.accessToken(other.key)

    await expect(reading).rejects.toThrow(UnreadableTokenError)
  })
})

/** How a careless program might have written it. */
function spellings(token: string): (string | Buffer)[] {
  const bytes = Buffer.from(token)
  const encoded = [
    bytes.toString('base64').slice(0, -4),
    bytes.toString('hex'),
    Buffer.from(token, 'utf16le'),
  ]
  return [token, 'canary', ...encoded]
}

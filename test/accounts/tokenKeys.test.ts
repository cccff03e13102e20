import { createCipheriv } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createTokenCipher } from '../../src/accounts/tokenCipher.ts'
import { rotateKeys } from '../../src/accounts/tokenKeys.ts'
import type { TokenKey } from '../../src/config.ts'
import type { Database } from '../../src/database/database.ts'
import { isAppError } from '../../src/errors/errors.ts'
import { DAY_MS, HOUR_MS } from '../../src/facts.ts'
import { connection, idOf, NEW_KEY, OLD_KEY, OUT_OF_ORDER, useStage } from './stage.ts'

const stage = useStage()

const TOKEN = 'IGAA2e0uoy3ZAZABZA27640875392278831'
const ACCOUNT = '5f0c6b1e-6f0e-4c55-9a53-0d6cf1b0a7ce'
const OLDEST_KEY: TokenKey = { id: 'k0', secret: Buffer.alloc(32, 6) }
const LOST_KEY: TokenKey = { id: 'lost', secret: Buffer.alloc(32, 9) }
const SAME_ID: TokenKey = { id: 'k1', secret: Buffer.alloc(32, 10) }
const UNREADABLE = expect.objectContaining({ code: 'token_unreadable' }) as unknown

describe('an encrypted token', () => {
  const cipher = createTokenCipher([OLD_KEY])
  const encrypted = cipher.encrypt(TOKEN, ACCOUNT)

  function decrypts(text: string): boolean {
    try {
      cipher.decrypt(text, ACCOUNT)
      return true
    } catch (error) {
      if (isAppError(error, 'token_unreadable')) return false
      throw error
    }
  }

  test('is the same token for its account, whatever token and account are', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 60 })

    fc.assert(
      fc.property(text, text, (token, account) => {
        expect(cipher.decrypt(cipher.encrypt(token, account), account)).toBe(token)
      }),
    )
  })

  test('is a version, a key id, a nonce, and ciphertext with a whole tag, none of them used twice', () => {
    const [version, keyId, nonce = '', text = '', ...more] = encrypted.split('.')
    const others = Array.from({ length: 200 }, () => cipher.encrypt(TOKEN, ACCOUNT).split('.'))

    expect([version, keyId, more]).toStrictEqual(['1', 'k1', []])
    expect(Buffer.from(nonce, 'base64url')).toHaveLength(12)
    expect(Buffer.from(text, 'base64url')).toHaveLength(TOKEN.length + 16)
    expect(new Set(others.map((parts) => parts[2])).size).toBe(200)
    expect(new Set(others.map((parts) => parts[3])).size).toBe(200)
  })

  test('is encrypted with the newest key, and decrypted with its own', () => {
    const both = createTokenCipher([NEW_KEY, OLD_KEY])

    const newer = both.encrypt(TOKEN, ACCOUNT)

    expect(newer.split('.')[1]).toBe('k2')
    expect(both.decrypt(encrypted, ACCOUNT)).toBe(TOKEN)
    expect(createTokenCipher([NEW_KEY]).decrypt(newer, ACCOUNT)).toBe(TOKEN)
  })

  test('cannot be decrypted for another account, without its key, or with another key of the same id', () => {
    const swapped = createTokenCipher([NEW_KEY, OLD_KEY]).encrypt(TOKEN, ACCOUNT).replace('1.k2.', '1.k1.')

    expect(() => cipher.decrypt(encrypted, `${ACCOUNT} `)).toThrow(UNREADABLE)
    expect(() => cipher.decrypt(swapped, ACCOUNT)).toThrow(UNREADABLE)
    expect(() => createTokenCipher([NEW_KEY]).decrypt(encrypted, ACCOUNT)).toThrow(/"k1"/)
    expect(() => createTokenCipher([NEW_KEY]).decrypt(encrypted, ACCOUNT)).toThrow(UNREADABLE)
    expect(() => createTokenCipher([SAME_ID]).decrypt(encrypted, ACCOUNT)).toThrow(UNREADABLE)
  })

  test('cannot be decrypted with one bit changed, or cut off anywhere', () => {
    const parts = encrypted.split('.')
    const changed = [2, 3].flatMap((part) => {
      const bytes = Buffer.from(parts[part] ?? '', 'base64url')
      return [...bytes.keys()].map((place) => {
        const copy = Buffer.from(bytes)
        copy.writeUInt8((bytes[place] ?? 0) ^ 1, place)
        return parts.with(part, copy.toString('base64url')).join('.')
      })
    })
    const cut = Array.from(encrypted, (_, length) => encrypted.slice(0, length))

    expect([...changed, ...cut].filter(decrypts)).toStrictEqual([])
  })

  test('cannot be decrypted with a shortened tag', () => {
    const nonce = Buffer.alloc(12, 3)
    // An empty text is nothing but its tag, which cannot be filled up with ciphertext.
    const aes = createCipheriv('aes-256-gcm', OLD_KEY.secret, nonce).setAAD(Buffer.from(ACCOUNT))
    aes.final()
    const withTag = (length: number) =>
      `1.k1.${nonce.toString('base64url')}.${aes.getAuthTag().subarray(0, length).toString('base64url')}`

    expect([15, 12, 8, 4, 1, 0].filter((length) => decrypts(withTag(length)))).toStrictEqual([])
    expect(decrypts(withTag(16))).toBe(true)
  })

  test('is never garbage', () => {
    const part = fc.oneof(fc.base64String({ maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 40 }))
    const garbage = fc.oneof(
      part,
      fc.array(part, { maxLength: 6 }).map((parts) => parts.join('.')),
      fc.tuple(part, part).map(([nonce, text]) => `1.k1.${nonce}.${text}`),
      fc.constantFrom('1.constructor.AAAAAAAAAAAAAAAA.AAAA', '2.k1.AAAAAAAAAAAAAAAA.AAAA', 'null', TOKEN),
    )

    fc.assert(fc.property(garbage, (text) => !decrypts(text)))
  })
})

describe('an account whose key is missing', () => {
  const otherKeys = { keys: [NEW_KEY] }

  test('is unreadable, which is said once, and its token is neither sent nor deleted', async () => {
    await stage.login(stage.process())
    const before = await stage.database.query('SELECT sealed_token FROM accounts')
    const calls = stage.sandbox.calls.length

    for (const days of [1, 120]) {
      const restarted = stage.process(otherKeys)
      await restarted.jobs.run()
      await stage.live(restarted, days * DAY_MS)
    }

    expect(await stage.onlyAccount()).toMatchObject({
      status: 'unreadable',
      statusReason: 'no_key',
      dueAt: null,
    })
    expect(stage.eventTypes()).toStrictEqual(['account.connected', 'account.unreadable'])
    expect(stage.logged('account.unreadable')).toHaveLength(1)
    expect(stage.sandbox.calls).toHaveLength(calls)
    expect(await stage.database.query('SELECT sealed_token FROM accounts')).toStrictEqual(before)
  })

  test('is ok again when the key is back, and is refreshed', async () => {
    await stage.login(stage.process())
    await stage.process(otherKeys).jobs.run()
    stage.pass(20 * DAY_MS)
    const restarted = stage.process()
    await restarted.jobs.run()

    await stage.live(restarted, 35 * DAY_MS)

    expect(await stage.onlyAccount()).toMatchObject({ status: 'ok', statusReason: null })
    expect(stage.eventTypes()).toStrictEqual([
      'account.connected',
      'account.unreadable',
      'account.readable',
      'token.refreshed',
    ])
  })

  test('and whose token expired meanwhile needs the person when the key is back', async () => {
    await stage.login(stage.process())
    await stage.process(otherKeys).jobs.run()
    stage.pass(70 * DAY_MS)

    const context = stage.process()
    await context.jobs.run()
    await context.jobs.run()

    expect(await stage.onlyAccount()).toMatchObject({ status: 'needs_reconnect', statusReason: 'token_expired' })
    expect(stage.refreshedTokens()).toHaveLength(1)
  })

  test('and which needed the person before still does when the key is back', async () => {
    const context = stage.process()
    await stage.login(context)
    await stage.database.query('UPDATE accounts SET due_at = 0')
    stage.sandbox.revoke('business')
    stage.pass(3 * DAY_MS)
    await context.refresher.refreshDue()

    await stage.process(otherKeys).jobs.run()
    await stage.process().jobs.run()

    expect(await stage.onlyAccount()).toMatchObject({
      status: 'needs_reconnect',
      statusReason: 'app_removed',
    })
    expect(stage.eventTypes()).toStrictEqual(['account.connected', 'account.needs_reconnect'])
  })

  test('and which was expiring before is refreshed when the key is back', async () => {
    const context = stage.process()
    await stage.login(context)
    stage.refuseRefreshes(OUT_OF_ORDER, 4)
    await stage.live(context, 53 * DAY_MS, HOUR_MS)
    await stage.process(otherKeys).jobs.run()
    const restarted = stage.process()
    await restarted.jobs.run()

    await stage.live(restarted, DAY_MS, HOUR_MS)

    expect(await stage.onlyAccount()).toMatchObject({ status: 'ok', failedTries: 0 })
  })

  test('is ok again when the person logs in', async () => {
    await stage.login(stage.process())
    const restarted = stage.process(otherKeys)
    await restarted.jobs.run()

    await stage.login(restarted)

    expect(await stage.onlyAccount()).toMatchObject({ status: 'ok', statusReason: null })
    await stage.live(restarted, 53 * DAY_MS)
    expect(stage.refreshedTokens()).toHaveLength(1)
  })

  test('because a key has the right id and wrong bytes is unreadable once its refresh is due', async () => {
    await stage.login(stage.process())

    for (const days of [70, 1]) {
      const restarted = stage.process({ keys: [SAME_ID] })
      await restarted.jobs.run()
      await stage.live(restarted, days * DAY_MS, 6 * HOUR_MS)
    }

    expect(await stage.onlyAccount()).toMatchObject({ status: 'unreadable', statusReason: 'no_key' })
    expect(stage.eventTypes()).toStrictEqual(['account.connected', 'account.unreadable'])
    expect(stage.refreshedTokens()).toStrictEqual([])
  })

  test('is said to be unreadable once by two processes that find out together', async () => {
    for (let number = 0; number < 10; number += 1) await stage.connect(idOf(number))
    const one = stage.process(otherKeys)
    const other = stage.process({ ...otherKeys, database: await stage.openAnother() })

    await Promise.all([one.jobs.run(), other.jobs.run()])

    expect(stage.eventTypes().filter((type) => type === 'account.unreadable')).toHaveLength(10)
  })
})

describe('rotating the keys', () => {
  const cipher = createTokenCipher([NEW_KEY, OLD_KEY, OLDEST_KEY])

  function accountsWith(...keys: TokenKey[]) {
    return stage.process({ keys }).accounts
  }

  function person(index: number, accessToken = `IGAAof${index}`) {
    const token = { ...connection().token, accessToken }
    return connection({ userId: `2764087539227${index}`, profile: null, token })
  }

  /** Connects one account for each key, with its token under that key. Returns the accounts' keys. */
  async function connectUnder(keys: readonly TokenKey[]): Promise<string[]> {
    const accountKeys: string[] = []
    for (const [index, key] of keys.entries()) accountKeys.push((await accountsWith(key).connect(person(index))).key)
    return accountKeys
  }

  async function rows() {
    return (await stage.database.query('SELECT * FROM accounts ORDER BY account_key')).rows
  }

  /** The database; the app acts after tokens were read and before they are written. */
  function interrupted(act: () => Promise<unknown>): Database {
    return {
      ...stage.database,
      async transaction(work) {
        await act()
        return stage.database.transaction(work)
      },
    }
  }

  test('changes nothing but the encryption of the tokens, and only the newest key is needed then', async () => {
    const { database } = stage
    const keys = await connectUnder([OLD_KEY, OLDEST_KEY, NEW_KEY, OLD_KEY, OLDEST_KEY])
    const before = await rows()

    const rotation = await rotateKeys({ database, cipher })

    const after = await rows()
    const blank = { sealed_token: null, token_key_id: null }
    expect(rotation).toStrictEqual({
      encrypted: 4,
      unreadable: 0,
      isFinished: true,
      counts: new Map([
        ['k2', 5],
        ['k1', 0],
        ['k0', 0],
      ]),
    })
    for (const [index, key] of keys.entries())
      expect(await accountsWith(NEW_KEY).accessToken(key)).toBe(`IGAAof${index}`)
    expect(after.map((row) => ({ ...row, ...blank }))).toStrictEqual(before.map((row) => ({ ...row, ...blank })))
    expect(await rotateKeys({ database, cipher })).toMatchObject({ encrypted: 0, isFinished: true })
    expect(await rows()).toStrictEqual(after)
  })

  test('of an empty database is finished at once', async () => {
    const rotation = await rotateKeys({ database: stage.database, cipher })

    expect(rotation).toMatchObject({ encrypted: 0, isFinished: true })
    expect([...rotation.counts.values()]).toStrictEqual([0, 0, 0])
  })

  test('counts tokens that no key decrypts, and leaves them as they were', async () => {
    const nonsense = ['1.k1', '1.k1.AAAA.AAAA', '2.k1.a.b', '1.k1..', '.k1.é.…']
    const keys = await connectUnder([LOST_KEY, SAME_ID, LOST_KEY, ...nonsense.map(() => OLD_KEY), OLD_KEY])
    for (const [index, text] of nonsense.entries())
      await stage.database.query('UPDATE accounts SET sealed_token = $1 WHERE account_key = $2', [
        text,
        keys[3 + index] ?? '',
      ])
    const before = (await rows()).filter(({ account_key: key }) => key !== keys.at(-1))

    const rotation = await rotateKeys({ database: stage.database, cipher, batchSize: 2 })

    expect(rotation).toMatchObject({ encrypted: 1, unreadable: 8, isFinished: true })
    expect([...rotation.counts]).toStrictEqual([
      ['k2', 1],
      ['k1', 6],
      ['k0', 0],
      ['lost', 2],
    ])
    expect((await rows()).filter(({ token_key_id: id }) => id !== 'k2')).toStrictEqual(before)
  })

  test('can be stopped between two batches, and the next rotation goes on', async () => {
    const { database } = stage
    const keys = await connectUnder([OLD_KEY, OLD_KEY, OLDEST_KEY, OLD_KEY, OLDEST_KEY])
    const stopping = new AbortController()
    const progress: number[] = []

    const never = await rotateKeys({ database, cipher, signal: AbortSignal.abort() })
    const first = await rotateKeys({
      database,
      cipher,
      batchSize: 2,
      signal: stopping.signal,
      onProgress({ done, total }) {
        progress.push(done, total)
        if (done === 2) stopping.abort()
      },
    })
    const second = await rotateKeys({ database, cipher, batchSize: 2 })

    expect(never).toMatchObject({ encrypted: 0, isFinished: false })
    expect(progress).toStrictEqual([0, 5, 2, 5])
    expect(first).toMatchObject({ encrypted: 2, isFinished: false })
    expect(first.counts.get('k2')).toBe(2)
    expect(second).toMatchObject({ encrypted: 3, isFinished: true })
    for (const [index, key] of keys.entries())
      expect(await accountsWith(NEW_KEY).accessToken(key)).toBe(`IGAAof${index}`)
  })

  test('stores nothing of a batch that fails', async () => {
    await connectUnder([OLD_KEY, OLD_KEY, OLD_KEY])
    await stage.database.query("CREATE UNIQUE INDEX one_new_key ON accounts (token_key_id) WHERE token_key_id = 'k2'")
    const before = await rows()

    const rotation = rotateKeys({ database: stage.database, cipher })

    await expect(rotation).rejects.toThrow(/unique/i)
    await stage.database.query('DROP INDEX one_new_key')
    expect(await rows()).toStrictEqual(before)
  })

  test('leaves a token alone that the app replaces, and an account that it deletes, at the same time', async () => {
    const [replaced = '', deleted = '', other = ''] = await connectUnder([OLDEST_KEY, OLD_KEY, OLD_KEY])
    const app = accountsWith(OLD_KEY, OLDEST_KEY)
    const database = interrupted(async () => {
      await app.connect(person(0, 'IGAAnewer'))
      await app.remove(deleted)
    })

    const rotation = await rotateKeys({ database, cipher })

    expect(rotation).toMatchObject({ encrypted: 1, unreadable: 0, isFinished: true })
    expect(rotation.counts.get('k1')).toBe(1)
    expect(await app.accessToken(replaced)).toBe('IGAAnewer')
    expect(await app.find(deleted)).toBeUndefined()
    expect(await accountsWith(NEW_KEY).accessToken(other)).toBe('IGAAof2')
  })

  test('twice at the same time does each token once', async () => {
    const { database } = stage
    const keys = await connectUnder(Array.from({ length: 20 }, () => OLD_KEY))

    const rotations = await Promise.all([
      rotateKeys({ database, cipher, batchSize: 3 }),
      rotateKeys({ database, cipher, batchSize: 4 }),
    ])

    expect(rotations.reduce((sum, { encrypted }) => sum + encrypted, 0)).toBe(20)
    for (const [index, key] of keys.entries())
      expect(await accountsWith(NEW_KEY).accessToken(key)).toBe(`IGAAof${index}`)
  })

  test('never loses a token, whatever keys there are and wherever it stops', async () => {
    const plans = fc.record({
      under: fc.array(fc.constantFrom(OLDEST_KEY, OLD_KEY, NEW_KEY, LOST_KEY), { maxLength: 8 }),
      batchSize: fc.integer({ min: 1, max: 5 }),
      stops: fc.array(fc.nat({ max: 4 }), { maxLength: 3 }),
      replaced: fc.array(fc.nat({ max: 7 }), { maxLength: 4 }),
    })

    await fc.assert(
      fc.asyncProperty(plans, async ({ under, batchSize, stops, replaced }) => {
        await stage.database.query('DELETE FROM accounts')
        const app = accountsWith(NEW_KEY, OLD_KEY, OLDEST_KEY)
        const keys = await connectUnder(under)
        const expected = new Map(keys.map((key, index) => [key, `IGAAof${index}`]))
        const toReplace = [...replaced]
        const database = interrupted(async () => {
          const index = toReplace.pop() ?? -1
          const key = keys[index]
          if (key === undefined) return
          await app.connect(person(index, `IGAAnewer${toReplace.length}`))
          expected.set(key, `IGAAnewer${toReplace.length}`)
        })

        for (const stop of stops) {
          const stopping = new AbortController()
          let steps = 0
          const onProgress = () => {
            if (steps++ === stop) stopping.abort()
          }
          await rotateKeys({ database, cipher, batchSize, onProgress, signal: stopping.signal })
        }
        const { unreadable, counts } = await rotateKeys({ database: stage.database, cipher, batchSize })

        expect(counts.get('lost') ?? 0).toBe(unreadable)
        expect((counts.get('k2') ?? 0) + unreadable).toBe(under.length)
        const everyKey = accountsWith(NEW_KEY, LOST_KEY)
        for (const [key, token] of expected) expect(await everyKey.accessToken(key)).toBe(token)
      }),
      { numRuns: 10 },
    )
  })
})

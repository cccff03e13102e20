import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createKeyRing, type TokenKey } from '../../src/accounts/keyRing.ts'
import { rotateKeys } from '../../src/accounts/rotateKeys.ts'
import type { Database } from '../../src/storage/database.ts'
import { later, NOW } from '../instagram/support.ts'
import { connected, NEW_KEY, OLD_KEY, startKeeping } from './support.ts'

const OLDEST_KEY: TokenKey = { id: 'k0', secret: Buffer.alloc(32, 6) }
const LOST_KEY: TokenKey = { id: 'lost', secret: Buffer.alloc(32, 9) }
const NO_LONGER_THE_SAME: TokenKey = { id: 'k1', secret: Buffer.alloc(32, 10) }
const keyRing = createKeyRing([NEW_KEY, OLD_KEY, OLDEST_KEY])

type Keeping = Awaited<ReturnType<typeof startKeeping>>

/** Connects one account for each of the keys, in this order, its token sealed under that key. */
async function connectUnder(keeping: Keeping, keys: readonly TokenKey[]): Promise<string[]> {
  const accountKeys: string[] = []
  for (const [index, key] of keys.entries()) {
    const account = await keeping.withKeys([key]).connect(person(index))
    accountKeys.push(account.key)
  }
  return accountKeys
}

function person(index: number, accessToken = `IGAAof${index}`) {
  const token = { kind: 'long_lived', accessToken, obtainedAt: NOW, expiresAt: later(5_183_944) } as const
  return connected({ userId: `2764087539227${index}`, profile: null, token })
}

/** All that is kept of accounts, by key. */
async function rowsOf(database: Database) {
  return await database.all('SELECT * FROM accounts ORDER BY account_key')
}

/** The database, in which the app does something after tokens were read, and before they are written. */
function interrupted(database: Database, act: () => Promise<unknown>): Database {
  return {
    all: (...query) => database.all(...query),
    run: (...statement) => database.run(...statement),
    runUnsynced: (...statement) => database.runUnsynced(...statement),
    async transaction(work) {
      await act()
      return await database.transaction(work)
    },
    close: () => database.close(),
  }
}

test('every token is the same afterwards, and only the newest key is needed', async () => {
  await using keeping = await startKeeping()
  const { database } = keeping
  const keys = await connectUnder(keeping, [OLD_KEY, OLDEST_KEY, NEW_KEY, OLD_KEY, OLDEST_KEY])

  const rotation = await rotateKeys({ database, keyRing })

  expect(rotation).toStrictEqual({
    sealed: 4,
    unreadable: 0,
    finished: true,
    counts: new Map([
      ['k2', 5],
      ['k1', 0],
      ['k0', 0],
    ]),
  })
  for (const [index, key] of keys.entries())
    expect(await keeping.withKeys([NEW_KEY]).accessToken(key)).toBe(`IGAAof${index}`)
})

test('nothing of an account changes but how its token is sealed', async () => {
  await using keeping = await startKeeping()
  const { database } = keeping
  await connectUnder(keeping, [OLD_KEY, OLDEST_KEY, NEW_KEY])
  const before = await rowsOf(database)

  await rotateKeys({ database, keyRing })

  const after = await rowsOf(database)
  const unsealed = { sealed_token: null, token_key_id: null }
  expect(after.map((row) => ({ ...row, ...unsealed }))).toStrictEqual(
    before.map((row) => ({ ...row, ...unsealed })),
  )
})

test('a second time does nothing', async () => {
  await using keeping = await startKeeping()
  const { database } = keeping
  await connectUnder(keeping, [OLD_KEY, OLDEST_KEY, NEW_KEY])
  await rotateKeys({ database, keyRing })
  const before = await rowsOf(database)

  const { sealed, finished } = await rotateKeys({ database, keyRing })

  expect({ sealed, finished }).toStrictEqual({ sealed: 0, finished: true })
  expect(await rowsOf(database)).toStrictEqual(before)
})

test('a database without accounts is done at once', async () => {
  await using keeping = await startKeeping()

  const { sealed, finished, counts } = await rotateKeys({ database: keeping.database, keyRing })

  expect({ sealed, finished }).toStrictEqual({ sealed: 0, finished: true })
  expect([...counts.values()]).toStrictEqual([0, 0, 0])
})

test('tokens that no key opens are counted, passed, and left as they were to the byte', async () => {
  await using keeping = await startKeeping()
  const { database } = keeping
  const lost = Array.from({ length: 7 }, (_, index) => (index % 2 ? LOST_KEY : NO_LONGER_THE_SAME))
  const keys = await connectUnder(keeping, [...lost, OLD_KEY, OLDEST_KEY])
  const before = (await rowsOf(database)).filter(({ account_key: key }) =>
    keys.slice(0, 7).includes(String(key)),
  )

  const rotation = await rotateKeys({ database, keyRing, batchSize: 2 })

  const after = (await rowsOf(database)).filter(({ token_key_id: id }) => id !== 'k2')
  expect(after).toStrictEqual(before)
  expect(rotation).toMatchObject({ sealed: 2, unreadable: 7, finished: true })
  expect([...rotation.counts]).toStrictEqual([
    ['k2', 2],
    ['k1', 4],
    ['k0', 0],
    ['lost', 3],
  ])
  expect(await keeping.withKeys([NEW_KEY]).accessToken(keys[7] ?? '')).toBe('IGAAof7')
})

test.each(['1.k1', '', '1.k1.AAAA.AAAA', '2.k1.a.b', '1.k1..', '.k1.é.…'])(
  'what is no sealed token at all, as %j, holds nothing up',
  async (nonsense) => {
    await using keeping = await startKeeping()
    const { database } = keeping
    const [broken = ''] = await connectUnder(keeping, [OLD_KEY, OLD_KEY])
    await database.run('UPDATE accounts SET sealed_token = $1 WHERE account_key = $2', nonsense, broken)

    const rotation = await rotateKeys({ database, keyRing, batchSize: 1 })

    expect(rotation).toMatchObject({ sealed: 1, unreadable: 1, finished: true })
    const [row] = await database.all('SELECT sealed_token FROM accounts WHERE account_key = $1', broken)
    expect(row).toStrictEqual({ sealed_token: nonsense })
  },
)

test('stopped after a batch, it keeps what is done, and the next one does the rest', async () => {
  await using keeping = await startKeeping()
  const { database } = keeping
  const keys = await connectUnder(keeping, [OLD_KEY, OLD_KEY, OLDEST_KEY, OLD_KEY, OLDEST_KEY])
  const stopping = new AbortController()

  const first = await rotateKeys({
    database,
    keyRing,
    batchSize: 2,
    signal: stopping.signal,
    onProgress: ({ done }) => {
      if (done === 2) stopping.abort()
    },
  })
  const second = await rotateKeys({ database, keyRing, batchSize: 2 })

  expect(first).toMatchObject({ sealed: 2, finished: false })
  expect(first.counts.get('k2')).toBe(2)
  expect(second).toMatchObject({ sealed: 3, finished: true })
  for (const [index, key] of keys.entries())
    expect(await keeping.withKeys([NEW_KEY]).accessToken(key)).toBe(`IGAAof${index}`)
})

test('stopped before it begins, it touches nothing', async () => {
  await using keeping = await startKeeping()
  const { database } = keeping
  await connectUnder(keeping, [OLD_KEY])

  const rotation = await rotateKeys({ database, keyRing, signal: AbortSignal.abort() })

  expect(rotation).toMatchObject({ sealed: 0, finished: false })
  expect(rotation.counts.get('k1')).toBe(1)
})

test('a batch that fails leaves no token half done, and passes the failure on', async () => {
  await using keeping = await startKeeping()
  const { database } = keeping
  await connectUnder(keeping, [OLD_KEY, OLD_KEY, OLD_KEY])
  await database.run("CREATE UNIQUE INDEX one ON accounts (token_key_id) WHERE token_key_id = 'k2'")
  const before = await rowsOf(database)

  await expect(rotateKeys({ database, keyRing })).rejects.toThrow(/unique/i)

  expect(await rowsOf(database)).toStrictEqual(before)
})

test('a token that the app replaces between reading and writing is kept, and the others go on', async () => {
  await using keeping = await startKeeping()
  const { database } = keeping
  const [changed = '', other = ''] = await connectUnder(keeping, [OLD_KEY, OLD_KEY])
  const app = keeping.withKeys([NEW_KEY, OLD_KEY])

  const rotation = await rotateKeys({
    database: interrupted(database, () => app.connect(person(0, 'IGAAnewer'))),
    keyRing,
  })

  expect(rotation).toMatchObject({ sealed: 1, unreadable: 0, finished: true })
  expect(rotation.counts.get('k2')).toBe(2)
  expect(await app.accessToken(changed)).toBe('IGAAnewer')
  expect(await app.accessToken(other)).toBe('IGAAof1')
})

test('a token that an app with older settings replaces meanwhile is kept, and told of as still under the old key', async () => {
  await using keeping = await startKeeping()
  const { database } = keeping
  const [changed = ''] = await connectUnder(keeping, [OLDEST_KEY, OLD_KEY])

  const rotation = await rotateKeys({
    database: interrupted(database, () =>
      keeping.withKeys([OLD_KEY, OLDEST_KEY]).connect(person(0, 'IGAAnewer')),
    ),
    keyRing,
  })

  expect(rotation).toMatchObject({ sealed: 1, unreadable: 0, finished: true })
  expect(rotation.counts.get('k1')).toBe(1)
  expect(await keeping.withKeys([OLD_KEY]).accessToken(changed)).toBe('IGAAnewer')
})

test('an account that is removed meanwhile does not come back', async () => {
  await using keeping = await startKeeping()
  const { database, accounts } = keeping
  const [removed = ''] = await connectUnder(keeping, [OLD_KEY, OLD_KEY])

  const rotation = await rotateKeys({
    database: interrupted(database, () => accounts.remove(removed)),
    keyRing,
  })

  expect(rotation).toMatchObject({ sealed: 1, finished: true })
  expect(await keeping.count()).toBe(1)
})

test('two rotations at once harm nothing', async () => {
  await using keeping = await startKeeping()
  const { database } = keeping
  const keys = await connectUnder(
    keeping,
    Array.from({ length: 20 }, () => OLD_KEY),
  )

  const rotations = await Promise.all([
    rotateKeys({ database, keyRing, batchSize: 3 }),
    rotateKeys({ database, keyRing, batchSize: 4 }),
  ])

  expect(rotations.reduce((sum, { sealed }) => sum + sealed, 0)).toBe(20)
  for (const [index, key] of keys.entries())
    expect(await keeping.withKeys([NEW_KEY]).accessToken(key)).toBe(`IGAAof${index}`)
})

test('two thousand accounts are sealed in batches, and progress says how far it is', async () => {
  await using keeping = await startKeeping()
  const { database } = keeping
  await connectUnder(keeping, [OLD_KEY])
  const oldRing = createKeyRing([OLD_KEY])
  await database.transaction(async (queries) => {
    const [pattern = {}] = await queries.all('SELECT * FROM accounts')
    for (let index = 1; index < 2000; index++) {
      const key = crypto.randomUUID()
      const row = {
        ...pattern,
        account_key: key,
        id: `many${index}`,
        sealed_token: oldRing.seal(`IGAAof${index}`, key),
      }
      const places = Object.keys(row).map((_, place) => `$${place + 1}`)
      await queries.run(
        `INSERT INTO accounts (${Object.keys(row).join(', ')}) VALUES (${places.join(', ')})`,
        ...Object.values(row),
      )
    }
  })
  const progress: number[] = []

  const rotation = await rotateKeys({
    database,
    keyRing,
    onProgress: ({ done, total }) => progress.push(done, total),
  })

  expect(rotation).toMatchObject({ sealed: 2000, unreadable: 0, finished: true })
  expect(progress.slice(0, 10)).toStrictEqual([0, 2000, 500, 2000, 1000, 2000, 1500, 2000, 2000, 2000])
  const reader = keeping.withKeys([NEW_KEY])
  for (const { account_key: key, id } of await database.all("SELECT * FROM accounts WHERE id LIKE 'many%'"))
    expect(await reader.accessToken(String(key))).toBe(String(id).replace('many', 'IGAAof'))
})

test('whatever keys there are, and wherever it stops, no token is ever lost or changed', async () => {
  const anyKey = fc.constantFrom(OLDEST_KEY, OLD_KEY, NEW_KEY, LOST_KEY)
  const anyPlan = fc.record({
    under: fc.array(anyKey, { maxLength: 12 }),
    batchSize: fc.integer({ min: 1, max: 5 }),
    stops: fc.array(fc.nat({ max: 4 }), { maxLength: 4 }),
    replaced: fc.array(fc.nat({ max: 11 }), { maxLength: 6 }),
  })

  const rotations = fc.asyncProperty(anyPlan, async ({ under, batchSize, stops, replaced }) => {
    await using keeping = await startKeeping()
    const app = keeping.withKeys([NEW_KEY, OLD_KEY, OLDEST_KEY])
    const keys = await connectUnder(keeping, under)
    const expected = new Map(keys.map((key, index) => [key, `IGAAof${index}`]))
    const toReplace = [...replaced]
    const database = interrupted(keeping.database, async () => {
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
      await rotateKeys({ database, keyRing, batchSize, onProgress, signal: stopping.signal })
    }
    const { unreadable, counts } = await rotateKeys({ database: keeping.database, keyRing, batchSize })

    expect(counts.get('lost') ?? 0).toBe(unreadable)
    expect((counts.get('k2') ?? 0) + unreadable).toBe(under.length)
    const everyKey = keeping.withKeys([NEW_KEY, LOST_KEY])
    for (const [key, token] of expected) expect(await everyKey.accessToken(key)).toBe(token)
  })

  await fc.assert(rotations, { numRuns: 40, interruptAfterTimeLimit: 13_000 })
}, 30_000)

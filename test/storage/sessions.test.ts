import { promisify } from 'node:util'
import type { SessionData } from 'express-session'
import { describe, expect, test } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import { removeExpiredSessions } from '../../src/storage/sessionRows.ts'
import { DatabaseSessionStore } from '../../src/storage/sessions.ts'
import { engines } from './engines.ts'

const HOUR = 60 * 60 * 1000
const DAY = 24 * HOUR
const NOON = Date.parse('2026-11-23T12:00:00Z')

describe.each(engines)('the session store on $name', ({ place }) => {
  async function world(lifetimeMs = 30 * DAY) {
    const open = await place()
    const database = await open()
    const clock = { now: NOON }
    const store = new DatabaseSessionStore(database, { now: () => new Date(clock.now), lifetimeMs })
    return { ...verbs(store), store, database, clock, open }
  }

  test('gives back the session that was set, with its cookie', async () => {
    const { set, get } = await world()
    const session = visitor('Zoë 👩‍🚀', NOON + DAY)

    await set('a', session)

    expect(await get('a')).toStrictEqual(session)
  })

  test('gives nothing for a session that nobody set', async () => {
    const { get } = await world()

    expect(await get('a')).toBeNull()
  })

  test('replaces a session that is set again, expiry and all', async () => {
    const { set, get, length, clock } = await world()
    await set('a', visitor('Ann', NOON + HOUR))

    await set('a', visitor('Bob', NOON + 2 * HOUR))

    clock.now += HOUR
    expect(await get('a')).toMatchObject({ visitor: 'Bob' })
    expect(await length()).toBe(1)
  })

  test('keeps sessions apart', async () => {
    const { set, get } = await world()
    await Promise.all(['a', 'b', 'c'].map((sid) => set(sid, visitor(sid, NOON + DAY))))

    const found = await Promise.all(['c', 'a', 'b'].map((sid) => get(sid)))

    expect(found).toMatchObject([{ visitor: 'c' }, { visitor: 'a' }, { visitor: 'b' }])
  })

  test('keeps sessions for those who open the database again', async () => {
    const { set, database, open } = await world()
    await set('a', visitor('Ann', NOON + DAY))
    await database.close()

    const store = new DatabaseSessionStore(await open(), { now: () => new Date(NOON), lifetimeMs: DAY })

    expect(await verbs(store).get('a')).toMatchObject({ visitor: 'Ann' })
  })

  test('forgets a session that is destroyed, and only that one', async () => {
    const { set, get, destroy } = await world()
    await set('a', visitor('Ann', NOON + DAY))
    await set('b', visitor('Bob', NOON + DAY))

    await destroy('a')
    await destroy('never set')

    expect(await get('a')).toBeNull()
    expect(await get('b')).toMatchObject({ visitor: 'Bob' })
  })

  test('takes an expired session as absent everywhere, from that very millisecond', async () => {
    const { set, get, all, length, clock } = await world()
    await set('a', visitor('Ann', NOON + HOUR))

    clock.now += HOUR - 1
    expect([await get('a'), await all(), await length()]).toMatchObject([{}, [{}], 1])

    clock.now += 1
    expect([await get('a'), await all(), await length()]).toStrictEqual([null, [], 0])
  })

  test.each([null, undefined])(
    'lets a session whose cookie expires at %s live for the lifetime it was told',
    async (expires) => {
      const { set, get, clock } = await world(DAY)
      await set('a', visitor('Ann', expires))

      clock.now += DAY - 1
      expect((await get('a'))?.cookie).toMatchObject({ originalMaxAge: null })
      clock.now += 1
      expect(await get('a')).toBeNull()
    },
  )

  test('lists and counts the sessions that are alive, and clears them all', async () => {
    const { set, all, length, clear } = await world()
    await set('a', visitor('Ann', NOON + DAY))
    await set('b', visitor('Bob', NOON + DAY))
    await set('c', visitor('Cem', NOON - DAY))

    expect(await length()).toBe(2)
    expect(await all()).toStrictEqual(
      expect.arrayContaining([visitor('Ann', NOON + DAY), visitor('Bob', NOON + DAY)]),
    )

    await clear()
    expect([await length(), await all()]).toStrictEqual([0, []])
  })

  test('removes the rows of expired sessions, and says how many they were', async () => {
    const { set, get, database, clock } = await world()
    await set('a', visitor('Ann', NOON))
    await set('b', visitor('Bob', NOON - DAY))
    await set('c', visitor('Cem', NOON + 1))

    expect(await removeExpiredSessions(database, new Date(clock.now))).toBe(2)
    expect(await removeExpiredSessions(database, new Date(clock.now))).toBe(0)

    expect(await database.all('SELECT sid FROM sessions')).toStrictEqual([{ sid: 'c' }])
    expect(await get('c')).toMatchObject({ visitor: 'Cem' })
  })

  describe('touched', () => {
    test('lets a session live on, and says so in its cookie', async () => {
      const { set, get, touch, clock } = await world()
      await set('a', visitor('Ann', NOON + DAY))
      clock.now += HOUR

      await touch('a', visitor('whoever', NOON + HOUR + DAY))

      clock.now += DAY - 1
      expect(await get('a')).toStrictEqual({
        ...visitor('Ann', NOON + HOUR + DAY),
        cookie: cookie(NOON + HOUR + DAY, DAY),
      })
    })

    test('lets a session without an expiry of its own live on', async () => {
      const { set, get, touch, clock } = await world(DAY)
      await set('a', visitor('Ann', null))
      clock.now += DAY - 1

      await touch('a', visitor('Ann', null))

      clock.now += DAY - 1
      expect(await get('a')).toMatchObject({ visitor: 'Ann' })
    })

    test('writes nothing within the hour', async () => {
      const { set, touch, clock, database } = await world()
      await set('a', visitor('Ann', NOON + 7 * DAY))
      const before = await written(database)

      for (const minute of [0, 1, 30, 59]) {
        clock.now = NOON + minute * 60_000
        await touch('a', visitor('Ann', clock.now + 7 * DAY))
      }

      expect(await written(database)).toStrictEqual(before)
      clock.now = NOON + HOUR
      await touch('a', visitor('Ann', clock.now + 7 * DAY))
      expect(await written(database)).not.toStrictEqual(before)
    })

    test('keeps a session of ten minutes alive as long as it is used', async () => {
      const { set, get, touch, clock } = await world()
      await set('a', visitor('Ann', NOON + 10 * 60_000))

      for (let minute = 1; minute <= 120; minute++) {
        clock.now = NOON + minute * 60_000
        await touch('a', visitor('Ann', clock.now + 10 * 60_000))
      }

      expect(await get('a')).toMatchObject({ visitor: 'Ann' })
    })

    test('ends a session earlier where its cookie now does', async () => {
      const { set, get, touch, clock } = await world()
      await set('a', visitor('Ann', NOON + 7 * DAY))

      await touch('a', visitor('Ann', NOON + HOUR))

      clock.now += HOUR
      expect(await get('a')).toBeNull()
    })

    test('brings back neither a destroyed session, nor an expired one, nor one that never was', async () => {
      const { set, get, touch, destroy, clock } = await world()
      await set('destroyed', visitor('Ann', NOON + DAY))
      await destroy('destroyed')
      await set('expired', visitor('Bob', NOON + HOUR))
      clock.now += HOUR

      for (const sid of ['destroyed', 'expired', 'never set']) {
        await touch(sid, visitor('Cem', NOON + 7 * DAY))
        expect(await get(sid)).toBeNull()
      }
    })
  })

  describe('answering', () => {
    test('never throws, and tells every error once to the callback', async () => {
      const { store, database } = await world()
      await database.close()
      const session = visitor('Ann', NOON + DAY)
      const asked: ((callback: (error: unknown) => void) => void)[] = [
        (callback) => {
          store.get('a', callback)
        },
        (callback) => {
          store.set('a', session, callback)
        },
        (callback) => {
          store.touch('a', session, callback)
        },
        (callback) => {
          store.destroy('a', callback)
        },
        (callback) => {
          store.all(callback)
        },
        (callback) => {
          store.length(callback)
        },
        (callback) => {
          store.clear(callback)
        },
      ]

      for (const ask of asked)
        expect(await answers(ask)).toStrictEqual([
          expect.objectContaining({ message: 'The database is closed' }),
        ])
    })

    test('calls back once, and not before the call has returned', async () => {
      const { store } = await world()
      const session = visitor('Ann', NOON + DAY)

      expect(
        await answers((callback) => {
          store.set('a', session, callback)
        }),
      ).toStrictEqual([null])
      expect(
        await answers((callback) => {
          store.get('a', callback)
        }),
      ).toStrictEqual([null])
      expect(
        await answers((callback) => {
          store.destroy('a', callback)
        }),
      ).toStrictEqual([null])
    })

    test('works without callbacks, even where it fails', async () => {
      const { store, get, database } = await world()
      const session = visitor('Ann', NOON + DAY)

      store.set('a', session)
      await expect.poll(() => get('a')).toMatchObject({ visitor: 'Ann' })
      store.touch('a', session)
      store.destroy('a')
      await expect.poll(() => get('a')).toBeNull()
      store.clear()

      await database.close()
      store.set('a', session)
      store.touch('a', session)
      store.destroy('a')
      store.clear()
      await nextTurn()
    })

    test('tells the callback about a session that cannot be written as JSON', async () => {
      const { set, length } = await world()
      const round: Record<string, unknown> = {}
      round['round'] = round

      await expect(set('a', { ...visitor('Ann', NOON + DAY), ...round })).rejects.toThrow('circular')
      await expect(set('a', { ...visitor('Ann', NOON + DAY), ...{ id: 1n } })).rejects.toThrow('BigInt')
      expect(await length()).toBe(0)
    })

    test('tells the callback about an expiry that is no date', async () => {
      const { set, touch, length } = await world()

      await expect(set('a', visitor('Ann', Number.NaN))).rejects.toThrow('integer')
      await expect(touch('a', visitor('Ann', Number.NaN))).rejects.toThrow('integer')
      expect(await length()).toBe(0)
    })

    test('tells the callback about a row that is no session', async () => {
      const { get, all, database } = await world()
      await database.run(
        'INSERT INTO sessions (sid, data, expires_at) VALUES ($1, $2, $3)',
        'a',
        '{"coo',
        NOON + DAY,
      )

      await expect(get('a')).rejects.toThrow(SyntaxError)
      await expect(all()).rejects.toThrow(SyntaxError)
    })
  })
})

function verbs(store: DatabaseSessionStore) {
  return {
    get: promisify<string, SessionData | null | undefined>(store.get.bind(store)),
    set: promisify<string, SessionData>(store.set.bind(store)),
    touch: promisify<string, SessionData>(store.touch.bind(store)),
    destroy: promisify<string>(store.destroy.bind(store)),
    all: promisify<SessionData[] | undefined>(store.all.bind(store)),
    length: promisify<number | undefined>(store.length.bind(store)),
    clear: promisify(store.clear.bind(store)),
  }
}

/** A session as it comes out of the store: express-session makes a Cookie of it. */
function visitor(name: string, expires: number | null | undefined): SessionData {
  const session = { cookie: cookie(expires, expires == null ? null : expires - NOON), visitor: name }
  return session as unknown as SessionData
}

function cookie(expires: number | null | undefined, originalMaxAge: number | null) {
  const known = { originalMaxAge, httpOnly: true, path: '/', sameSite: 'lax' }
  return expires === undefined ? known : { ...known, expires: expires === null ? null : new Date(expires) }
}

/** Every argument list's first, in the order in which a callback got them until a few turns of the event loop after the first. */
async function answers(ask: (callback: (error: unknown) => void) => void): Promise<unknown[]> {
  const errors: unknown[] = []
  const first = Promise.withResolvers<undefined>()
  ask((error) => {
    errors.push(error)
    first.resolve(undefined)
  })
  const atOnce = errors.length
  await first.promise
  for (let turn = 0; turn < 5; turn++) await nextTurn()
  expect(atOnce).toBe(0)
  return errors
}

async function written(database: Database): Promise<unknown> {
  return await database.all('SELECT sid, data, expires_at FROM sessions ORDER BY sid')
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

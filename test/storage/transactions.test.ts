import { describe, expect, test } from 'vitest'
import type { Database, Queries } from '../../src/storage/database.ts'
import { engines } from './engines.ts'

describe.each(engines)('a transaction on $name', ({ place }) => {
  async function places(): Promise<() => Promise<Database>> {
    const open = await place()
    const database = await open()
    await database.run('CREATE TABLE things (name TEXT PRIMARY KEY, amount BIGINT)')
    return open
  }

  async function shelf(): Promise<Database> {
    const open = await places()
    return await open()
  }

  test('keeps all that it wrote, and gives the result of its work', async () => {
    const database = await shelf()

    const result = await database.transaction(async (queries) => {
      await add(queries, 'apple', 1)
      await add(queries, 'pear', 2)
      return await queries.all('SELECT amount FROM things ORDER BY amount')
    })

    expect(result).toStrictEqual([{ amount: 1 }, { amount: 2 }])
    expect(await names(database)).toStrictEqual(['apple', 'pear'])
  })

  test('keeps nothing when its work fails, and passes the error on as it is', async () => {
    const database = await shelf()
    const error = new Error('changed my mind')

    const result = database.transaction(async (queries) => {
      await add(queries, 'apple', 1)
      throw error
    })

    await expect(result).rejects.toBe(error)
    expect(await names(database)).toStrictEqual([])
  })

  test('keeps nothing when its work throws before the first statement is awaited', async () => {
    const database = await shelf()

    const result = database.transaction((queries) => {
      void add(queries, 'apple', 1)
      throw new Error('changed my mind')
    })

    await expect(result).rejects.toThrow('changed my mind')
    expect(await names(database)).toStrictEqual([])
  })

  test('keeps nothing when one of its statements fails', async () => {
    const database = await shelf()

    const result = database.transaction(async (queries) => {
      await add(queries, 'apple', 1)
      await add(queries, 'apple', 2)
    })

    await expect(result).rejects.toThrow(/unique/i)
    expect(await names(database)).toStrictEqual([])
  })

  test('fails with the failed statement even when its work caught the error', async () => {
    const database = await shelf()

    const result = database.transaction(async (queries) => {
      await add(queries, 'apple', 1)
      await add(queries, 'apple', 2).catch(() => 'never mind')
    })

    await expect(result).rejects.toThrow(/unique/i)
    expect(await names(database)).toStrictEqual([])
  })

  test('takes no statement after one that failed', async () => {
    const database = await shelf()
    const later: unknown[] = []

    const result = database.transaction(async (queries) => {
      await add(queries, 'apple', 1)
      await add(queries, 'apple', 2).catch(() => 'never mind')
      await add(queries, 'pear', 3).catch((error: unknown) => later.push(error))
    })

    await expect(result).rejects.toThrow(/unique/i)
    expect(later).toStrictEqual([
      expect.objectContaining({ message: expect.stringContaining('has failed') as string }),
    ])
    expect(await names(database)).toStrictEqual([])
  })

  test('does not stick the queue when it fails', async () => {
    const database = await shelf()

    const all = await Promise.allSettled([
      database.transaction(() => Promise.reject(new Error('first'))),
      add(database, 'apple', 1),
      database.transaction((queries) => queries.run('SELEKT')),
      database.transaction((queries) => add(queries, 'pear', 2)),
    ])

    expect(all.map(({ status }) => status)).toStrictEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled'])
    expect(await names(database)).toStrictEqual(['apple', 'pear'])
  })

  test('lets a stranger see and do nothing before it has ended', async () => {
    const database = await shelf()
    const half = gate()
    const finish = gate()
    const events: string[] = []

    const transaction = database.transaction(async (queries) => {
      await add(queries, 'apple', 1)
      half.open()
      await finish.passed
      await add(queries, 'pear', 2)
      events.push('transaction')
    })
    await half.passed
    const seen = database.all('SELECT name FROM things')
    const written = add(database, 'plum', 3).then(() => events.push('stranger'))
    await nextTurn()
    finish.open()
    await Promise.all([transaction, written])

    expect([0, 2]).toContain((await seen).length)
    expect(events.toSorted()).toStrictEqual(['stranger', 'transaction'])
    expect(await names(database)).toStrictEqual(['apple', 'pear', 'plum'])
  })

  test("does not take a stranger's statement with it when it fails", async () => {
    const database = await shelf()
    const half = gate()
    const finish = gate()

    const transaction = database.transaction(async (queries) => {
      await add(queries, 'apple', 1)
      half.open()
      await finish.passed
      throw new Error('changed my mind')
    })
    await half.passed
    const written = add(database, 'plum', 3)
    finish.open()

    await expect(transaction).rejects.toThrow('changed my mind')
    await written
    expect(await names(database)).toStrictEqual(['plum'])
  })

  test('keeps a stranger outside even if it had to wait for its own turn', async () => {
    const database = await shelf()
    const [begun, goOn, half, finish] = [gate(), gate(), gate(), gate()]
    const first = database.transaction(async (queries) => {
      begun.open()
      await goOn.passed
      await add(queries, 'apple', 1)
    })
    await begun.passed

    const second = database.transaction(async (queries) => {
      await add(queries, 'pear', 2)
      half.open()
      await finish.passed
      throw new Error('changed my mind')
    })
    goOn.open()
    await first
    await half.passed
    const written = add(database, 'plum', 3)
    finish.open()

    await expect(second).rejects.toThrow('changed my mind')
    await written
    expect(await names(database)).toStrictEqual(['apple', 'plum'])
  })

  test('that fails harms none of those that were asked for at the same moment', async () => {
    const database = await shelf()
    await add(database, 'apple', 0)
    const refused = new Error('changed my mind')

    const outcomes = await Promise.allSettled([
      database.transaction(increment),
      add(database, 'apple', 1),
      database.transaction(async (queries) => {
        await add(queries, 'plum', 3)
        throw refused
      }),
      database.transaction(async (queries) => {
        await add(queries, 'pear', 2)
        await add(queries, 'apple', 2).catch(() => undefined)
      }),
      add(database, 'fig', 4),
      database.transaction(increment),
    ])

    expect(outcomes.map(({ status }) => status === 'fulfilled')).toStrictEqual([
      true,
      false,
      false,
      false,
      true,
      true,
    ])
    expect(outcomes[2]).toMatchObject({ reason: refused })
    expect(await database.all('SELECT * FROM things ORDER BY name')).toStrictEqual([
      { name: 'apple', amount: 2 },
      { name: 'fig', amount: 4 },
    ])
  })

  test('cannot close the database, and does no harm to those that wait by trying to', async () => {
    const database = await shelf()
    const [begun, asked] = [gate(), gate()]
    const closing = database.transaction(async () => {
      begun.open()
      await asked.passed
      await database.close()
    })
    await begun.passed

    const written = add(database, 'apple', 1)
    asked.open()

    await expect(closing).rejects.toThrow('only its own queries')
    await written
    expect(await names(database)).toStrictEqual(['apple'])
  })

  test('is done before the database closes that was told to after it', async () => {
    const open = await places()
    const database = await open()

    const outcomes = Promise.all([
      add(database, 'apple', 1),
      database.transaction((queries) => add(queries, 'pear', 2)),
      database.close(),
    ])

    await outcomes
    expect(await names(await open())).toStrictEqual(['apple', 'pear'])
  })

  test('runs after another one that was started together with it, never between', async () => {
    const database = await shelf()
    await add(database, 'apple', 0)

    await Promise.all(Array.from({ length: 20 }, () => database.transaction(increment)))

    expect(await database.all('SELECT amount FROM things')).toStrictEqual([{ amount: 20 }])
  })

  test('runs after one of another connection to the same database, never between', async () => {
    const open = await places()
    const databases = await Promise.all([open(), open(), open()])
    await add(await open(), 'apple', 0)

    const work = databases.flatMap((database) =>
      Array.from({ length: 10 }, () => database.transaction(increment)),
    )
    await Promise.all(work)

    expect(await (await open()).all('SELECT amount FROM things')).toStrictEqual([{ amount: 30 }])
  })

  test('keeps a statement of another connection waiting, not failing', async () => {
    const open = await places()
    const [one, other] = await Promise.all([open(), open()])
    const half = gate()
    const finish = gate()

    const transaction = one.transaction(async (queries) => {
      await add(queries, 'apple', 1)
      half.open()
      await finish.passed
    })
    await half.passed
    const written = other.run('INSERT INTO things (name) VALUES ($1) ON CONFLICT (name) DO NOTHING', 'apple')
    await nextTurn()
    finish.open()
    await transaction

    expect(await written).toBe(0)
  })

  test('is not under way any more for queries kept beyond its end', async () => {
    const database = await shelf()
    const kept: Queries[] = []
    await database.transaction((queries) => Promise.resolve(kept.push(queries)))
    await database
      .transaction((queries) => Promise.reject(new Error(String(kept.push(queries)))))
      .catch(() => 0)

    for (const queries of kept) {
      await expect(add(queries, 'apple', 1)).rejects.toThrow('has ended')
      await expect(queries.all('SELECT name FROM things')).rejects.toThrow('has ended')
    }

    expect(kept).toHaveLength(2)
    expect(await names(database)).toStrictEqual([])
  })

  test('refuses the database itself inside, instead of waiting for itself forever', async () => {
    const database = await shelf()

    await expect(database.transaction(() => add(database, 'apple', 1))).rejects.toThrow(
      'only its own queries',
    )
    await expect(database.transaction(() => names(database))).rejects.toThrow('only its own queries')
    await expect(database.transaction(() => database.close())).rejects.toThrow('only its own queries')
    await expect(database.transaction(() => database.transaction(increment))).rejects.toThrow(
      'only its own queries',
    )
    expect(await names(database)).toStrictEqual([])
  })

  test('lets what it started use the database once it has ended', async () => {
    const database = await shelf()
    const ended = gate()

    const later = await database.transaction((queries) => {
      const afterwards = ended.passed.then(() =>
        Promise.all([increment(queries).catch(String), add(database, 'apple', 1)]),
      )
      return Promise.resolve({ afterwards })
    })
    ended.open()

    expect(await later.afterwards).toStrictEqual([expect.stringContaining('has ended'), 1])
  })
})

async function increment(queries: Queries): Promise<void> {
  const [row] = await queries.all('SELECT amount FROM things WHERE name = $1', 'apple')
  await nextTurn()
  await queries.run('UPDATE things SET amount = $1 WHERE name = $2', Number(row?.['amount']) + 1, 'apple')
}

function add(queries: Queries, name: string, amount: number): Promise<number> {
  return queries.run('INSERT INTO things (name, amount) VALUES ($1, $2)', name, amount)
}

async function names(database: Database): Promise<unknown[]> {
  const rows = await database.all('SELECT name FROM things ORDER BY name')
  return rows.map((row) => row['name'])
}

function gate(): { open: () => void; passed: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  return {
    open: () => {
      resolve(undefined)
    },
    passed: promise,
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

import { describe, expect, test } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import { engines } from './engines.ts'

describe.each(engines)('a database on $name', ({ place }) => {
  async function shelf(): Promise<Database> {
    const open = await place()
    return withShelf(await open())
  }

  test('gives back the row that was written', async () => {
    const database = await shelf()

    await database.run('INSERT INTO things (name, amount, note) VALUES ($1, $2, $3)', 'apple', 3, null)

    expect(await database.all('SELECT name, amount, note FROM things')).toStrictEqual([
      { name: 'apple', amount: 3, note: null },
    ])
  })

  test('gives no rows where there are none', async () => {
    const database = await shelf()

    expect(await database.all('SELECT name FROM things WHERE name = $1', 'apple')).toStrictEqual([])
  })

  test('takes parameters by number, out of order and more than once', async () => {
    const database = await shelf()

    await database.run('INSERT INTO things (amount, note, name) VALUES ($2, $1, $1)', 'apple', 7)

    expect(
      await database.all('SELECT name, amount, note FROM things WHERE $1 = amount AND name = $2', 7, 'apple'),
    ).toStrictEqual([{ name: 'apple', amount: 7, note: 'apple' }])
  })

  test('tells a tenth parameter from the first', async () => {
    const database = await shelf()
    const ten = 'INSERT INTO things (name, amount) VALUES ($1, $2), ($3, $4), ($5, $6), ($7, $8), ($9, $10)'

    await database.run(ten, 'a', 1, 'b', 2, 'c', 3, 'd', 4, 'e', 5)

    expect(await database.all('SELECT amount FROM things WHERE name = $1', 'e')).toStrictEqual([
      { amount: 5 },
    ])
  })

  test.each([
    ['too few', ['apple']],
    ['too many', ['apple', 1, 2]],
  ])('refuses %s values', async (_, values) => {
    const database = await shelf()

    await expect(
      database.run('INSERT INTO things (name, amount) VALUES ($1, $2)', ...values),
    ).rejects.toThrow('2 parameters')
    expect(await count(database)).toBe(0)
  })

  test.each([Number.NaN, Infinity, 1.5, 2 ** 53, -(2 ** 53)])('refuses the number %d', async (amount) => {
    const database = await shelf()

    await expect(
      database.run('INSERT INTO things (name, amount) VALUES ($1, $2)', 'apple', amount),
    ).rejects.toThrow('integer')
    expect(await count(database)).toBe(0)
  })

  test.each([Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 9007199254740989, 0])(
    'keeps the integer %d exactly',
    async (amount) => {
      const database = await shelf()

      await add(database, 'apple', amount)

      expect(await database.all('SELECT amount FROM things')).toStrictEqual([{ amount }])
    },
  )

  test('keeps text exactly: other alphabets, emoji, quotes, line ends, what looks like a number', async () => {
    const database = await shelf()
    const texts = [
      'Ærø 日本語 العربية',
      '👩‍👩‍👧 e\u0301',
      `'"\`;--$1 ?1`,
      'a\r\nb\tc ',
      '',
      '027640875392278831',
      'null',
    ]

    for (const text of texts) await add(database, text, 1)

    const rows = await database.all('SELECT name FROM things')
    expect(rows.map((row) => row['name']).sort()).toStrictEqual([...texts].sort())
  })

  test('counts the rows that a statement changed, and none', async () => {
    const database = await shelf()
    await add(database, 'apple', 1)
    await add(database, 'pear', 1)

    expect(await database.run('UPDATE things SET amount = $1', 2)).toBe(2)
    expect(await database.run('UPDATE things SET amount = $1 WHERE name = $2', 2, 'plum')).toBe(0)
    expect(
      await database.run('INSERT INTO things (name) VALUES ($1) ON CONFLICT (name) DO NOTHING', 'pear'),
    ).toBe(0)
    expect(await database.run('DELETE FROM things WHERE name = $1', 'pear')).toBe(1)
  })

  test('returns what a statement wrote, where it says RETURNING', async () => {
    const database = await shelf()
    await add(database, 'apple', 1)

    const rows = await database.all(
      `INSERT INTO things (name, amount) VALUES ($1, $2)
       ON CONFLICT (name) DO UPDATE SET amount = things.amount + excluded.amount RETURNING name, amount`,
      'apple',
      41,
    )

    expect(rows).toStrictEqual([{ name: 'apple', amount: 42 }])
    expect(await database.all('SELECT amount FROM things')).toStrictEqual([{ amount: 42 }])
  })

  test('rejects what a unique column does not take, and goes on', async () => {
    const database = await shelf()
    await add(database, 'apple', 1)

    await expect(add(database, 'apple', 2)).rejects.toThrow(/unique/i)

    expect(await database.all('SELECT amount FROM things')).toStrictEqual([{ amount: 1 }])
  })

  test('rejects wrong SQL without throwing at the caller', async () => {
    const database = await shelf()

    const asked = database.all('SELEKT 1')

    await expect(asked).rejects.toThrow(/syntax error/)
  })

  test('keeps what was written when it is closed and opened again', async () => {
    const open = await place()
    const before = await withShelf(await open())
    await add(before, 'apple', 5)
    await before.close()

    const after = await open()

    expect(await after.all('SELECT name, amount FROM things')).toStrictEqual([{ name: 'apple', amount: 5 }])
  })

  test('does what was asked before it closes', async () => {
    const open = await place()
    const before = await withShelf(await open())

    const written = before.transaction(async (queries) => {
      await nextTurn()
      await add(queries, 'apple', 5)
    })
    await before.close()

    await written
    expect(await count(await open())).toBe(1)
  })

  test('refuses everything once it is closed, and closes again without complaint', async () => {
    const database = await shelf()
    await database.close()

    await expect(database.all('SELECT name FROM things')).rejects.toThrow('closed')
    await expect(add(database, 'apple', 1)).rejects.toThrow('closed')
    await expect(database.transaction((queries) => add(queries, 'apple', 1))).rejects.toThrow('closed')
    await database.close()
  })
})

async function withShelf(database: Database): Promise<Database> {
  await database.run('CREATE TABLE things (name TEXT PRIMARY KEY, amount BIGINT, note TEXT)')
  return database
}

function add(database: Pick<Database, 'run'>, name: string, amount: number): Promise<number> {
  return database.run('INSERT INTO things (name, amount) VALUES ($1, $2)', name, amount)
}

async function count(database: Database): Promise<unknown> {
  const [row] = await database.all('SELECT COUNT(*) AS count FROM things')
  return row?.['count']
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

import { inspect } from 'node:util'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type Database, openDatabase, openExistingDatabase, type Queries } from '../../src/database/database.ts'
import { schemaVersion } from '../../src/database/migrations.ts'
import { SKIP_LOCKED } from '../../src/database/queries.ts'
import { engines } from '../support/places.ts'
import { emptyDatabase, opened, rejection } from './opening.ts'

const NEWEST = 6

describe.each(engines)('a database on $name', (engine) => {
  async function withThings(): Promise<{ database: Database; url: string }> {
    const url = await emptyDatabase(engine)
    const database = await opened(url)
    await database.query('CREATE TABLE things (name TEXT PRIMARY KEY, amount BIGINT, note TEXT)')
    return { database, url }
  }

  test('returns rows exactly as they were written', async () => {
    const { database } = await withThings()
    const texts = ['Ærø 日本語 العربية', '👩‍👩‍👧 e\u0301', `'"\`;--$1 ?1`, 'a\r\nb\tc ', '', '0276', 'null']
    const rows = [
      ...texts.map((name) => ({ name, amount: 0, note: null })),
      { name: 'largest', amount: Number.MAX_SAFE_INTEGER, note: 'x' },
      { name: 'smallest', amount: -Number.MAX_SAFE_INTEGER, note: 'x' },
    ]

    for (const { name, amount, note } of rows)
      await database.query('INSERT INTO things (name, amount, note) VALUES ($1, $2, $3)', [name, amount, note])

    const read = await database.query('SELECT name, amount, note FROM things')
    expect(read.rowCount).toBe(rows.length)
    expect(new Set(read.rows)).toStrictEqual(new Set(rows))
    expect((await database.query('SELECT name FROM things WHERE name = $1', ['plum'])).rows).toStrictEqual([])
    await expect(database.query('SELECT 9007199254740993 AS id')).rejects.toThrow('too large')
  })

  test('takes parameters by number, in any order, more than once, and more than nine', async () => {
    const { database } = await withThings()

    await database.query(
      `INSERT INTO things (amount, note, name) VALUES ($2, $1, $1), ($3, $4, $4), ($5, $6, $6), ($7, $8, $8), ($9, $10, $11)`,
      ['a', 1, 2, 'b', 3, 'c', 4, 'd', 5, 'x', 'e'],
    )

    expect((await database.query('SELECT * FROM things WHERE name IN ($1, $2)', ['a', 'e'])).rows).toStrictEqual([
      { name: 'a', amount: 1, note: 'a' },
      { name: 'e', amount: 5, note: 'x' },
    ])
  })

  test('refuses too few and too many parameters, and numbers that are no safe integers', async () => {
    const { database } = await withThings()
    const wrong = [['a'], ['a', 1, 2], ...[NaN, Infinity, 1.5, 2 ** 53, -(2 ** 53), undefined].map((n) => ['a', n])]

    for (const parameters of wrong)
      await expect(
        database.query('INSERT INTO things (name, amount) VALUES ($1, $2)', parameters as string[]),
      ).rejects.toThrow(/parameter|column index/i)

    expect(await names(database)).toStrictEqual([])
  })

  test('counts the rows that a statement changed or returned', async () => {
    const { database } = await withThings()
    await add(database, 'apple')
    await add(database, 'pear')
    const changed = async (sql: string) => (await database.query(sql)).rowCount

    expect(await changed('UPDATE things SET amount = 2')).toBe(2)
    expect(await changed("UPDATE things SET amount = 2 WHERE name = 'plum'")).toBe(0)
    expect(await changed("INSERT INTO things (name) VALUES ('pear') ON CONFLICT DO NOTHING")).toBe(0)
    expect(await changed("DELETE FROM things WHERE name = 'pear'")).toBe(1)
    expect(await database.query('UPDATE things SET amount = amount + 40 RETURNING name, amount')).toStrictEqual({
      rows: [{ name: 'apple', amount: 42 }],
      rowCount: 1,
    })
  })

  test('rejects duplicates and wrong SQL, and continues', async () => {
    const { database } = await withThings()
    await add(database, 'canary-27640875392278831')

    const duplicate = await rejection(add(database, 'canary-27640875392278831'))
    await expect(database.query('SELEKT 1')).rejects.toThrow(/syntax error/)

    expect(duplicate.message).toMatch(/unique/i)
    expect(inspect(duplicate, { depth: 9 })).not.toContain('canary')
    expect(await names(database)).toHaveLength(1)
  })

  test('sorts the text of accounts by its bytes', async () => {
    const database = await opened(await emptyDatabase(engine))
    for (const code of ['a', 'ä', 'B', 'C', '_', '1'])
      await database.query('INSERT INTO deletions (confirmation_code, asked_at, done_at) VALUES ($1, 1, 1)', [code])

    const { rows } = await database.query('SELECT confirmation_code AS code FROM deletions ORDER BY confirmation_code')

    expect(rows.map(({ code }) => code)).toStrictEqual(['1', 'B', 'C', '_', 'a', 'ä'])
  })

  test('stores what was written before it was closed, and refuses queries afterwards', async () => {
    const { database, url } = await withThings()

    const written = database.transaction(async (transaction) => {
      await setImmediate()
      await add(transaction, 'apple')
    })
    await Promise.all([database.close(), database.close()])

    await written
    await expect(add(database, 'pear')).rejects.toThrow()
    await expect(database.transaction((transaction) => add(transaction, 'pear'))).rejects.toThrow()
    expect(await names(await opened(url))).toStrictEqual(['apple'])
  })

  test('a transaction commits everything and returns the result', async () => {
    const { database } = await withThings()

    const result = await database.transaction(async (transaction) => {
      await transaction.lock(['apple', 'pear', 'apple'])
      await Promise.all([add(transaction, 'apple'), add(transaction, 'pear')])
      return names(transaction)
    })

    expect(result).toStrictEqual(['apple', 'pear'])
    expect(await names(database)).toStrictEqual(['apple', 'pear'])
  })

  test('a transaction that throws commits nothing, and the error reaches the caller', async () => {
    const { database } = await withThings()
    const error = new Error('changed my mind')

    const result = database.transaction(async (transaction) => {
      await add(transaction, 'apple')
      throw error
    })

    await expect(result).rejects.toBe(error)
    expect(await names(database)).toStrictEqual([])
  })

  test('a transaction commits nothing after a failed statement, even if the error was caught', async () => {
    const { database } = await withThings()

    const result = database.transaction(async (transaction) => {
      await add(transaction, 'apple')
      await add(transaction, 'apple').catch(() => 'ignored')
      await add(transaction, 'pear').catch(() => 'ignored')
    })

    await expect(result).rejects.toThrow(/unique/i)
    expect(await names(database)).toStrictEqual([])
  })

  test('statements of a transaction are refused after its end', async () => {
    const { database } = await withThings()
    const kept: Queries[] = []
    await database.transaction((transaction) => Promise.resolve(kept.push(transaction)))
    await database.transaction((transaction) => Promise.reject(new Error(`${kept.push(transaction)}`))).catch(() => 0)

    for (const transaction of kept) await expect(add(transaction, 'apple')).rejects.toThrow('has ended')

    expect(kept).toHaveLength(2)
    expect(await names(database)).toStrictEqual([])
  })

  test('a transaction includes no other statement, and its failure undoes no other', async () => {
    const { database } = await withThings()
    const [begun, goOn] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()]

    const failing = database.transaction(async (transaction) => {
      await add(transaction, 'apple')
      begun.resolve(undefined)
      await goOn.promise
      throw new Error('changed my mind')
    })
    await begun.promise
    const others = [add(database, 'plum'), database.transaction((transaction) => add(transaction, 'fig'))]
    goOn.resolve(undefined)

    await expect(failing).rejects.toThrow('changed my mind')
    await Promise.all(others)
    expect(await names(database)).toStrictEqual(['fig', 'plum'])
  })

  test('transactions of several processes that lock the same name run one after the other', async () => {
    const { database, url } = await withThings()
    const databases = [database, await opened(url), await opened(url)]
    await database.query("INSERT INTO things (name, amount) VALUES ('apple', 0)")

    await Promise.all(
      databases.flatMap((each) =>
        Array.from({ length: 10 }, () =>
          each.transaction(async (transaction) => {
            await transaction.lock(['apple'])
            const { rows } = await transaction.query('SELECT amount FROM things')
            await setImmediate()
            await transaction.query('UPDATE things SET amount = $1', [Number(rows[0]?.['amount']) + 1])
          }),
        ),
      ),
    )

    expect((await database.query('SELECT amount FROM things')).rows).toStrictEqual([{ amount: 30 }])
  })

  test('two processes never lease the same row', async () => {
    const { database, url } = await withThings()
    const other = await opened(url)
    for (const name of ['a', 'b', 'c', 'd']) await add(database, name)
    const lease = async (each: Database, limit: number) => {
      const { rows } = await each.query(
        `WITH free AS (SELECT name FROM things WHERE note IS NULL ORDER BY name LIMIT $1${SKIP_LOCKED[each.engine]})
         UPDATE things SET note = 'leased' WHERE name IN (SELECT name FROM free) RETURNING name`,
        [limit],
      )
      return rows.map(({ name }) => name)
    }

    const leased = await Promise.all([lease(database, 2), lease(other, 2), lease(database, 2)])

    expect(leased.flat().sort()).toStrictEqual(['a', 'b', 'c', 'd'])
  })

  test('several processes that start at once on an empty database create the schema once', async () => {
    const url = await emptyDatabase(engine)

    await Promise.all(Array.from({ length: 5 }, () => opened(url)))

    const { rows } = await (await opened(url)).query('SELECT version FROM schema_versions')
    expect(rows).toStrictEqual([{ version: NEWEST }])
  })

  test('a newer program’s database is refused, and left as it was', async () => {
    const { database, url } = await withThings()
    await database.query('INSERT INTO schema_versions (version, applied_at) VALUES (4711, 0)')

    await expect(openDatabase(url)).rejects.toThrow(/cannot be opened: .* 4711 .*install the newer/)

    expect(await schemaVersion(database)).toBe(4711)
  })

  test('the database of a pre-release version is refused with advice, and left as it was', async () => {
    const { database, url } = await withThings()
    await database.query('UPDATE schema_versions SET version = 5')

    const error = await rejection(openDatabase(url))

    expect(error).toMatchObject({ name: 'AppError', code: 'database_unavailable' })
    expect(error.message).toMatch(/cannot be opened: .*pre-release version.*: use a new database$/)
    expect(await schemaVersion(database)).toBe(5)
  })

  test('another program’s database is refused, and left as it was', async () => {
    const url = await emptyDatabase(engine)
    const other = (await openExistingDatabase(url)) ?? (await opened(url.replace('accounts.db', 'other.db')))
    const foreign = other.engine === 'sqlite' ? await opened(url) : other
    await foreign.query('DROP TABLE IF EXISTS schema_versions')
    await foreign.query('DROP TABLE IF EXISTS sessions')
    if (foreign === other) await foreign.query('CREATE TABLE accounts (iban TEXT)')

    await expect(openDatabase(url)).rejects.toThrow(/cannot be opened: .*accounts.* already exists/)

    expect(await schemaVersion(foreign)).toBe(0)
    await expect(foreign.query('SELECT * FROM sessions')).rejects.toThrow(/no such table|does not exist/)
    if (foreign === other) await other.close()
  })
})

function add(queries: Queries, name: string): Promise<unknown> {
  return queries.query('INSERT INTO things (name) VALUES ($1)', [name])
}

async function names(queries: Queries): Promise<unknown[]> {
  const { rows } = await queries.query('SELECT name FROM things ORDER BY name')
  return rows.map(({ name }) => name)
}

import { inspect } from 'node:util'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { openDatabase } from '../../src/storage/database.ts'
import { openPostgres } from '../../src/storage/postgres.ts'
import { DatabaseUnavailableError } from '../../src/storage/unavailable.ts'
import { administer, postgres } from '../support/places.ts'
import { opened } from './engines.ts'
import { startPostgres } from '../support/postgresServer.ts'

async function emptyUrl(): Promise<string> {
  const place = await postgres.place()
  onTestFinished(() => place[Symbol.asyncDispose]())
  return place.url
}

describe('a PostgreSQL database', () => {
  test('sorts and compares text by its bytes, whatever its language is', async () => {
    const database = await opened(await emptyUrl())
    await database.run('CREATE TABLE things (name TEXT PRIMARY KEY)')
    for (const name of ['b', 'a', 'B', 'ä', 'A', '10', '9', '-'])
      await database.run('INSERT INTO things (name) VALUES ($1)', name)

    const rows = await database.all('SELECT name FROM things WHERE name > $1 ORDER BY name', '-')

    expect(rows.map(({ name }) => name).join('')).toBe('109ABabä')
  })

  test('answers sums, counts and comparisons as numbers', async () => {
    const database = await opened(await emptyUrl())
    await database.run('CREATE TABLE things (amount BIGINT NOT NULL)')
    await database.run('INSERT INTO things (amount) VALUES ($1), ($2)', 2 ** 52, 1)

    const rows = await database.all(
      'SELECT SUM(amount) AS sum, COUNT(*) AS count, MAX(amount) > 7 AS large FROM things',
    )

    expect(rows).toStrictEqual([{ sum: 2 ** 52 + 1, count: 2, large: 1 }])
  })

  test('refuses an integer that JavaScript cannot hold, rather than round it, and goes on', async () => {
    const database = await opened(await emptyUrl())

    await expect(database.all('SELECT 9007199254740993 AS id')).rejects.toThrow('too large')

    expect(await database.all('SELECT 9007199254740991 AS id')).toStrictEqual([{ id: 9007199254740991 }])
  })

  test('finds nothing by a text with a NUL in it, instead of failing', async () => {
    const database = await opened(await emptyUrl())

    expect(await database.all('SELECT * FROM accounts WHERE id = $1', 'a\0b')).toStrictEqual([])
  })

  test('tells no value of a row that it refuses', async () => {
    const database = await opened(await emptyUrl())
    const insert = 'INSERT INTO sessions (sid, data, expires_at) VALUES ($1, $2, $3)'
    await database.run(insert, 'sid-canary', 'data-canary', 1)

    const twice: unknown = await database
      .run(insert, 'sid-canary', 'data-canary', 1)
      .catch((error: unknown) => error)
    const half: unknown = await database
      .run(insert, 'another-canary', null, 1)
      .catch((error: unknown) => error)

    expect(twice).toMatchObject({ code: '23505' })
    expect(half).toMatchObject({ code: '23502' })
    expect(inspect([twice, half], { depth: 9 })).not.toContain('canary')
  })

  test('does a transaction again where a statement outside changed what it had read', async () => {
    const url = await emptyUrl()
    const [database, other] = [await opened(url), await opened(url)]
    await database.run('CREATE TABLE things (amount BIGINT NOT NULL)')
    await database.run('INSERT INTO things (amount) VALUES (0)')
    let tries = 0

    await database.transaction(async (queries) => {
      const [row] = await queries.all('SELECT amount FROM things')
      if (++tries === 1) await other.run('UPDATE things SET amount = amount + 10')
      await queries.run('UPDATE things SET amount = $1', Number(row?.['amount']) + 1)
    })

    expect(await database.all('SELECT amount FROM things')).toStrictEqual([{ amount: 11 }])
    expect(tries).toBe(2)
  })

  test('does statements while every transaction waits for its turn', async () => {
    const database = await opened(await emptyUrl())
    const finish = Promise.withResolvers<undefined>()

    const transactions = Array.from({ length: 30 }, () => database.transaction(() => finish.promise))
    const rows = await database.all('SELECT COUNT(*) AS count FROM sessions')
    finish.resolve(undefined)

    expect(rows).toStrictEqual([{ count: 0 }])
    await Promise.all(transactions)
  })

  test('undoes a transaction with a failed statement that its work did not wait for', async () => {
    const database = await opened(await emptyUrl())
    await database.run('CREATE TABLE things (name TEXT PRIMARY KEY)')

    const result = database.transaction(async (queries) => {
      await queries.run("INSERT INTO things (name) VALUES ('apple')")
      queries.run("INSERT INTO things (name) VALUES ('apple')").catch(() => undefined)
    })

    await expect(result).rejects.toThrow(/unique/)
    expect(await database.all('SELECT name FROM things')).toStrictEqual([])
  })
})

describe('a PostgreSQL database that is away', () => {
  test('cuts a statement that takes too long, and goes on', async () => {
    const database = await openPostgres(await emptyUrl(), { statement_timeout: 2_000 })
    onTestFinished(() => database.close())

    const cut = database.all('SELECT pg_sleep(60)')

    await expect(cut).rejects.toMatchObject({ name: 'DatabaseUnavailableError', cause: { code: '57014' } })
    expect(await database.all('SELECT 1 AS one')).toStrictEqual([{ one: 1 }])
  })

  test('gives up a lock that another keeps for too long', async () => {
    const url = await emptyUrl()
    const database = await openPostgres(url, { lock_timeout: 1_000 })
    onTestFinished(() => database.close())
    const other = await opened(url)
    await database.run('CREATE TABLE things (name TEXT PRIMARY KEY)')

    const result = other.transaction(async (queries) => {
      await queries.run("INSERT INTO things (name) VALUES ('apple')")
      await expect(database.run("INSERT INTO things (name) VALUES ('apple')")).rejects.toThrow(
        DatabaseUnavailableError,
      )
    })

    await result
  })

  test('rejects and undoes a transaction whose connection is killed, and goes on', async () => {
    const url = await emptyUrl()
    const database = await opened(url)
    await database.run('CREATE TABLE things (name TEXT PRIMARY KEY)')

    const result = database.transaction(async (queries) => {
      await queries.run("INSERT INTO things (name) VALUES ('apple')")
      const [row] = await queries.all('SELECT pg_backend_pid() AS pid')
      await administer(url, `SELECT pg_terminate_backend(${String(row?.['pid'])})`)
      await queries.run("INSERT INTO things (name) VALUES ('pear')")
    })

    await expect(result).rejects.toThrow(DatabaseUnavailableError)
    expect(await database.all('SELECT name FROM things')).toStrictEqual([])
  })

  test(
    'is told apart while its server is stopped, and is there again with the server',
    { timeout: 60_000 },
    async () => {
      await using server = await startPostgres()
      const database = await opened(server.url)
      await Promise.all(Array.from({ length: 10 }, () => database.run('DELETE FROM sessions')))
      const underWay = database.all('SELECT pg_sleep(60)').catch((error: unknown) => error)
      await expect
        .poll(() => database.all("SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'"))
        .toHaveLength(1)

      await server.stop()
      const cut = await underWay
      const asked = await Promise.allSettled([
        database.all('SELECT 1'),
        database.run('DELETE FROM sessions'),
        database.transaction((queries) => queries.run('DELETE FROM sessions')),
        openDatabase(server.url),
      ])
      await server.start()

      expect(cut).toBeInstanceOf(DatabaseUnavailableError)
      for (const one of asked)
        expect(one).toMatchObject({ status: 'rejected', reason: { name: 'DatabaseUnavailableError' } })
      expect(inspect([cut, asked], { depth: 9 })).not.toContain('canary')
      expect(
        await Promise.all(Array.from({ length: 10 }, () => database.run('DELETE FROM sessions'))),
      ).toHaveLength(10)
    },
  )
})

describe('opening a PostgreSQL database', () => {
  const change = (part: Partial<URL>) => Object.assign(new URL(inject('postgresUrl')), part).href

  test.each([
    ['a wrong password', { password: 'hunter2hunter2' }, 'password authentication failed'],
    ['a database that is not there', { pathname: '/nowhere' }, 'database "nowhere" does not exist'],
    ['a port where nobody listens', { port: '9' }, 'ECONNREFUSED'],
    ['a server without TLS', { search: '?sslmode=verify-full' }, 'does not support SSL'],
    ['no database', { pathname: '/' }, 'names no database'],
  ])('is refused in a sentence without a password for %s', async (_, part, sentence) => {
    const url = change(part)

    const error: unknown = await openDatabase(url).catch((reason: unknown) => reason)

    expect(error).toBeInstanceOf(Error)
    expect(String(error)).toContain(sentence)
    expect(inspect(error, { depth: 9 })).not.toMatch(/canary|hunter2/)
  })

  test.each([
    'postgres://admin:hunter2hunter2@:bad:/accounts',
    'postgres://admin:hunter2hunter2@db.example:port/a',
  ])('is refused for what is no URL, and does not repeat it (%#)', async (url) => {
    const error: unknown = await openDatabase(url).catch((reason: unknown) => reason)

    expect(String(error)).toContain('no valid one')
    expect(inspect(error, { depth: 9 })).not.toContain('hunter2')
  })
})

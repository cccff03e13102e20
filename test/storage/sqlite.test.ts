import { existsSync, statSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Database, openAsFound, openDatabase } from '../../src/storage/database.ts'
import { DatabaseUnavailableError } from '../../src/storage/unavailable.ts'
import { opened, temporaryFolder } from './engines.ts'
import { inProcesses, storageModule } from './processes.ts'

describe('an SQLite database', () => {
  test('is a file for its owner only, in a folder for its owner only', async () => {
    const folder = join(await temporaryFolder(), 'deep', 'data')

    await opened(`file:${folder}/accounts.db`)

    expect(await modes(folder)).toStrictEqual({
      '.': 0o700,
      'accounts.db': 0o600,
      'accounts.db-shm': 0o600,
      'accounts.db-wal': 0o600,
    })
  })

  test('takes the rights of others away from a file that is there, and leaves the folder as it is', async () => {
    const folder = join(await temporaryFolder(), 'data')
    await mkdir(folder, { mode: 0o755 })
    await writeFile(join(folder, 'accounts.db'), '', { mode: 0o644 })

    await opened(`file:${folder}/accounts.db`)

    expect(await modes(folder)).toMatchObject({ '.': 0o755, 'accounts.db': 0o600 })
  })

  test.each([
    ['a relative path', (path: string) => `file:${relative('.', path)}`],
    ['an absolute path', (path: string) => `file:${path}`],
    ['a file URL', (path: string) => pathToFileURL(path).href],
  ])('is found by %s', async (_, url) => {
    const path = join(await temporaryFolder(), 'my accounts %41.db')

    await opened(url(path))

    expect((await stat(path)).isFile()).toBe(true)
  })

  test('lives in memory where that is asked for', async () => {
    const database = await opened('file::memory:')

    expect(await database.all('SELECT COUNT(*) AS count FROM accounts')).toStrictEqual([{ count: 0 }])
    await expect(stat(':memory:')).rejects.toThrow('ENOENT')
  })

  test('waits for the disk with what must outlast a power cut, and with nothing else', async () => {
    const url = `file:${await temporaryFolder()}/accounts.db`
    const [, database] = [await opened(url), await asFound(url)]
    await rm(new URL(`${url}-wal`)) // SQLite writes on; but nobody else can reach the disk under it.
    const keep = 'INSERT INTO sessions (sid, data, expires_at) VALUES ($1, $1, 1)'

    const outcomes = await Promise.allSettled([
      database.run(keep, 'a'),
      database.all(`${keep} RETURNING sid`, 'b'),
      database.transaction((queries) => queries.run(keep, 'c')),
      database.runUnsynced(keep, 'd'),
      database.all('SELECT COUNT(*) AS count FROM sessions'),
    ])

    expect(outcomes.map(({ status }) => status)).toStrictEqual([
      'rejected',
      'rejected',
      'rejected',
      'fulfilled',
      'fulfilled',
    ])
    await expect(database.run(keep, 'e')).rejects.toThrow(DatabaseUnavailableError)
  })

  test('keeps what need not wait for the disk after the transaction that is under way', async () => {
    const database = await opened(`file:${await temporaryFolder()}/accounts.db`)
    const keep = "INSERT INTO sessions (sid, data, expires_at) VALUES ('a', '{}', 1)"

    const under = database.transaction(async (queries) => {
      await new Promise((resolve) => setImmediate(resolve))
      return await queries.all('SELECT sid FROM sessions')
    })
    const kept = database.runUnsynced(keep)

    expect([await under, await kept]).toStrictEqual([[], 1])
  })

  test('has a log beside it, and checks what refers to other rows', async () => {
    const database = await opened(`file:${await temporaryFolder()}/accounts.db`)

    expect(await database.all('PRAGMA journal_mode')).toStrictEqual([{ journal_mode: 'wal' }])
    expect(await database.all('PRAGMA synchronous')).toStrictEqual([{ synchronous: 1 }])
    expect(await database.all('PRAGMA foreign_keys')).toStrictEqual([{ foreign_keys: 1 }])
  })

  test('holds nothing of a deleted row once it is closed', async () => {
    const path = join(await temporaryFolder(), 'accounts.db')
    const database = await opened(`file:${path}`)
    const insert = 'INSERT INTO sessions (sid, data, expires_at) VALUES ($1, $2, $3)'
    await database.run(insert, 'short', 'canary-27640875392278831', 1)
    await database.run(insert, 'long', `${'x'.repeat(10_000)}canary-27640875392278831`, 1)
    await database.run('UPDATE sessions SET data = $1 WHERE sid = $2', 'gone', 'short')
    await database.run('DELETE FROM sessions WHERE sid = $1', 'long')

    await database.close()

    expect(await readdir(join(path, '..'))).toStrictEqual(['accounts.db'])
    expect((await readFile(path)).includes('canary')).toBe(false)
  })

  // Where a program opens and closes SQLite's file by itself, POSIX takes away all locks that its process has on it.
  test.runIf(existsSync('/proc/locks'))(
    'keeps its lock when its file is opened and closed once more',
    async () => {
      const path = join(await temporaryFolder(), 'accounts.db')
      await opened(`file:${path}`)
      const before = await locks(path)

      const other = await openDatabase(`file:${path}`)
      await other.close()

      expect(before).toHaveLength(1)
      expect(await locks(path)).toHaveLength(1)
    },
  )

  test('refuses an integer that JavaScript cannot hold, rather than round it', async () => {
    const database = await opened('file::memory:')

    await expect(database.all('SELECT 9007199254740993 AS id')).rejects.toThrow('too large')
  })

  test('goes on taking statements after hundreds of different ones', async () => {
    const database = await opened('file::memory:')

    for (let i = 0; i < 1_000; i++)
      expect(await database.all(`SELECT $1 AS a, ${i} AS b`, 'x')).toStrictEqual([{ a: 'x', b: i }])
  })

  test('commits once what is asked for at the same moment', async () => {
    const path = `${await temporaryFolder()}/accounts.db`
    const database = await opened(`file:${path}`)
    await database.run('CREATE TABLE things (name BIGINT)')
    const { size } = statSync(`${path}-wal`)

    await Promise.all(
      Array.from({ length: 50 }, (_, i) => database.run('INSERT INTO things (name) VALUES ($1)', i)),
    )

    const pages = (statSync(`${path}-wal`).size - size) / 4096
    expect(pages).toBeLessThan(5) // Each commit has one at least.
    expect(await database.all('SELECT COUNT(*) AS count FROM things')).toStrictEqual([{ count: 50 }])
  })

  test('loses no write of several processes that write at once', async () => {
    const url = `file:${await temporaryFolder()}/accounts.db`
    const database = await opened(url)
    await database.run('CREATE TABLE counters (value BIGINT NOT NULL)')
    await database.run('INSERT INTO counters (value) VALUES (0)')

    await inProcesses(
      4,
      `${connect(url)}
       for (let i = 0; i < 25; i++) {
         await database.transaction(async (queries) => {
           const [{ value }] = await queries.all('SELECT value FROM counters')
           await new Promise(setImmediate)
           await queries.run('UPDATE counters SET value = $1', value + 1)
         })
         await database.run('UPDATE counters SET value = value + 1')
       }
       await database.close()`,
    )

    expect(await database.all('SELECT value FROM counters')).toStrictEqual([{ value: 200 }])
  })
})

describe('opening a database', () => {
  test.each([
    'mysql://admin:hunter2hunter2@db.example/accounts',
    'postgres:admin:hunter2hunter2',
    'accounts.db?key=hunter2hunter2',
    'FILE:hunter2hunter2.db',
    '',
  ])('refuses %j, and does not repeat it', async (url) => {
    const error = await refusal(url)

    expect(error.message).toBe(
      'The database URL must begin with file: as in file:./data/accounts.db, or with postgres:// as in postgres://user:password@host:5432/database',
    )
    expect(inspect(error)).not.toContain('hunter2')
  })

  test.each([
    ['file:', 'names no file'],
    ['file:./data/', 'names no file'],
    ['file:///', 'names no file'],
    ['file:./data/accounts.db?mode=ro', 'options'],
    ['file:///data/accounts.db?mode=ro', 'options'],
    ['file://db.example/accounts.db', 'no valid file URL'],
    ['file://admin:hunter2hunter2@db.example/accounts.db', 'no valid file URL'],
  ])('refuses %s: it %s', async (url, reason) => {
    const error = await refusal(url)

    expect(error.message).toContain(reason)
    expect(inspect(error)).not.toContain('hunter2')
  })

  test('refuses a file that is no database, and leaves it as it was', async () => {
    const path = join(await temporaryFolder(), 'notes.txt')
    const text = 'Apples, pears and plums. '.repeat(100)
    await writeFile(path, text)

    const error = await refusal(`file:${path}`)

    expect(error.message).toBe(`The database ${path} cannot be opened: file is not a database`)
    expect(error.cause).toMatchObject({ code: 'ERR_SQLITE_ERROR' })
    expect(await readFile(path, 'utf8')).toBe(text)
  })

  test('refuses a folder in the place of the file', async () => {
    const folder = await temporaryFolder()

    const error = await refusal(`file:${folder}`)

    expect(error.message).toContain(`The database ${folder} cannot be opened: `)
    expect(error.cause).toBeInstanceOf(Error)
  })

  test('refuses a folder that cannot be made', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'file'), '')

    const error = await refusal(`file:${folder}/file/accounts.db`)

    expect(error.message).toContain(`The database ${folder}/file/accounts.db cannot be opened: `)
    expect(error.cause).toMatchObject({ syscall: 'mkdir' })
  })

  test("refuses another program's database, and leaves it as it was", async () => {
    const path = join(await temporaryFolder(), 'accounts.db')
    const foreign = new DatabaseSync(path)
    foreign.exec('CREATE TABLE accounts (iban TEXT)')

    await expect(openDatabase(`file:${path}`)).rejects.toThrow('table accounts already exists')

    expect(foreign.prepare("SELECT name FROM sqlite_schema WHERE name = 'sessions'").all()).toStrictEqual([])
    foreign.close()
  })
})

async function refusal(url: string): Promise<Error> {
  const error: unknown = await openDatabase(url).catch((reason: unknown) => reason)
  if (error instanceof Error) return error
  throw new Error('It was opened')
}

async function locks(path: string): Promise<string[]> {
  const { ino } = await stat(path)
  const lines = await readFile('/proc/locks', 'utf8')
  return lines.split('\n').filter((line) => line.includes(`:${ino} `))
}

async function modes(folder: string): Promise<Record<string, number>> {
  const names = ['.', ...(await readdir(folder))]
  const entries = names.map(async (name) => [name, (await stat(join(folder, name))).mode & 0o777] as const)
  return Object.fromEntries(await Promise.all(entries))
}

function connect(url: string): string {
  return `import { openDatabase } from ${storageModule('database.ts')}
          const database = await openDatabase(${JSON.stringify(url)});`
}

/** A database that is there already, opened without a write. */
async function asFound(url: string): Promise<Database> {
  const database = await openAsFound(url)
  if (!database) throw new Error('It is not there')
  onTestFinished(() => database.close())
  return database
}

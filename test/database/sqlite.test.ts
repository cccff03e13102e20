import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { inspect, promisify } from 'node:util'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openDatabase, openExistingDatabase, openInBackground } from '../../src/database/database.ts'
import { isInMemory } from '../../src/databaseUrl.ts'
import { withTimeout } from '../../src/web/health.ts'
import { opened, rejection, temporaryFolder } from './opening.ts'

const ADD = 'INSERT INTO deletions (confirmation_code, asked_at, done_at) VALUES ($1, 1, 1)'

test('the files of a database are for their owner only, also those that existed', async () => {
  const folder = join(await temporaryFolder(), 'deep', 'data')
  const older = join(await temporaryFolder(), 'accounts.db')
  await writeFile(older, '', { mode: 0o644 })

  await opened(`file:${folder}/accounts.db`)
  await opened(`file:${older}`)

  const modes = [folder, ...(await readdir(folder)).map((name) => join(folder, name)), older].map(async (path) => [
    relative(folder, path),
    (await stat(path)).mode & 0o777,
  ])
  expect(Object.fromEntries(await Promise.all(modes))).toStrictEqual({
    '': 0o700,
    'accounts.db': 0o600,
    'accounts.db-shm': 0o600,
    'accounts.db-wal': 0o600,
    [relative(folder, older)]: 0o600,
  })
})

test.each([
  ['a relative path', (path: string) => `file:${relative('.', path)}`],
  ['an absolute path', (path: string) => `file:${path}`],
  ['a file URL', (path: string) => pathToFileURL(path).href],
])('an operator names the file by %s', async (_, url) => {
  const path = join(await temporaryFolder(), 'my accounts %41.db')

  await opened(url(path))

  expect((await stat(path)).isFile()).toBe(true)
})

test('a database in memory leaves no file', async () => {
  const database = await opened('file::memory:')

  expect((await database.query('SELECT COUNT(*) AS count FROM accounts')).rows).toStrictEqual([{ count: 0 }])
  expect(existsSync(':memory:')).toBe(false)
  expect([isInMemory('file::memory:'), isInMemory('file:a.db'), isInMemory('postgres://a/b')]).toStrictEqual([
    true,
    false,
    false,
  ])
})

test('what a transaction commits survives a power cut, and what is deleted is overwritten', async () => {
  const database = await opened(`file:${await temporaryFolder()}/accounts.db`)
  const settings = ['journal_mode', 'synchronous', 'secure_delete', 'foreign_keys']

  const values = await database.transaction((transaction) =>
    Promise.all(settings.map(async (name) => (await transaction.query(`PRAGMA ${name}`)).rows)),
  )

  expect(values).toStrictEqual([
    [{ journal_mode: 'wal' }],
    [{ synchronous: 2 }],
    [{ secure_delete: 1 }],
    [{ foreign_keys: 1 }],
  ])
})

test('a deleted row is in none of the files after a checkpoint', async () => {
  const folder = await temporaryFolder()
  const database = await opened(`file:${folder}/accounts.db`)
  await database.query(ADD, [`canary ${'x'.repeat(10_000)}canary`])
  await database.query('DELETE FROM deletions')

  await database.query('PRAGMA wal_checkpoint(TRUNCATE)')

  const files = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name))))
  expect(files).toHaveLength(3)
  expect(files.some((file) => file.includes('canary'))).toBe(false)
})

// A program that opens and closes SQLite's file by itself loses all locks that its process holds on it.
test.runIf(existsSync('/proc/locks'))('a database that is opened twice keeps its lock when one is closed', async () => {
  const path = join(await temporaryFolder(), 'accounts.db')
  await opened(`file:${path}`)

  const other = await openDatabase(`file:${path}`)
  await other.close()

  const { ino } = await stat(path)
  expect(await readFile('/proc/locks', 'utf8')).toContain(`:${ino} `)
})

test('a query waits for the lock of another process, and other requests are served meanwhile', async () => {
  const url = `file:${await temporaryFolder()}/accounts.db`
  const [one, other] = [await opened(url), await opened(url)]
  let served = 0

  const written = one.transaction(async (transaction) => {
    await transaction.query(ADD, ['apple'])
    const waiting = other.query(ADD, ['pear'])
    for (; served < 100; served++) await setImmediate()
    return { waiting }
  })

  const { waiting } = await written
  await waiting
  expect((await one.query('SELECT * FROM deletions')).rowCount).toBe(2)
})

test('a query fails as unavailable when another process keeps the lock for five seconds', async () => {
  const url = `file:${await temporaryFolder()}/accounts.db`
  const [one, other] = [await opened(url), await opened(url)]
  let now = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 3_000))
  onTestFinished(() => {
    clock.mockRestore()
  })

  const failed = await one.transaction(async (transaction) => {
    await transaction.query(ADD, ['apple'])
    return rejection(other.query(ADD, ['pear']))
  })

  expect(failed).toMatchObject({ name: 'AppError', code: 'database_unavailable' })
  expect(failed.message).toContain('locked')
})

test('several processes that write at once lose no write', async () => {
  const url = `file:${await temporaryFolder()}/accounts.db`
  const database = await opened(url)
  await database.query(ADD, ['counter'])
  const module = JSON.stringify(new URL('../../src/database/database.ts', import.meta.url).href)
  const code = `import { openDatabase } from ${module}
    const database = await openDatabase(${JSON.stringify(url)})
    for (let i = 0; i < 25; i++) {
      await database.transaction(async (transaction) => {
        const { rows } = await transaction.query('SELECT asked_at FROM deletions')
        await new Promise(setImmediate)
        await transaction.query('UPDATE deletions SET asked_at = $1', [rows[0].asked_at + 1])
      })
      await database.query('UPDATE deletions SET asked_at = asked_at + 1')
    }
    await database.close()`
  const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code])

  await Promise.all([run(), run()])

  expect((await database.query('SELECT asked_at FROM deletions')).rows).toStrictEqual([{ asked_at: 101 }])
})

test.each([
  ...['mysql://admin:hunter2@db/accounts', 'postgres:admin:hunter2', 'a.db?key=hunter2', 'FILE:hunter2', ''].map(
    (url) => [url, 'must begin with file:'],
  ),
  ...['file:', 'file:./data/', 'file:///'].map((url) => [url, 'names no file']),
  ...['file:./data/a.db?key=hunter2', 'file:///data/a.db?key=hunter2'].map((url) => [url, 'must not have options']),
  ...['file://db.example/a.db', 'file://admin:hunter2@db/a.db'].map((url) => [url, 'is no valid file URL']),
])('an operator who sets the URL %j reads that it %s', async (url, reason) => {
  const error = await rejection(openExistingDatabase(url))

  expect(error.message).toMatch(`The database URL ${reason}`)
  expect(inspect(error)).not.toContain('hunter2')
  expect(() => openInBackground(url, () => undefined)).toThrow(error.message)
})

test('a file that is no database is refused, and left as it was', async () => {
  const path = join(await temporaryFolder(), 'notes.txt')
  const text = 'Apples, pears and plums. '.repeat(100)
  await writeFile(path, text)

  const error = await rejection(openDatabase(`file:${path}`))

  expect(error.message).toBe(`The database ${path} cannot be opened: file is not a database`)
  expect(await readFile(path, 'utf8')).toBe(text)
})

test('an operator reads which folder cannot be created', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'file'), '')

  const error = await rejection(openDatabase(`file:${folder}/file/accounts.db`))

  expect(error.message).toMatch(`The database ${folder}/file/accounts.db cannot be opened: `)
  expect(error.message).toContain('mkdir')
})

test('the doctor opens a database as it is, and creates none', async () => {
  const folder = await temporaryFolder()
  await opened(`file:${folder}/accounts.db`)

  const existing = await openExistingDatabase(`file:${folder}/accounts.db`)
  const missing = await openExistingDatabase(`file:${folder}/other.db`)

  expect((await existing?.query('SELECT * FROM accounts'))?.rows).toStrictEqual([])
  expect(missing).toBeUndefined()
  await existing?.close()
  expect((await readdir(folder)).sort()).toStrictEqual(['accounts.db', 'accounts.db-shm', 'accounts.db-wal'])
})

test('an app whose database cannot be opened answers 503, and works once the database can be opened', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
  const folder = join(await temporaryFolder(), 'data')
  await writeFile(folder, 'a file in the place of the folder')
  const errors: unknown[] = []
  const database = openInBackground(`file:${folder}/accounts.db`, (error) => errors.push(error))
  onTestFinished(() => database.close())

  const unavailable = await Promise.all([
    rejection(database.ready()),
    rejection(database.query('SELECT 1')),
    rejection(database.transaction(() => Promise.resolve())),
  ])
  await promisify(execFile)('rm', [folder])
  await mkdir(folder)
  vi.advanceTimersByTime(10_000)
  await database.ready()

  for (const error of unavailable) expect(error).toMatchObject({ name: 'AppError', code: 'database_unavailable' })
  expect(errors).toStrictEqual([unavailable[0]])
  expect((await database.query('SELECT * FROM accounts')).rows).toStrictEqual([])
  expect(database.engine).toBe('sqlite')
})

test('an app that is closed while its database opens closes it, and refuses queries', async () => {
  const database = openInBackground('file::memory:', () => undefined)

  await database.close()

  await expect(database.query('SELECT 1')).rejects.toThrow('closed')
})

test('a request gives up after a while on a database that does not answer', async () => {
  const error = await rejection(withTimeout(1, new Promise(() => undefined)))

  expect(error).toMatchObject({ name: 'AppError', code: 'database_unavailable' })
  expect(await withTimeout(60_000, Promise.resolve('answer'))).toBe('answer')
})

import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { readConfig } from '../../src/settings/config.ts'
import { withKeptSecrets } from '../../src/settings/secrets.ts'

const SECRET = 'a-session-secret-of-more-than-32-characters'
const KEY = `k1:${Buffer.alloc(32, 251).toString('base64')}`

test('secrets that are left out are made and kept beside the database, for their owner only', async () => {
  await using folder = await temporaryFolder()
  const config = readConfig({ DATABASE_URL: `file:${folder.path}/data/accounts.db` })

  const { sessionSecrets, tokenKeys } = await withKeptSecrets(config)

  expect(sessionSecrets).toStrictEqual([expect.stringMatching(/^[\w+/=-]{43,}$/)])
  expect(tokenKeys).toHaveLength(1)
  expect(tokenKeys[0]?.secret).toHaveLength(32)
  expect(tokenKeys[0]?.secret.toString('base64')).not.toBe(sessionSecrets[0])
  expect((await readdir(join(folder.path, 'data'))).sort()).toStrictEqual(['session-secret', 'token-key'])
  for (const name of ['session-secret', 'token-key'])
    expect((await stat(join(folder.path, 'data', name))).mode & 0o777).toBe(0o600)
})

test('secrets that are kept are the same after a restart', async () => {
  await using folder = await temporaryFolder()
  const config = readConfig({ DATABASE_URL: `file:${folder.path}/accounts.db` })
  const first = await withKeptSecrets(config)

  const second = await withKeptSecrets(config)

  expect(second).toStrictEqual(first)
})

test('secrets that are kept are different on another machine', async () => {
  await using one = await temporaryFolder()
  await using other = await temporaryFolder()

  const first = await withKeptSecrets(readConfig({ DATABASE_URL: `file:${one.path}/accounts.db` }))
  const second = await withKeptSecrets(readConfig({ DATABASE_URL: `file:${other.path}/accounts.db` }))

  expect(second.sessionSecrets).not.toStrictEqual(first.sessionSecrets)
  expect(second.tokenKeys).not.toStrictEqual(first.tokenKeys)
})

test('secrets that are set are used, and nothing is kept', async () => {
  await using folder = await temporaryFolder()
  const DATABASE_URL = `file:${folder.path}/accounts.db`
  const config = readConfig({ DATABASE_URL, SESSION_SECRETS: SECRET, TOKEN_KEYS: KEY })

  const settled = await withKeptSecrets(config)

  expect(settled).toStrictEqual(config)
  expect(await readdir(folder.path)).toStrictEqual([])
})

test('secrets that are left out with a database elsewhere are kept in the folder data', async () => {
  await using folder = await temporaryFolder()
  const before = process.cwd()
  onTestFinished(() => {
    process.chdir(before)
  })
  process.chdir(folder.path)
  const config = readConfig({ DATABASE_URL: 'postgres://me:canary@db.example/accounts' })

  const { sessionSecrets } = await withKeptSecrets(config)

  expect((await readdir(join(folder.path, 'data'))).sort()).toStrictEqual(['session-secret', 'token-key'])
  expect((await readFile(join(folder.path, 'data/session-secret'), 'utf8')).trim()).toBe(sessionSecrets[0])
})

test('with a database in memory secrets are made for it alone, and leave no file', async () => {
  await using folder = await temporaryFolder()
  const before = process.cwd()
  onTestFinished(() => {
    process.chdir(before)
  })
  process.chdir(folder.path)
  const config = readConfig({ DATABASE_URL: 'file::memory:' })

  const one = await withKeptSecrets(config)
  const other = await withKeptSecrets(config)

  expect(await readdir(folder.path)).toStrictEqual([])
  expect(one.tokenKeys[0]?.secret).toHaveLength(32)
  expect(other.sessionSecrets).not.toStrictEqual(one.sessionSecrets)
  expect(other.tokenKeys).not.toStrictEqual(one.tokenKeys)
})

test('a kept key that was cut is told by the name of its file, without what is in it', async () => {
  await using folder = await temporaryFolder()
  const key = Buffer.alloc(31, 251).toString('base64')
  await writeFile(join(folder.path, 'token-key'), key, { mode: 0o600 })
  const config = readConfig({ DATABASE_URL: `file:${folder.path}/accounts.db` })

  const error: unknown = await withKeptSecrets(config).catch((reason: unknown) => reason)

  expect(error).toBeInstanceOf(Error)
  expect(String(error)).toContain(join(folder.path, 'token-key'))
  expect(String(error)).not.toContain(key.slice(0, 8))
})

test.each([
  ['a file URL', 'data', (path: string) => pathToFileURL(path).href],
  ['a path with a blank', 'my data', (path: string) => `file:${path}`],
  ['a path with a per cent sign', '100%20 sure', (path: string) => `file:${path}`],
  ['a path with a number sign', 'data#1', (path: string) => `file:${path}`],
])('secrets are kept where the database is, told by %s', async (_, name, url) => {
  await using folder = await temporaryFolder()
  await mkdir(join(folder.path, name))
  const config = readConfig({ DATABASE_URL: url(join(folder.path, name, 'accounts.db')) })

  const { sessionSecrets } = await withKeptSecrets(config)

  expect(await readdir(folder.path)).toStrictEqual([name])
  const kept = await readFile(join(folder.path, name, 'session-secret'), 'utf8')
  expect(kept.trim()).toBe(sessionSecrets[0])
})

async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'secrets-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

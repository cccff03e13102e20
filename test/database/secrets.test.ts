import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { configFromEnvironment } from '../../src/config.ts'
import { sessionSecretsOf, tokenKeysOf, withStoredSecrets } from '../../src/secrets.ts'
import { temporaryFolder } from './opening.ts'

const SECRET = 'a-session-secret-of-more-than-32-characters'
const KEY = `k1:${Buffer.alloc(32, 251).toString('base64')}`

const configFor = (url: string) => configFromEnvironment({ DATABASE_URL: url })

test('an operator who sets no secrets gets some that are stored beside the database, for their owner only', async () => {
  const folder = join(await temporaryFolder(), 'deep', 'data')
  const config = configFor(`file:${folder}/accounts.db`)
  const before = [sessionSecretsOf(config), tokenKeysOf(config)]

  const { sessionSecrets, tokenKeys } = withStoredSecrets(config)

  expect(before).toStrictEqual([[], []])
  expect(sessionSecrets).toStrictEqual([(await readFile(join(folder, 'session-secret'), 'utf8')).trim()])
  expect(sessionSecrets[0]).toMatch(/^[\w+/=-]{43,}$/)
  expect(tokenKeys[0]?.secret).toHaveLength(32)
  expect(tokenKeys[0]?.secret.toString('base64')).not.toBe(sessionSecrets[0])
  expect((await readdir(folder)).sort()).toStrictEqual(['session-secret', 'token-key'])
  for (const path of ['', 'session-secret', 'token-key'])
    expect((await stat(join(folder, path))).mode & 0o777).toBe(path ? 0o600 : 0o700)
  expect(withStoredSecrets(config)).toStrictEqual({ ...config, sessionSecrets, tokenKeys })
  expect([sessionSecretsOf(config), tokenKeysOf(config)]).toStrictEqual([sessionSecrets, tokenKeys])
})

test('two installations have different secrets', async () => {
  const [one, other] = [await temporaryFolder(), await temporaryFolder()].map((folder) =>
    withStoredSecrets(configFor(`file:${folder}/accounts.db`)),
  )

  expect(one?.sessionSecrets).not.toStrictEqual(other?.sessionSecrets)
  expect(one?.tokenKeys[0]?.id).not.toBe(other?.tokenKeys[0]?.id)
})

test('secrets that are set are used, and none are stored', async () => {
  const folder = await temporaryFolder()
  const DATABASE_URL = `file:${folder}/accounts.db`
  const config = configFromEnvironment({ DATABASE_URL, SESSION_SECRETS: SECRET, TOKEN_KEYS: KEY })

  expect(withStoredSecrets(config)).toStrictEqual(config)
  expect(await readdir(folder)).toStrictEqual([])
})

test('secrets are stored in ./data if the database is no file, and nowhere if it is in memory', async () => {
  const folder = await temporaryFolder()
  const before = process.cwd()
  onTestFinished(() => {
    process.chdir(before)
  })
  process.chdir(folder)

  const [one, other] = [1, 2].map(() => withStoredSecrets(configFor('file::memory:')))
  expect(one?.tokenKeys[0]?.secret).toHaveLength(32)
  expect(one?.sessionSecrets).not.toStrictEqual(other?.sessionSecrets)
  expect(await readdir(folder)).toStrictEqual([])

  withStoredSecrets(configFor('postgres://me:canary@db.example/accounts'))
  expect((await readdir(join(folder, 'data'))).sort()).toStrictEqual(['session-secret', 'token-key'])
})

test.each([
  ['a file URL', 'data', (path: string) => pathToFileURL(path).href],
  ['a path with a blank and a per cent sign', 'my 100%20 data', (path: string) => `file:${path}`],
  ['a path with a number sign', 'data#1', (path: string) => `file:${path}`],
])('secrets are stored beside a database that is named by %s', async (_, name, url) => {
  const folder = await temporaryFolder()

  withStoredSecrets(configFor(url(join(folder, name, 'accounts.db'))))

  expect((await readdir(join(folder, name))).sort()).toStrictEqual(['session-secret', 'token-key'])
})

test('a secret written by hand is used without the white space around it', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'session-secret'), ` ${SECRET} \r\n`)

  expect(withStoredSecrets(configFor(`file:${folder}/a.db`)).sessionSecrets).toStrictEqual([SECRET])
})

test('processes that start at once get the same whole secret', async () => {
  const path = join(await temporaryFolder(), 'data', 'session-secret')
  const module = JSON.stringify(new URL('../../src/secrets.ts', import.meta.url).href)
  const code = `import { storeSecret } from ${module}
    console.log(storeSecret(${JSON.stringify(path)}, String(process.pid).padEnd(100_000, 'x')))`
  const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code])

  const printed = await Promise.all([run(), run(), run()])

  expect(new Set(printed.map(({ stdout }) => stdout.trim()))).toStrictEqual(
    new Set([(await readFile(path, 'utf8')).trim()]),
  )
  expect(printed[0].stdout.trim()).toHaveLength(100_000)
  expect(await readdir(join(path, '..'))).toStrictEqual(['session-secret'])
})

test.each([
  ['an empty file', (path: string) => writeFile(path, ' \n'), 'is empty; delete it'],
  ['a folder', (path: string) => mkdir(path), 'it is a folder'],
  ['a link to nowhere', (path: string) => symlink('nowhere', path), 'EEXIST'],
])('an operator reads which file cannot be used if it is %s', async (_, create, reason) => {
  const folder = await temporaryFolder()
  const path = join(folder, 'session-secret')
  await create(path)

  expect(() => withStoredSecrets(configFor(`file:${folder}/a.db`))).toThrow(`The secret in ${path} cannot be used: `)
  expect(() => withStoredSecrets(configFor(`file:${folder}/a.db`))).toThrow(reason)
  expect(await readdir(folder)).toStrictEqual(['session-secret'])
})

test('an operator reads of a folder that cannot be created', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'data'), '')

  expect(() => withStoredSecrets(configFor(`file:${folder}/data/a.db`))).toThrow(
    `The secret in ${folder}/data/session-secret cannot be used: `,
  )
})

test('a token key that was cut is reported by the name of its file, without its text', async () => {
  const folder = await temporaryFolder()
  const key = Buffer.alloc(31, 251).toString('base64')
  await writeFile(join(folder, 'token-key'), key)

  expect(() => withStoredSecrets(configFor(`file:${folder}/a.db`))).toThrow(
    new Error(`The secret in ${join(folder, 'token-key')} was changed.`),
  )
})

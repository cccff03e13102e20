import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keptSecret } from '../../src/storage/keptSecret.ts'
import { temporaryFolder } from './engines.ts'
import { inProcesses, storageModule } from './processes.ts'

test('a secret is made once and found again', async () => {
  const path = join(await temporaryFolder(), 'session-secret')

  expect(await keptSecret(path, () => 'first')).toBe('first')
  expect(await keptSecret(path, () => 'second')).toBe('first')
})

test('a secret is a file for its owner only, in a folder for its owner only, with nothing beside it', async () => {
  const folder = join(await temporaryFolder(), 'deep', 'data')

  await keptSecret(join(folder, 'session-secret'), () => 'secret')

  expect((await stat(folder)).mode & 0o777).toBe(0o700)
  expect((await stat(join(folder, 'session-secret'))).mode & 0o777).toBe(0o600)
  expect(await readdir(folder)).toStrictEqual(['session-secret'])
})

test('a secret written by hand is read without the white space around it', async () => {
  const path = join(await temporaryFolder(), 'session-secret')
  await writeFile(path, ' my own \r\n')

  expect(await keptSecret(path, () => 'another')).toBe('my own')
  expect(await readFile(path, 'utf8')).toBe(' my own \r\n')
})

test('two that ask at once get the same secret', async () => {
  const folder = await temporaryFolder()
  let made = 0
  const ask = () => keptSecret(join(folder, 'session-secret'), () => `secret ${++made}`)

  const secrets = await Promise.all(Array.from({ length: 20 }, ask))

  expect(new Set(secrets).size).toBe(1)
  expect(await readdir(folder)).toStrictEqual(['session-secret'])
})

test('ten processes that start at once get the same secret, and whole', async () => {
  const folder = await temporaryFolder()
  const path = JSON.stringify(join(folder, 'data', 'session-secret'))

  const secrets = await inProcesses(
    10,
    `import { keptSecret } from ${storageModule('keptSecret.ts')}
     console.log(await keptSecret(${path}, () => String(process.pid).padEnd(100_000, 'x')))`,
  )

  expect(new Set(secrets).size).toBe(1)
  expect(secrets[0]).toHaveLength(100_000)
})

test('a draft that a killed process left is no secret', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'session-secret.0b1e'), 'hal')

  expect(await keptSecret(join(folder, 'session-secret'), () => 'whole')).toBe('whole')
})

test.each(['', ' \n'])('an empty file (%j) is refused, named and left alone', async (text) => {
  const path = join(await temporaryFolder(), 'session-secret')
  await writeFile(path, text)

  await expect(keptSecret(path, () => 'another')).rejects.toThrow(
    `The secret in ${path} cannot be used: the file is empty`,
  )

  expect(await readFile(path, 'utf8')).toBe(text)
})

test('making nothing is refused, and leaves no file', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'session-secret')

  await expect(keptSecret(path, () => '')).rejects.toThrow(path)

  expect(await readdir(folder)).toStrictEqual([])
})

test('a maker that fails is passed on as the cause, and leaves no file', async () => {
  const folder = await temporaryFolder()
  const error = new Error('no entropy')
  const make = () => {
    throw error
  }

  await expect(keptSecret(join(folder, 'session-secret'), make)).rejects.toMatchObject({ cause: error })

  expect(await readdir(folder)).toStrictEqual([])
})

test('a folder in the place of the file is refused, named, with the cause', async () => {
  const path = join(await temporaryFolder(), 'session-secret')
  await mkdir(path)

  await expect(keptSecret(path, () => 'another')).rejects.toMatchObject({
    message: expect.stringContaining(`The secret in ${path} cannot be used: EISDIR`) as string,
    cause: { code: 'EISDIR' },
  })
})

test('a file in the place of the folder is refused, named, with the cause', async () => {
  const folder = join(await temporaryFolder(), 'file')
  await writeFile(folder, '')

  await expect(keptSecret(join(folder, 'session-secret'), () => 'another')).rejects.toMatchObject({
    message: expect.stringContaining(`The folder ${folder} cannot be used: `) as string,
    cause: { code: 'ENOTDIR' },
  })
})

test.runIf(process.platform === 'linux').each([
  ['be made', '/proc/nowhere/data', "mkdir '/proc/nowhere'"],
  ['be written', '/proc', "open '/proc/session-secret."],
])('a folder that cannot %s is named, and nothing is said of a secret in it', async (_, folder, deed) => {
  const keeping = keptSecret(join(folder, 'session-secret'), () => 'another')

  await expect(keeping).rejects.toMatchObject({
    message: expect.stringMatching(`^The folder ${folder} cannot be used: .*${deed}`) as string,
    cause: { code: 'ENOENT' },
  })
})

test('a link to nowhere is refused, and nothing is written there', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'session-secret')
  await symlink(join(folder, 'nowhere'), path)

  await expect(keptSecret(path, () => 'another')).rejects.toThrow(path)

  expect(await readdir(folder)).toStrictEqual(['session-secret'])
})

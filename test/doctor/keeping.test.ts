import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '../../src/storage/database.ts'
import { MIGRATIONS } from '../../src/storage/migrations.ts'
import { person } from '../support/person.ts'
import { linesOn, startPatient, TOKEN_KEYS } from './support.ts'

const OTHER_KEY = Buffer.alloc(32, 12).toString('base64')

test('a database that opens and takes what is written is well', async () => {
  await using patient = await startPatient()

  const lines = await patient.examine()

  expect(linesOn('Database', lines)).toEqual([
    {
      outcome: 'ok',
      says: `It opens, takes what is written, and has the newest schema (version ${MIGRATIONS.length}).`,
    },
  ])
})

test('before the first start there is none, and the doctor makes nothing', async () => {
  await using patient = await startPatient()
  const folder = await temporaryFolder()

  const lines = await patient.examine({
    DATABASE_URL: `file:${folder}/data/accounts.db`,
    HTTPS: 'self-signed',
    INSTAGRAM_REDIRECT_URI: 'https://localhost:1/response',
    SESSION_SECRETS: '',
    TOKEN_KEYS: '',
  })

  for (const name of ['Database', 'Token keys', 'Cookie secret'])
    expect(linesOn(name, lines)).toMatchObject([
      { outcome: 'ok', says: expect.stringContaining('when it starts') as string },
    ])
  expect(await readdir(folder)).toEqual([])
})

test('a database without tables, or with those of an older version, is left as it is', async () => {
  await using patient = await startPatient()
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'empty.db'), '')
  const url = `file:${join(folder, 'older.db')}`
  const older = await openDatabase(url)
  await older.run('DELETE FROM schema_versions')
  await older.run('INSERT INTO schema_versions (version, applied_at) VALUES (0, 0)')
  await older.close()

  const empty = await patient.examine({ DATABASE_URL: `file:${join(folder, 'empty.db')}` })
  const lines = await patient.examine({ DATABASE_URL: url })

  for (const found of [empty, lines])
    expect(linesOn('Database', found)).toEqual([
      {
        outcome: 'ok',
        says: `Its schema has version 0; the app brings it to ${MIGRATIONS.length} when it starts.`,
      },
    ])
})

test('a database of a newer program is wrong', async () => {
  await using patient = await startPatient()
  await patient.world.database.run('INSERT INTO schema_versions (version, applied_at) VALUES (99, 0)')

  const lines = await patient.examine()

  expect(linesOn('Database', lines)).toMatchObject([
    { outcome: 'wrong', says: expect.stringContaining('version 99') as string },
  ])
})

test('a file that is no database is wrong', async () => {
  await using patient = await startPatient()
  const file = join(await temporaryFolder(), 'accounts.db')
  await writeFile(file, 'something else, and long enough to be looked at '.repeat(50))

  const lines = await patient.examine({ DATABASE_URL: `file:${file}` })

  expect(linesOn('Database', lines)).toMatchObject([
    { outcome: 'wrong', says: expect.stringContaining(file) as string },
  ])
})

test('a database that does not take what the app writes is wrong', async () => {
  await using patient = await startPatient()
  await patient.world.database.run('ALTER TABLE sessions RENAME TO elsewhere')

  const lines = await patient.examine()

  expect(linesOn('Database', lines)).toMatchObject([
    { outcome: 'wrong', says: expect.stringContaining('nothing can be written') as string },
  ])
})

test('a DATABASE_URL that cannot be read leaves the database and what is kept beside it open', async () => {
  await using patient = await startPatient()

  const lines = await patient.examine({ DATABASE_URL: 'canary' })

  for (const name of ['Database', 'Token keys', 'Cookie secret'])
    expect(linesOn(name, lines)).toMatchObject([{ outcome: 'unknown' }])
})

test('keys that open every stored token are well', async () => {
  await using patient = await startPatient()
  await person(patient.world).login()

  const one = await patient.examine()
  await person(patient.world).login({ as: 'creator' })
  const two = await patient.examine()

  expect(linesOn('Token keys', one)).toEqual([
    { outcome: 'ok', says: 'They open the tokens of the one account.' },
  ])
  expect(linesOn('Token keys', two)).toEqual([
    { outcome: 'ok', says: 'They open the tokens of all 2 accounts.' },
  ])
})

test.each([
  ['set', `k2:${OTHER_KEY}`],
  ['kept', ''],
])('a key that is missing is wrong, when another is %s', async (_, keys) => {
  await using patient = await startPatient()
  await person(patient.world).login()

  const lines = await patient.examine({ TOKEN_KEYS: keys })

  expect(linesOn('Token keys', lines)).toMatchObject([
    { outcome: 'wrong', says: 'One token is sealed under the key “k1”, which is not there.' },
  ])
  expect(linesOn('App secret', lines)).toMatchObject([{ outcome: 'unknown' }])
})

test('another key under the same name is wrong', async () => {
  await using patient = await startPatient()
  await person(patient.world).login()

  const lines = await patient.examine({ TOKEN_KEYS: `k1:${OTHER_KEY}` })

  expect(linesOn('Token keys', lines)).toMatchObject([
    { outcome: 'wrong', says: expect.stringContaining('it is another key') as string },
  ])
})

test('a key behind the newest is found too', async () => {
  await using patient = await startPatient()
  await person(patient.world).login()

  const lines = await patient.examine({ TOKEN_KEYS: `k2:${OTHER_KEY},${TOKEN_KEYS}` })

  expect(linesOn('Token keys', lines)).toMatchObject([{ outcome: 'ok' }])
})

test.each([
  ['token-key', 'TOKEN_KEYS', 'Token keys'],
  ['session-secret', 'SESSION_SECRETS', 'Cookie secret'],
])('an empty file %s is wrong', async (file, variable, name) => {
  await using patient = await startPatient()
  const folder = await temporaryFolder()
  await writeFile(join(folder, file), '')

  const lines = await patient.examine({ DATABASE_URL: `file:${folder}/accounts.db`, [variable]: '' })

  expect(linesOn(name, lines)).toMatchObject([
    { outcome: 'wrong', says: expect.stringContaining(join(folder, file)) as string },
  ])
})

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'doctor-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

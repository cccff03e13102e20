import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '../../src/database/database.ts'
import { SCHEMA_VERSION } from '../../src/database/migrations.ts'
import { person } from '../support/person.ts'
import { findingsOn, sharedSite, startSite, TOKEN_KEYS } from './support.ts'

const OTHER_KEY = Buffer.alloc(32, 12).toString('base64')

const site = await sharedSite()
await person(site.world).login()

test('a database that can be written to is fine', async () => {
  expect(findingsOn('Database', await site.examine())).toEqual([
    {
      outcome: 'ok',
      says: `It can be read and written, and its schema is current (version ${SCHEMA_VERSION}).`,
    },
  ])
})

test('before the first start there is nothing, and the doctor creates nothing', async () => {
  const folder = await temporaryFolder()

  const findings = await site.examine({
    DATABASE_URL: `file:${folder}/data/accounts.db`,
    HTTPS: 'self-signed',
    INSTAGRAM_REDIRECT_URI: 'https://localhost:1/response',
    SESSION_SECRETS: '',
    TOKEN_KEYS: '',
  })

  for (const name of ['Database', 'Token keys', 'Session secret'])
    expect(findingsOn(name, findings)).toMatchObject([
      { outcome: 'ok', says: expect.stringContaining('when it starts') as string },
    ])
  expect(await readdir(folder)).toEqual([])
})

test.each([
  [0, 'ok', /^Its schema has version 0; the app migrates it to \d+ when it starts\.$/],
  [1, 'wrong', /version 1, from before the first release/],
  [99, 'wrong', /version 99; this version of the app supports up to \d+/],
] as const)('a database with schema version %i is %s, and is left as it is', async (version, outcome, says) => {
  const url = `file:${join(await temporaryFolder(), 'accounts.db')}`
  const database = await openDatabase(url)
  await database.query('UPDATE schema_versions SET version = $1', [version])
  await database.close()

  const findings = [
    await site.examine({ DATABASE_URL: url, TOKEN_KEYS }),
    await site.examine({ DATABASE_URL: url, TOKEN_KEYS }),
  ]

  for (const found of findings)
    expect(findingsOn('Database', found)).toMatchObject([{ outcome, says: expect.stringMatching(says) as string }])
})

test('an empty database file is fine', async () => {
  const file = join(await temporaryFolder(), 'empty.db')
  await writeFile(file, '')

  const findings = await site.examine({ DATABASE_URL: `file:${file}` })

  expect(findingsOn('Database', findings)).toMatchObject([{ outcome: 'ok' }])
  expect(findingsOn('Token keys', findings)).toEqual([
    { outcome: 'ok', says: 'They can be read. No tokens are stored yet.' },
  ])
})

test('a file that is no database is wrong', async () => {
  const file = join(await temporaryFolder(), 'accounts.db')
  await writeFile(file, 'something else, and long enough to be looked at '.repeat(50))

  const findings = await site.examine({ DATABASE_URL: `file:${file}` })

  expect(findingsOn('Database', findings)).toMatchObject([
    { outcome: 'wrong', says: expect.stringContaining(file) as string },
  ])
})

test('a database that cannot be written to is wrong', async () => {
  await using own = await startSite()
  await own.world.database.query('ALTER TABLE sessions RENAME TO elsewhere')

  expect(findingsOn('Database', await own.examine())).toMatchObject([
    { outcome: 'wrong', says: expect.stringContaining('read but not written') as string },
  ])
})

test('with an invalid DATABASE_URL, the database and the secrets beside it are unknown', async () => {
  const findings = await site.examine({ DATABASE_URL: 'canary' })

  for (const name of ['Database', 'Token keys', 'Session secret'])
    expect(findingsOn(name, findings)).toMatchObject([{ outcome: 'unknown' }])
})

test('keys that decrypt every stored token are fine', async () => {
  await using own = await startSite()
  await person(own.world).login()
  await person(own.world).login({ as: 'creator' })

  expect(findingsOn('Token keys', await site.examine())).toEqual([
    { outcome: 'ok', says: 'They decrypt the tokens of the one account.' },
  ])
  expect(findingsOn('Token keys', await own.examine())).toEqual([
    { outcome: 'ok', says: 'They decrypt the tokens of all 2 accounts.' },
  ])
})

test.each([
  ['set', `k2:${OTHER_KEY}`],
  ['stored', ''],
])('a missing key is wrong when another one is %s', async (_, keys) => {
  const findings = await site.examine({ TOKEN_KEYS: keys })

  expect(findingsOn('Token keys', findings)).toMatchObject([
    { outcome: 'wrong', says: 'One token is encrypted with the key “k1”, which is missing.' },
  ])
  expect(findingsOn('App secret', findings)).toMatchObject([{ outcome: 'unknown' }])
})

test('another key with the same ID is wrong', async () => {
  const findings = await site.examine({ TOKEN_KEYS: `k1:${OTHER_KEY}` })

  expect(findingsOn('Token keys', findings)).toMatchObject([
    { outcome: 'wrong', says: expect.stringContaining('it is another key') as string },
  ])
})

test('an older key after the newest one is fine', async () => {
  const findings = await site.examine({ TOKEN_KEYS: `k2:${OTHER_KEY},${TOKEN_KEYS}` })

  expect(findingsOn('Token keys', findings)).toMatchObject([{ outcome: 'ok' }])
})

test.each([
  ['token-key', 'TOKEN_KEYS', 'Token keys'],
  ['session-secret', 'SESSION_SECRETS', 'Session secret'],
])('an empty file %s is wrong', async (file, variable, name) => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, file), '')

  const findings = await site.examine({ DATABASE_URL: `file:${folder}/accounts.db`, [variable]: '' })

  expect(findingsOn(name, findings)).toMatchObject([
    { outcome: 'wrong', says: expect.stringContaining(join(folder, file)) as string },
  ])
})

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'doctor-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

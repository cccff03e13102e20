import { describe, expect, test } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import { migrate, MIGRATIONS } from '../../src/storage/migrations.ts'
import { engines } from './engines.ts'
import { inProcesses, storageModule } from './processes.ts'

const FIRST = ['CREATE TABLE fruits (name TEXT PRIMARY KEY)', "INSERT INTO fruits (name) VALUES ('apple')"]
const SECOND = ["INSERT INTO fruits (name) VALUES ('pear')"]

describe.each(engines)('migrations on $name', ({ place, emptyDatabase }) => {
  async function empty(): Promise<Database> {
    const open = await place()
    const database = await open()
    await database.run('DELETE FROM schema_versions')
    return database
  }

  test('note each version with the time at which it was applied', async () => {
    const before = Date.now()

    const open = await place()
    const database = await open()

    const rows = await database.all('SELECT version, applied_at FROM schema_versions ORDER BY version')
    expect(rows.map((row) => row['version'])).toStrictEqual(MIGRATIONS.map((_, index) => index + 1))
    for (const row of rows) {
      expect(row['applied_at']).toBeGreaterThanOrEqual(before)
      expect(row['applied_at']).toBeLessThanOrEqual(Date.now())
    }
  })

  test('find the account of sessions and logins that were kept before version 2', async () => {
    const database = await empty()
    for (const table of ['sessions', 'accounts', 'events', 'callbacks', 'deletions'])
      await database.run(`DROP TABLE ${table}`)
    await migrate(database, MIGRATIONS.slice(0, 1))
    const key = '0dc6b1de-6a3e-4f55-9b0a-5a3c5d7e9f11'
    const sessions = {
      visitor: '{"cookie":{},"browserKey":"b"}',
      person: `{"cookie":{},"accountKey":"${key}"}`,
    }
    for (const [sid, data] of Object.entries(sessions))
      await database.run('INSERT INTO sessions (sid, data, expires_at) VALUES ($1, $2, 1)', sid, data)
    const outcomes = {
      good: `{"accountKey":"${key}"}`,
      bad: '{"failure":"declined","reference":"r"}',
      open: null,
    }
    for (const [state, outcome] of Object.entries(outcomes))
      await database.run(
        "INSERT INTO callbacks (state_hash, code_hash, claimed_at, outcome) VALUES ($1, '', 1, $2)",
        state,
        outcome,
      )

    await migrate(database)

    expect(await database.all('SELECT sid, account_key FROM sessions ORDER BY sid')).toStrictEqual([
      { sid: 'person', account_key: key },
      { sid: 'visitor', account_key: null },
    ])
    expect(
      await database.all('SELECT state_hash, account_key, outcome FROM callbacks ORDER BY state_hash'),
    ).toStrictEqual([
      { state_hash: 'bad', account_key: null, outcome: outcomes.bad },
      { state_hash: 'good', account_key: key, outcome: null },
      { state_hash: 'open', account_key: null, outcome: null },
    ])
  })

  test('leave a place for all that an account is', async () => {
    const open = await place()
    const database = await open()
    const account = {
      account_key: '17841400000000007',
      id: '27640875392278831',
      user_id: '17841405793187218',
      username: 'ærø',
      name: null,
      account_type: 'BUSINESS',
      picture_url: 'https://example.org/p.jpg',
      profile_read_at: 1795000000001,
      permissions: 'instagram_business_basic',
      asked_scopes: 'instagram_business_basic',
      token_kind: 'long-lived',
      sealed_token: 'v1.k1.abc',
      token_obtained_at: 1795000000000,
      expires_at: 1800184000000,
      connected_at: 1795000000000,
      token_key_id: 'k1',
      status: 'expiring',
      status_since: 1795000000000,
      status_reason: 'timed_out',
      due_at: 1799320000000,
      failed_tries: 3,
      lease: 'b6bd7a6e',
      leased_until: 1799320060000,
    }
    const columns = Object.keys(account)
    const insert = `INSERT INTO accounts (${columns.join(', ')}) VALUES (${columns.map((_, i) => `$${i + 1}`).join(', ')})`

    await database.run(insert, ...Object.values(account))

    expect(await database.all('SELECT * FROM accounts WHERE id = $1', account.id)).toStrictEqual([account])
    await expect(database.run(insert, 'another key', ...Object.values(account).slice(1))).rejects.toThrow(
      /unique/i,
    )
  })

  test('apply each version once, however often they run', async () => {
    const database = await empty()

    await migrate(database, [FIRST])
    await migrate(database, [FIRST, SECOND])
    await migrate(database, [FIRST, SECOND])

    expect(await fruits(database)).toStrictEqual(['apple', 'pear'])
    expect(await versions(database)).toStrictEqual([1, 2])
  })

  test('apply each version once when several connections run them at once', async () => {
    const open = await place()
    const databases = await Promise.all([open(), open(), open(), open()])
    await databases[0].run('DELETE FROM schema_versions')

    await Promise.all(databases.map((database) => migrate(database, [FIRST, SECOND])))

    expect(await versions(databases[0])).toStrictEqual([1, 2])
    expect(await fruits(databases[0])).toStrictEqual(['apple', 'pear'])
  })

  test('keep the versions before one that fails, nothing of that one, and try it again the next time', async () => {
    const database = await empty()
    const failing = [...SECOND, 'INSERT INTO vegetables (name) VALUES (1)']

    await expect(migrate(database, [FIRST, failing])).rejects.toThrow('vegetables')
    expect(await versions(database)).toStrictEqual([1])
    expect(await fruits(database)).toStrictEqual(['apple'])

    await migrate(database, [FIRST, SECOND])
    expect(await fruits(database)).toStrictEqual(['apple', 'pear'])
  })

  test('refuse a schema that is newer than the program, and touch nothing', async () => {
    const database = await empty()
    await migrate(database, [FIRST, SECOND])

    await expect(migrate(database, [FIRST])).rejects.toThrow(
      'The database has schema version 2, but this program knows only versions up to 1: start the newer program that made it',
    )

    expect(await versions(database)).toStrictEqual([1, 2])
  })

  test('refuse to open a database whose schema is newer than the program', async () => {
    const open = await place()
    const database = await open()
    await database.run('INSERT INTO schema_versions (version, applied_at) VALUES ($1, $2)', 4711, 0)

    await expect(open()).rejects.toThrow('schema version 4711')
  })

  test('make an empty database ready once when it is opened many times at once', async () => {
    for (let round = 0; round < 3; round += 1) {
      const open = await place()

      const [database] = await Promise.all(Array.from({ length: 10 }, open))

      const versions = await database?.all(
        'SELECT COUNT(*) AS rows, MAX(version) AS newest FROM schema_versions',
      )
      expect(versions?.[0]?.['rows']).toBe(versions?.[0]?.['newest'])
    }
  })

  test('ten processes that start at once on an empty database migrate once', async () => {
    const url = JSON.stringify(await emptyDatabase())

    const seen = await inProcesses(
      10,
      `import { openDatabase } from ${storageModule('database.ts')}
       const database = await openDatabase(${url})
       console.log(JSON.stringify(await database.all('SELECT version FROM schema_versions')))
       await database.close()`,
    )

    const all = MIGRATIONS.map((_, index) => ({ version: index + 1 }))
    expect(new Set(seen)).toStrictEqual(new Set([JSON.stringify(all)]))
  })
})

async function versions(database: Database): Promise<unknown[]> {
  const rows = await database.all('SELECT version FROM schema_versions ORDER BY version')
  return rows.map((row) => row['version'])
}

async function fruits(database: Database): Promise<unknown[]> {
  const rows = await database.all('SELECT name FROM fruits ORDER BY name')
  return rows.map((row) => row['name'])
}

import { describe, expect, onTestFinished, test } from 'vitest'
import { copyDatabase } from '../../src/storage/copyDatabase.ts'
import { type Database, openUnchanged, type Unchanged } from '../../src/storage/database.ts'
import { engines, opened } from './engines.ts'

const ROWS = 25

const ways = engines.flatMap((from) =>
  engines.map((to) => ({ from, to, name: `${from.name} to ${to.name}` })),
)

describe.each(ways)('a copy from $name', ({ from, to }) => {
  async function world() {
    const [source, destination] = [await from.emptyDatabase(), await to.emptyDatabase()]
    const before = await opened(source)
    await fill(before)
    const after = await opened(destination)
    return { before, after, from: await unchanged(source), to: await unchanged(destination), batchSize: 10 }
  }

  test('has every row of every table as it was', async () => {
    const { before, after, ...copy } = await world()

    const result = await copyDatabase(copy)

    expect(result).toStrictEqual({
      copied: 3 * ROWS,
      finished: true,
      rows: new Map([
        ['accounts', ROWS],
        ['callbacks', 0],
        ['deletions', 0],
        ['events', ROWS],
        ['sessions', ROWS],
      ]),
    })
    expect(await allOf(after)).toStrictEqual(await allOf(before))
  })

  test('knows a table that came later', async () => {
    const { before, after, ...copy } = await world()
    for (const database of [before, after])
      await database.run('CREATE TABLE newcomers (code TEXT PRIMARY KEY, at BIGINT)')
    await before.run('INSERT INTO newcomers (code, at) VALUES ($1, NULL), ($2, $3)', 'a', 'b', 2 ** 53 - 1)

    const { rows } = await copyDatabase(copy)

    expect(rows.get('newcomers')).toBe(2)
    expect(await after.all('SELECT * FROM newcomers ORDER BY code')).toStrictEqual([
      { code: 'a', at: null },
      { code: 'b', at: 2 ** 53 - 1 },
    ])
  })

  test('goes on wherever it was stopped, and is whole in the end', async () => {
    const { before, after, ...copy } = await world()
    const copied: number[] = []

    for (let finished = false; !finished;) {
      const stopping = new AbortController()
      const known = copied.reduce((sum, count) => sum + count, 0)
      const onProgress = ({ done }: { done: number }) => {
        if (done > known) stopping.abort()
      }
      const result = await copyDatabase({ ...copy, onProgress, signal: stopping.signal })
      copied.push(result.copied)
      finished = result.finished
    }

    expect(copied.length).toBeGreaterThan(6)
    expect(copied.reduce((sum, count) => sum + count)).toBe(3 * ROWS)
    expect(await allOf(after)).toStrictEqual(await allOf(before))
  })

  test('done again copies nothing', async () => {
    const copy = await world()
    await copyDatabase(copy)

    expect(await copyDatabase(copy)).toMatchObject({ copied: 0, finished: true })
  })

  test.each([
    ['a row of its own', "INSERT INTO sessions (sid, data, expires_at) VALUES ('zz', '{}', 1)"],
    ['a row that is not the same any more', "UPDATE accounts SET status = 'expiring' WHERE id = '1007'"],
    ['a row less in the middle', "DELETE FROM events WHERE id = 'evt_1007'"],
  ])('is refused where the other database has %s, and nothing is written', async (_, change) => {
    const { before, after, ...copy } = await world()
    await copyDatabase(copy)
    await after.run("DELETE FROM accounts WHERE id > '1011'")
    await after.run(change)
    const was = await allOf(after)

    await expect(copyDatabase(copy)).rejects.toThrow('holds something else already')

    expect(await allOf(after)).toStrictEqual(was)
    expect(await allOf(before)).toHaveLength(4)
  })

  test('is refused where the schemas differ', async () => {
    const { before, after, ...copy } = await world()
    await before.run('INSERT INTO schema_versions (version, applied_at) VALUES (4711, 0)')

    await expect(copyDatabase(copy)).rejects.toThrow(/schema version 4711, the other one \d+/)

    expect((await allOf(after)).flat()).toStrictEqual([])
  })

  test('says so when rows went while it was made', async () => {
    const { before, after, ...copy } = await world()
    let gone: Promise<unknown> | undefined
    const onProgress = ({ done }: { done: number }) => {
      if (done > ROWS) gone ??= before.run("DELETE FROM accounts WHERE id = '1007'")
    }

    await expect(copyDatabase({ ...copy, onProgress })).rejects.toThrow(
      `The table accounts has ${ROWS - 1} rows, and its copy ${ROWS}: is the app still running?`,
    )

    await gone
    expect((await allOf(after))[0]).toHaveLength(ROWS)
  })
})

async function unchanged(url: string): Promise<Unchanged> {
  const found = await openUnchanged(url)
  onTestFinished(() => found.database.close())
  return found
}

async function fill(database: Database): Promise<void> {
  for (let row = 1000; row < 1000 + ROWS; row += 1) {
    await database.run(
      'INSERT INTO sessions (sid, data, expires_at) VALUES ($1, $2, $3)',
      `sid-${row}`,
      JSON.stringify({ name: `ærø 👩‍🚀 '${row}'\n` }),
      2 ** 53 - row,
    )
    await database.run(
      `INSERT INTO accounts (account_key, id, username, asked_scopes, token_kind, sealed_token, token_obtained_at,
         connected_at, token_key_id, status, status_since, failed_tries)
       VALUES ($1, $2, $3, '[]', 'long_lived', $4, 0, 0, 'k1', 'ok', 0, 0)`,
      `${row % 2 ? 'Key' : 'key'}-${row}`,
      String(row),
      row % 3 ? null : 'ærø',
      `1.k1.${row}`,
    )
    await database.run(
      'INSERT INTO events (id, payload, created_at, deliver_at, failed_tries) VALUES ($1, $2, $3, $3, 0)',
      `evt_${row}`,
      '{}',
      row,
    )
  }
}

/** The rows of all tables. */
async function allOf(database: Database) {
  const ordered = { accounts: 'account_key', callbacks: 'state_hash', events: 'id', sessions: 'sid' }
  return Promise.all(
    Object.entries(ordered).map(([table, key]) => database.all(`SELECT * FROM ${table} ORDER BY ${key}`)),
  )
}

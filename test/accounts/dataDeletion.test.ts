import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { APP_ID, connection, useStage } from './stage.ts'

const stage = useStage()

/** A process, and how many rows each of its deletions deleted, outside transactions. */
function recordedProcess() {
  const batches: number[] = []
  const context = stage.process({
    database: {
      ...stage.database,
      async query(sql, parameters) {
        const result = await stage.database.query(sql, parameters)
        if (sql.startsWith('DELETE')) batches.push(result.rowCount)
        return result
      },
    },
  })
  return { ...context, batches }
}

const MANY = 'WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 950)'

/** How often others got their turn before the work was done. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0
  while ((await Promise.race([work, setImmediate('turn')])) === 'turn') {
    await stage.database.query('SELECT 1')
    turns += 1
  }
  return turns
}

test.each(['deauthorize', 'deleteData'] as const)(
  '%s ends many sessions in batches, between which others get their turn',
  async (end) => {
    const { accounts, dataDeletion, batches } = recordedProcess()
    const { key } = await accounts.connect(connection())
    await stage.database.query(
      `INSERT INTO sessions (sid, data, expires_at, account_key)
       ${MANY} SELECT 's' || i, '{}', 4102444800000, CAST($1 AS TEXT) FROM numbers`,
      [key],
    )

    const turns = await turnsDuring(dataDeletion[end](APP_ID, null))

    expect(turns).toBeGreaterThan(0)
    expect(batches.length).toBeGreaterThan(5)
    expect(Math.max(...batches)).toBeLessThanOrEqual(100)
    expect((await stage.database.query('SELECT sid FROM sessions')).rows).toStrictEqual([])
  },
)

test.each([
  ['sessions', `(sid, data, expires_at) ${MANY} SELECT 's' || i, '{}', i FROM numbers`],
  ['login_attempts', `(state_hash, code_hash, claimed_at) ${MANY} SELECT 's' || i, 'c', i FROM numbers`],
  ['events', `(id, payload, created_at, deliver_at, failed_tries) ${MANY} SELECT 'e' || i, '{}', i, i, 0 FROM numbers`],
])('expired %s are deleted in batches, between which others get their turn', async (table, rows) => {
  const { jobs, batches } = recordedProcess()
  await stage.database.query(`INSERT INTO ${table} ${rows}`)

  const turns = await turnsDuring(jobs.run())

  expect(turns).toBeGreaterThan(0)
  expect(batches.length).toBeGreaterThan(5)
  expect(Math.max(...batches)).toBeLessThanOrEqual(100)
  expect((await stage.database.query(`SELECT * FROM ${table}`)).rows).toStrictEqual([])
})

test('data that cannot all be deleted is not deleted at all', async () => {
  const { accounts, dataDeletion } = stage.process({
    database: {
      ...stage.database,
      transaction: (work) =>
        stage.database.transaction((transaction) =>
          work({
            ...transaction,
            query: (sql, parameters) =>
              sql.startsWith('INSERT INTO deletions')
                ? Promise.reject(new Error('disk I/O error'))
                : transaction.query(sql, parameters),
          }),
        ),
    },
  })
  const { key } = await accounts.connect(connection())

  await expect(dataDeletion.deleteData(APP_ID, null)).rejects.toThrow('disk I/O error')

  expect(await accounts.accessToken(key)).toBe('IGAAfirst')
})

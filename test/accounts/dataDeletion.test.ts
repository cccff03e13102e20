import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { APP_ID, connection, useStage } from './stage.ts'

const stage = useStage()

test.each(['deauthorize', 'deleteData'] as const)(
  '%s ends many sessions in batches, between which others get their turn',
  async (end) => {
    const batches: number[] = []
    const { accounts, dataDeletion } = stage.process({
      database: {
        ...stage.database,
        async query(sql, parameters) {
          const result = await stage.database.query(sql, parameters)
          if (sql.startsWith('DELETE FROM sessions')) batches.push(result.rowCount)
          return result
        },
      },
    })
    const { key } = await accounts.connect(connection())
    await stage.database.query(
      `INSERT INTO sessions (sid, data, expires_at, account_key)
     WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 9500)
     SELECT 's' || i, '{}', 4102444800000, CAST($1 AS TEXT) FROM numbers`,
      [key],
    )
    let turns = 0

    const ending = dataDeletion[end](APP_ID, null)
    while ((await Promise.race([ending, setImmediate('turn')])) === 'turn') {
      await stage.database.query('SELECT 1')
      turns += 1
    }

    expect(turns).toBeGreaterThan(0)
    expect(batches.length).toBeGreaterThan(5)
    expect(Math.max(...batches)).toBeLessThanOrEqual(1_000)
    expect((await stage.database.query('SELECT sid FROM sessions')).rows).toStrictEqual([])
  },
)

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

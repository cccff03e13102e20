import { expect, test } from 'vitest'
import { APP_ID, connection, useStage } from './stage.ts'

const stage = useStage()

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

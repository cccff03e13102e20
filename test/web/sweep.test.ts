import { expect, test } from 'vitest'
import { sweep } from '../../src/storage/sweep.ts'
import { person } from '../support/person.ts'
import { startWorld } from '../support/world.ts'

const DAY = 24 * 60 * 60 * 1000

test('sweeping removes what has had its time, and nothing that is still wanted', async () => {
  await using world = await startWorld()
  await person(world).login()
  await sweep(world.database, world.now(), { events: true })
  const count = async (table: string) => (await world.database.all(`SELECT * FROM ${table}`)).length
  const soon = [await count('sessions'), await count('callbacks'), await count('accounts')]
  world.pass(2 * DAY)
  await world.database.run('UPDATE sessions SET expires_at = $1', Date.now() - 1)

  await sweep(world.database, world.now(), { events: true })

  expect(soon).toStrictEqual([1, 1, 1])
  expect([await count('sessions'), await count('callbacks'), await count('accounts')]).toStrictEqual([
    0, 0, 1,
  ])
})

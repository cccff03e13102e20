import { expect, test } from 'vitest'
import { createClaims } from '../../src/accounts/claims.ts'
import { createEvents } from '../../src/accounts/events.ts'
import { createKeyRing } from '../../src/accounts/keyRing.ts'
import { person } from '../support/person.ts'
import { startWorld, type World } from '../support/world.ts'

const MINUTE = 60_000

/** Claims of a process whose clock is ahead by so much. */
function claimsAhead(world: World, milliseconds: number) {
  const clock = () => new Date(world.now().getTime() + milliseconds)
  const events = createEvents({ now: clock, listeners: [], kept: false, reconnectUrl: () => '' })
  return createClaims(
    world.database,
    createKeyRing([{ id: 'k1', secret: Buffer.alloc(32, 7) }]),
    events,
    clock,
  )
}

test('a process whose clock is behind leaves a lease alone that another has just taken', async () => {
  await using world = await startWorld()
  await person(world).login()
  await world.database.run('UPDATE accounts SET due_at = 0')
  const [held] = await claimsAhead(world, 0).due(1)

  const taken = [await claimsAhead(world, -1).due(1), await claimsAhead(world, -5 * MINUTE).due(1)]

  expect(held?.lease).toBeDefined()
  expect(taken).toStrictEqual([[], []])
})

test('a lease of a clock that was a month ahead, and was set back, holds nobody up', async () => {
  await using world = await startWorld()
  await person(world).login()
  await world.database.run('UPDATE accounts SET due_at = 0')
  await claimsAhead(world, 30 * 24 * 60 * MINUTE).due(1)

  const taken = await claimsAhead(world, 0).due(1)

  expect(taken).toHaveLength(1)
})

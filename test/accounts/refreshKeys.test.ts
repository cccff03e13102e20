import { expect, test } from 'vitest'
import { person } from '../support/person.ts'
import { startWorld } from '../support/world.ts'
import { DAY, happened, HOUR, live, logged, onlyAccount, refreshCount } from './refreshWorld.ts'

const OTHER_KEYS = { TOKEN_KEYS: `k2:${Buffer.alloc(32, 8).toString('base64')}` }
const SAME_ID = { TOKEN_KEYS: `k1:${Buffer.alloc(32, 9).toString('base64')}` }

test('an account whose key is missing is unreadable, says so once, is never sent anywhere and never deleted', async () => {
  await using world = await startWorld()
  await person(world).login()
  const sealed = await world.database.all('SELECT sealed_token FROM accounts')
  const calls = world.sandbox.calls.length
  world.restart(OTHER_KEYS)

  await live(world, 120 * DAY)
  world.restart(OTHER_KEYS)
  await live(world, 5 * DAY)

  expect(await onlyAccount(world)).toMatchObject({
    status: 'unreadable',
    statusReason: 'no_key',
    dueAt: null,
  })
  expect(happened(world)).toStrictEqual(['account.connected', 'account.unreadable'])
  expect(logged(world, 'account.unreadable')).toHaveLength(1)
  expect(world.sandbox.calls).toHaveLength(calls)
  expect(await world.database.all('SELECT sealed_token FROM accounts')).toStrictEqual(sealed)
})

test('with its key back it is readable and ok, and kept alive', async () => {
  await using world = await startWorld()
  await person(world).login()
  world.restart(OTHER_KEYS)
  await live(world, 20 * DAY)
  world.restart()

  await live(world, 35 * DAY)

  expect(await onlyAccount(world)).toMatchObject({ status: 'ok', statusReason: null })
  expect(happened(world)).toStrictEqual([
    'account.connected',
    'account.unreadable',
    'account.readable',
    'token.refreshed',
  ])
})

test('a key with the right id and the wrong bytes makes it unreadable when it is due, and nothing is sent', async () => {
  await using world = await startWorld()
  await person(world).login()
  world.restart(SAME_ID)

  await live(world, 70 * DAY, 6 * HOUR)
  world.restart(SAME_ID)
  await live(world, DAY)

  expect(await onlyAccount(world)).toMatchObject({ status: 'unreadable', statusReason: 'no_key' })
  expect(happened(world)).toStrictEqual(['account.connected', 'account.unreadable'])
  expect(refreshCount(world)).toBe(0)
})

test('a token that ended while its key was missing needs the person when the key is back', async () => {
  await using world = await startWorld()
  await person(world).login()
  world.restart(OTHER_KEYS)
  await live(world, 70 * DAY, DAY)
  world.restart()

  await world.upkeep()

  expect(await onlyAccount(world)).toMatchObject({ status: 'needs_reconnect', statusReason: 'expired' })
  expect(refreshCount(world)).toBe(0)
})

test('an account that needs the person still does when its key was away and is back', async () => {
  await using world = await startWorld()
  await person(world).login()
  await world.database.run('UPDATE accounts SET due_at = 0')
  world.sandbox.revoke('business')
  world.pass(3 * DAY)
  await world.upkeep()
  world.restart(OTHER_KEYS)
  await world.upkeep()
  world.restart()

  await world.upkeep()

  expect(await onlyAccount(world)).toMatchObject({ status: 'needs_reconnect', statusReason: 'app_removed' })
  expect(happened(world)).toStrictEqual(['account.connected', 'account.needs_reconnect'])
})

test('an account that was expiring and whose key comes back is refreshed like any other', async () => {
  await using world = await startWorld()
  await person(world).login()
  for (let call = 0; call < 4; call += 1) world.sandbox.answerNext('refresh', { status: 500, body: '' })
  await live(world, 53 * DAY, HOUR)
  world.restart(OTHER_KEYS)
  await world.upkeep()
  world.restart()

  await live(world, DAY, HOUR)

  expect(await onlyAccount(world)).toMatchObject({ status: 'ok', failedTries: 0 })
})

test('logging in again while the key is missing mends it', async () => {
  await using world = await startWorld()
  await person(world).login()
  world.restart(OTHER_KEYS)
  await world.upkeep()

  await person(world).login()

  expect(await onlyAccount(world)).toMatchObject({ status: 'ok', statusReason: null })
  await live(world, 53 * DAY)
  expect(refreshCount(world)).toBe(1)
})

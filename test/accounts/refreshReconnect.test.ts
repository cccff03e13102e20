import { expect, test } from 'vitest'
import type { Refreshed } from '../../src/instagram/client.ts'
import { linkCalled, person } from '../support/person.ts'
import { startWorld } from '../support/world.ts'
import { idOf, startStage } from './refreshStage.ts'
import {
  DAY,
  happened,
  HOUR,
  live,
  onlyAccount,
  OUT_OF_ORDER,
  refreshCount,
  refreshedTokens,
  refuseRefreshes,
  setSystemClock,
  tokenOn,
} from './refreshWorld.ts'

test('two clicks on the link of the event mend an account that needs the person', async () => {
  await using world = await startWorld()
  await person(world).login()
  world.sandbox.revoke('business')
  await live(world, 55 * DAY)
  const { reconnectUrl } = world.events.at(-1) ?? {}
  const operator = person(world)
  setSystemClock(world)

  const first = await operator.get(new URL(reconnectUrl ?? '').pathname)
  const second = await operator.get(await operator.authorize(linkCalled('Get Started', first.text)))

  expect(first.text).toContain('@harbour.bakery')
  expect(tokenOn(second.text)).toMatch(/^IGAA/)
  expect(await onlyAccount(world)).toMatchObject({ status: 'ok', statusReason: null, failedTries: 0 })
  expect(happened(world).slice(-2)).toStrictEqual(['account.needs_reconnect', 'account.connected'])
  await live(world, 53 * DAY)
  expect(happened(world).at(-1)).toBe('token.refreshed')
})

test('reconnecting mends an account that is expiring', async () => {
  await using world = await startWorld()
  await person(world).login()
  refuseRefreshes(world, OUT_OF_ORDER)
  await live(world, 54 * DAY, HOUR)
  expect((await onlyAccount(world)).status).toBe('expiring')
  setSystemClock(world)

  await person(world).login()

  const account = await onlyAccount(world)
  expect(account).toMatchObject({ status: 'ok', statusReason: null, failedTries: 0 })
  expect(Number(account.dueAt)).toBeGreaterThan(world.now().getTime() + 49 * DAY)
})

test('a login during a refresh wins: its newer token stays', async () => {
  await using stage = await startStage()
  await stage.connect(idOf(1), 55 * DAY)
  const { accounts } = stage.keeping()
  const instagram = {
    ...stage.instagram,
    async refresh(token: string): Promise<Refreshed> {
      const refreshed = await stage.instagram.refresh(token)
      await stage.connect(idOf(1))
      return refreshed
    },
  }

  await stage.keeping({ instagram }).refresher.refreshDue()

  const account = await onlyAccount(stage)
  const connected = stage.events.at(-1)
  expect(happened(stage)).toStrictEqual(['account.connected', 'account.connected'])
  expect(account).toStrictEqual(connected?.account)
  expect(await accounts.accessToken(account.key)).not.toBe(refreshedTokens(stage)[0])
  stage.pass(53 * DAY)
  await stage.keeping().refresher.refreshDue()
  expect(await onlyAccount(stage)).toMatchObject({ status: 'ok', tokenObtainedAt: stage.now() })
})

test('a login during a refresh that fails for good wins: the account does not need the person', async () => {
  await using stage = await startStage()
  await stage.connect(idOf(1), 55 * DAY)
  stage.sandbox.revoke('business')
  const instagram = {
    ...stage.instagram,
    async refresh(token: string): Promise<Refreshed> {
      await stage.connect(idOf(1))
      return stage.instagram.refresh(token)
    },
  }

  await stage.keeping({ instagram }).refresher.refreshDue()

  expect(await onlyAccount(stage)).toMatchObject({ status: 'ok', statusReason: null, failedTries: 0 })
  expect(happened(stage)).toStrictEqual(['account.connected', 'account.connected'])
})

test('an account that is removed during its refresh does not return, and nobody hears of a refresh', async () => {
  await using stage = await startStage()
  const { key } = await stage.connect(idOf(1), 55 * DAY)
  const { accounts } = stage.keeping()
  const instagram = {
    ...stage.instagram,
    async refresh(token: string): Promise<Refreshed> {
      const refreshed = await stage.instagram.refresh(token)
      await accounts.remove(key)
      return refreshed
    },
  }

  await stage.keeping({ instagram }).refresher.refreshDue()

  expect(await accounts.find(key)).toBeUndefined()
  expect(happened(stage)).toStrictEqual(['account.connected', 'account.disconnected'])
})

test('when a lease ran out during a long call and another process refreshed, that one’s token stays', async () => {
  await using stage = await startStage()
  const { key } = await stage.connect(idOf(1), 55 * DAY)
  const { accounts } = stage.keeping()
  const other = stage.keeping({ database: await stage.openAnother() })
  let kept: string | undefined
  const instagram = {
    ...stage.instagram,
    async refresh(token: string): Promise<Refreshed> {
      const refreshed = await stage.instagram.refresh(token)
      stage.pass(60_000)
      await other.refresher.refreshDue()
      kept = await other.accounts.accessToken(key)
      return refreshed
    },
  }

  await stage.keeping({ instagram }).refresher.refreshDue()

  expect(refreshCount(stage)).toBe(2)
  expect(await accounts.accessToken(key)).toBe(kept)
  expect(happened(stage)).toStrictEqual(['account.connected', 'token.refreshed'])
})

import { describe, expect, test } from 'vitest'
import { person } from '../support/person.ts'
import { startWorld } from '../support/world.ts'
import { idOf, type Stage, startStage } from './refreshStage.ts'
import {
  accountsOf,
  DAY,
  graphError,
  happened,
  HOUR,
  MINUTE,
  onlyAccount,
  refreshCount,
  refuseRefreshes,
} from './refreshWorld.ts'

const REFUSALS = {
  'code 4 with 403': graphError(4, '(#4) Application request limit reached', 403),
  'code 17': graphError(17, '(#17) User request limit reached'),
  'code 613': graphError(613, '(#613) Calls to this api have exceeded the rate limit.'),
  'status 429': { status: 429, body: '<html>Too many requests</html>' },
}

/** So many accounts that are due. */
async function startDue(count: number): Promise<Stage> {
  const stage = await startStage()
  for (let number = 0; number < count; number += 1) await stage.connect(idOf(number), 55 * DAY)
  return stage
}

describe('when Instagram throttles', () => {
  test.each(Object.entries(REFUSALS))(
    'by %s, the pass stops and no other account is called',
    async (_, answer) => {
      await using stage = await startDue(40)
      const { refresher } = stage.keeping()
      refuseRefreshes(stage, answer)

      await refresher.refreshDue()
      const calls = refreshCount(stage)
      await refresher.refreshDue()
      stage.pass(14 * MINUTE)
      await refresher.refreshDue()

      expect(calls).toBeLessThanOrEqual(4)
      expect(refreshCount(stage)).toBe(calls)
    },
  )

  test('nobody is punished for it, and all have their turn after a quarter of an hour', async () => {
    await using stage = await startDue(40)
    const { refresher } = stage.keeping()
    stage.sandbox.throttle(4)

    await refresher.refreshDue()
    const paused = await accountsOf(stage)
    stage.pass(15 * MINUTE)
    await refresher.refreshDue()

    for (const account of paused)
      expect(account).toMatchObject({ status: 'ok', statusReason: null, failedTries: 0 })
    for (const account of await accountsOf(stage))
      expect(account).toMatchObject({ status: 'ok', failedTries: 0, tokenObtainedAt: stage.now() })
    expect(refreshCount(stage)).toBe(44)
    const leases = await stage.database.all('SELECT COUNT(*) AS count FROM accounts WHERE lease IS NOT NULL')
    expect(leases).toStrictEqual([{ count: 0 }])
  })

  test('the pause lasts as long as Instagram says', async () => {
    await using stage = await startDue(10)
    const { refresher } = stage.keeping()
    stage.sandbox.throttle(4, 120)
    await refresher.refreshDue()
    const calls = refreshCount(stage)

    stage.pass(2 * HOUR - 1)
    await refresher.refreshDue()
    expect(refreshCount(stage)).toBe(calls)
    stage.pass(1)
    await refresher.refreshDue()

    expect(refreshCount(stage)).toBe(calls + 10)
  })

  test('the pause lasts a day at most, whatever a header says', async () => {
    await using stage = await startDue(10)
    const { refresher } = stage.keeping()
    stage.sandbox.throttle(4, 1e12)
    await refresher.refreshDue()

    stage.pass(DAY)
    await refresher.refreshDue()

    for (const account of await accountsOf(stage)) expect(account.tokenObtainedAt).toStrictEqual(stage.now())
  })

  test('a pause leaves the schedule of what it cut short to the next pass', async () => {
    await using world = await startWorld()
    await person(world).login()
    await person(world).login({ as: 'creator' })
    world.pass(55 * DAY)
    world.sandbox.throttle(2)

    await world.upkeep()
    world.pass(16 * MINUTE)
    await world.upkeep()

    expect(happened(world).slice(2)).toStrictEqual(['token.refreshed', 'token.refreshed'])
  })

  test('until the end, the operator hears of it days before', async () => {
    await using world = await startWorld()
    await person(world).login()
    const { tokenExpiresAt } = await onlyAccount(world)
    world.sandbox.throttle(1e6)

    for (let hour = 0; hour < 59 * 24; hour += 1) {
      world.pass(HOUR)
      await world.upkeep()
    }

    const expiring = world.events.filter(({ type }) => type === 'token.expiring')
    expect(expiring).toHaveLength(1)
    expect(Number(tokenExpiresAt) - Number(expiring[0]?.at)).toBeGreaterThan(DAY)
  })

  test('a token whose end comes during the pause is not called after it, and needs the person', async () => {
    await using stage = await startStage()
    const { refresher } = stage.keeping()
    await stage.connect(idOf(1), 59.99 * DAY)
    stage.sandbox.throttle(1)
    await refresher.refreshDue()

    stage.pass(15 * MINUTE)
    await refresher.refreshDue()

    expect(await onlyAccount(stage)).toMatchObject({ status: 'needs_reconnect', statusReason: 'expired' })
    expect(refreshCount(stage)).toBe(1)
  })

  test('a refresh by hand waits until the pause is over too', async () => {
    await using stage = await startDue(8)
    const { refresher } = stage.keeping()
    stage.sandbox.throttle(4)
    await refresher.refreshDue()
    const [account] = (await accountsOf(stage)).filter(({ dueAt }) => Number(dueAt) <= stage.now().getTime())

    await refresher.refresh(account?.key ?? '')
    expect(refreshCount(stage)).toBe(4)
    stage.pass(15 * MINUTE)
    await refresher.refresh(account?.key ?? '')

    expect(refreshCount(stage)).toBe(5)
  })
})

describe('near the limit', () => {
  test('at 97 percent it keeps what it got, and pauses', async () => {
    await using stage = await startDue(40)
    const { refresher } = stage.keeping()
    stage.sandbox.usage(97)

    await refresher.refreshDue()
    const calls = refreshCount(stage)
    stage.pass(14 * MINUTE)
    await refresher.refreshDue()

    expect(calls).toBeLessThanOrEqual(4)
    expect(refreshCount(stage)).toBe(calls)
    expect(happened(stage).filter((type) => type === 'token.refreshed')).toHaveLength(calls)

    stage.sandbox.usage(20)
    stage.pass(MINUTE)
    await refresher.refreshDue()

    expect(happened(stage).filter((type) => type === 'token.refreshed')).toHaveLength(40)
    expect(refreshCount(stage)).toBe(40)
  })

  test('at 90 percent it goes on', async () => {
    await using stage = await startDue(12)
    stage.sandbox.usage(90)

    await stage.keeping().refresher.refreshDue()

    expect(refreshCount(stage)).toBe(12)
  })
})

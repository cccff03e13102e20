import { expect, test } from 'vitest'
import { person } from '../support/person.ts'
import { startWorld } from '../support/world.ts'
import { idOf, LIFETIME_SECONDS, startStage } from './refreshStage.ts'
import {
  accountsOf,
  DAY,
  happened,
  HOUR,
  live,
  logged,
  MINUTE,
  onlyAccount,
  OUT_OF_ORDER,
  refreshCount,
  refreshedTokens,
  refuseRefreshes,
  setSystemClock,
  tokenOn,
} from './refreshWorld.ts'

test('an account connected today is still ok after a year, with about seven refreshes and nobody involved', async () => {
  await using world = await startWorld()
  await person(world).login()
  const moments: Date[] = []

  for (let day = 1; day <= 365; day += 1) {
    const { tokenObtainedAt, tokenExpiresAt } = await onlyAccount(world)
    await live(world, DAY)
    const { tokenObtainedAt: later } = await onlyAccount(world)
    if (later.getTime() === tokenObtainedAt.getTime()) continue
    moments.push(later)
    expect(later.getTime() - tokenObtainedAt.getTime()).toBeGreaterThanOrEqual(DAY)
    const left = Number(tokenExpiresAt) - later.getTime()
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThanOrEqual(10 * DAY)
  }

  expect(await onlyAccount(world)).toMatchObject({ status: 'ok', statusReason: null, failedTries: 0 })
  expect(moments.length).toBeGreaterThanOrEqual(6)
  expect(moments.length).toBeLessThanOrEqual(8)
  expect(refreshCount(world)).toBe(moments.length)
  expect(happened(world)).toStrictEqual(['account.connected', ...moments.map(() => 'token.refreshed')])
  expect(logged(world, 'token.refreshed')).toHaveLength(moments.length)
})

test('rounds before it is due call nobody', async () => {
  await using world = await startWorld()
  await person(world).login()
  const before = world.sandbox.calls.length

  await live(world, 49 * DAY, 6 * HOUR)

  expect(world.sandbox.calls).toHaveLength(before)
})

test('accounts that were connected together part company', async () => {
  await using stage = await startStage()
  for (let number = 0; number < 50; number += 1) await stage.connect(idOf(number))

  const due = (await accountsOf(stage)).map(({ dueAt }) => Number(dueAt))

  const end = stage.now().getTime() + LIFETIME_SECONDS * 1000
  expect(new Set(due).size).toBe(50)
  expect(Math.min(...due)).toBeGreaterThanOrEqual(end - 10 * DAY)
  expect(Math.max(...due)).toBeLessThanOrEqual(end - 8 * DAY)
  expect(Math.max(...due) - Math.min(...due)).toBeGreaterThan(DAY)
})

test('the refreshed token is the one that the page shows, and the one that is refreshed next', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  const shown = [tokenOn((await somebody.login()).text)]

  for (let days = 0; days < 104; days += 4) {
    await live(world, 4 * DAY)
    setSystemClock(world)
    shown.push(tokenOn((await somebody.get('/')).text))
  }

  const [first, second, third, ...more] = new Set(shown)
  expect(more).toStrictEqual([])
  expect(refreshedTokens(world)).toStrictEqual([first, second])
  expect(third).toMatch(/^IGAA/)
})

test('what became due while it was down for 55 days is caught up at start', async () => {
  await using world = await startWorld()
  await person(world).login()
  await person(world).login({ as: 'creator' })
  world.pass(55 * DAY)
  world.restart()

  await world.upkeep()

  expect(refreshCount(world)).toBe(2)
  for (const account of await accountsOf(world))
    expect(account).toMatchObject({ status: 'ok', tokenObtainedAt: world.now() })
})

test('down for 61 days it says once that a person is needed, and asks Instagram nothing', async () => {
  await using world = await startWorld()
  await person(world).login()
  world.pass(61 * DAY)
  world.restart()

  await world.upkeep()
  await live(world, 3 * DAY, HOUR)
  world.restart()
  await live(world, 90 * DAY)

  const account = await onlyAccount(world)
  expect(account).toMatchObject({ status: 'needs_reconnect', statusReason: 'expired', dueAt: null })
  expect(happened(world)).toStrictEqual(['account.connected', 'account.needs_reconnect'])
  expect(world.events[1]?.reconnectUrl).toBe(`${world.origin}/reconnect/${account.id}`)
  expect(logged(world, 'account.needs_reconnect')).toHaveLength(1)
  expect(refreshCount(world)).toBe(0)
})

test('a token is never refreshed at the moment of its end or later', async () => {
  await using world = await startWorld()
  await person(world).login()
  const { tokenExpiresAt } = await onlyAccount(world)
  world.pass(Number(tokenExpiresAt) - world.now().getTime())

  await world.upkeep()

  expect(refreshCount(world)).toBe(0)
  expect((await onlyAccount(world)).status).toBe('needs_reconnect')
})

test('a token is refreshed a minute before its end', async () => {
  await using world = await startWorld()
  await person(world).login()
  const { tokenExpiresAt } = await onlyAccount(world)
  world.pass(Number(tokenExpiresAt) - world.now().getTime() - MINUTE)

  await world.upkeep()

  expect(refreshCount(world)).toBe(1)
  expect((await onlyAccount(world)).status).toBe('ok')
})

test('with 50 days asked for, a token is still at least a day old when it is refreshed', async () => {
  await using world = await startWorld({ REFRESH_DAYS_BEFORE_EXPIRY: '50' })
  await person(world).login()

  await live(world, 60 * DAY, 6 * HOUR)

  const ages = world.events.map(({ at }) => at.getTime())
  expect(happened(world).filter((type) => type === 'token.refreshed').length).toBeGreaterThan(2)
  for (const [index, at] of ages.entries())
    if (index > 0) expect(at - Number(ages[index - 1])).toBeGreaterThan(DAY)
  expect((await onlyAccount(world)).failedTries).toBe(0)
})

test('a clock that steps back a day loses nothing', async () => {
  await using world = await startWorld()
  await person(world).login()
  await live(world, 53 * DAY)
  expect(refreshCount(world)).toBe(1)
  world.pass(-DAY)

  await live(world, 2 * DAY, HOUR)

  expect(refreshCount(world)).toBe(1)
  await live(world, 53 * DAY)
  expect(refreshCount(world)).toBe(2)
  expect((await onlyAccount(world)).status).toBe('ok')
})

test('a classic token is never touched', async () => {
  await using world = await startWorld()
  world.sandbox.speak({ generation: 'classic' })
  await person(world).login()
  const before = world.sandbox.calls.length

  await live(world, 400 * DAY, 10 * DAY)

  expect(await onlyAccount(world)).toMatchObject({ tokenKind: 'classic', status: 'ok', dueAt: null })
  expect(world.sandbox.calls).toHaveLength(before)
  expect(happened(world)).toStrictEqual(['account.connected'])
})

test('an hour’s token is exchanged as soon as Instagram can', async () => {
  await using world = await startWorld()
  for (let call = 0; call < 4; call += 1) world.sandbox.answerNext('long_lived', OUT_OF_ORDER)
  await person(world).login()
  expect((await onlyAccount(world)).status).toBe('short_lived')

  await live(world, 50 * MINUTE, MINUTE)

  expect(await onlyAccount(world)).toMatchObject({ status: 'ok', tokenKind: 'long_lived', failedTries: 0 })
  expect(world.sandbox.calls.filter(({ endpoint }) => endpoint === 'long_lived')).toHaveLength(5)
  expect(happened(world)).toStrictEqual(['account.connected', 'token.refreshed'])
})

test('an hour’s token that Instagram never exchanges needs the person when the hour is over, and not before', async () => {
  await using world = await startWorld()
  for (let call = 0; call < 200; call += 1) world.sandbox.answerNext('long_lived', OUT_OF_ORDER)
  await person(world).login()

  await live(world, 59 * MINUTE, MINUTE)

  const tries = world.sandbox.calls.filter(({ endpoint }) => endpoint === 'long_lived').length
  expect(await onlyAccount(world)).toMatchObject({ status: 'short_lived', statusReason: 'temporary_failure' })
  expect(tries).toBeGreaterThan(6)
  expect(tries).toBeLessThan(20)

  await live(world, DAY, 10 * MINUTE)

  expect(await onlyAccount(world)).toMatchObject({ status: 'needs_reconnect', statusReason: 'expired' })
  expect(happened(world)).toStrictEqual(['account.connected', 'account.needs_reconnect'])
  expect(world.sandbox.calls.filter(({ endpoint }) => endpoint === 'long_lived').length).toBeLessThanOrEqual(
    tries + 1,
  )
})

test('one account whose call hangs holds up no other', async () => {
  await using world = await startWorld()
  await person(world).login()
  await person(world).login({ as: 'creator' })
  world.pass(55 * DAY)
  world.sandbox.answerNext('refresh', { fault: 'hang' })

  const round = world.upkeep()
  await expect.poll(() => happened(world)).toContain('token.refreshed')

  expect(happened(world).filter((type) => type === 'token.refreshed')).toHaveLength(1)
  await world.sandbox.close()
  await round
  const statuses = (await accountsOf(world)).map(({ status, failedTries }) => `${status} ${failedTries}`)
  expect(statuses.toSorted()).toStrictEqual(['ok 0', 'ok 1'])
})

test.each(['reset', 'truncated'] as const)(
  'one account whose answer is %s holds up no other',
  async (fault) => {
    await using world = await startWorld()
    await person(world).login()
    await person(world).login({ as: 'creator' })
    world.pass(55 * DAY)
    world.sandbox.answerNext('refresh', { fault })

    await world.upkeep()

    const tries = (await accountsOf(world)).map(({ failedTries }) => failedTries)
    expect(tries.toSorted()).toStrictEqual([0, 1])
    await live(world, 8 * MINUTE, MINUTE)
    for (const account of await accountsOf(world))
      expect(account).toMatchObject({ status: 'ok', statusReason: null, failedTries: 0 })
  },
)

test('many due accounts of which every third fails are all attended to in one round', async () => {
  await using stage = await startStage()
  for (let number = 0; number < 30; number += 1) await stage.connect(idOf(number), 55 * DAY)
  let call = 0
  const instagram = {
    ...stage.instagram,
    refresh: (token: string) => {
      call += 1
      if (call % 3 === 0) refuseRefreshes(stage, OUT_OF_ORDER, 1)
      return stage.instagram.refresh(token)
    },
  }

  await stage.keeping({ instagram }).refresher.refreshDue()

  const accounts = await accountsOf(stage)
  expect(accounts.filter(({ failedTries }) => failedTries === 0)).toHaveLength(20)
  expect(accounts.filter(({ failedTries }) => failedTries === 1)).toHaveLength(10)
  expect(refreshCount(stage)).toBe(30)
})

test('never more than four calls are under way at once', async () => {
  await using stage = await startStage()
  for (let number = 0; number < 20; number += 1) await stage.connect(idOf(number), 55 * DAY)
  let underWay = 0
  let most = 0
  const instagram = {
    ...stage.instagram,
    async refresh(token: string) {
      underWay += 1
      most = Math.max(most, underWay)
      const refreshed = await stage.instagram.refresh(token)
      underWay -= 1
      return refreshed
    },
  }

  await stage.keeping({ instagram }).refresher.refreshDue()

  expect(refreshCount(stage)).toBe(20)
  expect(most).toBeGreaterThan(1)
  expect(most).toBeLessThanOrEqual(4)
})

test('an account whose reason only a newer version knows holds up no other', async () => {
  await using stage = await startStage()
  for (let number = 0; number < 6; number += 1) await stage.connect(idOf(number), 55 * DAY)
  const strange = "UPDATE accounts SET status_reason = 'of_a_newer_version', due_at = 0 WHERE id = $1"
  await stage.database.run(strange, idOf(0))

  await stage
    .keeping()
    .refresher.refreshDue()
    .catch(() => undefined)

  const others = 'SELECT COUNT(*) AS count FROM accounts WHERE id <> $1 AND token_obtained_at = $2'
  expect(await stage.database.all(others, idOf(0), stage.now().getTime())).toStrictEqual([{ count: 5 }])
})

test('told to stop, it ends the calls in hand and begins no more', async () => {
  await using stage = await startStage()
  for (let number = 0; number < 12; number += 1) await stage.connect(idOf(number), 55 * DAY)
  const instagram = {
    ...stage.instagram,
    refresh(token: string) {
      refresher.stop()
      return stage.instagram.refresh(token)
    },
  }
  const { refresher } = stage.keeping({ instagram })

  await refresher.refreshDue()

  expect(refreshCount(stage)).toBe(4)
  expect(
    (await accountsOf(stage)).filter(({ tokenObtainedAt }) => tokenObtainedAt < stage.now()),
  ).toHaveLength(8)
  const leases = await stage.database.all('SELECT COUNT(*) AS count FROM accounts WHERE lease IS NOT NULL')
  expect(leases).toStrictEqual([{ count: 0 }])
})

import { describe, expect, test } from 'vitest'
import { person } from '../support/person.ts'
import { startWorld } from '../support/world.ts'
import { idOf, startStage } from './refreshStage.ts'
import {
  DAY,
  graphError,
  happened,
  HOUR,
  live,
  logged,
  MINUTE,
  onlyAccount,
  OUT_OF_ORDER,
  refreshCount,
  refuseRefreshes,
} from './refreshWorld.ts'

describe('while Instagram is out of order', () => {
  test('the tries grow rarer, and none comes after the end', async () => {
    await using world = await startWorld()
    await person(world).login()
    const { tokenExpiresAt } = await onlyAccount(world)
    refuseRefreshes(world, OUT_OF_ORDER)
    await live(world, 49 * DAY)
    expect(refreshCount(world)).toBe(0)

    const perDay: number[] = []
    for (let day = 0; day < 13; day += 1) {
      const before = refreshCount(world)
      await live(world, DAY, 10 * MINUTE)
      perDay.push(refreshCount(world) - before)
    }

    expect(world.now().getTime()).toBeGreaterThan(Number(tokenExpiresAt))
    expect(Math.max(...perDay)).toBeLessThanOrEqual(14)
    for (const count of perDay.slice(4, 10)) {
      expect(count).toBeGreaterThanOrEqual(3)
      expect(count).toBeLessThanOrEqual(6)
    }
    expect(perDay.slice(11)).toStrictEqual([0, 0])
  })

  test('the operator hears of it once, days before the end, with a link, and once more at the end', async () => {
    await using world = await startWorld()
    await person(world).login()
    const { id, tokenExpiresAt } = await onlyAccount(world)
    refuseRefreshes(world, OUT_OF_ORDER)

    await live(world, 70 * DAY, 6 * HOUR)

    const [, expiring, ended] = world.events
    expect(happened(world)).toStrictEqual(['account.connected', 'token.expiring', 'account.needs_reconnect'])
    expect(expiring?.reconnectUrl).toBe(`${world.origin}/reconnect/${id}`)
    expect(expiring?.account).toMatchObject({ status: 'expiring', statusReason: 'temporary_failure' })
    expect(Number(tokenExpiresAt) - Number(expiring?.at)).toBeGreaterThan(5 * DAY)
    expect(ended?.reconnectUrl).toBe(`${world.origin}/reconnect/${id}`)
    expect(ended?.account).toMatchObject({ status: 'needs_reconnect', statusReason: 'expired' })
    expect(logged(world, 'token.expiring')).toHaveLength(1)
    expect(logged(world, 'account.needs_reconnect')).toHaveLength(1)
  })

  test('a hiccup of one try is nobody’s trouble', async () => {
    await using world = await startWorld()
    await person(world).login()
    refuseRefreshes(world, OUT_OF_ORDER, 1)

    await live(world, 53 * DAY, HOUR)

    expect(happened(world)).toStrictEqual(['account.connected', 'token.refreshed'])
    expect(await onlyAccount(world)).toMatchObject({ status: 'ok', statusReason: null, failedTries: 0 })
  })

  test('it is ok again as soon as a try succeeds, and says so', async () => {
    await using world = await startWorld()
    await person(world).login()
    refuseRefreshes(world, OUT_OF_ORDER, 25)

    await live(world, 58 * DAY, HOUR)

    expect(happened(world)).toStrictEqual(['account.connected', 'token.expiring', 'token.refreshed'])
    expect(await onlyAccount(world)).toMatchObject({ status: 'ok', statusReason: null, failedTries: 0 })
    expect(refreshCount(world)).toBe(26)
  })

  test.each([
    ['a body that is no JSON', { body: '<html>Sorry</html>' }],
    ['an end that is no time', { body: '{"access_token":"IGAAcanary","expires_in":-5}' }],
    ['no token', { body: '{"expires_in":5183944}' }],
    ['an empty token', { body: '{"access_token":"","expires_in":5183944}' }],
    ['an unknown error', graphError(9007, 'Something else')],
    ['a transient error', graphError(2, 'Service temporarily unavailable', 500)],
  ])('after %s the token that there is stays, and is refreshed later', async (_, answer) => {
    await using world = await startWorld()
    const somebody = person(world)
    await somebody.login()
    const before = await world.database.all('SELECT sealed_token, expires_at FROM accounts')
    world.pass(55 * DAY)
    world.sandbox.answerNext('refresh', answer)

    await world.upkeep()

    expect(await world.database.all('SELECT sealed_token, expires_at FROM accounts')).toStrictEqual(before)
    expect(await onlyAccount(world)).toMatchObject({ status: 'ok', failedTries: 1 })
    await live(world, 10 * MINUTE, MINUTE)
    expect(await onlyAccount(world)).toMatchObject({ status: 'ok', failedTries: 0 })
    expect(world.log.join('')).not.toContain('IGAA')
  })
})

describe('what only the person can mend', () => {
  test.each([
    ['removed the app', 'revoke', 'app_removed'],
    ['changed the password', 'changePassword', 'session_invalidated'],
    ['lost the permission', 'takePermission', 'permission_missing'],
  ] as const)('is told once, and not tried again: the person %s', async (_, act, reason) => {
    await using world = await startWorld()
    await person(world).login()
    world.sandbox[act]('business')

    await live(world, 70 * DAY, 6 * HOUR)

    const account = await onlyAccount(world)
    expect(account).toMatchObject({ status: 'needs_reconnect', statusReason: reason, dueAt: null })
    expect(happened(world)).toStrictEqual(['account.connected', 'account.needs_reconnect'])
    expect(world.events[1]?.reconnectUrl).toBe(`${world.origin}/reconnect/${account.id}`)
    expect(world.events[1]?.account.statusReason).toBe(reason)
    expect(logged(world, 'account.needs_reconnect')).toStrictEqual([
      expect.objectContaining({ account: account.id, status: 'needs_reconnect', reason }),
    ])
    expect(refreshCount(world)).toBe(1)
  })

  test.each([
    ['a code', 'token_invalid', graphError(190, 'Any words')],
    ['a code, whatever the status', 'token_invalid', graphError(190, 'Any words', 401)],
    ['a message', 'app_removed', graphError(1, 'The user has not authorized application 1.')],
    ['the code of a session', 'token_invalid', graphError(102, 'Session of another time')],
  ])('is known by %s', async (_, statusReason, answer) => {
    await using world = await startWorld()
    await person(world).login()
    world.pass(55 * DAY)
    world.sandbox.answerNext('refresh', answer)

    await world.upkeep()

    expect(await onlyAccount(world)).toMatchObject({
      status: 'needs_reconnect',
      statusReason,
    })
  })

  test('leaves the other accounts alone', async () => {
    await using world = await startWorld()
    await person(world).login()
    await person(world).login({ as: 'creator' })
    world.sandbox.revoke('business')
    world.pass(55 * DAY)

    await world.upkeep()

    expect(happened(world).slice(2).toSorted()).toStrictEqual(['account.needs_reconnect', 'token.refreshed'])
  })
})

test('“no permission” may mean that a token is too young, and is not final under 48 hours', async () => {
  await using world = await startWorld({ REFRESH_DAYS_BEFORE_EXPIRY: '50' })
  await person(world).login()
  const { key } = await onlyAccount(world)
  await world.database.run('UPDATE accounts SET due_at = $1', world.now().getTime() + 30 * HOUR)
  world.sandbox.takePermission('business')
  world.pass(30 * HOUR)
  await world.upkeep()
  const young = await onlyAccount(world)

  await live(world, 30 * HOUR, HOUR)

  expect(young).toMatchObject({ key, status: 'ok', statusReason: 'refresh_too_young', failedTries: 1 })
  expect(await onlyAccount(world)).toMatchObject({
    status: 'needs_reconnect',
    statusReason: 'permission_missing',
  })
  expect(happened(world).filter((type) => type === 'account.needs_reconnect')).toHaveLength(1)
})

test('a sandbox that thinks the token too young is asked again, and answers', async () => {
  await using world = await startWorld()
  await person(world).login()
  await world.database.run('UPDATE accounts SET due_at = 0')

  await world.upkeep()
  expect(await onlyAccount(world)).toMatchObject({ status: 'ok', statusReason: 'refresh_too_young' })
  await live(world, 2 * DAY, HOUR)

  expect(await onlyAccount(world)).toMatchObject({ status: 'ok', statusReason: null, failedTries: 0 })
})

test('a mistake of ours is told, and the account is tried again when the lease is over', async () => {
  await using stage = await startStage()
  await stage.connect(idOf(1), 55 * DAY)
  const broken = { ...stage.instagram, refresh: () => Promise.reject(new TypeError('our mistake')) }

  await stage.keeping({ instagram: broken }).refresher.refreshDue()
  await stage.keeping().refresher.refreshDue()
  const whileLeased = refreshCount(stage)
  stage.pass(MINUTE)
  await stage.keeping().refresher.refreshDue()

  expect(stage.errors.map(({ error }) => String(error))).toStrictEqual(['TypeError: our mistake'])
  expect(whileLeased).toBe(0)
  expect(refreshCount(stage)).toBe(1)
  expect(happened(stage)).toStrictEqual(['account.connected', 'token.refreshed'])
})

describe('refreshing by hand, long before it is due', () => {
  test('works from the first day on, once, and says so', async () => {
    await using stage = await startStage()
    const { refresher, accounts } = stage.keeping()
    const { key } = await stage.connect(idOf(1), DAY - 1)
    const before = await accounts.accessToken(key)

    await refresher.refresh(key)
    expect(refreshCount(stage)).toBe(0)
    stage.pass(1)
    const account = await refresher.refresh(key)

    expect(refreshCount(stage)).toBe(1)
    expect(account).toMatchObject({ status: 'ok', tokenObtainedAt: stage.now() })
    expect(await accounts.accessToken(key)).not.toBe(before)
  })

  test('and in vain, alarms nobody of an end that is far, and leaves the date of its turn', async () => {
    await using stage = await startStage()
    const { refresher, accounts } = stage.keeping()
    const { key, dueAt } = await stage.connect(idOf(1), 2 * DAY)
    refuseRefreshes(stage, OUT_OF_ORDER, 3)

    for (let click = 0; click < 3; click += 1) await refresher.refresh(key)

    expect(await accounts.find(key)).toMatchObject({ status: 'ok', dueAt })
    expect(happened(stage)).toStrictEqual(['account.connected'])
  })

  test('and throttled, leaves the date of its turn', async () => {
    await using stage = await startStage()
    const { refresher, accounts } = stage.keeping()
    const { key, dueAt } = await stage.connect(idOf(1), 2 * DAY)
    stage.sandbox.throttle(1)

    await refresher.refresh(key)

    expect(await accounts.find(key)).toMatchObject({ status: 'ok', failedTries: 0, dueAt })
  })

  test('twice at the same time calls once', async () => {
    await using stage = await startStage()
    const { key } = await stage.connect(idOf(1), 2 * DAY)
    const [one, other] = [stage.keeping(), stage.keeping({ database: await stage.openAnother() })]

    await Promise.all([one.refresher.refresh(key), one.refresher.refresh(key), other.refresher.refresh(key)])

    expect(refreshCount(stage)).toBe(1)
  })

  test('does not refresh again what another process has refreshed between the look and the claim', async () => {
    await using stage = await startStage()
    const { key } = await stage.connect(idOf(1), 55 * DAY)
    const other = stage.keeping({ database: await stage.openAnother() })
    const { database } = stage
    const slow = stage.keeping({
      database: {
        ...database,
        run: (sql, ...parameters) => database.run(sql, ...parameters),
        transaction: (work) => database.transaction(work),
        close: () => database.close(),
        async all(sql, ...parameters) {
          const rows = await database.all(sql, ...parameters)
          if (sql.startsWith('SELECT') && refreshCount(stage) === 0) await other.refresher.refresh(key)
          return rows
        },
      },
    })

    await slow.refresher.refresh(key)

    expect(refreshCount(stage)).toBe(1)
    expect(await slow.accounts.find(key)).toMatchObject({ status: 'ok', statusReason: null, failedTries: 0 })
  })
})

import { describe, expect, test } from 'vitest'
import { AppError } from '../../src/errors/errors.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/facts.ts'
import { aroundRefresh, graphError, idOf, LIFETIME_SECONDS, OUT_OF_ORDER, useStage } from './stage.ts'

const stage = useStage()

/** Accounts whose refresh is due. */
async function connectDue(count: number): Promise<void> {
  for (let number = 0; number < count; number += 1) await stage.connect(idOf(number), 55 * DAY_MS)
}

describe('while Instagram is having problems', () => {
  test('attempts become rarer, and end with the token', async () => {
    const context = stage.process()
    const { tokenExpiresAt } = await stage.login(context)
    stage.refuseRefreshes(OUT_OF_ORDER)
    await stage.live(context, 49 * DAY_MS)
    const early = stage.refreshedTokens().length

    const perDay: number[] = []
    for (let day = 0; day < 13; day += 1) {
      const before = stage.refreshedTokens().length
      await stage.live(context, DAY_MS, 20 * MINUTE_MS)
      perDay.push(stage.refreshedTokens().length - before)
    }

    expect(early).toBe(0)
    expect(stage.now().getTime()).toBeGreaterThan(Number(tokenExpiresAt))
    expect(Math.max(...perDay)).toBeLessThanOrEqual(14)
    for (const count of perDay.slice(4, 10)) {
      expect(count).toBeGreaterThanOrEqual(3)
      expect(count).toBeLessThanOrEqual(6)
    }
    expect(perDay.slice(11)).toStrictEqual([0, 0])
  })

  test('the operator is told once days before expiry, with a link, and once more at expiry', async () => {
    const context = stage.process()
    const { id, tokenExpiresAt } = await stage.login(context)
    stage.refuseRefreshes(OUT_OF_ORDER)

    await stage.live(context, 70 * DAY_MS, 6 * HOUR_MS)

    const [, expiring, expired] = stage.events
    expect(stage.eventTypes()).toStrictEqual(['account.connected', 'token.expiring', 'account.needs_reconnect'])
    expect(expiring?.account).toMatchObject({ status: 'expiring', statusReason: 'temporary_failure' })
    expect(Number(tokenExpiresAt) - Number(expiring?.at)).toBeGreaterThan(5 * DAY_MS)
    expect(expired?.account).toMatchObject({ status: 'needs_reconnect', statusReason: 'expired' })
    for (const event of [expiring, expired]) expect(event?.reconnectUrl).toBe(`https://app.example/reconnect/${id}`)
    expect(stage.logged('token.expiring')).toHaveLength(1)
    expect(stage.logged('account.needs_reconnect')).toMatchObject([{ account: id, reason: 'expired' }])
    const [line] = stage.logged('a token could not be refreshed')
    expect(line).toMatchObject({ account: id, explained: 'temporary_failure', fixable_by: 'instagram' })
  })

  test.each([
    ['a single failure alarms nobody', 1, 53, []],
    ['an account is ok again after the first success', 25, 58, ['token.expiring']],
  ])('%s', async (_, failures, days, alarms) => {
    const context = stage.process()
    await stage.login(context)
    stage.refuseRefreshes(OUT_OF_ORDER, failures)

    await stage.live(context, days * DAY_MS, HOUR_MS)

    expect(stage.eventTypes()).toStrictEqual(['account.connected', ...alarms, 'token.refreshed'])
    expect(await stage.onlyAccount()).toMatchObject({ status: 'ok', statusReason: null, failedTries: 0 })
    expect(stage.refreshedTokens()).toHaveLength(failures + 1)
  })

  test('a person who logs in again makes an expiring account ok', async () => {
    const context = stage.process()
    await stage.login(context)
    stage.refuseRefreshes(OUT_OF_ORDER)
    await stage.live(context, 54 * DAY_MS, HOUR_MS)
    const before = await stage.onlyAccount()

    await stage.login(context)

    const account = await stage.onlyAccount()
    expect(before.status).toBe('expiring')
    expect(account).toMatchObject({ status: 'ok', statusReason: null, failedTries: 0 })
    expect(Number(account.dueAt)).toBeGreaterThan(stage.now().getTime() + 49 * DAY_MS)
  })

  test.each([
    ['is not JSON', { body: '<html>Sorry</html>' }],
    ['has no token', { body: '{"expires_in":5183944}' }],
    ['has an empty token', { body: '{"access_token":"","expires_in":5183944}' }],
    ['is an unknown error', graphError(9007, 'Something else')],
    ['is a transient error', graphError(2, 'Service temporarily unavailable', 500)],
    ['is cut off', { fault: 'truncated' }],
    ['never comes, because the connection breaks', { fault: 'reset' }],
  ] as const)('the token stays when a response %s, and is refreshed later', async (_, response) => {
    await connectDue(1)
    const token = 'SELECT sealed_token, expires_at FROM accounts'
    const before = await stage.database.query(token)
    const context = stage.process()
    stage.sandbox.answerNext('refresh', response)

    await context.refresher.refreshDue()

    expect(await stage.database.query(token)).toStrictEqual(before)
    expect(await stage.onlyAccount()).toMatchObject({ status: 'ok', failedTries: 1 })
    await stage.live(context, 10 * MINUTE_MS, MINUTE_MS)
    expect(await stage.onlyAccount()).toMatchObject({ status: 'ok', failedTries: 0 })
    expect(stage.log.join('')).not.toContain('IGAA')
  })
})

describe('when only the person can help', () => {
  test.each([
    ['removed the app', 'revoke', 'app_removed'],
    ['changed the password', 'changePassword', 'session_invalidated'],
    ['lost the permission', 'takePermission', 'permission_missing'],
  ] as const)('because they %s, that is said once, and Instagram is not asked again', async (_, act, reason) => {
    const context = stage.process()
    const { id } = await stage.login(context)
    stage.sandbox[act]('business')

    await stage.live(context, 70 * DAY_MS, 6 * HOUR_MS)

    expect(await stage.onlyAccount()).toMatchObject({
      status: 'needs_reconnect',
      statusReason: reason,
      dueAt: null,
    })
    expect(stage.eventTypes()).toStrictEqual(['account.connected', 'account.needs_reconnect'])
    expect(stage.events[1]).toMatchObject({
      reconnectUrl: `https://app.example/reconnect/${id}`,
      account: { statusReason: reason },
    })
    expect(stage.logged('account.needs_reconnect')).toMatchObject([{ account: id, status: 'needs_reconnect', reason }])
    expect(stage.refreshedTokens()).toHaveLength(1)
  })

  test.each([
    ['code', 'token_invalid', graphError(190, 'Any words')],
    ['code, whatever the status', 'token_invalid', graphError(190, 'Any words', 401)],
    ['message', 'app_removed', graphError(1, 'The user has not authorized application 1.')],
    ['code of a session', 'token_invalid', graphError(102, 'Session of another time')],
  ])('Instagram’s error is recognized by its %s, and other accounts are refreshed', async (...row) => {
    const [, statusReason, response] = row
    await connectDue(2)
    stage.sandbox.answerNext('refresh', response)

    await stage.process().refresher.refreshDue()

    const accounts = (await stage.accounts()).toSorted((one, other) => one.failedTries - other.failedTries)
    expect(accounts).toContainEqual(expect.objectContaining({ status: 'needs_reconnect', statusReason }))
    expect(accounts).toContainEqual(expect.objectContaining({ status: 'ok', tokenObtainedAt: stage.now() }))
  })
})

test('“no permission” may mean that a token is too young, and is final after 48 hours only', async () => {
  const context = stage.process({ environment: { REFRESH_DAYS_BEFORE_EXPIRY: '50' } })
  const { key } = await stage.login(context)
  await stage.database.query('UPDATE accounts SET due_at = $1', [stage.now().getTime() + 30 * HOUR_MS])
  stage.sandbox.takePermission('business')
  stage.pass(30 * HOUR_MS)
  await context.refresher.refreshDue()
  const young = await stage.onlyAccount()

  await stage.live(context, 30 * HOUR_MS, HOUR_MS)

  expect(young).toMatchObject({ key, status: 'ok', statusReason: 'refresh_too_young', failedTries: 1 })
  expect(await stage.onlyAccount()).toMatchObject({
    status: 'needs_reconnect',
    statusReason: 'permission_missing',
  })
  expect(stage.eventTypes().filter((type) => type === 'account.needs_reconnect')).toHaveLength(1)
})

test('a token that Instagram finds too young is refreshed later', async () => {
  const context = stage.process()
  await stage.login(context)
  await stage.database.query('UPDATE accounts SET due_at = 0')

  await context.refresher.refreshDue()
  const young = await stage.onlyAccount()
  await stage.live(context, 2 * DAY_MS, HOUR_MS)

  expect(young).toMatchObject({ status: 'ok', statusReason: 'refresh_too_young' })
  expect(await stage.onlyAccount()).toMatchObject({ status: 'ok', statusReason: null, failedTries: 0 })
})

test('a database that becomes unavailable ends the round and is logged once, not for each account', async () => {
  await connectDue(12)
  let isAway = false
  const unavailable = () => Promise.reject(new AppError('database_unavailable'))
  const { database } = stage
  const context = stage.process({
    database: {
      ...database,
      query: (...statement) => (isAway ? unavailable() : database.query(...statement)),
      transaction: (work) => (isAway ? unavailable() : database.transaction(work)),
    },
  })
  aroundRefresh(context, { before: () => (isAway = true) })

  await context.jobs.run()

  expect(stage.refreshedTokens().length).toBeLessThanOrEqual(4)
  expect(stage.logged('a token could not be refreshed')).toStrictEqual([])
  expect(stage.logged('refreshing failed; it is retried later')).toHaveLength(1)
  expect(stage.logged('refreshing an account failed; it is retried')).toStrictEqual([])
})

describe('when Instagram throttles', () => {
  test.each([
    ['code 4 with status 403', graphError(4, '(#4) Application request limit reached', 403)],
    ['code 17', graphError(17, '(#17) User request limit reached')],
    ['code 613', graphError(613, '(#613) Calls to this api have exceeded the rate limit.')],
    ['status 429', { status: 429, body: '<html>Too many requests</html>' }],
  ])('by %s, no other account is refreshed for a quarter of an hour', async (_, response) => {
    await connectDue(12)
    const { refresher } = stage.process()
    for (let call = 0; call < 4; call += 1) stage.sandbox.answerNext('refresh', response)

    await refresher.refreshDue()
    const calls = stage.refreshedTokens().length
    const waiting = await stage.accounts()
    stage.pass(14 * MINUTE_MS)
    await refresher.refreshDue()
    const callsBefore = stage.refreshedTokens().length
    stage.pass(MINUTE_MS)
    await refresher.refreshDue()

    expect(calls).toBeLessThanOrEqual(4)
    expect(callsBefore).toBe(calls)
    for (const account of waiting) expect(account).toMatchObject({ status: 'ok', statusReason: null, failedTries: 0 })
    expect(stage.refreshedTokens()).toHaveLength(calls + 12)
    for (const account of await stage.accounts())
      expect(account).toMatchObject({ status: 'ok', failedTries: 0, tokenObtainedAt: stage.now() })
  })

  test.each([
    ['as long as Instagram asks for', 120, 2 * HOUR_MS],
    ['a day at most, whatever Instagram asks for', 1e12, DAY_MS],
  ])('the pause lasts %s', async (_, minutes, pauseMs) => {
    await connectDue(6)
    const { refresher } = stage.process()
    stage.sandbox.throttle(4, minutes)
    await refresher.refreshDue()
    const calls = stage.refreshedTokens().length

    stage.pass(pauseMs - MINUTE_MS)
    await refresher.refreshDue()
    const callsBefore = stage.refreshedTokens().length
    stage.pass(MINUTE_MS)
    await refresher.refreshDue()

    expect(callsBefore).toBe(calls)
    expect(stage.refreshedTokens()).toHaveLength(calls + 6)
  })

  test('for weeks, the operator is told days before expiry', async () => {
    const context = stage.process()
    const { tokenExpiresAt } = await stage.login(context)
    stage.sandbox.throttle(1e6)

    await stage.live(context, 59 * DAY_MS, HOUR_MS)

    const expiring = stage.events.filter(({ type }) => type === 'token.expiring')
    expect(expiring).toHaveLength(1)
    expect(Number(tokenExpiresAt) - Number(expiring[0]?.at)).toBeGreaterThan(DAY_MS)
  })

  test('a token that expires during the pause needs the person after Instagram was asked once more', async () => {
    const { refresher } = stage.process()
    await stage.connect(idOf(1), 59.99 * DAY_MS)
    stage.sandbox.throttle(1)
    await refresher.refreshDue()

    stage.pass(15 * MINUTE_MS)
    await refresher.refreshDue()

    expect(await stage.onlyAccount()).toMatchObject({ status: 'needs_reconnect', statusReason: 'token_expired' })
    expect(stage.refreshedTokens()).toHaveLength(2)
  })

  test('a refresh on request waits for the end of the pause too', async () => {
    await connectDue(5)
    const { refresher } = stage.process()
    stage.sandbox.throttle(4)
    await refresher.refreshDue()
    const due = (await stage.accounts()).find(({ dueAt }) => Number(dueAt) <= stage.now().getTime())

    const during = await refresher.refresh(due?.key ?? '')
    stage.pass(15 * MINUTE_MS)
    const after = await refresher.refresh(due?.key ?? '')

    expect([during.outcome, after.outcome]).toStrictEqual(['not_now', 'refreshed'])
    expect(stage.refreshedTokens()).toHaveLength(5)
  })

  test.each([
    ['back by two days', -2 * DAY_MS],
    ['forward by two days', 2 * DAY_MS],
  ])('a clock that is set %s changes nothing about the pause', async (_, milliseconds) => {
    await connectDue(2)
    const { refresher } = stage.process()
    stage.sandbox.throttle(2)
    await refresher.refreshDue()
    stage.setClock(milliseconds)
    await stage.database.query('UPDATE accounts SET due_at = 0')

    stage.pass(14 * MINUTE_MS)
    await refresher.refreshDue()
    const during = stage.refreshedTokens().length
    stage.pass(MINUTE_MS)
    await refresher.refreshDue()

    expect(during).toBe(2)
    expect(stage.refreshedTokens()).toHaveLength(4)
  })
})

test('near Instagram’s limits, refreshing pauses and stores what it has got', async () => {
  await connectDue(12)
  const { refresher } = stage.process()
  stage.sandbox.usage(97)

  await refresher.refreshDue()
  const calls = stage.refreshedTokens().length
  const refreshed = stage.logged('token.refreshed').length
  stage.pass(14 * MINUTE_MS)
  await refresher.refreshDue()
  const callsBefore = stage.refreshedTokens().length
  stage.sandbox.usage(90)
  stage.pass(MINUTE_MS)
  await refresher.refreshDue()

  expect(calls).toBeLessThanOrEqual(4)
  expect([refreshed, callsBefore]).toStrictEqual([calls, calls])
  expect(stage.refreshedTokens()).toHaveLength(12)
})

describe('with a clock that was 61 days ahead for one round', () => {
  const AHEAD = { aheadMs: 61 * DAY_MS }

  test('accounts stay connected: Instagram is asked, and their times are corrected', async () => {
    const { key } = await stage.connect(idOf(1), 20 * DAY_MS)
    await stage.process(AHEAD).refresher.refreshDue()
    const { refresher, accounts } = stage.process()

    await refresher.refreshDue()

    const expiresAt = new Date(stage.now().getTime() + LIFETIME_SECONDS * 1000)
    const tomorrow = new Date(stage.now().getTime() + DAY_MS)
    const corrected = { status: 'ok', tokenObtainedAt: stage.now(), tokenExpiresAt: expiresAt, dueAt: tomorrow }
    expect(await accounts.find(key)).toMatchObject(corrected)
    expect(stage.eventTypes()).toStrictEqual(['account.connected', 'token.refreshed'])
  })

  test.each([
    ['is out of order', OUT_OF_ORDER],
    ['throttles', graphError(4, '(#4) Application request limit reached', 403)],
    ['finds the token too young', graphError(10, '(#10) Application does not have permission for this action', 403)],
  ])('while Instagram %s, accounts are ok again once the clock is right', async (_, response) => {
    for (const number of [1, 2, 3, 4, 5, 6]) await stage.connect(idOf(number), 20 * DAY_MS)
    stage.refuseRefreshes(response, 6)
    const ahead = stage.process(AHEAD)
    for (const { key } of await stage.accounts()) await ahead.refresher.refresh(key)
    const before = await stage.accounts()

    await stage.process().refresher.refreshDue()

    expect(before).toContainEqual(expect.objectContaining({ status: 'needs_reconnect', statusReason: 'expired' }))
    for (const account of await stage.accounts()) {
      expect(account).toMatchObject({ status: 'ok', statusReason: null })
      expect(Number(account.tokenExpiresAt) - Number(account.dueAt)).toBeGreaterThanOrEqual(8 * DAY_MS)
    }
    expect(stage.eventTypes()).toContain('account.readable')
  })

  test('an account whose token Instagram refused stays refused', async () => {
    await stage.connect(idOf(1), 20 * DAY_MS)
    stage.sandbox.revoke('business')
    await stage.process(AHEAD).refresher.refreshDue()

    await stage.process().refresher.refreshDue()

    expect((await stage.onlyAccount()).status).toBe('needs_reconnect')
    expect(stage.refreshedTokens()).toHaveLength(1)
  })

  test('a token of one hour is exchanged in time', async () => {
    for (let call = 0; call < 2; call += 1) stage.sandbox.answerNext('long_lived', OUT_OF_ORDER)
    const { status } = await stage.login(stage.process({ aheadMs: 30 * DAY_MS }))

    await stage.live(stage.process(), 30 * MINUTE_MS, MINUTE_MS)

    expect(status).toBe('short_lived')
    expect(await stage.onlyAccount()).toMatchObject({ status: 'ok', tokenKind: 'long_lived' })
  })
})

test('a young token is not lost when Instagram refuses to refresh it by a clock that is 55 days ahead', async () => {
  await stage.connect(idOf(1), 2 * HOUR_MS)
  await stage.process({ aheadMs: 55 * DAY_MS }).refresher.refreshDue()
  const before = await stage.onlyAccount()

  await stage.live(stage.process(), 56 * DAY_MS)

  expect(before).toMatchObject({ status: 'ok', statusReason: 'refresh_too_young', failedTries: 1 })
  expect(await stage.onlyAccount()).toMatchObject({ status: 'ok', failedTries: 0 })
  expect(stage.eventTypes()).toStrictEqual(['account.connected', 'token.refreshed'])
})

test('a clock that is set to another time is logged once', async () => {
  const { refresher } = stage.process()
  await refresher.refreshDue()
  stage.setClock(61 * DAY_MS)

  await refresher.refreshDue()
  await refresher.refreshDue()

  expect(stage.logged('the clock was changed')).toMatchObject([{ level: 40, seconds: 61 * 86_400 }])
})

test('a refresh that a clock 58 days ahead has put off comes to its turn before the token expires', async () => {
  const { tokenExpiresAt } = await stage.connect(idOf(1))
  stage.refuseRefreshes(OUT_OF_ORDER, 1)
  await stage.process({ aheadMs: 58 * DAY_MS }).refresher.refreshDue()
  const putOff = await stage.onlyAccount()

  await stage.live(stage.process(), 53 * DAY_MS)

  expect(Number(tokenExpiresAt) - Number(putOff.dueAt)).toBeLessThan(2 * DAY_MS)
  expect(await stage.onlyAccount()).toMatchObject({ status: 'ok', failedTries: 0 })
  expect(stage.refreshedTokens()).toHaveLength(2)
})

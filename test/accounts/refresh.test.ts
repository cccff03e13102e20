import { describe, expect, test } from 'vitest'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/facts.ts'
import { aroundRefresh, idOf, LIFETIME_SECONDS, OUT_OF_ORDER, useStage } from './stage.ts'

const stage = useStage()

/** Accounts whose refresh is due. */
async function connectDue(count: number): Promise<void> {
  for (let number = 0; number < count; number += 1) await stage.connect(idOf(number), 55 * DAY_MS)
}

/** A second process, with its own connection to the database. */
async function anotherProcess() {
  return stage.process({ database: await stage.openAnother() })
}

async function leaseCount(): Promise<number> {
  const { rows } = await stage.database.query('SELECT lease FROM accounts WHERE lease IS NOT NULL')
  return rows.length
}

describe('in the course of time', () => {
  test('an account stays ok for a year, with about seven refreshes and nobody involved', async () => {
    const context = stage.process()
    await stage.login(context)
    const { accounts } = context
    const tokens = [await accounts.accessToken((await stage.onlyAccount()).key)]
    const times: Date[] = []

    for (let day = 1; day <= 365; day += 1) {
      const before = await stage.onlyAccount()
      await stage.live(context, DAY_MS)
      const { key, tokenObtainedAt } = await stage.onlyAccount()
      if (tokenObtainedAt.getTime() === before.tokenObtainedAt.getTime()) continue
      times.push(tokenObtainedAt)
      tokens.push(await accounts.accessToken(key))
      const left = Number(before.tokenExpiresAt) - tokenObtainedAt.getTime()
      expect(left).toBeGreaterThan(0)
      expect(left).toBeLessThanOrEqual(10 * DAY_MS)
    }

    expect(await stage.onlyAccount()).toMatchObject({ status: 'ok', statusReason: null, failedTries: 0 })
    expect(times.length).toBeGreaterThanOrEqual(6)
    expect(times.length).toBeLessThanOrEqual(8)
    expect(stage.refreshedTokens()).toStrictEqual(tokens.slice(0, -1))
    expect(stage.eventTypes()).toStrictEqual(['account.connected', ...times.map(() => 'token.refreshed')])
    expect(stage.logged('token.refreshed')).toHaveLength(times.length)
  })

  test('accounts that were connected together are refreshed at different times', async () => {
    for (let number = 0; number < 50; number += 1) await stage.connect(idOf(number))

    const due = (await stage.accounts()).map(({ dueAt }) => Number(dueAt))

    const expiry = stage.now().getTime() + LIFETIME_SECONDS * 1000
    expect(new Set(due).size).toBe(50)
    expect(Math.min(...due)).toBeGreaterThanOrEqual(expiry - 10 * DAY_MS)
    expect(Math.max(...due)).toBeLessThanOrEqual(expiry - 8 * DAY_MS)
    expect(Math.max(...due) - Math.min(...due)).toBeGreaterThan(DAY_MS)
  })

  test('what became due while the app was down for 55 days is refreshed at its start', async () => {
    await stage.login(stage.process())
    await stage.login(stage.process(), 'creator')
    stage.pass(55 * DAY_MS)

    await stage.process().jobs.run()

    expect(stage.refreshedTokens()).toHaveLength(2)
    for (const account of await stage.accounts())
      expect(account).toMatchObject({ status: 'ok', tokenObtainedAt: stage.now() })
  })

  test('after 61 days of downtime a person is needed, which is said once, as soon as Instagram has refused', async () => {
    const { id } = await stage.login(stage.process())
    stage.pass(61 * DAY_MS)

    await stage.process().jobs.run()
    await stage.live(stage.process(), 90 * DAY_MS)

    expect(await stage.onlyAccount()).toMatchObject({
      status: 'needs_reconnect',
      statusReason: 'token_expired',
      dueAt: null,
    })
    expect(stage.eventTypes()).toStrictEqual(['account.connected', 'account.needs_reconnect'])
    expect(stage.events[1]?.reconnectUrl).toBe(`https://app.example/reconnect/${id}`)
    expect(stage.logged('account.needs_reconnect')).toHaveLength(1)
    expect(stage.refreshedTokens()).toHaveLength(1)
  })

  test.each([
    ['a minute before its expiry, a token is refreshed', -MINUTE_MS, 1, 'ok'],
    ['at the moment of its expiry, Instagram says that the person is needed', 0, 1, 'needs_reconnect'],
  ])('%s', async (_, offset, calls, status) => {
    const context = stage.process()
    const { tokenExpiresAt } = await stage.login(context)
    stage.setTime(new Date(Number(tokenExpiresAt) + offset))

    await context.refresher.refreshDue()

    expect(stage.refreshedTokens()).toHaveLength(calls)
    expect((await stage.onlyAccount()).status).toBe(status)
  })

  test('a token is at least a day old when it is refreshed, even 50 days before expiry', async () => {
    const context = stage.process({ environment: { REFRESH_DAYS_BEFORE_EXPIRY: '50' } })
    await stage.login(context)

    await stage.live(context, 60 * DAY_MS, 6 * HOUR_MS)

    const times = stage.events.map(({ at }) => at.getTime())
    expect(times.length).toBeGreaterThan(3)
    for (const [index, at] of times.entries())
      if (index > 0) expect(at - Number(times[index - 1])).toBeGreaterThan(DAY_MS)
    expect((await stage.onlyAccount()).failedTries).toBe(0)
  })

  test('a clock that is set back by a day loses nothing', async () => {
    const context = stage.process()
    await stage.login(context)
    await stage.live(context, 53 * DAY_MS)
    stage.pass(-DAY_MS)

    await stage.live(context, 2 * DAY_MS, HOUR_MS)
    const calls = stage.refreshedTokens().length
    await stage.live(context, 53 * DAY_MS)

    expect(calls).toBe(1)
    expect(stage.refreshedTokens()).toHaveLength(2)
    expect((await stage.onlyAccount()).status).toBe('ok')
  })

  test('a classic token is never touched', async () => {
    stage.sandbox.setDialect({ generation: 'classic' })
    const context = stage.process()
    await stage.login(context)

    await stage.live(context, 400 * DAY_MS, 10 * DAY_MS)

    expect(await stage.onlyAccount()).toMatchObject({ tokenKind: 'classic', status: 'ok', dueAt: null })
    expect(stage.sandbox.calls.map(({ endpoint }) => endpoint)).toStrictEqual(['token'])
  })

  test('a token of one hour is exchanged as soon as Instagram can', async () => {
    const context = stage.process()
    for (let call = 0; call < 4; call += 1) stage.sandbox.answerNext('long_lived', OUT_OF_ORDER)
    const { status } = await stage.login(context)

    await stage.live(context, 50 * MINUTE_MS, MINUTE_MS)

    expect(status).toBe('short_lived')
    expect(await stage.onlyAccount()).toMatchObject({ status: 'ok', tokenKind: 'long_lived', failedTries: 0 })
    expect(stage.sandbox.calls.filter(({ endpoint }) => endpoint === 'long_lived')).toHaveLength(5)
    expect(stage.eventTypes()).toStrictEqual(['account.connected', 'token.refreshed'])
  })

  test('a token of one hour that Instagram never exchanges needs the person after that hour', async () => {
    const context = stage.process()
    for (let call = 0; call < 100; call += 1) stage.sandbox.answerNext('long_lived', OUT_OF_ORDER)
    await stage.login(context)
    const exchanges = () => stage.sandbox.calls.filter(({ endpoint }) => endpoint === 'long_lived').length

    await stage.live(context, 59 * MINUTE_MS, MINUTE_MS)
    const before = await stage.onlyAccount()
    const tries = exchanges()
    await stage.live(context, DAY_MS, 10 * MINUTE_MS)

    expect(before).toMatchObject({ status: 'short_lived', statusReason: 'temporary_failure' })
    expect(tries).toBeGreaterThan(6)
    expect(tries).toBeLessThan(20)
    expect(exchanges()).toBeLessThanOrEqual(tries + 1)
    expect(await stage.onlyAccount()).toMatchObject({ status: 'needs_reconnect', statusReason: 'expired' })
    expect(stage.eventTypes()).toStrictEqual(['account.connected', 'account.needs_reconnect'])
  })
})

describe('of many accounts', () => {
  test('four are refreshed at a time, and those that fail do not stop the others', async () => {
    await connectDue(30)
    const context = stage.process()
    const four = Promise.withResolvers<undefined>()
    let calls = 0
    let underWay = 0
    let most = 0
    const refresh = context.instagram.refresh.bind(context.instagram)
    context.instagram.refresh = async (token) => {
      if (++calls % 3 === 0) stage.refuseRefreshes(OUT_OF_ORDER, 1)
      most = Math.max(most, ++underWay)
      if (underWay === 4) four.resolve(undefined)
      await four.promise
      return refresh(token).finally(() => (underWay -= 1))
    }

    await context.refresher.refreshDue()

    const accounts = await stage.accounts()
    expect(accounts.filter(({ failedTries }) => failedTries === 0)).toHaveLength(20)
    expect(accounts.filter(({ failedTries }) => failedTries === 1)).toHaveLength(10)
    expect(stage.refreshedTokens()).toHaveLength(30)
    expect(most).toBe(4)
  })

  test('one whose call hangs does not stop the others', async () => {
    await connectDue(6)
    stage.sandbox.answerNext('refresh', { fault: 'hang' })

    const round = stage.process().refresher.refreshDue()
    await expect.poll(() => stage.eventTypes().filter((type) => type === 'token.refreshed')).toHaveLength(5)
    await stage.sandbox.close()
    await round

    const failures = (await stage.accounts()).map(({ failedTries }) => failedTries)
    expect(failures.toSorted()).toStrictEqual([0, 0, 0, 0, 0, 1])
  })

  test('one whose reason only a newer version of the app knows does not stop the others', async () => {
    await connectDue(6)
    await stage.database.query("UPDATE accounts SET status_reason = 'of_a_newer_version', due_at = 0 WHERE id = $1", [
      idOf(0),
    ])

    await stage.process().refresher.refreshDue()

    for (const { tokenObtainedAt } of await stage.accounts()) expect(tokenObtainedAt).toStrictEqual(stage.now())
  })

  test('one that meets a mistake in the program does not stop the others, and is tried again after its lease', async () => {
    await connectDue(6)
    const broken = stage.process()
    let calls = 0
    aroundRefresh(broken, {
      before: () => {
        if (++calls === 1) throw new TypeError('a mistake')
      },
    })

    await broken.refresher.refreshDue()
    await stage.process().refresher.refreshDue()
    const whileLeased = stage.refreshedTokens().length
    stage.pass(MINUTE_MS)
    await stage.process().refresher.refreshDue()

    expect(stage.logged('refreshing an account failed; it is retried')).toMatchObject([
      { err: { message: 'a mistake' } },
    ])
    expect([whileLeased, stage.refreshedTokens().length]).toStrictEqual([5, 6])
  })

  test('those in hand are finished when the process stops, and no others are begun', async () => {
    await connectDue(12)
    const context = stage.process()
    aroundRefresh(context, {
      before: () => {
        context.refresher.stop()
      },
    })

    await context.refresher.refreshDue()

    expect(stage.refreshedTokens()).toHaveLength(4)
    expect(await leaseCount()).toBe(0)
  })
})

describe('with several processes', () => {
  test('each due account is refreshed once', async () => {
    await connectDue(40)
    const [one, other] = [await anotherProcess(), await anotherProcess()]

    await Promise.all([one.refresher.refreshDue(), one.refresher.refreshDue(), other.refresher.refreshDue()])

    const tokens = stage.refreshedTokens()
    expect(tokens).toHaveLength(40)
    expect(new Set(tokens).size).toBe(40)
    expect(stage.eventTypes().filter((type) => type === 'token.refreshed')).toHaveLength(40)
    for (const account of await stage.accounts())
      expect(account).toMatchObject({ status: 'ok', tokenObtainedAt: stage.now() })
    expect(stage.logged('a token could not be refreshed')).toStrictEqual([])
  })

  test('an account that a killed process had leased is free after a minute, not before', async () => {
    const { key } = await stage.connect(idOf(1), 55 * DAY_MS)
    const { refresher, accounts } = stage.process()
    const token = await accounts.accessToken(key)
    const killed = stage.process()
    const called = Promise.withResolvers<undefined>()
    aroundRefresh(killed, {
      after: () => {
        called.resolve(undefined)
        return new Promise(() => undefined)
      },
    })
    void killed.refresher.refreshDue()
    await called.promise

    stage.pass(MINUTE_MS - 1)
    await refresher.refreshDue()
    const { outcome } = await refresher.refresh(key)
    const whileLeased = stage.refreshedTokens()
    stage.pass(1)
    await refresher.refreshDue()

    expect(outcome).toBe('not_now')
    expect(whileLeased).toStrictEqual([token])
    expect(stage.refreshedTokens()).toStrictEqual([token, token])
    expect(await stage.onlyAccount()).toMatchObject({ status: 'ok', tokenObtainedAt: stage.now() })
    expect(stage.eventTypes()).toStrictEqual(['account.connected', 'token.refreshed'])
  })

  test.each([
    ['whose clock is five minutes ahead is respected', 5 * MINUTE_MS, 0],
    ['whose clock was a month ahead, and was set back, is ignored', 30 * DAY_MS, 1],
  ])('a lease of a process %s', async (_, ahead, calls) => {
    await connectDue(1)
    const leasedUntil = stage.now().getTime() + ahead + MINUTE_MS
    await stage.database.query("UPDATE accounts SET lease = 'another', leased_until = $1", [leasedUntil])

    await stage.process().refresher.refreshDue()

    expect(stage.refreshedTokens()).toHaveLength(calls)
  })

  test('the token of the process that took over an expired lease stays', async () => {
    const { key } = await stage.connect(idOf(1), 55 * DAY_MS)
    const [slow, other] = [stage.process(), await anotherProcess()]
    let stored: string | undefined
    aroundRefresh(slow, {
      async after() {
        stage.pass(MINUTE_MS)
        await other.refresher.refreshDue()
        stored = await other.accounts.accessToken(key)
      },
    })

    await slow.refresher.refreshDue()

    expect(stage.refreshedTokens()).toHaveLength(2)
    expect(await slow.accounts.accessToken(key)).toBe(stored)
    expect(stage.eventTypes()).toStrictEqual(['account.connected', 'token.refreshed'])
  })
})

describe('a person who acts during a refresh', () => {
  test('and logs in keeps the newer token', async () => {
    const { key } = await stage.connect(idOf(1), 55 * DAY_MS)
    const context = stage.process()
    aroundRefresh(context, { after: () => stage.connect(idOf(1)) })

    await context.refresher.refreshDue()

    const account = await stage.onlyAccount()
    expect(stage.eventTypes()).toStrictEqual(['account.connected', 'account.connected'])
    expect(account).toStrictEqual(stage.events.at(-1)?.account)
    expect(await context.accounts.accessToken(key)).not.toBe(stage.refreshedTokens()[0])
    stage.pass(53 * DAY_MS)
    await stage.process().refresher.refreshDue()
    expect(await stage.onlyAccount()).toMatchObject({ status: 'ok', tokenObtainedAt: stage.now() })
  })

  test('and logs in is not asked to do so again, though that refresh failed for good', async () => {
    await stage.connect(idOf(1), 55 * DAY_MS)
    stage.sandbox.revoke('business')
    const context = stage.process()
    aroundRefresh(context, { before: () => stage.connect(idOf(1)) })

    await context.refresher.refreshDue()

    expect(await stage.onlyAccount()).toMatchObject({ status: 'ok', statusReason: null, failedTries: 0 })
    expect(stage.eventTypes()).toStrictEqual(['account.connected', 'account.connected'])
  })

  test.each(['disconnect', 'deauthorize', 'delete'] as const)('to %s the account does not get it back', async (act) => {
    const { key, id } = await stage.connect(idOf(1), 55 * DAY_MS)
    const context = stage.process()
    const { accounts, dataDeletion } = context
    aroundRefresh(context, {
      async after() {
        if (act === 'disconnect') await accounts.remove(key)
        else if (act === 'deauthorize') await dataDeletion.deauthorize(id, stage.now())
        else await dataDeletion.deleteData(id, stage.now())
      },
    })

    await context.refresher.refreshDue()

    expect(await accounts.accessToken(key)).toBeUndefined()
    expect(stage.eventTypes()).not.toContain('token.refreshed')
    if (act === 'deauthorize')
      expect(await accounts.find(key)).toMatchObject({ status: 'disconnected_by_instagram', dueAt: null })
    else expect(await accounts.find(key)).toBeUndefined()
  })
})

describe('a refresh on request', () => {
  test('works once the token is a day old', async () => {
    const { refresher, accounts } = stage.process()
    const { key } = await stage.connect(idOf(1), DAY_MS - 1)
    const token = await accounts.accessToken(key)

    const tooYoung = await refresher.refresh(key)
    const calls = stage.refreshedTokens().length
    stage.pass(1)
    const { outcome, account } = await refresher.refresh(key)

    expect([tooYoung.outcome, calls]).toStrictEqual(['too_young', 0])
    expect(outcome).toBe('refreshed')
    expect(account).toMatchObject({ status: 'ok', tokenObtainedAt: stage.now() })
    expect(account).toStrictEqual(await accounts.find(key))
    expect(await accounts.accessToken(key)).not.toBe(token)
  })

  test('that fails long before expiry alarms nobody, and the scheduled one follows', async () => {
    const { refresher } = stage.process()
    const { key, dueAt } = await stage.connect(idOf(1), 2 * DAY_MS)
    stage.refuseRefreshes(OUT_OF_ORDER, 3)

    const results = [await refresher.refresh(key), await refresher.refresh(key), await refresher.refresh(key)]

    expect(results.map(({ outcome }) => outcome)).toStrictEqual(['failed', 'failed', 'failed'])
    expect(results[2]?.account).toMatchObject({ status: 'ok', statusReason: 'temporary_failure', dueAt })
    expect(stage.eventTypes()).toStrictEqual(['account.connected'])
  })

  test('that Instagram throttles is put off, and the scheduled one follows', async () => {
    const { refresher } = stage.process()
    const { key, dueAt } = await stage.connect(idOf(1), 2 * DAY_MS)
    stage.sandbox.throttle(1)

    const { outcome, account } = await refresher.refresh(key)

    expect(outcome).toBe('not_now')
    expect(account).toMatchObject({ status: 'ok', failedTries: 0, dueAt })
  })

  test('of a token that only the person can renew is not tried', async () => {
    const { refresher } = stage.process()
    const { key } = await stage.connect(idOf(1), 2 * DAY_MS)
    await stage.database.query("UPDATE accounts SET status = 'needs_reconnect', due_at = NULL")

    const { outcome, account } = await refresher.refresh(key)

    expect(outcome).toBe('not_refreshable')
    expect(account?.key).toBe(key)
    expect(stage.refreshedTokens()).toStrictEqual([])
  })

  test('of an account that is not connected does nothing', async () => {
    expect(await stage.process().refresher.refresh('no-such-key')).toStrictEqual({
      outcome: 'gone',
      account: undefined,
    })
  })

  test('from several pages and processes at the same moment calls Instagram once', async () => {
    const { key } = await stage.connect(idOf(1), 2 * DAY_MS)
    const [one, other] = [stage.process(), await anotherProcess()]

    const results = await Promise.all([
      one.refresher.refresh(key),
      one.refresher.refresh(key),
      other.refresher.refresh(key),
    ])

    expect(stage.refreshedTokens()).toHaveLength(1)
    expect(results.map(({ outcome }) => outcome)).toContain('refreshed')
    expect(results.map(({ outcome }) => outcome)).not.toContain('failed')
  })

  test('does not repeat what another process does between the look and the lease', async () => {
    const { key } = await stage.connect(idOf(1), 55 * DAY_MS)
    const other = await anotherProcess()
    const { database } = stage
    const slow = stage.process({
      database: {
        ...database,
        async query(sql, parameters) {
          const result = await database.query(sql, parameters)
          if (sql.startsWith('SELECT') && stage.refreshedTokens().length === 0) await other.refresher.refresh(key)
          return result
        },
      },
    })

    const { outcome, account } = await slow.refresher.refresh(key)

    expect(stage.refreshedTokens()).toHaveLength(1)
    expect(outcome).toBe('refreshed')
    expect(account).toMatchObject({ status: 'ok', tokenObtainedAt: stage.now() })
  })
})

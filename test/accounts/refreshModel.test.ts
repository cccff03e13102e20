import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { Account } from '../../src/accounts/account.ts'
import { createTokenCipher } from '../../src/accounts/tokenCipher.ts'
import type { TokenKey } from '../../src/config.ts'
import type { Context } from '../../src/context.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/facts.ts'
import type { Token } from '../../src/instagram/responses.ts'
import type { FaultyResponse } from '../../src/sandbox/faults/fault.ts'
import { APP_ID, graphError, NEW_KEY, NOW, OLD_KEY, OUT_OF_ORDER, useStage } from './stage.ts'

const stage = useStage()

/** How calls end during a round. */
type Outcome = 'good' | 'out_of_order' | 'throttled' | 'reset' | 'program_error' | 'killed_before' | 'killed_after'
type Person = 'business' | 'creator'

const RESPONSES: Partial<Record<Outcome, FaultyResponse>> = {
  out_of_order: OUT_OF_ORDER,
  throttled: graphError(4, '(#4) Application request limit reached', 403),
  reset: { fault: 'reset' },
}
const KEYS = { old: [OLD_KEY], new: [NEW_KEY], both: [NEW_KEY, OLD_KEY] }
const IDS: Record<Person, string> = { business: APP_ID, creator: '25081994730615283' }
const cipher = createTokenCipher([NEW_KEY, OLD_KEY])

/** A token as Instagram knows it. */
interface IssuedToken {
  obtainedAt: Date
  expiresAt: Date
  isRevoked: boolean
  person: Person
  /** Whether a refresh of it succeeded and a living process got the new token. */
  isRefreshed: boolean
  /** Whether a living process waits for a response to a call with it. */
  isUnderWay: boolean
}

/** What must be true, beside what the database says. */
interface Model {
  /** The token that each connected account must still have, unless a login or a refresh gave a newer one. */
  held: Map<Person, string>
  /** The latest time that the clock has shown. */
  latest: number
}

/** The system under test: processes that are started and killed around one database. */
class Processes {
  readonly issued = new Map<string, IssuedToken>()
  /** Rules that were broken by a call. */
  readonly violations: string[] = []
  /** Settles with the first violation: two processes that fight over an account might never end. */
  readonly violated = Promise.withResolvers<undefined>()
  keys: readonly TokenKey[] = KEYS.old
  outcome: Outcome = 'good'
  killed = Promise.withResolvers<undefined>()
  readonly statuses = new Map<string, string>()
  eventsSeen = 0
  context = this.start()

  /** A new process; everything that the last one had in memory is gone. */
  start(): Context {
    this.killed = Promise.withResolvers()
    const { killed } = this
    const context = stage.process({ keys: this.keys })
    const { instagram } = context
    const refresh = instagram.refresh.bind(instagram)
    const exchange = instagram.exchangeForLongLived.bind(instagram)
    instagram.refresh = (token) =>
      this.call('refresh', token, killed, async () => {
        const refreshed = await refresh(token)
        return { result: refreshed, token: refreshed.token }
      })
    instagram.exchangeForLongLived = (token) =>
      this.call('long_lived', token, killed, async () => {
        const exchanged = await exchange(token)
        return { result: exchanged, token: exchanged }
      })
    this.context = context
    return context
  }

  async call<Result>(
    endpoint: 'refresh' | 'long_lived',
    text: string,
    killed: PromiseWithResolvers<undefined>,
    send: () => Promise<{ result: Result; token: Token }>,
  ): Promise<Result> {
    const { outcome } = this
    const sent = this.issued.get(text)
    // A login exchanges a token that no account has yet.
    if (!sent) return (await send()).result
    if (endpoint === 'refresh' && sent.isRefreshed) this.violate('a token was refreshed twice')
    if (endpoint === 'refresh' && Number(stage.now()) - Number(sent.obtainedAt) < DAY_MS)
      this.violate('a token was refreshed that is younger than a day')
    if (sent.isUnderWay) this.violate('a token was sent by two at once')
    if (outcome === 'program_error') throw new TypeError('a mistake')
    if (outcome === 'killed_before') return kill(killed)

    const response = RESPONSES[outcome]
    if (response) stage.sandbox.answerNext(endpoint, response)
    sent.isUnderWay = true
    const { result, token } = await send().finally(() => (sent.isUnderWay = false))
    this.issue(token, sent.person)
    if (outcome === 'killed_after') return kill(killed)
    sent.isRefreshed = true
    return result
  }

  violate(rule: string): void {
    this.violations.push(rule)
    this.violated.resolve(undefined)
  }

  issue({ accessToken, obtainedAt, expiresAt }: Token, person: Person): void {
    this.issued.set(accessToken, {
      obtainedAt,
      expiresAt: expiresAt ?? NOW,
      person,
      isRevoked: false,
      isRefreshed: false,
      isUnderWay: false,
    })
  }
}

/** The process never hears of the response. */
function kill(killed: PromiseWithResolvers<undefined>): Promise<never> {
  killed.resolve(undefined)
  return new Promise(() => undefined)
}

/** The token of an account, decrypted with every key there is. */
async function tokenOf({ key, tokenKind, tokenObtainedAt, tokenExpiresAt }: Account): Promise<Token> {
  const { rows } = await stage.database.query('SELECT sealed_token FROM accounts WHERE account_key = $1', [key])
  const accessToken = cipher.decrypt(String(rows[0]?.['sealed_token']), key)
  return { kind: tokenKind, accessToken, obtainedAt: tokenObtainedAt, expiresAt: tokenExpiresAt }
}

/** After every step: what must be true whatever happened. */
async function check(model: Model, real: Processes): Promise<void> {
  const now = stage.now().getTime()
  let accounts: Account[] = []
  // An event follows its transaction a moment later, and a process that is being killed may be in between.
  await vi.waitFor(async () => {
    accounts = await stage.accounts()
    readEvents(real)
    expect(Object.fromEntries(accounts.map(({ id, status }) => [id, status]))).toStrictEqual(
      Object.fromEntries(real.statuses),
    )
  })
  expect(real.violations).toStrictEqual([])

  expect(accounts.map(({ id }) => id).toSorted()).toStrictEqual(
    [...model.held.keys()].map((person) => IDS[person]).toSorted(),
  )
  for (const account of accounts) {
    const { accessToken } = await tokenOf(account)
    const issued = real.issued.get(accessToken)
    if (!issued) throw new Error(`Instagram never issued the token of ${account.id}`)
    const before = real.issued.get(model.held.get(issued.person) ?? '')
    if (before && Number(before.expiresAt) > now && !before.isRevoked) {
      expect(issued.expiresAt.getTime()).toBeGreaterThanOrEqual(Number(before.expiresAt) - DAY_MS)
      expect(issued.isRevoked).toBe(false)
    }
    model.held.set(issued.person, accessToken)
    expect(account.tokenExpiresAt).toStrictEqual(issued.expiresAt)

    const { status, statusReason, dueAt } = account
    expect(dueAt === null).toBe(status === 'needs_reconnect' || status === 'unreadable')
    const isExpired = statusReason === 'expired' || statusReason === 'token_expired'
    if (status === 'needs_reconnect' && !isExpired) expect(issued.isRevoked).toBe(true)
    if (status === 'needs_reconnect' && isExpired) expect(issued.expiresAt.getTime()).toBeLessThanOrEqual(model.latest)
    if (statusReason === 'token_invalid') expect(status).toBe('needs_reconnect')
    if (status === 'unreadable') expect(statusReason).toBe('no_key')
    if (status === 'short_lived') expect(account.tokenKind).toBe('short_lived')
    if (status === 'expiring') expect(statusReason).not.toBeNull()
    if (dueAt) expect(Number(dueAt)).toBeLessThanOrEqual(Number(issued.expiresAt))
  }
}

function readEvents(real: Processes): void {
  for (const { type, account } of stage.events.slice(real.eventsSeen)) {
    const before = real.statuses.get(account.id)
    const mayRepeat = ['token.refreshed', 'account.connected', 'account.disconnected'].includes(type)
    if (!mayRepeat && before === account.status)
      real.violations.push(`${type} was published though the account was ${before} before`)
    const isRenewal = ['account.connected', 'account.disconnected', 'account.readable'].includes(type)
    if (before === 'needs_reconnect' && !isRenewal)
      real.violations.push(`${type} was published for an account that only a person can renew`)
    if (type === 'account.disconnected') real.statuses.delete(account.id)
    else real.statuses.set(account.id, account.status)
  }
  real.eventsSeen = stage.events.length
}

type Step = fc.AsyncCommand<Model, Processes>

function step(name: string, act: (model: Model, real: Processes) => Promise<void> | void): Step {
  return {
    check: () => true,
    async run(model, real) {
      await act(model, real)
      await check(model, real)
    },
    toString: () => name,
  }
}

/** However often the clock steps back, it is never more than a day behind. */
function setTime(model: Model, time: number): void {
  const set = Math.max(time, model.latest - DAY_MS)
  stage.setTime(new Date(set))
  model.latest = Math.max(model.latest, set)
}

function timePasses(minutes: number): Step {
  return step(`${minutes} minutes pass`, (model) => {
    setTime(model, stage.now().getTime() + minutes * MINUTE_MS)
  })
}

/** To a few minutes around the time at which something is due, or a token expires, next. */
function untilNext(column: 'due_at' | 'expires_at', minutes: number): Step {
  return step(`until ${minutes} minutes after the next ${column}`, async (model) => {
    const next = `SELECT MIN(${column}) AS next FROM accounts WHERE ${column} > $1`
    const { rows } = await stage.database.query(next, [stage.now().getTime()])
    if (rows[0]?.['next']) setTime(model, Number(rows[0]['next']) + minutes * MINUTE_MS)
  })
}

function round(outcome: Outcome): Step {
  return step(`a round, ${outcome}`, async (_, real) => {
    real.outcome = outcome
    const refreshing = real.context.refresher.refreshDue()
    await Promise.race([refreshing, real.killed.promise, real.violated.promise])
    if (outcome.startsWith('killed')) real.start()
    real.outcome = 'good'
  })
}

const refreshOnRequest = step('all are refreshed on request', async (_, { context }) => {
  for (const { key } of await stage.accounts()) await context.refresher.refresh(key)
})

const together = step('two processes refresh what is due at once', async (_, real) => {
  const old = real.context.refresher
  const { refresher } = real.start()
  const accounts = await stage.accounts()
  const all = Promise.all([
    old.refreshDue(),
    refresher.refreshDue(),
    ...accounts.map(({ key }) => refresher.refresh(key)),
  ])
  await Promise.race([all, real.violated.promise])
})

const recover = step('after the longest pause, a good round refreshes everything', async (model, real) => {
  setTime(model, stage.now().getTime() + 8 * HOUR_MS)
  await real.context.refresher.refreshDue()
  const { rows } = await stage.database.query(
    'SELECT id FROM accounts WHERE due_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)',
    [stage.now().getTime()],
  )
  expect(rows).toStrictEqual([])
})

function restart(keys: keyof typeof KEYS): Step {
  return step(`a restart with the keys: ${keys}`, async (_, real) => {
    real.keys = KEYS[keys]
    const { jobs, refresher } = real.start()
    refresher.stop() // The keys are compared, and nothing is refreshed.
    await jobs.run()
    real.start()
  })
}

function login(person: Person, isLongLived: boolean): Step {
  return step(`${person} logs in${isLongLived ? '' : ' and gets one hour'}`, async (model, real) => {
    if (!isLongLived) stage.sandbox.answerNext('long_lived', OUT_OF_ORDER)
    const token = await tokenOf(await stage.login(real.context, person))
    real.issue(token, person)
    model.held.set(person, token.accessToken)
  })
}

function remove(person: Person): Step {
  return step(`${person} disconnects`, async (model, { context: { accounts } }) => {
    const account = await accounts.findById(IDS[person])
    if (account) await accounts.remove(account.key)
    model.held.delete(person)
  })
}

function revoke(person: Person): Step {
  return step(`${person} removes the app`, (_, real) => {
    stage.sandbox.revoke(person)
    for (const token of real.issued.values()) if (token.person === person) token.isRevoked = true
  })
}

const people = fc.constantFrom<Person>('business', 'creator')
const steps = fc.commands(
  [
    fc.integer({ min: 1, max: 90 }).map(timePasses),
    fc.integer({ min: 1, max: 20 }).map((days) => timePasses(days * 24 * 60)),
    fc.integer({ min: 0, max: 9 }).map((minutes) => untilNext('due_at', minutes)),
    fc.integer({ min: 0, max: 60 * 24 }).map((minutes) => untilNext('due_at', minutes)),
    fc.integer({ min: -9, max: 3 }).map((minutes) => untilNext('expires_at', minutes)),
    fc.integer({ min: -24 * 60, max: -1 }).map(timePasses),
    fc.constant('good' as const).map(round),
    fc
      .constantFrom<Outcome>('out_of_order', 'throttled', 'reset', 'program_error', 'killed_before', 'killed_after')
      .map(round),
    fc.constant(together),
    fc.constant(recover),
    fc.constant(refreshOnRequest),
    fc.constantFrom(...(Object.keys(KEYS) as (keyof typeof KEYS)[])).map(restart),
    fc.tuple(people, fc.boolean()).map(([person, isLongLived]) => login(person, isLongLived)),
    people.map((person) => login(person, true)),
    people.map(remove),
    people.map(revoke),
  ],
  { maxCommands: 40, size: 'max' },
)

test('whatever happens, a valid token is never lost or refreshed twice', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (commands) => {
      await stage.database.query('DELETE FROM accounts')
      stage.setTime(NOW)
      stage.events.length = 0
      const real = new Processes()
      await fc.asyncModelRun(() => ({ model: { held: new Map(), latest: NOW.getTime() }, real }), commands)

      const { rows } = await stage.database.query('SELECT * FROM accounts')
      const stored = JSON.stringify([rows, stage.events]) + stage.log.join('')
      for (const token of real.issued.keys()) expect(stored).not.toContain(token.slice(4, 44))
    }),
    { numRuns: Number(process.env['MODEL_RUNS'] ?? 12) },
  )
})

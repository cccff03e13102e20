import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import fc from 'fast-check'
import type { Account } from '../../src/accounts/account.ts'
import { connectAccount } from '../../src/accounts/connect.ts'
import type { Keeping } from '../../src/accounts/keeping.ts'
import type { TokenKey } from '../../src/accounts/keyRing.ts'
import type { Instagram, Refreshed } from '../../src/instagram/client.ts'
import type { Token } from '../../src/instagram/token.ts'
import type { Misbehaviour } from '../../src/sandbox/misbehaviour.ts'
import { NOW } from '../instagram/support.ts'
import { type Stage, startStage } from './refreshStage.ts'
import { accountsOf, DAY, graphError, HOUR, MINUTE, OUT_OF_ORDER } from './refreshWorld.ts'
import { NEW_KEY, OLD_KEY } from './support.ts'

/** How calls go while a round of upkeep runs. */
type Answer =
  'good' | 'out_of_order' | 'throttled' | 'reset' | 'our_mistake' | 'killed_before' | 'killed_after'
type Somebody = 'business' | 'creator'

const BAD_ANSWERS: Partial<Record<Answer, Misbehaviour>> = {
  out_of_order: OUT_OF_ORDER,
  throttled: graphError(4, '(#4) Application request limit reached', 403),
  reset: { fault: 'reset' },
}
const KEYS: Record<string, readonly TokenKey[]> = {
  old: [OLD_KEY],
  new: [NEW_KEY],
  both: [NEW_KEY, OLD_KEY],
}
const IDS: Record<Somebody, string> = { business: '27640875392278831', creator: '25081994730615283' }

/** A token as Instagram knows it. */
interface Issued {
  obtainedAt: Date
  expiresAt: Date
  revoked: boolean
  person: Somebody
  /** Whether a refresh of it was answered, and the answer reached somebody alive. */
  renewed: boolean
  /** Whether somebody alive waits for the answer to a call with it. */
  underWay: boolean
}

/** What ought to be so, beside what the database says. */
interface Model {
  /** Per account: the token that it must still have, unless a login or a refresh gave a newer one. */
  held: Map<Somebody, string>
  latest: number
}

/** The system under test: processes that come and go around one database, and all that they did. */
class Processes {
  readonly stage: Stage
  readonly issued = new Map<string, Issued>()
  /** What was wrong at the moment when it happened. */
  readonly wrongs: string[] = []
  /** Settles with the first of them: two processes that fight over an account might never end. */
  readonly failed = Promise.withResolvers<undefined>()
  keys: readonly TokenKey[] = KEYS['old'] ?? []
  keeping: Keeping
  answer: Answer = 'good'
  killed = Promise.withResolvers<undefined>()
  eventsSeen = 0
  readonly told = new Map<string, string>()

  constructor(stage: Stage) {
    this.stage = stage
    this.keeping = this.start()
  }

  /** A new process: all that the last one held in memory is gone. */
  start(): Keeping {
    const { instagram } = this.stage
    const alive = { value: true }
    this.killed = Promise.withResolvers()
    this.keeping = this.stage.keeping({
      tokenKeys: this.keys,
      instagram: {
        ...instagram,
        refresh: (token) => this.call('refresh', token, () => instagram.refresh(token), tokenOf, alive),
        exchangeForLongLived: (token) =>
          this.call('long_lived', token, () => instagram.exchangeForLongLived(token), itself, alive),
      } satisfies Instagram,
    })
    return this.keeping
  }

  async call<Result>(
    endpoint: 'refresh' | 'long_lived',
    text: string,
    send: () => Promise<Result>,
    read: (result: Result) => Token,
    alive: { value: boolean },
  ): Promise<Result> {
    const { stage, answer } = this
    const sent = this.issued.get(text)
    if (!sent) throw new Error('Something was sent that is no token')
    if (sent.expiresAt <= stage.now()) this.complain('a token was sent after its end')
    if (endpoint === 'refresh' && sent.renewed) this.complain('a token was refreshed twice')
    if (endpoint === 'refresh' && Number(stage.now()) - Number(sent.obtainedAt) < DAY)
      this.complain('a token was refreshed that is younger than a day')
    if (sent.underWay) this.complain('a token was sent by two at once')
    if (answer === 'our_mistake') throw new TypeError('our mistake')
    if (answer === 'killed_before') return this.kill(alive)

    const bad = BAD_ANSWERS[answer]
    if (bad) stage.sandbox.answerNext(endpoint, bad)
    sent.underWay = true
    const result = await send().finally(() => (sent.underWay = false))
    const token = read(result)
    this.issue(token, sent.person)
    if (answer === 'killed_after') return this.kill(alive)
    sent.renewed = true
    return result
  }

  complain(wrong: string): void {
    this.wrongs.push(wrong)
    this.failed.resolve(undefined)
  }

  kill(alive: { value: boolean }): Promise<never> {
    alive.value = false
    this.killed.resolve(undefined)
    return new Promise(() => undefined)
  }

  issue({ accessToken, obtainedAt, expiresAt }: Token, person: Somebody): void {
    this.issued.set(accessToken, {
      obtainedAt,
      expiresAt: expiresAt ?? NOW,
      person,
      revoked: false,
      renewed: false,
      underWay: false,
    })
  }

  async login(somebody: Somebody, longLived: boolean): Promise<void> {
    const { instagram, sandbox, events } = this.stage
    const form = new URLSearchParams({ person: somebody, decision: 'allow' })
    const answer = await fetch(instagram.authorizeUrl('a-state'), {
      method: 'POST',
      body: form,
      redirect: 'manual',
    })
    const code = new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? ''
    if (!longLived) sandbox.answerNext('long_lived', OUT_OF_ORDER)
    await connectAccount(instagram, this.keeping.accounts, [], code)
    const account = events.at(-1)?.account
    if (account) this.issue(await this.tokenOf(account), somebody)
  }

  /** The token that an account holds, opened with every key there is. */
  async tokenOf({ key, tokenKind, tokenObtainedAt, tokenExpiresAt }: Account): Promise<Token> {
    const { accounts } = this.stage.keeping({ tokenKeys: [NEW_KEY, OLD_KEY] })
    const accessToken = (await accounts.accessToken(key)) ?? ''
    return { kind: tokenKind, accessToken, obtainedAt: tokenObtainedAt, expiresAt: tokenExpiresAt }
  }
}

const tokenOf = ({ token }: Refreshed) => token
const itself = (token: Token) => token

/** After every step: what must be so whatever happened. */
async function judge(model: Model, real: Processes): Promise<void> {
  const { stage } = real
  const now = stage.now().getTime()
  let accounts: Account[] = []
  // What is stored is told a moment later, and a process that is being killed may be in between.
  await vi.waitFor(async () => {
    accounts = await accountsOf(stage)
    hear(real)
    expect(Object.fromEntries(accounts.map(({ id, status }) => [id, status]))).toStrictEqual(
      Object.fromEntries(real.told),
    )
  })
  expect(real.wrongs).toStrictEqual([])

  expect(accounts.map(({ id }) => id).toSorted()).toStrictEqual(
    [...model.held.keys()].map((somebody) => IDS[somebody]).toSorted(),
  )
  for (const account of accounts) {
    const { accessToken } = await real.tokenOf(account)
    const issued = real.issued.get(accessToken)
    if (!issued) throw new Error(`The token of ${account.id} is none that Instagram gave`)
    const before = real.issued.get(model.held.get(issued.person) ?? '')
    if (before && Number(before.expiresAt) > now && !before.revoked) {
      expect(issued.expiresAt.getTime()).toBeGreaterThanOrEqual(Number(before.expiresAt) - DAY)
      expect(issued.revoked).toBe(false)
    }
    model.held.set(issued.person, accessToken)
    expect(account.tokenExpiresAt).toStrictEqual(issued.expiresAt)

    const { status, statusReason, dueAt } = account
    const settled = status === 'needs_reconnect' || status === 'unreadable'
    expect(dueAt === null).toBe(settled)
    if (status === 'needs_reconnect' && statusReason !== 'expired') expect(issued.revoked).toBe(true)
    if (status === 'needs_reconnect' && statusReason === 'expired')
      expect(issued.expiresAt.getTime()).toBeLessThanOrEqual(model.latest)
    if (statusReason === 'token_invalid') expect(status).toBe('needs_reconnect')
    if (status === 'unreadable') expect(statusReason).toBe('no_key')
    if (status === 'short_lived') expect(account.tokenKind).toBe('short_lived')
    if (status === 'expiring') expect(statusReason).not.toBeNull()
    if (dueAt) expect(Number(dueAt)).toBeLessThanOrEqual(Number(issued.expiresAt))
  }
}

/** Takes in what was told since. */
function hear(real: Processes): void {
  for (const { type, account } of real.stage.events.slice(real.eventsSeen)) {
    const before = real.told.get(account.id)
    const steady = ['token.refreshed', 'account.connected'].includes(type)
    if (!steady && type !== 'account.disconnected' && before === account.status)
      real.wrongs.push(`${type} was told, and nothing had changed from ${before}`)
    if (
      before === 'needs_reconnect' &&
      !type.startsWith('account.connected') &&
      type !== 'account.disconnected'
    )
      real.wrongs.push(`${type} was told of an account that only a person can mend`)
    if (type === 'account.disconnected') real.told.delete(account.id)
    else real.told.set(account.id, account.status)
  }
  real.eventsSeen = real.stage.events.length
}

/** After a round in which everything could be done: nothing is due that nobody has claimed. */
async function nothingIsDue({ stage }: Processes): Promise<void> {
  const due = 'SELECT id FROM accounts WHERE due_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)'
  expect(await stage.database.all(due, stage.now().getTime())).toStrictEqual([])
}

type Step = fc.AsyncCommand<Model, Processes>

function step(name: string, act: (model: Model, real: Processes) => Promise<void> | void): Step {
  return {
    check: () => true,
    async run(model, real) {
      await act(model, real)
      await judge(model, real)
    },
    toString: () => name,
  }
}

function timePasses(minutes: number): Step {
  return step(`${minutes} minutes pass`, (model, { stage }) => {
    setTime(model, stage, stage.now().getTime() + minutes * MINUTE)
  })
}

/** To the moment at which something is due next, or to a few minutes around the next end of a token. */
function untilNext(what: 'due_at' | 'expires_at', minutes: number): Step {
  return step(`until ${minutes} minutes after the next ${what}`, async (model, { stage }) => {
    const next = `SELECT MIN(${what}) AS next FROM accounts WHERE ${what} > $1`
    const [row] = await stage.database.all(next, stage.now().getTime())
    if (row?.['next']) setTime(model, stage, Number(row['next']) + minutes * MINUTE)
  })
}

/** However often the clock steps back, it is never more than a day behind. */
function setTime(model: Model, stage: Stage, time: number): void {
  const set = Math.max(time, model.latest - DAY)
  stage.setTime(new Date(set))
  model.latest = Math.max(model.latest, set)
}

function upkeep(answer: Answer): Step {
  return step(`a round, ${answer}`, async (_, real) => {
    real.answer = answer
    const round = real.keeping.refresher.refreshDue()
    await Promise.race([round, real.killed.promise, real.failed.promise])
    const dead = answer.startsWith('killed')
    if (dead) real.start()
    real.answer = 'good'
  })
}

const refreshByHand = step('both refresh by hand', async (_, { keeping, stage }) => {
  for (const { key } of await accountsOf(stage)) await keeping.refresher.refresh(key)
})

const together = step('two processes at once do all that is due', async (_, real) => {
  const old = real.keeping
  const { refresher } = real.start()
  const accounts = await accountsOf(real.stage)
  const all = Promise.all([
    old.refresher.refreshDue(),
    refresher.refreshDue(),
    ...accounts.map(({ key }) => refresher.refresh(key)),
  ])
  await Promise.race([all, real.failed.promise])
})

const recover = step('after the longest pause, a good round', async (model, real) => {
  real.stage.pass(8 * HOUR)
  model.latest = Math.max(model.latest, real.stage.now().getTime())
  await real.keeping.refresher.refreshDue()
  await nothingIsDue(real)
})

function restart(keys: string): Step {
  return step(`a restart with ${keys} keys`, async (_, real) => {
    real.keys = KEYS[keys] ?? []
    await real.start().checkKeys(new AbortController().signal)
  })
}

function login(somebody: Somebody, longLived: boolean): Step {
  return step(`${somebody} logs in${longLived ? '' : ' and gets an hour'}`, async (model, real) => {
    model.held.delete(somebody)
    await real.login(somebody, longLived)
    const token = [...real.issued.keys()].at(-1) ?? ''
    model.held.set(somebody, token)
  })
}

function remove(somebody: Somebody): Step {
  return step(`${somebody} disconnects`, async (model, real) => {
    const account = await real.keeping.accounts.findById(IDS[somebody])
    if (account) await real.keeping.accounts.remove(account.key)
    model.held.delete(somebody)
  })
}

function revoke(somebody: Somebody): Step {
  return step(`${somebody} removes the app`, (_, real) => {
    real.stage.sandbox.revoke(somebody)
    for (const issued of real.issued.values()) if (issued.person === somebody) issued.revoked = true
  })
}

const people = fc.constantFrom<Somebody>('business', 'creator')
const steps = fc.commands(
  [
    fc.integer({ min: 1, max: 90 }).map(timePasses),
    fc.integer({ min: 1, max: 20 }).map((days) => timePasses(days * 24 * 60)),
    fc.integer({ min: 0, max: 9 }).map((minutes) => untilNext('due_at', minutes)),
    fc.integer({ min: 0, max: 60 * 24 }).map((minutes) => untilNext('due_at', minutes)),
    fc.integer({ min: -9, max: 3 }).map((minutes) => untilNext('expires_at', minutes)),
    fc.integer({ min: -24 * 60, max: -1 }).map(timePasses),
    fc.constant('good' as const).map(upkeep),
    fc
      .constantFrom<Answer>(
        'out_of_order',
        'throttled',
        'reset',
        'our_mistake',
        'killed_before',
        'killed_after',
      )
      .map(upkeep),
    fc.constant(together),
    fc.constant(recover),
    fc.constant(refreshByHand),
    fc.constantFrom('old', 'new', 'both').map(restart),
    fc.tuple(people, fc.boolean()).map(([somebody, longLived]) => login(somebody, longLived)),
    people.map((somebody) => login(somebody, true)),
    people.map(remove),
    people.map(revoke),
  ],
  { maxCommands: 40, size: 'max' },
)

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage[Symbol.asyncDispose]())

test(
  'whatever happens to a token, a valid one is never lost, refreshed twice, or used after its end',
  { timeout: 60_000 },
  async () => {
    let stepsTaken = 0

    await fc.assert(
      fc.asyncProperty(steps, async (commands) => {
        await stage.database.run('DELETE FROM accounts')
        stage.setTime(NOW)
        stage.events.length = 0
        stage.errors.length = 0
        const real = new Processes(stage)
        await fc.asyncModelRun(() => ({ model: { held: new Map(), latest: NOW.getTime() }, real }), commands)

        const written = Buffer.concat([
          await stage.bytes(),
          Buffer.from(JSON.stringify([stage.events, stage.errors.map(({ error }) => inWords(error))])),
        ])
        for (const token of real.issued.keys()) expect(written.includes(token.slice(4, 44))).toBe(false)
        stepsTaken += [...commands].length
      }),
      { numRuns: 60, interruptAfterTimeLimit: 13_000 },
    )

    expect(stepsTaken).toBeGreaterThan(100)
  },
)

function inWords(error: unknown): string {
  return error instanceof Error
    ? `${error.stack} ${JSON.stringify(error)} ${inWords(error.cause)}`
    : String(error)
}

import pino from 'pino'
import { configFromEnvironment } from '../../src/config.ts'
import { createContext } from '../../src/context.ts'
import { openDatabase } from '../../src/database/database.ts'
import { DAY_MS, MINUTE_MS } from '../../src/facts.ts'
import { startSandbox } from '../../src/sandbox/server.ts'
import { type Person, person } from '../support/person.ts'
import { freePort } from '../support/place.ts'
import type { PostgresServer } from '../support/postgresServer.ts'
import { type Program, programs } from '../support/programs.ts'

const API_KEY = 'an-api-key-of-the-fault-injection'
const APP = { clientId: '990602627938098', clientSecret: 'client-secret-of-the-fault-injection' }

/** Milliseconds in which the app must start, and be ready again after an outage. */
const READY_LIMIT_MS = 60_000

/** A person who came back from Instagram, and what the browser saw. */
export interface Arrival {
  /** The number of the sandbox's guest. */
  guest: number
  somebody: Person
  /** Path and query of the callback. */
  callback: string
}

/** What a browser saw at the end of a login; `undefined`: the connection broke. */
export type LastPage = { status: number; text: string } | undefined

/** The app as a process on one database, and a sandbox that outlives it. */
export type FaultSite = Awaited<ReturnType<typeof startSite>>

/** Starts a sandbox, and prepares to start the app on PostgreSQL, or on an SQLite file if there is no server. */
export async function startSite(server: PostgresServer | undefined) {
  await using starting = new AsyncDisposableStack()
  const { start, folder } = starting.use(await programs())
  const origin = `http://localhost:${await freePort()}`
  const redirectUri = `${origin}/response`
  const app = { ...APP, redirectUris: [redirectUri] }
  const sandbox = starting.adopt(await startSandbox({ port: 0, app }), (started) => started.close())
  const databaseUrl = server?.url ?? `file:${folder}/accounts.db`
  const environment = {
    PORT: new URL(origin).port,
    DATABASE_URL: databaseUrl,
    INSTAGRAM_CLIENT_ID: APP.clientId,
    INSTAGRAM_CLIENT_SECRET: APP.clientSecret,
    INSTAGRAM_REDIRECT_URI: redirectUri,
    INSTAGRAM_AUTHORIZE_URL: sandbox.authorizeUrl,
    INSTAGRAM_TOKEN_URL: sandbox.tokenUrl,
    INSTAGRAM_GRAPH_URL: sandbox.graphUrl,
    SESSION_SECRETS: 'session-secret-of-the-fault-injection',
    TOKEN_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
    API_KEYS: API_KEY,
  }
  const ending = starting.move()

  /** Guests who saw a success page. */
  const people = new Set<number>()
  /** Ids of accounts whose token is due for a refresh, with that token. */
  const accounts = new Map<string, string>()
  /** Old tokens whose refresh the app reported as stored. */
  const refreshed = new Set<string>()
  let program: Program | undefined
  let startedAt = 0
  let guests = 0
  let callsBefore = 0
  let twice = 0

  /** The token of an account if the API hands it out and Instagram accepts it for that user; else `undefined`. */
  async function readableToken(id: string, username: string): Promise<string | undefined> {
    const headers = { Authorization: `Bearer ${API_KEY}` }
    const response = await fetch(`${origin}/api/accounts/${id}/token`, { headers })
    const { access_token: token = '' } = (await response.json()) as { access_token?: string }
    const me = await fetch(
      `${sandbox.graphUrl}/v26.0/me?${new URLSearchParams({ fields: 'username', access_token: token }).toString()}`,
    )
    const profile = (await me.json()) as { username?: string }
    return profile.username === username ? token : undefined
  }

  const self = {
    engine: server ? 'PostgreSQL' : 'SQLite',
    server,
    sandbox,
    databaseUrl,
    known: { people, accounts },

    /** Starts the app. */
    start(): void {
      startedAt = Date.now()
      callsBefore = sandbox.calls.length
      program = start('start.js', environment)
    },

    /** The process of the app. */
    pid: () => program?.child.pid ?? 0,

    /** Waits until the app listens. */
    async started(): Promise<void> {
      await program?.says('Ready')
      if (!program?.output().includes('Ready')) throw new Error(`The app did not start: ${program?.output() ?? ''}`)
    },

    /** Waits until the app is ready again after an outage. */
    async ready(): Promise<void> {
      const until = performance.now() + READY_LIMIT_MS
      while (performance.now() < until) {
        const response = await fetch(`${origin}/readyz`).catch(() => undefined)
        if (response?.ok) return
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      throw new Error(`The app was not ready after ${READY_LIMIT_MS} ms: ${program?.output() ?? ''}`)
    },

    /** Ends the app at once, as a crash of the machine's memory would, and notes what it had reported. */
    async kill(): Promise<void> {
      program?.child.kill('SIGKILL')
      await program?.ended
      const tokens = self.callsSinceStart('refresh').map(({ query }) => new Map(query).get('access_token') ?? '')
      twice += tokens.length - new Set(tokens).size + tokens.filter((token) => refreshed.has(token)).length
      for (const [, id = ''] of (program?.output() ?? '').matchAll(/"account":"(\d+)"[^\n]*"msg":"token.refreshed"/g))
        refreshed.add(accounts.get(id) ?? '')
    },

    callsSinceStart: (endpoint: string) =>
      sandbox.calls.slice(callsBefore).filter((call) => call.endpoint === endpoint),

    /** People who have authorized the app, and whose browsers are about to come back. */
    arrive: (count: number): Promise<Arrival[]> =>
      Promise.all(
        Array.from({ length: count }, async () => {
          const guest = (guests += 1)
          const somebody = person({ origin })
          const callback = await somebody.authorize(await somebody.getStarted(), { as: `guest-${guest}` })
          return { guest, somebody, callback }
        }),
      ),

    /** Sends a browser back. A success page is remembered. */
    async comeBack({ guest, somebody, callback }: Arrival): Promise<LastPage> {
      const page = await somebody.get(callback).catch(() => undefined)
      if (page?.status === 200) {
        if (!page.text.includes(`@guest.${guest}<`)) throw new Error(`A login ended with a strange page: ${page.text}`)
        people.add(guest)
      }
      return page
    },

    /** How many of these guests have no token that is good at Instagram. */
    async lostPeople(guests: Iterable<number>): Promise<number> {
      let lost = 0
      for (const guest of guests) {
        const id = `276408753${String(guest).padStart(7, '0')}1`
        if ((await readableToken(id, `guest.${guest}`)) === undefined) lost += 1
      }
      return lost
    },

    /** How many accounts have no good token, or the old one although the app reported a new one. */
    async lostAccounts(): Promise<number> {
      let lost = 0
      for (const [id, old] of accounts) {
        const token = await readableToken(id, 'harbour.bakery')
        if (token === undefined || (token === old && refreshed.has(old))) lost += 1
      }
      return lost
    },

    /** How often a token was sent for a refresh twice by one process, or again although its refresh was stored. */
    refreshedTwice: () => twice,

    /** How many refreshes the app reported as stored. */
    refreshes: () => refreshed.size,

    /** Adds accounts whose refresh is due, and lets half a minute and the leases of killed processes pass. */
    async prepare(count: number): Promise<void> {
      const database = await openDatabase(databaseUrl)
      const context = createContext(configFromEnvironment(environment), { database, log: pino({ level: 'silent' }) })
      try {
        for (let number = 0; number < count; number += 1) {
          const id = `9${String(accounts.size).padStart(16, '0')}`
          const accessToken = sandbox.dashboardToken('business', 55 * DAY_MS)
          const [obtainedAt, expiresAt] = [new Date(Date.now() - 55 * DAY_MS), new Date(Date.now() + 5 * DAY_MS)]
          const token = { kind: 'long_lived', accessToken, obtainedAt, expiresAt } as const
          await context.accounts.connect({ token, userId: id, permissions: null, askedScopes: [], profile: null })
          accounts.set(id, accessToken)
        }
        const attempts = 'UPDATE login_attempts SET claimed_at = claimed_at - 31000'
        await database.query(`${attempts} WHERE account_key IS NULL AND outcome IS NULL AND claimed_at < $1`, [
          startedAt,
        ])
        await database.query('UPDATE accounts SET leased_until = 0 WHERE leased_until < $1', [startedAt + MINUTE_MS])
      } finally {
        await context[Symbol.asyncDispose]()
      }
    },

    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  }
  return self
}

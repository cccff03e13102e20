import pino from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest'
import { type Account, accountFromRow } from '../../src/accounts/account.ts'
import type { Connection } from '../../src/accounts/accounts.ts'
import type { AccountEvent, EventType } from '../../src/accounts/events.ts'
import { configFromEnvironment } from '../../src/config.ts'
import { type Context, createContext } from '../../src/context.ts'
import { type Database, openDatabase } from '../../src/database/database.ts'
import { DAY_MS } from '../../src/facts.ts'
import type { Profile } from '../../src/instagram/responses.ts'
import type { FaultyResponse } from '../../src/sandbox/faults/fault.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts'
import { projectEngine } from '../support/places.ts'

export const NOW = new Date('2026-11-23T12:00:00.000Z')
/** Seconds that the sandbox's long-lived tokens live. */
export const LIFETIME_SECONDS = 5_183_944
export const OLD_KEY = { id: 'k1', secret: Buffer.alloc(32, 7) }
export const NEW_KEY = { id: 'k2', secret: Buffer.alloc(32, 8) }
export const APP_ID = '27640875392278831'
export const PROFESSIONAL_ID = '17841403815449847'

const CLIENT_ID = '1090387462915343'
const CLIENT_SECRET = 'b7d1f0c2a95e4c6e8d3a1f7c5e902b46'
const REDIRECT_URI = 'https://app.example/response'

/** A response of an Instagram that is out of order. */
export const OUT_OF_ORDER: FaultyResponse = { status: 500, body: 'Sorry, something went wrong.' }

interface ProcessOptions {
  keys?: readonly { id: string; secret: Buffer }[]
  /** Default: the database of the stage. */
  database?: Database
  /** Default: none. */
  environment?: Record<string, string>
  /** Milliseconds by which its clock is ahead of Instagram's. Default: 0. */
  aheadMs?: number
}

/** A database, a sandbox and a clock; each context on it stands for a process. They are empty and new in every test. */
export interface Stage {
  database: Database
  databaseUrl: string
  sandbox: Sandbox
  /** Events of all processes. */
  events: AccountEvent[]
  /** Lines of all processes. */
  log: string[]
  now(): Date
  /** Time passes; a negative time sets the clock back. */
  pass(milliseconds: number): void
  /** Time passes until then; in the past: the clock is set back. */
  setTime(time: Date): void
  /** The clock is set forward or back, while no time passes. */
  setClock(milliseconds: number): void
  process(options?: ProcessOptions): Context
  /** A connection of its own, as another process has. */
  openAnother(): Promise<Database>
  /** Connects an account with this id, whose token the sandbox issued so long ago. */
  connect(id: string, ageMs?: number): Promise<Account>
  /** A person logs in, as `business` by default. */
  login(context: Context, as?: 'business' | 'creator'): Promise<Account>
  /** All accounts, in the order of their ids. */
  accounts(): Promise<Account[]>
  /** The one account. */
  onlyAccount(): Promise<Account>
  eventTypes(): EventType[]
  /** The lines with this message. */
  logged(message: string): Record<string, unknown>[]
  /** The tokens that Instagram was asked to refresh, in this order. */
  refreshedTokens(): string[]
  /** The next refreshes get this response. */
  refuseRefreshes(response: FaultyResponse, calls?: number): void
  /** Time passes; the process refreshes what is due at the first step and then at each step that something is due at. */
  live(context: Context, milliseconds: number, step?: number): Promise<void>
}

/** One stage for all tests of a file. */
export function useStage(): Stage {
  let ofTest = new AsyncDisposableStack()
  const ofFile = new AsyncDisposableStack()
  let time = NOW
  const now = () => time
  /** Milliseconds that have passed by the monotonic clock, besides the real ones. */
  let passed = 0
  const monotonic = performance.now.bind(performance)

  const stage: Stage = {
    database: undefined as unknown as Database,
    databaseUrl: '',
    sandbox: undefined as unknown as Sandbox,
    events: [],
    log: [],
    now,
    pass(milliseconds) {
      stage.setTime(new Date(time.getTime() + milliseconds))
    },
    setTime(moment) {
      passed += Math.max(0, moment.getTime() - time.getTime())
      time = moment
    },
    setClock(milliseconds) {
      time = new Date(time.getTime() + milliseconds)
    },
    process({ keys = [OLD_KEY], database = stage.database, environment = {}, aheadMs = 0 } = {}) {
      const { authorizeUrl, tokenUrl, graphUrl } = stage.sandbox
      const config = configFromEnvironment({
        INSTAGRAM_CLIENT_ID: CLIENT_ID,
        INSTAGRAM_CLIENT_SECRET: CLIENT_SECRET,
        INSTAGRAM_REDIRECT_URI: REDIRECT_URI,
        INSTAGRAM_AUTHORIZE_URL: authorizeUrl,
        INSTAGRAM_TOKEN_URL: tokenUrl,
        INSTAGRAM_GRAPH_URL: graphUrl,
        SESSION_SECRETS: 'session-secret-marked-canary-0123456789',
        TOKEN_KEYS: keys.map(({ id, secret }) => `${id}:${secret.toString('base64')}`).join(),
        ...environment,
      })
      const context = createContext(config, {
        database: { ...database, close: () => Promise.resolve() },
        log: pino({ level: 'debug' }, { write: (line) => stage.log.push(line) }),
        now: () => new Date(time.getTime() + aheadMs),
        listeners: [(event) => stage.events.push(event)],
        reconnectUrl: ({ id }) => `https://app.example/reconnect/${id}`,
      })
      return ofTest.use(context)
    },
    openAnother: async () => ofTest.adopt(await openDatabase(stage.databaseUrl), (database) => database.close()),
    connect(id, ageMs = 0) {
      const obtainedAt = new Date(time.getTime() - ageMs)
      return stage.process().accounts.connect({
        token: {
          kind: 'long_lived',
          accessToken: stage.sandbox.dashboardToken('business', ageMs),
          obtainedAt,
          expiresAt: new Date(obtainedAt.getTime() + LIFETIME_SECONDS * 1000),
        },
        userId: id,
        permissions: null,
        askedScopes: [],
        profile: null,
      })
    },
    async login({ login }, as = 'business') {
      const { url, browserSecret } = login.beginLogin()
      const callback = await stage.sandbox.authorize(url, { as })
      return (await login.finishLogin({ callback, browserSecret })).account
    },
    async accounts() {
      const { rows } = await stage.database.query('SELECT * FROM accounts ORDER BY id')
      return rows.map(accountFromRow)
    },
    async onlyAccount() {
      const [account, ...others] = await stage.accounts()
      if (!account || others.length > 0) throw new Error('There is not exactly one account')
      return account
    },
    eventTypes: () => stage.events.map(({ type }) => type),
    logged: (message) =>
      stage.log.map((line) => JSON.parse(line) as Record<string, unknown>).filter((line) => line['msg'] === message),
    refreshedTokens: () =>
      stage.sandbox.calls
        .filter(({ endpoint }) => endpoint === 'refresh')
        .map(({ query }) => new Map(query).get('access_token') ?? ''),
    refuseRefreshes(response, calls = 400) {
      for (let call = 0; call < calls; call += 1) stage.sandbox.answerNext('refresh', response)
    },
    async live({ refresher }, milliseconds, step = DAY_MS) {
      const end = time.getTime() + milliseconds
      while (time.getTime() < end) {
        stage.pass(Math.min(step, end - time.getTime()))
        await refresher.refreshDue()
        // Further rounds before anything is due would only take time.
        const { rows } = await stage.database.query('SELECT MIN(due_at) AS due FROM accounts')
        const idle = Math.min(Number(rows[0]?.['due'] ?? Infinity), end) - time.getTime()
        stage.pass(Math.max(0, Math.ceil(idle / step) - 1) * step)
      }
    },
  }

  beforeAll(async () => {
    const { url } = ofFile.use(await projectEngine().place())
    stage.databaseUrl = url
    stage.database = ofFile.adopt(await openDatabase(url), (database) => database.close())
  })
  beforeEach(async () => {
    time = NOW
    vi.spyOn(performance, 'now').mockImplementation(() => monotonic() + passed)
    stage.events.length = 0
    stage.log.length = 0
    const app = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, redirectUris: [REDIRECT_URI] }
    const sandbox = await startSandbox({ port: 0, app, now })
    stage.sandbox = ofTest.adopt(sandbox, (started) => started.close())
  })
  afterEach(async () => {
    vi.restoreAllMocks()
    await ofTest.disposeAsync()
    ofTest = new AsyncDisposableStack()
    for (const table of ['accounts', 'events', 'login_attempts', 'deletions', 'sessions'])
      await stage.database.query(`DELETE FROM ${table}`)
  })
  afterAll(() => ofFile.disposeAsync())
  return stage
}

/** A different id for every number: 17 digits, which no JavaScript number can hold. */
export function idOf(number: number): string {
  return String(27_640_875_392_278_831n + 2n * BigInt(number))
}

/** A time so many seconds after {@link NOW}. */
export function later(seconds: number): Date {
  return new Date(NOW.getTime() + seconds * 1000)
}

/** An error response of the Graph API. */
export function graphError(code: number, message: string, status = 400): FaultyResponse {
  const body = JSON.stringify({ error: { message, type: 'OAuthException', code, fbtrace_id: 'AtraceId' } })
  return { status, body }
}

/** What `/me` says about the person of {@link connection}. */
export const PROFILE: Profile = {
  id: APP_ID,
  userId: PROFESSIONAL_ID,
  username: 'harbour.bakery',
  name: 'Harbour Bakery',
  accountType: 'BUSINESS',
  pictureUrl: 'https://scontent.cdninstagram.com/a.jpg',
}

/** What a complete login brings, with changes. */
export function connection(change: Partial<Connection> = {}): Connection {
  return {
    token: {
      kind: 'long_lived',
      accessToken: 'IGAAfirst',
      obtainedAt: NOW,
      expiresAt: later(LIFETIME_SECONDS),
    },
    userId: APP_ID,
    permissions: ['instagram_business_basic'],
    askedScopes: ['instagram_business_basic'],
    profile: PROFILE,
    ...change,
  }
}

/** Runs `before` ahead of each refresh call, and `after` once Instagram has responded. */
export function aroundRefresh(
  { instagram }: Context,
  around: { before?: (token: string) => unknown; after?: (token: string) => unknown },
): void {
  const refresh = instagram.refresh.bind(instagram)
  instagram.refresh = async (token) => {
    await around.before?.(token)
    const refreshed = await refresh(token)
    await around.after?.(token)
    return refreshed
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Accounts } from './accounts/accounts.ts'
import type { AccountEvent } from './accounts/events.ts'
import type { Database } from './database/database.ts'
import { helpCodes, instagramErrors } from './errors/catalogue.ts'
import type { FinishedCall } from './instagram/http.ts'

/** Time limit for the database in ms; after it, a scrape leaves its figures out. */
const DATABASE_TIME_LIMIT_MS = 2_000

const MOST_OVERDUE = 'SELECT MIN(due_at) AS value FROM accounts WHERE due_at IS NOT NULL'
const NEAREST_EXPIRY = `SELECT MIN(expires_at) AS value FROM accounts WHERE due_at IS NOT NULL AND token_kind = 'long_lived'`
const WAITING_EVENTS = 'SELECT COUNT(*) AS value FROM events'

/** A request that was answered, or aborted by the client. */
export interface FinishedRequest {
  /** Its pattern, such as `/api/accounts/:id/token`. */
  route: string
  method: string
  /** HTTP status; 499 if the client closed the connection first. */
  status: number
  seconds: number
}

/** Counters and figures, in the format of Prometheus. */
export type Metrics = ReturnType<typeof createMetrics>

/** Metrics in a registry of their own; `ofProcess`: with those of the process and of Node. */
export function createMetrics(database: Database, accounts: Accounts, now: () => Date, ofProcess: boolean) {
  const register = new Registry()
  const registers = [register]
  if (ofProcess) collectDefaultMetrics({ register })

  const logins = new Counter({
    name: 'instagram_logins_total',
    help: 'Logins with a callback from Instagram, by outcome: connected, or the name of the failure.',
    labelNames: ['outcome'],
    registers,
  })
  const calls = new Histogram({
    name: 'instagram_call_duration_seconds',
    help: 'Calls to Instagram, by endpoint and outcome: ok, or the name of the failure.',
    labelNames: ['endpoint', 'outcome'],
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  })
  const events = new Counter({
    name: 'instagram_account_events_total',
    help: 'Account events, by type.',
    labelNames: ['type'],
    registers,
  })
  const requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Requests, by route, method and class of status.',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  })

  // Prometheus sees no increase in a series that begins at 1: an alert would miss the first failure.
  for (const outcome of ['connected', ...helpCodes]) logins.inc({ outcome }, 0)
  for (const { kind: outcome, stages } of Object.values(instagramErrors))
    for (const stage of stages)
      if (stage !== 'page' && stage !== 'callback')
        calls.zero({ endpoint: stage === 'exchange' ? 'token' : stage, outcome })

  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers })
  const databaseUp = gauge('instagram_database_up', '1 if the database can be reached, otherwise 0.')
  const accountsByStatus = gauge('instagram_accounts', 'Connected accounts, by status.', ['status'])
  const nearestExpiry = gauge(
    'instagram_token_nearest_expiry_seconds',
    'Seconds until the next of the long-lived tokens expires. Absent: there are none.',
  )
  const refreshLag = gauge('instagram_refresh_lag_seconds', 'Delay of the most overdue refresh, in seconds.')
  const waitingEvents = gauge('instagram_events_waiting', 'Events waiting for delivery to the webhook.')

  async function readNumber(sql: string): Promise<number | null> {
    const { rows } = await database.query(sql)
    const value = rows[0]?.['value'] ?? null
    return value === null ? null : Number(value)
  }

  async function readDatabase(): Promise<void> {
    const [dueAt, counts, expiresAt, waiting] = await Promise.all([
      inTime(readNumber(MOST_OVERDUE)),
      inTime(accounts.counts()),
      inTime(readNumber(NEAREST_EXPIRY)),
      inTime(readNumber(WAITING_EVENTS)),
    ])
    const time = now().getTime()
    const lag = dueAt === undefined ? undefined : Math.max(0, time - (dueAt ?? Infinity)) / 1000
    const expiry = typeof expiresAt === 'number' ? (expiresAt - time) / 1000 : undefined
    databaseUp.set(lag === undefined ? 0 : 1)
    setOrRemove(refreshLag, lag)
    setOrRemove(nearestExpiry, expiry)
    setOrRemove(waitingEvents, waiting ?? undefined)
    accountsByStatus.reset()
    for (const [status, count] of Object.entries(counts?.byStatus ?? {})) accountsByStatus.set({ status }, count)
  }

  return {
    /** Counts a login with a callback from Instagram: `connected`, or the code of its error. */
    onLogin: (outcome: string) => {
      logins.inc({ outcome })
    },
    onCall: ({ endpoint, outcome, seconds }: FinishedCall) => {
      calls.observe({ endpoint, outcome }, seconds)
    },
    onEvent: ({ type }: AccountEvent) => {
      events.inc({ type })
    },
    onRequest: ({ route, method, status, seconds }: FinishedRequest) => {
      requests.observe({ route, method, status: `${Math.floor(status / 100)}xx` }, seconds)
    },
    contentType: register.contentType,
    /** All figures now. Those of an unavailable database are left out. */
    async text(): Promise<string> {
      await readDatabase()
      return register.metrics()
    },
  }
}

function setOrRemove(gauge: Gauge, value: number | undefined): void {
  if (value === undefined) gauge.remove()
  else gauge.set(value)
}

/** `undefined` if the database is unavailable or slow. */
function inTime<Value>(answer: Promise<Value>): Promise<Value | undefined> {
  return Promise.race([answer, sleep(DATABASE_TIME_LIMIT_MS, undefined, { ref: false })]).catch(() => undefined)
}

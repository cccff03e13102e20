import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Census } from './accounts/census.ts'
import type { AccountEvent } from './accounts/events.ts'
import type { FinishedCall } from './instagram/observed.ts'
import { within } from './storage/within.ts'
import type { FinishedRequest } from './web/finishedRequest.ts'

/** Milliseconds in which the database must answer, or a scrape does without its numbers. */
const ANSWER_LIMIT_MS = 2_000

/** What is counted of an app, and its numbers as Prometheus reads them. */
export interface Metrics {
  /** A login that is over: `connected`, or the name of its failure. */
  onLogin: (outcome: string) => void
  onCall: (call: FinishedCall) => void
  onEvent: (event: AccountEvent) => void
  onRequest: (request: FinishedRequest) => void
  contentType: string
  /** All numbers now. Those of a database that is away are left out. */
  text: () => Promise<string>
}

/** Metrics in a registry of their own. `ofProcess`: with those of the process and of Node itself. */
export function createMetrics(census: Census, { ofProcess }: { ofProcess: boolean }): Metrics {
  const register = new Registry()
  const registers = [register]
  if (ofProcess) collectDefaultMetrics({ register })

  const logins = new Counter({
    name: 'instagram_logins_total',
    help: 'Logins that came back from Instagram, by outcome: connected, or the name of the failure.',
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
    help: 'What happened to accounts, by type of event.',
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

  const up = new Gauge({
    name: 'instagram_database_up',
    help: '1 while the database answers, else 0.',
    registers,
    async collect() {
      up.set((await read(census.refreshLag())) === undefined ? 0 : 1)
    },
  })
  const accounts = new Gauge({
    name: 'instagram_accounts',
    help: 'Connected accounts, by status.',
    labelNames: ['status'],
    registers,
    async collect() {
      accounts.reset()
      const counted = Object.entries((await read(census.byStatus())) ?? {})
      for (const [status, count] of counted) accounts.set({ status }, count)
    },
  })
  const numbers = {
    instagram_token_nearest_expiry_seconds: {
      help: 'Seconds until the first of the long-lived tokens that are kept alive ends. Absent: there is none.',
      read: () => census.nearestExpiry(),
    },
    instagram_refresh_lag_seconds: {
      help: 'Seconds by which the most overdue account is late to be refreshed.',
      read: () => census.refreshLag(),
    },
    instagram_events_waiting: {
      help: 'Events that wait to be delivered to the webhook.',
      read: () => census.eventsWaiting(),
    },
  }
  for (const [name, number] of Object.entries(numbers)) {
    const gauge = new Gauge({
      name,
      help: number.help,
      registers,
      async collect() {
        const value = await read(number.read())
        if (value === undefined) gauge.remove()
        else gauge.set(value)
      },
    })
  }

  return {
    onLogin(outcome) {
      logins.inc({ outcome })
    },
    onCall({ endpoint, outcome, seconds }) {
      calls.observe({ endpoint, outcome }, seconds)
    },
    onEvent({ type }) {
      events.inc({ type })
    },
    onRequest({ route, method, status, seconds }) {
      requests.observe({ route, method, status: `${Math.floor(status / 100)}xx` }, seconds)
    },
    contentType: register.contentType,
    text: () => register.metrics(),
  }
}

/** `undefined` where the database is away. */
async function read<Value>(answer: Promise<Value>): Promise<Value | undefined> {
  return within(ANSWER_LIMIT_MS, answer).catch(() => undefined)
}

import { Webhook } from 'standardwebhooks'
import { type Dispatcher, request } from 'undici'
import type { ProxySettings } from '../config.ts'
import type { Database } from '../database/database.ts'
import { SKIP_LOCKED } from '../database/queries.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../facts.ts'
import type { Logger } from '../log.ts'
import { createAgent, withoutData } from '../proxy.ts'

/** Events that are sent at the same time. */
const CONCURRENCY = 10

/** Milliseconds after which an event that was claimed and never settled is due again: longer than any request. */
const LEASE_MS = MINUTE_MS

/** Milliseconds for a whole request, from the name lookup to the last byte of the response. */
const REQUEST_TIME_LIMIT_MS = 15_000

/** Bytes of a response that are read; its content is ignored. */
const RESPONSE_SIZE_LIMIT = 64 * 1024

/**
 * Milliseconds before the second attempt, the third and so on. After one more failure, the event is given up.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
const RETRY_PAUSES_MS = [
  5_000,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR_MS),
]

/** The longest `Retry-After`, in ms. */
const LONGEST_RETRY_AFTER_MS = DAY_MS

/** The random extra share of a pause, so that events that failed together are not sent together again. */
const JITTER = 0.2

interface ClaimedEvent {
  id: string
  payload: string
  /** Attempts, this one included. */
  tries: number
  /** When the claim expires; also distinguishes this claim from others. */
  leasedUntil: number
}

interface DeliveryFailure {
  cause: unknown
  /** Whether the receiver wants no further attempts. */
  isFinal?: boolean
  /** The pause that the receiver asks for. */
  retryAfterMs?: number
}

/** Delivers events to a webhook. */
export type WebhookDelivery = ReturnType<typeof createWebhookDelivery>

/** Delivers events as Standard Webhooks, when it is called: at least once, always with the same `webhook-id`, in no particular order. */
export function createWebhookDelivery(options: {
  database: Database
  /** http or https. The query counts as secret. */
  url: string
  /** Each `whsec_` and base64, newest first. Each of them signs, so that receivers can change over to a new one. */
  secrets: readonly string[]
  proxy: ProxySettings
  log: Logger
  now: () => Date
  /** From 0 up to 1. Default: `Math.random`. */
  random?: () => number
}) {
  const { database, url, log, now, random = Math.random } = options
  const signers = options.secrets.map((secret) => new Webhook(secret))
  const agent = createAgent(options.proxy)
  const underWay = new Set<Promise<void>>()
  let starting = Promise.resolve()
  let closing: Promise<void> | undefined

  /** Starts as many deliveries as are due and have room; one call after the other, so that no two use the same room. */
  function startDue(): Promise<void> {
    const started = starting.then(async () => {
      const room = CONCURRENCY - underWay.size
      if (closing || room === 0) return
      for (const event of await claimDue(database, room, now())) {
        const delivery = deliver(event).finally(() => underWay.delete(delivery))
        underWay.add(delivery)
      }
    })
    starting = started.catch(() => undefined)
    return started
  }

  async function deliver(event: ClaimedEvent): Promise<void> {
    const { id: eventId, tries, leasedUntil } = event
    try {
      const failure = await send(event)
      if (!failure) {
        await database.query('DELETE FROM events WHERE id = $1', [eventId])
        return
      }
      const pauseMs = retryPauseMs(tries, failure)
      const [change, values] =
        pauseMs === undefined
          ? ['DELETE FROM events', []]
          : ['UPDATE events SET failed_tries = $3, deliver_at = $4', [tries, now().getTime() + pauseMs]]
      const ours = 'WHERE id = $1 AND deliver_at = $2' // Only while the claim is ours.
      const { rowCount } = await database.query(`${change} ${ours}`, [eventId, leasedUntil, ...values])
      const gaveUp = pauseMs === undefined && rowCount === 1
      log[gaveUp ? 'error' : 'warn']({ err: failure.cause, eventId, tries, gaveUp }, 'an event could not be delivered')
    } catch (err) {
      // The claim expires, and the event is sent again.
      log.warn({ err, eventId, tries, gaveUp: false }, 'an event could not be delivered')
    }
  }

  async function send({ id, payload }: ClaimedEvent): Promise<DeliveryFailure | undefined> {
    const sentAt = now()
    const headers = {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
      'webhook-signature': signers.map((signer) => signer.sign(id, sentAt, payload)).join(' '),
    }
    try {
      const signal = AbortSignal.timeout(REQUEST_TIME_LIMIT_MS)
      const response = await request(url, { dispatcher: agent, method: 'POST', headers, body: payload, signal })
      await response.body.dump({ limit: RESPONSE_SIZE_LIMIT })
      return failureOf(response)
    } catch (cause) {
      return { cause: withoutData(cause) }
    }
  }

  function retryPauseMs(tries: number, { isFinal, retryAfterMs = 0 }: DeliveryFailure): number | undefined {
    const pauseMs = RETRY_PAUSES_MS[tries - 1]
    if (pauseMs === undefined || isFinal) return undefined
    const wantedMs = Math.max(pauseMs, Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS))
    return Math.round(wantedMs * (1 + JITTER * random()))
  }

  return {
    /**
     * Delivers every event that is due, oldest first. An event that fails is put off and delays no other. Any number of processes may do
     * this at the same time.
     *
     * @throws {AppError} `database_unavailable`
     */
    async deliverDue(): Promise<void> {
      await startDue()
      while (underWay.size > 0) {
        await Promise.race(underWay)
        await startDue()
      }
    },

    /** Starts no more deliveries, waits for those under way (at most 15 seconds), and closes the connections. */
    close(): Promise<void> {
      closing ??= (async () => {
        await starting
        await Promise.allSettled(underWay)
        await agent.close()
      })()
      return closing
    },
  }
}

function failureOf({ statusCode, headers }: Dispatcher.ResponseData): DeliveryFailure | undefined {
  if (statusCode >= 200 && statusCode < 300) return undefined
  const cause = new Error(`The receiver of the webhook answered with status ${statusCode}`)
  if (statusCode === 410) return { cause, isFinal: true }
  const retryAfter = String(headers['retry-after'] ?? '')
  const asksForPause = (statusCode === 429 || statusCode === 503) && /^\d+$/.test(retryAfter)
  return asksForPause ? { cause, retryAfterMs: Number(retryAfter) * 1000 } : { cause }
}

async function claimDue(database: Database, limit: number, now: Date): Promise<ClaimedEvent[]> {
  const leasedUntil = now.getTime() + LEASE_MS
  // A WITH, because PostgreSQL may run a subselect several times, and each run would lock other rows.
  const { rows } = await database.query(
    `WITH due AS (SELECT id FROM events WHERE deliver_at <= $2 ORDER BY deliver_at LIMIT $3${SKIP_LOCKED[database.engine]})
     UPDATE events SET deliver_at = $1 WHERE id IN (SELECT id FROM due)
     RETURNING id, payload, created_at, failed_tries`,
    [leasedUntil, now.getTime(), limit],
  )
  return rows
    .sort((one, other) => Number(one['created_at']) - Number(other['created_at']))
    .map((row) => ({
      id: String(row['id']),
      payload: String(row['payload']),
      tries: Number(row['failed_tries']) + 1,
      leasedUntil,
    }))
}

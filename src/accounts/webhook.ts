import { Agent } from 'undici'
import type { Database } from '../storage/database.ts'
import { pauseAfter, send } from './webhookCall.ts'
import { signed } from './webhookMessage.ts'
import { type Claim, claimDue, giveUp, putOff } from './webhookQueue.ts'

/** Events that one webhook sends at the same time. */
const CONCURRENCY = 10

/**
 * Tells a program elsewhere of events, as the Standard Webhooks specification says: at least once, each time with the
 * same `webhook-id`, in no certain order. https://www.standardwebhooks.com
 */
export interface Webhook {
  /**
   * Delivers every event that is due, oldest first and some at a time; one that fails is put off and holds up no other.
   * Calls may overlap, in any number of processes: none is lost, and one is sent twice only where its sender died or
   * its answer got lost.
   *
   * @throws whatever the database does when it cannot be asked
   */
  deliverDue(): Promise<void>

  /** Starts no more deliveries, waits for those under way (15 seconds at most), and ends the connections. Again does nothing. */
  close(): Promise<void>
}

/** What a webhook works with. */
export interface WebhookOptions {
  /** Its table `events` holds what is to be delivered, until it is. */
  database: Database
  /** Where to POST: an http or https URL. Its query is a secret. */
  url: string
  /** What `webhookSecret` returns, newest first, at least one. Each signs, so that receivers can roll over. */
  secrets: readonly Buffer[]
  now: () => Date
  /** Told of each delivery that failed. Must not throw. */
  onFailure: (failure: WebhookFailure) => void
  /** From 0 up to 1; `Math.random` by default. */
  random?: () => number
}

/** A delivery that failed; holds neither the URL's query nor the payload nor a secret. */
export interface WebhookFailure {
  eventId: string
  /** How often the event has been sent, this time included; at most ten. */
  tries: number
  /** The event was deleted undelivered: this was the last try, or the receiver answered 410. */
  gaveUp: boolean
  cause: unknown
}

/**
 * A webhook with keep-alive connections of its own; nothing happens until it is asked.
 *
 * @throws Error if the URL is none, or there is no secret
 */
export function createWebhook(options: WebhookOptions): Webhook {
  const { database, url, secrets, now, onFailure, random = Math.random } = options
  if (!URL.canParse(url)) throw new Error('The URL of the webhook is none')
  if (secrets.length === 0) throw new Error('The webhook has no secret to sign with')

  const agent = new Agent()
  const underWay = new Set<Promise<void>>()
  let filling = Promise.resolve()
  let ending: Promise<void> | undefined

  /** Starts as many deliveries as are due and have room. One caller after another, so that no two see the same room. */
  function fill(): Promise<void> {
    const turn = filling.then(startDue)
    filling = turn.catch(() => undefined)
    return turn
  }

  async function startDue(): Promise<void> {
    const room = CONCURRENCY - underWay.size
    if (ending || room === 0) return
    for (const claim of await claimDue(database, room, now())) {
      const delivery = attend(claim).finally(() => underWay.delete(delivery))
      underWay.add(delivery)
    }
  }

  async function attend(claim: Claim): Promise<void> {
    // Where the database failed, the lease runs out, and it is tried again.
    const failure = await deliver(claim).catch((cause: unknown) => ({ gaveUp: false, cause }))
    if (failure) onFailure({ eventId: claim.id, tries: claim.tries, ...failure })
  }

  async function deliver(claim: Claim): Promise<Pick<WebhookFailure, 'gaveUp' | 'cause'> | undefined> {
    const refusal = await send(agent, url, signed(claim, secrets, now()))
    if (!refusal) {
      await database.run('DELETE FROM events WHERE id = $1', claim.id)
      return undefined
    }
    const pauseMs = pauseAfter(claim.tries, refusal, random)
    const settled =
      pauseMs === undefined
        ? await giveUp(database, claim)
        : await putOff(database, claim, now().getTime() + pauseMs)
    return { gaveUp: settled && pauseMs === undefined, cause: refusal.cause }
  }

  async function end(): Promise<void> {
    await filling
    await Promise.allSettled(underWay)
    await agent.close()
  }

  return {
    async deliverDue() {
      await fill()
      while (underWay.size > 0) {
        await Promise.race(underWay)
        await fill()
      }
    },

    close() {
      ending ??= end()
      return ending
    },
  }
}

import { randomUUID } from 'node:crypto'
import type { Queries } from '../storage/database.ts'
import type { Account } from './account.ts'
import { accountJson } from './accountJson.ts'

/** What can happen to an account. */
export type EventType =
  /** Connected, for the first time or once more. */
  | 'account.connected'
  /** The token is good for another 60 days. */
  | 'token.refreshed'
  /** Refreshing keeps failing, and the end is near. */
  | 'token.expiring'
  /** There is no valid token, and only the person can give a new one. */
  | 'account.needs_reconnect'
  /** No key in `TOKEN_KEYS` opens the token. */
  | 'account.unreadable'
  /** A key that opens the token is back. */
  | 'account.readable'
  /** Forgotten with its token, because somebody here wanted it. */
  | 'account.disconnected'
  /** The person removed the app on Instagram. */
  | 'account.deauthorized'

/** Something that happened to an account. */
export interface AccountEvent {
  /** The same however often it is delivered. */
  id: string
  /** What happened. */
  type: EventType
  /** When it happened. */
  at: Date
  /** As it is afterwards. */
  account: Account
  /** Where a person can mend it, when one is needed and the place is known. */
  reconnectUrl: string | null
}

/** Told of every event, after it was stored. What it throws is the process's own mistake. */
export type Listener = (event: AccountEvent) => void

/** Where what happens to accounts is told. */
export interface Events {
  /** Within the transaction of what happened, so that neither is kept without the other. */
  record(queries: Queries, type: EventType, account: Account): Promise<AccountEvent>
  /** After that transaction. */
  publish(event: AccountEvent): void
}

/** How events are made. */
export interface EventsOptions {
  now: () => Date
  listeners: readonly Listener[]
  /** Whether events are kept in the database for a webhook to deliver. */
  kept: boolean
  /** Where a person can connect an account again; `null`: nowhere that we know. */
  reconnectUrl: (account: Account) => string | null
}

/** Whether only the person can mend what has happened. */
export function needsPerson(type: EventType): boolean {
  return FOR_A_PERSON.has(type)
}

const FOR_A_PERSON: ReadonlySet<EventType> = new Set([
  'token.expiring',
  'account.needs_reconnect',
  'account.deauthorized',
])

/** Events for the listeners, and where `kept` is set for the webhook. */
export function createEvents({ now, listeners, kept, reconnectUrl }: EventsOptions): Events {
  return {
    async record(queries, type, account) {
      const event: AccountEvent = {
        id: `evt_${randomUUID()}`,
        type,
        at: now(),
        account,
        reconnectUrl: needsPerson(type) ? reconnectUrl(account) : null,
      }
      if (kept)
        await queries.run(
          `INSERT INTO events (id, account_id, payload, created_at, deliver_at, failed_tries)
           VALUES ($1, $2, $3, $4, $4, 0)`,
          event.id,
          account.id,
          JSON.stringify(payload(event)),
          event.at.getTime(),
        )
      return event
    },

    publish(event) {
      for (const listener of listeners) listener(event)
    },
  }
}

/** The body as the Standard Webhooks specification lays it out. */
function payload({ type, at, account, reconnectUrl }: AccountEvent) {
  const data = { ...accountJson(account), ...(reconnectUrl !== null && { reconnect_url: reconnectUrl }) }
  return { type, timestamp: at.toISOString(), data }
}

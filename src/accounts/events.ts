import { randomUUID } from 'node:crypto'
import type { Queries } from '../database/database.ts'
import { type Account, accountJson } from './account.ts'

/** The types of account events. */
export type EventType =
  | 'account.connected' // For the first time or again.
  | 'token.refreshed' // The token is valid for another 60 days.
  | 'token.expiring' // Refreshing keeps failing, and the token expires soon.
  | 'account.needs_reconnect' // There is no valid token, and only the person can give a new one.
  | 'account.unreadable' // None of the token keys decrypts the token.
  | 'account.readable' // The token's key was restored, or the wrong clock that had made it expire was corrected.
  | 'account.disconnected' // Deleted with its token, on request of a visitor, a program or the operator.
  | 'account.deauthorized' // The person removed the app on Instagram.

/** An account event. */
export interface AccountEvent {
  /** The same for every delivery of the event. */
  id: string
  type: EventType
  at: Date
  /** The account after the event. */
  account: Account
  /** Where the person can connect the account again; `null`: not needed, or unknown. */
  reconnectUrl: string | null
}

/** Called with each event after it was stored. Must not throw. */
export type EventListener = (event: AccountEvent) => void

/** Whether only the account's owner can fix what happened. */
export function needsPerson(type: EventType): boolean {
  return type === 'token.expiring' || type === 'account.needs_reconnect' || type === 'account.deauthorized'
}

/** Records and publishes events. */
export type Events = ReturnType<typeof createEvents>

/** The events of a database. */
export function createEvents(options: {
  now: () => Date
  listeners: readonly EventListener[]
  /** Whether events are stored for a webhook to deliver. */
  forWebhook: boolean
  /** Where a person can connect an account again; `null`: unknown. */
  reconnectUrl: (account: Account) => string | null
}) {
  const { now, listeners, forWebhook, reconnectUrl } = options
  return {
    /** Records an event in the transaction of the change, so that neither is stored without the other. */
    async record(transaction: Queries, type: EventType, account: Account): Promise<AccountEvent> {
      const event: AccountEvent = {
        id: `evt_${randomUUID()}`,
        type,
        at: now(),
        account,
        reconnectUrl: needsPerson(type) ? reconnectUrl(account) : null,
      }
      if (forWebhook)
        await transaction.query(
          `INSERT INTO events (id, account_id, payload, created_at, deliver_at, failed_tries)
           VALUES ($1, $2, $3, $4, $4, 0)`,
          [event.id, account.id, JSON.stringify(payload(event)), event.at.getTime()],
        )
      return event
    },

    /** Calls the listeners; to be called after that transaction. */
    publish(event: AccountEvent): void {
      for (const listener of listeners) listener(event)
    },
  }
}

/** The body of a webhook. @see https://www.standardwebhooks.com */
function payload({ type, at, account, reconnectUrl }: AccountEvent) {
  const data = { ...accountJson(account), ...(reconnectUrl !== null && { reconnect_url: reconnectUrl }) }
  return { type, timestamp: at.toISOString(), data }
}

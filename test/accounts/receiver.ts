import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { createWebhook, type Webhook, type WebhookFailure } from '../../src/accounts/webhook.ts'
import { type Database, openDatabase, type Value } from '../../src/storage/database.ts'
import { NOW, startServer } from '../instagram/support.ts'
import { projectEngine } from '../support/places.ts'

export const NEW_SECRET = Buffer.from('the newest of the secrets, 32 by')
export const OLD_SECRET = Buffer.from('one that is on its way out, 32 b')

/** What is no business of a log, in the URL of the receiver. */
export const URL_SECRET = 'receiver-key-27640875392278831'

/** A POST that arrived. */
export interface Delivery {
  id: string
  timestamp: string
  signature: string
  body: string
  request: IncomingMessage
}

/** Answers one delivery, or does not. `nth`: how many have arrived, this one included. */
type Reply = (response: ServerResponse, delivery: Delivery, nth: number) => unknown

/** Answers with a status and headers. */
export function status(code: number, headers: Record<string, string> = {}): Reply {
  return (response) => response.writeHead(code, headers).end('thanks')
}

/** An event as it stands in the database. */
interface Waiting {
  id: string
  failedTries: number
  /** Seconds after {@link NOW}. */
  dueIn: number
}

/** A webhook, its receiver, and a clock that stands until it is moved. */
interface Sending extends AsyncDisposable {
  webhook: Webhook
  database: Database
  deliveries: Delivery[]
  failures: WebhookFailure[]
  /** Changes how the receiver answers. */
  reply(reply: Reply): void
  /** Another process: a webhook of its own on a connection of its own, the same in all else but `change`. */
  another(change?: Change): Promise<Webhook>
  /** Something happens, now. */
  record(id: string, payload?: string): Promise<void>
  waiting(): Promise<Waiting[]>
  pass(seconds: number): void
  /** Ids of the deliveries, in the order in which they arrived. */
  ids(): string[]
}

interface Change {
  url?: string
  secrets?: readonly Buffer[]
  random?: () => number
  /** Told of every statement. */
  onStatement?: (sql: string, parameters: readonly Value[]) => void
}

/** Starts a webhook with one secret and no jitter, whose receiver takes everything. */
export async function startSending(change: Change = {}): Promise<Sending> {
  await using starting = new AsyncDisposableStack()
  const { url: databaseUrl } = starting.use(await projectEngine().place())

  let reply = status(204)
  const deliveries: Delivery[] = []
  const receiver = starting.use(
    await startServer((request, response) => {
      void text(request).then((body) => {
        const header = (name: string) => String(request.headers[name])
        const delivery = {
          id: header('webhook-id'),
          timestamp: header('webhook-timestamp'),
          signature: header('webhook-signature'),
          body,
          request,
        }
        return reply(response, delivery, deliveries.push(delivery))
      })
    }),
  )

  let time = NOW
  const failures: WebhookFailure[] = []
  const open = async (stack: AsyncDisposableStack) =>
    stack.adopt(await openDatabase(databaseUrl), (opened) => opened.close())
  const database = await open(starting)
  const on = (chosen: Database, { onStatement, ...settings }: Change) =>
    createWebhook({
      database: onStatement ? overheard(chosen, onStatement) : chosen,
      url: `${receiver.origin}/hooks/instagram?key=${URL_SECRET}`,
      secrets: [NEW_SECRET],
      now: () => time,
      onFailure: (failure) => failures.push(failure),
      random: () => 0,
      ...settings,
    })
  const webhook = starting.adopt(on(database, change), (started) => started.close())

  const ending = starting.move()
  return {
    webhook,
    database,
    deliveries,
    failures,
    reply(next) {
      reply = next
    },
    async another(different = {}) {
      const other = on(await open(ending), { ...change, ...different })
      return ending.adopt(other, (started) => started.close())
    },
    async record(id, payload = `{"type":"token.refreshed","data":{"id":"${id}"}}`) {
      await database.run(
        'INSERT INTO events (id, payload, created_at, deliver_at, failed_tries) VALUES ($1, $2, $3, $3, 0)',
        id,
        payload,
        time.getTime(),
      )
    },
    async waiting() {
      const rows = await database.all('SELECT * FROM events ORDER BY created_at, id')
      return rows.map((row) => ({
        id: String(row['id']),
        failedTries: Number(row['failed_tries']),
        dueIn: (Number(row['deliver_at']) - NOW.getTime()) / 1000,
      }))
    },
    pass(seconds) {
      time = new Date(time.getTime() + seconds * 1000)
    },
    ids: () => deliveries.map(({ id }) => id),
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  }
}

function overheard(database: Database, onStatement: NonNullable<Change['onStatement']>): Database {
  return {
    all(sql, ...parameters) {
      onStatement(sql, parameters)
      return database.all(sql, ...parameters)
    },
    run(sql, ...parameters) {
      onStatement(sql, parameters)
      return database.run(sql, ...parameters)
    },
    runUnsynced: (sql, ...parameters) => database.runUnsynced(sql, ...parameters),
    transaction: (work) => database.transaction(work),
    close: () => database.close(),
  }
}

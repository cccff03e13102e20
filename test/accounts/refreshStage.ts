import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Account } from '../../src/accounts/account.ts'
import type { AccountEvent } from '../../src/accounts/events.ts'
import { createKeeping, type Keeping, type KeepingOptions } from '../../src/accounts/keeping.ts'
import { createInstagram, type Instagram } from '../../src/instagram/client.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type Database, dataFolder, openDatabase } from '../../src/storage/database.ts'
import { CLIENT_ID, CLIENT_SECRET, NOW, REDIRECT_URI, settingsFor } from '../instagram/support.ts'
import { projectEngine } from '../support/places.ts'
import { OLD_KEY } from './support.ts'

/** Seconds that the sandbox's long-lived tokens live. */
export const LIFETIME_SECONDS = 5_183_944

/** A database, a sandbox and a clock, around which any number of keepings can be built: each is a process. */
export interface Stage extends AsyncDisposable {
  database: Database
  databaseUrl: string
  sandbox: Sandbox
  instagram: Instagram
  /** Everything that the keepings told, in order. */
  events: AccountEvent[]
  /** All that went wrong, as the log would have it. */
  errors: { error: unknown; account: Account }[]
  now(): Date
  pass(milliseconds: number): void
  /** Sets the clock. */
  setTime(time: Date): void
  /** One more process on the same database. */
  keeping(change?: Partial<KeepingOptions>): Keeping
  /** One more connection to the same database. */
  openAnother(): Promise<Database>
  /** Connects an account with this id (17 digits), its token made by the sandbox so long ago; returns it. */
  connect(id: string, ageMs?: number, keeping?: Keeping): Promise<Account>
  /** Every byte that the database has on disk; of PostgreSQL, which is elsewhere, all that it has of accounts. */
  bytes(): Promise<Buffer>
}

export async function startStage(): Promise<Stage> {
  await using starting = new AsyncDisposableStack()
  const { url: databaseUrl } = starting.use(await projectEngine().place())
  const openAnother = async () => ending.adopt(await openDatabase(databaseUrl), (opened) => opened.close())

  let time = NOW
  const now = () => time
  const app = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, redirectUris: [REDIRECT_URI] }
  const sandbox = starting.adopt(await startSandbox({ port: 0, app, now }), (started) => started.close())
  const instagram = starting.adopt(createInstagram(settingsFor(sandbox.origin), now), (client) =>
    client.close(),
  )
  const ending = starting.move()
  const database = await openAnother()
  const events: AccountEvent[] = []
  const errors: { error: unknown; account: Account }[] = []

  const keeping = (change: Partial<KeepingOptions> = {}) =>
    createKeeping({
      database,
      instagram,
      tokenKeys: [OLD_KEY],
      refreshDaysBeforeExpiry: 10,
      listeners: [(event) => events.push(event)],
      keepEvents: false,
      reconnectUrl: ({ id }) => `https://app.example/reconnect/${id}`,
      onError: (error, account) => errors.push({ error, account }),
      now,
      ...change,
    })
  return {
    database,
    databaseUrl,
    sandbox,
    instagram,
    events,
    errors,
    now,
    pass(milliseconds) {
      time = new Date(time.getTime() + milliseconds)
    },
    setTime(moment) {
      time = moment
    },
    keeping,
    openAnother,
    async connect(id, ageMs = 0, { accounts } = keeping()) {
      const obtainedAt = new Date(time.getTime() - ageMs)
      return accounts.connect({
        token: {
          kind: 'long_lived',
          accessToken: sandbox.dashboardToken('business', ageMs),
          obtainedAt,
          expiresAt: new Date(obtainedAt.getTime() + LIFETIME_SECONDS * 1000),
        },
        userId: id,
        permissions: null,
        askedScopes: [],
        profile: null,
      })
    },
    async bytes() {
      if (!databaseUrl.startsWith('file:'))
        return Buffer.from(JSON.stringify(await database.all('SELECT * FROM accounts')))
      const folder = dataFolder(databaseUrl)
      const names = await readdir(folder)
      return Buffer.concat(await Promise.all(names.map((name) => readFile(join(folder, name)))))
    },
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  }
}

/** A different id for every number, past 2^53 and odd. */
export function idOf(number: number): string {
  return String(27_640_875_392_278_831n + 2n * BigInt(number))
}

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Accounts, createAccounts } from '../../src/accounts/accounts.ts'
import type { Connected } from '../../src/accounts/connected.ts'
import { createEvents } from '../../src/accounts/events.ts'
import { createKeyRing, type TokenKey } from '../../src/accounts/keyRing.ts'
import type { Profile } from '../../src/instagram/profile.ts'
import { type Database, dataFolder, openDatabase } from '../../src/storage/database.ts'
import { BASIC, later, NOW } from '../instagram/support.ts'
import { projectEngine } from '../support/places.ts'

export const APP_ID = '27640875392278831'
export const PROFESSIONAL_ID = '17841403815449847'

export const OLD_KEY: TokenKey = { id: 'k1', secret: Buffer.alloc(32, 7) }
export const NEW_KEY: TokenKey = { id: 'k2', secret: Buffer.alloc(32, 8) }

/** The accounts of an empty database, and a clock that stands until it is moved. */
interface Keeping extends AsyncDisposable {
  accounts: Accounts
  database: Database
  /** The same database read with other keys. */
  withKeys(keys: readonly TokenKey[]): Accounts
  pass(seconds: number): void
  /** How many accounts there are. */
  count(): Promise<number>
  /** Every file that an SQLite database has made, as bytes. */
  files(): Promise<Map<string, Buffer>>
}

export async function startKeeping(): Promise<Keeping> {
  await using starting = new AsyncDisposableStack()
  const { url } = starting.use(await projectEngine().place())
  const database = starting.adopt(await openDatabase(url), (opened) => opened.close())

  let time = NOW
  const now = () => time
  const events = createEvents({ now, listeners: [], kept: false, reconnectUrl: () => '' })
  const schedule = { refreshDaysBeforeExpiry: 10, random: () => 0 }
  const withKeys = (keys: readonly TokenKey[]) =>
    createAccounts({ database, keyRing: createKeyRing(keys), events, schedule, now })
  const ending = starting.move()
  return {
    accounts: withKeys([OLD_KEY]),
    database,
    withKeys,
    pass(seconds) {
      time = new Date(time.getTime() + seconds * 1000)
    },
    async count() {
      const [row] = await database.all('SELECT COUNT(*) AS count FROM accounts')
      return Number(row?.['count'])
    },
    async files() {
      const folder = dataFolder(url)
      const names = await readdir(folder)
      return new Map(
        await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)),
      )
    },
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  }
}

/** What a login with everything brought, changed. */
export function connected(change: Partial<Connected> = {}): Connected {
  return {
    token: {
      kind: 'long_lived',
      accessToken: 'IGAAfirst',
      obtainedAt: NOW,
      expiresAt: later(5_183_944),
    },
    userId: APP_ID,
    permissions: [BASIC],
    askedScopes: [BASIC],
    profile: PROFILE,
    ...change,
  }
}

/** What `/me` tells of the person of {@link connected}. */
export const PROFILE: Profile = {
  id: APP_ID,
  userId: PROFESSIONAL_ID,
  username: 'harbour.bakery',
  name: 'Harbour Bakery',
  accountType: 'BUSINESS',
  pictureUrl: 'https://scontent.cdninstagram.com/a.jpg',
}

import { randomBytes, randomUUID } from 'node:crypto'
import type { Account } from '../../src/accounts/account.ts'
import { columnsOf } from '../../src/accounts/accountRow.ts'
import { accountFrom } from '../../src/accounts/connected.ts'
import { createKeyRing } from '../../src/accounts/keyRing.ts'
import { type Database, openDatabase, type Queries, type Row } from '../../src/storage/database.ts'
import { accountId, professionalId } from './accountIds.ts'
import { TOKEN_KEY } from './contestants.ts'
import { APP, longLivedToken } from './stub/tokens.ts'

/** What a database is to hold. */
export interface Filling {
  accounts: number
  sessions: number
  /** How many of the accounts are to be refreshed now. */
  due: number
}

/** Rows in one statement: node:sqlite takes the square of the number of parameters. */
const ROWS = 10

/** Statements in one transaction. */
const STATEMENTS = 2_000

const DAY_MS = 24 * 60 * 60 * 1000

/** Fills an empty database, past the app, with accounts whose tokens the app can open, and sessions. Returns how many milliseconds it took. */
export async function fill(url: string, { accounts, sessions, due }: Filling): Promise<number> {
  const begun = performance.now()
  await using ending = new AsyncDisposableStack()
  const database = ending.adopt(await openDatabase(url), (opened) => opened.close())
  const account = accountMaker(due)
  await insert(database, 'accounts', accounts, account)
  await insert(database, 'sessions', sessions, session)
  return performance.now() - begun
}

async function insert(
  database: Database,
  table: string,
  count: number,
  row: (index: number) => Row,
): Promise<void> {
  for (let next = 0; next < count;)
    next = await database.transaction(async (queries) => {
      const end = Math.min(next + ROWS * STATEMENTS, count)
      for (let first = next; first < end; first += ROWS) {
        const rows = Array.from({ length: Math.min(ROWS, end - first) }, (_, index) => row(first + index))
        await insertRows(queries, table, rows)
      }
      return end
    })
}

async function insertRows(queries: Queries, table: string, rows: readonly Row[]): Promise<void> {
  const names = Object.keys(rows[0] ?? {})
  const tuples = rows.map(
    (_, index) => `(${names.map((_, column) => `$${index * names.length + column + 1}`).join(', ')})`,
  )
  await queries.run(
    `INSERT INTO ${table} (${names.join(', ')}) VALUES ${tuples.join(', ')}`,
    ...rows.flatMap((row) => Object.values(row)),
  )
}

/** Makes the rows of accounts, of which the first `due` are to be refreshed now, and the others in some weeks. */
function accountMaker(due: number, now = new Date()): (index: number) => Row {
  const keyRing = createKeyRing([TOKEN_KEY])
  const row = columnsOf(connectedAccount(now))
  const ago = (days: number) => now.getTime() - days * DAY_MS
  return (index) => {
    const key = randomUUID()
    return {
      ...row,
      account_key: key,
      id: accountId(index),
      user_id: professionalId(index),
      username: `filled.${index}`,
      ...(index < due && { token_obtained_at: ago(52), expires_at: ago(-8), due_at: ago(1) - index }),
      sealed_token: keyRing.seal(longLivedToken(index), key),
      token_key_id: TOKEN_KEY.id,
    }
  }
}

/** An account as the app itself makes it of a login. */
function connectedAccount(now: Date): Account {
  const profile = {
    id: accountId(0),
    userId: professionalId(0),
    username: 'filled',
    name: 'Filled Account',
    accountType: 'BUSINESS',
    pictureUrl: 'https://scontent.cdninstagram.com/v/t51.2885-19/1_n.jpg?stp=dst-jpg_s206x206',
  }
  const expiresAt = new Date(now.getTime() + 60 * DAY_MS)
  const token = { kind: 'long_lived' as const, accessToken: longLivedToken(0), obtainedAt: now, expiresAt }
  const scopes = [APP.scope]
  return accountFrom(
    { token, userId: profile.id, permissions: scopes, askedScopes: scopes, profile },
    undefined,
    now,
    { refreshDaysBeforeExpiry: 10, random: Math.random },
  )
}

/** A session as express-session keeps it. */
function session(): Row {
  const expires = new Date(Date.now() + 30 * DAY_MS)
  const cookie = {
    originalMaxAge: 30 * DAY_MS,
    expires,
    httpOnly: true,
    path: '/',
    sameSite: 'lax',
    secure: true,
  }
  return {
    sid: randomBytes(24).toString('base64url'),
    data: JSON.stringify({
      cookie,
      accountKey: randomUUID(),
    }),
    expires_at: expires.getTime(),
  }
}

import { randomBytes, randomUUID } from 'node:crypto'
import { createAccounts } from '../../src/accounts/accounts.ts'
import { createEvents } from '../../src/accounts/events.ts'
import { createTokenCipher } from '../../src/accounts/tokenCipher.ts'
import { type Database, openDatabase, type Queries, type Row } from '../../src/database/database.ts'
import { DAY_MS } from '../../src/facts.ts'
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

/** Fills an empty database, past the app, with accounts whose tokens the app can open, and sessions. Returns how many milliseconds it took. */
export async function fill(url: string, { accounts, sessions, due }: Filling): Promise<number> {
  const begun = performance.now()
  await using ending = new AsyncDisposableStack()
  const database = ending.adopt(await openDatabase(url), (opened) => opened.close())
  const account = accountMaker(due, await connectedRow(database))
  await insert(database, 'accounts', accounts, account)
  await insert(database, 'sessions', sessions, session)
  return performance.now() - begun
}

async function insert(database: Database, table: string, count: number, row: (index: number) => Row): Promise<void> {
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
  await queries.query(
    `INSERT INTO ${table} (${names.join(', ')}) VALUES ${tuples.join(', ')}`,
    rows.flatMap((row) => Object.values(row)),
  )
}

/** Makes rows of accounts like `template`. The first `due` are to be refreshed now, the others in some weeks. */
function accountMaker(due: number, template: Row): (index: number) => Row {
  const cipher = createTokenCipher([TOKEN_KEY])
  const ago = (days: number) => Date.now() - days * DAY_MS
  return (index) => {
    const key = randomUUID()
    return {
      ...template,
      account_key: key,
      id: accountId(index),
      user_id: professionalId(index),
      username: `filled.${index}`,
      ...(index < due && { token_obtained_at: ago(52), expires_at: ago(-8), due_at: ago(1) - index }),
      sealed_token: cipher.encrypt(longLivedToken(index), key),
      token_key_id: TOKEN_KEY.id,
    }
  }
}

/** The row of an account that the app itself has connected. The database is empty again afterwards. */
async function connectedRow(database: Database): Promise<Row> {
  const now = new Date()
  const accounts = createAccounts({
    database,
    cipher: createTokenCipher([TOKEN_KEY]),
    events: createEvents({
      now: () => now,
      listeners: [],
      forWebhook: false,
      reconnectUrl: () => null,
    }),
    schedule: { refreshDaysBeforeExpiry: 10, random: Math.random },
    now: () => now,
  })
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
  await accounts.connect({ token, userId: profile.id, permissions: scopes, askedScopes: scopes, profile })
  const { rows } = await database.query('DELETE FROM accounts RETURNING *')
  return rows[0] ?? {}
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

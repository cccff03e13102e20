import { randomUUID } from 'node:crypto'
import type { Config } from '../config.ts'
import type { Database, Queries } from '../database/database.ts'
import { BY_URGENCY, urgencyOf } from '../database/migrations.ts'
import type { InstagramErrorCode } from '../errors/catalogue.ts'
import { AppError } from '../errors/errors.ts'
import type { Profile, Token } from '../instagram/responses.ts'
import { type Account, ACCOUNT_COLUMNS, accountFromRow, type AccountStatus, accountToRow, STATUSES } from './account.ts'
import type { Events } from './events.ts'
import { firstDue, type RefreshSchedule } from './refreshPolicy.ts'
import { keyIdOf, type TokenCipher } from './tokenCipher.ts'

/** The result of a login or an import: a token, and Instagram's data about its account. */
export interface Connection {
  token: Token
  /** The id that came with the token: app-scoped or professional, Instagram does not say which. */
  userId: string
  /** The scopes that the person granted; `null`: Instagram did not say. */
  permissions: readonly string[] | null
  askedScopes: readonly string[]
  /** `null`: could not be read. */
  profile: Profile | null
  /** Why the token lasts one hour only. */
  shortLivedReason?: InstagramErrorCode | undefined
}

/** Throws `account_not_allowed` unless the list is empty, or names the account by its user name or one of its ids. */
export function assertAllowed(
  { allowedAccounts }: Pick<Config, 'allowedAccounts'>,
  { userId, profile }: Pick<Connection, 'userId' | 'profile'>,
): void {
  const names = [userId, profile?.id, profile?.userId, profile?.username?.toLowerCase()]
  if (allowedAccounts.length === 0 || allowedAccounts.some((allowed) => names.includes(allowed))) return
  throw new AppError('account_not_allowed', { message: `The account ${userId} is not allowed to connect` })
}

/** A filter and a limit for lists of accounts. */
export interface AccountsQuery {
  /** Default: any. */
  status?: AccountStatus | undefined
  /** Accounts at most. */
  limit: number
}

/** A part of the accounts. */
export interface AccountsPage {
  accounts: Account[]
  /** Whether there are, or may be, further accounts. */
  more: boolean
}

/** How many accounts there are. */
export interface AccountCounts {
  all: number
  byStatus: Record<AccountStatus, number>
  /** Accounts whose refresh is due. */
  due: number
}

/** The connected accounts in the database. */
export type Accounts = ReturnType<typeof createAccounts>

/** The accounts of a database, their tokens encrypted. Every query is quick with a million accounts. */
export function createAccounts(options: {
  database: Database
  cipher: TokenCipher
  events: Events
  schedule: RefreshSchedule
  now: () => Date
}) {
  const { database, cipher, events, schedule, now } = options
  let counted: { at: number; counts: AccountCounts } | undefined
  return {
    /**
     * Stores an account. A known account gets the new token, and keeps its profile if the new one is missing. `afterWrite` runs in the
     * same transaction, which may be run again after a conflict.
     */
    async connect(
      connection: Connection,
      afterWrite?: (transaction: Queries, account: Account) => Promise<void>,
    ): Promise<Account> {
      const event = await database.transaction(async (transaction) => {
        const { userId, profile, token } = connection
        const ids = [userId, profile?.id, profile?.userId].filter((id) => typeof id === 'string')
        // Every connect of this account takes at least one of these locks, so that two of them cannot both insert it.
        await transaction.lock(ids.map((id) => `account ${id}`))
        const [known, ...duplicates] = await findExisting(transaction, connection)
        for (const { key } of duplicates) await transaction.query('DELETE FROM accounts WHERE account_key = $1', [key])
        const account = connectedAccount(connection, known, now(), schedule)
        const encrypted = cipher.encrypt(token.accessToken, account.key)
        const values = [...Object.values(accountToRow(account)), encrypted, keyIdOf(encrypted), null, null]
        await transaction.query(UPSERT, values)
        await afterWrite?.(transaction, account)
        return events.record(transaction, 'account.connected', account)
      })
      events.publish(event)
      return event.account
    },

    async find(key: string): Promise<Account | undefined> {
      const { rows } = await database.query('SELECT * FROM accounts WHERE account_key = $1', [key])
      return rows.map(accountFromRow)[0]
    },

    /** Finds an account by either of Instagram's ids; the app-scoped one is preferred. */
    async findById(id: string): Promise<Account | undefined> {
      const sql = 'SELECT * FROM accounts WHERE id = $1 OR user_id = $1 ORDER BY id <> $1 LIMIT 1'
      const { rows } = await database.query(sql, [id])
      return rows.map(accountFromRow)[0]
    },

    /** The accounts whose id comes after `after` (`''`: the first page), in the order of their ids. */
    async page({ status, after, limit }: AccountsQuery & { after: string }): Promise<AccountsPage> {
      const { rows } = await database.query(
        `SELECT * FROM accounts WHERE id > $1 ${status ? 'AND status = $3' : ''} ORDER BY id LIMIT $2`,
        [after, limit + 1, ...(status ? [status] : [])],
      )
      return { accounts: rows.slice(0, limit).map(accountFromRow), more: rows.length > limit }
    },

    /** The accounts from the place `offset` on, those with problems first, then by expiry. Takes longer with a larger offset. */
    async byUrgency({ status, offset, limit }: AccountsQuery & { offset: number }): Promise<AccountsPage> {
      // SQLite sorts by the index for a range, but not for a single value.
      const { rows } = await database.query(
        `SELECT * FROM accounts WHERE ${urgencyOf('status')} BETWEEN ${urgencyOf('$3')} AND ${urgencyOf('$4')}
         ORDER BY ${BY_URGENCY} LIMIT $1 OFFSET $2`,
        [limit + 1, offset, status ?? 'needs_reconnect', status ?? 'ok'],
      )
      return { accounts: rows.slice(0, limit).map(accountFromRow), more: rows.length > limit }
    },

    /**
     * Finds accounts whose user name, id or professional id begins with `text`; `@` and letter case are ignored. In the order of
     * their names, one page only: a longer text finds fewer.
     */
    async search(text: string, { status, limit }: AccountsQuery): Promise<AccountsPage> {
      const prefix = text.trim().replace(/^@/, '').toLowerCase()
      const { rows } = await database.query(SEARCH, [prefix, prefix + HIGHEST_CHARACTER])
      const wanted = rows.filter((row) => !status || row['status'] === status)
      return {
        accounts: wanted.slice(0, limit).map(accountFromRow),
        more: wanted.length > limit || rows.length >= MATCHES_PER_COLUMN,
      }
    },

    /** With many accounts, counts are up to half a minute old: counting a million takes a tenth of a second. */
    async counts(): Promise<AccountCounts> {
      const time = now().getTime()
      if (counted && counted.counts.all >= MANY && Math.abs(time - counted.at) < COUNT_LIFETIME_MS)
        return counted.counts
      // Most accounts are ok: those are not counted one by one.
      const { rows } = await database.query(
        `SELECT status AS name, COUNT(*) AS count FROM accounts WHERE status IN (${NOT_OK}) GROUP BY status
         UNION ALL SELECT 'all', COUNT(*) FROM accounts
         UNION ALL SELECT 'due', COUNT(*) FROM accounts WHERE due_at <= $1`,
        [time],
      )
      const found = new Map(rows.map(({ name, count }) => [name, Number(count)]))
      const count = (name: string) => found.get(name) ?? 0
      const notOk = STATUSES.reduce((sum, status) => sum + count(status), 0)
      found.set('ok', count('all') - notOk)
      const byStatus = Object.fromEntries(STATUSES.map((status) => [status, count(status)]))
      const counts = { all: count('all'), due: count('due'), byStatus: byStatus as Record<AccountStatus, number> }
      counted = { at: time, counts }
      return counts
    },

    /**
     * The account's token as plain text; `undefined`: the account is gone or its token was destroyed.
     *
     * @throws {AppError} `token_unreadable` if no key decrypts it
     */
    async accessToken(key: string): Promise<string | undefined> {
      const { rows } = await database.query('SELECT sealed_token FROM accounts WHERE account_key = $1', [key])
      const encrypted = rows[0]?.['sealed_token']
      return encrypted ? cipher.decrypt(String(encrypted), key) : undefined
    },

    /** Deletes the account and its token, and returns both; the token is encrypted, and empty if it was destroyed before. */
    async remove(key: string): Promise<{ account: Account; encryptedToken: string } | undefined> {
      const removed = await database.transaction(async (transaction) => {
        const { rows } = await transaction.query('DELETE FROM accounts WHERE account_key = $1 RETURNING *', [key])
        const [row] = rows
        const event = row && (await events.record(transaction, 'account.disconnected', accountFromRow(row)))
        return event && { event, encryptedToken: String(row['sealed_token']) }
      })
      if (!removed) return undefined
      events.publish(removed.event)
      return { account: removed.event.account, encryptedToken: removed.encryptedToken }
    },
  }
}

/**
 * The rows of this account: first the one with its app-scoped id, then those of the same professional account, and those that were stored
 * under the id that came with the token because the profile could not be read.
 */
async function findExisting(transaction: Queries, { profile, userId }: Connection): Promise<Account[]> {
  const { rows } = profile?.id
    ? await transaction.query(
        `SELECT * FROM accounts WHERE id = $1 OR user_id IN ($1, $2, $3) OR (profile_read_at IS NULL AND id IN ($2, $3))
         ORDER BY id <> $1`,
        [profile.id, profile.userId, userId],
      )
    : await transaction.query('SELECT * FROM accounts WHERE id IN ($1, $2) OR user_id IN ($1, $2) LIMIT 1', [
        userId,
        profile?.userId ?? userId,
      ])
  return rows.map(accountFromRow)
}

/** A new account, or the known one with the new token. What Instagram left out this time stays as it was. */
function connectedAccount(
  { token, profile, userId, permissions, askedScopes, shortLivedReason }: Connection,
  known: Account | undefined,
  now: Date,
  schedule: RefreshSchedule,
): Account {
  const status = token.kind === 'short_lived' ? 'short_lived' : 'ok'
  return {
    key: known?.key ?? randomUUID(),
    id: profile?.id ?? known?.id ?? userId,
    userId: profile?.userId ?? known?.userId ?? null,
    username: profile?.username ?? known?.username ?? null,
    name: profile?.name ?? known?.name ?? null,
    accountType: profile?.accountType ?? known?.accountType ?? null,
    pictureUrl: profile?.pictureUrl ?? known?.pictureUrl ?? null,
    profileReadAt: profile?.id ? now : (known?.profileReadAt ?? null),
    permissions: permissions ?? known?.permissions ?? null,
    askedScopes,
    tokenKind: token.kind,
    tokenObtainedAt: token.obtainedAt,
    tokenExpiresAt: token.expiresAt,
    connectedAt: known?.connectedAt ?? now,
    status,
    statusSince: known?.status === status ? known.statusSince : now,
    statusReason: status === 'short_lived' ? (shortLivedReason ?? null) : null,
    dueAt: firstDue(token, schedule),
    failedTries: 0,
  }
}

const COLUMNS = [...ACCOUNT_COLUMNS, 'sealed_token', 'token_key_id', 'lease', 'leased_until']

/** Built once: an SQL text of this length costs more to build than to run. */
const UPSERT = `INSERT INTO accounts (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map((_, index) => `$${index + 1}`).join(', ')})
  ON CONFLICT (account_key) DO UPDATE SET ${COLUMNS.map((name) => `${name} = excluded.${name}`).join(', ')}`

const NOT_OK = STATUSES.filter((status) => status !== 'ok')
  .map((status) => `'${status}'`)
  .join(', ')

/** From this many accounts on, counts are cached for `COUNT_LIFETIME_MS`. */
const MANY = 10_000
const COUNT_LIFETIME_MS = 30_000

/** Matches that a search reads for each of its three columns. */
const MATCHES_PER_COLUMN = 500

/** Sorts after every text that begins with the characters before it. */
const HIGHEST_CHARACTER = '\u{10FFFF}'

const SEARCH = `SELECT * FROM (
  SELECT * FROM ${prefixMatches('username')} UNION SELECT * FROM ${prefixMatches('id')} UNION SELECT * FROM ${prefixMatches('user_id')}
) AS found ORDER BY COALESCE(username, ''), id`

/** Each column by its own index, and not every match: all professional ids begin with the same digits. */
function prefixMatches(column: string): string {
  return `(SELECT * FROM accounts WHERE ${column} >= $1 AND ${column} < $2 ORDER BY ${column} LIMIT ${MATCHES_PER_COLUMN}) AS by_${column}`
}

import type { Database, Queries, Row } from '../storage/database.ts'
import type { Account } from './account.ts'
import { accountOf, COLUMNS, columnsOf } from './accountRow.ts'
import { accountFrom, type Connected } from './connected.ts'
import type { Events } from './events.ts'
import { keyIdOf, type KeyRing } from './keyRing.ts'
import type { Schedule } from './schedule.ts'

/** The connected accounts, in the database, their tokens sealed. */
export interface Accounts {
  /**
   * Keeps the account; one that is known already gets the new token, and keeps its profile if the new one is missing. What `also`
   * writes is kept with it or not at all; it may be called again, after what it wrote was undone.
   */
  connect(connected: Connected, also?: Also): Promise<Account>
  find(key: string): Promise<Account | undefined>
  /** By either of Instagram's ids. */
  findById(id: string): Promise<Account | undefined>
  /** In the order of their ids, those after `after`. */
  list(page: { after: string; limit: number }): Promise<Account[]>
  /**
   * The account's token in the clear; `undefined`: the account is gone, or its token was destroyed.
   *
   * @throws {UnreadableTokenError} when no key opens it
   */
  accessToken(key: string): Promise<string | undefined>
  /** Forgets the account and its token. Forgetting twice is no error; returns whether it was there. */
  remove(key: string): Promise<boolean>
}

/** What is to be kept together with an account. */
export type Also = (queries: Queries, account: Account) => Promise<void>

/** What accounts are made of, and what has to hear of them. */
export interface AccountsOptions {
  database: Database
  keyRing: KeyRing
  events: Events
  schedule: Schedule
  now: () => Date
}

/** The accounts of a database. */
export function createAccounts({ database, keyRing, events, schedule, now }: AccountsOptions): Accounts {
  return {
    async connect(connected, also) {
      const event = await database.transaction(async (queries) => {
        const [known, ...sameUnderAnotherId] = await knownAs(queries, connected)
        for (const { key } of sameUnderAnotherId)
          await queries.run('DELETE FROM accounts WHERE account_key = $1', key)
        const account = accountFrom(connected, known, now(), schedule)
        await insert(queries, account, keyRing.seal(connected.token.accessToken, account.key))
        await also?.(queries, account)
        return events.record(queries, 'account.connected', account)
      })
      events.publish(event)
      return event.account
    },

    async find(key) {
      const [row] = await database.all('SELECT * FROM accounts WHERE account_key = $1', key)
      return row && accountOf(row)
    },

    async findById(id) {
      const [row] = await database.all(
        `SELECT * FROM accounts WHERE id = $1 OR user_id = $1
         ORDER BY CASE WHEN id = $1 THEN 0 ELSE 1 END LIMIT 1`,
        id,
      )
      return row && accountOf(row)
    },

    async list({ after, limit }) {
      const rows = await database.all(
        'SELECT * FROM accounts WHERE id > $1 ORDER BY id LIMIT $2',
        after,
        limit,
      )
      return rows.map(accountOf)
    },

    async accessToken(key) {
      const [row] = await database.all('SELECT sealed_token FROM accounts WHERE account_key = $1', key)
      return row?.['sealed_token'] ? keyRing.open(String(row['sealed_token']), key) : undefined
    },

    async remove(key) {
      const event = await database.transaction(async (queries) => {
        const [row] = await queries.all('DELETE FROM accounts WHERE account_key = $1 RETURNING *', key)
        return row && events.record(queries, 'account.disconnected', accountOf(row))
      })
      if (event) events.publish(event)
      return event !== undefined
    },
  }
}

/**
 * The rows that are this account: the one with its app-scoped id first, then those that were connected while Instagram did
 * not tell who it is, under the one id that came with the token.
 */
async function knownAs(queries: Queries, { profile, userId }: Connected): Promise<Account[]> {
  const rows = profile?.id
    ? await queries.all(
        `SELECT * FROM accounts WHERE id = $1 OR (profile_read_at IS NULL AND id IN ($2, $3))
         ORDER BY CASE WHEN id = $1 THEN 0 ELSE 1 END`,
        profile.id,
        profile.userId,
        userId,
      )
    : await queries.all(
        'SELECT * FROM accounts WHERE id IN ($1, $2) OR user_id IN ($1, $2) LIMIT 1',
        userId,
        profile?.userId ?? userId,
      )
  return rows.map(accountOf)
}

async function insert(queries: Queries, account: Account, sealedToken: string): Promise<void> {
  const columns: Row = {
    ...columnsOf(account),
    sealed_token: sealedToken,
    token_key_id: keyIdOf(sealedToken),
    lease: null,
    leased_until: null,
  }
  await queries.run(INSERT, ...INSERTED.map((name) => columns[name] ?? null))
}

const INSERTED = [...COLUMNS, 'sealed_token', 'token_key_id', 'lease', 'leased_until']

const INSERT = `INSERT INTO accounts (${INSERTED.join(', ')}) VALUES (${INSERTED.map((_, index) => `$${index + 1}`).join(', ')})
  ON CONFLICT (account_key) DO UPDATE SET ${INSERTED.map((name) => `${name} = excluded.${name}`).join(', ')}`

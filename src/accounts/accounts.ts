import { randomUUID } from 'node:crypto'
import type { Profile } from '../instagram/profile.ts'
import type { Token } from '../instagram/token.ts'
import type { Database, Queries } from '../storage/database.ts'
import type { Account } from './account.ts'
import { accountRow } from './accountRow.ts'
import type { KeyRing } from './keyRing.ts'

/** What a login brought: a token, and whose it is as far as Instagram told. */
export interface Connected {
  token: Token
  /** The id that came with the token: app-scoped or professional, Instagram does not say which. */
  userId: string
  permissions: readonly string[] | null
  askedScopes: readonly string[]
  /** `null`: could not be read. */
  profile: Profile | null
}

/** The connected accounts, in the database, their tokens sealed. */
export interface Accounts {
  /** Keeps the account; one that is known already gets the new token, and keeps its profile if the new one is missing. */
  connect(connected: Connected): Promise<Account>
  find(key: string): Promise<Account | undefined>
  /**
   * The account's token in the clear.
   *
   * @throws {UnreadableTokenError} when no key opens it
   */
  accessToken(key: string): Promise<string | undefined>
  /** Forgets the account and its token. Forgetting twice is no error. */
  remove(key: string): Promise<void>
}

/** `keyRing` seals the tokens; `now` says when an account was connected. */
export function createAccounts(database: Database, keyRing: KeyRing, now: () => Date): Accounts {
  return {
    connect: (connected) =>
      database.transaction(async (queries) => {
        const [known, ...sameUnderAnotherId] = await knownAs(queries, connected)
        for (const { key } of sameUnderAnotherId) await remove(queries, key)
        return save(queries, keyRing, account(connected, known, now()), connected.token)
      }),

    async find(key) {
      const [row] = await database.all('SELECT * FROM accounts WHERE account_key = $1', key)
      return row && accountRow.parse(row)
    },

    async accessToken(key) {
      const [row] = await database.all('SELECT sealed_token FROM accounts WHERE account_key = $1', key)
      return row && keyRing.open(String(row['sealed_token']), key)
    },

    remove: (key) => remove(database, key),
  }
}

/**
 * The rows that are this account: the one with its app-scoped id first, then those that were connected while Instagram did
 * not tell who it is, under the one id that came with the token.
 */
async function knownAs(queries: Queries, { profile, userId }: Connected): Promise<Account[]> {
  const rows = profile
    ? await queries.all(
        `SELECT * FROM accounts WHERE id = $1 OR (profile_read_at IS NULL AND id IN ($2, $3))
         ORDER BY CASE WHEN id = $1 THEN 0 ELSE 1 END`,
        profile.id,
        profile.userId,
        userId,
      )
    : await queries.all('SELECT * FROM accounts WHERE id = $1 OR user_id = $1 LIMIT 1', userId)
  return rows.map((row) => accountRow.parse(row))
}

function account(connected: Connected, known: Account | undefined, connectedAt: Date): Account {
  const { token, profile, userId, permissions, askedScopes } = connected
  const unknown = {
    id: userId,
    userId: null,
    username: null,
    name: null,
    accountType: null,
    pictureUrl: null,
  }
  return {
    ...unknown,
    key: randomUUID(),
    connectedAt,
    profileReadAt: null,
    ...known,
    ...(profile && {
      ...profile,
      userId: profile.userId ?? known?.userId ?? null,
      profileReadAt: token.obtainedAt,
    }),
    permissions,
    askedScopes,
    tokenKind: token.kind,
    tokenObtainedAt: token.obtainedAt,
    tokenExpiresAt: token.expiresAt,
  }
}

async function save(queries: Queries, keyRing: KeyRing, account: Account, { accessToken }: Token) {
  const columns = {
    account_key: account.key,
    id: account.id,
    user_id: account.userId,
    username: account.username,
    name: account.name,
    account_type: account.accountType,
    picture_url: account.pictureUrl,
    profile_read_at: account.profileReadAt?.getTime() ?? null,
    permissions: account.permissions && JSON.stringify(account.permissions),
    asked_scopes: JSON.stringify(account.askedScopes),
    token_kind: account.tokenKind,
    sealed_token: keyRing.seal(accessToken, account.key),
    token_obtained_at: account.tokenObtainedAt.getTime(),
    expires_at: account.tokenExpiresAt?.getTime() ?? null,
    connected_at: account.connectedAt.getTime(),
  }
  const names = Object.keys(columns)
  await queries.run(
    `INSERT INTO accounts (${names.join(', ')}) VALUES (${names.map((_, index) => `$${index + 1}`).join(', ')})
     ON CONFLICT (account_key) DO UPDATE SET ${names.map((name) => `${name} = excluded.${name}`).join(', ')}`,
    ...Object.values(columns),
  )
  return account
}

async function remove(queries: Queries, key: string): Promise<void> {
  await queries.run('DELETE FROM accounts WHERE account_key = $1', key)
}

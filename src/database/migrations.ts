import type { Database, Queries } from './queries.ts'

/** Versions 1 to 5 were those of pre-release programs. */
const VERSION = 6

/** Every table but `schema_versions`, and its primary key. */
export const TABLES = {
  accounts: 'account_key',
  sessions: 'sid',
  events: 'id',
  login_attempts: 'state_hash',
  deletions: 'confirmation_code',
} as const

/** The statements that create the schema. PostgreSQL compares text by its bytes, as SQLite does. */
function schemaFor(engine: Database['engine']): string[] {
  const TEXT = engine === 'postgres' ? 'TEXT COLLATE "C"' : 'TEXT'
  return [
    `CREATE TABLE accounts (
       account_key ${TEXT} PRIMARY KEY,
       id ${TEXT} NOT NULL UNIQUE,
       user_id ${TEXT},
       username ${TEXT},
       name ${TEXT},
       account_type ${TEXT},
       picture_url ${TEXT},
       profile_read_at BIGINT,
       permissions ${TEXT},
       asked_scopes ${TEXT} NOT NULL,
       token_kind ${TEXT} NOT NULL,
       sealed_token ${TEXT} NOT NULL,
       token_obtained_at BIGINT NOT NULL,
       expires_at BIGINT,
       connected_at BIGINT NOT NULL,
       token_key_id ${TEXT} NOT NULL,
       status ${TEXT} NOT NULL,
       status_since BIGINT NOT NULL,
       status_reason ${TEXT},
       due_at BIGINT,
       failed_tries BIGINT NOT NULL,
       lease ${TEXT},
       leased_until BIGINT
     )`,
    'CREATE INDEX accounts_user_id ON accounts (user_id)',
    'CREATE INDEX accounts_username ON accounts (username)',
    'CREATE INDEX accounts_status ON accounts (status, id)',
    'CREATE INDEX accounts_due_at ON accounts (due_at)',
    'CREATE INDEX accounts_token_key_id ON accounts (token_key_id, status)',
    "CREATE INDEX accounts_expires_at ON accounts (expires_at) WHERE due_at IS NOT NULL AND token_kind = 'long_lived'",
    `CREATE TABLE sessions (
       sid ${TEXT} PRIMARY KEY,
       data ${TEXT} NOT NULL,
       expires_at BIGINT NOT NULL,
       account_key ${TEXT}
     )`,
    'CREATE INDEX sessions_expires_at ON sessions (expires_at)',
    'CREATE INDEX sessions_account_key ON sessions (account_key)',
    `CREATE TABLE events (
       id ${TEXT} PRIMARY KEY,
       account_id ${TEXT},
       payload ${TEXT} NOT NULL,
       created_at BIGINT NOT NULL,
       deliver_at BIGINT NOT NULL,
       failed_tries BIGINT NOT NULL
     )`,
    'CREATE INDEX events_deliver_at ON events (deliver_at)',
    'CREATE INDEX events_account_id ON events (account_id)',
    `CREATE TABLE login_attempts (
       state_hash ${TEXT} PRIMARY KEY,
       code_hash ${TEXT} NOT NULL,
       claimed_at BIGINT NOT NULL,
       account_key ${TEXT},
       outcome ${TEXT}
     )`,
    'CREATE INDEX login_attempts_claimed_at ON login_attempts (claimed_at)',
    `CREATE TABLE deletions (
       confirmation_code ${TEXT} PRIMARY KEY,
       asked_at BIGINT NOT NULL,
       done_at BIGINT NOT NULL
     )`,
  ]
}

/**
 * Creates the schema in an empty database, once even if several processes start together.
 *
 * @throws Error for a schema of another version
 */
export async function migrate(database: Database): Promise<void> {
  if ((await schemaState(database)).version === VERSION) return
  await database.transaction(async (transaction) => {
    await transaction.lock(['instagram-access-token schema'])
    await transaction.query(
      'CREATE TABLE IF NOT EXISTS schema_versions (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)',
    )
    const version = await versionOf(transaction)
    if (version === VERSION) return
    if (version !== 0) throw otherVersion(version)
    for (const statement of schemaFor(database.engine)) await transaction.query(statement)
    await transaction.query('INSERT INTO schema_versions (version, applied_at) VALUES ($1, $2)', [
      VERSION,
      Date.now(),
    ])
  })
}

/** The version of a database's schema, 0 if it has none, and the version that this program needs. Changes nothing. */
export async function schemaState(queries: Queries): Promise<{ version: number; newest: number }> {
  const version = await versionOf(queries).catch((error: unknown) => {
    // The words of SQLite and PostgreSQL.
    if (/no such table|does not exist/.test(String(error))) return 0
    throw error
  })
  return { version, newest: VERSION }
}

async function versionOf(queries: Queries): Promise<number> {
  const { rows } = await queries.query('SELECT MAX(version) AS version FROM schema_versions')
  return Number(rows[0]?.['version'] ?? 0)
}

function otherVersion(version: number): Error {
  return version > VERSION
    ? new Error(
        `The database has schema version ${version}, but this program knows only versions up to ${VERSION}: ` +
          'start the newer program that made it',
      )
    : new Error(
        `The database was created by a pre-release version of this program (schema version ${version}), ` +
          'which cannot be used any more: start with a new database',
      )
}

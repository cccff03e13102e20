import type { Database, Queries } from './database.ts'

/** Makes the table in which each version of the schema has its row. */
export const SCHEMA_VERSIONS =
  'CREATE TABLE IF NOT EXISTS schema_versions (version INTEGER PRIMARY KEY, applied_at BIGINT NOT NULL)'

/**
 * The schema's history: the statements of version 1, of version 2, and so on. One that has been released is never
 * changed; a change is a new version at the end. SQLite and PostgreSQL both accept the text.
 */
export const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE sessions (
       sid TEXT PRIMARY KEY,
       data TEXT NOT NULL,
       expires_at BIGINT NOT NULL
     )`,
    'CREATE INDEX sessions_expires_at ON sessions (expires_at)',
    `CREATE TABLE accounts (
       account_key TEXT PRIMARY KEY,
       id TEXT NOT NULL UNIQUE,
       user_id TEXT,
       username TEXT,
       name TEXT,
       account_type TEXT,
       picture_url TEXT,
       profile_read_at BIGINT,
       permissions TEXT,
       asked_scopes TEXT NOT NULL,
       token_kind TEXT NOT NULL,
       sealed_token TEXT NOT NULL,
       token_obtained_at BIGINT NOT NULL,
       expires_at BIGINT,
       connected_at BIGINT NOT NULL,
       token_key_id TEXT NOT NULL,
       status TEXT NOT NULL,
       status_since BIGINT NOT NULL,
       status_reason TEXT,
       due_at BIGINT,
       failed_tries BIGINT NOT NULL,
       lease TEXT,
       leased_until BIGINT
     )`,
    'CREATE INDEX accounts_user_id ON accounts (user_id)',
    'CREATE INDEX accounts_due_at ON accounts (due_at)',
    'CREATE INDEX accounts_token_key_id ON accounts (token_key_id, status)',
    `CREATE TABLE events (
       id TEXT PRIMARY KEY,
       payload TEXT NOT NULL,
       created_at BIGINT NOT NULL,
       deliver_at BIGINT NOT NULL,
       failed_tries BIGINT NOT NULL
     )`,
    'CREATE INDEX events_deliver_at ON events (deliver_at)',
    `CREATE TABLE callbacks (
       state_hash TEXT PRIMARY KEY,
       code_hash TEXT NOT NULL,
       claimed_at BIGINT NOT NULL,
       outcome TEXT
     )`,
    'CREATE INDEX callbacks_claimed_at ON callbacks (claimed_at)',
  ],
  // What belongs to a person is found when they want it gone.
  [
    'ALTER TABLE sessions ADD COLUMN account_key TEXT',
    // The account's key, a UUID, is the last thing that a session of version 1 holds.
    `UPDATE sessions SET account_key = substr(data, length(data) - 37, 36)
     WHERE data LIKE '%"accountKey":"____________________________________"}'`,
    'CREATE INDEX sessions_account_key ON sessions (account_key)',
    // Empty in events of version 1, which are gone within a week.
    'ALTER TABLE events ADD COLUMN account_id TEXT',
    'CREATE INDEX events_account_id ON events (account_id)',
    'ALTER TABLE callbacks ADD COLUMN account_key TEXT',
    `UPDATE callbacks SET account_key = substr(outcome, 16, 36), outcome = NULL
     WHERE outcome LIKE '{"accountKey":"____________________________________"}'`,
    `CREATE TABLE deletions (
       confirmation_code TEXT PRIMARY KEY,
       asked_at BIGINT NOT NULL,
       done_at BIGINT NOT NULL
     )`,
  ],
  // For the metrics: a million accounts are not looked at one by one.
  [
    "CREATE INDEX accounts_expires_at ON accounts (expires_at) WHERE due_at IS NOT NULL AND token_kind = 'long_lived'",
    "CREATE INDEX accounts_not_ok ON accounts (status) WHERE status <> 'ok'",
  ],
  // An operator looks for one account among a million, or for those that are not well.
  [
    'CREATE INDEX accounts_username ON accounts (username)',
    'CREATE INDEX accounts_status ON accounts (status, id)',
  ],
  // Logins under way, among those of a whole day.
  ['CREATE INDEX callbacks_open ON callbacks (claimed_at) WHERE account_key IS NULL AND outcome IS NULL'],
]

/**
 * Brings the schema to the newest version, each step in a transaction together with its row in `schema_versions`. Doing
 * it again, or in two processes at once, applies each step once.
 *
 * @param migrations The history to apply; ours unless a test has another.
 * @throws Error if the schema is newer than the history, or a step fails; the steps before it stay.
 */
export async function migrate(database: Database, migrations = MIGRATIONS): Promise<void> {
  await database.run(SCHEMA_VERSIONS)
  refuseNewer(await schemaVersion(database), migrations.length)
  for (const [index, statements] of migrations.entries()) {
    await database.transaction((queries) => apply(queries, index + 1, statements))
  }
}

/** The row comes first, and is the lock: on PostgreSQL whoever is second waits there until the first has ended. */
async function apply(queries: Queries, version: number, statements: readonly string[]): Promise<void> {
  const isNew = await queries.run(
    'INSERT INTO schema_versions (version, applied_at) VALUES ($1, $2) ON CONFLICT DO NOTHING',
    version,
    Date.now(),
  )
  if (isNew === 0) return

  for (const statement of statements) await queries.run(statement)
}

/** The version that the schema of a database has. */
export async function schemaVersion(queries: Queries): Promise<number> {
  const [row] = await queries.all('SELECT MAX(version) AS version FROM schema_versions')
  return Number(row?.['version'] ?? 0)
}

function refuseNewer(version: number, known: number): void {
  if (version <= known) return
  throw new Error(
    `The database has schema version ${version}, but this program knows only versions up to ${known}: ` +
      'start the newer program that made it',
  )
}

/** The version of a schema, and the newest that we know. Changes nothing; 0: there is no schema yet. */
export async function schemaState(queries: Queries): Promise<{ version: number; newest: number }> {
  try {
    return { version: await schemaVersion(queries), newest: MIGRATIONS.length }
  } catch (error) {
    // As SQLite and PostgreSQL say it.
    if (!/no such table|does not exist/.test(String(error))) throw error
    return { version: 0, newest: MIGRATIONS.length }
  }
}

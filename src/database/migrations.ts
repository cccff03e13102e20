import type { Database, Queries } from './queries.ts'

/** The version of the schema that this program needs. Versions 1 to 5 were those of pre-release programs. */
export const SCHEMA_VERSION = 6

/** Every table but that of the versions. The first column of each is its primary key. */
export const TABLES = ['accounts', 'sessions', 'events', 'login_attempts', 'deletions']

/** The place of a status in the admin's list, problems first, as SQL. For a column, or for a parameter. */
export const urgencyOf = (status: string) =>
  `(CASE ${status} WHEN 'needs_reconnect' THEN 0 WHEN 'unreadable' THEN 1 WHEN 'expiring' THEN 2 WHEN 'short_lived' THEN 3
    WHEN 'disconnected_by_instagram' THEN 4 ELSE 5 END)`

/** The order of the admin's list, which the index `accounts_urgency` has too: urgent ones first, then by expiry. */
export const BY_URGENCY = `${urgencyOf('status')}, (COALESCE(expires_at, ${Number.MAX_SAFE_INTEGER})), id`

/** @param TEXT The type of text that is compared by its bytes */
const schema = (TEXT: string) => `
CREATE TABLE accounts (
  account_key ${TEXT} PRIMARY KEY, id ${TEXT} NOT NULL UNIQUE, user_id ${TEXT}, connected_at BIGINT NOT NULL,
  username ${TEXT}, name ${TEXT}, account_type ${TEXT}, picture_url ${TEXT}, profile_read_at BIGINT,
  permissions ${TEXT}, asked_scopes ${TEXT} NOT NULL,
  token_kind ${TEXT} NOT NULL, sealed_token ${TEXT} NOT NULL, token_key_id ${TEXT} NOT NULL,
  token_obtained_at BIGINT NOT NULL, expires_at BIGINT,
  status ${TEXT} NOT NULL, status_since BIGINT NOT NULL, status_reason ${TEXT},
  due_at BIGINT, failed_tries BIGINT NOT NULL, lease ${TEXT}, leased_until BIGINT);
CREATE INDEX accounts_user_id ON accounts (user_id); CREATE INDEX accounts_username ON accounts (username);
CREATE INDEX accounts_status ON accounts (status, id); CREATE INDEX accounts_due_at ON accounts (due_at);
CREATE INDEX accounts_token_key_id ON accounts (token_key_id, status); CREATE INDEX accounts_urgency ON accounts (${BY_URGENCY});
CREATE INDEX accounts_expires_at ON accounts (expires_at) WHERE due_at IS NOT NULL AND token_kind = 'long_lived';
CREATE TABLE sessions (sid ${TEXT} PRIMARY KEY, data ${TEXT} NOT NULL, expires_at BIGINT NOT NULL, account_key ${TEXT});
CREATE INDEX sessions_expires_at ON sessions (expires_at); CREATE INDEX sessions_account_key ON sessions (account_key, expires_at);
CREATE TABLE events (
  id ${TEXT} PRIMARY KEY, account_id ${TEXT}, payload ${TEXT} NOT NULL, created_at BIGINT NOT NULL,
  deliver_at BIGINT NOT NULL, failed_tries BIGINT NOT NULL);
CREATE INDEX events_deliver_at ON events (deliver_at); CREATE INDEX events_account_id ON events (account_id);
CREATE TABLE login_attempts (
  state_hash ${TEXT} PRIMARY KEY, code_hash ${TEXT} NOT NULL, claimed_at BIGINT NOT NULL,
  account_key ${TEXT}, session_id ${TEXT}, outcome ${TEXT});
CREATE INDEX login_attempts_claimed_at ON login_attempts (claimed_at);
CREATE TABLE deletions (
  confirmation_code ${TEXT} PRIMARY KEY, asked_at BIGINT NOT NULL, done_at BIGINT NOT NULL)`

/** Creates the schema in an empty database, once even if several processes start together. Throws for another version. */
export async function migrate(database: Database): Promise<void> {
  if ((await schemaVersion(database)) === SCHEMA_VERSION) return
  await database.transaction(async (transaction) => {
    await transaction.lock(['instagram-access-token schema'])
    await transaction.query(`CREATE TABLE IF NOT EXISTS schema_versions
      (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)`)
    const version = await schemaVersion(transaction)
    if (version === SCHEMA_VERSION) return
    if (version > SCHEMA_VERSION)
      throw new Error(
        `its schema version ${version} is newer than this version of the app: install the newer version that created it`,
      )
    if (version > 0) throw new Error(`a pre-release version of the app created it: use a new database`)
    for (const statement of schema(database.engine === 'postgres' ? 'TEXT COLLATE "C"' : 'TEXT').split(';'))
      await transaction.query(statement)
    await transaction.query('INSERT INTO schema_versions VALUES ($1, $2)', [SCHEMA_VERSION, Date.now()])
  })
}

/** The version of the schema, 0 if there is none. Changes nothing. */
export async function schemaVersion(queries: Queries): Promise<number> {
  try {
    const { rows } = await queries.query('SELECT MAX(version) AS version FROM schema_versions')
    return Number(rows[0]?.['version'] ?? 0)
  } catch (error) {
    if (/no such table|does not exist/.test(String(error))) return 0 // As SQLite and PostgreSQL say it.
    throw error
  }
}

import { createCipheriv, createHash, randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { settings } from '../settings.ts'
import type { Profile } from './instagram.ts'

/** The database: a file in the working directory. Each commit is on the disk before the statement returns. */
export const database = new DatabaseSync('database.db')
database.exec(`
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS accounts (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    username TEXT NOT NULL,
    name TEXT,
    account_type TEXT,
    picture_url TEXT,
    sealed_token BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    connected_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS sessions (
    sid TEXT PRIMARY KEY,
    data TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS sessions_expires_at ON sessions (expires_at);
`)

const save = database.prepare(`
  INSERT INTO accounts (id, user_id, username, name, account_type, picture_url, sealed_token, expires_at, connected_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET
    user_id = excluded.user_id, username = excluded.username, name = excluded.name, account_type = excluded.account_type,
    picture_url = excluded.picture_url, sealed_token = excluded.sealed_token, expires_at = excluded.expires_at,
    connected_at = excluded.connected_at
`)

const key = createHash('sha256').update(settings.tokenKey).digest()

/** Stores the account with its token encrypted. */
export function saveAccount(profile: Profile, token: { value: string; expiresAt: number }): void {
  save.run(
    profile.id,
    profile.user_id,
    profile.username,
    profile.name ?? null,
    profile.account_type ?? null,
    profile.profile_picture_url ?? null,
    encrypt(token.value, profile.id),
    token.expiresAt,
    Date.now(),
  )
}

/** AES-256-GCM: nonce, tag and ciphertext. The text can be decrypted only as the token of the same account. */
function encrypt(text: string, accountId: string): Buffer {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(accountId))
  const encrypted = [cipher.update(text, 'utf8'), cipher.final()]
  return Buffer.concat([nonce, cipher.getAuthTag(), ...encrypted])
}

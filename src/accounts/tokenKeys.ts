import { setImmediate } from 'node:timers/promises'
import type { TokenKey } from '../config.ts'
import type { Database, Row } from '../database/database.ts'
import { afterLoss, afterReturn, type RefreshSchedule } from './refreshPolicy.ts'
import type { Leases } from './refresher.ts'
import { createTokenCipher, keyIdOf, type TokenCipher, tryDecrypt } from './tokenCipher.ts'

/**
 * Compares the accounts with the token keys, which change at a start only: an account whose key is missing becomes `unreadable` (unless it must
 * be reconnected anyway), and an account whose key was restored gets its status again.
 */
export async function checkKeys(
  database: Database,
  cipher: TokenCipher,
  leases: Leases,
  schedule: RefreshSchedule,
  now: () => Date,
  signal: AbortSignal,
): Promise<void> {
  const known = cipher.keyIds.map((_, index) => `$${index + 1}`).join(', ')

  const { rows } = await database.query(
    `SELECT account_key FROM accounts WHERE token_key_id NOT IN (${known})
       AND status NOT IN ('unreadable', 'needs_reconnect', 'disconnected_by_instagram')
     UNION ALL SELECT account_key FROM accounts WHERE token_key_id IN (${known}) AND status = 'unreadable'`,
    cipher.keyIds,
  )
  for (const key of rows.map((row) => String(row['account_key']))) {
    // Lets requests through between two accounts: queries to SQLite never leave this turn of the event loop.
    await setImmediate()
    if (signal.aborted) return
    const lease = await leases.take(key)
    if (!lease) continue
    // Read again: another process may have done the same, or the person connected the account anew.
    const { account } = lease
    const token = await database.query('SELECT account_key, sealed_token FROM accounts WHERE account_key = $1', [key])
    const isReadable = decryptRows(token.rows, cipher).length > 0
    const wasReadable = account.status !== 'unreadable'
    if (isReadable === wasReadable) await leases.settle(lease, { account })
    else if (isReadable) await leases.settle(lease, afterReturn(account, now(), schedule))
    else await leases.settle(lease, afterLoss(account, 'unreadable', 'no_key', now()))
  }
}

/** How the token keys fit the stored tokens. */
export interface KeyInspection {
  /** Accounts that have a token. */
  accounts: number
  /** Ids of keys that encrypted tokens and that are missing, with the number of those tokens. */
  missing: ReadonlyMap<string, number>
  /** Ids of keys that do not decrypt a token encrypted with the same id. */
  mistaken: readonly string[]
}

/** Counts the tokens under each key, and decrypts one under each key that we have. Changes nothing; works without keys too. */
export async function inspectKeys(database: Database, keys: readonly TokenKey[]): Promise<KeyInspection> {
  const known = new Set(keys.map(({ id }) => id))
  const counts = await countByKey(database)
  const mistaken: string[] = []
  for (const id of counts.keys()) {
    if (!known.has(id)) continue
    const sql = 'SELECT account_key, sealed_token FROM accounts WHERE token_key_id = $1 LIMIT 1'
    const { rows } = await database.query(sql, [id])
    if (rows.length > 0 && decryptRows(rows, createTokenCipher(keys)).length === 0) mistaken.push(id)
  }
  return {
    accounts: [...counts.values()].reduce((sum, count) => sum + count, 0),
    missing: new Map([...counts].filter(([id]) => !known.has(id))),
    mistaken,
  }
}

/** Some long-lived tokens as plain text that should be valid, for trying them out: those that expire last. */
export async function sampleTokens(
  database: Database,
  keys: readonly TokenKey[],
  now: Date,
  limit: number,
): Promise<string[]> {
  if (keys.length === 0) return []
  const { rows } = await database.query(
    // Those that are not refreshed any more have no due_at. By the index accounts_expires_at.
    `SELECT account_key, sealed_token FROM accounts
     WHERE token_kind = 'long_lived' AND due_at IS NOT NULL AND expires_at > $1 ORDER BY expires_at DESC LIMIT $2`,
    [now.getTime(), limit],
  )
  return decryptRows(rows, createTokenCipher(keys))
}

function decryptRows(rows: readonly Row[], cipher: TokenCipher): string[] {
  return rows
    .map((row) => tryDecrypt(cipher, String(row['sealed_token']), String(row['account_key'])))
    .filter((token) => token !== undefined)
}

/** Tokens by the id of their key, without accounts that have no token. */
async function countByKey(database: Database): Promise<Map<string, number>> {
  const { rows } = await database.query(
    `SELECT token_key_id, COUNT(*) AS count FROM accounts WHERE token_key_id <> '' GROUP BY token_key_id ORDER BY token_key_id`,
  )
  return new Map(rows.map((row) => [String(row['token_key_id']), Number(row['count'])]))
}

/** What a rotation did. */
export interface Rotation {
  /** Accounts whose token was encrypted with the newest key. */
  encrypted: number
  /** Accounts whose token no key decrypts. They stay as they were. */
  unreadable: number
  /** Accounts by the id of the key of their token: first our keys, newest first, then unknown ones. */
  counts: Map<string, number>
  /** Whether all accounts were looked at. Otherwise the next rotation goes on. */
  isFinished: boolean
}

/**
 * Encrypts the tokens that are under an older key with the newest one. The app may run meanwhile: tokens that it changes at the same time stay
 * as the app stored them. A rotation that was interrupted can be repeated.
 */
export async function rotateKeys(options: {
  database: Database
  cipher: TokenCipher
  /** Accounts in one transaction. Default: 500. */
  batchSize?: number
  /** Called before the first batch and after each. `total`: accounts whose token was not under the newest key at the beginning. */
  onProgress?: (progress: { done: number; total: number }) => void
  /** Stops after the current batch. */
  signal?: AbortSignal
}): Promise<Rotation> {
  const { database, cipher, batchSize = 500, onProgress, signal } = options
  const [newest = ''] = cipher.keyIds
  const outdated = "SELECT COUNT(*) AS count FROM accounts WHERE token_key_id NOT IN ($1, '')"
  const total = Number((await database.query(outdated, [newest])).rows[0]?.['count'])
  const result = { encrypted: 0, unreadable: 0, isFinished: false }
  let done = 0
  let last = ''

  onProgress?.({ done, total })
  while (!result.isFinished && signal?.aborted !== true) {
    // In the order of the keys, so that tokens that cannot be decrypted are met once only.
    const { rows: batch } = await database.query(
      `SELECT account_key, sealed_token FROM accounts
       WHERE account_key > $1 AND token_key_id NOT IN ($2, '') ORDER BY account_key LIMIT $3`,
      [last, newest, batchSize],
    )
    const { encrypted, unreadable } = await encryptAnew(database, cipher, batch)
    result.encrypted += encrypted
    result.unreadable += unreadable
    result.isFinished = batch.length < batchSize
    done += batch.length
    last = String(batch.at(-1)?.['account_key'] ?? last)
    onProgress?.({ done, total })
    // Queries to SQLite never leave this turn of the event loop, and Ctrl-C is noticed only in the next.
    await setImmediate()
  }
  const counts = new Map(cipher.keyIds.map((id) => [id, 0]))
  for (const [id, count] of await countByKey(database)) counts.set(id, count)
  return { ...result, counts }
}

/** A token that has changed since it was read belongs to the app, and stays. */
function encryptAnew(database: Database, cipher: TokenCipher, batch: readonly Row[]) {
  return database.transaction(async (transaction) => {
    const result = { encrypted: 0, unreadable: 0 }
    for (const row of batch) {
      const [key, before] = [String(row['account_key']), String(row['sealed_token'])]
      const token = tryDecrypt(cipher, before, key)
      if (token === undefined) {
        result.unreadable += 1
        continue
      }
      const after = cipher.encrypt(token, key)
      const { rowCount } = await transaction.query(
        'UPDATE accounts SET sealed_token = $1, token_key_id = $2 WHERE account_key = $3 AND sealed_token = $4',
        [after, keyIdOf(after), key, before],
      )
      result.encrypted += rowCount
    }
    return result
  })
}

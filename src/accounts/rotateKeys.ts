import { setImmediate } from 'node:timers/promises'
import type { Database } from '../storage/database.ts'
import { keyIdOf, type KeyRing, UnreadableTokenError } from './keyRing.ts'

/** What a rotation works with. */
export interface RotationOptions {
  database: Database
  keyRing: KeyRing
  /** Accounts a transaction: how long the app has to wait at most before it can write. */
  batchSize?: number
  /** Told at the beginning and after each batch. */
  onProgress?: (progress: RotationProgress) => void
  /** Stops after the batch in hand. */
  signal?: AbortSignal
}

/** How far a rotation is. */
export interface RotationProgress {
  /** Accounts that were looked at. */
  done: number
  /** Accounts that were not under the newest key at the beginning. */
  total: number
}

/** What a rotation has done. */
export interface Rotation {
  /** Accounts whose token is now sealed under the newest key. */
  sealed: number
  /** Accounts whose token no key opens. They stay as they were. */
  unreadable: number
  /** Accounts by the id of the key that their token is sealed under: first the ring's keys, newest first, then unknown ones. */
  counts: Map<string, number>
  /** Whether it came to the end. Otherwise the next one goes on. */
  finished: boolean
}

/**
 * Seals the tokens that are under an older key again, under the newest one. The app may run meanwhile: a token that it
 * changes at the same time is left as the app stored it. What was done stays done when the process dies in the middle, and
 * doing it again does only what is left.
 */
export async function rotateKeys(options: RotationOptions): Promise<Rotation> {
  const { database, keyRing, batchSize = 500, onProgress, signal } = options
  const [newest = ''] = keyRing.keyIds
  const total = await countOlder(database, newest)
  const result = { sealed: 0, unreadable: 0, finished: false }
  let done = 0
  let last = ''

  onProgress?.({ done, total })
  while (!result.finished && signal?.aborted !== true) {
    const batch = await nextBatch(database, newest, last, batchSize)
    const changes = batch.flatMap((kept) => sealAnew(kept, keyRing))
    result.sealed += await store(database, changes)
    result.unreadable += batch.length - changes.length
    result.finished = batch.length < batchSize
    done += batch.length
    last = batch.at(-1)?.accountKey ?? last
    onProgress?.({ done, total })
    // SQLite answers without leaving this turn of the event loop, and a Ctrl-C is heard only in the next.
    await setImmediate()
  }
  return { ...result, counts: await countByKey(database, keyRing) }
}

interface KeptToken {
  accountKey: string
  sealed: string
}

interface Change extends KeptToken {
  sealedAnew: string
}

async function countOlder(database: Database, newest: string): Promise<number> {
  const [row] = await database.all(
    "SELECT COUNT(*) AS count FROM accounts WHERE token_key_id NOT IN ($1, '')",
    newest,
  )
  return Number(row?.['count'])
}

/** In the order of the primary key, so that accounts that cannot be opened are passed once and never met again. */
async function nextBatch(
  database: Database,
  newest: string,
  after: string,
  limit: number,
): Promise<KeptToken[]> {
  const rows = await database.all(
    `SELECT account_key, sealed_token FROM accounts
     WHERE account_key > $1 AND token_key_id NOT IN ($2, '') ORDER BY account_key LIMIT $3`,
    after,
    newest,
    limit,
  )
  return rows.map((row) => ({
    accountKey: String(row['account_key']),
    sealed: String(row['sealed_token']),
  }))
}

function sealAnew({ accountKey, sealed }: KeptToken, keyRing: KeyRing): Change[] {
  try {
    return [{ accountKey, sealed, sealedAnew: keyRing.seal(keyRing.open(sealed, accountKey), accountKey) }]
  } catch (error) {
    if (error instanceof UnreadableTokenError) return []
    throw error
  }
}

/** Returns how many were stored: a token that is no longer the one that was opened belongs to the app. */
async function store(database: Database, changes: readonly Change[]): Promise<number> {
  return await database.transaction(async (queries) => {
    let stored = 0
    for (const { accountKey, sealed, sealedAnew } of changes)
      stored += await queries.run(
        `UPDATE accounts SET sealed_token = $1, token_key_id = $2
         WHERE account_key = $3 AND sealed_token = $4`,
        sealedAnew,
        keyIdOf(sealedAnew),
        accountKey,
        sealed,
      )
    return stored
  })
}

async function countByKey(database: Database, keyRing: KeyRing): Promise<Map<string, number>> {
  const rows = await database.all(
    `SELECT token_key_id, COUNT(*) AS count FROM accounts WHERE token_key_id <> ''
     GROUP BY token_key_id ORDER BY token_key_id`,
  )
  return new Map([
    ...keyRing.keyIds.map((id) => [id, 0] as const),
    ...rows.map((row) => [String(row['token_key_id']), Number(row['count'])] as const),
  ])
}

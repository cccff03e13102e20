import type { Database } from '../storage/database.ts'
import { createKeyRing, type KeyRing, type TokenKey, UnreadableTokenError } from './keyRing.ts'

/** How the keys that we have go with the tokens that we keep. */
export interface KeyInspection {
  /** All that have a token. */
  accounts: number
  /** Ids of keys that sealed tokens and that we do not have, with the number of those tokens. */
  missing: ReadonlyMap<string, number>
  /** Ids of keys that do not open a token sealed under the same id. */
  mistaken: readonly string[]
}

/** Counts the tokens under each key, and opens one under each that we have. Changes nothing. `keys`: none are needed. */
export async function inspectKeys(database: Database, keys: readonly TokenKey[]): Promise<KeyInspection> {
  const known = new Set(keys.map(({ id }) => id))
  const rows = await database.all(
    `SELECT token_key_id, COUNT(*) AS count FROM accounts WHERE token_key_id <> ''
     GROUP BY token_key_id ORDER BY token_key_id`,
  )
  const counts = rows.map((row) => [String(row['token_key_id']), Number(row['count'])] as const)
  const mistaken: string[] = []
  for (const [id] of counts) if (known.has(id) && !(await opensOne(database, keys, id))) mistaken.push(id)
  return {
    accounts: counts.reduce((sum, [, count]) => sum + count, 0),
    missing: new Map(counts.filter(([id]) => !known.has(id))),
    mistaken,
  }
}

/** Some tokens in the clear that are long-lived and valid as far as we know: those that are refreshed last. */
export async function livingTokens(
  database: Database,
  keys: readonly TokenKey[],
  now: Date,
  limit: number,
): Promise<string[]> {
  if (keys.length === 0) return []
  const rows = await database.all(
    `SELECT account_key, sealed_token FROM accounts
     WHERE token_kind = 'long_lived' AND status IN ('ok', 'expiring') AND expires_at > $1
     ORDER BY due_at DESC LIMIT $2`,
    now.getTime(),
    limit,
  )
  const keyRing = createKeyRing(keys)
  return rows.flatMap((row) => opened(keyRing, String(row['sealed_token']), String(row['account_key'])))
}

async function opensOne(database: Database, keys: readonly TokenKey[], id: string): Promise<boolean> {
  const [row] = await database.all(
    'SELECT account_key, sealed_token FROM accounts WHERE token_key_id = $1 LIMIT 1',
    id,
  )
  if (!row) return true
  return opened(createKeyRing(keys), String(row['sealed_token']), String(row['account_key'])).length > 0
}

function opened(keyRing: KeyRing, sealed: string, accountKey: string): string[] {
  try {
    return [keyRing.open(sealed, accountKey)]
  } catch (error) {
    if (error instanceof UnreadableTokenError) return []
    throw error
  }
}

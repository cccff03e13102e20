import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { TokenKey } from '../accounts/keyRing.ts'
import type { Settings } from './settings.ts'
import { dataFolder, isInMemory } from '../storage/database.ts'
import { keptSecret } from '../storage/keptSecret.ts'

const KEY_BYTES = 32

/** How a secret in a file is got: {@link keptSecret}, or `foundSecret`, which makes none. */
type Keep = (path: string, make: () => string) => Promise<string | undefined>

/** What is forgotten at the end needs no secret that outlives it, and leaves no file behind. */
const keepNone: Keep = (_path, make) => Promise.resolve(make())

/** Settings that secrets are taken from. */
type Secrets = Pick<Settings, 'databaseUrl' | 'sessionSecrets' | 'tokenKeys'>

/**
 * The settings with the secrets that were left out: made once, and kept beside the database, so that sessions and tokens
 * outlive a restart; with a database in memory nothing is kept. (In production whoever read them has seen to it that none is left out.)
 *
 * @throws Error in a sentence that names the file: it cannot be read or made, or was changed
 */
export async function withKeptSecrets<Some extends Secrets>(settings: Some): Promise<Some> {
  return {
    ...settings,
    sessionSecrets: await sessionSecretsOf(settings),
    tokenKeys: await tokenKeysOf(settings),
  }
}

/** The secrets that sign cookies. Empty: none is set, none is kept, and `keep` makes none. */
export async function sessionSecretsOf(
  { databaseUrl, sessionSecrets }: Secrets,
  keep: Keep = isInMemory(databaseUrl) ? keepNone : keptSecret,
): Promise<readonly string[]> {
  if (sessionSecrets.length > 0) return sessionSecrets
  const kept = await keep(join(dataFolder(databaseUrl), 'session-secret'), make)
  return kept === undefined ? [] : [kept]
}

/** The keys that seal tokens. Empty: none is set, none is kept, and `keep` makes none. */
export async function tokenKeysOf(
  { databaseUrl, tokenKeys }: Secrets,
  keep: Keep = isInMemory(databaseUrl) ? keepNone : keptSecret,
): Promise<readonly TokenKey[]> {
  if (tokenKeys.length > 0) return tokenKeys
  const folder = dataFolder(databaseUrl)
  const kept = await keep(join(folder, 'token-key'), make)
  return kept === undefined ? [] : [withOwnId(tokenKey(kept, folder))]
}

function make(): string {
  return randomBytes(KEY_BYTES).toString('base64')
}

/** A name that another key would not have: one that is lost and made anew must not pass for the old one. */
function withOwnId(secret: Buffer): TokenKey {
  return { id: `kept-${createHash('sha256').update(secret).digest('hex').slice(0, 8)}`, secret }
}

function tokenKey(base64: string, folder: string): Buffer {
  const key = Buffer.from(base64, 'base64')
  if (key.length !== KEY_BYTES) throw new Error(`The secret in ${join(folder, 'token-key')} was changed.`)
  return key
}

import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { TokenKey } from './accounts/keyRing.ts'
import type { Config } from './config.ts'
import { dataFolder } from './storage/database.ts'
import { keptSecret } from './storage/keptSecret.ts'

const KEY_BYTES = 32

/**
 * The settings with the secrets that were left out: made once, and kept beside the database, so that sessions and tokens
 * outlive a restart. (In production `readConfig` has seen to it that none is left out.)
 *
 * @throws Error in a sentence that names the file: it cannot be read or made, or was changed
 */
export async function withKeptSecrets(config: Config): Promise<Config> {
  const folder = dataFolder(config.databaseUrl)
  const make = () => randomBytes(KEY_BYTES).toString('base64')
  const sessionSecrets = config.sessionSecrets.length
    ? config.sessionSecrets
    : [await keptSecret(join(folder, 'session-secret'), make)]
  const tokenKeys = config.tokenKeys.length
    ? config.tokenKeys
    : [withOwnId(tokenKey(await keptSecret(join(folder, 'token-key'), make), folder))]
  return { ...config, sessionSecrets, tokenKeys }
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

import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Config, TokenKey } from './config.ts'
import { dataFolder, isInMemory } from './databaseUrl.ts'
import { fileProblem } from './errors/files.ts'

const KEY_BYTES = 32
const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code
const generate = () => randomBytes(KEY_BYTES).toString('base64')

type Secrets = Pick<Config, 'databaseUrl' | 'sessionSecrets' | 'tokenKeys'>

/**
 * The settings with the secrets that were left out: generated once and stored next to the database as `session-secret`
 * and `token-key`, so that sessions and tokens outlive a restart. With an in-memory database nothing is stored.
 *
 * @throws Error in a sentence that names the file: it cannot be read or created, or was changed
 */
export function withStoredSecrets<Settings extends Secrets>(config: Settings): Settings {
  const getOrCreate = (path: string) => readStoredSecret(path) ?? storeSecret(path, generate())
  const get = isInMemory(config.databaseUrl) ? generate : getOrCreate
  return { ...config, sessionSecrets: sessionSecretsOf(config, get), tokenKeys: tokenKeysOf(config, get) }
}

/** The secrets that sign cookies, set or stored. By default none is created, and the list may be empty. */
export function sessionSecretsOf(config: Secrets, get = readStoredSecret): readonly string[] {
  if (config.sessionSecrets.length > 0) return config.sessionSecrets
  const stored = get(join(dataFolder(config.databaseUrl), 'session-secret'))
  return stored === undefined ? [] : [stored]
}

/** The keys that encrypt tokens, set or stored. By default none is created, and the list may be empty. */
export function tokenKeysOf(config: Secrets, get = readStoredSecret): readonly TokenKey[] {
  if (config.tokenKeys.length > 0) return config.tokenKeys
  const path = join(dataFolder(config.databaseUrl), 'token-key')
  const stored = get(path)
  if (stored === undefined) return []
  const secret = Buffer.from(stored, 'base64')
  if (secret.length !== KEY_BYTES) throw new Error(`The secret in ${path} was changed.`)
  // A new key must not pass for one that was lost.
  return [{ id: `kept-${createHash('sha256').update(secret).digest('hex').slice(0, 8)}`, secret }]
}

/** The text of a secret file, without surrounding white space; `undefined` if there is none. Throws as {@link storeSecret}. */
export function readStoredSecret(path: string): string | undefined {
  try {
    const secret = readFileSync(path, 'utf8').trim()
    if (secret === '') throw new Error('the file is empty; delete it to generate a new secret')
    return secret
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw unusable(path, error)
  }
}

/**
 * Stores a secret in a new file, readable by its owner only, which appears with its whole text. Returns what the file holds then:
 * the secret of another process, if that was faster.
 *
 * @throws Error in a sentence that names the file, with its cause: it is empty, or cannot be read or created
 */
export function storeSecret(path: string, secret: string): string {
  const draft = `${path}.${randomUUID()}`
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(draft, `${secret}\n`, { flag: 'wx', mode: 0o600, flush: true })
    linkSync(draft, path)
    return secret
  } catch (error) {
    const stored = codeOf(error) === 'EEXIST' ? readStoredSecret(path) : undefined
    if (stored === undefined) throw unusable(path, error)
    return stored
  } finally {
    rmSync(draft, { force: true })
  }
}

function unusable(path: string, cause: unknown): Error {
  return new Error(`The secret in ${path} cannot be used: ${fileProblem(cause)}`, { cause })
}

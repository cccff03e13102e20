import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Config, TokenKey } from './config.ts'
import { dataFolder, isInMemory } from './databaseUrl.ts'

const KEY_BYTES = 32

/** The settings that stored secrets complete. */
type Secrets = Pick<Config, 'databaseUrl' | 'sessionSecrets' | 'tokenKeys'>

/**
 * The settings with the secrets that were left out: generated once and stored beside the database as `session-secret`
 * and `token-key`, so that sessions and tokens outlive a restart. With an in-memory database nothing is stored.
 *
 * @throws Error in a sentence that names the file: it cannot be read or created, or was changed
 */
export function withStoredSecrets<Settings extends Secrets>(config: Settings): Settings {
  const get = isInMemory(config.databaseUrl) ? generate : getOrCreate
  return { ...config, sessionSecrets: sessionSecretsOf(config, get), tokenKeys: tokenKeysOf(config, get) }
}

/** The secrets that sign cookies. By default none is created, and the list may be empty. */
export function sessionSecretsOf(config: Secrets, get = readStoredSecret): readonly string[] {
  if (config.sessionSecrets.length > 0) return config.sessionSecrets
  return [get(join(dataFolder(config.databaseUrl), 'session-secret'))].filter(
    (secret) => secret !== undefined,
  )
}

/** The keys that encrypt tokens. By default none is created, and the list may be empty. */
export function tokenKeysOf(config: Secrets, get = readStoredSecret): readonly TokenKey[] {
  if (config.tokenKeys.length > 0) return config.tokenKeys
  const path = join(dataFolder(config.databaseUrl), 'token-key')
  const stored = get(path)
  if (stored === undefined) return []
  const secret = Buffer.from(stored, 'base64')
  if (secret.length !== KEY_BYTES) throw new Error(`The secret in ${path} was changed.`)
  // An id of its own: a new key must not pass for one that was lost.
  return [{ id: `kept-${createHash('sha256').update(secret).digest('hex').slice(0, 8)}`, secret }]
}

/**
 * The text of a secret file without surrounding white space; `undefined` if there is no such file.
 *
 * @throws Error in a sentence that names the file: it cannot be read, or is empty
 */
export function readStoredSecret(path: string): string | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw unusable(path, error)
  }
  if (text === '') throw unusable(path, new Error('the file is empty; delete it, and a new secret is made'))
  return text
}

/**
 * Stores a secret in a new file, readable by its owner only. Returns what the file holds then: if another process was
 * faster, that one's secret. The file appears with all its text.
 *
 * @throws Error in a sentence that names the file or its folder
 */
export function storeSecret(path: string, secret: string): string {
  const draft = `${path}.${randomUUID()}`
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(draft, `${secret}\n`, { flag: 'wx', mode: 0o600, flush: true })
    linkSync(draft, path)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw unusable(path, error)
  } finally {
    rmSync(draft, { force: true })
  }
  return readStoredSecret(path) ?? secret
}

function getOrCreate(path: string): string {
  return readStoredSecret(path) ?? storeSecret(path, generate())
}

function generate(): string {
  return randomBytes(KEY_BYTES).toString('base64')
}

function unusable(path: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new Error(`The secret in ${path} cannot be used: ${reason}`, { cause })
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

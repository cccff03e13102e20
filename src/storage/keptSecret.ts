import { randomUUID } from 'node:crypto'
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeFolder } from './folder.ts'

/**
 * The secret in a file, made there by `make` when there is no file yet. It is readable by its owner only, as is its folder
 * if that is made too. Processes that start at once get the same secret, and nobody ever reads half of one. White space
 * around the text is not part of it.
 *
 * @throws Error in a sentence that names the path, with the cause: the file is empty, or can neither be read nor made; or its folder
 *   cannot.
 */
export async function keptSecret(path: string, make: () => string | Promise<string>): Promise<string> {
  const found = await foundSecret(path)
  if (found !== undefined) return found
  try {
    makeFolder(dirname(path))
    await createWhole(path, await make())
    return await read(path)
  } catch (error) {
    throw unusable(path, error)
  }
}

/**
 * The secret that {@link keptSecret} made there, if it has; makes none.
 *
 * @throws Error as `keptSecret` does
 */
export async function foundSecret(path: string): Promise<string | undefined> {
  try {
    return await read(path)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw unusable(path, (await folderFailure(path)) ?? error)
  }
}

async function read(path: string): Promise<string> {
  const secret = (await readFile(path, 'utf8')).trim()
  if (secret === '') throw new Error('the file is empty; delete it, and a new secret is made')
  return secret
}

/** A link appears whole or not at all, and never replaces the secret of a process that was faster. */
async function createWhole(path: string, secret: string): Promise<void> {
  if (secret.trim() === '') throw new Error('an empty one was made')

  const draft = `${path}.${randomUUID()}`
  try {
    await writeFile(draft, `${secret}\n`, { flag: 'wx', mode: 0o600, flush: true })
    await link(draft, path)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  } finally {
    await rm(draft, { force: true })
  }
}

/** Why nothing in the folder of the file can be reached. */
function folderFailure(path: string): Promise<unknown> {
  return stat(`${dirname(path)}/.`).then(
    () => undefined,
    (error: unknown) => error,
  )
}

/** Where the file system speaks of another path, there is no secret yet, and its folder takes none. */
function unusable(path: string, error: unknown): Error {
  const isOther = error instanceof Error && 'path' in error && error.path !== path
  const what = isOther ? `folder ${dirname(path)}` : `secret in ${path}`
  const reason = error instanceof Error ? error.message : String(error)
  return new Error(`The ${what} cannot be used: ${reason}`, { cause: error })
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

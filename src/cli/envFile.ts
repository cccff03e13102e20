import { isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { parse } from 'dotenv'
import { type Environment, similarName } from '../config.ts'
import { fileProblem } from '../errors/files.ts'
import { ENVIRONMENT_NAMES } from '../errors/settingNames.ts'

/** A variable in the grammar of dotenv: everything before its value, its name, and its value, which may span lines. */
const ENTRY =
  /^(\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?))(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$/gm

/** The variables of `.env` in the current folder, and warnings of probable mistakes. @throws Error in a sentence, if it cannot be read */
export function readEnvFile(): { variables: Environment; warnings: string[] } {
  const text = read('.env')
  const names = Object.values(ENVIRONMENT_NAMES)
  const warnings = Array.from(text.matchAll(ENTRY), ([entry, before = '', name = '', value = '']) => {
    const meant = names.some((known) => known === name) ? name : similarName(name, names)
    if (meant !== name) return meant ? `${name} in .env is no setting: did you mean ${meant}?` : []
    const isCut = entry.startsWith('#', before.length + value.length) && !/\s$|^\s*(['"`])[^]*\1$/.test(value)
    return isCut
      ? `${name} in .env ends before its #, which begins a comment. Put the value in quotes to keep the #.`
      : []
  })
  // The folder may be a stranger's: its file must not switch off the checks of certificates.
  const { NODE_TLS_REJECT_UNAUTHORIZED: unchecked, ...variables } = parse(text)
  const ignored =
    unchecked === undefined ? [] : 'NODE_TLS_REJECT_UNAUTHORIZED in .env is ignored. Set it in the environment.'
  return { variables, warnings: [warnings, ignored].flat(2) }
}

/**
 * Sets a variable in a file such as `.env`. Every other line stays as it is, and the file is replaced as a whole. Afterwards only its
 * owner can read it; `wasOpen`: others could before.
 *
 * @throws Error in a sentence that names the file
 */
export async function setVariable(file: string, name: string, value: string): Promise<{ wasOpen: boolean }> {
  const text = read(file)
  const changed = withVariable(text, name, value)
  if (changed === undefined) throw new Error(`${file} cannot be read as a list of variables, and stays as it is.`)
  try {
    return await replace(await targetOf(file), changed)
  } catch (cause) {
    throw new Error(`${file} cannot be written: ${fileProblem(cause)}`, { cause })
  }
}

function read(file: string): string {
  try {
    const bytes = readFileSync(file)
    // Other encodings, such as UTF-16 of Windows PowerShell, could not be written back unchanged.
    if (!isUtf8(bytes) || bytes.includes(0)) throw new Error('it is not in UTF-8; save it in that encoding')
    return bytes.toString()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw new Error(`${file} cannot be read: ${fileProblem(cause)}.`, { cause })
  }
}

/** The text with the variable set: in its own line, or in a new last line. `undefined`: both would change other variables. */
function withVariable(text: string, name: string, value: string): string | undefined {
  const wanted = { ...parse(text), [name]: value }
  const newline = /\r?\n/.exec(text)?.[0] ?? '\n'
  const separator = text === '' || text.endsWith('\n') ? '' : newline
  const appended = `${text}${separator}${name}=${value}${newline}`
  return [withValueReplaced(text, name, value), appended].find((changed) => isDeepStrictEqual(parse(changed), wanted))
}

/** Replaces the value of the last entry of that name, which is the one that counts, and the comment behind it. */
function withValueReplaced(text: string, name: string, value: string): string {
  const last = [...text.matchAll(ENTRY)].findLast(([, , found]) => found === name)
  if (!last) return text
  const [, before = '', , old = ''] = last
  const start = last.index + before.length
  const rest = text.slice(start + old.length).replace(/^[^\r\n]*/, '')
  return text.slice(0, start) + value + rest
}

/** Follows symbolic links, also those to a file that does not exist yet. */
async function targetOf(file: string): Promise<string> {
  const folder = await fs.realpath(dirname(file))
  const link = await fs.readlink(file).catch(() => undefined)
  return link === undefined ? join(folder, basename(file)) : targetOf(resolve(folder, link))
}

async function replace(file: string, text: string): Promise<{ wasOpen: boolean }> {
  const draft = `${file}.${randomUUID()}`
  try {
    const existing = statSync(file, { throwIfNoEntry: false })
    if (existing) await fs.access(file, fs.constants.W_OK) // Renaming would replace a read-only file too.
    await fs.writeFile(draft, text, { flag: 'wx', mode: 0o600, flush: true })
    await fs.rename(draft, file)
    // Windows has other permissions than these bits.
    return { wasOpen: existing !== undefined && process.platform !== 'win32' && (existing.mode & 0o077) !== 0 }
  } finally {
    await fs.rm(draft, { force: true })
  }
}

import { randomUUID } from 'node:crypto'
import {
  access,
  chmod,
  constants,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { parse } from 'dotenv'

/** Readable by its owner only. */
const OWN_MODE = 0o600

/** A variable as dotenv's own grammar has it: all that stands before its value, its name, and its value, maybe of several lines. */
const ENTRY =
  /^(\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?))(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$/gm

/** Refuses what is not UTF-8, such as what Windows' PowerShell writes: it would not be written back as it was. */
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Sets a variable in a file such as `.env`, which is made where there is none, readable by its owner only. Every other line stays as it is.
 * The file changes whole or not at all.
 *
 * @throws Error in a sentence that names the file
 */
export async function setVariable(file: string, name: string, value: string): Promise<void> {
  const text = await textOf(file)
  const changed = withVariable(text ?? '', name, value)
  if (changed === undefined)
    throw new Error(`${file} cannot be read as a list of variables, and stays as it is.`)
  try {
    await replace(await placeOf(file), changed)
  } catch (cause) {
    throw new Error(`${file} cannot be written: ${reasonOf(cause)}`, { cause })
  }
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return DECODER.decode(await readFile(file))
  } catch (cause) {
    if (isMissing(cause)) return undefined
    throw new Error(`${file} cannot be read: ${reasonOf(cause)}`, { cause })
  }
}

/** The text with the variable set: in its own place if it has one, else behind the others. `undefined`: neither leaves the others as they are. */
function withVariable(text: string, name: string, value: string): string | undefined {
  const wanted = { ...parse(text), [name]: value }
  const end = /\r?\n/.exec(text)?.[0] ?? '\n'
  const line = `${name}=${value}`
  const appended = `${text}${text === '' || text.endsWith('\n') ? '' : end}${line}${end}`
  return [inItsPlace(text, name, value), appended].find((changed) =>
    isDeepStrictEqual(parse(changed), wanted),
  )
}

/** The last one of the name is the one that counts. What stands behind its value in the same line, a comment, goes with it. */
function inItsPlace(text: string, name: string, value: string): string {
  const last = [...text.matchAll(ENTRY)].findLast(([, , called]) => called === name)
  if (!last) return text
  const [, before = '', , old = ''] = last
  const start = last.index + before.length
  const rest = text.slice(start + old.length).replace(/^[^\r\n]*/, '')
  return `${text.slice(0, start)}${value}${rest}`
}

/** Where a file is, or is to be: at the end of its links. */
async function placeOf(file: string): Promise<string> {
  const folder = await realpath(dirname(file))
  const target = await readlink(file).catch(() => undefined)
  return target === undefined ? join(folder, basename(file)) : placeOf(resolve(folder, target))
}

async function replace(place: string, text: string): Promise<void> {
  const mode = await modeOf(place)
  const draft = `${place}.${randomUUID()}`
  try {
    await writeFile(draft, text, { flag: 'wx', mode: OWN_MODE, flush: true })
    await chmod(draft, mode)
    await rename(draft, place)
  } finally {
    await rm(draft, { force: true })
  }
}

/** Of a file that may be written: one that may not would be replaced all the same. */
async function modeOf(place: string): Promise<number> {
  try {
    await access(place, constants.W_OK)
    return (await stat(place)).mode & 0o777
  } catch (error) {
    if (isMissing(error)) return OWN_MODE
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

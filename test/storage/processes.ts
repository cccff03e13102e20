import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Runs a module's text in so many processes of its own at once. Returns what each printed. */
export async function inProcesses(count: number, code: string): Promise<string[]> {
  const run = () => promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code])
  const results = await Promise.all(Array.from({ length: count }, run))
  return results.map(({ stdout }) => stdout.trim())
}

/** The address of one of our storage modules, as text for an import. */
export function storageModule(name: string): string {
  return JSON.stringify(new URL(`../../src/storage/${name}`, import.meta.url).href)
}

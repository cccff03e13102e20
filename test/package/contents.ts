import { globSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join, relative } from 'node:path'
import { preProcessFile } from 'typescript'

/** The matching files in a folder, as paths relative to it. */
export function filesIn(folder: string, pattern: string): string[] {
  return globSync(pattern, { cwd: folder, withFileTypes: true })
    .filter((found) => found.isFile())
    .map((file) => relative(folder, join(file.parentPath, file.name)))
}

/** The content of a file in a folder. */
export function textIn(folder: string, file: string): string {
  return readFileSync(join(folder, file), 'utf8')
}

/** Names of the packages that a JavaScript file loads. */
export function packagesLoadedBy(code: string): string[] {
  return preProcessFile(code)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((name) => !name.startsWith('.') && !isBuiltin(name))
    .map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name)
}

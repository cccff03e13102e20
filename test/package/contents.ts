import { globSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, relative } from 'node:path'
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

/** Names of the packages that a file of code or of types loads. */
export function packagesLoadedBy(code: string): string[] {
  return loadedBy(code)
    .filter((name) => !name.startsWith('.') && !isBuiltin(name))
    .map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name)
}

/** Names of the packages whose types a file of types names, itself or through files that it names. */
export function typesNamedFrom(folder: string, file: string, seen = new Set<string>()): string[] {
  if (seen.has(file)) return []
  seen.add(file)
  const code = textIn(folder, file)
  const others = loadedBy(code).filter((name) => name.startsWith('.'))
  return [
    ...packagesLoadedBy(code),
    ...others.flatMap((name) => typesNamedFrom(folder, join(dirname(file), name.replace(/\.[jt]s$/, '.d.ts')), seen)),
  ]
}

function loadedBy(code: string): string[] {
  const { importedFiles, typeReferenceDirectives } = preProcessFile(code)
  return [...importedFiles, ...typeReferenceDirectives].map(({ fileName }) => fileName)
}

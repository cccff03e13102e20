import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

/** Each room, and what it may import beside itself. */
const ROOMS: Record<string, readonly string[]> = {
  instagram: [],
  storage: [],
  sandbox: [],
  accounts: ['instagram', 'storage'],
  doctor: ['accounts', 'instagram', 'storage'],
  login: ['accounts', 'instagram', 'storage'],
  web: ['login', 'doctor', 'accounts', 'instagram', 'storage'],
}

const SRC = join(import.meta.dirname, '../src')
const FILES = globSync('**/*.ts', { cwd: SRC })

function importsOf(file: string): string[] {
  const source = readFileSync(join(SRC, file), 'utf8')
  return Array.from(source.matchAll(/(?:from|import) ?\(?'([^']+)'/g), ([, specifier = '']) => specifier)
}

/** The room of what a file imports from us: its folder in `src`, or the file itself where it stands in none. */
function roomsImportedBy(file: string): string[] {
  return importsOf(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => relative(SRC, join(SRC, dirname(file), specifier)).split('/')[0] ?? '')
}

test.each(Object.entries(ROOMS))('%s imports itself and what lies under it, nothing else', (room, below) => {
  const files = FILES.filter((file) => file.startsWith(`${room}/`))

  const imported = new Set(files.flatMap(roomsImportedBy))

  expect(files).not.toHaveLength(0)
  expect([...imported].filter((name) => name !== room && !below.includes(name))).toStrictEqual([])
})

test('only main knows that there is a sandbox', () => {
  const importers = FILES.filter(
    (file) => !file.startsWith('sandbox/') && roomsImportedBy(file).includes('sandbox'),
  )

  expect(importers).toStrictEqual(['main.ts'])
})

test.each(['instagram', 'accounts', 'storage', 'doctor', 'login'])(
  '%s does without Express, but for the session store',
  (room) => {
    const files = FILES.filter((file) => file.startsWith(`${room}/`) && file !== 'storage/sessions.ts')

    const imported = files.flatMap(importsOf)

    expect(imported.filter((name) => name.startsWith('express'))).toStrictEqual([])
  },
)

test('the environment is read by the processes alone', () => {
  const readers = FILES.filter((file) => readFileSync(join(SRC, file), 'utf8').includes('process.env'))

  expect(readers.sort()).toStrictEqual([
    'accountsCommand.ts',
    'checkup.ts',
    'copyDatabase.ts',
    'main.ts',
    'rotateKeys.ts',
  ])
})

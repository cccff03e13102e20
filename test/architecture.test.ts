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
  settings: ['accounts', 'instagram', 'storage'],
  process: ['web', 'settings', 'storage'],
  commands: ['process', 'web', 'settings', 'doctor', 'accounts', 'instagram', 'storage'],
}

const SRC = join(import.meta.dirname, '../src')
const FILES = globSync('**/*.ts', { cwd: SRC })

function importsOf(file: string): string[] {
  const source = readFileSync(join(SRC, file), 'utf8')
  return Array.from(source.matchAll(/(?:from|import) ?\(?'([^']+)'/g), ([, specifier = '']) => specifier)
}

/** What is loaded with a file: not its types, and not what it imports when that is wanted. */
function importsAtOnce(file: string): string[] {
  if (!FILES.includes(file)) return []
  const source = readFileSync(join(SRC, file), 'utf8')
  const statements = source.matchAll(/^(?:import|export)(?! type)[^'"]*? from '([^']+)'/gm)
  return Array.from(statements, ([, specifier = '']) => specifier)
}

/** All that is loaded with a file, by what it loads too. */
function loadedWith(file: string): Set<string> {
  const loaded = new Set([file])
  for (const each of loaded)
    for (const specifier of importsAtOnce(each))
      loaded.add(specifier.startsWith('.') ? join(dirname(each), specifier) : specifier)
  return loaded
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

test('only serve and createSandbox know that there is a sandbox, and load it where it is wanted', () => {
  // index.ts tells hosts of its types.
  const outside = FILES.filter((file) => !file.startsWith('sandbox/') && file !== 'index.ts')

  const importers = outside.filter((file) => roomsImportedBy(file).includes('sandbox'))
  const atOnce = [...outside, 'index.ts'].filter((file) =>
    importsAtOnce(file).some((name) => /^\.{1,2}\/sandbox\//.test(name)),
  )

  expect(importers.sort()).toStrictEqual(['host/createSandbox.ts', 'serve.ts'])
  expect(atOnce).toStrictEqual([])
})

test.each(['instagram', 'accounts', 'storage', 'doctor', 'login'])(
  '%s does without Express, but for the session store',
  (room) => {
    const files = FILES.filter((file) => file.startsWith(`${room}/`) && file !== 'storage/sessions.ts')

    const imported = files.flatMap(importsOf)

    expect(imported.filter((name) => name.startsWith('express'))).toStrictEqual([])
  },
)

test('whoever opens Instagram by a function loads nothing of Express', () => {
  const loaded = loadedWith('host/openInstagram.ts')

  expect(loaded).toContain('accounts/accounts.ts')
  expect([...loaded].filter((name) => /^express|^web\//.test(name))).toStrictEqual([])
})

test('the command line stands on top: only its process knows it', () => {
  const knowing = FILES.filter((file) => !file.startsWith('cli/') && roomsImportedBy(file).includes('cli'))

  expect(knowing).toStrictEqual(['cli.ts'])
})

test.each(['cli/run.ts', 'cli/login.ts', 'cli/token.ts', 'cli/sandbox.ts'])(
  'a command loads nothing of Express: %s',
  (file) => {
    expect([...loadedWith(file)].filter((name) => name.startsWith('express'))).toStrictEqual([])
  },
)

test('the environment is read by the processes alone', () => {
  const readers = FILES.filter((file) => readFileSync(join(SRC, file), 'utf8').includes('process.env'))

  expect(readers.sort()).toStrictEqual([
    'cli.ts',
    'commands/accounts.ts',
    'commands/checkup.ts',
    'commands/copyDatabase.ts',
    'commands/rotateKeys.ts',
    // Whether a host is in production, where its options do not say.
    'host/readOptions.ts',
    'main.ts',
  ])
})

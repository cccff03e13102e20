import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

/** From top to bottom: each layer may import itself and everything below it, types included. */
const LAYERS: readonly (readonly string[])[] = [
  ['main.ts', 'server.ts', 'cli'],
  ['index.ts', 'createInstagram.ts', 'createSandbox.ts', 'options.ts'],
  ['app.ts'],
  ['web'],
  ['doctor'],
  ['context.ts', 'jobs.ts', 'metrics.ts'],
  ['login'],
  ['accounts'],
  ['database'],
  ['instagram'],
  ['config.ts', 'databaseUrl.ts', 'log.ts', 'certificate.ts', 'secrets.ts', 'time.ts', 'proxy.ts'],
  ['errors'],
  ['facts.ts'],
]
/** The only importers of the sandbox, which they load when it is needed. */
const SANDBOX_LOADERS = ['cli/sandbox.ts', 'createSandbox.ts', 'main.ts']

const SRC = join(import.meta.dirname, '../src')
const FILES = globSync('**/*.ts', { cwd: SRC })

/** The modules that a file imports, types included; ours as paths in `src`. */
function importsOf(file: string, pattern = /(?:from|import) ?\(?'([^']+)'/g): string[] {
  const source = readFileSync(join(SRC, file), 'utf8')
  return Array.from(source.matchAll(pattern), ([, specifier = '']) =>
    specifier.startsWith('.') ? relative(SRC, join(SRC, dirname(file), specifier)) : specifier,
  )
}

/** The modules that are loaded together with a file: no types, no dynamic imports. */
function loadedWith(file: string): Set<string> {
  const loaded = new Set([file])
  for (const each of loaded)
    if (FILES.includes(each))
      for (const module of importsOf(each, /^(?:import|export)(?! type)[^'"]*? from '([^']+)'/gm)) loaded.add(module)
  return loaded
}

const layerOf = (module: string) =>
  LAYERS.findIndex((names) => names.some((name) => module === name || module.startsWith(`${name}/`)))

test('every file belongs to a layer, or to the sandbox', () => {
  const strangers = FILES.filter((file) => layerOf(file) < 0 && !file.startsWith('sandbox/'))

  expect(strangers).toStrictEqual([])
})

test('each layer imports itself and the layers below it', () => {
  const upward = FILES.filter((file) => layerOf(file) >= 0).flatMap((file) =>
    importsOf(file)
      .filter((module) => FILES.includes(module) && !module.startsWith('sandbox/'))
      .filter((module) => layerOf(module) < layerOf(file))
      .map((module) => `${file} imports ${module}`),
  )

  expect(upward).toStrictEqual([])
})

test('no file imports itself, whatever way round', () => {
  const importers = new Map(FILES.map((file) => [file, importsOf(file).filter((module) => FILES.includes(module))]))
  const reachable = (file: string) => {
    const reached = new Set(importers.get(file))
    for (const module of reached) for (const next of importers.get(module) ?? []) reached.add(next)
    return reached
  }

  expect(FILES.filter((file) => reachable(file).has(file))).toStrictEqual([])
})

test('the sandbox imports the facts alone, and is loaded when it is needed', () => {
  const fromSandbox = FILES.filter((file) => file.startsWith('sandbox/'))
    .flatMap((file) => importsOf(file))
    .filter((module) => FILES.includes(module) && !module.startsWith('sandbox/'))
  const outside = FILES.filter((file) => !file.startsWith('sandbox/'))
  const importers = outside.filter((file) =>
    // index.ts exports its types.
    importsOf(file).some((module) => module.startsWith('sandbox/') && file !== 'index.ts'),
  )
  const loaders = outside.filter((file) => [...loadedWith(file)].some((module) => module.startsWith('sandbox/')))

  expect([...new Set(fromSandbox)]).toStrictEqual(['facts.ts'])
  expect(importers.filter((file) => !SANDBOX_LOADERS.includes(file))).toStrictEqual([])
  expect(loaders).toStrictEqual([])
})

test('only the web knows Express, but for the session store', () => {
  const below = FILES.filter((file) => layerOf(file) >= layerOf('doctor') && file !== 'database/sessionStore.ts')

  const importing = below.filter((file) => importsOf(file).some((module) => module.startsWith('express')))

  expect(importing).toStrictEqual([])
})

test.each(['login', 'token', 'accounts', 'doctor', 'sandbox'])('the command %s loads no Express', (command) => {
  expect([...loadedWith(`cli/${command}.ts`)].filter((module) => module.startsWith('express'))).toStrictEqual([])
})

test('the environment is read by the processes alone', () => {
  const readers = FILES.filter((file) => readFileSync(join(SRC, file), 'utf8').includes('process.env'))

  expect(readers.filter((file) => layerOf(file) > 0)).toStrictEqual([
    // Whether the host is in production, where its options do not say.
    'createInstagram.ts',
  ])
})

test('days and versions of Instagram’s API are written in the facts alone', () => {
  const files = globSync(['src/**/*.{ts,ejs}', 'views/**/*.ejs'], { cwd: join(SRC, '..') })
  const found = files.flatMap((file) =>
    Array.from(
      readFileSync(join(SRC, '..', file), 'utf8').matchAll(/\bv\d\d\.\d\b|\b20[12]\d\b/g),
      ([text]) => `${file}: ${text}`,
    ),
  )

  expect(found.filter((each) => !each.startsWith('src/facts.ts'))).toStrictEqual([])
  expect(found).not.toStrictEqual([])
})

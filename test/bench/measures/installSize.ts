import { spawnSync } from 'node:child_process'
import { copyFileSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Bench } from '../bench.ts'
import type { Table } from '../table.ts'

const ROOT = join(import.meta.dirname, '../../..')

/** What `npm pack --json` prints. */
const packed = z.tuple([z.object({ size: z.number(), entryCount: z.number() })])

/** The size of our package and of its production dependencies, with the limits that we set ourselves. */
export function installSize(bench: Bench): Promise<readonly Table[]> {
  bench.progress.expect(2)
  bench.progress.step('install: npm ci --omit=dev')
  const folder = bench.fileNamed('install')
  mkdirSync(folder)
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(ROOT, file), join(folder, file))
  npm(folder, 'ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund')
  const modules = join(folder, 'node_modules')

  bench.progress.step('install: npm pack')
  const [{ size, entryCount }] = packed.parse(
    JSON.parse(npm(ROOT, 'pack', '--json', '--pack-destination', bench.fileNamed('.'))),
  )
  const rows = [
    { what: 'production node_modules, MB on disk', is: bytesOnDisk(modules) / 1e6, 'at most': 45 },
    { what: 'production packages', is: packagesIn(modules), 'at most': 190 },
    { what: 'tarball, kB', is: size / 1e3, 'at most': 450 },
    { what: 'files in the tarball', is: entryCount, 'at most': null },
  ]
  return Promise.resolve([{ title: 'Installation', rows }])
}

/** Runs npm, and returns what it prints. */
function npm(folder: string, ...args: string[]): string {
  const { status, stdout } = spawnSync('npm', args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) throw new Error(`npm ${args[0] ?? ''} failed`)
  return stdout
}

/** As `du` counts: whole blocks, folders included. */
function bytesOnDisk(path: string): number {
  const stats = lstatSync(path)
  const inside = stats.isDirectory() ? readdirSync(path).map((name) => bytesOnDisk(join(path, name))) : []
  return inside.reduce((sum, bytes) => sum + bytes, stats.blocks * 512)
}

/** Packages in a node_modules folder, and in those inside. */
function packagesIn(modules: string): number {
  return readdirSync(modules, { recursive: true, withFileTypes: true }).filter(
    ({ name, parentPath }) => name === 'package.json' && /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/]+$/.test(parentPath),
  ).length
}

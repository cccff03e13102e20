import { execFile } from 'node:child_process'
import { mkdtempDisposable, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const TYPEDOC = join(ROOT, 'node_modules/typedoc/bin/typedoc')
const WRITTEN = join(ROOT, 'docs/reference/README.md')

test('says of every public name what it means, and is what npm run reference makes', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'reference-'))
  const options = ['--options', join(ROOT, 'docs/typedoc.json'), '--out', folder.path]

  // It rejects with what lacks a docstring, or leads nowhere.
  await promisify(execFile)(process.execPath, [TYPEDOC, ...options], { cwd: ROOT, env: {} })

  const made = await readFile(join(folder.path, 'README.md'), 'utf8')
  expect(made).toBe(await readFile(WRITTEN, 'utf8'))
  expect(made).toContain('### openInstagram()')
}, 60_000)

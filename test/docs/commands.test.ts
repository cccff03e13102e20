import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtempDisposable, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { blocksIn, PAGES, ROOT } from './support.ts'

const blocks = PAGES.flatMap(({ file, text }) => blocksIn(text).map((block) => ({ ...block, file }))).filter(
  ({ language }) => /^(sh|bash|shell|console)$/.test(language),
)

test('each block of commands is run by a test, or says why it cannot be', () => {
  const isCovered = (comment: string) => {
    const [, file] = /^run by (\S+?)(?::|$)/.exec(comment) ?? []
    return comment === 'run' || /^not run here: ./.test(comment) || (file !== undefined && existsSync(join(ROOT, file)))
  }

  const uncovered = blocks.filter(({ comment }) => !isCovered(comment))

  expect(blocks.length).toBeGreaterThan(15)
  expect(uncovered.map(({ file, lines, comment }) => `${file}: ${lines[0] ?? ''} (${comment})`)).toStrictEqual([])
})

const runnable = blocks
  .filter(({ comment }) => comment === 'run')
  .map(({ file, lines }) => ({ file, script: lines.join('\n') }))

test.for(runnable)('$file: a new clone runs “$script”', async ({ script }) => {
  await using clone = await mkdtempDisposable(join(tmpdir(), 'clone-'))
  for (const name of ['package.json', 'src', 'views', 'node_modules', 'examples'])
    await symlink(join(ROOT, name), join(clone.path, name))
  const { PATH = '' } = process.env

  const ended = promisify(execFile)('sh', ['-e', '-c', script], { cwd: clone.path, env: { PATH, HOME: clone.path } })

  await expect(ended).resolves.toMatchObject({ stdout: expect.stringMatching(/\S/) as string })
})

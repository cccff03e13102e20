import { expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { parseEnvironment } from '../../src/config.ts'
import { explain } from '../../src/index.ts'
import { startCommand } from '../cli/support.ts'
import { blocksIn, PAGES, pageAt } from './support.ts'

test('every setting has a row in docs/configuration.md', () => {
  const rows = [...pageAt('docs/configuration.md').matchAll(/^\| ((?:`[A-Z_]+`(?:, )?)+)/gm)].flatMap(([, row = '']) =>
    row.split(', ').map((name) => name.replaceAll('`', '').trim()),
  )

  expect(Object.keys(parseEnvironment({}).given).filter((name) => !rows.includes(name))).toStrictEqual([])
})

test('every error in docs/troubleshooting.md exists, and its title is the one that people see', () => {
  const rows = [...pageAt('docs/troubleshooting.md').matchAll(/^\| (.+?) +\| `(\w+)` /gm)]

  const wrong = rows.filter(([, seen = '', name = '']) => {
    const { name: found, title } = explain(name)
    return found !== name || (seen.startsWith('“') && seen !== `“${title}”`)
  })

  expect(rows.length).toBeGreaterThan(20)
  expect(wrong.map(([row]) => row)).toStrictEqual([])
})

test('every npm script in the documentation exists', () => {
  const named = PAGES.flatMap(({ text }) => [...text.matchAll(/npm run ([\w:-]+)/g)]).map(([, name]) => name)

  expect(named.length).toBeGreaterThan(20)
  expect(named.filter((name = '') => !(name in packageJson.scripts))).toStrictEqual([])
})

test('every command of the package in the documentation exists, with its options', async () => {
  const commands = PAGES.flatMap(({ file, text }) =>
    blocksIn(text).flatMap(({ lines }) => lines.map((line) => ({ file, line }))),
  )
    .map(({ file, line }) => ({ file, line: line.replace(/\s#.*$/, '') }))
    .filter(({ line }) => /^(?:\w+=\S+ )*(?:npx )?(?:instagram-access-token|npx \.)(?: |$)/.test(line))
  const unknown = []
  for (const { file, line } of commands) {
    const [, words = ''] = /(?:instagram-access-token|npx \.)(?: |$)(.*)$/.exec(line) ?? []
    const [first = ''] = words.split(' ')
    const command = /^[a-z]/.test(first) ? first : 'login'
    const { stdout } = await startCommand({ args: ['help', command === 'help' ? 'login' : command], environment: {} })
      .ended
    const options = words.match(/--[\w-]+/g) ?? []
    if (!stdout.startsWith('Usage:') || options.some((option) => !stdout.includes(option)))
      unknown.push(`${file}: ${line}`)
  }

  expect(commands.length).toBeGreaterThan(8)
  expect(unknown).toStrictEqual([])
})

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const text = readFileSync(join(ROOT, 'docs/security.md'), 'utf8')

test('every test that docs/security.md cites exists', () => {
  const cited = Array.from(text.matchAll(/`(test\/[^`]+\.test\.ts)`(?: “([^”]+)”)?/g), ([, file = '', name = '']) => ({
    file,
    name,
  }))

  const missing = cited.filter(({ file, name }) => {
    const path = join(ROOT, file)
    return name === '' || !existsSync(path) || !readFileSync(path, 'utf8').includes(name)
  })

  expect(cited.length).toBeGreaterThan(30)
  expect(missing).toStrictEqual([])
})

test('every file that docs/security.md names exists', () => {
  const named = Array.from(text.matchAll(/`((?:src|test|views)\/[^`]*)`/g), ([, file = '']) => file)

  expect(named.filter((file) => !existsSync(join(ROOT, file)))).toStrictEqual([])
})

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'dotenv'
import { expect, test } from 'vitest'
import { configFromEnvironment, parseEnvironment } from '../../src/config.ts'

const FILE = join(import.meta.dirname, '../../.env.example')

test('.env.example names every variable that is read, and no other', async () => {
  const text = await readFile(FILE, 'utf8')

  // Variables with their default are comments.
  const named = [...text.matchAll(/^(?:#\s*)?([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name)

  expect(named.toSorted()).toStrictEqual(Object.keys(parseEnvironment({}).given).toSorted())
})

test('.env.example can be copied to .env as it is, and changes nothing', async () => {
  const text = await readFile(FILE, 'utf8')

  const config = configFromEnvironment(parse(text))

  expect(config).toStrictEqual(configFromEnvironment({}))
})

test('.env.example holds no secret', async () => {
  const values = parse(await readFile(FILE, 'utf8'))

  expect(values['INSTAGRAM_CLIENT_SECRET'] ?? '').toBe('')
  expect(values['SESSION_SECRETS'] ?? '').toBe('')
  expect(values['TOKEN_KEYS'] ?? '').toBe('')
})

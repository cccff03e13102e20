import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'dotenv'
import { expect, test } from 'vitest'
import { readConfig } from '../../src/settings/config.ts'
import { variables } from '../../src/settings/environment.ts'

const FILE = join(import.meta.dirname, '../../.env.example')

test('.env.example names every variable that is read, in the order of the settings, and no other', async () => {
  const text = await readFile(FILE, 'utf8')

  // One that is left at its default stands there as a comment.
  const named = [...text.matchAll(/^(?:#\s*)?([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name)

  expect(named).toStrictEqual(Object.keys(variables.shape))
})

test('.env.example can be copied to .env as it is, and changes nothing', async () => {
  const text = await readFile(FILE, 'utf8')

  const config = readConfig(parse(text))

  expect(config).toStrictEqual(readConfig({}))
})

test('.env.example holds no secret', async () => {
  const values = parse(await readFile(FILE, 'utf8'))

  expect(values['INSTAGRAM_CLIENT_SECRET'] ?? '').toBe('')
  expect(values['SESSION_SECRETS'] ?? '').toBe('')
  expect(values['TOKEN_KEYS'] ?? '').toBe('')
})

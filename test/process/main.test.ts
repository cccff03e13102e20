import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDatabase } from '../../src/database/database.ts'
import { person } from '../support/person.ts'
import { freePort, place } from '../support/place.ts'

test('without any settings the app starts with the sandbox, and people stay connected after a crash', async () => {
  await using here = await place()
  const app = here.start()
  await app.ready()
  const somebody = person(here)

  const page = await somebody.login({ as: 'creator' })
  app.child.kill('SIGKILL')
  await app.ended
  const again = here.start({
    NODE_ENV: 'prod',
    API_KEYS: 'k'.repeat(32),
    INSTAGRAM_SCOPES: 'instagram_business_basic,user_media',
  })
  await again.ready()
  const account = await somebody.get('/')
  again.child.kill('SIGTERM')

  expect(app.output()).toContain('Sandbox: no Instagram credentials are set')
  expect(page.text).toMatch(/Sandbox\.[^]+@mira\.draws[^]+id="token">IGAA/)
  expect(account.text).toMatch(/@mira\.draws[^]+id="token">IGAA/)
  // Settings with which logins fail, or that are risky, are warned of.
  expect(again.output()).toMatch(/"level":40,[^\n]*NODE_ENV is not “production”/)
  expect(again.output()).toMatch(/"level":40,[^\n]*API_KEYS has a secret of the same few characters/)
  expect(again.output()).toMatch(
    /"level":40,[^\n]*user_media is a name of the Basic Display API[^\n]*Write instagram_business_basic/,
  )
  expect(await again.ended).toBe(0)
  expect(again.output()).toContain('Stopping')
})

test('a second process on the same port ends with one sentence, and refreshes no token before', async () => {
  await using here = await place()
  const first = here.start()
  await first.ready()
  await person(here).login()
  const database = await openDatabase(`file:${here.folder}/data/accounts.db`)
  await database.query('UPDATE accounts SET due_at = 1')

  const second = here.start({ SANDBOX_PORT: String(await freePort()) })

  expect(await second.ended).toBe(1)
  expect(second.output()).toMatch(/Port \d+ is in use by another program/)
  expect(second.output()).not.toContain('    at ')
  const { rows } = await database.query('SELECT due_at, lease FROM accounts')
  await database.close()
  expect(rows).toMatchObject([{ due_at: 1, lease: null }])
})

test('every mistake in the settings is listed at once, without a value or a stack, with status 1', async () => {
  await using here = await place()
  await writeFile(join(here.folder, '.env'), 'PORT=notaport\nLOG_LEVEL=loud\n')

  const app = here.start({ PORT: '', INSTAGRAM_CLIENT_ID: '123canary', SESSION_SECRETS: 'shortcanary' })

  expect(await app.ended).toBe(1)
  for (const name of ['INSTAGRAM_CLIENT_SECRET', 'INSTAGRAM_REDIRECT_URI', 'SESSION_SECRETS', 'LOG_LEVEL'])
    expect(app.output()).toContain(name)
  expect(app.output()).not.toMatch(/canary|loud|notaport| {4}at /)
})

test('in production without credentials the app refuses to start', async () => {
  await using here = await place()

  const app = here.start({ NODE_ENV: 'production' })

  expect(await app.ended).toBe(1)
  expect(app.output()).toContain('must be set in production')
})

test.each([
  ['a rejection that nobody handles', 'void Promise.reject(new Error("boom", { cause: new Error("why") }))'],
  ['an error that nobody catches', 'throw new Error("boom", { cause: new Error("why") })'],
])('%s is logged with its cause, and ends the process with status 1', async (_, mistake) => {
  await using here = await place()
  await writeFile(join(here.folder, 'mistake.mjs'), `process.on('SIGUSR2', () => { ${mistake} })`)
  const app = here.start({ NODE_OPTIONS: '--import=./mistake.mjs' })
  await app.ready()

  app.child.kill('SIGUSR2')

  expect(await app.ended).toBe(1)
  const line = app
    .output()
    .split('\n')
    .findLast((text) => text.startsWith('{'))
  expect(JSON.parse(line ?? '')).toMatchObject({
    level: 60,
    err: { message: 'boom', cause: { message: 'why' } },
  })
})

import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDatabase } from '../../src/database/database.ts'
import { person } from '../support/person.ts'
import { freePort, place } from '../support/place.ts'
import { programs } from '../support/programs.ts'

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

  expect(app.output()).toMatch(
    /"level":30,[^\n]*Sandbox mode: without Instagram credentials, http:[^\n]* simulates Instagram/,
  )
  expect(app.output()).toMatch(/"level":30,[^\n]*\/data\/accounts\.db, created now; accounts: 0\./)
  expect(app.output()).toMatch(/"level":30,[^\n]*Listening on 127\.0\.0\.1, port \d+ \(http\)/)
  expect(again.output()).toMatch(/"level":30,[^\n]*\/data\/accounts\.db; accounts: 1\./)
  expect(page.text).toMatch(/Sandbox mode\.[^]+@mira\.draws[^]+id="token">IGAA/)
  expect(account.text).toMatch(/@mira\.draws[^]+id="token">IGAA/)
  // Settings with which logins fail, or that are risky, are warned of.
  expect(again.output()).toMatch(/"level":40,[^\n]*NODE_ENV is not “production”/)
  expect(again.output()).toMatch(/"level":40,[^\n]*API_KEYS: It has a secret that is easy to guess/)
  expect(again.output()).toMatch(/"level":40,[^\n]*user_media[^\n]*instagram_business_basic/)
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
  expect(second.output()).toMatch(/Port \d+ is in use by another program\. Stop that program, or set PORT to/)
  expect(second.output()).not.toContain('    at ')
  const { rows } = await database.query('SELECT due_at, lease FROM accounts')
  await database.close()
  expect(rows).toMatchObject([{ due_at: 1, lease: null }])
})

test('in the sandbox the next free port takes the place of a default one that is in use', async () => {
  await using here = await place()
  const other = createServer().listen(3000, '127.0.0.1')
  await once(other, 'listening').catch(() => 'taken already')

  const app = here.start({ PORT: '', SANDBOX_PORT: '' })
  await app.ready()
  const [, port] = /Port 3000 is in use\. PORT is (\d+) this time/.exec(app.output()) ?? []
  const page = await person({ origin: `http://localhost:${port}` }).login()

  other.close()
  expect(page.text).toContain('@harbour.bakery')
})

test('the log in a terminal is one line a request, with the reason for a failure', async () => {
  await using here = await place()
  const inTerminal = 'process.stdout.isTTY = true'
  const app = here.start({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(inTerminal)}` })
  await app.ready()

  await fetch(`${here.origin}/response`)
  await app.says('/response')
  app.child.kill('SIGTERM')
  await app.ended

  const lines = app.output().trimEnd().split('\n')
  for (const line of lines) expect(line).toMatch(/^\[\d\d:\d\d:\d\d\] (INFO|WARN): \S/)
  expect(lines).toContainEqual(
    expect.stringMatching(/: GET \/response 400 \w+, \d+ ms: .* → .*\([A-Z\d]{4}-[A-Z\d]{4}\)$/),
  )
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

test('probable mistakes in .env are warned of, and everything else is read', async () => {
  await using here = await place()
  const lines = [
    'SESSION_SECRET=x',
    'NODE_TLS_REJECT_UNAUTHORIZED=0',
    'LOG_LEVEL=debug#canary',
    'SHOW_TOKEN=off # a comment',
    'API_KEYS="#"',
    'OTHER=a#b',
  ]
  await writeFile(join(here.folder, '.env'), lines.join('\n'))

  const app = here.start({ API_KEYS: '', DATABASE_URL: 'file::memory:' })
  await app.ready()

  const warnings = app.output().match(/"level":40,.*\.env.*/g)
  expect(warnings).toStrictEqual([
    expect.stringContaining('SESSION_SECRET in .env is no setting: did you mean SESSION_SECRETS?'),
    expect.stringContaining('LOG_LEVEL in .env ends before its #'),
    expect.stringContaining('NODE_TLS_REJECT_UNAUTHORIZED in .env is ignored'),
  ])
  expect(app.output()).not.toContain('canary')
})

test.each([
  ['a folder', (file: string) => mkdir(file), 'it is a folder'],
  ['in UTF-16', (file: string) => writeFile(file, '\uFEFFPORT=1', 'utf16le'), 'it is not in UTF-8'],
  ['in UTF-16 without a mark', (file: string) => writeFile(file, 'PORT=1', 'utf16le'), 'it is not in UTF-8'],
])('a .env that is %s stops the start, instead of starting the sandbox', async (_, make, reason) => {
  await using here = await place()
  await make(join(here.folder, '.env'))

  const app = here.start()

  expect(await app.ended).toBe(1)
  expect(app.output()).toMatch(`Cannot start: .env cannot be read: ${reason}`)
  expect(app.output()).not.toContain('Sandbox')
})

test('a HOST that is not of this machine is named', async () => {
  await using here = await place()

  const app = here.start({ HOST: 'nowhere.invalid' })

  expect(await app.ended).toBe(1)
  expect(app.output()).toMatch(/HOST must be an address of this machine, .* nowhere\.invalid/)
})

test.each([['start.js'], ['cli/start.js', '--project', 'doctor'], ['cli/start.js', '--version']])(
  'on an old Node, %s says in one sentence which Node is needed',
  async (program, ...options) => {
    await using here = await programs()
    const version = { value: { ...process.versions, node: '22.23.3' } }
    const old = `Object.defineProperties(process, { version: { value: 'v22.23.3' }, versions: ${JSON.stringify(version)} })`

    const ended = here.start(
      program,
      { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(old)}` },
      ...options,
    )

    expect(await ended.ended).toStrictEqual({
      status: 1,
      stdout: '',
      stderr: 'instagram-access-token needs Node 24.15 or newer; this is v22.23.3.\n',
    })
  },
)

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

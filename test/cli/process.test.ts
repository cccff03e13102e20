import { access, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { decide } from '../../src/sandbox/decide.ts'
import { freePort } from '../support/place.ts'
import { CLI, laptop, SECRET } from './support.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const NODE = [process.execPath, CLI] as const
const isLinux = process.platform === 'linux'

test.runIf(isLinux).each(['token', 'accounts'])('%s on a full disk gives status 1', async (command) => {
  await using here = await laptop()
  await here.login()

  const { status, stderr } = await here.spawn(['sh', '-c', 'exec "$0" "$@" > /dev/full', ...NODE, command]).ended

  expect(stderr).toContain('Cannot write the output: ENOSPC')
  expect([status, stderr.includes('IGAA')]).toStrictEqual([1, false])
})

test.runIf(isLinux)('a file that is read-only stays as it is', async () => {
  await using here = await laptop()
  await here.login()
  await writeFile(join(here.home, 'site.env'), 'A=1\n', { mode: 0o444 })
  // Root may write to it all the same, unless that is taken away.
  const asAnybody = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override'] : []

  const { status, stderr } = await here.spawn(['env', ...asAnybody, ...NODE, 'token', '--env', 'site.env']).ended

  expect([status, await readFile(join(here.home, 'site.env'), 'utf8')]).toStrictEqual([1, 'A=1\n'])
  expect(stderr).toContain('site.env cannot be written')
})

test('a login whose address is pasted ends while its input stays open', async () => {
  await using here = await laptop()
  const cli = here.spawn(NODE)

  cli.types(`${(await decide(await cli.link())).href}\n`)

  expect(await cli.ended).toMatchObject({ status: 0, stdout: expect.stringMatching(/^IGAA\S+\n$/) as string })
})

test('Ctrl-C ends a login with 130, and frees the port', async () => {
  await using here = await laptop()
  const cli = here.spawn(NODE)
  await cli.link()

  cli.signal('SIGINT')

  const { status, stdout } = await cli.ended
  expect([status, stdout]).toStrictEqual([130, ''])
  const next = createServer().listen(here.port, '127.0.0.1')
  await once(next, 'listening')
  next.close()
})

test('a stored token goes to no host that only .env of the folder names, unless it has its own accounts and secret', async () => {
  await using here = await laptop()
  await here.login()
  const urls = Object.entries(here.nothing).map(([name, value]) => `${name}=${value}\n`)
  await writeFile(join(here.home, '.env'), urls.join(''))

  const refused = await here.spawn([...NODE, 'token'], {}, {}).ended
  const allowed = await here.spawn([...NODE, 'token'], {}, here.nothing).ended
  const own = `${urls.join('')}INSTAGRAM_CLIENT_SECRET=${SECRET}\nDATABASE_URL=file:./sandbox/accounts.db\n`
  await writeFile(join(here.home, '.env'), own)
  const ownAccounts = await here.spawn([...NODE, 'token'], {}, {}).ended
  await mkdir(join(here.home, 'sandbox'), { recursive: true })
  await rm(join(here.home, 'sandbox', 'accounts.db'), { force: true })
  await symlink(join(here.user, 'accounts.db'), join(here.home, 'sandbox', 'accounts.db'))
  const linked = await here.spawn([...NODE, 'token'], {}, {}).ended

  const words =
    /\.env in this folder .* http:\/\/127\.0\.0\.1:\d+ \(.*INSTAGRAM_GRAPH_URL\).* set these variables in the environment instead/
  for (const { status, stdout, stderr } of [refused, linked])
    expect([status, stdout, stderr]).toStrictEqual([1, '', expect.stringMatching(words)])
  expect([allowed.status, allowed.stdout]).toStrictEqual([0, expect.stringMatching(/^IGAA/)])
  expect(ownAccounts.stderr).toContain('No account is connected.')
})

test('a script of the project reads .env, and works on the accounts in ./data', async () => {
  await using here = await laptop()
  await writeFile(join(here.home, '.env'), `TOKEN_KEYS=k1:${Buffer.alloc(32, 7).toString('base64')}\n`)

  const rotation = await here.spawn([...NODE, '--project', 'rotate-keys'], {}, {}).ended

  expect(rotation.stdout).toBe('The database in DATABASE_URL has no accounts.\n')
  await access(join(here.home, 'data', 'accounts.db'))
  await expect(access(join(here.home, 'data', 'token-key'))).rejects.toThrow()
  await expect(access(here.user)).rejects.toThrow()
})

test('the web app runs on the accounts of this user, over https with the same certificate', async () => {
  await using here = await laptop()
  await here.login()
  const serving = here.spawn([...NODE, 'serve'], { API_KEYS: 'api-key-marked-canary-0123456789abcdef' })
  await serving.says('Ready')

  const page = await here.visit(`https://localhost:${here.port}/`)
  serving.signal('SIGINT')

  expect([page.status, page.text]).toEqual([200, expect.stringContaining('Get Started')])
  expect((await serving.ended).status).toBe(0)
  expect((await here.run(['token'])).status).toBe(0)
})

test('the web app in its sandbox has a database of its own', async () => {
  await using here = await laptop()
  const ports = { PORT: String(here.port), SANDBOX_PORT: String(await freePort()) }
  const serving = here.spawn([...NODE, 'serve'], ports, here.nothing)
  await serving.says('Ready')

  serving.signal('SIGTERM')

  expect((await serving.ended).status).toBe(0)
  await access(join(here.user, 'sandbox', 'accounts.db'))
  await expect(access(join(here.user, 'accounts.db'))).rejects.toThrow()
})

test('the doctor names what is probably misspelt in .env, and what its # cuts off', async () => {
  await using here = await laptop()
  await writeFile(join(here.home, '.env'), 'INSTAGRAM_CLIENTID=1\nADMIN_PASSWORD=correct#horse-canary\n')

  const { stdout } = await here.spawn([...NODE, 'doctor', '--json']).ended

  const { lines } = JSON.parse(stdout) as { lines: { name: string; says: string }[] }
  expect(lines.filter(({ name }) => name === '.env').map(({ says }) => says)).toStrictEqual([
    'INSTAGRAM_CLIENTID in .env is no setting: did you mean INSTAGRAM_CLIENT_ID?',
    expect.stringMatching(/^ADMIN_PASSWORD in \.env ends before its #/),
  ])
  expect(stdout).not.toContain('canary')
})

test('a command does not run with a .env that cannot be read', async () => {
  await using here = await laptop()
  await mkdir(join(here.home, '.env'))

  const { status, stdout, stderr } = await here.spawn([...NODE, 'token']).ended

  expect([status, stdout, stderr]).toStrictEqual([1, '', '✗ .env cannot be read: it is a folder.\n'])
})

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { OUT_OF_ORDER } from '../accounts/refreshWorld.ts'
import { openDatabase, type Value } from '../../src/storage/database.ts'
import { CLI, laptop } from './support.ts'

type Laptop = Awaited<ReturnType<typeof laptop>>

const DAY_MS = 24 * 60 * 60 * 1000
const BAKERY = { id: '27640875392278831', userId: '17841403815449847' }

/** Changes what is kept for this user. */
async function change({ user }: Laptop, sql: string, ...parameters: Value[]): Promise<void> {
  const database = await openDatabase(`file:${join(user, 'accounts.db')}`)
  await database.run(sql, ...parameters)
  await database.close()
}

/** The token's turn to be refreshed comes: it is 55 days old. */
async function growOld(here: Laptop): Promise<void> {
  const age = 55 * DAY_MS
  await change(
    here,
    'UPDATE accounts SET token_obtained_at = token_obtained_at - $1, expires_at = expires_at - $1, due_at = $2',
    age,
    Date.now() - DAY_MS,
  )
  here.sandbox.pass(age)
}

test.each(['@harbour.bakery', 'Harbour.Bakery', BAKERY.id, BAKERY.userId])(
  'the account is called %s',
  async (called) => {
    await using here = await laptop()
    const { stdout } = await here.login()

    const token = await here.run(['token', called])

    expect(token).toStrictEqual({ status: 0, stdout, stderr: '' })
  },
)

test('a token whose turn has come is refreshed first, without any settings', async () => {
  await using here = await laptop()
  const { stdout } = await here.login()
  await growOld(here)

  const token = await here.run(['token', '--json'], {}, here.nothing)

  const { access_token, expires_in } = JSON.parse(token.stdout) as Record<string, unknown>
  expect(access_token).toMatch(/^IGAA/)
  expect(access_token).not.toBe(stdout.trim())
  expect(expires_in).toBeGreaterThan(59 * 24 * 60 * 60)
  expect(here.sandbox.calls.filter(({ endpoint }) => endpoint === 'refresh')).toHaveLength(1)
  expect(token.status).toBe(0)
})

test('while it cannot be refreshed, the one that lives is given, with a warning', async () => {
  await using here = await laptop()
  const { stdout } = await here.login()
  await growOld(here)
  here.sandbox.answerNext('refresh', OUT_OF_ORDER)

  const token = await here.run(['token'])

  expect([token.status, token.stdout]).toStrictEqual([0, stdout])
  expect(token.stderr).toContain('! a token could not be refreshed')
})

test('an account that is lost is explained, with what to do', async () => {
  await using here = await laptop()
  await here.login()
  await growOld(here)
  here.sandbox.revoke('business')

  const { status, stdout, stderr } = await here.run(['token'])

  expect([status, stdout]).toStrictEqual([1, ''])
  expect(stderr).toMatch(
    /^✗ This site was removed.*\n {2}\S.*\n {2}→ .*\n.* {2}→ .*instagram-access-token\n$/,
  )
  expect(stderr).not.toContain('IGAA')
})

test('programs are told as JSON of an account that is lost, and people in words', async () => {
  await using here = await laptop()
  await here.login()
  await growOld(here)
  here.sandbox.revoke('business')

  const { status, stdout, stderr } = await here.run(['token', '--json'])

  expect(JSON.parse(stdout)).toStrictEqual({
    error: {
      name: 'app_removed',
      message: expect.stringMatching(/^This site was removed/) as string,
      steps: expect.arrayContaining(['To connect it again: instagram-access-token']) as string[],
    },
  })
  expect(stderr).toMatch(/^✗ This site was removed/)
  expect([status, stdout.includes('IGAA')]).toStrictEqual([1, false])
})

test('a token that no key opens is explained', async () => {
  await using here = await laptop()
  await here.login()

  const { status, stderr } = await here.run(['token'], {
    TOKEN_KEYS: `other:${Buffer.alloc(32, 9).toString('base64')}`,
  })

  expect(status).toBe(1)
  expect(stderr).toContain('✗ ')
  expect(stderr).toContain('TOKEN_KEYS')
})

test('of several accounts one must be named, and they are', async () => {
  await using here = await laptop()
  const { stdout } = await here.login()
  await here.login([], { as: 'creator' })

  const unnamed = await here.run(['token'])
  const named = await here.run(['token', '@harbour.bakery'])

  expect([unnamed.status, unnamed.stdout]).toStrictEqual([2, ''])
  expect(unnamed.stderr).toContain('@harbour.bakery')
  expect(unnamed.stderr).toContain('@mira.draws')
  expect(named.stdout).toBe(stdout)
})

test.each([
  [[], 1, 'no account is connected yet'],
  [['@harbour'], 1, 'no account is called @harbour'],
  [['27640875392278830'], 1, 'no account is called 27640875392278830'],
  [['@one', '@two'], 2, 'There is no place for “@two”'],
  [['--name', 'TOKEN'], 2, '--name goes with --env'],
  [['--env', '.env', '--name', 'A B'], 2, '--name must be'],
  [['--env', '.env', '--name', '__proto__'], 2, '--name cannot be __proto__'],
  [['--env', ''], 2, '--env must name a file'],
])('%j cannot be done where nobody is connected', async (args, status, words) => {
  await using here = await laptop()

  const token = await here.run(['token', ...args])

  expect([token.status, token.stdout]).toStrictEqual([status, ''])
  expect(token.stderr).toContain(words)
})

test('a beginning of a name is not the name', async () => {
  await using here = await laptop()
  await here.login()

  const { status, stdout } = await here.run(['token', '@harbour'])

  expect([status, stdout]).toStrictEqual([1, ''])
})

test('a token that lasts for an hour only is said to, and exchanged later', async () => {
  await using here = await laptop()
  here.sandbox.fail('temporary_failure', { at: 'long_lived' })
  const { stdout, stderr } = await here.login()
  await change(here, 'UPDATE accounts SET due_at = 1')

  const withoutApp = await here.run(['token'], {}, here.nothing)
  await change(here, 'UPDATE accounts SET due_at = 1')
  const withApp = await here.run(['token', '--json'])

  expect(stderr).toMatch(/! connected, but not with all that was asked for\n {2}→ \S/)
  expect([withoutApp.status, withoutApp.stdout]).toStrictEqual([0, stdout])
  expect(withoutApp.stderr).toContain('! ')
  const { expires_in } = JSON.parse(withApp.stdout) as { expires_in: number }
  expect(expires_in).toBeGreaterThan(59 * 24 * 60 * 60)
})

test.runIf(process.platform === 'linux')(
  'a token that is written to a full disk is not done, and nothing of it is said',
  async () => {
    const command = ['sh', '-c', 'exec "$0" "$@" > /dev/full', process.execPath, CLI] as const
    await using here = await laptop({ command })

    const { status, stderr } = await here.login()

    expect(status).toBe(1)
    expect(stderr).toContain('the output cannot be written: ENOSPC')
    expect(stderr).not.toContain('IGAA')
  },
)

import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { onlyAccount, OUT_OF_ORDER, refreshCount } from '../accounts/refreshWorld.ts'
import { addCopies } from '../api/support.ts'
import { person } from '../support/person.ts'
import { ON_A_TERMINAL, programs } from '../support/programs.ts'
import { SESSION_SECRET, startWorld, variablesOf } from '../support/world.ts'

const APP_ID = '27640875392278831'
const DAY_MS = 24 * 60 * 60 * 1000
const LOST = "UPDATE accounts SET status = 'needs_reconnect', status_reason = 'token_invalid', due_at = NULL"

/** A world with one account, and the command in a folder of its own. */
async function place() {
  await using starting = new AsyncDisposableStack()
  const { start: startProgram } = starting.use(await programs())
  const world = starting.use(await startWorld())
  await person(world).login()
  const settings = {
    DATABASE_URL: world.databaseUrl,
    SESSION_SECRETS: SESSION_SECRET,
    TOKEN_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
    ...variablesOf(world.sandbox, `${world.origin}/response`),
  }
  const start = (args: readonly string[], environment: Record<string, string> = {}) =>
    startProgram('commands/accounts.ts', { ...settings, ...environment }, ...args)
  const ending = starting.move()

  return {
    world,
    start,
    run: (...args: string[]) => start(args).ended,
    onTerminal: (...args: string[]) => start(args, ON_A_TERMINAL).ended,
    /** The token becomes two days old. */
    async grow() {
      world.pass(2 * DAY_MS)
      await world.database.run(
        'UPDATE accounts SET token_obtained_at = token_obtained_at - $1, expires_at = expires_at - $1',
        2 * DAY_MS,
      )
    },
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  }
}

test('a terminal shows each account in a line, what is wrong under it, and how many there are', async () => {
  await using here = await place()
  await addCopies(here.world, 1, 4_000_000_000_000_001)
  await here.world.database.run(`${LOST} WHERE id = $1`, APP_ID)

  const { status, stdout, stderr } = await here.onTerminal()

  expect(stripVTControlCharacters(stdout).split('\n')).toStrictEqual([
    '✗ needs_reconnect  @harbour.bakery  27640875392278831  no valid token',
    expect.stringMatching(/^ {2}→ .*the token/) as string,
    expect.stringMatching(
      /^✓ ok {15}@harbour\.bakery {2}4000000000000001 {3}expires in \d\d days, refreshed in \d\d days$/,
    ) as string,
    '2 accounts, 1 ok, 1 needs_reconnect',
    '',
  ])
  expect(stderr).toBe('')
  expect(status).toBe(0)
})

test('a terminal is shown fifty, and all where that is wanted', async () => {
  await using here = await place()
  await addCopies(here.world, 60, 4_000_000_000_000_001)

  const some = await here.onTerminal()
  const all = await here.onTerminal('--all')

  expect(some.stdout.match(/✓/g)).toHaveLength(50)
  expect(some.stderr).toBe('There are more: add --all.\n')
  expect(all.stdout.match(/✓/g)).toHaveLength(61)
})

test('a pipe gets all, with tabs between and no colour', async () => {
  await using here = await place()
  await addCopies(here.world, 60, 4_000_000_000_000_001)

  const { stdout, stderr } = await here.run()

  const lines = stdout.trimEnd().split('\n')
  expect(lines).toHaveLength(61)
  expect(lines[0]?.split('\t')).toStrictEqual([
    'harbour.bakery',
    APP_ID,
    '17841403815449847',
    'ok',
    expect.stringMatching(/^2\d{3}-.*Z$/) as string,
    expect.stringMatching(/^2\d{3}-.*Z$/) as string,
    '',
  ])
  expect(stdout + stderr).toBe(stripVTControlCharacters(stdout + stderr))
  expect(stdout).not.toContain('IGAA')
})

test('a program gets each account as the API tells it', async () => {
  await using here = await place()

  const { stdout } = await here.run('--json')

  expect(JSON.parse(stdout)).toMatchObject({ id: APP_ID, username: 'harbour.bakery', status: 'ok' })
  expect(stdout).not.toContain('IGAA')
})

test.each([
  [['--search', '@Harbour'], 1],
  [['--search', '17841403815449847'], 1],
  [['--search', 'bakery'], 0],
  [['--status', 'needs_reconnect'], 0],
  [['--status', 'ok', '--search', '2764'], 1],
])('%j lists those', async (args, count) => {
  await using here = await place()

  const { status, stdout } = await here.run(...args)

  expect(stdout.split('\n').filter(Boolean)).toHaveLength(count)
  expect(status).toBe(0)
})

test('a name tells the terminal nothing but itself', async () => {
  await using here = await place()
  await here.world.database.run('UPDATE accounts SET username = $1', 'evil\u001b[2J\u0007\tname')

  const outputs = [await here.run(), await here.onTerminal()]

  for (const { stdout } of outputs) {
    expect(stdout).toContain('evilname')
    expect(stdout).not.toContain('\u001b[2J')
    expect(stdout).not.toContain('\u0007')
  }
})

test('a token is refreshed', async () => {
  await using here = await place()
  await here.grow()
  const before = await onlyAccount(here.world)

  const { status, stdout, stderr } = await here.run('refresh', '17841403815449847')

  expect([status, stdout, stderr]).toStrictEqual([0, '@harbour.bakery was refreshed.\n', ''])
  expect((await onlyAccount(here.world)).tokenExpiresAt?.getTime()).toBeGreaterThan(
    before.tokenExpiresAt?.getTime() ?? Infinity,
  )
})

test('a refresh that fails says why, and what Instagram said', async () => {
  await using here = await place()
  await here.grow()
  here.world.sandbox.answerNext('refresh', OUT_OF_ORDER)

  const { status, stdout, stderr } = await here.run('refresh', APP_ID)

  expect(status).toBe(1)
  expect(stdout).toMatch(/^@harbour\.bakery was not refreshed\. .*Instagram/)
  expect(stderr).toContain('refresh')
  expect(stdout + stderr).not.toMatch(/IGAA|canary/)
})

test('a token that is younger than a day is not tried', async () => {
  await using here = await place()

  const { status, stdout } = await here.run('refresh', APP_ID, '--json')

  expect(status).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({ outcome: 'too_young', account: { id: APP_ID } })
  expect(refreshCount(here.world)).toBe(0)
})

test.each([
  ['y\n', 0, 0],
  ['YES\n', 0, 0],
  ['\n', 1, 1],
  ['no\n', 1, 1],
  ['', 1, 1],
])('asked whether it is sure, %j means exit code %i, and %i accounts left', async (answer, code, left) => {
  await using here = await place()
  const { child, ended, says } = here.start(['disconnect', APP_ID], ON_A_TERMINAL)

  await says('[y/N]')
  child.stdin.end(answer)
  const { status, stderr } = await ended

  expect(stderr).toContain(`Disconnect @harbour.bakery (${APP_ID})`)
  expect(status).toBe(code)
  expect(await here.world.database.all('SELECT * FROM accounts')).toHaveLength(left)
})

test('where nobody can be asked, nothing is disconnected without --yes', async () => {
  await using here = await place()

  const unsure = await here.run('disconnect', APP_ID)
  const kept = await onlyAccount(here.world)
  const sure = await here.run('disconnect', APP_ID, '--yes')

  expect(unsure.status).toBe(2)
  expect(unsure.stderr).toContain('add --yes')
  expect(kept.id).toBe(APP_ID)
  expect(sure.stdout).toBe('@harbour.bakery was disconnected: its token is deleted here.\n')
  expect(await here.world.database.all('SELECT * FROM accounts')).toStrictEqual([])
})

test('somebody watches an account being lost, until Ctrl-C', async () => {
  await using here = await place()
  const { child, ended, says } = here.start(['--watch'], ON_A_TERMINAL)
  await says('1 ok')

  await here.world.database.run(LOST)
  await says('1 needs_reconnect')
  child.kill('SIGINT')
  const { status, stdout } = await ended

  expect(stripVTControlCharacters(stdout)).toContain('1 account, 1 needs_reconnect')
  expect(status).toBe(0)
})

test.each([
  [['--watch'], 'Only a terminal can be drawn'],
  [['--status', 'splendid'], 'There is no status “splendid”.'],
  [['--colour'], '--colour'],
  [['destroy', APP_ID], 'There is no “destroy”.'],
  [['refresh'], 'Name the account to refresh, by its id.'],
  [['refresh', APP_ID, 'too'], 'There is no place for “too”.'],
])('%j is not understood, and shows how it is done', async (args, sentence) => {
  await using here = await place()

  const { status, stdout, stderr } = await here.run(...args)

  expect([status, stdout]).toStrictEqual([2, ''])
  expect(stderr).toContain(sentence)
  expect(stderr).toContain('npm run accounts -- refresh <id>')
  expect(stderr).not.toMatch(/ {4}at /)
})

test('an account that there is not is said to be none', async () => {
  await using here = await place()

  const { status, stderr } = await here.run('refresh', '27640875392278830')

  expect([status, stderr]).toStrictEqual([1, 'Cannot go on: No account has the id 27640875392278830.\n'])
})

test('settings that need mending are named', async () => {
  await using here = await place()

  const { status, stderr } = await here.start([], { TOKEN_KEYS: 'canary' }).ended

  expect(status).toBe(1)
  expect(stderr).toContain('TOKEN_KEYS must be')
  expect(stderr).not.toContain('canary')
})

import { stripVTControlCharacters } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Value } from '../../src/database/database.ts'
import { addCopies } from '../api/support.ts'
import { person } from '../support/person.ts'
import { SESSION_SECRET, startWorld, variablesOf, type World } from '../support/world.ts'
import { type Ended, type Running, startCommand } from './support.ts'

const APP_ID = '27640875392278831'
const DAY_MS = 24 * 60 * 60 * 1000
const LOST = "UPDATE accounts SET status = 'needs_reconnect', status_reason = 'token_invalid', due_at = NULL"

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

/** One account is connected. */
beforeEach(async () => {
  await change('DELETE FROM accounts')
  await person(world).login()
})

/** `npm run accounts`, with these arguments. */
function start(args: readonly string[], isTerminal: boolean, environment: Record<string, string> = {}): Running {
  const settings = {
    DATABASE_URL: world.databaseUrl,
    SESSION_SECRETS: SESSION_SECRET,
    TOKEN_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
    ...variablesOf(world.sandbox, `${world.origin}/response`),
  }
  return startCommand({
    args: ['accounts', ...args],
    environment: { ...settings, ...environment },
    isTerminal,
    isProject: true,
  })
}

const run = (...args: string[]): Promise<Ended> => start(args, false).ended
const runInTerminal = (...args: string[]): Promise<Ended> => start(args, true).ended

async function change(sql: string, ...parameters: Value[]): Promise<void> {
  await world.database.query(sql, parameters)
}

async function stored(): Promise<Record<string, Value>[]> {
  return (await world.database.query('SELECT * FROM accounts')).rows
}

/** The token becomes two days old, for the sandbox too. */
async function age(): Promise<void> {
  const obtainedAt = Date.now() - 2 * DAY_MS
  world.pass(2 * DAY_MS)
  await change('UPDATE accounts SET token_obtained_at = $1, expires_at = $2', obtainedAt, obtainedAt + 60 * DAY_MS)
}

test('a terminal shows each account in a line, what is wrong below it, and how many there are', async () => {
  await addCopies(world, 1, 4_000_000_000_000_001)
  await change(`${LOST} WHERE id = $1`, APP_ID)

  const { status, stdout, stderr } = await runInTerminal()

  expect(stripVTControlCharacters(stdout).split('\n')).toStrictEqual([
    '✗ needs_reconnect  @harbour.bakery  27640875392278831  no valid token',
    expect.stringMatching(/^ {2}→ .*token/i) as string,
    expect.stringMatching(
      /^✓ ok {15}@harbour\.bakery {2}4000000000000001 {3}expires in \d\d days, refreshed in \d\d days$/,
    ) as string,
    '2 accounts, 1 ok, 1 needs_reconnect',
    '',
  ])
  expect([status, stderr]).toStrictEqual([0, ''])
})

test('a terminal shows fifty accounts, or all if wanted; a pipe gets all, separated by tabs and without colors', async () => {
  await addCopies(world, 60, 4_000_000_000_000_001)

  const some = await runInTerminal()
  const all = await runInTerminal('--all')
  const piped = await run()
  const found = await runInTerminal('--search', 'harbour')

  expect(some.stdout.match(/✓/g)).toHaveLength(50)
  expect(some.stderr).toBe('There are more. To list them, add --all.\n')
  expect(all.stdout.match(/✓/g)).toHaveLength(61)
  const lines = piped.stdout.trimEnd().split('\n')
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
  for (const never of ['\u001b', 'IGAA']) expect(piped.stdout + piped.stderr).not.toContain(never)
  expect(found.stdout.match(/✓/g)).toHaveLength(50)
  expect(found.stderr).toBe('There are more. Search for a longer beginning of the name or ID.\n')
})

test('a program gets each account as the API returns it', async () => {
  const { stdout } = await run('--json')

  expect(JSON.parse(stdout)).toMatchObject({ id: APP_ID, username: 'harbour.bakery', status: 'ok' })
  expect(stdout).not.toContain('IGAA')
})

test.each([
  [['--search', '@Harbour'], 1],
  [['--search', '17841403815449847'], 1],
  [['--search', 'bakery'], 0],
  [['--search', ' '], 1],
  [['--status', 'needs_reconnect'], 0],
  [['--status', 'ok', '--search', '2764'], 1],
])('%j lists %i of one account', async (args, count) => {
  const { status, stdout } = await run(...args)

  expect(stdout.split('\n').filter(Boolean)).toHaveLength(count)
  expect(status).toBe(0)
})

test('a user name is shown without control characters', async () => {
  await change('UPDATE accounts SET username = $1', 'evil\u001b[2J\u0007\tname')

  const outputs = [await run(), await runInTerminal()]

  for (const { stdout } of outputs) {
    expect(stdout).toContain('evilname')
    expect(stdout).not.toContain('\u001b[2J')
    expect(stdout).not.toContain('\u0007')
  }
})

test('no text of an account steers a terminal, in a list or in JSON', async () => {
  const steering = fc.constantFrom('\u001b[2J', '\u009b2J', '\r', '\u202e', '\u2066', '\u061c', '\u200f', '\u0007')
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), steering, async (text, sequence) => {
      const foreign = `${text.replaceAll('\0', '')}${sequence}name`
      await change('UPDATE accounts SET username = $1, name = $1, account_type = $1', foreign)

      const [plain, json, pretty] = [await run(), await run('--json'), await runInTerminal()]

      const output = plain.stdout + json.stdout + pretty.stdout.replace(/\p{Cc}\[\d+m/gu, '')
      expect(output).not.toMatch(/[^\P{Cc}\n\t]|\p{Bidi_Control}/u)
      expect(JSON.parse(json.stdout)).toMatchObject({ username: foreign, name: foreign })
    }),
    { numRuns: 8 },
  )
})

test('a token is refreshed, with a warning where the clock differs from Instagram’s', async () => {
  await age()
  const [before] = await stored()

  const { status, stdout, stderr } = await run('refresh', '17841403815449847')

  expect([status, stdout]).toStrictEqual([0, 'The token of @harbour.bakery was renewed.\n'])
  expect(stderr).toMatch(/^! this machine’s clock is \d+ seconds behind Instagram’s\n {2}→ Set the clock/)
  const [after] = await stored()
  expect(after?.['expires_at']).toBeGreaterThan(Number(before?.['expires_at']))
})

test('a refresh that fails says why, and what Instagram said', async () => {
  await age()
  world.sandbox.fail('temporary_failure', { at: 'refresh' })

  const { status, stdout, stderr } = await run('refresh', APP_ID)

  expect(status).toBe(1)
  expect(stdout).toMatch(/^The token of @harbour\.bakery was not renewed\. .*Instagram/)
  expect(stderr).toContain('a token could not be refreshed')
  expect(stdout + stderr).not.toMatch(/IGAA|canary/)
})

test('a token that is younger than a day is not refreshed', async () => {
  const before = world.sandbox.calls.length

  const { status, stdout } = await run('refresh', APP_ID, '--json')

  expect(status).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({ outcome: 'too_young', account: { id: APP_ID } })
  expect(world.sandbox.calls).toHaveLength(before)
})

test.each([
  ['y', 0, 0],
  ['Y', 0, 0],
  ['\r', 1, 1],
  ['n', 1, 1],
  ['\u0003', 130, 1],
  ['\u0004', 130, 1],
])('asked whether to disconnect, %j means status %i, and %i accounts left', async (answer, status, left) => {
  const command = start(['disconnect', APP_ID], true)
  await command.says(`Disconnect @harbour.bakery (${APP_ID})`)

  command.types(answer)

  expect((await command.ended).status).toBe(status)
  expect(await stored()).toHaveLength(left)
})

test('where nobody can be asked, nothing is disconnected without --yes', async () => {
  const unsure = await run('disconnect', APP_ID)
  const kept = await stored()
  const sure = await run('disconnect', APP_ID, '--yes')

  expect(unsure.status).toBe(2)
  expect(unsure.stderr).toContain('add --yes')
  expect(kept).toHaveLength(1)
  expect(sure.stdout).toBe(
    '@harbour.bakery was disconnected, and its token was deleted. Access was also revoked on Instagram.\n',
  )
  expect(await stored()).toStrictEqual([])
})

test('a list that is watched shows what changes, until Ctrl-C', async () => {
  const command = start(['--watch'], true)
  await command.says('1 ok')

  await change(LOST)
  await command.says('1 needs_reconnect')
  command.signal('SIGINT')

  expect((await command.ended).status).toBe(0)
})

test.each([
  [['--watch'], '--watch requires a terminal'],
  [['--status', 'splendid'], 'splendid'],
  [['--colour'], '--colour'],
  [['destroy', APP_ID], 'Unknown action “destroy”.'],
  [['refresh', APP_ID, 'too'], 'too'],
])('%j is not understood, and the usage is shown', async (args, sentence) => {
  const { status, stdout, stderr } = await run(...args)

  expect([status, stdout]).toStrictEqual([2, ''])
  expect(stderr).toContain(sentence)
  expect(stderr).toContain('npm run accounts -- refresh <account>')
  expect(stderr).not.toMatch(/ {4}at /)
})

test('an unknown id is reported', async () => {
  const { status, stderr } = await run('refresh', '27640875392278830')

  expect([status, stderr]).toStrictEqual([1, '✗ No account 27640875392278830. List accounts: npm run accounts\n'])
})

test('mistakes in the settings are named without a value', async () => {
  const { status, stderr } = await start([], false, { TOKEN_KEYS: 'canary' }).ended

  expect(status).toBe(1)
  expect(stderr).toContain('TOKEN_KEYS must be')
  expect(stderr).not.toContain('canary')
})

import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Line } from '../../src/doctor/line.ts'
import { startWorld, variablesOf, type World } from '../support/world.ts'
import { place } from '../support/place.ts'

const COMMAND = 'commands/checkup.ts'

/** Makes the command believe that its output is a terminal. */
const TERMINAL = `import { WriteStream } from 'node:tty'
  Object.assign(process.stdout, { isTTY: true, getColorDepth: WriteStream.prototype.getColorDepth })`
const ON_A_TERMINAL = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(TERMINAL)}`,
  TERM: 'xterm',
}

test('of an app that is well it says so, with status 0', async () => {
  await using here = await place()
  await using world = await startWorld()

  const { status, stdout, stderr } = await here.run(COMMAND, settingsOf(world))

  expect(stdout).toMatch(/^✓ Settings +Every variable that is set can be read\.$/m)
  expect(stdout).toMatch(/^✓ App ID +Instagram knows it/m)
  expect(stdout).toMatch(/\n\n\d+ well, 0 wrong, \d+ not known\n$/)
  expect(stderr).toBe('')
  expect(status).toBe(0)
})

test('what is wrong is named with its fix under it, with status 1, and without a secret', async () => {
  await using here = await place()
  await using world = await startWorld()
  await writeFile(join(here.folder, '.env'), 'PORT=canary\nINSTAGRAM_SCOPES=user_profile\n')

  const { status, stdout, stderr } = await here.run(COMMAND, {
    ...settingsOf(world),
    SESSION_SECRETS: 'short-canary',
  })

  expect(stdout).toMatch(/^✗ PORT +PORT must be a whole number.*\n +→ \S/m)
  expect(stdout).toMatch(/^✗ SESSION_SECRETS +SESSION_SECRETS must be.*\n +→ \S/m)
  expect(stdout).toMatch(/^✗ Scopes +user_profile is.*\n +→ Write instagram_business_basic/m)
  expect(stdout).toMatch(/\n\n\d+ well, 3 wrong, \d+ not known\n$/)
  for (const never of ['canary', '\u001b', '    at ']) expect(stdout + stderr).not.toContain(never)
  expect(status).toBe(1)
})

test('with --json it prints the lines and nothing else', async () => {
  await using here = await place()
  await using world = await startWorld()

  const { status, stdout } = await here.run(
    COMMAND,
    { ...settingsOf(world), ...ON_A_TERMINAL, INSTAGRAM_CLIENT_ID: '1090387462915343' },
    '--json',
  )

  const { wrong, lines } = JSON.parse(stdout) as { wrong: number; lines: Line[] }
  expect(wrong).toBe(1)
  expect(lines).toContainEqual({
    name: 'App ID',
    outcome: 'wrong',
    says: expect.stringContaining('“Invalid platform app”') as string,
    fix: expect.stringContaining('Instagram app ID') as string,
  })
  expect(status).toBe(1)
})

test.each([
  ['a terminal has colours', {}, true],
  ['a terminal with NO_COLOR has none', { NO_COLOR: '1' }, false],
] as const)('%s', async (_, environment, coloured) => {
  await using here = await place()

  const { stdout } = await here.run(COMMAND, {
    ...ON_A_TERMINAL,
    ...environment,
    SANDBOX_PORT: '1',
    PORT: '2',
  })

  expect(stdout.includes('\u001b[32m✓')).toBe(coloured)
  expect(stdout.includes('\u001b')).toBe(coloured)
})

test('on a fresh clone nothing is wrong, and nothing is made', async () => {
  await using here = await place()

  const { status } = await here.run(COMMAND, { SANDBOX_PORT: '1', PORT: '2' })

  expect(status).toBe(0)
  expect(await readdir(here.folder)).toEqual([])
})

test('beside an app that runs in the sandbox it finds all of it', async () => {
  await using here = await place()
  const app = here.start({ HTTPS: 'self-signed' })
  await app.ready()

  const { status, stdout } = await here.run(COMMAND, {
    HTTPS: 'self-signed',
    PORT: String(here.port),
    SANDBOX_PORT: String(here.sandboxPort),
  })

  expect(stdout).toMatch(/^✓ What answers there /m)
  expect(stdout).toMatch(/^✓ 127\.0\.0\.1:\d+ +Answers/m)
  expect(stdout).toMatch(/^✓ Token keys /m)
  expect(stdout).toMatch(/ 0 wrong, 1 not known\n$/)
  expect(status).toBe(0)
})

test('an option that it does not know ends it with status 1 and one sentence', async () => {
  await using here = await place()

  const { status, stdout, stderr } = await here.run(COMMAND, {}, '--jason')

  expect(stderr).toMatch(/^The doctor cannot go on: .*--jason/)
  expect(stderr).not.toContain('    at ')
  expect(stdout).toBe('')
  expect(status).toBe(1)
})

function settingsOf(world: World): Record<string, string> {
  return variablesOf(world.sandbox, `${world.origin}/response`)
}

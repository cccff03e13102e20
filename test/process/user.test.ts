import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDatabase } from '../../src/database/database.ts'
import { freePort } from '../support/place.ts'

/** A user that the system does not know, as OpenShift gives each project. */
const UID = 1_000_650_000

/** A folder with the database of user 1000 and group 0, and our programs as another user without a home. */
async function volume() {
  const folder = await mkdtemp(join(tmpdir(), 'volume-'))
  const data = join(folder, 'data')
  const file = join(data, 'accounts.db')
  await mkdir(data)
  await (await openDatabase(`file:${file}`)).close()
  await Promise.all([chown(folder, UID, 0), chown(data, 1000, 0), chown(file, 1000, 0), chmod(data, 0o2770)])

  async function run(program: string, args: readonly string[], environment: Record<string, string>) {
    const { PATH = '' } = process.env
    const script = join(import.meta.dirname, '../../src', program)
    const child = spawn(process.execPath, [script, ...args], {
      cwd: folder,
      env: { PATH, ...environment },
      ...{ uid: UID, gid: 0 },
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += String(chunk)
        if (output.includes('Ready')) child.kill()
      })
    const [status] = (await once(child, 'close')) as [number | null]
    return { status, output }
  }
  return { file, run, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

// Only root may start programs as another user.
test.runIf(process.getuid?.() === 0).each([
  [0o660, 0, /Ready/],
  [0o664, 0, /Warning: Every user of this machine can read the database: EPERM[^]*Ready/],
  [0o640, 1, /EACCES[^\n]*accounts\.db'\. Give user 1000650000 read and write permission there/],
])('with a database of another user and mode %o the app ends with %i', async (mode, status, words) => {
  await using here = await volume()
  await chmod(here.file, mode)
  const ports = { PORT: String(await freePort()), SANDBOX_PORT: String(await freePort()) }

  const ended = await here.run('start.js', [], { DATABASE_URL: `file:${here.file}`, ...ports })

  expect(ended).toStrictEqual({ status, output: expect.stringMatching(words) as string })
  expect((await stat(here.file)).mode & 0o777).toBe(mode)
})

test.runIf(process.getuid?.() === 0)(
  'a command needs no home where DATABASE_URL is set, and says so elsewhere',
  async () => {
    await using here = await volume()
    await chmod(here.file, 0o660)

    const listed = await here.run('cli/start.js', ['accounts'], { DATABASE_URL: `file:${here.file}` })
    const homeless = await here.run('cli/start.js', ['accounts'], {})

    expect(listed).toStrictEqual({ status: 0, output: '' })
    expect(homeless).toStrictEqual({
      status: 1,
      output: expect.stringMatching(/no home folder\. Set HOME, or set DATABASE_URL/) as string,
    })
  },
)

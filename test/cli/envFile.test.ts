import { mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CLI, laptop } from './support.ts'

const TOKEN = /IGAA\w+/g

test('the token goes into a new file, which is its owner’s only, and not to the output', async () => {
  await using here = await laptop()

  const { status, stdout, stderr } = await here.login(['--env', '.env'])

  expect([status, stdout]).toStrictEqual([0, ''])
  expect(stderr).toContain('✓ INSTAGRAM_ACCESS_TOKEN is set in .env.')
  expect(stderr).not.toMatch(TOKEN)
  expect(await readFile(join(here.home, '.env'), 'utf8')).toMatch(/^INSTAGRAM_ACCESS_TOKEN=IGAA\w+\n$/)
  expect((await stat(join(here.home, '.env'))).mode & 0o777).toBe(0o600)
})

test('the name of the file is said without what would steer a terminal', async () => {
  await using here = await laptop()
  await here.login()

  const { status, stderr } = await here.run(['token', '--env', '\u001b[31mred'])

  expect([status, stderr]).toStrictEqual([0, '✓ INSTAGRAM_ACCESS_TOKEN is set in red.\n'])
})

test('programs are told the rest, as JSON without the token', async () => {
  await using here = await laptop()

  const { stdout } = await here.login(['--env', '.env', '--json'])

  expect(JSON.parse(stdout)).toMatchObject({ username: 'harbour.bakery', token_type: 'bearer' })
  expect(stdout).not.toMatch(TOKEN)
})

test.each([
  ['a comment, another and no end', '# mine\nA=1\nTOKEN=old\nB="x # y"', '# mine\nA=1\nTOKEN=…\nB="x # y"'],
  ['none of it yet, and no end', 'A=1', 'A=1\nTOKEN=…\n'],
  ['Windows’ ends', 'A=1\r\nTOKEN=old\r\n', 'A=1\r\nTOKEN=…\r\n'],
  ['Windows’ ends, and none of it yet', 'A=1\r\n', 'A=1\r\nTOKEN=…\r\n'],
  ['an export', 'export TOKEN=old # since May\nA=1\n', 'export TOKEN=…\nA=1\n'],
  ['blanks around', '  TOKEN = "old"\n', '  TOKEN =…\n'],
  ['it twice: the last one counts', 'TOKEN=a\nTOKEN=b\n', 'TOKEN=a\nTOKEN=…\n'],
  ['others that are called nearly so', 'MY_TOKEN=1\nTOKEN_2=2\n', 'MY_TOKEN=1\nTOKEN_2=2\nTOKEN=…\n'],
  ['a text of several lines with one like it', 'A="x\nTOKEN=1\ny"\n', 'A="x\nTOKEN=1\ny"\nTOKEN=…\n'],
  ['it over several lines', 'A=1\nTOKEN="old\nA=2\nend" # mine\nB=2\n', 'A=1\nTOKEN=…\nB=2\n'],
  ['it over several of Windows’ lines', "TOKEN='old\r\nend'\r\nA=1\r\n", 'TOKEN=…\r\nA=1\r\n'],
  ['an open quotation mark', 'TOKEN="old\nA=1\n', 'TOKEN=…\nA=1\n'],
  ['a colon', 'TOKEN: old\nA=1\n', 'TOKEN: …\nA=1\n'],
])('in a file with %s only its own line changes', async (_, before, after) => {
  await using here = await laptop()
  await here.login()
  const file = join(here.home, 'site.env')
  await writeFile(file, before, { mode: 0o640 })

  const { status } = await here.run(['token', '--env', 'site.env', '--name', 'TOKEN'])

  expect((await readFile(file, 'utf8')).replaceAll(TOKEN, '…')).toBe(after)
  expect((await stat(file)).mode & 0o777).toBe(0o640)
  expect(status).toBe(0)
})

test('a link stays one, and what it leads to is changed', async () => {
  await using here = await laptop()
  await here.login()
  await writeFile(join(here.home, 'kept'), 'A=1\n')
  await symlink('kept', join(here.home, 'site.env'))

  await here.run(['token', '--env', 'site.env'])

  expect(await readFile(join(here.home, 'kept'), 'utf8')).toMatch(/^A=1\nINSTAGRAM_ACCESS_TOKEN=IGAA/)
  expect((await readdir(here.home)).filter((name) => /kept|site/.test(name))).toStrictEqual([
    'kept',
    'site.env',
  ])
})

test('what a link leads to is made, where there is none yet', async () => {
  await using here = await laptop()
  await here.login()
  await mkdir(join(here.home, 'shared'))
  await symlink('shared/newest', join(here.home, 'site.env'))
  await symlink('kept', join(here.home, 'shared', 'newest'))

  await here.run(['token', '--env', 'site.env'])

  const kept = join(here.home, 'shared', 'kept')
  expect(await readFile(kept, 'utf8')).toMatch(/^INSTAGRAM_ACCESS_TOKEN=IGAA/)
  expect((await stat(kept)).mode & 0o777).toBe(0o600)
  expect(await readlink(join(here.home, 'site.env'))).toBe('shared/newest')
})

test.runIf(process.platform === 'linux')('a file that is for reading only stays as it is', async () => {
  // Root may write to it all the same, unless that is taken away.
  const asAnybody = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override'] : []
  await using here = await laptop({ command: ['env', ...asAnybody, process.execPath, CLI] })
  await here.login()
  const file = join(here.home, 'site.env')
  await writeFile(file, 'A=1\n', { mode: 0o444 })

  const { status, stderr } = await here.run(['token', '--env', 'site.env'])

  expect([status, await readFile(file, 'utf8')]).toStrictEqual([1, 'A=1\n'])
  expect(stderr).toContain('site.env cannot be written')
})

test('a file that cannot be written is named, and the account is kept', async () => {
  await using here = await laptop()

  const { status, stdout, stderr } = await here.login(['--env', 'missing/.env'])

  expect([status, stdout]).toStrictEqual([1, ''])
  expect(stderr).toContain('missing/.env cannot be written')
  expect((await here.run(['token'])).stdout).toMatch(TOKEN)
})

test.each([
  ['Latin-1', Buffer.from('NAME=Café\n', 'latin1')],
  ['UTF-16', Buffer.from('\uFEFFA=1\n', 'utf16le')],
])('a file in %s is named, and stays as it is', async (_, before) => {
  await using here = await laptop()
  await here.login()
  const file = join(here.home, 'site.env')
  await writeFile(file, before)

  const { status, stderr } = await here.run(['token', '--env', 'site.env'])

  expect([status, await readFile(file)]).toStrictEqual([1, before])
  expect(stderr).toContain('site.env cannot be read')
})

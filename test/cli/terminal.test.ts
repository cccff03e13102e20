import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { decide } from '../../src/sandbox/decide.ts'
import { attended, CLIENT_ID, laptop, SECRET } from './support.ts'

/** What the command asks for the secret by. */
const SECRET_WANTED = 'Instagram app secret (not shown): '

test('a terminal asks for what is missing, says where it is, and shows nothing of the secret', async () => {
  await using here = await laptop()
  const cli = here.start(['--no-open', '--port', String(here.port)], attended(), here.nothing)

  await cli.says(here.redirectUri)
  await cli.says('Instagram app ID: ')
  cli.types(`${CLIENT_ID}\r`)
  await cli.says(SECRET_WANTED)
  cli.types(`${SECRET}\r`)
  await here.visit(await decide(await cli.link()))

  const { status, stdout, stderr } = await cli.ended
  expect(stdout).toMatch(/^IGAA\S+\n$/)
  expect(stderr).toContain(CLIENT_ID)
  expect(stderr).not.toContain('canary')
  expect(status).toBe(0)
})

test('a secret that was typed does not come back by the arrow keys', async () => {
  await using here = await laptop()
  const cli = here.start(['--no-open'], { ...attended(), INSTAGRAM_CLIENT_SECRET: '' })
  await cli.says(SECRET_WANTED)
  cli.types(`${SECRET}\r`)
  const link = await cli.link()
  await cli.says('> ')

  cli.types('\u001b[A')
  cli.types(`\r${(await decide(link)).href}\r`)

  const { status, stderr } = await cli.ended
  expect(stderr).not.toContain('canary')
  expect(status).toBe(0)
})

test.each([
  ['an empty answer', '\r'],
  ['the end of what is typed', '\u0004'],
])('%s ends it', async (_, typed) => {
  await using here = await laptop()
  const cli = here.start([], { ...attended(), INSTAGRAM_CLIENT_ID: '' })
  await cli.says('Instagram app ID: ')

  cli.types(typed)

  const { status, stderr } = await cli.ended
  expect(stderr).toContain('without INSTAGRAM_CLIENT_ID there is no login')
  expect(status).toBe(1)
})

test.each([
  ['a question', { INSTAGRAM_CLIENT_ID: '' }, 'Instagram app ID: '],
  ['the way back', {}, '> '],
])('Ctrl-C that is typed at %s ends it with 130', async (_, environment, question) => {
  await using here = await laptop()
  const cli = here.start(['--no-open'], { ...attended(), ...environment })
  await cli.says(question)

  cli.types('\u0003')

  const { status, stdout, stderr } = await cli.ended
  expect([status, stdout]).toStrictEqual([130, ''])
  expect(stderr).not.toMatch(/ {4}at |✗/)
})

test('a person pastes at the prompt', async () => {
  await using here = await laptop()
  const cli = here.start(['--no-open'], attended())
  const link = await cli.link()
  await cli.says('> ')

  cli.types(`${(await decide(link)).href}\r`)

  const { status, stdout } = await cli.ended
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^IGAA/)])
})

test('the prompt goes away when the browser comes back', async () => {
  await using here = await laptop()
  const cli = here.start(['--no-open'], attended())
  const link = await cli.link()
  await cli.says('> ')

  await here.visit(await decide(link))

  const { status, stderr } = await cli.ended
  expect(stripVTControlCharacters(stderr)).toMatch(/\n> \r[^\n>]*✓ @harbour/)
  expect(status).toBe(0)
})

test('a browser that brings another login is told of above the prompt, which stays', async () => {
  await using here = await laptop()
  const cli = here.start(['--no-open'], attended())
  const link = await cli.link()
  await cli.says('> ')

  await here.visit(`${here.redirectUri}?code=a&state=b`)
  await cli.says(/✗[^]*> /)
  cli.types(`${(await decide(link)).href}\r`)

  expect((await cli.ended).status).toBe(0)
})

test('what is done meanwhile is said, and gone afterwards', async () => {
  await using here = await laptop()
  const cli = here.start(['--no-open'], attended())

  await here.visit(await decide(await cli.link()))

  const { stderr } = await cli.ended
  expect(stripVTControlCharacters(stderr)).toMatch(/\rAsking Instagram for the token …\r+✓ @harbour/)
  expect(stderr).toContain('instagram-access-token token @harbour.bakery')
})

test.runIf(process.platform === 'linux').each([
  ['opens', [], true],
  ['does not open, where that is not wanted,', ['--no-open'], false],
])('it %s the browser', async (_, options, opened) => {
  await using here = await laptop()
  const seen = join(here.home, 'seen')
  const browser = join(here.home, 'browser')
  await writeFile(browser, `#!/bin/sh\nprintf %s "$1" > ${seen}.draft && mv ${seen}.draft ${seen}\n`, {
    mode: 0o700,
  })
  const cli = here.start(options, { ...attended(), BROWSER: browser })

  const link = await cli.link()
  const opening = () => readFile(seen, 'utf8').catch(() => undefined)
  if (opened) await expect.poll(opening, { timeout: 10_000 }).toBe(link)
  await here.visit(await decide(link))

  expect((await cli.ended).status).toBe(0)
  expect(await opening()).toBe(opened ? link : undefined)
})

test.each([
  ['has colours', {}, true],
  ['with NO_COLOR has none', { NO_COLOR: '1' }, false],
])('a terminal %s', async (_, environment, coloured) => {
  await using here = await laptop()
  const cli = here.start(['--no-open'], { ...attended(), ...environment })
  await here.visit(await decide(await cli.link()))

  const { stderr } = await cli.ended

  expect(stderr.includes('\u001b[32m✓')).toBe(coloured)
  expect(stripVTControlCharacters(stderr)).toContain('✓ @harbour.bakery: a token')
})

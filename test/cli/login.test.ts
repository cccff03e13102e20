import { access, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, expect, test, vi } from 'vitest'
import { decide } from '../../src/sandbox/decide.ts'
import { CLIENT_ID, laptop, SECRET } from './support.ts'

const SCOPES = 'instagram_business_basic,instagram_business_content_publish'
const CTRL_C = '\u0003'
const CTRL_D = '\u0004'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

test('a person comes back to this machine, and the token goes alone to the output', async () => {
  await using here = await laptop()
  const cli = here.start([])

  const page = await here.visit(await decide(await cli.link()))

  expect([page.status, page.text]).toEqual([200, expect.stringContaining('@harbour.bakery is connected')])
  const { status, stdout, stderr } = await cli.ended
  expect(stdout).toMatch(/^IGAA\S+\n$/)
  expect(stderr).toMatch(/✓ Connected as @harbour\.bakery\n {2}This copy of the token works until .* \(in \d\d days\)/)
  expect(stderr).toMatch(/For a current token at any time, run:\n {2}instagram-access-token token @harbour\.bakery\n$/)
  for (const secret of [stdout.trim(), SECRET, '\u001b']) expect(page.text + stderr).not.toContain(secret)
  expect(status).toBe(0)
  const { mode } = await stat(here.user)
  expect(mode & 0o077).toBe(0)
  expect(await here.run(['token'])).toStrictEqual({ status: 0, stdout, stderr: '' })
})

test('the page at which a login ends needs no further request, and is not stored', async () => {
  await using here = await laptop()
  const cli = here.start([])

  const { text, headers } = await here.visit(await decide(await cli.link()))

  expect(text.match(/(?:src|href)="(?!data:)/g)).toBeNull()
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('referrer-policy')).toBe('no-referrer')
  expect(headers.get('content-security-policy')).toContain("default-src 'none'")
})

test('a browser that is reloaded while the login is finished gets the same page', async () => {
  await using here = await laptop()
  const cli = here.start([])
  const callback = await decide(await cli.link())

  const pages = await Promise.all([here.visit(callback), here.visit(callback)])

  expect(pages.map(({ status }) => status)).toStrictEqual([200, 200])
  expect((await cli.ended).status).toBe(0)
})

test('a program gets the token, its expiry, the ids and the permissions as JSON', async () => {
  await using here = await laptop()

  const { stdout } = await here.login(['login', '--json'], { as: 'creator' })

  expect(JSON.parse(stdout)).toStrictEqual({
    access_token: expect.stringMatching(/^IGAA/) as string,
    token_type: 'bearer',
    expires_in: expect.any(Number) as number,
    user_id: here.sandbox.testUsers.creator.userId,
    permissions: ['instagram_business_basic'],
    id: here.sandbox.testUsers.creator.id,
    username: 'mira.draws',
  })
})

test('a port that is in use is named, and a program can write the address of the page', async () => {
  await using here = await laptop()
  const other = createServer().listen(here.port, '127.0.0.1')
  await once(other, 'listening')
  const cli = here.start([])

  await cli.says(`Port ${here.port} is in use by another program`)
  cli.types(`\n${(await decide(await cli.link())).href}\n`)

  expect(await cli.ended).toMatchObject({ status: 0, stdout: expect.stringMatching(/^IGAA\S+\n$/) as string })
  other.close()
})

test('an app that is registered elsewhere, at any path, is finished by the pasted address', async () => {
  await using here = await laptop({ redirectUri: 'https://tokens.example/auth/instagram' })
  const cli = here.start([])

  cli.types(`${(await decide(await cli.link())).href}\n`)

  const { status, stdout } = await cli.ended
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^IGAA/)])
  expect((await here.run(['token', '@harbour.bakery'])).stdout).toBe(stdout)
  expect((await here.run(['accounts'])).stdout).toContain('harbour.bakery')
})

test('where the browser cannot come back, and nobody can paste, the login ends', async () => {
  await using here = await laptop({ redirectUri: 'https://tokens.example/response' })

  const { status, stdout, stderr } = await here.run([])

  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toContain('✗ No address was pasted')
})

test('an app whose address here is plain http needs no certificate', async () => {
  await using here = await laptop()
  await using site = await laptop({ redirectUri: `http://127.0.0.1:${here.port}/response` })

  const { status, stdout, stderr } = await site.login()

  expect([status, stdout]).toEqual([0, expect.stringMatching(/^IGAA/)])
  expect(stderr).not.toContain('certificate')
})

test('a person who cancels gets the reason, and a program gets it as JSON', async () => {
  await using here = await laptop()
  const cli = here.start(['--json'])

  const page = await here.visit(await decide(await cli.link(), { cancel: true }))

  expect([page.status, page.text]).toEqual([403, expect.stringContaining('You cancelled')])
  const { status, stdout, stderr } = await cli.ended
  expect(JSON.parse(stdout)).toMatchObject({
    error: { name: 'declined', message: expect.stringContaining('You cancelled') as string },
  })
  expect(stderr).toContain('✗ You cancelled')
  expect(status).toBe(1)
})

test('a wrong secret is explained, with what to do about it', async () => {
  await using here = await laptop()
  const cli = here.start([], { INSTAGRAM_CLIENT_SECRET: 'another-secret-marked-canary' })

  const page = await here.visit(await decide(await cli.link()))

  expect([page.status, page.text]).toEqual([502, expect.stringContaining('Instagram rejected')])
  const { status, stdout, stderr } = await cli.ended
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/✗ Instagram rejected.*\n.*\n {2}→ In Meta’s dashboard.*INSTAGRAM_CLIENT_SECRET/)
  expect(page.text + stderr).not.toContain('canary')
})

test('callbacks of another login, of nobody, and at other paths are refused, and the login goes on', async () => {
  await using here = await laptop()
  const cli = here.start([])
  const link = await cli.link()

  const pages = [
    await here.visit(`${here.redirectUri}?code=a&state=b`),
    await here.visit(here.redirectUri),
    await here.visit(`https://localhost:${here.port}/favicon.ico`),
    await here.visit(`https://localhost:${here.port}//`),
    await here.visit(await decide(link)),
  ]

  expect(pages.map(({ status }) => status)).toStrictEqual([403, 400, 404, 404, 200])
  expect((await cli.ended).stdout).toMatch(/^IGAA/)
})

test('a pasted text that is no callback of this login is explained, and the login goes on', async () => {
  await using here = await laptop()
  const cli = here.start([])
  const link = await cli.link()

  cli.types('https://www.instagram.com/oauth/authorize/error?message=Invalid+redirect_uri\n')
  await cli.says(/✗ [^]*redirect_uri/i)
  cli.types('Invalid platform app\n')
  await cli.says(/✗ [^]*app ID/i)
  cli.types('https://elsewhere.example/response?code=a&state=b\n')
  await cli.says(/✗ [^]*another site/i)
  cli.types('Something peculiar 4711\n')
  await cli.says(/✗ Message not recognized\n.*\n {2}→ Paste the whole address/)
  cli.types('localhost refused to connect\n')
  await cli.says('✗ Your browser can’t open the page')
  cli.types(`${(await decide(link)).href}\n`)

  const { status, stderr } = await cli.ended
  expect(status).toBe(0)
  expect(stderr).not.toMatch(/in the log|ask the person/)
})

test('an error of Instagram that the catalogue does not have is printed in Instagram’s words', async () => {
  await using here = await laptop()
  const body = '{"error_type":"New","code":400,"error_message":"Never seen"}'
  here.sandbox.answerNext('token', { status: 400, body })

  const { status, stderr } = await here.login()

  expect(stderr).toMatch(/✗ Instagram refused for an unknown reason\n[^]*answered 400, “Never seen”/)
  expect(status).toBe(1)
})

test('after ten minutes the login ends', async () => {
  await using here = await laptop()
  const { setTimeout } = globalThis
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((work: () => void, ms: number, ...rest: []) =>
    setTimeout(work, ms === 600_000 ? 1 : ms, ...rest)) as typeof setTimeout)

  const { status, stderr } = await here.start([]).ended

  expect(stderr).toContain('✗ This sign-in expired')
  expect(status).toBe(1)
})

test('where nobody can be asked, missing settings are named, and nothing is stored', async () => {
  await using here = await laptop()

  const { status, stdout, stderr } = await here.run([], {}, here.nothing)

  expect([status, stdout]).toStrictEqual([1, ''])
  expect(stderr).toMatch(/✗ Not a terminal: set INSTAGRAM_CLIENT_ID and INSTAGRAM_CLIENT_SECRET .*--sandbox/)
  await expect(access(here.user)).rejects.toThrow()
})

test('mistakes in the settings are named all at once, by their variables and without a value', async () => {
  await using here = await laptop()

  const { status, stderr } = await here.run([], { INSTAGRAM_GRAPH_URL: 'canary', TOKEN_KEYS: 'canary' })

  expect(status).toBe(1)
  expect(stderr).toMatch(/- INSTAGRAM_GRAPH_URL must be[^]*- TOKEN_KEYS must be/)
  expect(stderr).not.toMatch(/canary| {4}at /)
})

test('options go before the environment', async () => {
  await using here = await laptop()
  const options = ['--client-id', CLIENT_ID, '--client-secret', SECRET, '--port', String(here.port), '--scopes', SCOPES]
  const environment = { INSTAGRAM_CLIENT_SECRET: 'canary', INSTAGRAM_SCOPES: 'canary', PORT: '1' }
  const cli = here.start(options, environment, here.nothing)
  const link = await cli.link()

  await here.visit(await decide(link))

  expect(new URL(link).searchParams.get('redirect_uri')).toBe(here.redirectUri)
  expect(new URL(link).searchParams.get('scope')).toBe(SCOPES)
  expect((await cli.ended).status).toBe(0)
})

/** An Embed URL of Meta's dashboard. */
function embedUrl(redirect_uri: string): string {
  const query = { force_reauth: 'true', client_id: CLIENT_ID, redirect_uri, response_type: 'code', scope: SCOPES }
  return `https://www.instagram.com/oauth/authorize?${new URLSearchParams(query).toString()}`
}

test('what is not set comes from the Embed URL, and what is set is compared with it', async () => {
  await using here = await laptop()
  const set = { INSTAGRAM_CLIENT_SECRET: SECRET, INSTAGRAM_SCOPES: 'instagram_business_basic,likes' }
  const cli = here.start(['--embed-url', embedUrl(here.redirectUri)], set, here.nothing)
  const link = new URL(await cli.link())

  cli.signal('SIGINT')
  const { stderr } = await cli.ended

  expect(link.searchParams.get('client_id')).toBe(CLIENT_ID)
  expect(link.searchParams.get('redirect_uri')).toBe(here.redirectUri)
  expect(link.searchParams.get('scope')).toBe(set.INSTAGRAM_SCOPES)
  expect(stderr).toMatch(/! Embed URL: scopes: INSTAGRAM_SCOPES requests “likes”.*\n {2}→ Add the permission/)
  expect(stderr.match(/! Embed URL/g)).toHaveLength(1)
})

test('a text that is no Embed URL ends the login, and is not printed', async () => {
  await using here = await laptop()

  const { status, stdout, stderr } = await here.run(['--embed-url', 'canary'])

  expect([status, stdout]).toStrictEqual([1, ''])
  expect(stderr).toMatch(/Embed URL: It does not start with https/)
  expect(stderr).not.toContain('canary')
})

test('the sandbox needs no settings, and keeps its accounts apart', async () => {
  await using here = await laptop()
  const cli = here.start(['--sandbox'], {}, here.nothing)

  const page = await here.visit(await decide(await cli.link()))

  expect(page.text).toMatch(/<title>@harbour.bakery is connected[^]+Sandbox\./)
  const { status, stdout, stderr } = await cli.ended
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^IGAA/)])
  expect(stderr).toContain('instagram-access-token token @harbour.bakery --sandbox\n')
  expect(await here.run(['token', '--sandbox'], {}, here.nothing)).toStrictEqual({ status: 0, stdout, stderr: '' })
  const real = await here.run(['token'], {}, here.nothing)
  expect([real.status, real.stderr]).toEqual([1, expect.stringContaining('add --sandbox')])
  const logout = await here.run(['logout', '--sandbox', '--yes'], {}, here.nothing)
  expect(logout.stdout).toBe('Disconnected.\n')
})

test('a connection that a browser opens and never uses does not delay the end', async () => {
  await using here = await laptop()
  const cli = here.start([])
  const link = await cli.link()
  const unused = connect(here.port, '127.0.0.1')
  await once(unused, 'connect')
  const hungUp = once(unused, 'close')

  await here.visit(await decide(link))

  expect((await cli.ended).status).toBe(0)
  await hungUp
})

test('a terminal asks for what is missing, says where it is, and shows nothing of the secret', async () => {
  await using here = await laptop()
  const cli = here.sit(['--no-open', '--port', String(here.port)], {}, here.nothing)

  await cli.says(here.redirectUri)
  await cli.says('Instagram app ID')
  cli.types(`${CLIENT_ID}\r`)
  await cli.says('Instagram app secret (hidden)')
  cli.types(`${SECRET}\r`)
  await here.visit(await decide(await cli.link()))

  const { status, stdout, stderr } = await cli.ended
  expect(stdout).toMatch(/^IGAA\S+\n$/)
  expect(stderr).toContain(CLIENT_ID)
  expect(stderr).not.toContain('canary')
  expect(status).toBe(0)
})

test('the app ID of the last login is proposed, and its secret was not kept', async () => {
  await using here = await laptop()
  await here.login()
  const cli = here.sit(['--no-open'], { INSTAGRAM_CLIENT_ID: '', INSTAGRAM_CLIENT_SECRET: '' })
  await cli.says(CLIENT_ID)

  cli.types('\r')
  await cli.says('Instagram app secret')
  cli.types(`${SECRET}\r`)
  const link = new URL(await cli.link())

  expect(link.searchParams.get('client_id')).toBe(CLIENT_ID)
  for (const file of await readdir(here.user, { recursive: true, withFileTypes: true }))
    if (file.isFile()) expect(await readFile(join(file.parentPath, file.name), 'latin1')).not.toContain(SECRET)
})

test('an app ID or secret that cannot be one is asked for again, and an unusual secret is warned of', async () => {
  await using here = await laptop()
  const cli = here.sit(['--no-open', '--port', String(here.port)], {}, here.nothing)
  const CLEAR = '\x15'

  await cli.says('Instagram app ID')
  cli.types('abc\r')
  await cli.says(/It is not a number\.[^]*Instagram app ID/)
  cli.types(`${CLEAR}${CLIENT_ID}\r`)
  await cli.says('Instagram app secret (hidden)')
  cli.types('IGAAcanary\r')
  await cli.says('It looks like an access token.')
  cli.types(`${CLEAR}${SECRET}\r`)

  await cli.says('App secret format: It does not look like a Meta app secret: 32 digits and letters from a to f.')
  expect(new URL(await cli.link()).searchParams.get('client_id')).toBe(CLIENT_ID)
  expect(cli.output()).not.toContain('canary')
})

test('an empty answer ends the login with the name of the setting', async () => {
  await using here = await laptop()
  const cli = here.sit([], { INSTAGRAM_CLIENT_ID: '' })
  await cli.says('Instagram app ID')

  cli.types('\r')

  const { status, stderr } = await cli.ended
  expect(stderr).toContain('A login needs INSTAGRAM_CLIENT_ID.')
  expect(status).toBe(1)
})

test.each([
  ['Ctrl-C at a question', { INSTAGRAM_CLIENT_ID: '' }, 'Instagram app ID', CTRL_C],
  ['Ctrl-D at a question', { INSTAGRAM_CLIENT_SECRET: '' }, 'Instagram app secret', CTRL_D],
  ['Ctrl-C at the prompt for the address', {}, '> ', CTRL_C],
])('%s ends the login with 130', async (_, environment, question, key) => {
  await using here = await laptop()
  const cli = here.sit(['--no-open'], environment)
  await cli.says(question)

  cli.types(key)

  const { status, stdout, stderr } = await cli.ended
  expect([status, stdout]).toStrictEqual([130, ''])
  expect(stderr).not.toMatch(/ {4}at |✗/)
})

test('a person pastes at the prompt, which another login’s browser does not remove', async () => {
  await using here = await laptop()
  const cli = here.sit(['--no-open'])
  const link = await cli.link()
  await cli.says('> ')

  await here.visit(`${here.redirectUri}?code=a&state=b`)
  await cli.says(/✗[^]*> /)
  cli.types(`${(await decide(link)).href}\r`)

  expect(await cli.ended).toMatchObject({ status: 0, stdout: expect.stringMatching(/^IGAA/) as string })
})

test('the prompt is removed when the browser comes back, and so is what is said meanwhile', async () => {
  await using here = await laptop()
  const cli = here.sit(['--no-open'])
  const link = await cli.link()
  await cli.says('> ')

  await here.visit(await decide(link))

  const { stderr } = await cli.ended
  expect(stripVTControlCharacters(stderr)).toMatch(
    /> \r+(?:. Asking Instagram for the token …)+\r+✓ Connected as @harbour/,
  )
})

test.runIf(process.platform === 'linux').each([
  ['opens', [], true],
  ['does not open, if that is not wanted,', ['--no-open'], false],
])('a terminal %s the browser', async (_, options, opened) => {
  await using here = await laptop()
  const seen = join(here.home, 'seen')
  const browser = join(here.home, 'xdg-open')
  await writeFile(browser, `#!/bin/sh\nprintf %s "$1" > ${seen}.draft && mv ${seen}.draft ${seen}\n`, {
    mode: 0o700,
  })
  vi.stubEnv('BROWSER', browser)
  const cli = here.sit(options)
  const link = await cli.link()
  const opening = () => readFile(seen, 'utf8').catch(() => undefined)
  if (opened) await cli.says(`Press Enter to open ${new URL(link).host} in your browser`)
  cli.types('\r')

  if (opened) await expect.poll(opening, { timeout: 20_000 }).toBe(link)
  await here.visit(await decide(link))

  expect((await cli.ended).status).toBe(0)
  expect(await opening()).toBe(opened ? link : undefined)
})

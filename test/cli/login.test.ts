import { access, stat, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { decide } from '../../src/sandbox/decide.ts'
import { CLIENT_ID, laptop, SECRET } from './support.ts'

test('a person comes back to this machine, and the token goes alone to the output', async () => {
  await using here = await laptop()
  const cli = here.start([])

  const page = await here.visit(await decide(await cli.link()))

  expect([page.status, page.text]).toEqual([200, expect.stringContaining('@harbour.bakery is connected')])
  const { status, stdout, stderr } = await cli.ended
  expect(stdout).toMatch(/^IGAA\S+\n$/)
  expect(stderr).toMatch(/✓ @harbour\.bakery: a token good until .* \(in \d\d days\)/)
  for (const secret of [stdout.trim(), SECRET, '\u001b']) expect(page.text + stderr).not.toContain(secret)
  expect(status).toBe(0)
})

test('the page that closes the login needs nothing more, and keeps itself to itself', async () => {
  await using here = await laptop()
  const cli = here.start([])

  const { text, headers } = await here.visit(await decide(await cli.link()))

  expect(text.match(/(?:src|href)="(?!data:)/g)).toBeNull()
  expect(headers.get('cache-control')).toBe('no-store')
  expect(headers.get('referrer-policy')).toBe('no-referrer')
  expect(headers.get('content-security-policy')).toContain("default-src 'none'")
})

test('the account is kept for this user, and gives the token again', async () => {
  await using here = await laptop()
  const { stdout } = await here.login()

  const again = await here.run(['token'])

  expect(again).toStrictEqual({ status: 0, stdout, stderr: '' })
  const { mode } = await stat(here.user)
  expect(mode & 0o077).toBe(0)
})

test('programs get all of it as JSON', async () => {
  await using here = await laptop()

  const { stdout } = await here.login(['login', '--json'], { as: 'creator' })

  expect(JSON.parse(stdout)).toStrictEqual({
    access_token: expect.stringMatching(/^IGAA/) as string,
    token_type: 'bearer',
    expires_in: expect.any(Number) as number,
    user_id: here.sandbox.people.creator.userId,
    permissions: ['instagram_business_basic'],
    id: here.sandbox.people.creator.id,
    username: 'mira.draws',
  })
})

test('a person whose page did not load pastes its address', async () => {
  await using here = await laptop()
  const cli = here.start([])

  const callback = await decide(await cli.link())
  cli.types(`\n${callback.href}\n`)

  const { status, stdout } = await cli.ended
  expect(stdout).toMatch(/^IGAA\S+\n$/)
  expect(status).toBe(0)
})

test('where the port is in use it says so, and the pasted address does', async () => {
  await using here = await laptop()
  const other = createServer().listen(here.port, '127.0.0.1')
  await once(other, 'listening')
  const cli = here.start([])

  await cli.says(`Port ${here.port} is in use by another program`)
  cli.types(`${(await decide(await cli.link())).href}\n`)

  const { status, stdout } = await cli.ended
  expect(stdout).toMatch(/^IGAA/)
  expect(status).toBe(0)
  other.close()
})

test('an app that is registered elsewhere, at any path, is finished by the pasted address', async () => {
  await using here = await laptop({ redirectUri: 'https://tokens.example/auth/instagram' })
  const cli = here.start([])

  cli.types(`${(await decide(await cli.link())).href}\n`)

  const { status, stdout } = await cli.ended
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^IGAA/)])
  const token = await here.run(['token', '@harbour.bakery'])
  expect(token.stdout).toBe(stdout)
  const accounts = await here.run(['accounts'])
  expect(accounts.stdout).toContain('harbour.bakery')
})

test('where the browser cannot come back, and nobody can paste, it ends', async () => {
  await using here = await laptop({ redirectUri: 'https://tokens.example/response' })

  const { status, stdout, stderr } = await here.run([])

  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toContain('nobody pastes the address')
})

test('an app whose address here is plain http works as well', async () => {
  await using here = await laptop()
  await using site = await laptop({ redirectUri: `http://127.0.0.1:${here.port}/response` })

  const { status, stdout, stderr } = await site.login()

  expect([status, stdout]).toEqual([0, expect.stringMatching(/^IGAA/)])
  expect(stderr).not.toContain('certificate')
})

test('a person who says no is told so, and there is no token', async () => {
  await using here = await laptop()
  const cli = here.start([])

  const page = await here.visit(await decide(await cli.link(), { cancel: true }))

  expect([page.status, page.text]).toEqual([403, expect.stringContaining('You said no')])
  const { status, stdout, stderr } = await cli.ended
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toContain('✗ You said no')
})

test('a program is told as JSON that a person says no', async () => {
  await using here = await laptop()

  const { status, stdout } = await here.login(['--json'], { cancel: true })

  expect(JSON.parse(stdout)).toMatchObject({
    error: { name: 'declined', message: expect.stringContaining('You said no') as string },
  })
  expect(status).toBe(1)
})

test('a wrong secret is explained, with what to do about it', async () => {
  await using here = await laptop()
  const cli = here.start([], { INSTAGRAM_CLIENT_SECRET: 'another-secret-marked-canary' })

  const page = await here.visit(await decide(await cli.link()))

  expect([page.status, page.text]).toEqual([502, expect.stringContaining('Instagram refused')])
  const { status, stdout, stderr } = await cli.ended
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/✗ Instagram refused.*\n.*\n {2}→ In Meta’s dashboard.*INSTAGRAM_CLIENT_SECRET/)
  expect(page.text + stderr).not.toContain('canary')
})

test.each([
  ['another login', (uri: string) => `${uri}?code=a&state=b`, 403],
  ['nowhere', (uri: string) => uri, 400],
])('what comes from %s is turned away, and the login goes on', async (_, address, refused) => {
  await using here = await laptop()
  const cli = here.start([])
  const link = await cli.link()

  const foreign = await here.visit(address(here.redirectUri))
  const others = [
    await here.visit(`https://localhost:${here.port}/favicon.ico`),
    await here.visit(`https://localhost:${here.port}//`),
  ]
  const own = await here.visit(await decide(link))

  expect([foreign, ...others, own].map((page) => page.status)).toStrictEqual([refused, 404, 404, 200])
  expect((await cli.ended).stdout).toMatch(/^IGAA/)
})

test.each([
  ['https://www.instagram.com/oauth/authorize/error?message=Invalid+redirect_uri', 'redirect_uri'],
  ['Invalid platform app', 'app ID'],
  ['https://elsewhere.example/response?code=a&state=b', 'this app'],
])('who pastes “%s” is told what it means, and goes on', async (pasted, words) => {
  await using here = await laptop()
  const cli = here.start([])
  const link = await cli.link()

  cli.types(`${pasted}\n`)
  await cli.says(new RegExp(`✗ [^]*${words}`, 'i'))
  cli.types(`${(await decide(link)).href}\n`)

  expect((await cli.ended).status).toBe(0)
})

test('after ten minutes it ends', async () => {
  await using here = await laptop()
  const HASTE = `
    const { setTimeout } = globalThis
    globalThis.setTimeout = (work, ms, ...rest) => setTimeout(work, ms === 600_000 ? 300 : ms, ...rest)`
  const { status, stderr } = await here.start([], {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(HASTE)}`,
  }).ended

  expect(stderr).toContain('✗ That took more than ten minutes')
  expect(status).toBe(1)
})

test('where nobody can be asked, and nothing is set, it says what to set, and leaves nothing behind', async () => {
  await using here = await laptop()

  const { status, stdout, stderr } = await here.run([], {}, here.nothing)

  expect([status, stdout]).toStrictEqual([1, ''])
  expect(stderr).toMatch(/INSTAGRAM_CLIENT_ID and INSTAGRAM_CLIENT_SECRET must be set.*--sandbox/)
  await expect(access(here.user)).rejects.toThrow()
})

test('mistakes in the settings are named all at once, by their variables and without a value', async () => {
  await using here = await laptop()

  const { status, stderr } = await here.run([], { INSTAGRAM_GRAPH_URL: 'canary', TOKEN_KEYS: 'canary' })

  expect(status).toBe(1)
  expect(stderr).toMatch(/- INSTAGRAM_GRAPH_URL must be[^]*- TOKEN_KEYS must be/)
  expect(stderr).not.toMatch(/canary| {4}at /)
})

test('settings may stand in .env, and options go before them', async () => {
  await using here = await laptop()
  await writeFile(
    join(here.home, '.env'),
    `INSTAGRAM_CLIENT_ID=${CLIENT_ID}\nINSTAGRAM_CLIENT_SECRET=canary\nINSTAGRAM_SCOPES=instagram_business_basic\n`,
  )
  const SCOPES = 'instagram_business_basic,instagram_business_content_publish'
  const options = ['--client-secret', SECRET, '--port', String(here.port), '--scopes', SCOPES]
  const cli = here.start(options, {}, here.nothing)
  const link = await cli.link()

  await here.visit(await decide(link))

  expect(new URL(link).searchParams.get('redirect_uri')).toBe(here.redirectUri)
  expect(new URL(link).searchParams.get('scope')).toBe(SCOPES)
  expect((await cli.ended).status).toBe(0)
})

test('all of it can be tried in the sandbox, without any settings and without a trace', async () => {
  await using here = await laptop()
  const cli = here.start(['--sandbox'], {}, here.nothing)

  const page = await here.visit(await decide(await cli.link()))

  expect(page.text).toMatch(/<title>@harbour.bakery is connected[^]+Sandbox\./)
  const { status, stdout } = await cli.ended
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^IGAA/)])
  await expect(access(join(here.user, 'accounts.db'))).rejects.toThrow()
})

test('a connection that a browser opens and never uses does not keep it', async () => {
  await using here = await laptop()
  const cli = here.start([])
  const link = await cli.link()
  const unused = connect(here.port, '127.0.0.1')
  await once(unused, 'connect')
  const hungUp = once(unused, 'close')

  await here.visit(await decide(link))
  const started = performance.now()
  await Promise.all([cli.ended, hungUp])

  expect(performance.now() - started).toBeLessThan(10_000)
})

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it with 130, and nothing stays open', async (signal) => {
  await using here = await laptop()
  const cli = here.start([])
  await cli.link()

  cli.child.kill(signal)

  const { status, stdout } = await cli.ended
  expect([status, stdout]).toStrictEqual([130, ''])
  const next = createServer().listen(here.port, '127.0.0.1')
  await once(next, 'listening')
  next.close()
})

import { spawnSync } from 'node:child_process'
import { request } from 'undici'
import { expect, test } from 'vitest'
import { APP, ERROR_PAGE, startTestSandbox } from './support.ts'

test('every call of the app is recorded as it arrived', async () => {
  await using sandbox = await startTestSandbox()

  const code = await sandbox.allow()
  await sandbox.exchange(code)
  await sandbox.graph('/access_token', { access_token: 'x' })
  await sandbox.graph('/refresh_access_token', {})
  await sandbox.graph('/v26.0/me', { fields: 'id' }, { headers: { authorization: 'Bearer x' } })

  expect(sandbox.calls.map(({ endpoint }) => endpoint)).toEqual(['token', 'long_lived', 'refresh', 'me'])
  expect(sandbox.calls[0]).toMatchObject({
    method: 'POST',
    path: '/oauth/access_token',
    contentType: 'application/x-www-form-urlencoded;charset=UTF-8',
    query: [],
  })
  expect(sandbox.calls[0]?.fields.map(([name]) => name)).toEqual([
    'client_id',
    'client_secret',
    'grant_type',
    'redirect_uri',
    'code',
  ])
  expect(sandbox.calls[1]).toMatchObject({
    method: 'GET',
    query: [['access_token', 'x']],
    fields: [],
    body: '',
  })
  expect(sandbox.calls[3]).toMatchObject({ path: '/v26.0/me', headers: { authorization: 'Bearer x' } })
})

test('a field that was sent twice is recorded twice', async () => {
  await using sandbox = await startTestSandbox()

  await fetch(sandbox.tokenUrl, { method: 'POST', body: new URLSearchParams('code=1&code=2') })

  expect(sandbox.calls[0]?.fields).toEqual([
    ['code', '1'],
    ['code', '2'],
  ])
})

test('the next calls of an endpoint get the responses that a test has set, in order, and use no code up', async () => {
  await using sandbox = await startTestSandbox()
  const code = await sandbox.allow()
  sandbox.answerNext('token', { body: 'null' })
  sandbox.answerNext('token', {
    status: 302,
    contentType: 'text/html',
    headers: { location: '/elsewhere' },
    body: Buffer.from([0xff]),
  })
  sandbox.answerNext('me', { status: 500, body: '' })

  const first = await sandbox.exchange(code)
  const second = await request(sandbox.tokenUrl, { method: 'POST' })
  const third = await sandbox.exchange(code)

  expect([first.status, first.headers.get('content-type'), await first.text()]).toEqual([
    200,
    'application/json',
    'null',
  ])
  expect([second.statusCode, second.headers['location']]).toEqual([302, '/elsewhere'])
  expect(Buffer.from(await second.body.arrayBuffer())).toEqual(Buffer.from([0xff]))
  expect(third.status).toBe(200)
  expect((await sandbox.graph('/v26.0/me', {})).status).toBe(500)
  expect(sandbox.calls.map(({ endpoint }) => endpoint)).toEqual(['token', 'token', 'token', 'me'])
})

test('responses have the time of the sandbox’s clock', async () => {
  await using sandbox = await startTestSandbox()
  sandbox.pass(3_600_000)

  const response = await fetch(sandbox.origin)

  expect(response.headers.get('date')).toBe('Mon, 23 Nov 2026 13:00:00 GMT')
})

test('the connection is reset before the response', async () => {
  await using sandbox = await startTestSandbox()
  sandbox.answerNext('me', { fault: 'reset' })

  await expect(request(`${sandbox.graphUrl}/v26.0/me`)).rejects.toMatchObject({ code: 'ECONNRESET' })
})

test('the response is shorter than its Content-Length', async () => {
  await using sandbox = await startTestSandbox()
  sandbox.answerNext('token', { fault: 'truncated' })

  const response = await request(sandbox.tokenUrl, { method: 'POST' })

  expect(response.statusCode).toBe(200)
  await expect(response.body.text()).rejects.toThrow()
})

test('the response goes on until the caller leaves', async () => {
  await using sandbox = await startTestSandbox()
  sandbox.answerNext('picture', { fault: 'slow' })

  const response = await fetch(`${sandbox.origin}/pictures/creator.png`)
  const drops: string[] = []
  for await (const drop of response.body ?? []) {
    drops.push(Buffer.from(drop as Uint8Array).toString())
    if (drops.length === 3) break
  }

  expect(drops).toEqual([' ', ' ', ' '])
})

test('a body over the limit and a path that cannot be decoded get the JSON of the Graph API', async () => {
  await using sandbox = await startTestSandbox()

  const long = await fetch(sandbox.tokenUrl, { method: 'POST', body: 'x'.repeat(101 * 1024) })
  const malformed = await fetch(`${sandbox.origin}/%E0%A4%A/me`)

  expect([long.status, malformed.status]).toEqual([413, 400])
  for (const response of [long, malformed])
    expect(await response.json()).toMatchObject({ error: { type: 'OAuthException', code: 1 } })
})

test('pages are rendered where Express cannot resolve ejs', () => {
  // As with pnpm or Yarn PnP, where only the package that names a dependency can import it.
  const program = `
    import { registerHooks } from 'node:module'
    registerHooks({
      resolve(specifier, { parentURL = '' }, next) {
        if (specifier === 'ejs' && /node_modules.express./.test(parentURL)) throw new Error('not a dependency of Express')
        return next(...arguments)
      },
    })
    const { startSandbox } = await import('./src/sandbox/server.ts')
    const sandbox = await startSandbox({ port: 0, app: { clientId: '1', clientSecret: 's', redirectUris: [] } })
    const pages = await Promise.all(['/', '${ERROR_PAGE}?message=words'].map((path) => fetch(sandbox.origin + path)))
    console.log(pages.map(({ status, headers }) => status + ' ' + headers.get('content-type')).join())
    await sandbox.close()`

  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })

  expect(stderr).toBe('')
  expect(stdout).toBe('200 text/html; charset=utf-8,200 text/html; charset=utf-8\n')
})

test('a call gets no response until the sandbox closes', async () => {
  const sandbox = await startTestSandbox()
  sandbox.answerNext('refresh', { fault: 'hang' })
  const hanging = expect(fetch(`${sandbox.graphUrl}/refresh_access_token`)).rejects.toThrow()
  await expect.poll(() => sandbox.calls.length, { timeout: 20_000 }).toBe(1)

  await sandbox.close()

  await hanging
  await expect(fetch(sandbox.origin)).rejects.toThrow()
})

test('a sandbox on a port in use is refused', async () => {
  await using sandbox = await startTestSandbox()
  const port = Number(new URL(sandbox.origin).port)

  await expect(startTestSandbox({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('two sandboxes share nothing', async () => {
  await using one = await startTestSandbox()
  await using two = await startTestSandbox({ app: { ...APP, clientSecret: 'another' } })
  const code = await one.allow()
  two.setDialect({ envelope: 'data' })

  const foreign = await two.exchange(code, { client_secret: 'another' })
  const own = await one.exchange(code)

  expect(await foreign.text()).toContain('Matching code was not found')
  expect(await own.text()).toMatch(/^\{"access_token"/)
  expect(two.calls).toHaveLength(1)
})

test('pictures of users are PNG files of 160 × 160, and guests have one too', async () => {
  await using sandbox = await startTestSandbox()

  const picture = await fetch(`${sandbox.origin}/pictures/business.png`)
  const bytes = Buffer.from(await picture.arrayBuffer())

  expect(picture.headers.get('content-type')).toBe('image/png')
  expect(bytes.subarray(1, 4).toString()).toBe('PNG')
  expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([160, 160])
  expect((await fetch(`${sandbox.origin}/pictures/guest-1.png`)).status).toBe(200)
  for (const name of ['nobody', 'guest-0', 'post-1', '..%2Fviews%2Fhome'])
    expect((await fetch(`${sandbox.origin}/pictures/${name}.png`)).status).toBe(404)
})

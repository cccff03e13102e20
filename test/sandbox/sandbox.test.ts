import { request } from 'undici'
import { expect, test } from 'vitest'
import { APP, location, startBench } from './support.ts'

test('writes down every call as it arrived', async () => {
  await using bench = await startBench()

  const code = await bench.allow()
  await bench.exchange(code)
  await bench.graph('/access_token', { access_token: 'x' })
  await bench.graph('/refresh_access_token', {})
  await bench.graph('/v26.0/me', { fields: 'id' }, { headers: { authorization: 'Bearer x' } })

  expect(bench.calls.map(({ endpoint }) => endpoint)).toEqual(['token', 'long_lived', 'refresh', 'me'])
  expect(bench.calls[0]).toMatchObject({
    method: 'POST',
    path: '/oauth/access_token',
    contentType: 'application/x-www-form-urlencoded;charset=UTF-8',
    query: [],
  })
  expect(bench.calls[0]?.fields.map(([name]) => name)).toEqual([
    'client_id',
    'client_secret',
    'grant_type',
    'redirect_uri',
    'code',
  ])
  expect(bench.calls[1]).toMatchObject({
    method: 'GET',
    query: [['access_token', 'x']],
    fields: [],
    body: '',
  })
  expect(bench.calls[3]).toMatchObject({ path: '/v26.0/me', headers: { authorization: 'Bearer x' } })
})

test('does not take the browser of a person for the app', async () => {
  await using bench = await startBench()

  const page = await (await fetch(bench.authorizeAddress())).text()
  const [, picture = ''] = /<img src="([^"]+)"/.exec(page) ?? []
  const answer = await fetch(bench.origin + picture)

  expect(answer.headers.get('content-type')).toBe('image/png')
  expect(bench.calls).toEqual([])
})

test('shows a field that came twice twice', async () => {
  await using bench = await startBench()

  await fetch(bench.tokenUrl, { method: 'POST', body: new URLSearchParams('code=1&code=2') })

  expect(bench.calls[0]?.fields).toEqual([
    ['code', '1'],
    ['code', '2'],
  ])
})

test('gives a waiting answer to the next call of that endpoint, in turn, and uses no code up', async () => {
  await using bench = await startBench()
  const code = await bench.allow()
  bench.answerNext('token', { body: 'null' })
  bench.answerNext('token', {
    status: 302,
    contentType: 'text/html',
    headers: { location: '/elsewhere' },
    body: Buffer.from([0xff]),
  })
  bench.answerNext('me', { status: 500, body: '' })

  const first = await bench.exchange(code)
  const second = await request(bench.tokenUrl, { method: 'POST' })
  const third = await bench.exchange(code)

  expect([first.status, first.headers.get('content-type'), await first.text()]).toEqual([
    200,
    'application/json',
    'null',
  ])
  expect([second.statusCode, second.headers['location']]).toEqual([302, '/elsewhere'])
  expect(Buffer.from(await second.body.arrayBuffer())).toEqual(Buffer.from([0xff]))
  expect(third.status).toBe(200)
  expect((await bench.graph('/v26.0/me', {})).status).toBe(500)
  expect(bench.calls.map(({ endpoint }) => endpoint)).toEqual(['token', 'token', 'token', 'me'])
})

test('tears a connection down before the answer', async () => {
  await using bench = await startBench()
  bench.answerNext('me', { fault: 'reset' })

  await expect(request(`${bench.graphUrl}/v26.0/me`)).rejects.toMatchObject({ code: 'ECONNRESET' })
})

test('sends less than it promised', async () => {
  await using bench = await startBench()
  bench.answerNext('token', { fault: 'truncated' })

  const answer = await request(bench.tokenUrl, { method: 'POST' })

  expect(answer.statusCode).toBe(200)
  await expect(answer.body.text()).rejects.toThrow()
})

test('drips without end until the caller leaves', async () => {
  await using bench = await startBench()
  bench.answerNext('picture', { fault: 'slow' })

  const answer = await fetch(`${bench.origin}/pictures/creator.png`)
  const drops: string[] = []
  for await (const drop of answer.body ?? []) {
    drops.push(Buffer.from(drop as Uint8Array).toString())
    if (drops.length === 3) break
  }

  expect(drops).toEqual([' ', ' ', ' '])
})

test('leaves a call without an answer, and closing ends it', async () => {
  const bench = await startBench()
  bench.answerNext('refresh', { fault: 'hang' })
  const hanging = expect(fetch(`${bench.graphUrl}/refresh_access_token`)).rejects.toThrow()
  await expect.poll(() => bench.calls.length).toBe(1)

  await bench.close()

  await hanging
  await expect(fetch(bench.origin)).rejects.toThrow()
})

test('says so when its port is taken', async () => {
  await using bench = await startBench()
  const port = Number(new URL(bench.origin).port)

  await expect(startBench({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('keeps two sandboxes apart', async () => {
  await using one = await startBench()
  await using two = await startBench({ app: { ...APP, clientSecret: 'another' } })
  const code = await one.allow()
  two.speak({ envelope: 'data' })

  const foreign = await two.exchange(code, { client_secret: 'another' })
  const own = await one.exchange(code)

  expect(await foreign.text()).toContain('Matching code was not found')
  expect(await own.text()).toMatch(/^\{"access_token"/)
  expect(two.calls).toHaveLength(1)
})

test('shows pictures as PNG, and none of strangers', async () => {
  await using bench = await startBench()

  const picture = await fetch(`${bench.origin}/pictures/business.png`)
  const bytes = Buffer.from(await picture.arrayBuffer())

  expect(picture.headers.get('content-type')).toBe('image/png')
  expect(bytes.subarray(1, 4).toString()).toBe('PNG')
  expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([160, 160])
  expect((await fetch(`${bench.origin}/pictures/nobody.png`)).status).toBe(404)
})

test('says on its first page what it is and who lives here, and no secret', async () => {
  await using bench = await startBench()

  const page = await (await fetch(bench.origin)).text()
  const style = await fetch(`${bench.origin}/sandbox.css`)

  expect(page).toContain('not Instagram')
  expect(page).toContain('27640875392278831')
  expect(page).toContain(APP.redirectUris[0])
  expect(page).not.toContain(APP.clientSecret)
  expect(style.headers.get('content-type')).toContain('text/css')
})

test('never sends a person to an address that is not registered', async () => {
  await using bench = await startBench()

  for (const redirect_uri of [
    'https://evil.example/',
    'https://localhost:3000/response@evil.example',
    '//evil.example',
  ]) {
    const answer = await bench.decide([['decision', 'cancel']], bench.authorizeAddress({ redirect_uri }))
    expect(location(answer)).toMatch(/^\/oauth\/authorize\/third_party\/error\/\?/)
  }
})

import { expect, test } from 'vitest'
import { APP, BASIC, HOUR_MS, PUBLISH, REDIRECT_URI, startBench } from './support.ts'

const NOT_IDENTICAL =
  'Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request'

test('exchanges a code for a token, with a bare id past 2^53, no token_type and no expires_in', async () => {
  await using bench = await startBench()

  const answer = await bench.exchange(await bench.allow())
  const text = await answer.text()

  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toContain('application/json')
  expect(text).toMatch(
    new RegExp(
      `^\\{"access_token": "IGAA[A-Za-z0-9]{160,180}", "user_id": 27640875392278831, "permissions": \\["${BASIC}","${PUBLISH}"\\]\\}$`,
    ),
  )
})

test('gives ids that a careless reader changes', async () => {
  await using bench = await startBench()

  for (const person of ['business', 'creator']) {
    const text = await (await bench.exchange(await bench.allow(person))).text()
    const [, id = ''] = /"user_id": (\d{17}),/.exec(text) ?? []

    expect(id).toMatch(/[13579]$/)
    expect(String(Number(id))).not.toBe(id)
  }
})

test('speaks each of the eight current spellings', async () => {
  await using bench = await startBench()

  for (const envelope of ['flat', 'data'] as const) {
    for (const permissions of ['array', 'string'] as const) {
      for (const userId of ['number', 'string'] as const) {
        bench.speak({ envelope, permissions, userId })
        const text = await (await bench.exchange(await bench.allow())).text()

        expect(text.startsWith('{"data": [{')).toBe(envelope === 'data')
        expect(text.includes(`["${BASIC}","${PUBLISH}"]`)).toBe(permissions === 'array')
        expect(text.includes(`"${BASIC},${PUBLISH}"`)).toBe(permissions === 'string')
        expect(text.includes(userId === 'number' ? ': 27640875392278831,' : '"27640875392278831"')).toBe(true)
      }
    }
  }
})

test('speaks the classic answer with a user object', async () => {
  await using bench = await startBench()
  bench.speak({ generation: 'classic' })

  const answer = await bench.exchange(await bench.allow())

  expect(await answer.json()).toEqual({
    access_token: expect.stringMatching(/^1574083\.[0-9a-f]{7}\.[0-9a-f]{32}$/) as string,
    user: {
      username: 'harbour.bakery',
      bio: expect.any(String) as string,
      website: expect.any(String) as string,
      profile_picture: `${bench.origin}/pictures/business.png`,
      full_name: 'Harbour Bakery',
      id: '1574083',
    },
  })
})

test('takes a multipart form, as curl -F sends it', async () => {
  await using bench = await startBench()
  const body = new FormData()
  const fields = rightFields(await bench.allow())
  for (const [name, value] of Object.entries(fields)) body.append(name, value)

  const answer = await fetch(bench.tokenUrl, { method: 'POST', body })

  expect(answer.status).toBe(200)
  expect(bench.calls.at(-1)?.contentType).toMatch(/^multipart\/form-data; boundary=/)
  expect(bench.calls.at(-1)?.fields).toEqual(Object.entries(fields))
})

test('refuses a code the second time', async () => {
  await using bench = await startBench()
  const code = await bench.allow()
  await bench.exchange(code)

  const answer = await bench.exchange(code)

  expect(await refusalOf(answer)).toBe('This authorization code has been used')
})

test('takes a code for an hour and no longer', async () => {
  await using bench = await startBench()
  const [first, second] = [await bench.allow(), await bench.allow()]

  bench.pass(HOUR_MS - 1000)
  const inTime = await bench.exchange(first)
  bench.pass(1000)
  const late = await bench.exchange(second)

  expect(inTime.status).toBe(200)
  expect(await refusalOf(late)).toBe('This authorization code has expired')
})

test.for<[string, Record<string, string | undefined>, string]>([
  ['an unknown client', { client_id: '1' }, 'Invalid platform app'],
  ['a wrong secret', { client_secret: 'wrong' }, NOT_IDENTICAL],
  ['another redirect URI', { redirect_uri: `${REDIRECT_URI}/` }, NOT_IDENTICAL],
  ['another registered redirect URI', { redirect_uri: 'https://other.example/back?kept=1' }, NOT_IDENTICAL],
  ['another grant type', { grant_type: 'refresh_token' }, 'Invalid grant_type'],
  ['no client id', { client_id: undefined }, 'Missing required field client_id'],
  ['no secret', { client_secret: undefined }, 'Missing required field client_secret'],
  ['no grant type', { grant_type: undefined }, 'Missing required field grant_type'],
  ['no redirect URI', { redirect_uri: undefined }, 'Missing required field redirect_uri'],
  ['no code', { code: undefined }, 'Missing required field code'],
  ['an empty code', { code: '' }, 'Missing required field code'],
  ['a made-up code', { code: 'dummy' }, 'Invalid authorization code'],
  [
    'a made-up code whatever the secret',
    { code: 'dummy', client_secret: 'wrong' },
    'Invalid authorization code',
  ],
  ['an unknown code', { code: `AQ${'x'.repeat(238)}` }, 'Matching code was not found or was already used'],
])('refuses %s, and the code stays good', async ([, change, message]) => {
  await using bench = await startBench()
  const code = await bench.allow()

  const refused = await bench.exchange(code, change)
  const accepted = await bench.exchange(code)

  expect(await refusalOf(refused)).toBe(message)
  expect(accepted.status).toBe(200)
})

test('refuses a code with #_ at its end', async () => {
  await using bench = await startBench()

  const answer = await bench.exchange(`${await bench.allow()}#_`)

  expect(await refusalOf(answer)).toBe('Matching code was not found or was already used')
})

test.for(['application/json', 'text/plain', 'multipart/form-data'])(
  'finds no fields in a body of type %s',
  async (contentType) => {
    await using bench = await startBench()
    const body = JSON.stringify(rightFields(await bench.allow()))

    const answer = await fetch(bench.tokenUrl, {
      method: 'POST',
      body,
      headers: { 'content-type': contentType },
    })

    expect(await refusalOf(answer)).toBe('Missing required field client_id')
  },
)

test('finds no fields in a form that says nothing of its type', async () => {
  await using bench = await startBench()
  const form = new URLSearchParams(rightFields(await bench.allow())).toString()

  const answer = await fetch(bench.tokenUrl, { method: 'POST', body: Buffer.from(form) })

  expect(bench.calls.at(-1)).toMatchObject({ contentType: undefined, fields: [], body: form })
  expect(await refusalOf(answer)).toBe('Missing required field client_id')
})

test('finds no fields in the query', async () => {
  await using bench = await startBench()
  const query = new URLSearchParams(rightFields(await bench.allow())).toString()

  const answer = await fetch(`${bench.tokenUrl}?${query}`, { method: 'POST' })

  expect(await refusalOf(answer)).toBe('Missing required field client_id')
})

test('answers a request with cookies by a page', async () => {
  await using bench = await startBench()

  const answer = await fetch(bench.tokenUrl, {
    method: 'POST',
    body: new URLSearchParams(rightFields(await bench.allow())),
    headers: { cookie: 'sessionid=1' },
  })

  expect(answer.status).toBe(403)
  expect(answer.headers.get('content-type')).toContain('text/html')
})

test('refuses a GET', async () => {
  await using bench = await startBench()

  expect(await refusalOf(await fetch(bench.tokenUrl))).toBe('Unsupported request - method type: get')
})

function rightFields(code: string): Record<string, string> {
  return {
    client_id: APP.clientId,
    client_secret: APP.clientSecret,
    grant_type: 'authorization_code',
    redirect_uri: REDIRECT_URI,
    code,
  }
}

/** The message of a refusal that has the shape of api.instagram.com, and nothing more. */
async function refusalOf(answer: Response): Promise<string> {
  const body = (await answer.json()) as { error_message: string }
  expect(answer.status).toBe(400)
  expect(body).toEqual({ error_type: 'OAuthException', code: 400, error_message: body.error_message })
  return body.error_message
}

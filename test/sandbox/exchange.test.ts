import { expect, test } from 'vitest'
import { HOUR_MS } from '../../src/facts.ts'
import { BASIC, exchangeFields, PUBLISH, REDIRECT_URI, sharedSandbox, startTestSandbox } from './support.ts'

const NOT_IDENTICAL =
  'Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request'

const sandbox = await sharedSandbox()

test('a code is exchanged for a token, with a bare id past 2^53, no token_type and no expires_in', async () => {
  const response = await sandbox.exchange(await sandbox.allow())
  const text = await response.text()

  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toContain('application/json')
  expect(text).toMatch(
    new RegExp(
      `^\\{"access_token": "IGAA[A-Za-z0-9]{160,180}", "user_id": 27640875392278831, "permissions": \\["${BASIC}","${PUBLISH}"\\]\\}$`,
    ),
  )
})

test('the ids change when they are read as JavaScript numbers', async () => {
  for (const user of ['business', 'creator']) {
    const text = await (await sandbox.exchange(await sandbox.allow(user))).text()
    const [, id = ''] = /"user_id": (\d{17}),/.exec(text) ?? []

    expect(id).toMatch(/[13579]$/)
    expect(String(Number(id))).not.toBe(id)
  }
})

test('a test can set each of the eight current dialects', async () => {
  await using sandbox = await startTestSandbox()

  for (const envelope of ['flat', 'data'] as const) {
    for (const permissions of ['array', 'string'] as const) {
      for (const userId of ['number', 'string'] as const) {
        sandbox.setDialect({ envelope, permissions, userId })
        const text = await (await sandbox.exchange(await sandbox.allow())).text()

        expect(text.startsWith('{"data": [{')).toBe(envelope === 'data')
        expect(text.includes(`["${BASIC}","${PUBLISH}"]`)).toBe(permissions === 'array')
        expect(text.includes(`"${BASIC},${PUBLISH}"`)).toBe(permissions === 'string')
        expect(text.includes(userId === 'number' ? ': 27640875392278831,' : '"27640875392278831"')).toBe(true)
      }
    }
  }
})

test('a test can set the classic dialect, with a user object', async () => {
  await using sandbox = await startTestSandbox()
  sandbox.setDialect({ generation: 'classic' })

  const response = await sandbox.exchange(await sandbox.allow())

  expect(await response.json()).toEqual({
    access_token: expect.stringMatching(/^1574083\.[0-9a-f]{7}\.[0-9a-f]{32}$/) as string,
    user: {
      username: 'harbour.bakery',
      bio: expect.any(String) as string,
      website: expect.any(String) as string,
      profile_picture: `${sandbox.origin}/pictures/business.png`,
      full_name: 'Harbour Bakery',
      id: '1574083',
    },
  })
})

test('an app may send a multipart form, as curl -F does', async () => {
  const body = new FormData()
  const fields = exchangeFields(await sandbox.allow())
  for (const [name, value] of Object.entries(fields)) body.append(name, value)

  const response = await fetch(sandbox.tokenUrl, { method: 'POST', body })

  expect(response.status).toBe(200)
  expect(sandbox.calls.at(-1)?.contentType).toMatch(/^multipart\/form-data; boundary=/)
  expect(sandbox.calls.at(-1)?.fields).toEqual(Object.entries(fields))
})

test('a code is refused the second time', async () => {
  const code = await sandbox.allow()
  await sandbox.exchange(code)

  const response = await sandbox.exchange(code)

  expect(await errorOf(response)).toBe('This authorization code has been used')
})

test('a code lasts an hour and no longer', async () => {
  await using sandbox = await startTestSandbox()
  const [first, second] = [await sandbox.allow(), await sandbox.allow()]

  sandbox.pass(HOUR_MS - 1000)
  const inTime = await sandbox.exchange(first)
  sandbox.pass(1000)
  const late = await sandbox.exchange(second)

  expect(inTime.status).toBe(200)
  expect(await errorOf(late)).toBe('This authorization code has expired')
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
  ['a made-up code whatever the secret', { code: 'dummy', client_secret: 'wrong' }, 'Invalid authorization code'],
  ['an unknown code', { code: `AQ${'x'.repeat(238)}` }, 'Matching code was not found or was already used'],
])('an exchange with %s is refused, and the code stays good', async ([, change, message]) => {
  const code = await sandbox.allow()

  const refused = await sandbox.exchange(code, change)
  const accepted = await sandbox.exchange(code)

  expect(await errorOf(refused)).toBe(message)
  expect(accepted.status).toBe(200)
})

test('a code with #_ at its end is refused', async () => {
  const response = await sandbox.exchange(`${await sandbox.allow()}#_`)

  expect(await errorOf(response)).toBe('Matching code was not found or was already used')
})

test.for(['application/json', 'text/plain', 'multipart/form-data'])(
  'a body of type %s has no fields',
  async (contentType) => {
    const body = JSON.stringify(exchangeFields(await sandbox.allow()))

    const response = await fetch(sandbox.tokenUrl, {
      method: 'POST',
      body,
      headers: { 'content-type': contentType },
    })

    expect(await errorOf(response)).toBe('Missing required field client_id')
  },
)

test('a form without a content type has no fields', async () => {
  const form = new URLSearchParams(exchangeFields(await sandbox.allow())).toString()

  const response = await fetch(sandbox.tokenUrl, { method: 'POST', body: Buffer.from(form) })

  expect(sandbox.calls.at(-1)).toMatchObject({ contentType: undefined, fields: [], body: form })
  expect(await errorOf(response)).toBe('Missing required field client_id')
})

test('fields in the query do not count', async () => {
  const query = new URLSearchParams(exchangeFields(await sandbox.allow())).toString()

  const response = await fetch(`${sandbox.tokenUrl}?${query}`, { method: 'POST' })

  expect(await errorOf(response)).toBe('Missing required field client_id')
})

test('an exchange with cookies gets a page', async () => {
  const response = await fetch(sandbox.tokenUrl, {
    method: 'POST',
    body: new URLSearchParams(exchangeFields(await sandbox.allow())),
    headers: { cookie: 'sessionid=1' },
  })

  expect(response.status).toBe(403)
  expect(response.headers.get('content-type')).toContain('text/html')
  expect(await response.text()).toContain('like a browser’s')
})

test('a GET is refused', async () => {
  expect(await errorOf(await fetch(sandbox.tokenUrl))).toBe('Unsupported request - method type: get')
})

/** The message of an error that has the shape of api.instagram.com, and nothing more. */
async function errorOf(response: Response): Promise<string> {
  const body = (await response.json()) as { error_message: string }
  expect(response.status).toBe(400)
  expect(body).toEqual({ error_type: 'OAuthException', code: 400, error_message: body.error_message })
  return body.error_message
}

import { expect, test } from 'vitest'
import { person } from '../support/person.ts'
import { findingsOn, sharedSite, startSite } from './support.ts'

const WRONG_SECRET = { INSTAGRAM_CLIENT_SECRET: 'b7d1f0c2a95e4c6e8d3a1f7c5e902b46' }

const site = await sharedSite()
const { sandbox } = site.world
const connected = await sharedSite()
await person(connected.world).login()

test('a made-up code shows that Instagram knows the app, and nothing about the secret', async () => {
  const right = await site.examine()
  const wrong = await site.examine(WRONG_SECRET)

  for (const findings of [right, wrong]) {
    expect(findingsOn('App ID', findings)).toEqual([
      { outcome: 'ok', says: 'Instagram knows it. Its answer to a made-up code: “Invalid authorization code”.' },
    ])
    expect(findingsOn('App secret', findings)).toMatchObject([
      { outcome: 'unknown', says: expect.stringContaining('no valid token') as string },
    ])
  }
})

test.each(['Invalid redirect_uri', 'Redirect URI does not match registered redirect URI'])(
  'the response “%s” means that the redirect URI is not registered',
  async (message) => {
    sandbox.answerNext('token', { status: 400, body: exchangeError(message) })

    const findings = await site.examine()

    expect(findingsOn('Redirect URI at Instagram', findings)).toMatchObject([
      { outcome: 'wrong', says: expect.stringContaining(message) as string },
    ])
    expect(findingsOn('App ID', findings)).toMatchObject([{ outcome: 'ok' }])
  },
)

test.each([
  'This authorization code has been used',
  'Matching code was not found or was already used.',
  'Error validating verification code. Please make sure your redirect_uri is identical',
  'Insufficient developer role',
])('the response “%s” shows that Instagram knows the app', async (message) => {
  sandbox.answerNext('token', { status: 400, body: exchangeError(message) })

  expect(findingsOn('App ID', await site.examine())).toMatchObject([{ outcome: 'ok' }])
})

test.each([
  [{ status: 400, body: exchangeError('Please wait') }, 'Instagram says “Please wait”, which is inconclusive.'],
  [{ status: 403, contentType: 'text/html', body: '<html>' }, 'Instagram answered 403 without a message.'],
  [{ status: 503, body: '' }, 'Instagram answered 503 without a message.'],
  [{ fault: 'reset' }, 'Instagram did not answer.'],
] as const)('after an inconclusive response the app ID is unknown: %j', async (response, says) => {
  sandbox.answerNext('token', response)

  expect(findingsOn('App ID', await site.examine())).toMatchObject([{ outcome: 'unknown', says }])
})

test('a message of Instagram cannot control the terminal, and is shortened', async () => {
  sandbox.answerNext('token', {
    status: 400,
    body: exchangeError(`\u001b[31mred\u0007${' far'.repeat(100)}`),
  })

  const [finding] = findingsOn('App ID', await site.examine())

  expect(finding?.says).toMatch(/^[^\p{C}]*$/u)
  expect(finding?.says.length).toBeLessThan(300)
})

test('a stored token shows whether the secret is right', async () => {
  const right = await connected.examine()
  const wrong = await connected.examine(WRONG_SECRET)

  expect(findingsOn('App secret', right)).toEqual([
    { outcome: 'ok', says: 'Instagram accepts it with a stored token.' },
  ])
  expect(findingsOn('App secret', wrong)).toMatchObject([
    { outcome: 'wrong', says: expect.stringContaining('“Error validating client secret.”') as string },
  ])
  expect(JSON.stringify([right, wrong])).not.toMatch(/IGAA|canary|c1ient/)
})

test('with no valid token the secret is unknown', async () => {
  connected.world.sandbox.answerNext('long_lived', {
    status: 400,
    body: graphError('Error validating access token: gone'),
  })

  expect(findingsOn('App secret', await connected.examine())).toMatchObject([
    { outcome: 'unknown', says: expect.stringContaining('could not be checked') as string },
  ])
})

test('an invalid token is skipped for a valid one', async () => {
  await using own = await startSite()
  const { sandbox: instagram, database } = own.world
  await person(own.world).login({ as: 'creator' })
  await person(own.world).login({ as: 'business' })
  await database.query(
    "UPDATE accounts SET due_at = (SELECT MAX(due_at) FROM accounts) + 1 WHERE username = 'harbour.bakery'",
  )
  const before = instagram.calls.length
  instagram.answerNext('long_lived', {
    status: 400,
    body: graphError('Error validating access token: gone'),
  })

  const findings = await own.examine()

  expect(findingsOn('App secret', findings)).toMatchObject([{ outcome: 'ok' }])
  const calls = instagram.calls.slice(before).filter(({ endpoint }) => endpoint === 'long_lived')
  expect(calls).toHaveLength(2)
})

function exchangeError(error_message: string): string {
  return JSON.stringify({ error_type: 'OAuthException', code: 400, error_message })
}

function graphError(message: string): string {
  return JSON.stringify({ error: { message, type: 'OAuthException', code: 190 } })
}

import { expect, test } from 'vitest'
import { person } from '../support/person.ts'
import { linesOn, startPatient } from './support.ts'

test('to a made-up code Instagram shows that it knows the app', async () => {
  await using patient = await startPatient()

  const lines = await patient.examine()

  expect(linesOn('App ID', lines)).toEqual([
    { outcome: 'ok', says: 'Instagram knows it: to a made-up code it says “Invalid authorization code”.' },
  ])
})

test('a made-up code tells nothing of the secret, and that is said', async () => {
  await using patient = await startPatient()

  const right = await patient.examine()
  const wrong = await patient.examine({ INSTAGRAM_CLIENT_SECRET: 'b7d1f0c2a95e4c6e8d3a1f7c5e902b46' })

  for (const lines of [right, wrong])
    expect(linesOn('App secret', lines)).toMatchObject([
      { outcome: 'unknown', says: expect.stringContaining('no living token') as string },
    ])
})

test.each([
  ['Invalid redirect_uri', 'Redirect URI at Instagram'],
  ['Redirect URI does not match registered redirect URI', 'Redirect URI at Instagram'],
])('“%s” is wrong', async (message, name) => {
  await using patient = await startPatient()
  patient.world.sandbox.answerNext('token', { status: 400, body: refusal(message) })

  const lines = await patient.examine()

  expect(linesOn(name, lines)).toMatchObject([
    { outcome: 'wrong', says: expect.stringContaining(message) as string },
  ])
  expect(linesOn('App ID', lines)).toMatchObject([{ outcome: 'ok' }])
})

test.each([
  'This authorization code has been used',
  'Matching code was not found or was already used.',
  'Error validating verification code. Please make sure your redirect_uri is identical',
  'Insufficient developer role',
])('“%s” shows that Instagram knows the app', async (message) => {
  await using patient = await startPatient()
  patient.world.sandbox.answerNext('token', { status: 400, body: refusal(message) })

  const lines = await patient.examine()

  expect(linesOn('App ID', lines)).toMatchObject([{ outcome: 'ok' }])
})

test.each([
  [{ status: 400, body: refusal('Please wait') }, 'Instagram says “Please wait”, which tells nothing.'],
  [{ status: 403, contentType: 'text/html', body: '<html>' }, 'Instagram answered 403, without words.'],
  [{ status: 503, body: '' }, 'Instagram answered 503, without words.'],
  [{ fault: 'reset' }, 'Instagram did not answer.'],
] as const)('an answer that tells nothing leaves the app ID open: %j', async (answer, says) => {
  await using patient = await startPatient()
  patient.world.sandbox.answerNext('token', answer)

  const lines = await patient.examine()

  expect(linesOn('App ID', lines)).toMatchObject([{ outcome: 'unknown', says }])
})

test('words of Instagram cannot steer the terminal, and are cut', async () => {
  await using patient = await startPatient()
  patient.world.sandbox.answerNext('token', {
    status: 400,
    body: refusal(`\u001b[31mred\u0007${' far'.repeat(100)}`),
  })

  const [line] = linesOn('App ID', await patient.examine())

  expect(line?.says).toMatch(/^[^\p{C}]*$/u)
  expect(line?.says.length).toBeLessThan(300)
})

test('a stored token tells that the secret is right', async () => {
  await using patient = await startPatient()
  await person(patient.world).login()

  const lines = await patient.examine()

  expect(linesOn('App secret', lines)).toEqual([
    { outcome: 'ok', says: 'Instagram accepts it together with a stored token.' },
  ])
})

test('a stored token tells that the secret is wrong', async () => {
  await using patient = await startPatient()
  await person(patient.world).login()

  const lines = await patient.examine({ INSTAGRAM_CLIENT_SECRET: 'b7d1f0c2a95e4c6e8d3a1f7c5e902b46' })

  expect(linesOn('App secret', lines)).toMatchObject([
    { outcome: 'wrong', says: expect.stringContaining('“Error validating client secret.”') as string },
  ])
})

test('a dead token is passed over for one that is alive', async () => {
  await using patient = await startPatient()
  await person(patient.world).login({ as: 'creator' })
  await person(patient.world).login({ as: 'business' })
  await patient.world.database.run(
    "UPDATE accounts SET due_at = (SELECT MAX(due_at) FROM accounts) + 1 WHERE username = 'harbour.bakery'",
  )
  patient.world.sandbox.revoke('business')
  patient.world.sandbox.answerNext('long_lived', {
    status: 400,
    body: graphRefusal('Error validating access token: gone'),
  })

  const lines = await patient.examine()

  expect(linesOn('App secret', lines)).toMatchObject([{ outcome: 'ok' }])
  expect(patient.world.sandbox.calls.filter(({ endpoint }) => endpoint === 'long_lived')).toHaveLength(4)
})

test('where every stored token is dead the secret stays open', async () => {
  await using patient = await startPatient()
  await person(patient.world).login()
  patient.world.sandbox.answerNext('long_lived', {
    status: 400,
    body: graphRefusal('Error validating access token: gone'),
  })

  const lines = await patient.examine()

  expect(linesOn('App secret', lines)).toMatchObject([
    { outcome: 'unknown', says: expect.stringContaining('leaves the secret open') as string },
  ])
})

test('neither tokens nor secrets are in any line', async () => {
  await using patient = await startPatient()
  await person(patient.world).login()

  const lines = await patient.examine({ INSTAGRAM_CLIENT_SECRET: 'another-secret-marked-canary' })

  expect(JSON.stringify(lines)).not.toMatch(/IGAA|canary|c1ient/)
})

function refusal(error_message: string): string {
  return JSON.stringify({ error_type: 'OAuthException', code: 400, error_message })
}

function graphRefusal(message: string): string {
  return JSON.stringify({ error: { message, type: 'OAuthException', code: 190 } })
}

import { expect, test } from 'vitest'
import { person } from '../support/person.ts'
import {
  APP_ID,
  DAY,
  LIFETIME,
  PROFESSIONAL_ID,
  program,
  refreshes,
  SECOND,
  startConnected,
  TOKEN,
  UNTIL_DUE,
} from './support.ts'

test.each([
  ['app-scoped', APP_ID],
  ['professional', PROFESSIONAL_ID],
])('a program that asks by the %s id gets a token that Instagram takes', async (_, id) => {
  await using world = await startConnected()

  const answer = await program(world).get(`/api/accounts/${id}/token`)

  expect(answer.status).toBe(200)
  expect(answer.type).toBe('application/json')
  expect(answer.body).toStrictEqual({
    access_token: expect.stringMatching(/^IGAA\w+$/) as string,
    token_type: 'bearer',
    expires_in: LIFETIME,
    user_id: PROFESSIONAL_ID,
    permissions: ['instagram_business_basic'],
  })
  const me = `${world.sandbox.graphUrl}/v26.0/me?fields=user_id&access_token=${String(answer.body.access_token)}`
  expect(await (await fetch(me)).text()).toContain(PROFESSIONAL_ID)
})

test('an answer with a token is kept by no cache, and carries no ETag', async () => {
  await using world = await startConnected()

  const { headers } = await program(world).get(TOKEN)

  expect(headers).toMatchObject({ 'cache-control': 'no-store' })
  expect(headers['vary']).toContain('Accept')
  expect(headers).not.toHaveProperty('etag')
  expect(headers).not.toHaveProperty('set-cookie')
})

test('“expires_in” counts down, and rounds to the safe side', async () => {
  await using world = await startConnected()
  world.pass(10 * SECOND + 1)

  const { body } = await program(world).get(TOKEN)

  expect(body.expires_in).toBe(LIFETIME - 11)
})

test('a program that wants plain text gets the token and nothing else', async () => {
  await using world = await startConnected()
  const { body } = await program(world).get(TOKEN)

  const plain = await program(world).get(TOKEN, { Accept: 'text/plain' })

  expect(plain.status).toBe(200)
  expect(plain.type).toBe('text/plain')
  expect(plain.text).toBe(body.access_token)
})

test.each([
  ['*/*', 'application/json'],
  ['application/json, text/plain;q=0.5', 'application/json'],
  ['application/json;q=0.5, text/plain', 'text/plain'],
  ['text/html, text/plain;q=0.9, */*;q=0.1', 'text/plain'],
  ['text/*', 'text/plain'],
  ['text/plain;q=0, */*', 'application/json'],
])('“Accept: %s” is answered with %s', async (accept, type) => {
  await using world = await startConnected()

  const answer = await program(world).get(TOKEN, { Accept: accept })

  expect(answer.type).toBe(type)
})

test('a program that takes neither JSON nor text is refused before anything is refreshed', async () => {
  await using world = await startConnected()
  world.pass(UNTIL_DUE)

  const answer = await program(world).get(TOKEN, { Accept: 'image/png' })

  expect(answer.status).toBe(406)
  expect(answer.body).toMatchObject({ type: '/problems/not_acceptable' })
  expect(refreshes(world)).toBe(0)
})

test('a classic token has no end, and says so', async () => {
  await using world = await startConnected()
  world.sandbox.speak({ generation: 'classic' })
  await person(world).login()
  world.pass(1000 * DAY)

  const answer = await program(world).get('/api/accounts/1574083/token')

  expect(answer.status).toBe(200)
  expect(answer.body).toMatchObject({ expires_in: null, user_id: '1574083' })
})

test('the token of nobody is not found, in plain text neither', async () => {
  await using world = await startConnected()

  const answer = await program(world).get('/api/accounts/17841403815449848/token', { Accept: 'text/plain' })

  expect(answer.status).toBe(404)
  expect(answer.type).toBe('application/problem+json')
  expect(answer.body).toMatchObject({ type: '/problems/unknown_account' })
})

import { expect, test } from 'vitest'
import { person } from '../support/person.ts'
import type { World } from '../support/world.ts'
import {
  ACCOUNT,
  APP_ID,
  DAY,
  LIFETIME,
  PROFESSIONAL_ID,
  program,
  SECOND,
  startApiWorld,
  startConnected,
  TOKEN,
} from './support.ts'

const ACCOUNTS = '/api/accounts'

/** A token of one hour, as a program gets it that does the login by itself. */
async function shortLivedToken(world: World): Promise<string> {
  world.sandbox.answerNext('long_lived', { status: 500, body: '{}' })
  await person(world).login()
  const { body } = await program(world).get(TOKEN)
  await program(world).remove(ACCOUNT)
  return String(body.access_token)
}

test('a token from Meta’s dashboard becomes an account, whose address the answer tells', async () => {
  await using world = await startApiWorld()
  const access_token = world.sandbox.dashboardToken('business', 2 * DAY)

  const answer = await program(world).post(ACCOUNTS, { access_token })

  expect(answer.status).toBe(201)
  expect(answer.get('Location')).toBe(ACCOUNT)
  expect(answer.body).toMatchObject({ id: APP_ID, user_id: PROFESSIONAL_ID, status: 'ok', permissions: null })
  expect(answer.text).not.toContain('IGAA')
  expect((await program(world).get(ACCOUNT)).body).toStrictEqual(answer.body)
})

test('a dashboard token of two days is refreshed at once', async () => {
  await using world = await startApiWorld()
  const access_token = world.sandbox.dashboardToken('business', 2 * DAY)

  await program(world).post(ACCOUNTS, { access_token })

  const { body } = await program(world).get(TOKEN)
  expect(body.access_token).not.toBe(access_token)
  expect(body.expires_in).toBe(LIFETIME)
})

test('a dashboard token of today is kept as it is, for the 59 days that it surely has', async () => {
  await using world = await startApiWorld()
  const access_token = world.sandbox.dashboardToken('business')

  const answer = await program(world).post(ACCOUNTS, { access_token })

  const { body } = await program(world).get(TOKEN)
  expect(answer.status).toBe(201)
  expect(body.access_token).toBe(access_token)
  expect(body.expires_in).toBe((59 * DAY) / SECOND)
})

test('a short-lived token is exchanged for a long-lived one', async () => {
  await using world = await startApiWorld()
  const access_token = await shortLivedToken(world)

  const answer = await program(world).post(ACCOUNTS, { access_token })

  const { body } = await program(world).get(TOKEN)
  expect(answer.status).toBe(201)
  expect(body.access_token).not.toBe(access_token)
  expect(body.expires_in).toBe(LIFETIME)
})

test.each([
  ['blanks and a line break', (token: string) => `  ${token}\r\n`],
  ['double quotes', (token: string) => `"${token}"`],
  ['single quotes and blanks', (token: string) => ` ' ${token} ' `],
])('%s around a token do no harm', async (_, wrapped) => {
  await using world = await startApiWorld()
  const access_token = wrapped(world.sandbox.dashboardToken('business', 2 * DAY))

  const answer = await program(world).post(ACCOUNTS, { access_token })

  expect(answer.status).toBe(201)
})

test('a token of an account that is known replaces the one that it has', async () => {
  await using world = await startConnected()
  world.pass(DAY)
  const access_token = world.sandbox.dashboardToken('business')

  const answer = await program(world).post(ACCOUNTS, { access_token })

  expect(answer.status).toBe(201)
  expect((await program(world).get(TOKEN)).body.access_token).toBe(access_token)
  expect((await program(world).get(ACCOUNTS)).body.accounts).toHaveLength(1)
})

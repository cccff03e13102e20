import { expect, test } from 'vitest'
import { person } from '../support/person.ts'
import {
  ACCOUNT,
  DAY,
  LIFETIME,
  program,
  refreshes,
  SECOND,
  startConnected,
  TOKEN,
  UNTIL_DUE,
} from './support.ts'

const BROKEN = { status: 500, body: '{}' }

test('a token that is not due is handed out without asking Instagram', async () => {
  await using world = await startConnected()
  world.pass(40 * DAY)
  const calls = world.sandbox.calls.length

  const answer = await program(world).get(TOKEN)

  expect(answer.status).toBe(200)
  expect(world.sandbox.calls).toHaveLength(calls)
})

test('a token that is due is refreshed first, and once', async () => {
  await using world = await startConnected()
  const before = await program(world).get(TOKEN)
  world.pass(UNTIL_DUE)

  const first = await program(world).get(TOKEN)
  const second = await program(world).get(TOKEN)

  expect(first.body.access_token).not.toBe(before.body.access_token)
  expect(first.body.expires_in).toBe(LIFETIME)
  expect(second.body).toStrictEqual(first.body)
  expect(refreshes(world)).toBe(1)
})

test('programs that ask at the same moment, of two processes, make one refresh', async () => {
  await using world = await startConnected()
  const other = await world.startAnother()
  world.pass(UNTIL_DUE)

  const answers = await Promise.all([
    program(world).get(TOKEN),
    program(world).get(TOKEN),
    program(world, { origin: other }).get(TOKEN),
  ])

  expect(answers.map(({ status }) => status)).toStrictEqual([200, 200, 200])
  expect(refreshes(world)).toBe(1)
})

test.each([
  ['is broken', BROKEN],
  ['tears the connection down', { fault: 'reset' as const }],
])('while Instagram %s the valid token that we have is handed out', async (_, answer) => {
  await using world = await startConnected()
  const before = await program(world).get(TOKEN)
  world.pass(UNTIL_DUE)
  world.sandbox.answerNext('refresh', answer)

  const during = await program(world).get(TOKEN)

  expect(during.status).toBe(200)
  expect(during.body).toStrictEqual({ ...before.body, expires_in: LIFETIME - UNTIL_DUE / SECOND })
  expect(refreshes(world)).toBe(1)
})

test('after a refresh that failed, programs that ask again do not make Instagram’s day worse', async () => {
  await using world = await startConnected()
  world.pass(UNTIL_DUE)
  world.sandbox.answerNext('refresh', BROKEN)
  await program(world).get(TOKEN)

  const again = await program(world).get(TOKEN)

  expect(again.status).toBe(200)
  expect(refreshes(world)).toBe(1)
})

test('an expiring token is handed out as long as it lives', async () => {
  await using world = await startConnected()
  world.pass(UNTIL_DUE)
  for (let failure = 0; failure < 3; failure += 1) {
    world.sandbox.answerNext('refresh', BROKEN)
    await program(world).get(TOKEN)
    world.pass(DAY)
  }
  world.sandbox.answerNext('refresh', BROKEN)

  const answer = await program(world).get(TOKEN)

  expect((await program(world).get(ACCOUNT)).body.status).toBe('expiring')
  expect(answer.status).toBe(200)
})

test('a token of one hour is exchanged when it is asked for', async () => {
  await using world = await startConnected()
  world.sandbox.answerNext('long_lived', BROKEN)
  await person(world).login()
  world.pass(2 * 60 * SECOND)

  const answer = await program(world).get(TOKEN)

  expect(answer.body.expires_in).toBe(LIFETIME)
})

test('a token of one hour that cannot be exchanged yet is handed out with the seconds that it has', async () => {
  await using world = await startConnected()
  world.sandbox.answerNext('long_lived', BROKEN)
  await person(world).login()

  const answer = await program(world).get(TOKEN)

  expect(answer.body.expires_in).toBe(3600)
})

import { expect, test } from 'vitest'
import { APP_ID, OTHER_TOKEN_KEY, program, refreshes, startConnected, TOKEN, UNTIL_DUE } from './support.ts'

test.each([
  ['after the round that finds it', true],
  ['before anything has looked', false],
])('a token that no key opens is not handed out, %s', async (_, looked) => {
  await using world = await startConnected()
  world.restart({ TOKEN_KEYS: OTHER_TOKEN_KEY })
  if (looked) await world.upkeep()

  const answer = await program(world).get(TOKEN)

  expect(answer.status).toBe(409)
  expect(answer.body).toMatchObject({
    detail: expect.stringContaining('Put the key that sealed the token back') as string,
    account_status: 'unreadable',
    status_since: world.now().toISOString(),
    reason: 'None of this site’s token keys opens the token.',
    reconnect_url: `${world.origin}/reconnect/${APP_ID}`,
  })
})

test('a token that no key opens is never sent to Instagram, even when it is due', async () => {
  await using world = await startConnected()
  world.restart({ TOKEN_KEYS: OTHER_TOKEN_KEY })
  world.pass(UNTIL_DUE)

  const answer = await program(world).get(TOKEN)

  expect(answer.body).toMatchObject({ account_status: 'unreadable' })
  expect(refreshes(world)).toBe(0)
})

test('a token is handed out again when its key is back', async () => {
  await using world = await startConnected()
  const before = await program(world).get(TOKEN)
  world.restart({ TOKEN_KEYS: OTHER_TOKEN_KEY })
  await world.upkeep()
  await program(world).get(TOKEN)
  world.restart()
  await world.upkeep()

  const after = await program(world).get(TOKEN)

  expect(after.status).toBe(200)
  expect(after.body).toStrictEqual(before.body)
})

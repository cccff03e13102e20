import { expect, test } from 'vitest'
import { person } from '../support/person.ts'
import { startWorld } from '../support/world.ts'

test('a person who authorizes comes back to their token', async () => {
  await using world = await startWorld()

  const page = await person(world).login()

  expect(page.status).toBe(200)
  expect(page.text).toContain('@harbour.bakery')
})

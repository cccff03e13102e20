import type { Person } from './person.ts'
import type { World } from './world.ts'

/** Connects a browser to an account that the sandbox has no test user for: `@shop<number>`. */
export async function connectShop({ sandbox }: Pick<World, 'sandbox'>, somebody: Person, number: number) {
  const callback = await somebody.authorize('/login')
  const id = `1000${String(number)}`
  sandbox.answerNext('token', {
    body: JSON.stringify({ access_token: `IGAA${id}`, user_id: id, permissions: 'instagram_business_basic' }),
  })
  sandbox.answerNext('me', {
    body: JSON.stringify({ id, user_id: `9${id}`, username: `shop${String(number)}` }),
  })
  await somebody.get(callback)
}

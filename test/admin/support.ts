import { afterAll, beforeEach } from 'vitest'
import { type Person, person } from '../support/person.ts'
import { startWorld, type World } from '../support/world.ts'

export const PASSWORD = 'admin-marked-canary-5b31'
export const APP_ID = '27640875392278831'

/** One world with the admin pages for all tests of a file. Each test begins with one account, the sandbox's business, just connected. */
export async function startSharedAdminWorld(): Promise<World> {
  const world = await startWorld({ ADMIN_PASSWORD: PASSWORD })
  beforeEach(async () => {
    await world.database.query('DELETE FROM accounts')
    await person(world).login()
  })
  afterAll(() => world[Symbol.asyncDispose]())
  return world
}

/** An admin, signed in. */
export async function admin(world: World): Promise<Person> {
  const somebody = person(world)
  await somebody.submit('/accounts/sign-in', { password: PASSWORD })
  return somebody
}

/** The rows of the list, as text without tags. */
export function rowsOf(page: string): string[] {
  const [, list = ''] = /<ul class="roster"[^>]*>([^]*?)<\/ul>/.exec(page) ?? []
  return Array.from(list.matchAll(/<li[^>]*>([^]*?)<\/li>/g), ([, row = '']) => plainText(row))
}

/** A page without tags. */
export function plainText(page: string): string {
  return page
    .replace(/<[^>]+>/g, ' ')
    .replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/\s+/g, ' ')
    .trim()
}

import { type Person, person } from '../support/person.ts'
import { startWorld, type World } from '../support/world.ts'

export const PASSWORD = 'operator-marked-canary-5b31'
export const APP_ID = '27640875392278831'

/** A world with the operator's pages, and one account, the sandbox's business. */
export async function startOperatedWorld(environment: Record<string, string> = {}): Promise<World> {
  const world = await startWorld({ ADMIN_PASSWORD: PASSWORD, ...environment })
  await person(world).login()
  return world
}

/** Whoever runs the site, signed in. */
export async function operator(world: World): Promise<Person> {
  const somebody = person(world)
  await somebody.submit('/accounts/sign-in', { password: PASSWORD })
  return somebody
}

/** The rows of the list, as text without tags. */
export function rowsOf(page: string): string[] {
  const [, body = ''] = /<tbody[^>]*>([^]*)<\/tbody>/.exec(page) ?? []
  return Array.from(body.matchAll(/<tr[^>]*>([^]*?)<\/tr>/g), ([, row = '']) =>
    row
      .replace(/<[^>]+>/g, ' ')
      .replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
      .replace(/\s+/g, ' ')
      .trim(),
  )
}

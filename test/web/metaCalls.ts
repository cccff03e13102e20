import request, { type Response } from 'supertest'
import { signedRequest } from '../../src/sandbox/metaCallbacks.ts'
import { CLIENT_SECRET, type World } from '../support/world.ts'

/** The sandbox's business, by its app-scoped id. */
export const ID = '27640875392278831'
/** The same, by its professional id. */
export const USER_ID = '17841403815449847'

/** Meta's call of one of its callbacks. */
export function meta(
  world: World,
  path: string,
  {
    userId = ID,
    secret = CLIENT_SECRET,
    issuedAt = world.now(),
  }: { userId?: string; secret?: string; issuedAt?: Date } = {},
): Promise<Response> {
  return post(world, path, { signed_request: signedRequest({ userId, issuedAt }, secret) })
}

/** A form from anybody. */
export async function post(world: World, path: string, fields: Record<string, string>): Promise<Response> {
  return request(world.origin).post(path).type('form').send(fields)
}

/** The rows of all accounts, encrypted tokens included. */
export async function rows(world: World): Promise<Record<string, unknown>[]> {
  return (await world.database.query('SELECT * FROM accounts ORDER BY id')).rows
}

/** Every piece of information about the first account. */
export async function knowledge(world: World): Promise<string[]> {
  const [row] = await rows(world)
  const { id, user_id, username, name, account_key, sealed_token } = row ?? {}
  return [id, user_id, username, name, account_key, sealed_token].map(String)
}

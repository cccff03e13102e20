import request, { type Response } from 'supertest'
import { signedRequest } from '../../src/sandbox/signedRequest.ts'
import { CLIENT_SECRET, type World } from '../support/world.ts'

/** The person `business` of the sandbox, by either of Instagram's ids. */
export const ID = '27640875392278831'
export const USER_ID = '17841403815449847'

/** What a call differs by from Meta's usual one. */
interface Change {
  userId?: string
  secret?: string
  issuedAt?: Date
}

/** Meta's call of one of the callbacks. */
export function meta(world: World, path: string, change: Change = {}): Promise<Response> {
  const { userId = ID, secret = CLIENT_SECRET, issuedAt = world.now() } = change
  return post(world, path, { signed_request: signedRequest({ userId, issuedAt }, secret) })
}

/** A form that anybody sends. */
export async function post(world: World, path: string, fields: Record<string, string>): Promise<Response> {
  return request(world.origin).post(path).type('form').send(fields)
}

/** The rows of an account, sealed token and all. */
export function rows(world: World) {
  return world.database.all('SELECT * FROM accounts ORDER BY id')
}

/** What there is to know of the account that is connected. */
export async function knowledge(world: World): Promise<string[]> {
  const [row] = await rows(world)
  const { id, user_id, username, name, account_key, sealed_token } = row ?? {}
  return [id, user_id, username, name, account_key, sealed_token].map(String)
}

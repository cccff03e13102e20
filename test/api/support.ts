import request, { type Response } from 'supertest'
import type { AccountJson } from '../../src/accounts/accountJson.ts'
import type { AccountsJson } from '../../src/web/api/accounts.ts'
import type { TokenJson } from '../../src/accounts/tokenJson.ts'
import type { NoToken } from '../../src/web/api/token.ts'
import { person } from '../support/person.ts'
import { startWorld, type World } from '../support/world.ts'

export const KEY = 'api-key-marked-canary-0123456789abcdef'
export const APP_ID = '27640875392278831'
export const PROFESSIONAL_ID = '17841403815449847'
export const ACCOUNT = `/api/accounts/${APP_ID}`
export const TOKEN = `${ACCOUNT}/token`

export const SECOND = 1000
export const DAY = 24 * 60 * 60 * SECOND

/** Milliseconds after which a token of 60 days is surely due, whatever the jitter. */
export const UNTIL_DUE = 53 * DAY

/** Seconds that the sandbox's long-lived tokens last. */
export const LIFETIME = 5_183_944

type Headers = Record<string, string>

/** An answer, whose body is one of those that the API gives. */
export type Answer = Omit<Response, 'body'> & { body: Partial<Body> }
type Body = TokenJson &
  AccountsJson &
  NoToken &
  Omit<AccountJson, 'status' | 'permissions' | 'user_id' | 'status_since'> & {
    status: string | number
    detail: string
    reference: string
    servers: unknown
  }

/** Somebody's program, with an API key. */
export interface Program {
  get(path: string, headers?: Headers): Promise<Answer>
  remove(path: string): Promise<Answer>
  /** A string goes as it is, everything else as JSON. */
  post(path: string, body: string | object, headers?: Headers): Promise<Answer>
}

/** A world with an API. */
export function startApiWorld(environment: Record<string, string> = {}): Promise<World> {
  return startWorld({ API_KEYS: KEY, ...environment })
}

/** A world with an API and one account, the sandbox's business. */
export async function startConnected(environment: Record<string, string> = {}): Promise<World> {
  const world = await startApiWorld(environment)
  await person(world).login()
  return world
}

/** A program in front of the world's first app, or of the one at `origin`. */
export function program(world: Pick<World, 'origin'>, { key = KEY, origin = world.origin } = {}): Program {
  const server = request(origin)
  const authorization = { Authorization: `Bearer ${key}` }
  return {
    get: async (path, headers = {}) => server.get(path).set({ ...authorization, ...headers }),
    remove: async (path) => server.delete(path).set(authorization),
    post: async (path, body, headers = {}) =>
      server
        .post(path)
        .set({ ...authorization, 'Content-Type': 'application/json', ...headers })
        .send(typeof body === 'string' ? body : JSON.stringify(body)),
  }
}

/** How often Instagram was asked for a refresh. */
export function refreshes({ sandbox }: World): number {
  return sandbox.calls.filter(({ endpoint }) => endpoint === 'refresh').length
}

/** As many accounts again, copies of the one that is there, with ids from `first` on. */
export async function addCopies({ database }: World, count: number, first: number): Promise<string[]> {
  const [row] = await database.all('SELECT * FROM accounts LIMIT 1')
  const ids = Array.from({ length: count }, (_, index) => String(first + index))
  for (const id of ids) {
    const copy = { ...row, account_key: `copy-${id}`, id, user_id: null }
    const names = Object.keys(copy)
    const places = names.map((_, index) => `$${index + 1}`)
    await database.run(
      `INSERT INTO accounts (${names.join(', ')}) VALUES (${places.join(', ')})`,
      ...Object.values(copy),
    )
  }
  return ids
}

/** A key with which no token was sealed. */
export const OTHER_TOKEN_KEY = `other:${Buffer.alloc(32, 9).toString('base64')}`

import request, { type Response } from 'supertest'
import { afterAll, beforeEach, expect } from 'vitest'
import { DAY_MS } from '../../src/facts.ts'
import { person } from '../support/person.ts'
import { startWorld, type World } from '../support/world.ts'
import { differences } from './document.ts'

export const KEY = 'api-key-marked-canary-0123456789abcdef'
export const APP_ID = '27640875392278831'
export const PROFESSIONAL_ID = '17841403815449847'
export const ACCOUNTS = '/api/accounts'
export const ACCOUNT = `${ACCOUNTS}/${APP_ID}`
export const TOKEN = `${ACCOUNT}/token`

/** Milliseconds after which a token of 60 days is due for sure, whatever the jitter. */
export const UNTIL_DUE = 53 * DAY_MS

/** Seconds that the sandbox's long-lived tokens last. */
export const LIFETIME = 5_183_944

/** A key with which no token was encrypted. */
export const OTHER_TOKEN_KEY = `other:${Buffer.alloc(32, 9).toString('base64')}`

type Headers = Record<string, string>

/** An account of a response. */
interface AccountBody {
  id: string
  username: string
  status: string
}

/** A response of the API, with the members of any of its bodies. */
export type ApiResponse = Omit<Response, 'body'> & {
  body: Partial<{
    accounts: AccountBody[]
    next: string | null
    access_token: string
    expires_in: number | null
    status: string | number
    status_since: string
    detail: string
    reference: string
    servers: unknown
  }>
}

/** A program with an API key. Every response is checked against the API's document. */
export interface Program {
  get: (path: string, headers?: Headers) => Promise<ApiResponse>
  remove: (path: string) => Promise<ApiResponse>
  /** Sends a string as it is, everything else as JSON. */
  post: (path: string, body: string | object, headers?: Headers) => Promise<ApiResponse>
  send: (method: Method, path: string, headers?: Headers, body?: string) => Promise<ApiResponse>
}

type Method = 'get' | 'head' | 'post' | 'put' | 'patch' | 'delete' | 'options' | 'trace'

/** A program in front of the world's first app, or of the one at `origin`; without a key if `key` is empty. */
export function program(world: Pick<World, 'origin'>, { key = KEY, origin = world.origin } = {}): Program {
  async function send(method: Method, path: string, headers: Headers = {}, body?: string): Promise<ApiResponse> {
    const client = request(origin)
    const allHeaders = { ...(key && { Authorization: `Bearer ${key}` }), ...headers }
    const response = await client[method](path).set(allHeaders).send(body)
    if (method !== 'head') {
      const mountPath = new URL(origin).pathname.replace(/\/$/, '')
      expect(differences(method, mountPath + path, response)).toStrictEqual([])
    }
    return response
  }
  return {
    send,
    get: (path, headers) => send('get', path, headers),
    remove: (path) => send('delete', path),
    post: (path, body, headers) =>
      send(
        'post',
        path,
        { 'Content-Type': 'application/json', ...headers },
        typeof body === 'string' ? body : JSON.stringify(body),
      ),
  }
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

/** One world with an API for all tests of a file. Each test begins with one account, the sandbox's business, just connected. */
export async function startSharedWorld(): Promise<World> {
  const world = await startApiWorld()
  beforeEach(async () => {
    await world.database.query('DELETE FROM accounts')
    await person(world).login()
  })
  afterAll(() => world[Symbol.asyncDispose]())
  return world
}

/** How often Instagram was asked for a refresh. */
export function refreshes({ sandbox }: World): number {
  return sandbox.calls.filter(({ endpoint }) => endpoint === 'refresh').length
}

/** As many copies of the first account, with ids from `first` on. */
export async function addCopies({ database }: World, count: number, first: number): Promise<string[]> {
  const { rows } = await database.query('SELECT * FROM accounts LIMIT 1')
  const ids = Array.from({ length: count }, (_, index) => String(first + index))
  for (const id of ids) {
    const copy = { ...rows[0], account_key: `copy-${id}`, id, user_id: null }
    const names = Object.keys(copy)
    await database.query(
      `INSERT INTO accounts (${names.join(', ')}) VALUES (${names.map((_, index) => `$${index + 1}`).join(', ')})`,
      Object.values(copy),
    )
  }
  return ids
}

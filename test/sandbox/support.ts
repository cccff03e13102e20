import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts'

export const APP = {
  clientId: '1090387462915343',
  clientSecret: 'b7d1f0c2a95e4c6e8d3a1f7c5e902b46',
  redirectUris: ['https://localhost:3000/response', 'https://other.example/back?kept=1'],
}

export const REDIRECT_URI = 'https://localhost:3000/response'
export const BASIC = 'instagram_business_basic'
export const PUBLISH = 'instagram_business_content_publish'
export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

/** A sandbox with a clock that stands still until it is moved. */
interface Bench extends Sandbox, AsyncDisposable {
  pass(milliseconds: number): void
  /** The authorize address of a right request, changed; undefined leaves a parameter out. */
  authorizeAddress(change?: Record<string, string | undefined>): string
  /** Sends the authorize form and does not follow the redirect. */
  decide(form: readonly (readonly [string, string])[], address?: string): Promise<Response>
  /** Allows as a person, and returns the code. */
  allow(person?: string, scopes?: readonly string[]): Promise<string>
  /** Exchanges a code by a right form, changed; undefined leaves a field out. */
  exchange(code: string, change?: Record<string, string | undefined>): Promise<Response>
  /** A token for an hour. */
  shortLived(person?: string): Promise<string>
  /** A token for 60 days. */
  longLived(person?: string): Promise<string>
  graph(path: string, params: Record<string, string>, init?: RequestInit): Promise<Response>
}

export async function startBench(options: Partial<SandboxOptions> = {}): Promise<Bench> {
  let time = Date.parse('2026-11-23T12:00:00Z')
  const sandbox = await startSandbox({ port: 0, app: APP, now: () => new Date(time), ...options })

  const bench: Bench = {
    ...sandbox,
    async [Symbol.asyncDispose]() {
      await sandbox.close()
    },
    pass(milliseconds) {
      time += milliseconds
    },
    authorizeAddress(change = {}) {
      const right = {
        client_id: APP.clientId,
        redirect_uri: REDIRECT_URI,
        response_type: 'code',
        scope: `${BASIC},${PUBLISH}`,
        state: 'a state',
      }
      return `${sandbox.authorizeUrl}?${new URLSearchParams(present({ ...right, ...change })).toString()}`
    },
    decide(form, address = bench.authorizeAddress()) {
      const body = new URLSearchParams(form.map(([name, value]) => [name, value]))
      return fetch(address, { method: 'POST', body, redirect: 'manual' })
    },
    async allow(person = 'business', scopes = [PUBLISH]) {
      const ticked = scopes.map((scope) => ['scope', scope] as const)
      const answer = await bench.decide([['person', person], ['decision', 'allow'], ...ticked])
      return new URL(location(answer)).searchParams.get('code') ?? ''
    },
    exchange(code, change = {}) {
      const right = {
        client_id: APP.clientId,
        client_secret: APP.clientSecret,
        grant_type: 'authorization_code',
        redirect_uri: REDIRECT_URI,
        code,
      }
      const body = new URLSearchParams(present({ ...right, ...change }))
      return fetch(sandbox.tokenUrl, { method: 'POST', body })
    },
    async shortLived(person) {
      return tokenOf(await bench.exchange(await bench.allow(person)))
    },
    async longLived(person) {
      const access_token = await bench.shortLived(person)
      const params = { grant_type: 'ig_exchange_token', client_secret: APP.clientSecret, access_token }
      return tokenOf(await bench.graph('/access_token', params))
    },
    graph(path, params, init) {
      return fetch(`${sandbox.graphUrl}${path}?${new URLSearchParams(params).toString()}`, init)
    },
  }
  return bench
}

export function location(answer: Response): string {
  return answer.headers.get('location') ?? ''
}

async function tokenOf(answer: Response): Promise<string> {
  const body = (await answer.json()) as { access_token: string }
  return body.access_token
}

function present(fields: Record<string, string | undefined>): [string, string][] {
  return Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
}

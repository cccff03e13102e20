import { expect } from 'vitest'
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

/** What the Graph API says when it refuses. */
interface GraphError {
  message: string
  type: string
  code: number
  error_subcode?: number
}

/** A sandbox whose clock stands still until it is moved. */
interface Bench extends Sandbox, AsyncDisposable {
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
  me(access_token: string): Promise<Response>
  refresh(access_token: string): Promise<Response>
  /** Asks a token for an hour for one of 60 days. */
  prolong(access_token: string): Promise<Response>
  /** The first page, as a person sees it. */
  home(): Promise<string>
  /** Sends a form of the first page, and does not follow the redirect. */
  press(path: string, fields?: Record<string, string>, headers?: Record<string, string>): Promise<Response>
}

export async function startBench(options: Partial<SandboxOptions> = {}): Promise<Bench> {
  const now = () => new Date('2026-11-23T12:00:00Z')
  const sandbox = await startSandbox({ port: 0, app: APP, now, ...options })

  const bench: Bench = {
    ...sandbox,
    async [Symbol.asyncDispose]() {
      await sandbox.close()
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
      return tokenOf(await bench.prolong(await bench.shortLived(person)))
    },
    graph(path, params, init) {
      return fetch(`${sandbox.graphUrl}${path}?${new URLSearchParams(params).toString()}`, init)
    },
    me: (access_token) => bench.graph('/v26.0/me', { fields: 'user_id', access_token }),
    refresh(access_token) {
      return bench.graph('/refresh_access_token', { grant_type: 'ig_refresh_token', access_token })
    },
    prolong(access_token) {
      const params = { grant_type: 'ig_exchange_token', client_secret: APP.clientSecret, access_token }
      return bench.graph('/access_token', params)
    },
    async home() {
      return (await fetch(sandbox.origin)).text()
    },
    press(path, fields = {}, headers = {}) {
      const body = new URLSearchParams(fields)
      return fetch(sandbox.origin + path, { method: 'POST', body, headers, redirect: 'manual' })
    },
  }
  return bench
}

export function location(answer: Response): string {
  return answer.headers.get('location') ?? ''
}

export async function tokenOf(answer: Response): Promise<string> {
  const body = (await answer.json()) as { access_token: string }
  return body.access_token
}

/** The error of a refusal that has the shape of graph.instagram.com. */
export async function graphErrorOf(answer: Response): Promise<GraphError> {
  const { error } = (await answer.json()) as { error: GraphError & { fbtrace_id: string } }
  const { fbtrace_id, ...rest } = error
  expect(fbtrace_id).toMatch(/^A[\w-]{22}$/)
  return rest
}

function present(fields: Record<string, string | undefined>): [string, string][] {
  return Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
}

import { afterAll, expect } from 'vitest'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/server.ts'

export const APP = {
  clientId: '1090387462915343',
  clientSecret: 'b7d1f0c2a95e4c6e8d3a1f7c5e902b46',
  redirectUris: ['https://localhost:3000/response', 'https://other.example/back?kept=1'],
}

export const REDIRECT_URI = 'https://localhost:3000/response'
export const BASIC = 'instagram_business_basic'
export const PUBLISH = 'instagram_business_content_publish'
export const ERROR_PAGE = '/oauth/authorize/third_party/error/'

/** The error in a response of the Graph API. */
interface GraphError {
  message: string
  type: string
  code: number
  error_subcode?: number
}

/** A sandbox whose clock stands still until it is moved, with the requests of a person and of an app. */
export interface TestSandbox extends Sandbox, AsyncDisposable {
  /** The authorize address of a valid request, changed; undefined leaves a parameter out. */
  authorizeAddress(change?: Record<string, string | undefined>): string
  /** Submits the authorize form and does not follow the redirect. */
  submitDecision(form: readonly (readonly [string, string])[], address?: string): Promise<Response>
  /** Allows as a user, and returns the code. */
  allow(user?: string, scopes?: readonly string[]): Promise<string>
  /** Exchanges a code with a valid form, changed; undefined leaves a field out. */
  exchange(code: string, change?: Record<string, string | undefined>): Promise<Response>
  shortLivedToken(user?: string): Promise<string>
  longLivedToken(user?: string): Promise<string>
  graph(path: string, params: Record<string, string>, init?: RequestInit): Promise<Response>
  me(access_token: string): Promise<Response>
  refresh(access_token: string): Promise<Response>
  exchangeForLongLived(access_token: string): Promise<Response>
  homePage(): Promise<string>
  /** Submits a form of the home page, and does not follow the redirect. */
  submit(path: string, fields?: Record<string, string>, headers?: Record<string, string>): Promise<Response>
}

/** Starts a sandbox for all tests of a file that leave it as it was. */
export async function sharedSandbox(): Promise<TestSandbox> {
  const sandbox = await startTestSandbox()
  afterAll(() => sandbox.close())
  return sandbox
}

export async function startTestSandbox(options: Partial<SandboxOptions> = {}): Promise<TestSandbox> {
  const now = () => new Date('2026-11-23T12:00:00Z')
  const started = await startSandbox({ port: 0, app: APP, now, ...options })

  const sandbox: TestSandbox = {
    ...started,
    [Symbol.asyncDispose]: () => started.close(),
    authorizeAddress(change = {}) {
      const valid = {
        client_id: APP.clientId,
        redirect_uri: REDIRECT_URI,
        response_type: 'code',
        scope: `${BASIC},${PUBLISH}`,
        state: 'a state',
      }
      return `${started.authorizeUrl}?${new URLSearchParams(present({ ...valid, ...change })).toString()}`
    },
    submitDecision(form, address = sandbox.authorizeAddress()) {
      const body = new URLSearchParams(form.map(([name, value]) => [name, value]))
      return fetch(address, { method: 'POST', body, redirect: 'manual' })
    },
    async allow(user = 'business', scopes = [PUBLISH]) {
      const ticked = scopes.map((scope) => ['scope', scope] as const)
      const response = await sandbox.submitDecision([['person', user], ['decision', 'allow'], ...ticked])
      return new URL(locationOf(response)).searchParams.get('code') ?? ''
    },
    exchange(code, change = {}) {
      const body = new URLSearchParams(present({ ...exchangeFields(code), ...change }))
      return fetch(started.tokenUrl, { method: 'POST', body })
    },
    async shortLivedToken(user) {
      return tokenOf(await sandbox.exchange(await sandbox.allow(user)))
    },
    async longLivedToken(user) {
      return tokenOf(await sandbox.exchangeForLongLived(await sandbox.shortLivedToken(user)))
    },
    graph(path, params, init) {
      return fetch(`${started.graphUrl}${path}?${new URLSearchParams(params).toString()}`, init)
    },
    me: (access_token) => sandbox.graph('/v26.0/me', { fields: 'user_id', access_token }),
    refresh(access_token) {
      return sandbox.graph('/refresh_access_token', { grant_type: 'ig_refresh_token', access_token })
    },
    exchangeForLongLived(access_token) {
      const params = { grant_type: 'ig_exchange_token', client_secret: APP.clientSecret, access_token }
      return sandbox.graph('/access_token', params)
    },
    async homePage() {
      return (await fetch(started.origin)).text()
    },
    submit(path, fields = {}, headers = {}) {
      const body = new URLSearchParams(fields)
      return fetch(started.origin + path, { method: 'POST', body, headers, redirect: 'manual' })
    },
  }
  return sandbox
}

/** The form of a valid code exchange. */
export function exchangeFields(code: string): Record<string, string> {
  return {
    client_id: APP.clientId,
    client_secret: APP.clientSecret,
    grant_type: 'authorization_code',
    redirect_uri: REDIRECT_URI,
    code,
  }
}

export function locationOf(response: Response): string {
  return response.headers.get('location') ?? ''
}

export async function tokenOf(response: Response): Promise<string> {
  const body = (await response.json()) as { access_token: string }
  return body.access_token
}

/** The error in a response that has the shape of graph.instagram.com. */
export async function graphErrorOf(response: Response): Promise<GraphError> {
  const { error } = (await response.json()) as { error: GraphError & { fbtrace_id: string } }
  const { fbtrace_id, ...rest } = error
  expect(fbtrace_id).toMatch(/^A[\w-]{22}$/)
  return rest
}

function present(fields: Record<string, string | undefined>): [string, string][] {
  return Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
}

import express, { type Express } from 'express'
import type { Response } from 'supertest'
import { listen } from '../support/listening.ts'
import type { Person } from '../support/person.ts'
import {
  createInstagram,
  createSandbox,
  type Decision,
  type Instagram,
  type InstagramOptions,
  type InstagramSandbox,
} from '../../src/index.ts'

/** A key that encrypts tokens, and a secret that signs cookies. */
export const KEY = `k1:${Buffer.alloc(32, 7).toString('base64')}`
export const SECRET = 'session-secret-marked-canary-0123456789'

/** A line of the log. */
export interface Logged {
  level: string
  details: Record<string, unknown>
  message: string
}

/** A host's Express app with our router mounted, and a sandbox whose clock stands still until it is moved. */
export interface Site extends AsyncDisposable {
  /** The host's own pages. */
  origin: string
  /** Our pages. */
  home: string
  /** The options of `createInstagram`, for another one. */
  options: InstagramOptions
  instagram: Instagram
  sandbox: InstagramSandbox
  /** The log so far. */
  log: Logged[]
}

/** How a site differs from the sandbox's options. */
export interface SiteOptions {
  options?: Partial<InstagramOptions>
  /** Where the router is mounted. Default: `/instagram`. */
  at?: string
  /** The path of the redirect URI. Default: `/instagram/response`. */
  callback?: string
  /** Where people reach the host. Default: where it listens. */
  publicOrigin?: string
  /** The host's middleware before our router. */
  before?: (host: Express) => unknown
  /** The host's middleware behind our router, before its own 404. */
  after?: (host: Express, site: Site) => unknown
}

/** Starts a host app with three lines of ours. */
export async function startSite(how: SiteOptions = {}): Promise<Site> {
  const { at = '/instagram', callback = '/instagram/response' } = how
  await using starting = new AsyncDisposableStack()
  const { server, origin } = starting.use(await listen())
  const start = new Date()
  const redirectUri = (how.publicOrigin ?? origin) + callback
  const sandbox = starting.use(await createSandbox({ redirectUri, now: () => start }))
  const log: Logged[] = []
  const options = { ...sandbox.options, log: logTo(log), jobs: false, ...how.options }

  const host = express()
  how.before?.(host)
  const instagram = starting.use(createInstagram(options))
  host.use(at, instagram.router)
  const home = origin + callback.replace(/\/[^/]*$/, '')
  const ending = starting.move()
  const dispose = () => ending.disposeAsync()
  const site = { origin, home, options, instagram, sandbox, log, [Symbol.asyncDispose]: dispose }
  how.after?.(host, site)
  host.use((_request, response) => {
    response.status(404).send('The host has no such page')
  })
  server.on('request', host)
  return site
}

interface LoginOptions {
  base?: string
  query?: string
  decision?: Decision
}

/** Begins a login at our `/login`, decides on Instagram's page, and comes back: the last response. */
export async function logIn(somebody: Person, options: LoginOptions = {}): Promise<Response> {
  return somebody.get(await allow(somebody, options))
}

/** The same without coming back: the path and query to which Instagram sends the browser. */
export async function allow(
  somebody: Person,
  { base = '/instagram', query = '', decision }: LoginOptions = {},
): Promise<string> {
  const begun = await somebody.get(`${base}/login${query}`)
  return somebody.authorize(begun.headers['location'] ?? 'none', decision)
}

/** A login by functions alone. */
export async function connect(
  { instagram, sandbox }: Pick<Site, 'instagram' | 'sandbox'>,
  as: Decision['as'] = 'business',
) {
  const { url, browserSecret } = instagram.beginLogin()
  return instagram.finishLogin({ callback: await sandbox.authorize(url, { as }), browserSecret })
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  const result = await promise.then(
    () => undefined,
    (error: unknown) => ({ error }),
  )
  if (!result) throw new Error('This was accepted')
  return result.error
}

function logTo(lines: Logged[]) {
  const keep = (level: string) => (details: object, message: string) => {
    // Comes with every call, and has tests of its own.
    if (!message.startsWith('shape of')) lines.push({ level, details: { ...details }, message })
  }
  return { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') }
}

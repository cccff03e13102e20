import express, { type Express } from 'express'
import type { Response } from 'supertest'
import type { Decision } from '../../src/sandbox/decide.ts'
import { listen } from '../support/listening.ts'
import type { Person } from '../support/person.ts'
import {
  createSandbox,
  instagram,
  type InstagramOptions,
  type InstagramRouter,
  type InstagramSandbox,
} from '../../src/index.ts'

/** What was logged: how, with which details, and in which words. */
export interface Logged {
  level: string
  details: Record<string, unknown>
  message: string
}

/** Somebody's Express app with ours mounted, as our package offers it; and a sandbox, by whose clock it goes, which stands until it is moved. */
export interface Site extends AsyncDisposable {
  /** Where the host's own pages are. */
  origin: string
  /** Where ours are. */
  home: string
  /** All that was given to `instagram`, for one more. */
  options: InstagramOptions
  router: InstagramRouter
  sandbox: InstagramSandbox
  /** Our log so far. */
  log: Logged[]
}

/** How a site is to be, beside what a sandbox says. */
export interface SiteOptions {
  options?: Partial<InstagramOptions>
  /** Where it is mounted. Default: `/instagram`. */
  at?: string
  /** The path of the redirect URI. Default: `/instagram/response`. */
  callback?: string
  /** Where people reach the host. Default: where it listens. */
  publicOrigin?: string
  /** What the host has in front of it. */
  before?: (host: Express) => unknown
  /** What it has behind it, in front of its own 404. */
  after?: (host: Express, site: Site) => unknown
}

/** Starts an app by three lines of ours. */
export async function startSite(how: SiteOptions = {}): Promise<Site> {
  const { options: change = {}, at = '/instagram', callback = '/instagram/response' } = how
  await using starting = new AsyncDisposableStack()
  const { server, origin } = starting.use(await listen())
  const start = new Date()
  const redirectUri = (how.publicOrigin ?? origin) + callback
  const sandbox = starting.use(await createSandbox({ redirectUri, now: () => start }))
  const log: Logged[] = []
  const options = { ...sandbox.options, log: logTo(log), upkeep: false, ...change }

  const host = express()
  how.before?.(host)
  const router = starting.use(instagram(options))
  host.use(at, router)
  const ending = starting.move()
  const home = origin + callback.replace(/\/[^/]*$/, '')
  const dispose = () => ending.disposeAsync()
  const site = { origin, home, options, router, sandbox, log, [Symbol.asyncDispose]: dispose }
  how.after?.(host, site)
  host.use((_request, response) => {
    response.status(404).send('The host has no such page')
  })
  server.on('request', host)
  return site
}

/** Begins a login at `/login` of ours, decides on Instagram's page, and comes back: what is answered then. */
export async function logIn(
  somebody: Person,
  { base = '/instagram', query = '', decision }: { base?: string; query?: string; decision?: Decision } = {},
): Promise<Response> {
  return somebody.get(await allow(somebody, { base, query, ...(decision && { decision }) }))
}

/** The same, but for coming back: where Instagram sends the browser. */
export async function allow(
  somebody: Person,
  { base = '/instagram', query = '', decision }: { base?: string; query?: string; decision?: Decision } = {},
): Promise<string> {
  const begun = await somebody.get(`${base}/login${query}`)
  return somebody.authorize(begun.headers['location'] ?? 'none', decision)
}

/** A log that is kept. */
function logTo(lines: Logged[]) {
  const keep = (level: string) => (details: object, message: string) =>
    void lines.push({ level, details: { ...details }, message })
  return { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') }
}

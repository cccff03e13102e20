import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type AccessOptions,
  createSandbox,
  explain,
  type InstagramAccess,
  type InstagramSandbox,
  type Log,
  openInstagram,
} from '../../src/index.ts'
import { listen } from '../support/listening.ts'

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const DAY = 24 * 60 * MINUTE

/** Seals tokens. */
export const KEY = `k1:${Buffer.alloc(32, 7).toString('base64')}`

/** Somebody's site of node:http alone, which has its login by our functions; and a sandbox, by whose clock all go, which stands until it is moved. */
export interface Site extends AsyncDisposable {
  origin: string
  instagram: InstagramAccess
  sandbox: InstagramSandbox
  /** What was logged so far: `level message`. */
  log: string[]
}

/** Starts a site whose options differ from those of the sandbox by `change` only. */
export async function startSite(change: Partial<AccessOptions> = {}): Promise<Site> {
  await using starting = new AsyncDisposableStack()
  const { server, origin } = starting.use(await listen())
  const start = new Date()
  const redirectUri = `${origin}/instagram/response`
  const sandbox = starting.use(await createSandbox({ redirectUri, now: () => start }))
  const log: string[] = []
  const options = { ...sandbox.options, log: logTo(log), upkeep: false, ...change }
  const instagram = starting.use(await openInstagram(options))
  server.on('request', (request, response) => {
    void answer(request, response, instagram)
  })
  const ending = starting.move()
  return { origin, instagram, sandbox, log, [Symbol.asyncDispose]: () => ending.disposeAsync() }
}

/** A log of which nothing is kept. */
export const SILENT: Log = logTo([])

/** A log that is kept as `level message`. */
function logTo(lines: string[]): Log {
  const keep = (level: string) => (_details: object, message: string) =>
    void lines.push(`${level} ${message}`)
  return { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') }
}

/** `/login` begins; the callback finishes, and goes on where the person wanted, or says who they are. */
async function answer(request: IncomingMessage, response: ServerResponse, instagram: InstagramAccess) {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
  const browser = /\bbrowser=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1]
  try {
    if (pathname === '/login') {
      const login = instagram.beginLogin({ browser, returnTo: searchParams.get('return_to') ?? undefined })
      const cookie = `browser=${login.browser}; HttpOnly; SameSite=Lax; Path=/`
      response.writeHead(302, { location: login.url, 'set-cookie': cookie }).end()
    } else {
      const { account, returnTo } = await instagram.finishLogin({ callback: request.url ?? '', browser })
      if (returnTo) response.writeHead(303, { location: returnTo }).end()
      else response.end(`Hello @${account.username ?? '?'}`)
    }
  } catch (error) {
    const { name, status } = explain(error)
    response.writeHead(status).end(name)
  }
}

/** A login by the functions alone, as whoever: what `finishLogin` returns. */
export async function connect(
  { instagram, sandbox }: Pick<Site, 'instagram' | 'sandbox'>,
  as: 'business' | 'creator' | `guest-${number}` = 'business',
) {
  const { url, browser } = instagram.beginLogin()
  return instagram.finishLogin({ callback: await sandbox.authorize(url, { as }), browser })
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  const value = await promise.then(
    () => undefined,
    (error: unknown) => ({ error }),
  )
  if (!value) throw new Error('This was to be refused')
  return value.error
}

import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createInstagram, type Instagram, type InstagramSettings } from '../../src/instagram/client.ts'
import { InstagramError } from '../../src/instagram/failure.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'

export const CLIENT_ID = '1090387462915343'
export const CLIENT_SECRET = 'b7d1f0c2a95e4c6e8d3a1f7c5e902b46'
export const REDIRECT_URI = 'https://localhost:3000/response'
export const BASIC = 'instagram_business_basic'
export const PUBLISH = 'instagram_business_content_publish'
export const MESSAGES = 'instagram_business_manage_messages'

/** When everything here happens. */
export const NOW = new Date('2026-11-23T12:00:00.000Z')

/** A time so many seconds after {@link NOW}. */
export function later(seconds: number): Date {
  return new Date(NOW.getTime() + seconds * 1000)
}

/** Our client at one end, the sandbox at the other. */
interface Wire extends AsyncDisposable {
  instagram: Instagram
  sandbox: Sandbox
  /** Somebody authorizes the app with these scopes, beside the basic one: the code that comes back. */
  authorize(scopes?: readonly string[], person?: string): Promise<string>
}

/** Starts a sandbox, and a client for it with all of today's scopes that a test needs. */
export async function startWire(change: Partial<InstagramSettings> = {}): Promise<Wire> {
  await using starting = new AsyncDisposableStack()
  const app = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, redirectUris: [REDIRECT_URI] }
  const sandbox = starting.adopt(await startSandbox({ port: 0, app, now: () => NOW }), (started) =>
    started.close(),
  )
  const settings = { ...settingsFor(sandbox.origin), ...change }
  const instagram = starting.adopt(
    createInstagram(settings, () => NOW),
    (client) => client.close(),
  )
  const ending = starting.move()
  return {
    instagram,
    sandbox,
    async authorize(scopes = [], person = 'business') {
      const form = new URLSearchParams({ person, decision: 'allow' })
      for (const scope of scopes) form.append('scope', scope)
      const page = instagram.authorizeUrl('a-state')
      const answer = await fetch(page, { method: 'POST', body: form, redirect: 'manual' })
      return new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? ''
    },
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  }
}

/** Settings under which Instagram is at `origin`, its paths those of the sandbox. */
export function settingsFor(origin: string): InstagramSettings {
  return {
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    redirectUri: REDIRECT_URI,
    scopes: [BASIC, PUBLISH, MESSAGES],
    authorizeUrl: `${origin}/oauth/authorize`,
    tokenUrl: `${origin}/oauth/access_token`,
    graphUrl: origin,
    graphVersion: 'v26.0',
  }
}

/** A client with these settings that closes by itself. */
export function startClient(settings: InstagramSettings, now = () => NOW): Instagram & AsyncDisposable {
  const client = createInstagram(settings, now)
  return { ...client, [Symbol.asyncDispose]: () => client.close() }
}

/** Somewhere to call that is no sandbox. */
interface Place extends AsyncDisposable {
  origin: string
}

/** A web server of the test's own. */
export async function startServer(answer: RequestListener): Promise<Place> {
  return listening(createServer(answer))
}

/** Says these bytes to whoever calls, whatever they ask, and hangs up. */
export async function startTalker(said: string): Promise<Place> {
  return listening(
    createTcpServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => socket.end(said))
    }),
  )
}

async function listening(server: Server): Promise<Place> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

/** An origin of this machine where nobody listens any more. */
export async function closedOrigin(): Promise<string> {
  await using place = await startTalker('')
  return place.origin
}

/** The error of a call that fails. */
export async function refusal(calling: Promise<unknown>): Promise<InstagramError> {
  const outcome = await calling.catch((error: unknown) => error)
  if (outcome instanceof InstagramError) return outcome
  throw new Error('This was to fail with an InstagramError', { cause: outcome })
}

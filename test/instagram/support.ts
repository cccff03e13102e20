import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import type { InstagramSettings } from '../../src/config.ts'
import { InstagramError } from '../../src/errors/errors.ts'
import { createInstagramClient, type InstagramClient } from '../../src/instagram/client.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts'

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

/** A client of ours at one end, the sandbox at the other. */
interface Wire extends AsyncDisposable {
  instagram: InstagramClient
  sandbox: Sandbox
  /** Somebody authorizes the app with these scopes, beside the basic one: the code that comes back. */
  authorize(scopes?: readonly string[]): Promise<string>
}

/** Starts a sandbox, and a client for it with all the scopes that a test needs. */
export async function startWire(change: Partial<InstagramSettings> = {}): Promise<Wire> {
  await using starting = new AsyncDisposableStack()
  const app = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, redirectUris: [REDIRECT_URI] }
  const sandbox = starting.adopt(await startSandbox({ port: 0, app, now: () => NOW }), (started) => started.close())
  const instagram = starting.use(startClient({ ...settingsFor(sandbox.origin), ...change }))
  const ending = starting.move()
  return {
    instagram,
    sandbox,
    async authorize(scopes = []) {
      const callback = await sandbox.authorize(instagram.authorizeUrl('a-state'), { scopes })
      return callback.searchParams.get('code') ?? ''
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

type ClientOptions = Partial<Parameters<typeof createInstagramClient>[1]>

/** A client with these settings that closes by itself. */
export function startClient(
  settings: InstagramSettings,
  options: ClientOptions = {},
): InstagramClient & AsyncDisposable {
  const client = createInstagramClient(settings, { now: () => NOW, ...options })
  return { ...client, [Symbol.asyncDispose]: () => client.close() }
}

/** A server of the test’s own. */
export interface TestServer extends AsyncDisposable {
  origin: string
}

/** Starts a web server. */
export async function startServer(answer: RequestListener): Promise<TestServer> {
  return listening(createServer(answer))
}

/** Starts a server that sends these bytes to every request and hangs up. */
export async function startRawServer(response: string): Promise<TestServer> {
  return listening(
    createTcpServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => socket.end(response))
    }),
  )
}

async function listening(server: Server): Promise<TestServer> {
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

/** An origin of this machine where no server listens. */
export async function closedOrigin(): Promise<string> {
  await using server = await startRawServer('')
  return server.origin
}

/** The error of a call that fails. */
export async function refusal(calling: Promise<unknown>): Promise<InstagramError> {
  const outcome = await calling.catch((error: unknown) => error)
  if (outcome instanceof InstagramError) return outcome
  throw new Error('This was to fail with an InstagramError', { cause: outcome })
}

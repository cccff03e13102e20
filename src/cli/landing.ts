import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { isLoopback } from '../doctor/loopback.ts'
import { type Certificate, certificateFor } from '../process/certificate.ts'
import { SERVER_LIMITS } from '../process/serverLimits.ts'
import { type Environment, survey } from '../settings/survey.ts'
import { type Closing, closingHeaders, closingPage } from './closingPage.ts'
import { type Terminal, warn } from './terminal.ts'
import { databaseIn, userFolder } from './userEnvironment.ts'

/** Milliseconds in which a page that was sent arrives: it comes from this machine. */
const ARRIVAL_MS = 2000

/** Where on this machine the browser lands when Instagram sends it back. */
export interface Landing extends AsyncDisposable {
  /** As it was given, letter by letter, but with the port that was free where it named 0. */
  redirectUri: string
  /** Of its certificate, in pairs of hexadecimal digits; `undefined`: it has none. */
  fingerprint: string | undefined
  /** From now on, whatever comes back is answered by a page on how it ended. */
  receive(answer: (callback: URLSearchParams) => Promise<Closing>): void
}

/**
 * Listens at the redirect URI, if that is on this machine and its port is free; else the person is told why the browser will not get here.
 * Closed, it ends what is open, once the page that is on its way has arrived.
 *
 * @throws Error in a sentence: the certificate cannot be had
 */
export async function landingFor(settings: Environment, terminal: Terminal): Promise<Landing | undefined> {
  const redirectUri = settings['INSTAGRAM_REDIRECT_URI'] ?? ''
  const address = URL.parse(redirectUri)
  if (!address || !isLoopback(address)) return undefined
  const certificate = address.protocol === 'https:' ? await certificateOf(settings) : undefined
  try {
    return await land(redirectUri, address, certificate)
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : undefined
    if (reason !== 'EADDRINUSE' && reason !== 'EACCES') throw error
    const why = reason === 'EACCES' ? 'may be used by administrators only' : 'is in use by another program'
    warn(terminal, `Port ${portOf(address)} ${why}: the browser will not find us there.`)
    return undefined
  }
}

/** One of the settings', or the one of this user. */
function certificateOf(settings: Environment): Promise<Certificate | undefined> {
  const { HTTPS: https = 'self-signed' } = survey(settings).env
  return certificateFor({ https, databaseUrl: databaseIn(userFolder()) }, new Date())
}

async function land(
  redirectUri: string,
  address: URL,
  certificate: Certificate | undefined,
): Promise<Landing> {
  let receive: ((callback: URLSearchParams) => Promise<Closing>) | undefined
  const answered = new Set<Promise<unknown>>()

  const listener: RequestListener = (request, response) => {
    const asked = URL.parse(request.url ?? '/', address.origin)
    if (request.method !== 'GET' || asked?.pathname !== address.pathname || !receive) {
      response
        .writeHead(404, { 'Content-Type': 'text/plain' })
        .end('Nothing but Instagram’s answer belongs here.\n')
      return
    }
    answered.add(new Promise((resolve) => request.socket.once('close', resolve)))
    receive(asked.searchParams)
      .then((closing) => {
        const page = closingPage(closing)
        response.writeHead(closing.failure?.status ?? 200, closingHeaders(page)).end(page.html)
      })
      .catch(() => response.destroy())
  }
  const server = certificate
    ? createHttpsServer({ ...SERVER_LIMITS, ...certificate }, listener)
    : createServer(SERVER_LIMITS, listener)
  const connections = new Set<Socket>()
  server.on('connection', (connection: Socket) => {
    connections.add(connection)
    connection.once('close', () => connections.delete(connection))
  })
  server.listen(portOf(address), address.hostname === '[::1]' ? '::1' : '127.0.0.1')
  await once(server, 'listening')
  return {
    redirectUri: address.port === '0' ? redirectUri.replace(':0/', `:${portIn(server)}/`) : redirectUri,
    fingerprint: certificate?.fingerprint,
    receive(answer) {
      receive = answer
    },
    async [Symbol.asyncDispose]() {
      server.close()
      await Promise.race([Promise.all(answered), sleep(ARRIVAL_MS, undefined, { ref: false })])
      // Browsers open more connections than they use.
      for (const connection of connections) connection.destroy()
    },
  }
}

function portOf({ protocol, port }: URL): number {
  return port ? Number(port) : protocol === 'https:' ? 443 : 80
}

function portIn(server: Server): number {
  return (server.address() as AddressInfo).port
}

import { randomBytes } from 'node:crypto'
import { EventEmitter, on, once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import ejs from 'ejs'
import { type Certificate, certificateFor } from '../certificate.ts'
import { type Environment, isLoopback, parseEnvironment } from '../config.ts'
import type { Explained } from '../errors/explain.ts'
import { userDatabase, userFolder } from './environment.ts'

const VIEWS = join(import.meta.dirname, '../../views')

/** Milliseconds in which a browser on this machine receives a page. */
const DELIVERY_MS = 2000

/** How a login ended, for the page in the browser. `isSandbox`: it is a test account. */
export interface LoginResult {
  isSandbox: boolean
  account: string | null
  failure: Explained | null
}

/** A browser that Instagram sent back. */
export interface Callback {
  query: URLSearchParams
  /** Sends the page at which the login ends. */
  respond(result: LoginResult): void
}

/** Listens on this machine for browsers that come back from Instagram. @see RFC 8252, section 7.3 */
export interface CallbackServer extends AsyncDisposable {
  /** As it was given, but with the port that was free in place of port 0. */
  redirectUri: string
  /** SHA-256 of its certificate; `undefined` over http. */
  fingerprint: string | undefined
  /** The next browser that comes back. */
  next(): Promise<Callback>
}

/**
 * Listens at the redirect URI. `undefined`: it is not on this machine. The server closes when its last page has arrived.
 *
 * @throws Error of a listener, such as EADDRINUSE, or in a sentence about the certificate
 */
export async function startCallbackServer(environment: Environment): Promise<CallbackServer | undefined> {
  const redirectUri = environment['INSTAGRAM_REDIRECT_URI'] ?? ''
  const address = URL.parse(redirectUri)
  if (!address || !isLoopback(address)) return undefined
  const received = new EventEmitter<{ callback: [Callback] }>()
  const callbacks = on(received, 'callback')
  const unanswered = new Set<ServerResponse>()
  const delivered: Promise<unknown>[] = []
  let last: LoginResult | undefined

  const listener: RequestListener = (request, response) => {
    const url = URL.parse(request.url ?? '/', address.origin)
    if (request.method !== 'GET' || url?.pathname !== address.pathname) {
      response.writeHead(404, { 'Content-Type': 'text/plain' })
      response.end('Only Instagram’s redirect is received here.\n')
      return
    }
    unanswered.add(response)
    delivered.push(new Promise((resolve) => request.socket.once('close', resolve)))
    received.emit('callback', {
      query: url.searchParams,
      respond(result) {
        last = result
        unanswered.delete(response)
        sendPage(response, result)
      },
    })
  }
  const certificate = address.protocol === 'https:' ? await certificateOf(environment) : undefined
  const server = certificate ? createHttpsServer(certificate, listener) : createServer(listener)
  const connections = new Set<Socket>()
  server.on('connection', (connection: Socket) => connections.add(connection))
  server.listen(Number(address.port || (certificate ? 443 : 80)), address.hostname === '[::1]' ? '::1' : '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    redirectUri: address.port === '0' ? redirectUri.replace(':0/', `:${port}/`) : redirectUri,
    fingerprint: certificate?.fingerprint,
    async next() {
      const { value } = (await callbacks.next()) as { value: [Callback] }
      return value[0]
    },
    async [Symbol.asyncDispose]() {
      server.close()
      // A browser that was reloaded meanwhile gets the same page.
      if (last) for (const response of unanswered) sendPage(response, last)
      await Promise.race([Promise.all(delivered), sleep(DELIVERY_MS, undefined, { ref: false })])
      // Browsers open connections that they never use.
      for (const connection of connections) connection.destroy()
    },
  }
}

/** The certificate that HTTPS names, or a self-signed one, in the user's folder if there is a home. */
function certificateOf(environment: Environment): Promise<Certificate | undefined> {
  const { config } = parseEnvironment({ HTTPS: 'self-signed', ...environment })
  const databaseUrl = userFolder() ? userDatabase() : config.databaseUrl
  return certificateFor({ ...config, databaseUrl }, new Date())
}

/** Sends a page that needs no further request, because the server closes. */
function sendPage(response: ServerResponse, result: LoginResult): void {
  const nonce = randomBytes(16).toString('base64')
  response.writeHead(result.failure?.status ?? 200, {
    'Cache-Control': 'no-store',
    'Content-Security-Policy': `default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; img-src data:; style-src data:; script-src 'nonce-${nonce}'`,
    'Content-Type': 'text/html; charset=utf-8',
    Connection: 'close',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  })
  const icon = dataUrl('image/svg+xml', 'assets/icon.svg')
  const style = dataUrl('text/css', 'assets/style.css')
  const view = readFileSync(join(VIEWS, 'closing.ejs'), 'utf8')
  response.end(ejs.render(view, { ...result, nonce, icon, style }))
}

function dataUrl(type: string, file: string): string {
  return `data:${type};base64,${readFileSync(join(VIEWS, file), 'base64')}`
}

import { once } from 'node:events'
import type { RequestListener, ServerOptions, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import type { Certificate } from './certificate.ts'
import type { Logger } from './log.ts'

// `import` would read every property of the module, and so load Node's own fetch: a tenth of the start.
const { createServer, STATUS_CODES } = createRequire(import.meta.url)('node:http') as typeof import('node:http')

/** Limits of a connection. Larger headers get 431, slower requests 408; bodies are limited where they are read. */
export const SERVER_LIMITS = {
  /** Bytes of all headers together. */
  maxHeaderSize: 16 * 1024,
  /** Milliseconds from the first byte, or the connection, to the end of the headers. */
  headersTimeout: 15_000,
  /** Milliseconds to the last byte of the body; ours have at most 16 kB. */
  requestTimeout: 30_000,
  /** Milliseconds between requests; longer than the minute of most load balancers, which must close first. */
  keepAliveTimeout: 65_000,
  /** How often connections are checked, in milliseconds. */
  connectionsCheckingInterval: 5_000,
} satisfies ServerOptions

/** Status and body for errors of Node's HTTP parser, by their code. */
const PARSER_ERRORS: Readonly<Record<string, [status: number, sentence: string]>> = {
  HPE_HEADER_OVERFLOW: [
    431,
    'The headers of this request are larger than 16 kB. In a browser, delete the cookies of this site and try again.',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'This request took too long.'],
}

/** Node keeps the response under way here, and looks at it before it writes an error. @see lib/_http_server.js, socketOnError */
type ParsedSocket = Socket & { _httpMessage?: ServerResponse | null }

/** Milliseconds that requests under way have to finish when the server stops. */
const REQUEST_LIMIT_MS = 10_000

/** How often idle connections are looked for while the server stops, in milliseconds. */
const IDLE_CHECK_MS = 50

/** The first free port of this machine from `from` on, but not `leftOut`. */
export async function freePort(from: number, leftOut?: number): Promise<number> {
  const probe = createServer().listen(from, '127.0.0.1')
  const isFree = await once(probe, 'listening').then(Boolean, () => false)
  probe.close()
  return isFree && from !== leftOut ? from : freePort(from + 1, leftOut)
}

/**
 * Starts a server, with https if there is a certificate. The returned function stops it: it accepts no more connections, and finishes the
 * requests under way for at most ten seconds.
 *
 * @throws what listening reports, such as `EADDRINUSE`
 */
export async function startServer(
  listener: RequestListener,
  { host, port, certificate, log }: { host: string; port: number; certificate?: Certificate | undefined; log: Logger },
): Promise<() => Promise<void>> {
  const server = certificate
    ? (await import('node:https')).createServer({ ...SERVER_LIMITS, ...certificate }, listener)
    : createServer(SERVER_LIMITS, listener)
  const connections = new Set<Socket>()
  const keep = (connection: Socket) => {
    connections.add(connection)
    connection.once('close', () => connections.delete(connection))
  }
  server.on('connection', keep).on('secureConnection', keep)
  server.on('clientError', ({ code = '' }: NodeJS.ErrnoException, socket: ParsedSocket) => {
    const [status, sentence] = PARSER_ERRORS[code] ?? [400, 'This request is malformed.']
    log.debug({ code, res: { status } }, 'request refused before it reached a route')
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n`
    if (socket.writable && !socket._httpMessage?.headersSent) socket.write(head + sentence)
    socket.destroy()
  })
  server.listen(port, host)
  await once(server, 'listening')

  return async function stop() {
    server.close()
    const idle = setInterval(() => {
      server.closeIdleConnections()
      // A connection that has sent nothing is idle to Node 26, but not to Node 24.
      for (const connection of connections) if (connection.bytesRead === 0) connection.destroy()
    }, IDLE_CHECK_MS)
    const late = setTimeout(() => {
      server.closeAllConnections()
    }, REQUEST_LIMIT_MS)
    await once(server, 'close')
    clearInterval(idle)
    clearTimeout(late)
  }
}

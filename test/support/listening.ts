import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server on a free port, which answers as soon as it has a handler. */
export interface Listening extends AsyncDisposable {
  server: Server
  /** `http://localhost:<port>` */
  origin: string
}

/** Starts a server. Disposing of it closes its connections, too. */
export async function listen(): Promise<Listening> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    server,
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

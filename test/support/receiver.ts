import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** A program that takes events, and refuses each for the first time. */
export async function startReceiver(secret: Buffer, urlSecret: string) {
  const bodies: string[] = []
  const headers: string[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      bodies.push(body)
      headers.push(JSON.stringify(request.headers))
      response.writeHead(bodies.length === 1 ? 500 : 204).end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    bodies,
    headers,
    settings: {
      WEBHOOK_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?key=${urlSecret}`,
      WEBHOOK_SECRETS: `whsec_${secret.toString('base64')}`,
    },
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

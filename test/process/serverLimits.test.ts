import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { SERVER_LIMITS, startServer } from '../../src/server.ts'
import { freePort } from '../support/place.ts'

const REQUEST = 'POST / HTTP/1.1\r\nHost: x\r\n'

/** Sends a text, and then a letter every 50 ms, until the server closes the connection; what came back. */
async function drip(port: number, sent: string, letter = ''): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(sent)
  const dripping = setInterval(() => socket.write(letter), 50)
  socket.once('close', () => {
    clearInterval(dripping)
  })
  return text(socket).catch(() => '')
}

test('slow clients are cut off', async () => {
  const short = {
    headersTimeout: 200,
    requestTimeout: 400,
    keepAliveTimeout: 200,
    connectionsCheckingInterval: 20,
  }
  const bodies: string[] = []
  const server = createServer({ ...SERVER_LIMITS, ...short }, (request, response) => {
    if (request.url === '/unread') response.end('fine')
    else
      void text(request).then(
        (body) => {
          bodies.push(body)
          response.end('fine')
        },
        () => undefined,
      )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo

  const cutOff = await Promise.all([
    drip(port, ''),
    drip(port, `${REQUEST}X-Slow: `, 'x'),
    drip(port, `${REQUEST}Content-Length: 1000\r\n\r\n`, 'x'),
    drip(port, `${REQUEST}Content-Length: 1000\r\n\r\n`),
  ])
  const [idle, unread] = await Promise.all([
    drip(port, `${REQUEST}Content-Length: 2\r\n\r\nhi`),
    drip(port, 'POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n', 'x'.repeat(100)),
  ])

  for (const response of cutOff) expect(response).toMatch(/^$|^HTTP\/1\.1 408 /)
  for (const response of [idle, unread]) expect(response).toContain('200 OK')
  expect(bodies).toStrictEqual(['hi'])
})

test('headers of more than 16 kB are refused', async () => {
  const port = await freePort()
  const stop = await startServer((_request, response) => response.end('fine'), { host: '127.0.0.1', port })
  onTestFinished(stop)

  const response = await drip(port, `${REQUEST}X-Large: ${'x'.repeat(17_000)}\r\n\r\n`)

  expect(response).toContain('431 Request Header Fields Too Large')
})

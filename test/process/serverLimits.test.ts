import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import pino from 'pino'
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
  let received = ''
  socket.setEncoding('utf8').on('data', (part: string) => (received += part))
  // Not by `text`, which loses what came before a reset.
  await new Promise((resolve) => socket.once('close', resolve))
  clearInterval(dripping)
  return received
}

test('slow clients are cut off', async () => {
  const short = {
    headersTimeout: 500,
    requestTimeout: 1_000,
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

test('headers of more than 16 kB are refused with a sentence, which the log shows at debug without the headers', async () => {
  const port = await freePort()
  const lines: string[] = []
  const log = pino({ level: 'debug' }, { write: (line) => lines.push(line) })
  const stop = await startServer((_request, response) => response.end('fine'), { host: '127.0.0.1', port, log })
  onTestFinished(stop)

  const large = await drip(port, `${REQUEST}Cookie: ${'canary'.repeat(3_000)}\r\n\r\n`)
  const malformed = await drip(port, 'canary\r\n\r\n')

  expect(large).toMatch(
    /^HTTP\/1\.1 431 Request Header Fields Too Large\r\n[^]*\r\n\r\nThe headers of this request are larger/,
  )
  expect(malformed).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
  const logged = lines.map((line) => JSON.parse(line) as object)
  expect(logged).toMatchObject([
    { level: 20, res: { status: 431 } },
    { level: 20, res: { status: 400 } },
  ])
  expect(lines.join('')).not.toContain('canary')
})

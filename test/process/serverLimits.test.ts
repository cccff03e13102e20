import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { SERVER_LIMITS } from '../../src/process/serverLimits.ts'

/** A server that waits for little, and answers what it was asked after reading the body. */
async function startServer() {
  const short = {
    headersTimeout: 200,
    requestTimeout: 400,
    keepAliveTimeout: 200,
    connectionsCheckingInterval: 20,
  }
  const answered: string[] = []
  const server = createServer({ ...SERVER_LIMITS, ...short }, (request, response) => {
    if (request.url === '/unread') {
      response.end('fine')
      return
    }
    void text(request).then(
      (body) => {
        answered.push(body)
        response.end('fine')
      },
      () => undefined,
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    answered,
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** What comes back to somebody who sends this, and one letter more every 50 ms, until the server hangs up. */
async function drip(port: number, said: string, letter = ''): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(said)
  const dripping = setInterval(() => socket.write(letter), 50)
  socket.once('close', () => {
    clearInterval(dripping)
  })
  return text(socket).catch(() => '')
}

const REQUEST = 'POST / HTTP/1.1\r\nHost: x\r\n'

test.each([
  ['says nothing', '', ''],
  ['sends its headers letter by letter', `${REQUEST}X-Slow: `, 'x'],
  ['sends its body letter by letter', `${REQUEST}Content-Length: 1000\r\n\r\n`, 'x'],
  ['promises a body and sends none', `${REQUEST}Content-Length: 1000\r\n\r\n`, ''],
])('whoever %s is cut off', async (_, said, letter) => {
  await using server = await startServer()

  const answer = await drip(server.port, said, letter)

  expect(answer).toMatch(/^$|^HTTP\/1\.1 408 /)
  expect(server.answered).toStrictEqual([])
})

test('whoever keeps silent after an answer is cut off', async () => {
  await using server = await startServer()

  const answer = await drip(server.port, `${REQUEST}Content-Length: 2\r\n\r\nhi`)

  expect(answer).toContain('200 OK')
  expect(server.answered).toStrictEqual(['hi'])
})

test('whoever goes on sending what nobody reads is cut off', async () => {
  await using server = await startServer()
  const request = 'POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n'

  const answer = await drip(server.port, request, 'x'.repeat(100))

  expect(answer).toContain('200 OK')
})

test('headers of more than 16 kB are refused', async () => {
  await using server = await startServer()

  const answer = await drip(server.port, `${REQUEST}X-Large: ${'x'.repeat(17_000)}\r\n\r\n`)

  expect(answer).toContain('431 Request Header Fields Too Large')
})

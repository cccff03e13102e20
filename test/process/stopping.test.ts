import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { place } from '../support/place.ts'

/** Milliseconds after which a signal is not the first one forwarded by npm. */
const LATER = 700

const FORM = 'access_token=nothing-of-the-kind'

async function dial(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  // Some connections are reset when the app ends.
  return socket.on('error', () => undefined)
}

/** A POST that the app has begun to handle, and whose last byte is missing. */
async function beginRequest(port: number): Promise<Socket> {
  const socket = await dial(port)
  socket.write(
    `POST /import HTTP/1.1\r\nHost: localhost:${port}\r\nSec-Fetch-Site: same-origin\r\nExpect: 100-continue\r\n` +
      `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${FORM.length}\r\n\r\n`,
  )
  await once(socket, 'data')
  socket.write(FORM.slice(0, -1))
  return socket
}

test('a stopping app refuses new connections, closes silent ones, and finishes the request under way', async () => {
  await using here = await place()
  const app = here.start()
  await app.ready()
  const [request, silent] = [await beginRequest(here.port), await dial(here.port)]
  const closed = once(silent.resume(), 'close')

  // npm forwards the Ctrl-C that the terminal has sent already.
  app.child.kill('SIGINT')
  app.child.kill('SIGINT')
  await app.says('Stopping')
  await closed
  const refused = await once(connect(here.port, '127.0.0.1'), 'error')
  request.write(FORM.slice(-1))
  const asked = performance.now()
  const response = await text(request)
  const waited = performance.now() - asked

  // Reset, if the kernel accepted the connection just before the app stopped listening.
  expect(refused).toMatchObject([{ code: expect.stringMatching(/^ECONN(REFUSED|RESET)$/) as string }])
  expect(response).toContain('HTTP/1.1 422')
  // An idle connection does not wait for the ten seconds that requests have.
  expect(waited).toBeLessThan(8_000)
  expect(await app.ended).toBe(0)
})

test('a second signal ends the process at once, with status 1', async () => {
  await using here = await place()
  const app = here.start()
  await app.ready()
  await beginRequest(here.port)

  app.child.kill('SIGTERM')
  await app.says('Stopping')
  await sleep(LATER)
  const before = app.child.exitCode
  app.child.kill('SIGTERM')

  expect(before).toBeNull()
  expect(await app.ended).toBe(1)
})

import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { place } from '../support/place.ts'

/** Milliseconds after which a signal is a second one. */
const LATER = 700

/** A connection to the app; closed with the test. */
async function dial(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

const FORM = 'access_token=nothing-of-the-kind'

/** A POST whose last byte is still to come. */
async function beginRequest(port: number): Promise<Socket> {
  const socket = await dial(port)
  socket.write(
    `POST /import HTTP/1.1\r\nHost: localhost:${port}\r\nSec-Fetch-Site: same-origin\r\n` +
      `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${FORM.length}\r\n\r\n${FORM.slice(0, -1)}`,
  )
  return socket
}

async function until(said: string, output: () => string): Promise<void> {
  while (!output().includes(said)) await sleep(20)
}

test('told to stop it takes no new connection, hangs up on who is silent, finishes the request under way, and ends with status 0', async () => {
  await using here = await place()
  const app = here.start()
  await app.ready()
  const [request, silent] = [await beginRequest(here.port), await dial(here.port)]
  const hungUp = once(silent.resume(), 'close')
  await sleep(100)

  app.child.kill('SIGTERM')
  await until('Stopping', app.output)
  const refused = await once(connect(here.port, '127.0.0.1'), 'error')
  await hungUp
  request.write(FORM.slice(-1))
  const asked = performance.now()
  const answer = await text(request)
  const waited = performance.now() - asked

  expect(refused).toMatchObject([{ code: 'ECONNREFUSED' }])
  expect(answer).toContain('HTTP/1.1 422')
  expect(answer).toContain('That is no token')
  // Ten seconds is what a connection gets that is kept alive, and in use.
  expect(waited).toBeLessThan(8_000)
  expect(await app.ended).toBe(0)
})

test('an app that speaks https does not wait for who connects and says nothing', async () => {
  await using here = await place()
  const app = here.start({ HTTPS: 'self-signed' })
  await app.ready()
  const hungUp = once((await dial(here.port)).resume(), 'close')
  await sleep(100)

  app.child.kill('SIGTERM')
  const told = performance.now()
  await hungUp

  expect(await app.ended).toBe(0)
  expect(performance.now() - told).toBeLessThan(8_000)
})

test('a second signal does not wait for the request under way', async () => {
  await using here = await place()
  const app = here.start()
  await app.ready()
  const request = await beginRequest(here.port)
  request.on('error', () => undefined)
  await sleep(100)

  app.child.kill('SIGTERM')
  await sleep(LATER)
  const stillThere = app.child.exitCode
  app.child.kill('SIGTERM')

  expect(stillThere).toBeNull()
  expect(await app.ended).toBe(1)
})

test('the Ctrl-C that npm hands on, a moment after the terminal’s own, is no second signal', async () => {
  await using here = await place()
  const app = here.start()
  await app.ready()
  const request = await beginRequest(here.port)
  await sleep(100)

  app.child.kill('SIGINT')
  await until('Stopping', app.output)
  app.child.kill('SIGINT')
  await sleep(50)
  request.write(FORM.slice(-1))

  expect(await text(request)).toContain('HTTP/1.1 422')
  expect(await app.ended).toBe(0)
})

test.each([
  ['a rejection that nobody handles', 'void Promise.reject(new Error("boom", { cause: new Error("why") }))'],
  ['an error that nobody catches', 'throw new Error("boom", { cause: new Error("why") })'],
])('%s is logged with its cause, and ends the process with status 1', async (_, mistake) => {
  await using here = await place()
  await writeFile(join(here.folder, 'mistake.mjs'), `process.on('SIGUSR2', () => { ${mistake} })`)
  const app = here.start({ NODE_OPTIONS: '--import=./mistake.mjs' })
  await app.ready()

  app.child.kill('SIGUSR2')

  expect(await app.ended).toBe(1)
  const line = app
    .output()
    .split('\n')
    .findLast((text) => text.startsWith('{'))
  expect(JSON.parse(line ?? '')).toMatchObject({
    level: 60,
    err: { message: 'boom', cause: { message: 'why' } },
  })
})

import { once } from 'node:events'
import { createServer as createHttpsServer } from 'node:https'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { generate } from 'selfsigned'
import { expect, onTestFinished, test } from 'vitest'
import { linesOn, startPatient, startServer } from './support.ts'

test('each of the three hosts has a line of its own', async () => {
  await using patient = await startPatient()
  const [authorize, graph] = [
    await startServer((_, answer) => answer.end()),
    await startServer((_, answer) => answer.end()),
  ]

  const lines = await patient.examine({
    INSTAGRAM_AUTHORIZE_URL: `${authorize}/oauth/authorize`,
    INSTAGRAM_GRAPH_URL: graph,
  })

  for (const origin of [authorize, patient.world.sandbox.origin, graph])
    expect(linesOn(new URL(origin).host, lines)).toMatchObject([
      { outcome: 'ok', says: expect.stringMatching(/^Answers in \d+ ms\.$/) as string },
    ])
})

test('an answer that is no success is an answer; out of order is not known', async () => {
  await using patient = await startPatient()
  const refusing = await startServer((_, answer) => answer.writeHead(400).end())
  const broken = await startServer((_, answer) => answer.writeHead(503).end())

  const lines = await patient.examine({ INSTAGRAM_AUTHORIZE_URL: refusing, INSTAGRAM_GRAPH_URL: broken })

  expect(linesOn(new URL(refusing).host, lines)).toMatchObject([{ outcome: 'ok' }])
  expect(linesOn(new URL(broken).host, lines)).toMatchObject([
    { outcome: 'unknown', says: 'Answers 503: it is out of order.' },
  ])
})

test('a name without an address is wrong', async () => {
  await using patient = await startPatient()

  const lines = await patient.examine({ INSTAGRAM_GRAPH_URL: 'https://graph.invalid' })

  expect(linesOn('graph.invalid', lines)).toMatchObject([
    { outcome: 'wrong', says: 'Its name leads to no address.' },
  ])
})

test('a port where nothing listens is wrong', async () => {
  await using patient = await startPatient()

  const lines = await patient.examine({ INSTAGRAM_GRAPH_URL: 'http://127.0.0.1:1' })

  expect(linesOn('127.0.0.1:1', lines)).toMatchObject([
    { outcome: 'wrong', says: 'Nothing takes the connection.' },
  ])
})

test('a connection that breaks off is wrong', async () => {
  await using patient = await startPatient()
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`

  const lines = await patient.examine({ INSTAGRAM_GRAPH_URL: `http://${host}` })

  expect(linesOn(host, lines)).toMatchObject([
    { outcome: 'wrong', says: 'The connection breaks off before an answer.' },
  ])
})

test('a certificate that nobody vouches for is wrong', async () => {
  await using patient = await startPatient()
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }])
  const server = createHttpsServer({ cert, key }, (_, answer) => answer.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const host = `localhost:${(server.address() as AddressInfo).port}`

  const lines = await patient.examine({ INSTAGRAM_GRAPH_URL: `https://${host}` })

  expect(linesOn(host, lines)).toMatchObject([
    { outcome: 'wrong', says: expect.stringContaining('not trusted') as string },
  ])
})

test('https where http is spoken is wrong', async () => {
  await using patient = await startPatient()
  const origin = await startServer((_, answer) => answer.end())
  const { host } = new URL(origin)

  const lines = await patient.examine({ INSTAGRAM_GRAPH_URL: `https://${host}` })

  expect(linesOn(host, lines)).toMatchObject([
    { outcome: 'wrong', says: expect.stringContaining('does not speak TLS') as string },
  ])
})

test('where nobody ever answers, all is told within twelve seconds', async () => {
  await using patient = await startPatient()
  const silent = await startServer(() => undefined)
  const began = performance.now()

  const lines = await patient.examine({
    INSTAGRAM_AUTHORIZE_URL: silent,
    INSTAGRAM_TOKEN_URL: silent,
    INSTAGRAM_GRAPH_URL: silent,
    INSTAGRAM_REDIRECT_URI: `${silent}/response`,
  })

  expect(performance.now() - began).toBeLessThan(12_000)
  expect(linesOn(new URL(silent).host, lines)).toMatchObject([
    { outcome: 'wrong', says: 'No answer within 5 seconds.' },
  ])
  expect(linesOn('App ID', lines)).toMatchObject([{ outcome: 'unknown' }])
  expect(linesOn('What answers there', lines)).toMatchObject([{ outcome: 'unknown' }])
})

test.each([
  [0, 'ok', /^Agrees with Instagram’s/],
  [-50, 'ok', /but for (49|50|51) seconds/],
  [50, 'ok', /but for (49|50|51) seconds/],
  [300, 'wrong', /(299|300|301) seconds ahead of/],
  [-7200, 'wrong', /(7199|7200|7201) seconds behind/],
] as const)('a clock that is %i seconds ahead is %s', async (seconds, outcome, says) => {
  await using patient = await startPatient()

  const lines = await patient.examine({}, () => new Date(Date.now() + seconds * 1000))

  expect(linesOn('Clock', lines)).toMatchObject([{ outcome, says: expect.stringMatching(says) as string }])
})

test('where no host tells the time, the clock is not known', async () => {
  await using patient = await startPatient()
  const timeless = await startServer((_, answer) => {
    answer.sendDate = false
    answer.end()
  })

  const lines = await patient.examine({
    INSTAGRAM_AUTHORIZE_URL: timeless,
    INSTAGRAM_TOKEN_URL: timeless,
    INSTAGRAM_GRAPH_URL: timeless,
  })

  expect(linesOn('Clock', lines)).toMatchObject([{ outcome: 'unknown' }])
})

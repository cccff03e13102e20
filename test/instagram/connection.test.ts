import type { Socket } from 'node:net'
import * as zlib from 'node:zlib'
import { Agent } from 'undici'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { FinishedCall } from '../../src/instagram/http.ts'
import { hostLogger } from '../../src/log.ts'
import {
  closedOrigin,
  NOW,
  refusal,
  settingsFor,
  startClient,
  startRawServer,
  startServer,
  startWire,
} from './support.ts'

const wire = await startWire()
const { instagram, sandbox } = wire
afterAll(() => wire[Symbol.asyncDispose]())

let earlier = 0
beforeEach(() => {
  earlier = sandbox.calls.length
})

/** What arrived at the sandbox during this test. */
function calls() {
  return sandbox.calls.slice(earlier)
}

const TOKEN = '{"access_token":"IGAAx","user_id":27640875392278831}'
const MEBIBYTE = 1_048_576
const OK = 'HTTP/1.1 200 OK\r\n'

describe('a response', () => {
  test('of exactly one mebibyte is read', async () => {
    sandbox.answerNext('token', { body: TOKEN.padEnd(MEBIBYTE) })

    const response = await instagram.exchangeCode('AQ')

    expect(response.userId).toBe('27640875392278831')
  })

  test.each<[how: string, headers: Record<string, string>]>([
    ['and says so', {}],
    ['and does not say so', { 'transfer-encoding': 'chunked' }],
  ])('that is larger %s is too large, and harms no call after it', async (_, headers) => {
    sandbox.answerNext('token', { headers, body: TOKEN.padEnd(MEBIBYTE + 1) })

    const error = await refusal(instagram.exchangeCode('AQ'))

    expect(error.kind).toBe('too_large')
    expect(error.evidence.endpoint).toBe(`${sandbox.origin}/oauth/access_token`)
    expect(calls()).toHaveLength(1)
    expect((await instagram.exchangeCode(await wire.authorize())).userId).toBe('27640875392278831')
  })

  test('that never ends is too large', async () => {
    await using server = await startServer((_, response) => {
      const more = () => {
        while (response.write(' '.repeat(65_536)));
      }
      response.on('drain', more)
      more()
    })
    await using client = startClient(settingsFor(server.origin))

    const error = await refusal(client.profile('IGAAx'))

    expect(error.kind).toBe('too_large')
    expect(error.evidence.status).toBe(200)
  })

  test('that breaks off is unreadable', async () => {
    sandbox.answerNext('token', { fault: 'truncated' })

    const error = await refusal(instagram.exchangeCode('AQ'))

    expect(error.kind).toBe('unreadable')
    expect(error.evidence).toStrictEqual({ endpoint: `${sandbox.origin}/oauth/access_token`, status: 200 })
    expect(error.cause).toBeInstanceOf(Error)
    expect(calls()).toHaveLength(1)
  })

  test.each<[how: string, bytes: string, received: string]>([
    ['in another protocol', 'SSH-2.0-OpenSSH_9.9\r\n', 'bytes that are not HTTP'],
    ['with two lengths', `${OK}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`, 'a body of another length'],
    ['with headers without end', `${OK}x-long: ${'x'.repeat(200_000)}`, 'headers of more than 64 kB'],
    [
      'after 100 Continue',
      `HTTP/1.1 100 Continue\r\n\r\n${OK}\r\n${TOKEN}`,
      'an unexpected interim response (100 Continue)',
    ],
    ['that switches protocols', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n', '101'],
  ])('%s is unreadable, and the error says what came', async (_, bytes, received) => {
    await using server = await startRawServer(bytes)
    await using client = startClient(settingsFor(server.origin))

    const error = await refusal(client.exchangeCode('AQ'))

    expect(error.code).toBe('unreadable')
    expect(error.evidence).toStrictEqual({
      endpoint: `${server.origin}/oauth/access_token`,
      received: expect.stringContaining(received) as string,
    })
    expect(error.message).toContain(`/oauth/access_token sent ${error.evidence.received}`)
  })

  test('with a chunk without a size is unreadable', async () => {
    await using server = await startRawServer(`${OK}transfer-encoding: chunked\r\n\r\nsize\r\n{}\r\n`)
    await using client = startClient(settingsFor(server.origin))

    const error = await refusal(client.exchangeCode('AQ'))

    expect(error.message).toBe(`unreadable: ${server.origin}/oauth/access_token answered 200`)
    expect(error.evidence.received).toBe('bytes that are not HTTP')
  })

  test.each([
    ['no bytes', ''],
    ['half a header', `${OK}content-ty`],
  ])('of %s is none', async (_, bytes) => {
    await using server = await startRawServer(bytes)
    await using client = startClient(settingsFor(server.origin))

    const error = await refusal(client.exchangeCode('AQ'))

    expect(error.code).toBe('unreachable')
  })

  test('with headers of 20 kB is read', async () => {
    await using server = await startRawServer(`${OK}x-long: ${'x'.repeat(20_000)}\r\n\r\n${TOKEN}`)
    await using client = startClient(settingsFor(server.origin))

    const response = await client.exchangeCode('AQ')

    expect(response.userId).toBe('27640875392278831')
  })

  test.each<[coding: string, body: Buffer]>([
    ['gzip', zlib.gzipSync(TOKEN)],
    ['x-gzip', zlib.gzipSync(TOKEN)],
    ['deflate', zlib.deflateSync(TOKEN)],
    ['Deflate', zlib.deflateRawSync(TOKEN)],
    ['br', zlib.brotliCompressSync(TOKEN)],
    ['zstd', zlib.zstdCompressSync(TOKEN)],
    ['br, gzip', zlib.gzipSync(zlib.brotliCompressSync(TOKEN))],
    ['utf-8', Buffer.from(TOKEN)],
  ])('with Content-Encoding %s, which was not asked for, is read', async (coding, body) => {
    sandbox.answerNext('token', { headers: { 'content-encoding': coding }, body })

    const response = await instagram.exchangeCode('AQ')

    expect(response.userId).toBe('27640875392278831')
  })

  test.each([
    ['is cut off', zlib.gzipSync(TOKEN).subarray(0, 30), 'unreadable'],
    ['unpacks to more than a mebibyte', zlib.gzipSync(TOKEN.padEnd(MEBIBYTE + 1)), 'too_large'],
  ])('whose gzip %s is an error like any other', async (_, body, code) => {
    sandbox.answerNext('token', { headers: { 'content-encoding': 'gzip' }, body })

    const error = await refusal(instagram.exchangeCode('AQ'))

    expect(error.code).toBe(code)
    expect(error.evidence.status).toBe(200)
  })
})

describe('a connection', () => {
  test.each([
    ['token', 'not tried again', 1, () => instagram.exchangeCode('AQ')],
    ['long_lived', 'tried once more', 2, () => instagram.exchangeForLongLived('IGAAx')],
    ['refresh', 'tried once more', 2, () => instagram.refresh('IGAAx')],
    ['me', 'tried once more', 2, () => instagram.profile('IGAAx')],
  ] as const)('that is reset on %s is %s', async (endpoint, _, count, call) => {
    sandbox.answerNext(endpoint, { fault: 'reset' })

    const error = await refusal(call())

    expect(error.kind).toBe('unreachable')
    expect(error.message).toMatch(/^unreachable: http:\/\/127\.0\.0\.1:\d+\/[\w./]+ did not answer$/)
    expect(error.evidence.status).toBeUndefined()
    expect(calls()).toHaveLength(count)
  })

  test('that is refused is unreachable', async () => {
    const origin = await closedOrigin()
    await using client = startClient(settingsFor(origin))

    const error = await refusal(client.exchangeCode('AQ'))

    expect(error.kind).toBe('unreachable')
    expect(error.evidence).toStrictEqual({ endpoint: `${origin}/oauth/access_token` })
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('to a host that does not exist is unreachable', async () => {
    await using client = startClient(settingsFor('http://nowhere.invalid'))

    const error = await refusal(client.exchangeCode('AQ'))

    expect(error.kind).toBe('unreachable')
    expect(error.evidence).toStrictEqual({ endpoint: 'http://nowhere.invalid/oauth/access_token' })
  })

  test('by TLS to a host without TLS is unreachable', async () => {
    await using client = startClient(settingsFor(sandbox.origin.replace('http:', 'https:')))

    const error = await refusal(client.exchangeCode('AQ'))

    expect(error.kind).toBe('unreachable')
    expect(calls()).toStrictEqual([])
  })

  test('is kept for the next call', async () => {
    const connections = new Set<unknown>()
    await using server = await startServer((request, response) => {
      connections.add(request.socket)
      response.end('{"id":"27640875392278831"}')
    })
    await using client = startClient(settingsFor(server.origin))

    for (let count = 0; count < 20; count++) await client.profile('IGAAx')

    // undici may open a second one for a call that comes while the first is being put away.
    expect(connections.size).toBeLessThanOrEqual(2)
  })

  test.each<[how: string, end: (socket: Socket) => void]>([
    ['is closed', (socket) => socket.destroy()],
    ['is reset', (socket) => socket.resetAndDestroy()],
  ])('that was kept and %s when it is used again costs no profile', async (_, end) => {
    const connections = new Set<Socket>()
    let ended: Socket | undefined
    await using server = await startServer(({ socket }, response) => {
      if (connections.has(socket) && !ended) end((ended = socket))
      else response.end('{"id":"27640875392278831"}')
      connections.add(socket)
    })
    await using client = startClient(settingsFor(server.origin))

    for (let count = 0; count < 20; count++) await client.profile('IGAAx')

    expect(ended).toBeDefined()
  })

  test('is not used again after an idle second, even if the server offers ten minutes', async () => {
    const connections = new Set<Socket>()
    await using server = await startServer(({ socket }, response) => {
      // Used again later, it would be silent.
      if (!connections.has(socket)) response.setHeader('keep-alive', 'timeout=600').end(TOKEN)
      connections.add(socket)
    })
    await using client = startClient(settingsFor(server.origin))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await client.exchangeCode('AQ')

    await vi.advanceTimersByTimeAsync(1_000)
    vi.useRealTimers()
    const response = await client.exchangeCode('AQ')

    expect(response.userId).toBe('27640875392278831')
    expect(connections.size).toBe(2)
  })

  test('of a closed client is an error like any other', async () => {
    const client = startClient(settingsFor(sandbox.origin))
    await client.close()

    const error = await refusal(client.profile('IGAAx'))

    expect(error.kind).toBe('unreachable')
    expect(calls()).toStrictEqual([])
  })
})

describe('a call that is not over after ten seconds', () => {
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  /** The error of a call during which all but ten milliseconds of the limit pass, then the rest. */
  async function errorAfterTenSeconds(call: Promise<unknown>) {
    const outcome = refusal(call)
    const settled = vi.fn()
    outcome.finally(settled).catch(() => undefined)
    await vi.advanceTimersByTimeAsync(9_990)
    const wasOverEarly = settled.mock.calls.length > 0
    await vi.advanceTimersByTimeAsync(10)
    const error = await outcome
    return { error, wasOverEarly }
  }

  test.each([
    ['without a response', ''],
    ['in the middle of its response', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{'],
  ])('%s is given up', async (_, bytes) => {
    const arrived = Promise.withResolvers<undefined>()
    await using server = await startServer((request) => {
      request.socket.write(bytes, () => {
        arrived.resolve(undefined)
      })
    })
    await using client = startClient(settingsFor(server.origin))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const call = client.exchangeCode('AQ')
    await arrived.promise

    const { error, wasOverEarly } = await errorAfterTenSeconds(call)

    expect(wasOverEarly).toBe(false)
    expect(error.code).toBe('timed_out')
    expect(error.evidence.endpoint).toBe(`${server.origin}/oauth/access_token`)
  })

  test('because it cannot connect is given up, and not made later', async () => {
    let connected: (() => void) | undefined
    const dispatcher = new Agent({
      connect: (_, callback) => {
        connected = () => {
          callback(new Error('too late'), null)
        }
      },
    })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await using client = startClient(settingsFor('http://127.0.0.1'), { dispatcher })

    const { error, wasOverEarly } = await errorAfterTenSeconds(client.profile('IGAAx'))
    connected?.()

    expect(wasOverEarly).toBe(false)
    expect(error.code).toBe('timed_out')
  })

  test('keeps no timer when it is over in time', async () => {
    const set = vi.spyOn(globalThis, 'setTimeout')
    const clear = vi.spyOn(globalThis, 'clearTimeout')
    sandbox.answerNext('token', { body: TOKEN })

    await instagram.exchangeCode('AQ')

    const limit = set.mock.calls.findIndex(([, delay]) => delay === 10_000)
    expect(limit).toBeGreaterThanOrEqual(0)
    expect(clear).toHaveBeenCalledWith(set.mock.results[limit]?.value)
  })
})

test('each call is reported once it is over, with what came of it and how long it took', async () => {
  const finished: FinishedCall[] = []
  await using client = startClient(settingsFor(sandbox.origin), {
    onCall: (call) => {
      finished.push(call)
    },
  })
  const { token } = await client.exchangeCode(await wire.authorize())
  const long = await client.exchangeForLongLived(token.accessToken)
  await client.profile(long.accessToken)
  await client.picture(`${sandbox.origin}/pictures/business.png`)
  sandbox.answerNext('refresh', { fault: 'reset' })
  await refusal(client.refresh(long.accessToken))
  await refusal(client.exchangeCode('short'))
  sandbox.answerNext('me', { body: '{}' })
  await refusal(client.profile(long.accessToken))

  expect(finished.map(({ endpoint, outcome }) => [endpoint, outcome])).toStrictEqual([
    ['token', 'ok'],
    ['long_lived', 'ok'],
    ['me', 'ok'],
    ['picture', 'ok'],
    ['refresh', 'unreachable'],
    ['token', 'code_invalid'],
    ['me', 'unreadable'],
  ])
  for (const { seconds } of finished) expect(seconds).toBeGreaterThan(0)
})

test('a clock that differs from Instagram’s is logged once, until the difference changes', async () => {
  const lines: string[] = []
  const log = hostLogger({ ...console, info: logTo('info'), warn: logTo('warn'), debug: () => undefined })
  function logTo(level: string) {
    return (_: object, message: string) => void lines.push(`${level}: ${message}`)
  }
  let aheadSeconds = 0
  await using server = await startServer((_, response) => {
    const date = new Date(NOW.getTime() - aheadSeconds * 1000).toUTCString()
    response.setHeader('date', date).end('{"id":"27640875392278831"}')
  })
  await using client = startClient(settingsFor(server.origin), { log })

  for (const seconds of [0, 290, -290, 3600, 3600, 3590, 3500, -7200, -7200, 0, 0, Infinity]) {
    aheadSeconds = seconds
    await client.profile('IGAAx')
  }

  expect(lines).toStrictEqual([
    'warn: this machine’s clock is 3600 seconds ahead of Instagram’s',
    'warn: this machine’s clock is 7200 seconds behind Instagram’s',
    'info: this machine’s clock matches Instagram’s again',
  ])
})

test('a client that is closed lets a call under way end', async () => {
  const arrived = Promise.withResolvers<() => void>()
  await using server = await startServer((_, response) => {
    arrived.resolve(() => response.end('{"id":"27640875392278831"}'))
  })
  const client = startClient(settingsFor(server.origin))
  const profile = client.profile('IGAAx')
  const respond = await arrived.promise

  const closed = client.close()
  respond()

  expect(await profile).toMatchObject({ id: '27640875392278831' })
  await closed
})

import { describe, expect, test } from 'vitest'
import { ANSWER_SIZE_LIMIT } from '../../src/instagram/call.ts'
import { createInstagram } from '../../src/instagram/client.ts'
import {
  closedOrigin,
  NOW,
  refusal,
  settingsFor,
  startClient,
  startServer,
  startTalker,
  startWire,
} from './support.ts'

describe('an answer', () => {
  const GRANT = '{"access_token":"IGAAx","user_id":27640875392278831}'

  test('of exactly one mebibyte is read', async () => {
    await using wire = await startWire()
    wire.sandbox.answerNext('token', { body: GRANT.padEnd(ANSWER_SIZE_LIMIT) })

    const grant = await wire.instagram.exchangeCode('AQ')

    expect(ANSWER_SIZE_LIMIT).toBe(1_048_576)
    expect(grant.userId).toBe('27640875392278831')
  })

  test.each<[how: string, headers: Record<string, string>]>([
    ['and says so', {}],
    ['and does not say so', { 'transfer-encoding': 'chunked' }],
  ])('that is larger than that %s is too large', async (_, headers) => {
    await using wire = await startWire()
    wire.sandbox.answerNext('token', { headers, body: GRANT.padEnd(ANSWER_SIZE_LIMIT + 1) })

    const error = await refusal(wire.instagram.exchangeCode('AQ'))

    expect(error.failure).toBe('too_large')
    expect(error.evidence.endpoint).toBe(`${wire.sandbox.origin}/oauth/access_token`)
    expect(wire.sandbox.calls).toHaveLength(1)
  })

  test('that never ends is too large soon', async () => {
    await using server = await startServer((_, answer) => {
      const more = () => {
        while (answer.write(' '.repeat(65_536)));
      }
      answer.on('drain', more)
      more()
    })
    await using instagram = startClient(settingsFor(server.origin))

    const error = await refusal(instagram.profile('IGAAx'))

    expect(error.failure).toBe('too_large')
    expect(error.evidence.status).toBe(200)
  })

  test('that is too large harms no call after it', async () => {
    await using wire = await startWire()
    wire.sandbox.answerNext('token', { body: ' '.repeat(2 * ANSWER_SIZE_LIMIT) })
    await refusal(wire.instagram.exchangeCode('AQ'))

    const grant = await wire.instagram.exchangeCode(await wire.authorize())

    expect(grant.userId).toBe('27640875392278831')
  })

  test('that breaks off is unreadable', async () => {
    await using wire = await startWire()
    wire.sandbox.answerNext('token', { fault: 'truncated' })

    const error = await refusal(wire.instagram.exchangeCode('AQ'))

    expect(error.failure).toBe('unreadable')
    expect(error.evidence).toStrictEqual({
      endpoint: `${wire.sandbox.origin}/oauth/access_token`,
      status: 200,
    })
    expect(error.cause).toBeInstanceOf(Error)
    expect(wire.sandbox.calls).toHaveLength(1)
  })

  test.each([
    ['with half a header', 'HTTP/1.1 200 OK\r\ncontent-ty'],
    ['in another protocol', 'SSH-2.0-OpenSSH_9.9\r\n'],
    ['with a chunk of no size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nsize\r\n{}\r\n'],
    ['with two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}'],
    ['with headers without end', `HTTP/1.1 200 OK\r\nx-long: ${'x'.repeat(200_000)}`],
    [
      'that switches protocols',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    ],
    ['of no bytes', ''],
  ])('%s is a failure like any other', async (_, said) => {
    await using talker = await startTalker(said)
    await using instagram = startClient(settingsFor(talker.origin))

    const error = await refusal(instagram.exchangeCode('AQ'))

    expect(['unreachable', 'unreadable']).toContain(error.failure)
    expect(error.evidence.endpoint).toBe(`${talker.origin}/oauth/access_token`)
  })
})

describe('a connection', () => {
  test.each(['token', 'long_lived', 'me'] as const)(
    'that is reset on %s is not tried again',
    async (endpoint) => {
      await using wire = await startWire()
      wire.sandbox.answerNext(endpoint, { fault: 'reset' })
      const call = {
        token: () => wire.instagram.exchangeCode('AQ'),
        long_lived: () => wire.instagram.exchangeForLongLived('IGAAx'),
        me: () => wire.instagram.profile('IGAAx'),
      }

      const error = await refusal(call[endpoint]())

      expect(error.failure).toBe('unreachable')
      expect(error.message).toMatch(/^unreachable: http:\/\/127\.0\.0\.1:\d+\/[\w./]+ did not answer$/)
      expect(error.evidence.status).toBeUndefined()
      expect(wire.sandbox.calls).toHaveLength(1)
    },
  )

  test('that is refused is no answer', async () => {
    const origin = await closedOrigin()
    await using instagram = startClient(settingsFor(origin))

    const error = await refusal(instagram.exchangeCode('AQ'))

    expect(error.failure).toBe('unreachable')
    expect(error.evidence).toStrictEqual({ endpoint: `${origin}/oauth/access_token` })
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('to a host that does not exist is no answer', async () => {
    await using instagram = startClient(settingsFor('http://nowhere.invalid'))

    const error = await refusal(instagram.exchangeCode('AQ'))

    expect(error.failure).toBe('unreachable')
    expect(error.evidence).toStrictEqual({ endpoint: 'http://nowhere.invalid/oauth/access_token' })
  })

  test('in TLS to a host that speaks none is no answer', async () => {
    await using wire = await startWire()
    await using instagram = startClient(settingsFor(wire.sandbox.origin.replace('http:', 'https:')))

    const error = await refusal(instagram.exchangeCode('AQ'))

    expect(error.failure).toBe('unreachable')
    expect(wire.sandbox.calls).toStrictEqual([])
  })

  test('is kept for the next call', async () => {
    const connections = new Set<unknown>()
    await using server = await startServer((request, answer) => {
      connections.add(request.socket)
      answer.end('{"id":"27640875392278831"}')
    })
    await using instagram = startClient(settingsFor(server.origin))

    for (let count = 0; count < 20; count++) await instagram.profile('IGAAx')

    // undici may take a second one for a call that comes while the first is being put away.
    expect(connections.size).toBeLessThanOrEqual(2)
  })

  test('of a closed client fails as a call like any other', async () => {
    await using wire = await startWire()
    const instagram = createInstagram(settingsFor(wire.sandbox.origin), () => NOW)
    await instagram.close()

    const error = await refusal(instagram.profile('IGAAx'))

    expect(error.failure).toBe('unreachable')
    expect(wire.sandbox.calls).toStrictEqual([])
  })
})

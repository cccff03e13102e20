import type { RequestListener } from 'node:http'
import { connect } from 'node:net'
import { Agent } from 'undici'
import { describe, expect, test } from 'vitest'
import { fetchPicture } from '../../src/instagram/picture.ts'
import { refusal, startServer, startWire } from './support.ts'

describe('a picture of the Graph host', () => {
  test('comes with its type and all its bytes', async () => {
    await using wire = await startWire()
    const { token } = await wire.instagram.exchangeCode(await wire.authorize())
    const { pictureUrl } = await wire.instagram.profile(token.accessToken)

    const picture = await wire.instagram.picture(pictureUrl ?? '')

    expect(picture.contentType).toBe('image/png')
    expect(picture.bytes.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n')
    expect(picture.bytes.subarray(-8, -4).toString('latin1')).toBe('IEND')
  })

  test('is asked for without token, secret or cookie', async () => {
    await using wire = await startWire()

    await wire.instagram.picture(`${wire.sandbox.origin}/pictures/business.png`)

    const [call] = wire.sandbox.calls
    expect(wire.sandbox.calls).toHaveLength(1)
    expect(call).toMatchObject({ endpoint: 'picture', method: 'GET', query: [], body: '' })
    expect(call?.headers.accept).toBe('image/*')
    for (const name of ['authorization', 'cookie', 'referer']) expect(call?.headers).not.toHaveProperty(name)
  })

  test.each(['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif', 'image/jpeg; q=1'])(
    'may be %s',
    async (contentType) => {
      await using wire = await startWire()
      wire.sandbox.answerNext('picture', { contentType, body: 'pixels' })

      const picture = await wire.instagram.picture(`${wire.sandbox.origin}/pictures/business.png`)

      expect(picture.bytes).toStrictEqual(Buffer.from('pixels'))
      expect(contentType.startsWith(picture.contentType)).toBe(true)
    },
  )

  test.each([
    'image/svg+xml',
    'image/x-icon',
    'image/pngx',
    'image/',
    'text/html',
    'text/html; image/png',
    'application/json',
    'application/octet-stream',
    '',
  ])('may not be “%s”', async (contentType) => {
    await using wire = await startWire()
    wire.sandbox.answerNext('picture', { contentType, body: '<svg onload="alert(1)"/>' })

    const error = await refusal(wire.instagram.picture(`${wire.sandbox.origin}/pictures/business.png`))

    expect(error.failure).toBe('unreadable')
    expect(error.evidence.status).toBe(200)
  })

  test.each([201, 204, 206, 304, 400, 403, 404, 410, 500])('may not come with status %i', async (status) => {
    await using wire = await startWire()
    wire.sandbox.answerNext('picture', { status, contentType: 'image/png', body: 'pixels' })

    const error = await refusal(wire.instagram.picture(`${wire.sandbox.origin}/pictures/business.png`))

    expect(error.failure).toBe('unreadable')
    expect(error.evidence.status).toBe(status)
  })

  test.each([301, 302, 307, 308])(
    'that is elsewhere by status %i is not fetched from there',
    async (status) => {
      await using wire = await startWire()
      await using elsewhere = await startWire()
      const headers = { location: `${elsewhere.sandbox.origin}/pictures/business.png` }
      wire.sandbox.answerNext('picture', { status, headers, contentType: 'image/png', body: '' })

      const error = await refusal(wire.instagram.picture(`${wire.sandbox.origin}/pictures/business.png`))

      expect(error.failure).toBe('unreadable')
      expect(elsewhere.sandbox.calls).toStrictEqual([])
    },
  )

  test('of more than a mebibyte is too large', async () => {
    await using wire = await startWire()
    wire.sandbox.answerNext('picture', { contentType: 'image/png', body: Buffer.alloc(1_048_577) })

    const error = await refusal(wire.instagram.picture(`${wire.sandbox.origin}/pictures/business.png`))

    expect(error.failure).toBe('too_large')
  })
})

describe('a picture of Meta’s picture hosts', () => {
  test.each([
    'https://cdninstagram.com/v/a.jpg',
    'https://scontent-fra3-1.cdninstagram.com/v/t51/a.jpg?stp=dst-jpg&oe=64',
    'https://scontent.xx.fbcdn.net/v/a.jpg',
    'HTTPS://SCONTENT.CDNINSTAGRAM.COM/a.jpg',
  ])('is fetched from %s', async (address) => {
    const asked: unknown[] = []
    await using net = await startNet((request, answer) => {
      asked.push(request.headers.host)
      answer.setHeader('content-type', 'image/jpeg').end('pixels')
    })

    const picture = await fetchPicture(net.agent, address, 'https://graph.instagram.com')

    expect(picture).toStrictEqual({ contentType: 'image/jpeg', bytes: Buffer.from('pixels') })
    expect(asked).toStrictEqual([new URL(address).host])
  })

  test('does not tell its query when it is gone', async () => {
    await using net = await startNet((_, answer) => answer.writeHead(404).end())
    const address = 'https://scontent.cdninstagram.com/v/a.jpg?oh=signed'

    const error = await refusal(fetchPicture(net.agent, address, 'https://graph.instagram.com'))

    expect(error.failure).toBe('unreadable')
    expect(error.evidence.endpoint).toBe('https://scontent.cdninstagram.com/v/a.jpg')
  })
})

describe('a picture is fetched from nowhere else, whatever an answer says:', () => {
  test.each([
    'http://scontent.cdninstagram.com/a.jpg',
    'https://cdninstagram.com.evil.example/a.jpg',
    'https://evilcdninstagram.com/a.jpg',
    'https://evil.example/a.jpg?cdninstagram.com',
    'https://evil.example/.cdninstagram.com',
    'https://evil.example#.cdninstagram.com',
    'https://evil.example\\.cdninstagram.com/a.jpg',
    'https://evil.example%2f.cdninstagram.com/a.jpg',
    'https://cdninstagram.com@evil.example/a.jpg',
    'https://scontent.cdninstagram.com:443@evil.example/a.jpg',
    'https://cdninstagram.com:a@evil.example/a.jpg',
    'https://fbcdn.net.evil.example/a.jpg',
    'https://xfbcdn.net/a.jpg',
    'https://fbcdn.com/a.jpg',
    'https://cdninstagram.com\u3002evil.example/a.jpg',
    'https://instagram.com/a.jpg',
    'http://graph.instagram.com/a.jpg',
    'https://graph.instagram.com:8443/a.jpg',
    'https://graph.instagram.com.evil.example/a.jpg',
    'https://graph.instagram.com@evil.example/a.jpg',
    'http://127.0.0.1/a.jpg',
    'http://169.254.169.254/latest/meta-data/',
    'http://[::1]/a.jpg',
    'ftp://scontent.cdninstagram.com/a.jpg',
    'file:///etc/passwd',
    'data:image/png;base64,AAAA',
    'blob:https://graph.instagram.com/a',
    'javascript:alert(1)',
    '//scontent.cdninstagram.com/a.jpg',
    '/a.jpg',
    'https://',
    '',
  ])('%s', async (address) => {
    const asked: unknown[] = []
    await using net = await startNet((request, answer) => {
      asked.push(request.url)
      answer.setHeader('content-type', 'image/jpeg').end('pixels')
    })

    const error = await refusal(fetchPicture(net.agent, address, 'https://graph.instagram.com'))

    expect(error.failure).toBe('unreadable')
    expect(asked).toStrictEqual([])
  })

  test('another port of the Graph host', async () => {
    await using wire = await startWire()
    await using elsewhere = await startWire()

    const error = await refusal(wire.instagram.picture(`${elsewhere.sandbox.origin}/pictures/business.png`))

    expect(error.failure).toBe('unreadable')
    expect(elsewhere.sandbox.calls).toStrictEqual([])
  })

  test('the Graph host under another name', async () => {
    await using wire = await startWire()
    const address = `${wire.sandbox.origin.replace('127.0.0.1', 'localhost')}/pictures/business.png`

    const error = await refusal(wire.instagram.picture(address))

    expect(error.failure).toBe('unreadable')
    expect(wire.sandbox.calls).toStrictEqual([])
  })
})

/** An internet in which every host, by http or https, is one server of the test's own. */
async function startNet(answer: RequestListener): Promise<AsyncDisposable & { agent: Agent }> {
  const server = await startServer(answer)
  const port = Number(new URL(server.origin).port)
  const agent = new Agent({
    connect: (_, connected) => {
      const socket = connect(port, '127.0.0.1', () => {
        connected(null, socket)
      })
    },
  })
  return {
    agent,
    async [Symbol.asyncDispose]() {
      await agent.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

import { connect } from 'node:net'
import { Agent } from 'undici'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { refusal, settingsFor, startClient, startServer, startWire } from './support.ts'

const wire = await startWire()
const { instagram, sandbox } = wire
const PICTURE = `${sandbox.origin}/pictures/business.png`

/** An internet in which every host, by http or https, is this one server. */
const requestedHosts: (string | undefined)[] = []
let status = 200
const internet = await startServer((request, response) => {
  requestedHosts.push(request.headers.host)
  response.writeHead(status, { 'content-type': 'image/jpeg' }).end('pixels')
})
const dispatcher = new Agent({
  connect: (_, connected) => {
    const socket = connect(Number(new URL(internet.origin).port), '127.0.0.1', () => {
      connected(null, socket)
    })
  },
})
const anywhere = startClient(settingsFor('https://graph.instagram.com'), { dispatcher })

afterAll(async () => {
  await anywhere.close()
  await internet[Symbol.asyncDispose]()
  await wire[Symbol.asyncDispose]()
})

let earlier = 0
beforeEach(() => {
  earlier = sandbox.calls.length
  requestedHosts.length = 0
  status = 200
})

/** What arrived at the sandbox during this test. */
function calls() {
  return sandbox.calls.slice(earlier)
}

describe('a picture of the Graph host', () => {
  test('comes with its type and all its bytes', async () => {
    const { token } = await instagram.exchangeCode(await wire.authorize())
    const { pictureUrl } = await instagram.profile(token.accessToken)

    const picture = await instagram.picture(pictureUrl ?? '')

    expect(picture.contentType).toBe('image/png')
    expect(picture.bytes.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n')
    expect(picture.bytes.subarray(-8, -4).toString('latin1')).toBe('IEND')
  })

  test('is requested without token, secret or cookie', async () => {
    await instagram.picture(PICTURE)

    const [call] = calls()
    expect(calls()).toHaveLength(1)
    expect(call).toMatchObject({ endpoint: 'picture', method: 'GET', query: [], body: '' })
    expect(call?.headers.accept).toBe('image/*')
    for (const name of ['authorization', 'cookie', 'referer']) expect(call?.headers).not.toHaveProperty(name)
  })

  test.each(['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif', 'image/jpeg ; q=1'])(
    'may be %s',
    async (contentType) => {
      sandbox.answerNext('picture', { contentType, body: 'pixels' })

      const picture = await instagram.picture(PICTURE)

      expect(picture).toStrictEqual({
        contentType: contentType.replace(/ ;.*/, ''),
        bytes: Buffer.from('pixels'),
      })
    },
  )

  test.each(
    ['image/svg+xml', 'image/x-icon', 'image/pngx', 'image/png+xml', 'image/', 'text/html', ''].concat([
      'text/html; image/png',
      'application/octet-stream',
    ]),
  )('may not be “%s”', async (contentType) => {
    sandbox.answerNext('picture', { contentType, body: '<svg onload="alert(1)"/>' })

    const error = await refusal(instagram.picture(PICTURE))

    expect(error.kind).toBe('unreadable')
    expect(error.evidence.status).toBe(200)
  })

  test.each([201, 204, 206, 304, 400, 403, 404, 410, 500])('may not come with status %i', async (code) => {
    sandbox.answerNext('picture', { status: code, contentType: 'image/png', body: 'pixels' })

    const error = await refusal(instagram.picture(PICTURE))

    expect(error.kind).toBe('unreadable')
    expect(error.evidence.status).toBe(code)
  })

  test.each([301, 302, 307, 308])('is not fetched from elsewhere after status %i', async (code) => {
    const headers = { location: `${internet.origin}/pictures/business.png` }
    sandbox.answerNext('picture', { status: code, headers, contentType: 'image/png', body: '' })

    const error = await refusal(instagram.picture(PICTURE))

    expect(error.kind).toBe('unreadable')
    expect(requestedHosts).toStrictEqual([])
  })

  test('of more than a mebibyte is too large', async () => {
    sandbox.answerNext('picture', { contentType: 'image/png', body: Buffer.alloc(1_048_577) })

    const error = await refusal(instagram.picture(PICTURE))

    expect(error.kind).toBe('too_large')
  })
})

describe('a picture of Meta’s picture hosts', () => {
  test.each([
    'https://cdninstagram.com/v/a.jpg',
    'https://scontent-fra3-1.cdninstagram.com/v/t51/a.jpg?stp=dst-jpg&oe=64',
    'https://scontent.xx.fbcdn.net/v/a.jpg',
    'HTTPS://SCONTENT.CDNINSTAGRAM.COM/a.jpg',
  ])('is fetched from %s', async (address) => {
    const picture = await anywhere.picture(address)

    expect(picture).toStrictEqual({ contentType: 'image/jpeg', bytes: Buffer.from('pixels') })
    expect(requestedHosts).toStrictEqual([new URL(address).host])
  })

  test('that is gone is an error without the query of its address', async () => {
    status = 404

    const error = await refusal(anywhere.picture('https://scontent.cdninstagram.com/v/a.jpg?oh=signed'))

    expect(error.kind).toBe('unreadable')
    expect(error.evidence.endpoint).toBe('https://scontent.cdninstagram.com/v/a.jpg')
  })
})

describe('a picture is not fetched from another address:', () => {
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
    const error = await refusal(anywhere.picture(address))

    expect(error.kind).toBe('unreadable')
    expect(requestedHosts).toStrictEqual([])
  })

  test.each([
    ['another port of the Graph host', `${internet.origin}/a.jpg`],
    ['the Graph host under another name', PICTURE.replace('127.0.0.1', 'localhost')],
  ])('%s', async (_, address) => {
    const error = await refusal(instagram.picture(address))

    expect(error.kind).toBe('unreadable')
    expect(requestedHosts).toStrictEqual([])
    expect(calls()).toStrictEqual([])
  })
})

import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import pino from 'pino'
import { describe, expect, test } from 'vitest'
import type { Misbehaviour } from '../../src/sandbox/misbehaviour.ts'
import {
  CLIENT_SECRET,
  closedOrigin,
  refusal,
  settingsFor,
  startClient,
  startTalker,
  startWire,
} from './support.ts'

// As long as the real ones; the classic code is of 2010 to 2020, when they were 32 hexadecimal digits.
const CODE = `AQ${randomBytes(179).toString('base64url')}`
const CLASSIC_CODE = randomBytes(16).toString('hex')
const TOKEN = `IGAA${randomBytes(125).toString('hex')}`

/** Answers that hold a secret: each takes the secret and puts it where only a careless reader would repeat it. */
const ECHOES: readonly (readonly [where: string, answer: (secret: string) => Misbehaviour])[] = [
  ['half of a grant', (secret) => ({ body: `{"access_token":"${secret}","user_id":2764` })],
  ['the first word of no JSON', (secret) => ({ body: `${secret} is what you sent` })],
  ['JSON of another shape', (secret) => ({ body: JSON.stringify({ token: secret, user_id: secret }) })],
  ['a name in an object', (secret) => ({ body: JSON.stringify({ [secret]: { [secret]: secret } }) })],
  [
    'values of another type',
    (secret) => ({ body: JSON.stringify({ access_token: [secret], user_id: secret }) }),
  ],
  [
    'an id',
    (secret) => ({
      body: JSON.stringify({ access_token: secret, user_id: secret, id: [secret], expires_in: 'x' }),
    }),
  ],
  [
    'a scope',
    (secret) => ({
      body: JSON.stringify({ access_token: secret, user_id: [], permissions: [[secret]], expires_in: 'x' }),
    }),
  ],
  ['a lifetime', (secret) => ({ body: JSON.stringify({ access_token: secret, expires_in: secret }) })],
  ['bare JSON text', (secret) => ({ body: JSON.stringify(secret) })],
  ['a page', (secret) => ({ status: 403, contentType: 'text/html', body: `<p>${secret}</p>` })],
  [
    'a page of a broken server',
    (secret) => ({ status: 500, contentType: 'text/html', body: `<p>${secret}</p>` }),
  ],
  [
    'the address of a redirect',
    (secret) => ({ status: 302, headers: { location: `/?${secret}` }, body: secret }),
  ],
  ['a cookie', (secret) => ({ status: 400, headers: { 'set-cookie': `c=${secret}` }, body: '{}' })],
  [
    'the message of the exchange',
    (secret) => refused({ error_type: 'OAuthException', code: 400, error_message: `Malformed: ${secret}.` }),
  ],
  [
    'the message of the Graph API',
    (secret) => refused({ error: { message: `Malformed access token ${secret}`, code: 190 } }),
  ],
  [
    'the message of the classic API',
    (secret) => refused({ meta: { error_type: 'X', code: 400, error_message: `“${secret}” is invalid` } }),
  ],
  [
    'a message, twice and within an address',
    (secret) => refused({ error: { message: `https://x.example/?a=${secret}&b=${secret}#_`, code: 100 } }),
  ],
  [
    'the type and the number of an error',
    (secret) => refused({ error: { message: 'No.', type: secret, fbtrace_id: secret, code: 100 } }),
  ],
  [
    'the content type',
    (secret) => ({ status: 400, contentType: `application/json; echo=${secret}`, body: '{}' }),
  ],
]

describe('what an answer repeats of a secret is in no error, however deep:', () => {
  test.each(ECHOES)('%s, in answer to a code', async (_, answer) => {
    await using wire = await startWire()
    const secrets = { CODE, CLASSIC_CODE, TOKEN, CLIENT_SECRET }

    const leaks: string[] = []
    for (const [name, secret] of Object.entries(secrets)) {
      wire.sandbox.answerNext('token', answer(secret))
      const code = name === 'CLASSIC_CODE' ? CLASSIC_CODE : CODE
      const error = await refusal(wire.instagram.exchangeCode(code))
      if (holds(error, secret)) leaks.push(name)
    }

    expect(leaks).toStrictEqual([])
  })

  test.each(ECHOES)('%s, in answer to a token', async (_, answer) => {
    await using wire = await startWire()

    const leaks: string[] = []
    for (const [name, secret] of Object.entries({ TOKEN, CLIENT_SECRET })) {
      wire.sandbox.answerNext('long_lived', answer(secret))
      const error = await refusal(wire.instagram.exchangeForLongLived(TOKEN))
      if (holds(error, secret)) leaks.push(name)
    }

    expect(leaks).toStrictEqual([])
  })

  test.each([
    ['a broken chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nno size\r\n'],
    ['a chunk longer than it said', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}'],
    ['a header of no form', 'HTTP/1.1 200 OK\r\nno header '],
    ['no HTTP at all', ''],
    ['headers without end', `HTTP/1.1 200 OK\r\nx-long: ${'x'.repeat(200_000)}`],
    ['a length that was too long', 'HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n'],
  ])('%s', async (_, said) => {
    await using talker = await startTalker(
      `${said}{"access_token":"${TOKEN}","user_id":27640875392278831}\r\n`,
    )
    await using instagram = startClient(settingsFor(talker.origin))

    const error = await refusal(instagram.exchangeCode(CODE))

    expect(holds(error, TOKEN)).toBe(false)
  })
})

describe('what we sent is in no error, however deep,', () => {
  test.each(['reset', 'truncated'] as const)('after a connection under “%s”', async (fault) => {
    await using wire = await startWire()
    for (const endpoint of ['token', 'long_lived', 'me'] as const)
      wire.sandbox.answerNext(endpoint, { fault })

    const errors = [
      await refusal(wire.instagram.exchangeCode(CODE)),
      await refusal(wire.instagram.exchangeForLongLived(TOKEN)),
      await refusal(wire.instagram.profile(TOKEN)),
    ]

    expect(leaksOf(errors)).toStrictEqual([])
  })

  test('after a refused connection', async () => {
    await using instagram = startClient(settingsFor(await closedOrigin()))

    const errors = [
      await refusal(instagram.exchangeCode(CODE)),
      await refusal(instagram.exchangeForLongLived(TOKEN)),
      await refusal(instagram.profile(TOKEN)),
    ]

    expect(leaksOf(errors)).toStrictEqual([])
  })

  test('after a name that does not resolve', async () => {
    await using instagram = startClient(settingsFor('http://nowhere.invalid'))

    const errors = [
      await refusal(instagram.exchangeCode(CODE)),
      await refusal(instagram.exchangeForLongLived(TOKEN)),
      await refusal(instagram.profile(TOKEN)),
    ]

    expect(leaksOf(errors)).toStrictEqual([])
  })

  test('after an answer that is too large', async () => {
    await using wire = await startWire()
    const body = TOKEN.repeat(10_000)
    for (const endpoint of ['token', 'long_lived', 'me'] as const) wire.sandbox.answerNext(endpoint, { body })

    const errors = [
      await refusal(wire.instagram.exchangeCode(CODE)),
      await refusal(wire.instagram.exchangeForLongLived(TOKEN)),
      await refusal(wire.instagram.profile(TOKEN)),
    ]

    expect(errors.map(({ failure }) => failure)).toStrictEqual(['too_large', 'too_large', 'too_large'])
    expect(leaksOf(errors)).toStrictEqual([])
  })

  test('after what the sandbox itself refuses', async () => {
    await using wire = await startWire()

    const errors = [
      await refusal(wire.instagram.exchangeCode(CODE)),
      await refusal(wire.instagram.exchangeForLongLived(TOKEN)),
      await refusal(wire.instagram.profile(TOKEN)),
    ]

    expect(leaksOf(errors)).toStrictEqual([])
  })
})

function refused(said: Record<string, unknown>): Misbehaviour {
  return { status: 400, body: JSON.stringify(said) }
}

function leaksOf(errors: readonly Error[]): string[] {
  return Object.entries({ CODE, TOKEN, CLIENT_SECRET })
    .filter(([, secret]) => errors.some((error) => holds(error, secret)))
    .map(([name]) => name)
}

/** Whether eight characters in a row of the secret are anywhere in what the error shows or in what the log would write. */
function holds(error: Error, secret: string): boolean {
  const whole = { depth: Infinity, maxStringLength: Infinity, maxArrayLength: Infinity, showHidden: true }
  const shown = inspect(error, whole) + JSON.stringify(pino.stdSerializers.errWithCause(error))
  return Array.from({ length: secret.length - 7 }, (_, start) => secret.slice(start, start + 8)).some(
    (piece) => shown.includes(piece),
  )
}

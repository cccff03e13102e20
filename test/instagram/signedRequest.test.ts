import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isAppError } from '../../src/errors/errors.ts'
import { type SignedRequest, type SignedRequestFault, verifySignedRequest } from '../../src/instagram/signedRequest.ts'

const SECRET = 'b7d1f0c2a95e4c6e8d3a1f7c5e902b46'
const OTHER_SECRET = '5f1c9e07d2b84a63a0c7e2d9184b6f35'

/** Meta's own example, with the secret `key`. */
const EXAMPLE =
  'Mf_s6nTb38UYqioBmPqu0Ewm9souPZB9I2fIGwV729U.eyJ1c2VyX2lkIjoiMCIsImFsZ29yaXRobSI6IkhNQUMtU0hBMjU2IiwiaXNzdWVkX2F0IjoxNjI0MjQ0MTU2fQ'

/** A signed request with this text as its payload. */
function signed(payload: string, secret = SECRET, isPadded = false): string {
  const pad = (text: string) => (isPadded ? text.padEnd(Math.ceil(text.length / 4) * 4, '=') : text)
  const encoded = pad(Buffer.from(payload).toString('base64url'))
  return `${pad(createHmac('sha256', secret).update(encoded).digest('base64url'))}.${encoded}`
}

/** What is wrong with a signed request; what it says, if nothing is. */
function faultOf(text: string, secrets: readonly string[] = [SECRET]): unknown {
  try {
    return verifySignedRequest(text, secrets)
  } catch (error) {
    if (isAppError(error, 'bad_request')) return error.details['reason']
    throw error
  }
}

describe('a signed request that Meta sends', () => {
  test.each<[what: string, text: string, secret: string, SignedRequest]>([
    ['as in the public example', EXAMPLE, 'key', { userId: '0', issuedAt: new Date('2021-06-21T02:55:56.000Z') }],
    [
      'with a user_id as text',
      signed('{"user_id":"27640875392278831","algorithm":"HMAC-SHA256","issued_at":1795000000}'),
      SECRET,
      { userId: '27640875392278831', issuedAt: new Date(1_795_000_000_000) },
    ],
    [
      'with a user_id as a number past 2^53',
      signed('{"expires":1,"user_id":27640875392278831,"algorithm":"hmac-sha256","issued_at":1795000000}'),
      SECRET,
      { userId: '27640875392278831', issuedAt: new Date(1_795_000_000_000) },
    ],
    [
      'with padding',
      signed('{"user_id":"27640875392278831","algorithm":"HMAC-SHA256"}', SECRET, true),
      SECRET,
      { userId: '27640875392278831', issuedAt: null },
    ],
  ])('%s is read', (_, text, secret, request) => {
    expect(verifySignedRequest(text, secret)).toStrictEqual(request)
  })

  test.each([
    ['"yesterday"', null],
    ['-5', null],
    ['9007199254740991', null],
  ])('with issued_at %s has no time, and is read all the same', (issuedAt, time) => {
    const text = signed(`{"user_id":"1","algorithm":"HMAC-SHA256","issued_at":${issuedAt}}`)

    expect(verifySignedRequest(text, [SECRET]).issuedAt).toBe(time)
  })

  test('may be signed with any of the secrets', () => {
    const text = signed('{"user_id":"1","algorithm":"HMAC-SHA256"}', OTHER_SECRET)

    expect(verifySignedRequest(text, [SECRET, OTHER_SECRET]).userId).toBe('1')
    expect(faultOf(text)).toBe('wrong_signature')
    expect(faultOf(text, [])).toBe('wrong_signature')
  })

  test('has a user_id of any digits, exactly', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^(0|[1-9]\d{0,39})$/), fc.boolean(), (id, isNumber) => {
        const text = signed(`{"user_id":${isNumber ? id : JSON.stringify(id)},"algorithm":"HMAC-SHA256"}`)
        expect(verifySignedRequest(text, [SECRET]).userId).toBe(id)
      }),
    )
  })
})

const GOOD = signed('{"user_id":"27640875392278831","algorithm":"HMAC-SHA256"}')
const [SIGNATURE = '', PAYLOAD = ''] = GOOD.split('.')

/** The next letter of base64url: the same bytes where the last letter has spare bits. */
function next(letter: string): string {
  return String.fromCharCode(letter.charCodeAt(0) + 1)
}

describe('a request is rejected', () => {
  test.each<[string, string, SignedRequestFault]>([
    ['nothing', '', 'malformed'],
    ['one part', PAYLOAD, 'malformed'],
    ['three parts', `${GOOD}.${PAYLOAD}`, 'malformed'],
    ['no signature', `.${PAYLOAD}`, 'malformed'],
    ['no payload', `${SIGNATURE}.`, 'malformed'],
    ['a payload that is no base64url', `${SIGNATURE}.A`, 'malformed'],
    ['something behind it', `${GOOD}\n`, 'malformed'],
    [
      'another spelling of the signature’s bytes',
      GOOD.replace(/(.)\./, (_all, last: string) => `${next(last)}.`),
      'malformed',
    ],
    [
      'base64 in place of base64url',
      `${SIGNATURE.replaceAll('-', '+').replaceAll('_', '/')}+/.${PAYLOAD}`,
      'malformed',
    ],
    ['a signature that is too short', `${SIGNATURE.slice(0, 40)}.${PAYLOAD}`, 'wrong_signature'],
    ['a signature that is too long', `${SIGNATURE}${SIGNATURE.slice(0, 1)}.${PAYLOAD}`, 'wrong_signature'],
    ['the signature of another payload', `${EXAMPLE.split('.')[0] ?? ''}.${PAYLOAD}`, 'wrong_signature'],
    [
      'the signature of the decoded payload',
      `${createHmac('sha256', SECRET).update(Buffer.from(PAYLOAD, 'base64url')).digest('base64url')}.${PAYLOAD}`,
      'wrong_signature',
    ],
    ['padding that was added afterwards', `${SIGNATURE}.${PAYLOAD}=`, 'wrong_signature'],
    ['text for a payload', signed('hello'), 'unreadable_payload'],
    ['a list for a payload', signed('["user_id"]'), 'unreadable_payload'],
    ['null for a payload', signed('null'), 'unreadable_payload'],
    ['bytes for a payload', signed('\u0000\uffff'), 'unreadable_payload'],
    ['another algorithm', signed('{"user_id":"1","algorithm":"HMAC-SHA1"}'), 'other_algorithm'],
    ['no algorithm', signed('{"user_id":"1"}'), 'other_algorithm'],
    ['no user_id', signed('{"algorithm":"HMAC-SHA256"}'), 'no_user'],
    ['a user_id that is null', signed('{"user_id":null,"algorithm":"HMAC-SHA256"}'), 'no_user'],
    ['a user_id that is no number', signed('{"user_id":"1 OR 1=1","algorithm":"HMAC-SHA256"}'), 'no_user'],
    ['a user_id that is a fraction', signed('{"user_id":1.5,"algorithm":"HMAC-SHA256"}'), 'no_user'],
  ])('that has %s', (_, text, fault) => {
    expect(faultOf(text)).toBe(fault)
  })

  test('without repeating anything of it', () => {
    let error: unknown
    try {
      verifySignedRequest(GOOD, [OTHER_SECRET])
    } catch (thrown) {
      error = thrown
    }

    const shown = JSON.stringify(error, Object.getOwnPropertyNames(error))
    expect(shown).toContain('matches neither the Instagram app secret')
    for (const part of [SIGNATURE, PAYLOAD, '27640875392278831', OTHER_SECRET]) expect(shown).not.toContain(part)
  })

  test('whatever it is made of, unless it is signed', () => {
    const part = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary-ascii' }),
      fc.base64String(),
      fc.constantFrom(SIGNATURE, PAYLOAD, '', '='),
    )
    const texts = fc.array(part, { maxLength: 4 }).map((parts) => parts.join('.'))
    const changed = fc
      .tuple(fc.nat(GOOD.length - 1), fc.string({ maxLength: 2 }))
      .map(([place, change]) => GOOD.slice(0, place) + change + GOOD.slice(place + 1))

    fc.assert(
      fc.property(fc.oneof(texts, changed), (text) => {
        expect(typeof faultOf(text)).toBe(text === GOOD ? 'object' : 'string')
      }),
      { numRuns: 400 },
    )
  })

  test('for what it says, if it is signed and says something else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (payload) => {
        const faults = payload === '' ? ['malformed'] : ['unreadable_payload', 'other_algorithm', 'no_user']
        expect(faults).toContain(faultOf(signed(payload)))
      }),
    )
  })

  test('by an empty secret never: anybody could sign with it', () => {
    expect(() => verifySignedRequest(GOOD, [SECRET, ''])).toThrow(TypeError)
    expect(() => verifySignedRequest(GOOD, '')).toThrow(TypeError)
  })
})

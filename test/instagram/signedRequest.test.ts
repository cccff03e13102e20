import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type SignedRequest,
  SignedRequestError,
  type SignedRequestFault,
  verifySignedRequest,
} from '../../src/instagram/signedRequest.ts'

const SECRET = 'b7d1f0c2a95e4c6e8d3a1f7c5e902b46'
const OTHER_SECRET = '5f1c9e07d2b84a63a0c7e2d9184b6f35'

/** Meta's own, with the secret `key`. */
const VECTOR =
  'Mf_s6nTb38UYqioBmPqu0Ewm9souPZB9I2fIGwV729U.eyJ1c2VyX2lkIjoiMCIsImFsZ29yaXRobSI6IkhNQUMtU0hBMjU2IiwiaXNzdWVkX2F0IjoxNjI0MjQ0MTU2fQ'

/** A signed request with this text as its payload. */
function signed(payload: string, secret = SECRET, padded = false): string {
  const pad = (text: string) => (padded ? text.padEnd(Math.ceil(text.length / 4) * 4, '=') : text)
  const encoded = pad(Buffer.from(payload).toString('base64url'))
  return `${pad(createHmac('sha256', secret).update(encoded).digest('base64url'))}.${encoded}`
}

function faultOf(text: string, secrets: readonly string[] = [SECRET]): SignedRequestFault | SignedRequest {
  try {
    return verifySignedRequest(text, secrets)
  } catch (error) {
    if (error instanceof SignedRequestError) return error.fault
    throw error
  }
}

test('the public example is read', () => {
  expect(verifySignedRequest(VECTOR, ['key'])).toStrictEqual({
    userId: '0',
    issuedAt: new Date('2021-06-21T02:55:56.000Z'),
  })
})

test.each([
  ['a string', '{"user_id":"27640875392278831","algorithm":"HMAC-SHA256","issued_at":1795000000}'],
  [
    'a bare number past 2^53',
    '{"user_id":27640875392278831,"algorithm":"HMAC-SHA256","issued_at":1795000000}',
  ],
  [
    'in Meta’s sample',
    '{"algorithm":"HMAC-SHA256","expires":1795003600,"issued_at":1795000000,"user_id":"27640875392278831"}',
  ],
])('a user_id that is %s is read exactly', (_name, payload) => {
  expect(verifySignedRequest(signed(payload), [SECRET])).toStrictEqual({
    userId: '27640875392278831',
    issuedAt: new Date(1_795_000_000_000),
  })
})

test('padding is accepted', () => {
  const text = signed('{"user_id":"27640875392278831","algorithm":"HMAC-SHA256"}', SECRET, true)

  expect(text).toMatch(/=\./)
  expect(verifySignedRequest(text, [SECRET])).toStrictEqual({ userId: '27640875392278831', issuedAt: null })
})

test.each([
  ['none', '{"user_id":"1","algorithm":"HMAC-SHA256"}'],
  ['text', '{"user_id":"1","algorithm":"HMAC-SHA256","issued_at":"yesterday"}'],
  ['before 1970', '{"user_id":"1","algorithm":"HMAC-SHA256","issued_at":-5}'],
  ['beyond all calendars', '{"user_id":"1","algorithm":"HMAC-SHA256","issued_at":9007199254740991}'],
])('an issued_at that is %s is no time, and no reason to refuse', (_name, payload) => {
  expect(verifySignedRequest(signed(payload), [SECRET]).issuedAt).toBeNull()
})

test('any of the secrets may have signed it', () => {
  const text = signed('{"user_id":"1","algorithm":"hmac-sha256"}', OTHER_SECRET)

  expect(verifySignedRequest(text, [SECRET, OTHER_SECRET]).userId).toBe('1')
  expect(faultOf(text)).toBe('wrong_signature')
  expect(faultOf(text, [])).toBe('wrong_signature')
})

const GOOD = signed('{"user_id":"27640875392278831","algorithm":"HMAC-SHA256"}')
const [SIGNATURE = '', PAYLOAD = ''] = GOOD.split('.')

test.each<[string, string, SignedRequestFault]>([
  ['nothing', '', 'malformed'],
  ['one part', PAYLOAD, 'malformed'],
  ['three parts', `${GOOD}.${PAYLOAD}`, 'malformed'],
  ['no signature', `.${PAYLOAD}`, 'malformed'],
  ['no payload', `${SIGNATURE}.`, 'malformed'],
  ['something behind it', `${GOOD}\n`, 'malformed'],
  [
    'other letters for the same bytes',
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
  ['the signature of another payload', `${VECTOR.split('.')[0] ?? ''}.${PAYLOAD}`, 'wrong_signature'],
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
  ['nobody', signed('{"algorithm":"HMAC-SHA256"}'), 'no_user'],
  ['a user_id that is null', signed('{"user_id":null,"algorithm":"HMAC-SHA256"}'), 'no_user'],
  ['a user_id that is no number', signed('{"user_id":"1 OR 1=1","algorithm":"HMAC-SHA256"}'), 'no_user'],
  ['a user_id that is a fraction', signed('{"user_id":1.5,"algorithm":"HMAC-SHA256"}'), 'no_user'],
])('%s is refused', (_name, text, fault) => {
  expect(faultOf(text)).toBe(fault)
})

/** The next letter of base64url: the same bytes where the last letter has spare bits. */
function next(letter: string): string {
  return String.fromCharCode(letter.charCodeAt(0) + 1)
}

test('a refusal tells nothing of what was sent', () => {
  const error: unknown = (() => {
    try {
      return verifySignedRequest(GOOD, [OTHER_SECRET])
    } catch (thrown) {
      return thrown
    }
  })()

  const said = JSON.stringify(error, Object.getOwnPropertyNames(error))
  for (const part of [SIGNATURE, PAYLOAD, '27640875392278831', OTHER_SECRET]) expect(said).not.toContain(part)
})

test('nothing but a rightly signed request is ever accepted, and nothing crashes the parser', () => {
  const part = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.base64String(),
    fc.constantFrom(SIGNATURE, PAYLOAD, '', '='),
  )

  fc.assert(
    fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
      const text = parts.join('.')
      expect(typeof faultOf(text)).toBe(text === GOOD ? 'object' : 'string')
    }),
    { numRuns: 2000 },
  )
})

test('a request that is changed in any one place is refused', () => {
  fc.assert(
    fc.property(fc.nat(GOOD.length - 1), fc.string({ minLength: 0, maxLength: 2 }), (place, change) => {
      const text = GOOD.slice(0, place) + change + GOOD.slice(place + 1)
      expect(typeof faultOf(text)).toBe(text === GOOD ? 'object' : 'string')
    }),
    { numRuns: 2000 },
  )
})

test('whatever is rightly signed is read or refused for what it says', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (payload) => {
      const faults = payload === '' ? ['malformed'] : ['unreadable_payload', 'other_algorithm', 'no_user']
      expect(faults).toContain(faultOf(signed(payload)))
    }),
    { numRuns: 1000 },
  )
})

test('any digits for a user_id come back exactly, as text and as a bare number', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^(0|[1-9]\d{0,39})$/), fc.boolean(), (id, bare) => {
      const text = signed(`{"user_id":${bare ? id : JSON.stringify(id)},"algorithm":"HMAC-SHA256"}`)
      expect(verifySignedRequest(text, [SECRET]).userId).toBe(id)
    }),
  )
})

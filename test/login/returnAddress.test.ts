import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { returnAddress } from '../../src/login/returnAddress.ts'

const OWN = 'https://shop.example'
const ALLOWED = 'https://admin.example:8443'
const options = { origin: OWN, returnToOrigins: [ALLOWED] }

describe('sends a person to', () => {
  test.each([
    ['/profile', `${OWN}/profile`],
    ['/profile?tab=2#top', `${OWN}/profile?tab=2#top`],
    ['', `${OWN}/`],
    ['?tab=2', `${OWN}/?tab=2`],
    ['profile', `${OWN}/profile`],
    ['/../profile', `${OWN}/profile`],
    ['/café', `${OWN}/caf%C3%A9`],
    ['/go?to=//evil.example', `${OWN}/go?to=//evil.example`],
    [`${OWN}/profile`, `${OWN}/profile`],
    ['https://SHOP.example:443/profile', `${OWN}/profile`],
    [`${ALLOWED}/users`, `${ALLOWED}/users`],
  ])('%s', (asked, address) => {
    expect(returnAddress(asked, options)).toBe(address)
  })
})

describe('begins no login that would lead to', () => {
  test.each([
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '\n/profile',
    '/pro\0file',
    'https:/evil.example\r\n',
    // A path of ours that would be another host by itself.
    `${OWN}//evil.example/`,
    '/.//evil.example',
    'https://evil.example',
    'https://shop.example.evil.example',
    'https://evil.example/https://shop.example',
    'https://shop.example@evil.example',
    'https://somebody@shop.example/profile',
    'https://:secret@shop.example/profile',
    'https://shop.example:8443/profile',
    'http://shop.example/profile',
    'https://admin.example/users',
    'https://[shop.example]/',
    'https://',
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)//https://shop.example',
    'data:text/html,hello',
    'blob:https://shop.example/7f3a91',
    'ftp://shop.example/profile',
    'about:blank',
  ])('%j', (asked) => {
    expect(() => returnAddress(asked, options)).toThrow('return_to_foreign')
  })

  test('an address that is too long, once it is written as browsers write it', () => {
    expect(returnAddress(`/${'a'.repeat(1_000 - OWN.length - 1)}`, options)).toHaveLength(1_000)
    expect(() => returnAddress(`/${'a'.repeat(1_000 - OWN.length)}`, options)).toThrow('return_to_foreign')
    expect(() => returnAddress(`/${'é'.repeat(200)}`, options)).toThrow('return_to_foreign')
  })
})

/** What may turn an address into another. */
const piece = fc.oneof(
  fc.constantFrom(
    '/',
    '\\',
    '//',
    '?',
    '#',
    '@',
    ':',
    ':443',
    ':8443',
    '.',
    '%2f',
    '%09',
    '\t',
    '\n',
    '\r',
    '\0',
    ' ',
  ),
  fc.constantFrom('https:', 'http:', 'javascript:', 'blob:', 'data:', 'file:', 'HTTPS://'),
  fc.constantFrom('shop.example', 'admin.example', 'evil.example', 'user:secret', OWN, ALLOWED, '。', '／'),
  fc.string({ unit: 'binary', maxLength: 3 }),
)

test('whatever is asked for, a browser goes to an allowed origin, or nowhere', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
        fc.webUrl({ withFragments: true, withQueryParameters: true }),
      ),
      (asked) => {
        const address = refusedOr(() => returnAddress(asked, options))

        if (address === undefined) return
        // As a Location header, from wherever it is read.
        const read = new URL(address, 'https://elsewhere.example/login?x')
        expect([OWN, ALLOWED]).toContain(read.origin)
        expect(read.protocol).toBe('https:')
        expect(read.username + read.password).toBe('')
        expect(read.href).toBe(address)
        expect(address).toMatch(/^[\x21-\x7e]{1,1000}$/)
        expect(returnAddress(address, options)).toBe(address)
      },
    ),
    { numRuns: 20_000 },
  )
})

function refusedOr<Value>(get: () => Value): Value | undefined {
  try {
    return get()
  } catch (error) {
    expect(error).toHaveProperty('failure', 'return_to_foreign')
    return undefined
  }
}

import { createCipheriv } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createKeyRing, UnreadableTokenError } from '../../src/accounts/keyRing.ts'
import { NEW_KEY, OLD_KEY } from './support.ts'

const TOKEN = 'IGAA2e0uoy3ZAZABZA27640875392278831'
const ACCOUNT = '5f0c6b1e-6f0e-4c55-9a53-0d6cf1b0a7ce'

describe('a sealed token', () => {
  test('opens for its account, whatever token and account are', () => {
    const ring = createKeyRing([OLD_KEY])
    const text = fc.string({ unit: 'grapheme', maxLength: 500 })

    const roundTrip = fc.property(
      text,
      text,
      (token, account) => ring.open(ring.seal(token, account), account) === token,
    )

    fc.assert(roundTrip, { numRuns: 500 })
  })

  test('is written as version, key id, nonce, and ciphertext with a whole tag', () => {
    const ring = createKeyRing([OLD_KEY])

    const sealed = ring.seal(TOKEN, ACCOUNT)

    const [version, keyId, nonce = '', text = '', ...more] = sealed.split('.')
    expect([version, keyId, more]).toStrictEqual(['1', 'k1', []])
    expect(Buffer.from(nonce, 'base64url')).toHaveLength(12)
    expect(Buffer.from(text, 'base64url')).toHaveLength(TOKEN.length + 16)
    expect(sealed).toMatch(/^[\w.-]+$/)
  })

  test('is never the same twice', () => {
    const ring = createKeyRing([OLD_KEY])

    const sealed = Array.from({ length: 1000 }, () => ring.seal(TOKEN, ACCOUNT))

    expect(new Set(sealed.map((text) => text.split('.')[2])).size).toBe(1000)
    expect(new Set(sealed.map((text) => text.split('.')[3])).size).toBe(1000)
  })

  test('holds nothing of the token', () => {
    const ring = createKeyRing([OLD_KEY])

    const sealed = ring.seal(TOKEN, ACCOUNT)

    expect(sealed).not.toContain(TOKEN)
    expect(Buffer.from(sealed.split('.')[3] ?? '', 'base64url').includes('IGAA')).toBe(false)
  })

  test('opens with its key among newer ones', () => {
    const sealed = createKeyRing([OLD_KEY]).seal(TOKEN, ACCOUNT)

    const token = createKeyRing([NEW_KEY, OLD_KEY]).open(sealed, ACCOUNT)

    expect(token).toBe(TOKEN)
  })

  test('is sealed with the newest key', () => {
    const sealed = createKeyRing([NEW_KEY, OLD_KEY]).seal(TOKEN, ACCOUNT)

    expect(sealed.split('.')[1]).toBe('k2')
    expect(createKeyRing([NEW_KEY]).open(sealed, ACCOUNT)).toBe(TOKEN)
    expect(() => createKeyRing([OLD_KEY]).open(sealed, ACCOUNT)).toThrow(UnreadableTokenError)
  })
})

describe('a ring refuses to open', () => {
  test('what was sealed for another account', () => {
    const ring = createKeyRing([OLD_KEY])
    const sealed = ring.seal(TOKEN, ACCOUNT)

    const opening = () => ring.open(sealed, `${ACCOUNT} `)

    expect(opening).toThrow(new UnreadableTokenError('The key "k1" of TOKEN_KEYS does not open this token.'))
  })

  test('what was sealed by a key that it has not, and names that key', () => {
    const sealed = createKeyRing([OLD_KEY]).seal(TOKEN, ACCOUNT)

    const opening = () => createKeyRing([NEW_KEY]).open(sealed, ACCOUNT)

    expect(opening).toThrow(
      new UnreadableTokenError('No key in TOKEN_KEYS has the id "k1" that sealed this token.'),
    )
  })

  test('what was sealed by another key of the same id', () => {
    const sealed = createKeyRing([OLD_KEY]).seal(TOKEN, ACCOUNT)

    const opening = () => createKeyRing([{ id: 'k1', secret: NEW_KEY.secret }]).open(sealed, ACCOUNT)

    expect(opening).toThrow(UnreadableTokenError)
  })

  test('what was sealed by one of its keys under the id of another', () => {
    const ring = createKeyRing([NEW_KEY, OLD_KEY])
    const sealed = ring.seal(TOKEN, ACCOUNT).replace('1.k2.', '1.k1.')

    const opening = () => ring.open(sealed, ACCOUNT)

    expect(opening).toThrow(UnreadableTokenError)
  })

  test.each([
    ['nonce', 2],
    ['ciphertext or tag', 3],
  ])('what has one bit changed in any byte of its %s', (_, part) => {
    const ring = createKeyRing([OLD_KEY])
    const sealed = ring.seal(TOKEN, ACCOUNT).split('.')
    const bytes = Buffer.from(sealed[part] ?? '', 'base64url')

    const opened = [...bytes.keys()].flatMap((place) =>
      [1, 128].filter((bit) => {
        const changed = Buffer.from(bytes)
        changed.writeUInt8((bytes[place] ?? 0) ^ bit, place)
        return opens(() => ring.open(sealed.with(part, changed.toString('base64url')).join('.'), ACCOUNT))
      }),
    )

    expect(bytes.length).toBeGreaterThanOrEqual(12)
    expect(opened).toStrictEqual([])
  })

  test('what is cut off anywhere', () => {
    const ring = createKeyRing([OLD_KEY])
    const sealed = ring.seal(TOKEN, ACCOUNT)

    const opened = Array.from(sealed, (_, length) => sealed.slice(0, length)).filter((piece) =>
      opens(() => ring.open(piece, ACCOUNT)),
    )

    expect(opened).toStrictEqual([])
  })

  test.each([15, 12, 8, 4, 1, 0])('what has a tag of %i bytes', (length) => {
    const nonce = Buffer.alloc(12, 3)
    // Of an empty text the tag is all that there is: a shorter one cannot be filled up with ciphertext.
    const cipher = createCipheriv('aes-256-gcm', OLD_KEY.secret, nonce).setAAD(Buffer.from(ACCOUNT))
    cipher.final()
    const tag = cipher.getAuthTag()
    const sealed = (bytes: Buffer) => `1.k1.${nonce.toString('base64url')}.${bytes.toString('base64url')}`
    const ring = createKeyRing([OLD_KEY])

    const opening = () => ring.open(sealed(tag.subarray(0, length)), ACCOUNT)

    expect(opening).toThrow(UnreadableTokenError)
    expect(ring.open(sealed(tag), ACCOUNT)).toBe('')
  })

  test.each([
    '',
    '.',
    '...',
    '1',
    '1.k1',
    '1.k1.',
    '1.k1..',
    '1.k1.AAAA.',
    '1.k1..AAAA',
    '1.k1.AAAAAAAAAAAAAAAA.',
    '1.k1.AAAAAAAAAAAAAAAA.AAAA',
    '1.k1.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA',
    '1.k1.\u0000.\u{1F511}',
    '0.k1.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA',
    '2.k1.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA',
    '1.constructor.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA',
    'null',
    TOKEN,
  ])('“%s”', (sealed) => {
    const ring = createKeyRing([OLD_KEY])

    const opening = () => ring.open(sealed, ACCOUNT)

    expect(opening).toThrow(UnreadableTokenError)
  })

  test('any garbage, and always as an unreadable token', () => {
    const ring = createKeyRing([OLD_KEY])
    const part = fc.oneof(fc.base64String(), fc.string({ unit: 'binary' }))
    const garbage = fc.oneof(
      part,
      fc.array(part).map((parts) => parts.join('.')),
      fc.tuple(part, part).map(([nonce, text]) => `1.k1.${nonce}.${text}`),
    )

    const refused = fc.property(garbage, (sealed) => !opens(() => ring.open(sealed, ACCOUNT)))

    fc.assert(refused, { numRuns: 500 })
  })
})

test('a ring without keys is a mistake of the program', () => {
  expect(() => createKeyRing([])).toThrow(TypeError)
})

/** Whether it opens; any other error than the one that is announced goes on. */
function opens(open: () => string): boolean {
  try {
    open()
    return true
  } catch (error) {
    if (error instanceof UnreadableTokenError) return false
    throw error
  }
}

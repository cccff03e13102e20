import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createState, readState, validateReturnTo } from '../../src/login/state.ts'
import { RETURN_ADDRESSES } from '../security/inputs.ts'

const SECRETS = { browserSecret: 'the secret of this browser', secret: 'a secret of ours' }
const OWN_BROWSER = { accountId: undefined, isOfBrowser: true, isOfUser: true }
const NOW = new Date('2026-11-24T10:24:36.789Z')
const ADDRESS = 'https://shop.example/profile?tab=2#top'

describe('a state', () => {
  test('without a user and a return address is a time, a nonce, what binds it to the browser, and a signature', () => {
    const state = createState(SECRETS, NOW)

    expect(state).toMatch(/^[0-9a-z]{8}\.[\da-f-]{36}\.[\w-]{43}\.\.\.\.[\w-]{43}$/)
    expect(readState(SECRETS, state)).toStrictEqual({ createdAt: NOW, returnTo: undefined, ...OWN_BROWSER })
    expect(createState(SECRETS, NOW)).not.toBe(state)
  })

  test('brings back whatever return address it was given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }), (returnTo) => {
        const state = createState(SECRETS, NOW, returnTo)

        expect(state).toMatch(/^[\w.-]+$/)
        expect(readState(SECRETS, state)).toStrictEqual({ createdAt: NOW, returnTo, ...OWN_BROWSER })
      }),
    )
  })

  test.each([
    ['another browser', { browserSecret: 'the secret of another' }, { isOfBrowser: false, isOfUser: true }],
    ['a browser without a secret', { browserSecret: undefined }, { isOfBrowser: false, isOfUser: true }],
    ['another user', { bindTo: 'another user' }, { isOfBrowser: true, isOfUser: false }],
    ['nobody signed in', { bindTo: undefined }, { isOfBrowser: true, isOfUser: false }],
  ])('that comes back with %s is known as ours', (_, other, expected) => {
    const secrets = { ...SECRETS, bindTo: 'a user' }

    const read = readState({ ...secrets, ...other }, createState(secrets, NOW, ADDRESS))

    expect(read).toStrictEqual({ createdAt: NOW, returnTo: ADDRESS, accountId: undefined, ...expected })
  })

  test('of another secret of ours is not read', () => {
    expect(readState({ ...SECRETS, secret: 'another secret' }, createState(SECRETS, NOW, ADDRESS))).toBeUndefined()
  })

  const foreign = Buffer.from('https://evil.example/').toString('base64url')
  test.each([
    ['another address', (parts: string[]) => parts.with(4, foreign)],
    ['no address', (parts: string[]) => parts.with(4, '')],
    ['a second address', (parts: string[]) => parts.toSpliced(4, 0, parts[4] ?? '')],
    ['another time', (parts: string[]) => parts.with(0, (NOW.getTime() + 1).toString(36))],
    ['another state’s text', (parts: string[]) => [...createState(SECRETS, NOW).split('.'), parts[4] ?? '']],
    ['another browser', (parts: string[]) => parts.with(2, createState(SECRETS, NOW).split('.')[2] ?? '')],
    ['another user', (parts: string[]) => parts.with(3, parts[2] ?? '')],
    ['another account', (parts: string[]) => parts.with(5, '1')],
    ['no signature', (parts: string[]) => parts.slice(0, 6)],
    ['an empty signature', (parts: string[]) => parts.with(6, '')],
  ])('that was given %s is not read', (_, change) => {
    const state = createState(SECRETS, NOW, ADDRESS)

    expect(readState(SECRETS, change(state.split('.')).join('.'))).toBeUndefined()
  })
})

describe('after a login, a person', () => {
  const OWN = 'https://shop.example'
  const ALLOWED = 'https://admin.example:8443'
  const returnTo = (requested: string) => validateReturnTo(requested, [OWN, ALLOWED])

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
  ])('can go to %s', (requested, address) => {
    expect(returnTo(requested)).toBe(address)
  })

  const filledIn = (address: string) => address.replaceAll('{origin}', OWN).replaceAll('{host}', new URL(OWN).host)
  test.each([
    ...RETURN_ADDRESSES.map(filledIn),
    // The origins are compared with their schemes and ports.
    'http://shop.example/profile',
    'https://admin.example/users',
  ])('cannot go to %j', (requested) => {
    expect(() => returnTo(requested)).toThrow('return_to_foreign')
  })

  test('cannot go to an address of more than 1,000 characters, as browsers write it', () => {
    expect(returnTo(`/${'a'.repeat(1_000 - OWN.length - 1)}`)).toHaveLength(1_000)
    expect(() => returnTo(`/${'a'.repeat(1_000 - OWN.length)}`)).toThrow('return_to_foreign')
    expect(() => returnTo(`/${'é'.repeat(200)}`)).toThrow('return_to_foreign')
  })

  test('goes to an allowed origin or nowhere, whatever is requested', () => {
    const signs = ['/', '\\', '//', '?', '#', '@', ':', ':443', ':8443', '.', '%2f', '%09', '\t', '\n', '\0', ' ']
    const schemes = ['https:', 'http:', 'javascript:', 'blob:', 'data:', 'file:', 'HTTPS://']
    const hosts = ['shop.example', 'admin.example', 'evil.example', 'user:secret', OWN, ALLOWED, '。', '／']
    const piece = fc.oneof(fc.constantFrom(...signs, ...schemes, ...hosts), fc.string({ unit: 'binary', maxLength: 3 }))
    const requests = fc.oneof(
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
    )

    fc.assert(
      fc.property(requests, (requested) => {
        const address = addressOrUndefined(requested)
        if (address === undefined) return
        // As a Location header, wherever the browser is.
        const read = new URL(address, 'https://elsewhere.example/login?x')
        expect([OWN, ALLOWED]).toContain(read.origin)
        expect(read.username + read.password).toBe('')
        expect(read.href).toBe(address)
        expect(address).toMatch(/^[\x21-\x7e]{1,1000}$/)
        expect(returnTo(address)).toBe(address)
      }),
      { numRuns: 2_000 },
    )
  })

  function addressOrUndefined(requested: string): string | undefined {
    try {
      return returnTo(requested)
    } catch (error) {
      expect(error).toHaveProperty('code', 'return_to_foreign')
      return undefined
    }
  }
})

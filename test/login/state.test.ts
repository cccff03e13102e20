import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createState, readState } from '../../src/login/state.ts'

const SIGNER = { browser: 'the secret of this browser', secret: 'a secret of ours' }
const NOW = new Date('2026-11-24T10:24:36.789Z')
const ADDRESS = 'https://shop.example/profile?tab=2#top'

test('a state without an address to return to is a time, a nonce and a signature', () => {
  const state = createState(SIGNER, NOW)

  expect(state).toMatch(/^[0-9a-z]{8}\.[\da-f-]{36}\.[\w-]{43}$/)
  expect(readState(SIGNER, state)).toStrictEqual({ madeAt: NOW, returnTo: undefined })
})

test('a state brings back whatever it was given', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1_000 }), (returnTo) => {
      const state = createState(SIGNER, NOW, returnTo)

      expect(state).toMatch(/^[\w.-]+$/)
      expect(readState(SIGNER, state)).toStrictEqual({ madeAt: NOW, returnTo })
    }),
  )
})

test.each([
  ['another browser', { browser: 'the secret of another' }],
  ['no browser', { browser: '' }],
  ['another secret of ours', { secret: 'another secret' }],
])('a state is not read with %s', (_, other) => {
  const state = createState(SIGNER, NOW, ADDRESS)

  expect(readState({ ...SIGNER, ...other }, state)).toBeUndefined()
})

test.each([
  [
    'another address',
    (parts: string[]) => parts.with(2, Buffer.from('https://evil.example/').toString('base64url')),
  ],
  ['no address', (parts: string[]) => parts.toSpliced(2, 1)],
  ['one address more', (parts: string[]) => parts.toSpliced(2, 0, parts[2] ?? '')],
  ['another time', (parts: string[]) => parts.with(0, (NOW.getTime() + 1).toString(36))],
  [
    'the address of another state',
    (parts: string[]) => [...createState(SIGNER, NOW).split('.'), parts[2] ?? ''],
  ],
  ['no signature', (parts: string[]) => parts.slice(0, 3)],
  ['an empty signature', (parts: string[]) => parts.with(3, '')],
])('a state that was given %s is none', (_, change) => {
  const state = createState(SIGNER, NOW, ADDRESS)

  expect(readState(SIGNER, change(state.split('.')).join('.'))).toBeUndefined()
})

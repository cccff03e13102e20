import { expect, test } from 'vitest'
import { catalogue, type FailureName } from '../../src/instagram/catalogue/catalogue.ts'
import type { Sign } from '../../src/instagram/catalogue/entry.ts'
import { recognisePasted } from '../../src/instagram/pasted.ts'
import { type Clues, recognise } from '../../src/instagram/recognise.ts'

const ENTRIES = Object.entries(catalogue).map(([name, entry]) => ({ ...entry, name: name as FailureName }))
const SIGNS = ENTRIES.flatMap(({ name, signs }) => signs.map((sign) => ({ name, sign })))

/** Found by our own reader, by an age or by a list that ends: no answer of Instagram's says so. */
const WITHOUT_SIGNS: readonly FailureName[] = [
  'refresh_too_young',
  'unreachable',
  'timed_out',
  'too_large',
  'unreadable',
  'unknown',
]

/** The least that an answer says which bears this sign. */
function cluesOf({ says, code, status, id, ...rest }: Sign): Clues {
  const last = (number: Sign['code']) => (typeof number === 'object' ? number[1] : number)
  const quoted = id ? '17841403815449848' : '17841403815449847'
  return { ...rest, message: says?.replace('…', quoted), code: last(code), status: last(status) }
}

test.each(SIGNS)('$name is known by $sign', ({ name, sign }) => {
  expect(recognise(cluesOf(sign))).toBe(name)
})

test.each(SIGNS.filter(({ sign }) => sign.says))(
  '$name is known by “$sign.says” in any case, with any quotes, amid other words',
  ({ name, sign }) => {
    const { message = '' } = cluesOf(sign)

    const known = [
      message.toUpperCase(),
      `${message}.`,
      `Sorry!\n\n  ${message.replaceAll(' ', '\n')} (try again)`,
      message.replaceAll(/[‘’]/g, "'").replaceAll(/[“”]/g, '"'),
    ].map((text) => recognise({ message: text, code: 400 }))

    expect(new Set(known)).toStrictEqual(new Set([name]))
  },
)

test.each(SIGNS.filter(({ sign }) => sign.says))(
  '$name is known by a pasted “$sign.says”',
  ({ name, sign }) => {
    const { message = '' } = cluesOf(sign)

    expect(recognisePasted(message)).toBe(name)
  },
)

test('every entry has a sign, but for those that our own reader finds', () => {
  const without = ENTRIES.filter(({ signs }) => signs.length === 0).map(({ name }) => name)

  expect(without.sort()).toStrictEqual([...WITHOUT_SIGNS].sort())
})

test.each(ENTRIES)(
  '$name says what happened, what it means and what to do, to whoever can mend it',
  (entry) => {
    const { title, happened, advice, meaning, steps, mender, status, shows } = entry

    for (const text of [happened, advice, meaning, ...steps]) expect(text).toMatch(/[.…)a-z]$/)
    expect(title).not.toMatch(/\.$/)
    expect(status).toBeGreaterThanOrEqual(400)
    if (mender === 'operator') expect(steps).not.toHaveLength(0)
    if (entry.signs.length > 0) expect(shows).not.toHaveLength(0)
  },
)

test('a message that nobody has recorded is none that is known', () => {
  expect(recognise({ message: 'Something new', code: 100, status: 400 })).toBeUndefined()
  expect(recognise({})).toBeUndefined()
})

test.each<[what: string, clues: Clues, name: FailureName]>([
  [
    'a subcode before the words',
    { message: 'Session has expired', code: 190, subcode: 460 },
    'session_invalidated',
  ],
  [
    'a subcode that nobody knows after the words',
    { message: 'Session has expired', code: 190, subcode: 7 },
    'token_expired',
  ],
  ['words before a code', { message: 'API access deactivated', code: 200 }, 'api_access_deactivated'],
  ['a code before a status', { message: 'New', code: 190, status: 503 }, 'token_invalid'],
  [
    'a block before a limit',
    { message: '(#4) Application request limit reached', code: 4, transient: false },
    'action_blocked',
  ],
  [
    'an id that may be rounded',
    { message: "Object with ID '17841403815449848' does not exist", code: 100, subcode: 33 },
    'ids_rounded',
  ],
  [
    'an id that surely is not',
    { message: "Object with ID '17841403815449847' does not exist", code: 100, subcode: 33 },
    'object_missing',
  ],
])('takes %s', (_, clues, name) => {
  expect(recognise(clues)).toBe(name)
})

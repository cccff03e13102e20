import { describe, expect, test } from 'vitest'
import {
  ConfigError,
  DatabaseUnavailableError,
  explain,
  NoValidTokenError,
  Refusal,
  SignedRequestError,
  TokenNotKeptError,
} from '../../src/index.ts'
import { catalogue } from '../../src/instagram/catalogue/catalogue.ts'
import { ownFailures } from '../../src/login/ownFailures.ts'

test('a failure is explained by its name, for its person and for the operator', () => {
  expect(explain('state_foreign')).toStrictEqual({
    name: 'state_foreign',
    status: 403,
    title: 'This login was started elsewhere',
    mender: 'person',
    happened: expect.stringContaining('another browser') as string,
    advice: 'Go back and choose Get Started in this browser.',
    meaning: expect.stringContaining('state mismatch') as string,
    steps: [expect.any(String), expect.any(String)],
  })
})

test('every failure has an explanation of its own, and nothing of how it is recognised', () => {
  const names = [...Object.keys(catalogue), ...Object.keys(ownFailures)]

  const explained = names.map((name) => explain(name))

  expect(explained.map(({ name }) => name)).toStrictEqual(names)
  for (const entry of explained) {
    expect(Object.keys(entry)).not.toContain('signs')
    expect(entry.title).not.toBe('')
  }
})

test('no explanation speaks of variables of the environment: a host has options', () => {
  const names = [...Object.keys(catalogue), ...Object.keys(ownFailures)]

  const words = JSON.stringify(names.map((name) => explain(name)))

  expect(words).toContain('clientSecret')
  expect(words).not.toMatch(/INSTAGRAM_[A-Z]|[A-Z]_(URL|KEYS|SECRETS?|PASSWORD|PROXY)/)
})

describe('an error is explained', () => {
  test.each([
    [new Refusal('state_expired'), 'state_expired'],
    [new TokenNotKeptError('27640875392278831', { cause: new Error('disk full') }), 'token_not_kept'],
    [new DatabaseUnavailableError('The database is away.'), 'database_unavailable'],
    [new NoValidTokenError('not_connected'), 'account_gone'],
    [new NoValidTokenError('needs_reconnect', { reason: 'session_invalidated' }), 'session_invalidated'],
    [new NoValidTokenError('needs_reconnect'), 'token_invalid'],
    [new NoValidTokenError('disconnected_by_instagram', { reason: 'app_removed' }), 'app_removed'],
    [new NoValidTokenError('unreadable', { reason: 'no_key' }), 'token_unreadable'],
    [new SignedRequestError('wrong_signature'), 'bad_request'],
    // Those of a host, which calls Instagram itself.
    [new Error('Error validating access token: Session has expired on Monday'), 'token_expired'],
    [new Error('(#4) Application request limit reached'), 'throttled'],
    // Those that are nobody's but the program's.
    [new TypeError('x is not a function'), 'internal'],
    [new ConfigError(['scopes must name at least one scope.']), 'internal'],
  ])('%s', (error, name) => {
    expect(explain(error).name).toBe(name)
  })
})

describe('what somebody pasted is explained', () => {
  test.each([
    ['Invalid platform app', 'invalid_platform_app'],
    [
      'https://www.instagram.com/oauth/authorize/third_party/error/?message=Insufficient%20Developer%20Role',
      'insufficient_developer_role',
    ],
    [
      '{"error":{"message":"x","type":"OAuthException","code":190,"error_subcode":460}}',
      'session_invalidated',
    ],
    ['https://site.example/response?error=access_denied&error_reason=user_denied&state=x', 'declined'],
  ])('%s', (text, name) => {
    expect(explain(text).name).toBe(name)
  })
})

test('an answer of Instagram’s is explained as it was parsed', () => {
  const answer = { error: { message: 'x', type: 'OAuthException', code: 190, error_subcode: 458 } }

  expect(explain(answer)).toMatchObject({ name: 'app_removed', mender: 'person' })
})

test.each([
  ['xyzzy'],
  [''],
  [undefined],
  [null],
  [7],
  [{}],
  [[]],
  [() => 'x'],
  ['constructor'],
  ['x'.repeat(100_000)],
])('%j is nothing that anybody knows', (nonsense) => {
  expect(explain(nonsense)).toMatchObject({ name: 'unknown' })
})

test('what cannot be written as JSON is nothing that anybody knows', () => {
  const circle: Record<string, unknown> = {}
  circle['itself'] = circle

  expect(explain(circle).name).toBe('unknown')
  expect(explain({ toJSON: () => undefined }).name).toBe('unknown')
})

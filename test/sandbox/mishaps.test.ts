import { expect, test } from 'vitest'
import { type CallPlace, type MishapName, TITLES } from '../../src/sandbox/mishaps/mishap.ts'
import { MISHAPS } from '../../src/sandbox/mishaps/mishaps.ts'
import { DAY_MS, startBench } from './support.ts'

const AT_CALLS = MISHAPS.filter((mishap) => 'answer' in mishap)
const ANSWERS = AT_CALLS.flatMap(({ answer, ...mishap }) =>
  'body' in answer && answer.status !== 302 ? [{ ...mishap, answer }] : [],
)
const FAULTS = AT_CALLS.filter(({ answer }) => 'fault' in answer)

/** A sandbox, and a call of it that would go well, again and again until it does. */
async function ready(at: CallPlace) {
  const bench = await startBench()
  const code = await bench.allow()
  const short = await bench.shortLived()
  const long = await bench.longLived()
  bench.pass(at === 'refresh' ? DAY_MS : 0)
  const calls = {
    exchange: () => bench.exchange(code),
    long_lived: () => bench.prolong(short),
    me: () => bench.me(long),
    refresh: () => bench.refresh(long),
  } satisfies Record<CallPlace, unknown>
  return { bench, call: calls[at], [Symbol.asyncDispose]: () => bench.close() }
}

test.for(ANSWERS)('$at is answered with $name ($variant), once', async (mishap) => {
  await using here = await ready(mishap.at)
  here.bench.fail(mishap.name, mishap)

  const answer = await here.call()
  const next = await here.call()

  const { status = 200, contentType = 'application/json', headers = {}, body } = mishap.answer
  expect([answer.status, answer.headers.get('content-type')]).toEqual([status, contentType])
  expect(Object.fromEntries(answer.headers)).toMatchObject(headers)
  expect(await answer.text()).toBe(body)
  expect(next.status).toBe(200)
})

test.for(FAULTS)('$at meets with $name, once', async (mishap) => {
  await using here = await ready(mishap.at)
  const before = here.bench.calls.length
  here.bench.fail(mishap.name, mishap)

  const broken = expect(here.call().then((answer) => answer.text())).rejects.toThrow()
  await expect.poll(() => here.bench.calls.length).toBe(before + 1)
  const next = await here.call()
  await here.bench.close()

  expect(next.status).toBe(200)
  await broken
})

test.for<CallPlace>(['exchange', 'long_lived', 'me', 'refresh'])('%s is sent elsewhere, once', async (at) => {
  await using here = await ready(at)
  here.bench.fail('redirect_answer', { at })

  const answers = [await here.call(), await here.call()]

  expect(answers.map(({ redirected }) => redirected)).toEqual([true, false])
})

const EXPIRED =
  'Error validating access token: Session has expired on Tuesday, 28-Sep-21 03:00:00 PDT. The current time is Friday, 08-Oct-21 23:50:19 PDT.'
const INVALIDATED =
  'Error validating access token: The session has been invalidated because the user changed their password or Facebook has changed the session for security reasons.'

test.for<[name: MishapName, at: CallPlace, status: number, body: string]>([
  [
    'token_expired',
    'long_lived',
    400,
    `{"error":{"message":"${EXPIRED}","type":"OAuthException","code":190,"fbtrace_id":"AaauHBIaCwjNFlnZ_qsZC07"}}`,
  ],
  [
    'session_invalidated',
    'refresh',
    400,
    `{"error":{"message":"${INVALIDATED}","type":"OAuthException","code":190,"fbtrace_id":"AcIOG4kOlL7jyZ-Oj14Vede"}}`,
  ],
  [
    'unsupported_request',
    'me',
    400,
    '{"error":{"message":"Unsupported request - method type: get","type":"IGApiException","code":100,"fbtrace_id":"AQ7NjdFzWnGXbtJJ9cS7ukc"}}',
  ],
  [
    'permission_missing',
    'me',
    400,
    '{"error":{"message":"Application does not have permission for this action","type":"IGApiException","code":10,"fbtrace_id":"AJ7la3EDQU1C__Nd1DXukSR"}}',
  ],
  [
    'token_unparseable',
    'me',
    400,
    '{"error":{"message":"Invalid OAuth access token - Cannot parse access token","type":"OAuthException","code":190}}',
  ],
  [
    'client_secret_wrong',
    'long_lived',
    400,
    '{"error":{"message":"Error validating client secret.","code":100}}',
  ],
  [
    'invalid_application_id',
    'long_lived',
    400,
    '{"error":{"message":"Error validating application. Invalid application ID.","type":"OAuthException","code":101,"fbtrace_id":"CvDR+X4WWIx"}}',
  ],
  [
    'app_removed',
    'me',
    400,
    '{"error":{"message":"The user has not authorized application.","type":"OAuthException","code":190,"error_subcode":458}}',
  ],
  [
    'throttled',
    'me',
    403,
    '{"error":{"message":"(#4) Application request limit reached","type":"OAuthException","is_transient":true,"code":4,"fbtrace_id":"GoyjxuQpQMG"}}',
  ],
  [
    'action_blocked',
    'me',
    403,
    '{"error":{"message":"(#4) Application request limit reached","type":"OAuthException","is_transient":false,"code":4,"error_subcode":2207051,"error_user_title":"action is blocked"}}',
  ],
  [
    'classic_token_invalid',
    'me',
    400,
    '{"meta":{"error_type":"OAuthAccessTokenException","code":400,"error_message":"The access_token provided is invalid."}}',
  ],
  [
    'code_used',
    'exchange',
    400,
    '{"error_type":"OAuthException","code":400,"error_message":"Matching code was not found or was already used"}',
  ],
  [
    'verification_failed',
    'exchange',
    400,
    '{"error_type":"OAuthException","code":400,"error_message":"Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request"}',
  ],
])('%s is at %s what was recorded of Instagram', async ([name, at, status, body]) => {
  await using here = await ready(at)
  here.bench.fail(name, { at })

  const answer = await here.call()

  expect(answer.status).toBe(status)
  expect(await answer.text()).toBe(body)
})

test('a request that is taken for a browser’s gets a page of some 21 kB', async () => {
  await using here = await ready('exchange')
  here.bench.fail('browser_forbidden')

  const answer = await here.call()

  expect([answer.status, answer.headers.get('content-language')]).toEqual([403, 'en'])
  expect(answer.headers.get('content-type')).toContain('text/html')
  expect((await answer.bytes()).length / 1000).toBeCloseTo(21, 0)
})

test('mishaps of one place come in turn, and those of another wait for theirs', async () => {
  await using here = await ready('me')
  here.bench.fail('throttled', { at: 'me', variant: 'status 429' })
  here.bench.fail('code_expired')
  here.bench.fail('temporary_failure', { at: 'me', variant: 'status 503' })

  const answers = [await here.call(), await here.call(), await here.call()]
  const exchange = await here.bench.exchange(await here.bench.allow())

  expect(answers.map(({ status }) => status)).toEqual([429, 503, 200])
  expect(await exchange.text()).toContain('This authorization code has expired')
})

test('every name has something that happens, and nothing is there twice', () => {
  const forms = MISHAPS.map(({ at, name, variant }) => `${at} ${name} ${variant}`)

  expect(new Set(MISHAPS.map(({ name }) => name))).toEqual(new Set(Object.keys(TITLES)))
  expect(new Set(forms).size).toBe(forms.length)
})

test('a name, place or variant that is not there is refused', async () => {
  await using bench = await startBench()

  const name = () => {
    // @ts-expect-error no such name
    bench.fail('no_such_mishap')
  }
  const place = () => {
    bench.fail('code_used', { at: 'me' })
  }
  const variant = () => {
    bench.fail('token_expired', { variant: 'subcode 1' })
  }

  for (const refused of [name, place, variant]) expect(refused).toThrow(/The sandbox knows no "\w+" at/)
  expect((await bench.exchange(await bench.allow())).status).toBe(200)
})

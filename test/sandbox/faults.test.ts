import { expect, test } from 'vitest'
import { DAY_MS } from '../../src/facts.ts'
import { type CallFault, type CallPlace, type FaultName, TITLES } from '../../src/sandbox/faults/fault.ts'
import { FAULTS } from '../../src/sandbox/faults/faults.ts'
import { ERROR_PAGE, locationOf, REDIRECT_URI, sharedSandbox, startTestSandbox, type TestSandbox } from './support.ts'

const ALLOW = [
  ['person', 'business'],
  ['decision', 'allow'],
] as const

const sandbox = await sharedSandbox()
const call = await callsOf(sandbox)

/** Calls that succeed unless a fault waits. */
async function callsOf(caller: TestSandbox): Promise<Record<CallPlace, () => Promise<Response>>> {
  const shortLived = await caller.shortLivedToken()
  const longLived = caller.dashboardToken('business', DAY_MS)
  return {
    exchange: async () => caller.exchange(await caller.allow()),
    long_lived: () => caller.exchangeForLongLived(shortLived),
    me: () => caller.me(longLived),
    refresh: () => caller.refresh(longLived),
    revoke: () =>
      fetch(`${caller.origin}/me/permissions?access_token=${caller.dashboardToken('creator')}`, { method: 'DELETE' }),
  }
}

const CALL_PLACES: readonly CallPlace[] = ['exchange', 'long_lived', 'me', 'refresh', 'revoke']

function faultsAt(place: CallPlace): CallFault[] {
  return FAULTS.filter((fault): fault is CallFault => fault.at === place)
}

test.for(CALL_PLACES)('each faulty response at %s is sent once', async (at) => {
  for (const { name, variant, response: faulty } of faultsAt(at)) {
    if (!('body' in faulty) || faulty.status === 302) continue
    sandbox.fail(name, { at, variant })

    const response = await call[at]()

    const { status = 200, contentType = 'application/json', headers = {}, body } = faulty
    expect([response.status, response.headers.get('content-type')]).toEqual([status, contentType])
    expect(Object.fromEntries(response.headers)).toMatchObject(headers)
    expect(await response.text()).toBe(body)
    expect((await call[at]()).status).toBe(200)
  }
})

test.for(CALL_PLACES)('broken connections at %s happen once, a reset GET twice, and closing ends them', async (at) => {
  await using own = await startTestSandbox()
  const calls = await callsOf(own)
  const broken = []

  for (const { name, variant } of faultsAt(at).filter((fault) => 'fault' in fault.response)) {
    const isRetried = name === 'reset' && ['long_lived', 'me', 'refresh'].includes(at)
    const before = own.calls.length
    own.fail(name, { at, variant })
    broken.push(expect(calls[at]().then((faulty) => faulty.text())).rejects.toThrow())
    await expect.poll(() => own.calls.length, { timeout: 20_000 }).toBe(before + 1)
    if (isRetried) await expect(calls[at]()).rejects.toThrow()
    expect((await calls[at]()).status).toBe(200)
  }
  await own.close()

  expect(broken).toHaveLength(4)
  await Promise.all(broken)
})

test.for(CALL_PLACES)('a call at %s is redirected elsewhere, once', async (at) => {
  sandbox.fail('redirect_answer', { at })

  const responses = [await call[at](), await call[at]()]

  expect(responses.map(({ redirected }) => redirected)).toEqual([true, false])
})

const EXPIRED =
  'Error validating access token: Session has expired on Tuesday, 28-Sep-21 03:00:00 PDT. The current time is Friday, 08-Oct-21 23:50:19 PDT.'
const INVALIDATED =
  'Error validating access token: The session has been invalidated because the user changed their password or Facebook has changed the session for security reasons.'

test.for<[name: FaultName, at: CallPlace, status: number, body: string]>([
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
  ['client_secret_wrong', 'long_lived', 400, '{"error":{"message":"Error validating client secret.","code":100}}'],
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
])('the response of %s at %s is as recorded of Instagram', async ([name, at, status, body]) => {
  sandbox.fail(name, { at })

  const response = await call[at]()

  expect(response.status).toBe(status)
  expect(await response.text()).toBe(body)
})

test('a request that is taken for a browser’s gets a page of some 21 kB', async () => {
  sandbox.fail('browser_forbidden')

  const response = await call.exchange()

  expect([response.status, response.headers.get('content-language')]).toEqual([403, 'en'])
  expect(response.headers.get('content-type')).toContain('text/html')
  expect((await response.bytes()).length / 1000).toBeCloseTo(21, 0)
})

test('faults of one place happen in order, and do not affect another place', async () => {
  sandbox.fail('throttled', { at: 'me', variant: 'status 429' })
  sandbox.fail('code_expired')
  sandbox.fail('temporary_failure', { at: 'me', variant: 'status 503' })

  const responses = [await call.me(), await call.me(), await call.me()]
  const exchange = await call.exchange()

  expect(responses.map(({ status }) => status)).toEqual([429, 503, 200])
  expect(await exchange.text()).toContain('This authorization code has expired')
})

test('every fault has a form, and no form is listed twice', () => {
  const forms = FAULTS.map(({ at, name, variant }) => `${at} ${name} ${variant}`)

  expect(new Set(FAULTS.map(({ name }) => name))).toEqual(new Set(Object.keys(TITLES)))
  expect(new Set(forms).size).toBe(forms.length)
})

test('an unknown fault, place or variant is refused', async () => {
  const name = () => {
    // @ts-expect-error no such name
    sandbox.fail('no_such_fault')
  }
  const place = () => {
    sandbox.fail('code_used', { at: 'me' })
  }
  const variant = () => {
    sandbox.fail('token_expired', { variant: 'subcode 1' })
  }

  for (const refused of [name, place, variant]) expect(refused).toThrow(/The sandbox has no fault "\w+" at/)
  expect((await call.exchange()).status).toBe(200)
})

test.for(FAULTS.filter((fault) => fault.at === 'authorize'))(
  'the next authorize page is refused for $name ($variant), once',
  async (fault) => {
    sandbox.fail(fault.name, fault)

    const refused = await fetch(sandbox.authorizeAddress(), { redirect: 'manual' })
    const next = await fetch(sandbox.authorizeAddress(), { redirect: 'manual' })

    const target = new URL(locationOf(refused), sandbox.origin)
    expect(target.pathname).toBe(ERROR_PAGE)
    expect([...target.searchParams]).toEqual([['message', fault.message]])
    expect(next.status).toBe(200)
  },
)

test('a form that is sent without opening the page is refused too', async () => {
  sandbox.fail('insufficient_developer_role', { variant: 'localised' })

  const response = await sandbox.submitDecision(ALLOW)

  const target = new URL(locationOf(response), sandbox.origin)
  expect(target.searchParams.get('message')).toBe('開發人員角色不足')
})

const BACK = `${REDIRECT_URI}?`
const CALLBACKS: Record<string, RegExp | string> = {
  'user_denied usual': `${BACK}error=access_denied&error_reason=user_denied&error_description=The+user+denied+your+request&state=a+state#_`,
  'user_denied facebook': `${BACK}error=access_denied&error_code=200&error_description=Permissions+error&error_reason=user_denied&state=a+state#_`,
  'server_error usual': `${BACK}error=server_error&state=a+state#_`,
  'temporarily_unavailable usual': `${BACK}error=temporarily_unavailable&state=a+state#_`,
  'invalid_scope usual': `${BACK}error=invalid_scope&state=a+state#_`,
  'callback_without_state usual': /\?code=AQ[\w-]+#_$/,
  'callback_with_other_state usual': /\?code=AQ[\w-]+&state=of-another-login#_$/,
  'other_browser usual': /\?code=AQ[\w-]+&state=a\+state#_$/,
  'callback_empty usual': `${BACK}state=a+state#_`,
  'callback_empty without state': `${BACK}#_`,
}

test.for(FAULTS.filter(({ at }) => at === 'callback'))(
  'the next person who allows goes back with $name ($variant), once',
  async (fault) => {
    sandbox.fail(fault.name, fault)

    const response = await sandbox.submitDecision(ALLOW)
    const next = await sandbox.submitDecision(ALLOW)

    expect(locationOf(response)).toMatch(pattern(CALLBACKS[`${fault.name} ${fault.variant}`] ?? 'unknown'))
    expect(locationOf(next)).toMatch(/\?code=AQ[\w-]+&state=a\+state#_$/)
  },
)

test('the authorize page offers every fault, in groups, and none is chosen', async () => {
  const page = await (await fetch(sandbox.authorizeAddress())).text()

  const offered = [...page.matchAll(/<option value="([^"]+)">/g)].map(([, key]) => key)
  expect(page).toContain('<details>')
  expect(page.match(/<optgroup label="[^"]+">/g)).toHaveLength(7)
  expect(page).toContain('>Token expired (subcode 463)</option>')
  expect(offered).toEqual(FAULTS.map(({ at, name, variant }) => `${at}/${name}/${variant}`))
})

test('a person who allows with a fault of a call goes back with a good code, and the call fails', async () => {
  const response = await sandbox.submitDecision([...ALLOW, ['failure', 'exchange/code_used/called twice']])
  const code = new URL(locationOf(response)).searchParams.get('code') ?? ''
  const refused = await sandbox.exchange(code)
  const next = await sandbox.exchange(code)

  expect(await refused.text()).toContain('This authorization code has been used"')
  expect(next.status).toBe(200)
})

test('a person who allows with a fault of the page or the callback meets it at once', async () => {
  const page = await sandbox.submitDecision([...ALLOW, ['failure', 'authorize/session_invalid/usual']])
  const back = await sandbox.submitDecision([...ALLOW, ['failure', 'callback/server_error/usual']])
  const next = await sandbox.submitDecision([...ALLOW, ['failure', '']])

  expect(locationOf(page)).toBe(`${ERROR_PAGE}?message=400%3A+Session+Invalid`)
  expect(locationOf(back)).toContain('?error=server_error&')
  expect(locationOf(next)).toContain('?code=')
})

test('a chosen fault is dropped when the person cancels or is refused', async () => {
  const failure = ['failure', 'exchange/code_expired/usual'] as const

  await sandbox.submitDecision([['decision', 'cancel'], failure])
  await sandbox.submitDecision([['person', 'outsider'], ['decision', 'allow'], failure])

  expect((await call.exchange()).status).toBe(200)
})

test.for(['no_such_fault', 'me/code_used/usual', 'constructor', 'exchange/code_used'])(
  'a form with the unknown fault %s is shown again',
  async (fault) => {
    const response = await sandbox.submitDecision([...ALLOW, ['failure', fault]])

    expect(response.status).toBe(400)
    expect(await response.text()).toContain('Choose an error from the list.')
  },
)

test('a form without a user is shown again with the chosen fault', async () => {
  const response = await sandbox.submitDecision([
    ['decision', 'allow'],
    ['failure', 'me/checkpoint/usual'],
  ])
  const page = await response.text()

  expect(response.status).toBe(400)
  expect(page).toContain('<details open>')
  expect(page).toContain('<option value="me/checkpoint/usual" selected>')
})

function pattern(expected: RegExp | string): RegExp {
  return typeof expected === 'string' ? new RegExp(`^${RegExp.escape(expected)}$`) : expected
}

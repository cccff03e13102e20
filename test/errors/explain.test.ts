import { describe, expect, test } from 'vitest'
import {
  catalogue,
  type ErrorCode,
  explanationOf,
  helpCodes,
  instagramErrors,
  isErrorCode,
  isHelpCode,
  isInstagramErrorCode,
  problems,
} from '../../src/errors/catalogue.ts'
import { AppError, errorLogFields, InstagramError, isAppError, toAppError } from '../../src/errors/errors.ts'
import { explain } from '../../src/errors/explain.ts'
import { ENVIRONMENT_NAMES, OPTION_NAMES } from '../../src/errors/settingNames.ts'

const CODES = Object.keys(catalogue) as ErrorCode[]

/** An error as Express and its body parsers throw it. */
function httpError(status: number): Error {
  return Object.assign(new Error('malformed token IGAAx'), { status, body: 'IGAAx' })
}

describe('the catalogue', () => {
  test.each(CODES)('says of %s what happened, what it means and what to do', (code) => {
    const { title, description, advice, meaning, steps, fixableBy, status } = catalogue[code]

    for (const text of [description, advice, meaning, ...steps]) expect(text).toMatch(/[.…)a-z]$/)
    for (const text of [title, description, advice, meaning, ...steps]) expect(text).not.toMatch(/ [,.;:]| {2}/)
    expect(title).toMatch(/^\w.*[^.]$/)
    for (const text of [title, description, advice]) expect(text).not.toContain('{')
    expect(status).toBeGreaterThanOrEqual(400)
    if (fixableBy === 'operator' && isHelpCode(code)) expect(steps).not.toHaveLength(0)
  })

  test('tells a person when to try again, where that is known', () => {
    const seconds = CODES.filter((code) => catalogue[code].retryAfterSeconds !== undefined)

    expect(seconds.map((code) => [code, catalogue[code].retryAfterSeconds])).toStrictEqual([
      ['throttled', 3600],
      ['database_unavailable', 10],
      ['token_not_kept', 10],
    ])
  })

  test('has the same status for a person and for a program', () => {
    const statuses = Object.entries(problems).map(([code, { status }]) => [code, status])

    expect(statuses).toStrictEqual(Object.keys(problems).map((code) => [code, catalogue[code as ErrorCode].status]))
  })

  test('tells errors of Instagram, of the help pages and of programs apart', () => {
    expect(isInstagramErrorCode('code_used') && isHelpCode('code_used') && isErrorCode('code_used')).toBe(true)
    expect(isInstagramErrorCode('state_used')).toBe(false)
    expect(isHelpCode('state_used')).toBe(true)
    expect(isHelpCode('unauthorized')).toBe(false)
    expect(isErrorCode('unauthorized')).toBe(true)
    for (const name of ['constructor', 'toString', '', undefined, 7]) expect(isErrorCode(name)).toBe(false)
    expect(helpCodes.filter((code) => !isHelpCode(code))).toStrictEqual([])
  })
})

describe('the names of settings', () => {
  test.each([
    ['variables to those who set variables', ENVIRONMENT_NAMES, 'INSTAGRAM_CLIENT_SECRET', 'TOKEN_KEYS'],
    ['options to those who pass options', OPTION_NAMES, 'clientSecret', 'tokenKeys'],
  ])('are %s', (_, names, secret, keys) => {
    expect(explain('client_secret_wrong', names).meaning).toBe(
      `${secret} is not the secret of the app that this token belongs to.`,
    )
    expect(explain('token_unreadable', names).steps[0]).toContain(`missing key to ${keys},`)
  })

  test('replace every placeholder', () => {
    const placeholders = JSON.stringify(catalogue).match(/(?<=\{)\w+(?=\})/g) ?? []

    expect(placeholders.filter((name) => !Object.hasOwn(ENVIRONMENT_NAMES, name))).toStrictEqual([])
    for (const names of [ENVIRONMENT_NAMES, OPTION_NAMES])
      expect(/\{\w+\}/.test(JSON.stringify(CODES.map((code) => explanationOf(code, names))))).toBe(false)
  })

  test('are no variables in what a host reads', () => {
    const texts = JSON.stringify(CODES.map((code) => explain(code, OPTION_NAMES)))

    expect(/INSTAGRAM_[A-Z]|[A-Z]_(URL|KEYS|SECRETS?|PASSWORD|PROXY)/.exec(texts)).toBeNull()
  })
})

describe('an explanation', () => {
  test('of a code says all that the catalogue has for people, and nothing of how it is recognised', () => {
    expect(explain('state_foreign', OPTION_NAMES)).toStrictEqual({
      name: 'state_foreign',
      status: 403,
      title: 'This sign-in was started in another browser',
      fixableBy: 'person',
      description: expect.stringContaining('another browser') as string,
      advice: 'Try again in this browser.',
      meaning: expect.stringContaining('state mismatch') as string,
      steps: [expect.any(String), expect.any(String)],
    })
    expect(Object.keys(explain('throttled', OPTION_NAMES)).sort()).toStrictEqual(
      ['advice', 'description', 'fixableBy', 'meaning', 'name', 'retryAfterSeconds', 'status', 'steps'].concat([
        'title',
        'unconfirmed',
      ]),
    )
  })

  test.each<[unknown, ErrorCode]>([
    [new AppError('state_expired'), 'state_expired'],
    [new InstagramError('code_used', { endpoint: 'https://api.example/x' }), 'code_used'],
    [httpError(404), 'not_found'],
    // Errors of a host that calls Instagram itself.
    [new Error('Error validating access token: Session has expired on Monday'), 'token_expired'],
    [new Error('(#4) Application request limit reached'), 'throttled'],
    // Unexpected errors.
    [new TypeError('x is not a function'), 'internal'],
    [new AppError('internal', { message: 'Invalid platform app' }), 'internal'],
    // Words, and responses.
    ['Invalid platform app', 'invalid_platform_app'],
    ['https://site.example/response?error=access_denied&error_reason=user_denied&state=x', 'declined'],
    [{ error: { message: 'x', type: 'OAuthException', code: 190, error_subcode: 458 } }, 'app_removed'],
    ['localhost refused to connect', 'site_unreachable'],
    // What matches nothing.
    ['xyzzy', 'unknown_message'],
    ['', 'unknown_message'],
    [{ error: { message: 'A new error', type: 'OAuthException', code: 999 } }, 'unknown'],
    ['{"error_message": "A new error"}', 'unknown'],
    [undefined, 'unknown_message'],
    [null, 'unknown_message'],
    [7, 'unknown_message'],
    [[], 'unknown_message'],
    [() => 'x', 'unknown_message'],
    ['constructor', 'unknown_message'],
    ['x'.repeat(100_000), 'unknown_message'],
    [{ toJSON: () => undefined }, 'unknown_message'],
  ])('of %s is that of %s', (what, code) => {
    expect(explain(what, OPTION_NAMES).name).toBe(code)
  })

  test('of an object without JSON is that of an unknown message', () => {
    const circle: Record<string, unknown> = {}
    circle['itself'] = circle

    expect(explain(circle, OPTION_NAMES).name).toBe('unknown_message')
  })
})

describe('an error', () => {
  test('has its code, and for the log its detail and its cause', () => {
    const cause = new Error('disk full')
    const error = new AppError('token_not_kept', {
      detail: 'after 3 tries',
      reference: 'r1',
      account: 7,
      cause,
    })

    expect(error).toMatchObject({
      name: 'AppError',
      code: 'token_not_kept',
      message: 'token_not_kept: after 3 tries',
      details: { detail: 'after 3 tries', reference: 'r1', account: 7 },
      cause,
    })
    expect(new AppError('not_found')).toMatchObject({ message: 'not_found', details: {} })
    expect(new AppError('not_found')).not.toHaveProperty('cause')
    expect(new AppError('usage', { message: 'No such command.' }).message).toBe('No such command.')
  })

  test('of Instagram has its kind and what Instagram said', () => {
    const evidence = { endpoint: 'https://api.example/me', status: 400, message: 'Invalid platform app' }

    const error = new InstagramError('invalid_platform_app', evidence)

    expect(error).toMatchObject({
      name: 'InstagramError',
      code: 'invalid_platform_app',
      kind: 'app_misconfigured',
    })
    expect(error.evidence).toStrictEqual(evidence)
    expect(error.message).toBe('invalid_platform_app: https://api.example/me answered 400, “Invalid platform app”')
    expect(new InstagramError('timed_out', { endpoint: 'x' }).message).toBe('timed_out: x did not answer')
  })

  test('is told from others by its code', () => {
    const error = new AppError('state_used')

    expect(isAppError(error)).toBe(true)
    expect(isAppError(error, 'state_expired', 'state_used')).toBe(true)
    expect(isAppError(error, 'state_expired')).toBe(false)
    expect(isAppError({ code: 'state_used' })).toBe(false)
  })

  test.each<[number, ErrorCode]>([
    [400, 'bad_request'],
    [404, 'not_found'],
    [413, 'body_too_large'],
    [415, 'not_json'],
    [499, 'bad_request'],
  ])('of Express with status %i is %s, and holds nothing of the request', (status, code) => {
    const error = toAppError(httpError(status))

    expect(error.code).toBe(code)
    expect(JSON.stringify([error.message, error.details, error.cause ?? null])).not.toContain('IGAAx')
  })

  test.each([new TypeError('x'), httpError(500), httpError(399), 'text', undefined, { status: 404 }])(
    'that nobody expected, %s, is internal, with its cause',
    (thrown) => {
      const error = toAppError(thrown)

      expect(error.code).toBe('internal')
      expect(error.cause).toBe(thrown)
    },
  )

  test('that is expected stays as it is', () => {
    const error = new AppError('state_used')

    expect(toAppError(error)).toBe(error)
  })
})

describe('the log says of an error', () => {
  test('what the person can do, if the person can fix it', () => {
    expect(errorLogFields(new AppError('state_expired'))).toStrictEqual({
      explained: 'state_expired',
      fixable_by: 'person',
      fix: 'Please try again.',
    })
  })

  test('what the operator can do otherwise, in the names of variables or of options', () => {
    const error = new AppError('internal', {
      cause: new InstagramError('client_secret_wrong', { endpoint: 'x' }),
    })
    const fields = errorLogFields(error)

    expect(fields).toMatchObject({ explained: 'client_secret_wrong', fixable_by: 'operator' })
    expect(fields?.fix).toMatch(/into INSTAGRAM_CLIENT_SECRET\. Restart the app/)
    expect(errorLogFields(error, OPTION_NAMES)?.fix).toContain('into clientSecret.')
  })

  test('its advice where there are no steps', () => {
    expect(errorLogFields(new AppError('refresh_too_young'))?.fix).toBe(
      'The account page shows when renewing is possible.',
    )
  })

  test('what caused a response of the API', () => {
    const cause = new InstagramError('token_expired', { endpoint: 'x' })

    expect(errorLogFields(new AppError('token_refused', { cause }))?.explained).toBe('token_expired')
    expect(errorLogFields(new AppError('unauthorized'))).toBeUndefined()
  })

  test('nothing, if nobody expected it', () => {
    expect(errorLogFields(new TypeError('x'))).toBeUndefined()
    expect(errorLogFields(toAppError(new TypeError('x')))).toBeUndefined()
    expect(errorLogFields('text')).toBeUndefined()
  })
})

test('every error of Instagram that a response can say belongs to a stage', () => {
  const without = Object.entries(instagramErrors).filter(([, { stages }]) => stages.length === 0)

  expect(without).toStrictEqual([])
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { person } from '../support/person.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

/** A person who has authorized, and the parameters with which Instagram sends the browser back. */
async function authorize() {
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted())
  const { code = '', state = '' } = Object.fromEntries(new URLSearchParams(callback.split('?')[1]))
  return { somebody, code, state }
}

/** The codes that were exchanged so far. */
function exchanged(): unknown[] {
  const exchanges = world.sandbox.calls.filter(({ endpoint }) => endpoint === 'token')
  return exchanges.map(({ fields }) => new Map(fields).get('code'))
}

describe('the #_ that Instagram appends', () => {
  test.each([
    ['code', '%23_', ''],
    ['state', '', '%23_'],
    ['both', '%23_', '%23_'],
  ])('is no part of a callback’s %s, though something encoded it', async (_, afterCode, afterState) => {
    const { somebody, code, state } = await authorize()

    const page = await somebody.get(`/response?code=${code}${afterCode}&state=${state}${afterState}`)

    expect(page.status).toBe(200)
    expect(page.text).toContain('@harbour.bakery')
    expect(exchanged()).toContain(code)
  })
})

describe('a callback that repeats a parameter', () => {
  test.each([
    ['its code', (code: string, state: string) => `code=${code}&code=${code}&state=${state}`],
    ['another code', (code: string, state: string) => `code=${code}&code=AQother&state=${state}`],
    ['its state', (code: string, state: string) => `code=${code}&state=${state}&state=${state}`],
    ['an error', (code: string, state: string) => `error=access_denied&error=server_error&code=${code}&state=${state}`],
  ])('(%s) is refused, and no code is exchanged', async (_, query) => {
    const { somebody, code, state } = await authorize()
    const before = exchanged().length

    const page = await somebody.get(`/response?${query(code, state)}`)

    expect(page.status).toBe(400)
    expect(page.text).toContain('data-error="bad_request"')
    expect(exchanged()).toHaveLength(before)
  })
})

describe('a callback without “error”', () => {
  test.each([
    ['error_message=Insufficient+Developer+Role', 'insufficient_developer_role'],
    ['error_code=1349126&error_message=Invalid+platform+app', 'invalid_platform_app'],
    ['error_code=2', 'temporary_failure'],
    ['error_reason=user_denied', 'declined'],
    ['error_description=Never+seen', 'unknown'],
    ['code=AQ&error_message=Never+seen', 'unknown'],
  ])('is a refusal if it has %s', async (query, code) => {
    const { somebody, state } = await authorize()
    const before = exchanged().length

    const page = await somebody.get(`/response?${query}&state=${state}`)

    expect(page.text).toContain(`data-error="${code}"`)
    expect(exchanged()).toHaveLength(before)
  })

  test('has its words in the log', async () => {
    const { somebody, state } = await authorize()

    await somebody.get(`/response?error_code=7&error_message=Never+seen&state=${state}`)

    expect(world.log.join('')).toContain('7, Never seen')
  })
})

describe('a token', () => {
  const LONG_LIVED = { body: '{"access_token":"IGAAy","token_type":"bearer","expires_in":5183944}' }
  const PROFILE = { id: '4711', user_id: '1784', username: 'a.person', account_type: 'BUSINESS' }

  /** Instagram's responses to one login. */
  async function login(token: object, profile: object | undefined) {
    world.sandbox.answerNext('token', { body: JSON.stringify({ access_token: 'IGAAx', ...token }) })
    world.sandbox.answerNext('long_lived', LONG_LIVED)
    world.sandbox.answerNext('me', profile ? { body: JSON.stringify(profile) } : { status: 500, body: '{}' })
    const { somebody, code, state } = await authorize()
    return somebody.get(`/response?code=${code}&state=${state}`)
  }

  test.each([[{}], [{ user_id: null }], [{ user_id: '' }]])('with %j gets its ids from the profile', async (token) => {
    const page = await login(token, PROFILE)

    expect(page.status).toBe(200)
    expect(page.text).toContain('@a.person')
    expect(page.text).toContain('>4711</')
  })

  test('that has no id, and no profile, belongs to nobody: the login fails as the profile did', async () => {
    const page = await login({}, undefined)

    expect(page.status).toBe(502)
    expect(page.text).toContain('data-error="temporary_failure"')
  })

  test.each([
    ['without instagram_business_basic', { permissions: [] }, PROFILE, 'permission_missing', 'was not granted'],
    [
      'of a personal account',
      {},
      { ...PROFILE, id: '4712', user_id: '1785', account_type: 'PERSONAL' },
      'not_professional',
      'a personal account',
    ],
  ])('%s cannot be used: the page and the log say so', async (_, token, profile, code, words) => {
    const before = world.log.length

    const page = await login({ user_id: profile.id, ...token }, profile)

    const [, told = ''] = /<p class="warning">(.*?)<\/p>/s.exec(page.text) ?? []
    expect(page.status).toBe(200)
    expect(told).toContain('This token can’t be used or renewed.')
    expect(told).toContain(words)
    expect(told).toContain(`href="/help/${code}"`)
    expect(world.log.slice(before).join('')).toContain(`"explained":"${code}"`)
  })
})

import { afterAll, expect, test } from 'vitest'
import { APP_ID } from '../admin/support.ts'
import { type ErrorCode, instagramErrors } from '../../src/errors/catalogue.ts'
import { DAY_MS } from '../../src/facts.ts'
import type { Fault, FaultName, FaultPlace } from '../../src/sandbox/faults/fault.ts'
import { FAULTS } from '../../src/sandbox/faults/faults.ts'
import { type Person, person } from '../support/person.ts'
import { startWorld } from '../support/world.ts'

/** Faults of the sandbox that have another name than the error that they cause. */
const CODES: Partial<Record<FaultName, ErrorCode>> = {
  user_denied: 'declined',
  server_error: 'temporary_failure',
  temporarily_unavailable: 'temporary_failure',
  callback_without_state: 'state_missing',
  callback_with_other_state: 'state_foreign',
  callback_empty: 'no_answer',
  classic_token_invalid: 'token_invalid',
  // The same message, whether the token is too young or lacks the permission.
  refresh_too_young: 'permission_missing',
  reset: 'unreachable',
  hang: 'timed_out',
  slow: 'timed_out',
  truncated: 'unreadable',
  html_answer: 'unreadable',
  empty_answer: 'unreadable',
  redirect_answer: 'unreadable',
}

const codeOf = (name: FaultName) => CODES[name] ?? (name as ErrorCode)

/** Faults that take ten seconds each, and what happens on phones only. */
const TRIED_ELSEWHERE: readonly FaultName[] = ['hang', 'slow', 'app_opened', 'other_browser']

function faultsAt(place: FaultPlace) {
  return FAULTS.filter(({ at, name }) => at === place && !TRIED_ELSEWHERE.includes(name)).map((fault) => ({
    ...fault,
    code: codeOf(fault.name),
  }))
}

const world = await startWorld()
const slowWorld = await startWorld()
afterAll(async () => {
  await Promise.all([world, slowWorld].map((each) => each[Symbol.asyncDispose]()))
})

/** A login whose code exchange gets no complete response. The time limit passes while the other tests run. */
async function slowLogin(fault: 'hang' | 'slow') {
  slowWorld.sandbox.fail(fault, { at: 'exchange' })
  return person(slowWorld).login()
}
const slowLogins = Promise.all([slowLogin('hang'), slowLogin('slow')])

/** What a fault adds to the log: the codes of explained errors. */
async function codesLoggedDuring(act: () => Promise<unknown>): Promise<unknown[]> {
  const before = world.log.length
  await act()
  const lines = world.log.slice(before).map((line) => JSON.parse(line) as Record<string, unknown>)
  return lines.filter(({ fixable_by, fix }) => fixable_by && fix).map(({ explained }) => explained)
}

/** Get Started, and Allow: the whole address that Instagram sends the browser to. */
async function allow(somebody: Person): Promise<string> {
  const form = new URLSearchParams({ person: 'business', decision: 'allow' })
  const href = await somebody.getStarted()
  const response = await fetch(href, { method: 'POST', body: form, redirect: 'manual' })
  return new URL(response.headers.get('location') ?? '', href).href
}

function fail(fault: Fault): void {
  world.sandbox.fail(fault.name, fault)
}

test.for(faultsAt('authorize'))('$code ($variant) is recognized by the address of Instagram’s page', async (fault) => {
  const somebody = person(world)
  fail(fault)

  const page = await somebody.submit('/help', { pasted: await allow(somebody) })

  expect(page.status).toBe(200)
  expect(page.text).toContain(`<code>${fault.code}</code>`)
})

test.for([...faultsAt('callback'), ...faultsAt('exchange')])(
  '$code ($name, $variant) ends a login at the $at with its page',
  async (fault) => {
    fail(fault)
    let page = ''

    const codes = await codesLoggedDuring(async () => {
      page = (await person(world).login()).text
    })

    expect(page).toContain(`href="/help/${fault.code}"`)
    expect(codes).toStrictEqual([fault.code])
  },
)

test.for(faultsAt('long_lived'))('$code ($name, $variant) leaves a token of one hour', async (fault) => {
  await world.database.query('DELETE FROM accounts')
  fail(fault)
  let page = ''

  const codes = await codesLoggedDuring(async () => {
    page = (await person(world).login()).text
  })

  expect(page).toMatch(new RegExp(`one hour only[^]*href="/help/${fault.code}"`))
  expect(codes).toStrictEqual([fault.code])
})

test.for(faultsAt('me'))('$code ($name, $variant) refuses a pasted token', async (fault) => {
  fail(fault)
  const access_token = world.sandbox.dashboardToken('business', 3 * DAY_MS)
  let page = ''

  const codes = await codesLoggedDuring(async () => {
    page = (await person(world).submit('/import', { access_token })).text
  })

  expect(page).toContain(`href="/help/${fault.code}"`)
  expect(codes).toStrictEqual([fault.code])
})

test.for(faultsAt('refresh'))('$code ($name, $variant) keeps a token from being refreshed', async (fault) => {
  world.restart() // A throttled refresher pauses.
  const somebody = person(world)
  await somebody.login()
  world.pass(3 * DAY_MS)
  fail(fault)

  const codes = await codesLoggedDuring(() => somebody.submit('/refresh', { account: APP_ID }))

  const page = await somebody.get('/')
  expect(codes).toStrictEqual([fault.code])
  if (fault.code !== 'throttled') expect(page.text).toContain(`href="/help/${fault.code}"`)
})

test('a token younger than two days that lacks a permission may be too young, and its page says so', async () => {
  world.restart()
  const somebody = person(world)
  await somebody.login()
  world.pass(DAY_MS)
  world.sandbox.fail('refresh_too_young')

  await somebody.submit('/refresh', { account: APP_ID })

  expect((await somebody.get('/')).text).toContain('href="/help/refresh_too_young"')
})

test.each([
  ['method_refused', 'Unsupported request - method type: post'],
  ['path_unknown', 'Unknown path components: /v19.0/me'],
  ['ids_rounded', "Unsupported get request. Object with ID '17841403815449848' does not exist"],
])('%s refuses a pasted token, though no fault of the sandbox has it', async (code, message) => {
  const body = JSON.stringify({ error: { message, type: 'IGApiException', code: 100 } })
  world.sandbox.answerNext('me', { status: 400, body })
  const access_token = world.sandbox.dashboardToken('business')

  const page = await person(world).submit('/import', { access_token })

  expect(page.text).toContain(`href="/help/${code}"`)
})

test.each([
  ['too_large', { body: 'x'.repeat(1024 * 1024 + 1) }],
  ['unknown', { status: 400, body: '{"error_type":"New","code":400,"error_message":"Never seen"}' }],
])('%s ends a login, though no fault of the sandbox has it', async (code, response) => {
  world.sandbox.answerNext('token', response)

  const page = await person(world).login()

  expect(page.text).toContain(`href="/help/${code}"`)
})

test('a login that Instagram does not answer in time ends with a page', async () => {
  for (const page of await slowLogins) {
    expect(page.status).toBe(504)
    expect(page.text).toContain('href="/help/timed_out"')
  }
})

test('every error of the catalogue is met by one of these tests', () => {
  const met = new Set<string>([...FAULTS.map(({ name }) => codeOf(name)), 'refresh_too_young'])
  const metAbove = ['method_refused', 'ids_rounded', 'path_unknown', 'too_large', 'unknown']
  const onInstagramsPageOnly = ['authorize_page_gone']
  const metBehindProxies = ['proxy_failed'] // test/instagram/proxy.test.ts

  const rest = Object.keys(instagramErrors).filter((code) => !met.has(code))

  expect(rest.sort()).toStrictEqual([...metAbove, ...onInstagramsPageOnly, ...metBehindProxies].sort())
})

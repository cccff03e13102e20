import { describe, expect, test } from 'vitest'
import { catalogue } from '../../src/instagram/catalogue/catalogue.ts'
import type { MishapName } from '../../src/sandbox/mishaps/mishap.ts'
import { MISHAPS } from '../../src/sandbox/mishaps/mishaps.ts'
import type { Failure } from '../../src/login/failures.ts'
import { type Person, person } from '../support/person.ts'
import { startWorld, type World } from '../support/world.ts'

const DAY = 24 * 60 * 60 * 1000

/** Where the sandbox calls a failure by what it does, and we by what it means. */
const OURS: Partial<Record<MishapName, Failure>> = {
  user_denied: 'declined',
  server_error: 'temporary_failure',
  temporarily_unavailable: 'temporary_failure',
  callback_without_state: 'state_missing',
  callback_with_other_state: 'state_foreign',
  callback_empty: 'no_answer',
  classic_token_invalid: 'token_invalid',
  // The same words, whether the token is too young or has no permission.
  refresh_too_young: 'permission_missing',
  reset: 'unreachable',
  hang: 'timed_out',
  slow: 'timed_out',
  truncated: 'unreadable',
  html_answer: 'unreadable',
  empty_answer: 'unreadable',
  redirect_answer: 'unreadable',
}

const entryOf = (name: MishapName) => OURS[name] ?? (name as Failure)
const at = (place: string) =>
  MISHAPS.filter((mishap) => mishap.at === place).map((mishap) => ({
    ...mishap,
    entry: entryOf(mishap.name),
  }))

/** The entries by which the log explains what happened so far. */
function explained({ log }: World): unknown[] {
  const lines = log.map((line) => JSON.parse(line) as { explained?: string; mender?: string; fix?: string })
  const known = lines.filter(({ mender, fix }) => mender && fix)
  return known.map((line) => line.explained)
}

/** Get Started, and Allow: the whole address that Instagram sends the browser to. */
async function allow(somebody: Person): Promise<string> {
  const form = new URLSearchParams({ person: 'business', decision: 'allow' })
  const href = await somebody.getStarted()
  const answer = await fetch(href, { method: 'POST', body: form, redirect: 'manual' })
  return new URL(answer.headers.get('location') ?? '', href).href
}

describe.concurrent('through the sandbox, by its whole list', () => {
  test.for(at('authorize'))(
    '$entry ($variant) is known by the address of Instagram’s page',
    async (mishap) => {
      await using world = await startWorld()
      const somebody = person(world)
      world.sandbox.fail(mishap.name, mishap)

      const page = await somebody.submit('/help', { pasted: await allow(somebody) })

      expect(page.status).toBe(200)
      expect(page.text).toContain(`<code>${mishap.entry}</code>`)
    },
  )

  test.for(at('callback'))('$entry ($variant) comes back by the browser', async (mishap) => {
    await using world = await startWorld()
    world.sandbox.fail(mishap.name, mishap)

    const page = await person(world).login()

    expect(page.text).toContain(`href="/help/${mishap.entry}"`)
    expect(explained(world)).toStrictEqual([mishap.entry])
  })

  test.for(at('exchange'))('$entry ($name, $variant) answers the exchange', async (mishap) => {
    await using world = await startWorld()
    world.sandbox.fail(mishap.name, mishap)

    const page = await person(world).login()

    expect(page.text).toContain(`href="/help/${mishap.entry}"`)
    expect(explained(world)).toStrictEqual([mishap.entry])
  })

  test.for(at('long_lived'))('$entry ($name, $variant) leaves a token of one hour', async (mishap) => {
    await using world = await startWorld()
    world.sandbox.fail(mishap.name, mishap)

    const page = await person(world).login()

    expect(page.text).toMatch(new RegExp(`one hour only[^]*href="/help/${mishap.entry}"`))
    expect(explained(world)).toStrictEqual([mishap.entry])
  })

  test.for(at('me'))('$entry ($name, $variant) meets a token that is brought along', async (mishap) => {
    await using world = await startWorld()
    world.sandbox.fail(mishap.name, mishap)
    const access_token = world.sandbox.dashboardToken('business', 3 * DAY)

    const page = await person(world).submit('/import', { access_token })

    expect(page.text).toContain(`href="/help/${mishap.entry}"`)
    expect(explained(world)).toStrictEqual([mishap.entry])
  })

  test.for(at('refresh'))('$entry ($name, $variant) keeps a token from being refreshed', async (mishap) => {
    await using world = await startWorld()
    const somebody = person(world)
    await somebody.login()
    world.pass(3 * DAY)
    world.sandbox.fail(mishap.name, mishap)

    await somebody.post('/refresh')

    const page = await somebody.get('/')
    expect(explained(world)).toStrictEqual([mishap.entry])
    // Who is throttled only waits.
    if (mishap.entry !== 'throttled') expect(page.text).toContain(`href="/help/${mishap.entry}"`)
  })
})

test('a token of less than two days that gets “no permission” may be too young, and its page says so', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  await somebody.login()
  world.pass(DAY)
  world.sandbox.fail('refresh_too_young')

  await somebody.post('/refresh')

  expect((await somebody.get('/')).text).toContain('href="/help/refresh_too_young"')
})

test.each([
  ['method_refused', 'Unsupported request - method type: post'],
  ['ids_rounded', "Unsupported get request. Object with ID '17841403815449848' does not exist"],
])('%s answers a call, though no list of the sandbox has it', async (entry, message) => {
  await using world = await startWorld()
  const body = JSON.stringify({ error: { message, type: 'IGApiException', code: 100 } })
  world.sandbox.answerNext('me', { status: 400, body })
  const access_token = world.sandbox.dashboardToken('business')

  const page = await person(world).submit('/import', { access_token })

  expect(page.text).toContain(`href="/help/${entry}"`)
})

test.each([
  ['too_large', { body: 'x'.repeat(1024 * 1024 + 1) }],
  ['unknown', { status: 400, body: '{"error_type":"New","code":400,"error_message":"Never seen"}' }],
])('%s is what else an exchange may meet', async (entry, answer) => {
  await using world = await startWorld()
  world.sandbox.answerNext('token', answer)

  const page = await person(world).login()

  expect(page.text).toContain(`href="/help/${entry}"`)
})

test('no entry of the catalogue is out of reach', () => {
  const reached = new Set<string>([...MISHAPS.map(({ name }) => entryOf(name)), 'refresh_too_young'])
  const reachedAbove = ['method_refused', 'ids_rounded', 'too_large', 'unknown']
  const shownByInstagramOnly = ['authorize_page_gone']

  const rest = Object.keys(catalogue).filter((name) => !reached.has(name))

  expect(rest.sort()).toStrictEqual([...reachedAbove, ...shownByInstagramOnly].sort())
})

import { expect, test } from 'vitest'
import { MISHAPS } from '../../src/sandbox/mishaps/mishaps.ts'
import { location, REDIRECT_URI, startBench } from './support.ts'

const ALLOW = [
  ['person', 'business'],
  ['decision', 'allow'],
] as const

const ON_PAGE = MISHAPS.filter((mishap) => mishap.at === 'authorize')

test.for(ON_PAGE)('the next authorize page is refused for $name ($variant), once', async (mishap) => {
  await using bench = await startBench()
  bench.fail(mishap.name, mishap)

  const refused = await fetch(bench.authorizeAddress(), { redirect: 'manual' })
  const next = await fetch(bench.authorizeAddress(), { redirect: 'manual' })

  const target = new URL(location(refused), bench.origin)
  expect(target.pathname).toBe('/oauth/authorize/third_party/error/')
  expect([...target.searchParams]).toEqual([['message', mishap.message]])
  expect(next.status).toBe(200)
})

test('a form that is sent without opening the page is refused too', async () => {
  await using bench = await startBench()
  bench.fail('insufficient_developer_role', { variant: 'localised' })

  const answer = await bench.decide(ALLOW)

  const target = new URL(location(answer), bench.origin)
  expect(target.searchParams.get('message')).toBe('開發人員角色不足')
})

const BACK = `${REDIRECT_URI}?`
const TRIPLE =
  'error=access_denied&error_reason=user_denied&error_description=The+user+denied+your+request&state=a+state#_'
const CALLBACKS: Record<string, RegExp | string> = {
  'user_denied usual': BACK + TRIPLE,
  'user_denied facebook': `${BACK}error=access_denied&error_code=200&error_description=Permissions+error&error_reason=user_denied&state=a+state#_`,
  'server_error usual': `${BACK}error=server_error&state=a+state#_`,
  'temporarily_unavailable usual': `${BACK}error=temporarily_unavailable&state=a+state#_`,
  'invalid_scope usual': `${BACK}error=invalid_scope&state=a+state#_`,
  'callback_without_state usual': /\?code=AQ[\w-]+#_$/,
  'callback_with_other_state usual': /\?code=AQ[\w-]+&state=of-another-login#_$/,
  'callback_empty usual': `${BACK}state=a+state#_`,
  'callback_empty without state': `${BACK}#_`,
}

test.for(MISHAPS.filter(({ at }) => at === 'callback'))(
  'the next Allow goes back with $name ($variant), once',
  async (mishap) => {
    await using bench = await startBench()
    bench.fail(mishap.name, mishap)

    const answer = await bench.decide(ALLOW)
    const next = await bench.decide(ALLOW)

    expect(location(answer)).toMatch(pattern(CALLBACKS[`${mishap.name} ${mishap.variant}`] ?? 'unknown'))
    expect(location(next)).toMatch(/\?code=AQ[\w-]+&state=a\+state#_$/)
  },
)

test('the panel offers every mishap, in groups, and none is chosen', async () => {
  await using bench = await startBench()

  const page = await (await fetch(bench.authorizeAddress())).text()

  const offered = [...page.matchAll(/<option value="([^"]+)">/g)].map(([, key]) => key)
  expect(page).toContain('<details>')
  expect(page.match(/<optgroup label="[^"]+">/g)).toHaveLength(6)
  expect(offered).toEqual(MISHAPS.map(({ at, name, variant }) => `${at}/${name}/${variant}`))
})

test('Allow with a mishap of a call goes back with a good code, and the call goes wrong', async () => {
  await using bench = await startBench()

  const answer = await bench.decide([...ALLOW, ['failure', 'exchange/code_used/called twice']])
  const code = new URL(location(answer)).searchParams.get('code') ?? ''
  const refused = await bench.exchange(code)
  const next = await bench.exchange(code)

  expect(await refused.text()).toContain('This authorization code has been used"')
  expect(next.status).toBe(200)
})

test('Allow with a mishap of the page or the way back meets it at once, and the next goes well', async () => {
  await using bench = await startBench()

  const page = await bench.decide([...ALLOW, ['failure', 'authorize/session_invalid/usual']])
  const back = await bench.decide([...ALLOW, ['failure', 'callback/server_error/usual']])
  const next = await bench.decide([...ALLOW, ['failure', '']])

  expect(location(page)).toBe('/oauth/authorize/third_party/error/?message=400%3A+Session+Invalid')
  expect(location(back)).toContain('?error=server_error&')
  expect(location(next)).toContain('?code=')
})

test('Cancel, and somebody whom Instagram turns away, leave nothing to go wrong later', async () => {
  await using bench = await startBench()
  const failure = ['failure', 'exchange/code_expired/usual'] as const

  await bench.decide([['decision', 'cancel'], failure])
  await bench.decide([['person', 'outsider'], ['decision', 'allow'], failure])

  expect((await bench.exchange(await bench.allow())).status).toBe(200)
})

test.for(['no_such_mishap', 'me/code_used/usual', 'constructor', 'exchange/code_used'])(
  'a form with the failure %s is shown again, and asks for one of the list',
  async (failure) => {
    await using bench = await startBench()

    const answer = await bench.decide([...ALLOW, ['failure', failure]])

    expect(answer.status).toBe(400)
    expect(await answer.text()).toContain('Choose a failure that is on the list.')
  },
)

test('a form without a person is shown again with the failure that was chosen', async () => {
  await using bench = await startBench()

  const answer = await bench.decide([
    ['decision', 'allow'],
    ['failure', 'me/checkpoint/usual'],
  ])
  const page = await answer.text()

  expect(answer.status).toBe(400)
  expect(page).toContain('<details open>')
  expect(page).toContain('<option value="me/checkpoint/usual" selected>')
})

function pattern(expected: RegExp | string): RegExp {
  return typeof expected === 'string' ? new RegExp(`^${RegExp.escape(expected)}$`) : expected
}

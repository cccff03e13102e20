import { expect, test } from 'vitest'
import { BASIC, location, PUBLISH, REDIRECT_URI, startBench } from './support.ts'

const INVALID = 'Invalid Request: Request parameters are invalid: '

test('shows a page that is visibly not Instagram, with everybody and every asked scope', async () => {
  await using bench = await startBench()

  const answer = await fetch(bench.authorizeAddress())
  const page = await answer.text()

  expect(answer.status).toBe(200)
  expect(answer.headers.has('x-powered-by')).toBe(false)
  expect(page).toContain('not Instagram')
  for (const name of ['harbour.bakery', 'mira.draws', 'tomek.on.holiday', 'nadia.elsewhere']) {
    expect(page).toContain(name)
  }
  expect(page).toMatch(new RegExp(`value="${BASIC}" checked disabled`))
  expect(page).toMatch(new RegExp(`value="${PUBLISH}" checked>`))
})

test('goes back with a code, the state unchanged, and #_ at the end', async () => {
  await using bench = await startBench()
  const state = 'a+b/c= d&e;%20é"'

  const answer = await bench.decide(
    [
      ['person', 'business'],
      ['decision', 'allow'],
    ],
    bench.authorizeAddress({ state }),
  )

  const target = new URL(location(answer))
  expect(answer.status).toBe(302)
  expect(location(answer).startsWith(`${REDIRECT_URI}?code=`)).toBe(true)
  expect(target.searchParams.get('code')).toMatch(/^AQ[\w-]{230,250}$/)
  expect(target.searchParams.get('state')).toBe(state)
  expect(target.hash).toBe('#_')
})

test('sends no state back when none was sent', async () => {
  await using bench = await startBench()

  const answer = await bench.decide([['decision', 'cancel']], bench.authorizeAddress({ state: undefined }))

  expect(new URL(location(answer)).searchParams.has('state')).toBe(false)
})

test('appends to a redirect URI that has a query', async () => {
  await using bench = await startBench()
  const redirect_uri = 'https://other.example/back?kept=1'

  const answer = await bench.decide(
    [
      ['person', 'creator'],
      ['decision', 'allow'],
    ],
    bench.authorizeAddress({ redirect_uri }),
  )

  expect(location(answer)).toMatch(/^https:\/\/other\.example\/back\?kept=1&code=AQ/)
})

test('goes back with the documented triple when the person cancels', async () => {
  await using bench = await startBench()

  const answer = await bench.decide([['decision', 'cancel']])

  expect(answer.status).toBe(302)
  expect(location(answer)).toBe(
    `${REDIRECT_URI}?error=access_denied&error_reason=user_denied` +
      '&error_description=The+user+denied+your+request&state=a+state#_',
  )
})

test.for([
  ['commas', `${BASIC},${PUBLISH}`],
  ['spaces', `${BASIC} ${PUBLISH}`],
])('takes scopes separated by %s', async ([, scope]) => {
  await using bench = await startBench()

  const answer = await fetch(bench.authorizeAddress({ scope }), { redirect: 'manual' })

  expect(answer.status).toBe(200)
})

test('grants what stayed ticked, the basic scope always, and nothing that was not asked', async () => {
  await using bench = await startBench()

  const unticked = await bench.exchange(await bench.allow('business', []))
  const smuggled = await bench.exchange(
    await bench.allow('business', [PUBLISH, 'instagram_business_manage_messages']),
  )

  expect(await unticked.json()).toMatchObject({ permissions: [BASIC] })
  expect(await smuggled.json()).toMatchObject({ permissions: [BASIC, PUBLISH] })
})

test.for<[string, Record<string, string | undefined>, string]>([
  ['an unknown client', { client_id: '1' }, `${INVALID}Invalid platform app`],
  ['no client', { client_id: undefined }, `${INVALID}Invalid platform app`],
  [
    'a redirect URI with a slash more',
    { redirect_uri: `${REDIRECT_URI}/` },
    `${INVALID}Invalid redirect_uri`,
  ],
  ['no redirect URI', { redirect_uri: undefined }, `${INVALID}Invalid redirect_uri`],
  ['another response type', { response_type: 'token' }, `${INVALID}Invalid response_type`],
  ['no response type', { response_type: undefined }, `${INVALID}Invalid response_type`],
  [
    'dead scopes',
    { scope: `${BASIC},user_profile,user_media` },
    `${INVALID}Invalid scope field(s): user_profile, user_media`,
  ],
  [
    'a scope that objects have',
    { scope: `${BASIC},constructor` },
    `${INVALID}Invalid scope field(s): constructor`,
  ],
  ['no scope', { scope: '' }, `${INVALID}Invalid scope field(s): `],
  ['no basic scope', { scope: PUBLISH }, `${INVALID}Invalid scope field(s): ${BASIC} is missing`],
])('refuses %s on its own page, on the way in and when the form is sent', async ([, change, message]) => {
  await using bench = await startBench()
  const address = bench.authorizeAddress(change)

  const shown = await fetch(address, { redirect: 'manual' })
  const sent = await bench.decide([['decision', 'cancel']], address)

  for (const answer of [shown, sent]) {
    const target = new URL(location(answer), bench.origin)
    expect(answer.status).toBe(302)
    expect(target.origin + target.pathname).toBe(`${bench.origin}/oauth/authorize/third_party/error/`)
    expect(target.searchParams.get('message')).toBe(message)
  }
})

test.for<[string, RegExp]>([
  ['outsider', /^Insufficient Developer Role$/],
  ['personal', /only professional accounts/i],
])('turns away the %s on its own page', async ([person, message]) => {
  await using bench = await startBench()

  const answer = await bench.decide([
    ['person', person],
    ['decision', 'allow'],
  ])

  const target = new URL(location(answer), bench.origin)
  expect(target.pathname).toBe('/oauth/authorize/third_party/error/')
  expect(target.searchParams.get('message')).toMatch(message)
})

test('shows a refusal as text, whatever it holds', async () => {
  await using bench = await startBench()
  const message = '<script>alert(1)</script>'

  const answer = await fetch(
    `${bench.authorizeUrl}/third_party/error/?${new URLSearchParams({ message }).toString()}`,
  )
  const page = await answer.text()

  expect(page).toContain('&lt;script&gt;alert(1)')
  expect(page).not.toContain('<script')
})

test('shows the page again when nobody was chosen', async () => {
  await using bench = await startBench()

  const answer = await bench.decide([['decision', 'allow']])

  expect(answer.status).toBe(400)
  expect(await answer.text()).toContain('Choose who you are.')
})

test('offers the business account first, and then whoever allowed last in this sandbox', async () => {
  await using bench = await startBench()
  await using other = await startBench()

  const before = await chosen(bench.authorizeAddress())
  await bench.allow('creator')
  await bench.decide([
    ['person', 'outsider'],
    ['decision', 'allow'],
  ])

  expect(before).toEqual(['business'])
  expect(await chosen(bench.authorizeAddress())).toEqual(['creator'])
  expect(await chosen(other.authorizeAddress())).toEqual(['business'])
})

test('chooses nobody and says why when the app wants a new login', async () => {
  await using bench = await startBench()
  const address = bench.authorizeAddress({ force_reauth: 'true' })

  expect(await chosen(address)).toEqual([])
  expect(await (await fetch(address)).text()).toContain('asks you to log in again')
})

async function chosen(address: string): Promise<(string | undefined)[]> {
  const page = await (await fetch(address)).text()
  return [...page.matchAll(/name="person" value="(\w+)" required checked/g)].map(([, key]) => key)
}

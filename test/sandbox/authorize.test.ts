import { expect, test } from 'vitest'
import { BASIC, ERROR_PAGE, locationOf, PUBLISH, REDIRECT_URI, sharedSandbox, startTestSandbox } from './support.ts'

const INVALID = 'Invalid Request: Request parameters are invalid: '
const ALLOW = [
  ['person', 'business'],
  ['decision', 'allow'],
] as const

const sandbox = await sharedSandbox()

test('a person sees a page that is visibly not Instagram, with every user and every requested scope', async () => {
  const response = await fetch(sandbox.authorizeAddress())
  const page = await response.text()

  expect(response.status).toBe(200)
  expect(response.headers.has('x-powered-by')).toBe(false)
  expect(page).toContain('not Instagram')
  for (const name of ['harbour.bakery', 'mira.draws', 'tomek.on.holiday', 'nadia.elsewhere'])
    expect(page).toContain(name)
  expect(page).toMatch(new RegExp(`value="${BASIC}" checked disabled`))
  expect(page).toMatch(new RegExp(`value="${PUBLISH}" checked>`))
  expect(page).toContain('<small>Creator account</small>')
  expect(page).toContain('<strong>Publish posts, reels and stories</strong>')
})

test('a person who allows goes back with a code, the state unchanged, and #_ at the end', async () => {
  const state = 'a+b/c= d&e;%20é"'

  const response = await sandbox.submitDecision(ALLOW, sandbox.authorizeAddress({ state }))

  const target = new URL(locationOf(response))
  expect(response.status).toBe(302)
  expect(locationOf(response).startsWith(`${REDIRECT_URI}?code=`)).toBe(true)
  expect(target.searchParams.get('code')).toMatch(/^AQ[\w-]{230,250}$/)
  expect(target.searchParams.get('state')).toBe(state)
  expect(target.hash).toBe('#_')
})

test('no state is returned when none was sent', async () => {
  const response = await sandbox.submitDecision(
    [['decision', 'cancel']],
    sandbox.authorizeAddress({ state: undefined }),
  )

  expect(new URL(locationOf(response)).searchParams.has('state')).toBe(false)
})

test('the code is appended to a redirect URI that has a query', async () => {
  const redirect_uri = 'https://other.example/back?kept=1'

  const response = await sandbox.submitDecision(ALLOW, sandbox.authorizeAddress({ redirect_uri }))

  expect(locationOf(response)).toMatch(/^https:\/\/other\.example\/back\?kept=1&code=AQ/)
})

test('a person who cancels goes back with the three documented parameters', async () => {
  const response = await sandbox.submitDecision([['decision', 'cancel']])

  expect(response.status).toBe(302)
  expect(locationOf(response)).toBe(
    `${REDIRECT_URI}?error=access_denied&error_reason=user_denied` +
      '&error_description=The+user+denied+your+request&state=a+state#_',
  )
})

test.for([`${BASIC},${PUBLISH}`, `${BASIC} ${PUBLISH}`])('a request may write scopes as “%s”', async (scope) => {
  const response = await fetch(sandbox.authorizeAddress({ scope }), { redirect: 'manual' })

  expect(response.status).toBe(200)
})

test('the ticked scopes are granted, the basic one always, and none that was not requested', async () => {
  const unticked = await sandbox.exchange(await sandbox.allow('business', []))
  const more = await sandbox.exchange(await sandbox.allow('business', [PUBLISH, 'instagram_business_manage_messages']))

  expect(await unticked.json()).toMatchObject({ permissions: [BASIC] })
  expect(await more.json()).toMatchObject({ permissions: [BASIC, PUBLISH] })
})

test.for<[string, Record<string, string | undefined>, string]>([
  ['an unknown client', { client_id: '1' }, 'Invalid platform app'],
  ['no client', { client_id: undefined }, 'Invalid platform app'],
  ['an extra slash in the redirect URI', { redirect_uri: `${REDIRECT_URI}/` }, 'Invalid redirect_uri'],
  ['a foreign redirect URI', { redirect_uri: 'https://evil.example/' }, 'Invalid redirect_uri'],
  ['a foreign host', { redirect_uri: `${REDIRECT_URI}@evil.example` }, 'Invalid redirect_uri'],
  ['no redirect URI', { redirect_uri: undefined }, 'Invalid redirect_uri'],
  ['another response type', { response_type: 'token' }, 'Invalid response_type'],
  ['no response type', { response_type: undefined }, 'Invalid response_type'],
  ['dead scopes', { scope: `${BASIC},user_profile,user_media` }, 'Invalid scope field(s): user_profile, user_media'],
  [
    'a scope named like a property of objects',
    { scope: `${BASIC},constructor` },
    'Invalid scope field(s): constructor',
  ],
  ['no scope', { scope: '' }, 'Invalid scope field(s): '],
  ['no basic scope', { scope: PUBLISH }, `Invalid scope field(s): ${BASIC} is missing`],
])('a request with %s ends on Instagram’s error page, for the page and for the form', async ([, change, message]) => {
  const address = sandbox.authorizeAddress(change)

  const page = await fetch(address, { redirect: 'manual' })
  const form = await sandbox.submitDecision([['decision', 'cancel']], address)

  for (const response of [page, form]) {
    const target = new URL(locationOf(response), sandbox.origin)
    expect(response.status).toBe(302)
    expect(target.origin + target.pathname).toBe(sandbox.origin + ERROR_PAGE)
    expect(target.searchParams.get('message')).toBe(INVALID + message)
  }
})

test.for<[string, RegExp]>([
  ['outsider', /^Insufficient Developer Role$/],
  ['personal', /only professional accounts/i],
])('the %s account ends on Instagram’s error page', async ([user, message]) => {
  const response = await sandbox.submitDecision([
    ['person', user],
    ['decision', 'allow'],
  ])

  const target = new URL(locationOf(response), sandbox.origin)
  expect(target.pathname).toBe(ERROR_PAGE)
  expect(target.searchParams.get('message')).toMatch(message)
})

test('the error page shows its message as text', async () => {
  const message = '<script>alert(1)</script>'

  const response = await fetch(`${sandbox.origin}${ERROR_PAGE}?${new URLSearchParams({ message }).toString()}`)
  const page = await response.text()

  expect(page).toContain('&lt;script&gt;alert(1)')
  expect(page).not.toContain('<script')
})

const [ACCOUNT, REQUEST, OTHER] = [
  'This account can’t be connected',
  'The app’s request was rejected',
  'The login can’t continue',
]

test.each([
  ['Insufficient Developer Role', ACCOUNT, 'To choose another account, go back, or'],
  ['開發人員角色不足', ACCOUNT, 'To choose another account, go back, or'],
  [
    'Only professional accounts (business or creator) can authorize this app',
    ACCOUNT,
    'To choose another account, go back, or',
  ],
  [`${INVALID}Invalid redirect_uri`, REQUEST, 'Correct the app’s settings, then'],
  ['Redirect URI does not match registered redirect URI', REQUEST, 'Correct the app’s settings, then'],
  ['Invalid scope field(s): user_profile', REQUEST, 'Correct the app’s settings, then'],
  ['Invalid Scopes', REQUEST, 'Correct the app’s settings, then'],
  ['400: Session Invalid', OTHER, 'To try again,'],
  ['Instagram’s app opened instead of this page, without the login.', OTHER, 'To try again,'],
])('the error page of “%s” leads to the app, and to its help', async (message, title, advice) => {
  const response = await fetch(`${sandbox.origin}${ERROR_PAGE}?${new URLSearchParams({ message }).toString()}`)
  const page = await response.text()

  expect(page).toContain(`<h1>${title}</h1>`)
  expect(page).toContain('<a href="https://localhost:3000/help">')
  expect(page).toContain(`${advice} <a href="https://localhost:3000/">start again in the app</a>.`)
})

test('a person who chose nobody sees the page again', async () => {
  const response = await sandbox.submitDecision([['decision', 'allow']])

  expect(response.status).toBe(400)
  expect(await response.text()).toContain('Choose an account.')
})

test('the page preselects the business account, and then the one that allowed last in this sandbox', async () => {
  await using own = await startTestSandbox()
  await using other = await startTestSandbox()

  const before = await chosen(own.authorizeAddress())
  await own.allow('creator')
  await own.submitDecision([
    ['person', 'outsider'],
    ['decision', 'allow'],
  ])

  expect(before).toEqual(['business'])
  expect(await chosen(own.authorizeAddress())).toEqual(['creator'])
  expect(await chosen(other.authorizeAddress())).toEqual(['business'])
})

test('the page preselects nobody and says why when the app wants a new login', async () => {
  const address = sandbox.authorizeAddress({ force_reauth: 'true' })

  expect(await chosen(address)).toEqual([])
  expect(await (await fetch(address)).text()).toContain('asks you to log in again')
})

test('a program decides without a browser, as a guest too, with all requested scopes by default', async () => {
  const address = await sandbox.authorize(sandbox.authorizeAddress(), { as: 'guest-7' })
  const response = await sandbox.exchange(address.searchParams.get('code') ?? '')

  expect(await response.text()).toContain(`"user_id": 27640875300000071, "permissions": ["${BASIC}","${PUBLISH}"]`)
})

test('a program that decides as a refused or unknown user, or elsewhere, gets an error', async () => {
  const address = sandbox.authorizeAddress()

  await expect(sandbox.authorize(address, { as: 'outsider' })).rejects.toThrow('Insufficient Developer Role')
  await expect(sandbox.authorize(address, { as: 'guest-0' })).rejects.toThrow('“guest-0”')
  await expect(sandbox.authorize('http://127.0.0.1:1/')).rejects.toThrow('not an address of the sandbox')
})

async function chosen(address: string): Promise<(string | undefined)[]> {
  const page = await (await fetch(address)).text()
  return [...page.matchAll(/name="person" value="(\w+)" required checked/g)].map(([, key]) => key)
}

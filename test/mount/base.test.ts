import { expect, test } from 'vitest'
import { signedRequest } from '../../src/sandbox/signedRequest.ts'
import { APP_ID, KEY, program } from '../api/support.ts'
import { PASSWORD } from '../operator/support.ts'
import { person, type Person } from '../support/person.ts'
import { type Site, startSite } from './support.ts'

const BASE = '/instagram'
const OTHER_ID = '27640875392278833'

/** Pages that a walk comes by, one at least of each kind. */
const EVERY_KIND = [
  ...['/', '/help', '/help/state_used', '/setup', '/accounts', '/picture', '/data-deletion'],
  ...['/assets/page.js', '/assets/style.css', '/assets/icon.svg'],
  ...[`/reconnect/${APP_ID}`, `/accounts/${APP_ID}/disconnect`, '/accounts?status=ok'],
]

const ALL_ROOMS = { options: { apiKeys: KEY, adminPassword: PASSWORD, takesTokens: true } }

/** Where everything on a page of the host leads, and what it loads. */
function addressesOn(page: string, { origin }: Site): URL[] {
  return Array.from(
    page.matchAll(/\s(?:href|src|srcset|action|formaction|poster|data)="(?!#)([^"]*)"/g),
    ([, address = '']) => new URL(address.replaceAll('&amp;', '&'), origin),
  )
}

/** Follows every link of the host's from a page on, to the end. Returns all pages by their paths. */
async function walk(somebody: Person, host: Site, start: string): Promise<Map<string, string>> {
  const pages = new Map<string, string>()
  const waiting = [start]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (pages.has(path)) continue
    const answer = await somebody.get(path)
    const page = answer.type === 'text/html' ? answer.text : ''
    pages.set(path, page)
    const found = addressesOn(page, host).filter(({ origin }) => origin === host.origin)
    waiting.push(...found.map(({ pathname, search }) => pathname + search))
  }
  return pages
}

test('no page of a mounted app leads out of it, whoever looks', async () => {
  await using host = await startSite(ALL_ROOMS)
  const somebody = person(host)
  const submit = (path: string, fields: Record<string, string>) => somebody.submit(BASE + path, fields)
  const signed = signedRequest(
    { userId: OTHER_ID, issuedAt: host.sandbox.now() },
    host.sandbox.options.clientSecret,
  )
  const deletion = await submit('/data-deletion', { signed_request: signed })
  const { pathname: status } = new URL((deletion.body as { url: string }).url)

  const stranger = await walk(somebody, host, `${BASE}/`)
  const start = addressesOn(stranger.get(`${BASE}/`) ?? '', host)
  const getStarted = start.find(({ searchParams }) => searchParams.has('client_id'))
  const answers = [
    await somebody.get(await somebody.authorize(getStarted?.href ?? 'none')),
    await somebody.get(`${BASE}/response?code=none&state=none`),
    await submit('/help', { pasted: 'nothing that is known' }),
    await submit('/accounts/sign-in', { password: 'a wrong one' }),
  ]
  const connected = await walk(somebody, host, `${BASE}/`)
  const deleted = await walk(somebody, host, status)
  await submit('/accounts/sign-in', { password: PASSWORD })
  const operator = await walk(somebody, host, `${BASE}/accounts`)

  const visited = [...stranger.keys(), ...connected.keys(), ...deleted.keys(), ...operator.keys()]
  expect(visited).toEqual(expect.arrayContaining(EVERY_KIND.map((path) => BASE + path)))
  const pages = [stranger, connected, deleted, operator].flatMap((walked) => [...walked.values()])
  const addresses = [...pages, ...answers.map(({ text }) => text)].flatMap((page) => addressesOn(page, host))
  const outside = addresses.filter(({ href }) => !href.startsWith(`${host.home}/`))
  expect(new Set(outside.map(({ origin }) => origin))).toStrictEqual(
    new Set([host.sandbox.origin, 'https://developers.facebook.com']),
  )
})

test('every button of a mounted app leads back into it', async () => {
  await using host = await startSite(ALL_ROOMS)
  const somebody = person(host)
  const submit = (path: string, fields = {}) => somebody.submit(BASE + path, fields)

  const answers = [
    await submit('/import', { access_token: host.sandbox.dashboardToken('business') }),
    await submit('/disconnect'),
    await submit('/setup'),
    await submit('/accounts/sign-in', { password: PASSWORD }),
    await submit(`/accounts/${APP_ID}/disconnect?search=harbour`),
    await submit('/accounts/sign-out'),
    await submit('/accounts/sign-out'),
    await somebody.get(`${BASE}/accounts/${APP_ID}/disconnect`),
  ]

  expect(
    answers.map(({ status, headers }) => [status, (headers as Record<string, string>)['location']]),
  ).toStrictEqual([
    [303, `${BASE}/`],
    [303, `${BASE}/`],
    [303, `${BASE}/setup#doctor`],
    [303, `${BASE}/accounts`],
    [303, `${BASE}/accounts?search=harbour`],
    [303, `${BASE}/accounts`],
    [303, `${BASE}/accounts`],
    [200, undefined],
  ])
})

test('the API of a mounted app names its own addresses', async () => {
  await using host = await startSite(ALL_ROOMS)
  const api = program(host, { origin: host.home })
  const added = await api.post('/api/accounts', { access_token: host.sandbox.dashboardToken('business') })
  await api.post('/api/accounts', { access_token: host.sandbox.dashboardToken('creator') })

  const [described, page] = [await api.get('/api/openapi.json'), await api.get('/api/accounts?limit=1')]

  expect(described.body.servers).toStrictEqual([{ url: `${host.home}/api` }])
  expect(added.headers).toMatchObject({ location: `${BASE}/api/accounts/${APP_ID}` })
  expect(page.body.next).toMatch(`${BASE}/api/accounts?limit=1&after=`)
})

test('the log calls a page by the same route wherever the app is mounted', async () => {
  await using host = await startSite(ALL_ROOMS)
  await person(host).get(`${BASE}/help/declined`)
  await program(host, { origin: host.home }).get('/api/accounts')
  await person(host).get(`${BASE}/healthz`)

  expect(host.log.map(({ level, details }) => [level, details['route']])).toStrictEqual([
    ['info', '/help/:name'],
    ['info', '/api/accounts'],
    ['debug', '/healthz'],
  ])
})

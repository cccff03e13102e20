import request from 'supertest'
import { expect, onTestFinished, test, vi } from 'vitest'
import { APP_ID } from '../admin/support.ts'
import { DAY_MS } from '../../src/facts.ts'
import { signedRequest } from '../../src/sandbox/metaCallbacks.ts'
import { ACCOUNT, KEY, TOKEN } from '../api/support.ts'
import { startReceiver } from '../support/receiver.ts'
import { type Secret, type SeenResponse, witness } from '../support/witness.ts'
import { CLIENT_SECRET, SESSION_SECRET, startWorld, type World } from '../support/world.ts'
import { ID } from './metaCalls.ts'

const WEBHOOK_SECRET = Buffer.from('webhook-secret-marked-canary-012')
const URL_SECRET = 'webhook-url-marked-canary-27640875392278831'
const META_APP_SECRET = 'meta-app-secret-marked-canary-9c0e4b7a'
const TOKEN_KEY = Buffer.from('token-key-marked-canary-01234567')
const WRONG_KEY = 'wrong-api-key-marked-canary-0123456789'
const FOREIGN_TOKEN = `EAA${'canaryOfFacebook'.repeat(8)}`
const ECHOED_TOKEN = `IGAA${'canaryOfAnAnswer'.repeat(8)}`
const FORGED_STATE = 'forged-state-marked-canary-0123456789'
const STRAY_CODE = `AQ${'canaryOfACode'.repeat(12)}`

/** Faulty responses of Instagram with a token in them. */
const ECHOES = [
  {
    status: 400,
    body: JSON.stringify({ error: { message: `Malformed access token ${ECHOED_TOKEN}`, code: 190 } }),
  },
  { status: 500, contentType: 'text/html', body: `<p>${ECHOED_TOKEN}</p>` },
  { body: `{"access_token":"${ECHOED_TOKEN}` },
  { status: 429, body: ECHOED_TOKEN },
]

/** Uses everything, in good and bad ways, and returns the secrets that came up. */
async function driveEverything(world: World, seen: ReturnType<typeof witness>): Promise<Secret[]> {
  const secrets: Secret[] = []
  const somebody = seen.person()
  const ask = async (method: 'get' | 'post' | 'delete', path: string, key = KEY, body?: string | object) => {
    const asked = request(world.origin)[method](path).set('Authorization', `Bearer ${key}`)
    return seen.see(
      `${method.toUpperCase()} ${path}`,
      await (body === undefined ? asked : asked.type('json').send(body)),
    )
  }
  const callBack = async (path: string, fields: Record<string, string>) =>
    seen.see(`POST ${path}`, await request(world.origin).post(path).type('form').send(fields))
  const signed = (secret: string) => signedRequest({ userId: ID, issuedAt: world.now() }, secret)
  const comeBack = async (visitor = seen.person(), as: 'business' | 'creator' = 'business') => {
    const callback = await visitor.authorize(await visitor.getStarted(), { as })
    const { searchParams } = new URL(callback, world.origin)
    const state = searchParams.get('state') ?? ''
    const offeredIn = seen.responses.findLast(({ body }) => body.includes(encodeURIComponent(state)))
    secrets.push(
      { name: 'a code', value: searchParams.get('code') ?? '' },
      { name: 'a state', value: state, mayBeIn: (response) => response === offeredIn },
    )
    return { callback, visitor }
  }

  // Logins: successful, repeated, in another browser, and failing in every way.
  const { callback } = await comeBack(somebody)
  await somebody.get(callback)
  await somebody.get(callback)
  await seen.person().get(callback)
  await seen.person().login({ cancel: true })
  for (const endpoint of ['token', 'long_lived', 'me'] as const)
    for (const echo of ECHOES) {
      world.sandbox.answerNext(endpoint, echo)
      const login = await comeBack()
      await login.visitor.get(login.callback)
    }
  const stranger = seen.person()
  await stranger.get('/')
  await stranger.get(`/response?code=${STRAY_CODE}&state=${FORGED_STATE}`)
  await stranger.get(`/response?error=${FORGED_STATE}&error_description=${STRAY_CODE}&state=x`)
  await stranger.get(`/response?code=${STRAY_CODE}`)
  await somebody.get(
    `/response?code=${STRAY_CODE}&state=${new URL(callback, world.origin).searchParams.get('state') ?? ''}`,
  )
  for (const path of ['/', '/reconnect/', '/data-deletion/', '/nowhere/', '/api/accounts/', '/assets/'])
    for (const value of [ECHOED_TOKEN, STRAY_CODE])
      await stranger.get(`${path}${value}?access_token=${value}&signed_request=${value}`)

  // Imports and refreshes on the page.
  await somebody.submit('/import', { access_token: world.sandbox.dashboardToken('creator', 2 * DAY_MS) })
  await somebody.submit('/import', { access_token: FOREIGN_TOKEN })
  await somebody.submit('/import', { access_token: `${ECHOED_TOKEN} and more` })
  await somebody.submit('/import', { access_token: ECHOED_TOKEN.repeat(200) })
  for (const echo of ECHOES) {
    world.sandbox.answerNext('me', echo)
    await somebody.submit('/import', { access_token: ECHOED_TOKEN })
  }
  await somebody.submit('/refresh', { account: '25081994730615283' })

  // The API and the metrics, with valid and invalid keys.
  await ask('get', '/api/accounts')
  await ask('get', ACCOUNT)
  await ask('get', TOKEN)
  seen.see(
    `GET ${TOKEN}`,
    await request(world.origin)
      .get(TOKEN)
      .set({ Authorization: `Bearer ${KEY}`, Accept: 'text/plain' }),
  )
  for (const path of [TOKEN, '/metrics', '/api/accounts'])
    for (let time = 0; time < 35; time += 1) await ask('get', path, WRONG_KEY)
  await ask('get', `/api/accounts/${ECHOED_TOKEN}`)
  await ask('get', `/api/accounts?access_token=${ECHOED_TOKEN}&key=${WRONG_KEY}`)
  await ask('post', '/api/accounts', KEY, { access_token: world.sandbox.dashboardToken('creator') })
  await ask('post', '/api/accounts', KEY, { access_token: FOREIGN_TOKEN })
  await ask('post', '/api/accounts', KEY, `{"access_token":"${ECHOED_TOKEN}`)
  await ask('post', '/api/accounts', KEY, { access_token: ECHOED_TOKEN.repeat(200) })
  for (const echo of ECHOES) {
    world.sandbox.answerNext('me', echo)
    await ask('post', '/api/accounts', KEY, { access_token: ECHOED_TOKEN })
  }

  // The database is unavailable, also in the middle of a login.
  const late = await comeBack()
  world.outage.beginAt(/BEGIN/)
  await late.visitor.get(late.callback)
  await somebody.get('/')
  await ask('get', TOKEN)
  await ask('get', '/metrics')
  await somebody.submit('/import', { access_token: ECHOED_TOKEN })
  await callBack('/deauthorize', { signed_request: signed(CLIENT_SECRET) })
  await somebody.get('/readyz')
  world.outage.end()

  // Refreshes, successful and failing. Webhooks go by the system's clock.
  vi.useFakeTimers({ toFake: ['Date'], now: world.now() })
  const [monotonic, begun] = [performance.now.bind(performance), world.now().getTime()]
  vi.spyOn(performance, 'now').mockImplementation(() => monotonic() + world.now().getTime() - begun)
  onTestFinished(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })
  await world.runJobs()
  for (const echo of ECHOES.toReversed()) {
    world.pass(53 * DAY_MS)
    world.sandbox.answerNext('refresh', echo)
    await world.runJobs()
    await ask('get', TOKEN)
    world.pass(DAY_MS)
    await world.runJobs()
  }

  const { text } = await ask('get', '/api/accounts')
  const creator = (JSON.parse(text) as { accounts: { id: string; username: string }[] }).accounts.find(
    ({ username }) => username === 'mira.draws',
  )
  await ask('delete', `/api/accounts/${creator?.id ?? ''}`)

  // Meta's callbacks, accepted and refused.
  for (const path of ['/deauthorize', '/data-deletion']) {
    for (const secret of ['another secret', META_APP_SECRET, CLIENT_SECRET]) {
      const value = signed(secret)
      secrets.push({ name: 'a signed_request', value })
      await callBack(path, { signed_request: value })
    }
    await callBack(path, { signed_request: STRAY_CODE })
    await callBack(path, { signed_request: STRAY_CODE.repeat(200) })
  }
  await somebody.post('/disconnect', { 'Sec-Fetch-Site': 'cross-site' })
  await somebody.submit('/disconnect', { account: APP_ID })
  world.pass(60_000)
  await world.runJobs()
  await ask('get', '/metrics')

  const cookies = seen.responses.flatMap(({ cookies }) =>
    Array.from(cookies.matchAll(/=s%3A([^;]+)/g), ([, value]) => value),
  )
  return [
    ...secrets,
    ...cookies.map((value, nth) => ({ name: `cookie ${nth}`, value: decodeURIComponent(value ?? '') })),
    ...tokensOf(world, seen.responses),
  ]
}

/** Every token that Instagram issued or received. */
function tokensOf({ sandbox }: World, responses: readonly SeenResponse[]): Secret[] {
  const sent = sandbox.calls.flatMap(({ query, fields }) =>
    [...query, ...fields].filter(([name]) => name === 'access_token').map(([, value]) => value),
  )
  const handedOut = responses.flatMap(({ body }) => Array.from(body.matchAll(/IGAA\w{20,}/g), ([token]) => token))
  return [...new Set([...sent, ...handedOut])].map((value) => ({
    name: `the token ${value.slice(0, 6)}…`,
    value,
    mayBeIn: ({ to, body }) => to === `GET ${TOKEN}` || body.includes(`id="token">${value}<`),
  }))
}

test('secrets are in no log, page, header, cookie, event, webhook or file where they do not belong', async () => {
  await using receiver = await startReceiver(WEBHOOK_SECRET, URL_SECRET)
  await using world = await startWorld({
    ...receiver.settings,
    API_KEYS: KEY,
    META_APP_SECRET,
    TOKEN_KEYS: `marked:${TOKEN_KEY.toString('base64')}`,
  })
  const seen = witness(world)

  const found = await driveEverything(world, seen)

  const marked: Secret[] = Object.entries({
    CLIENT_SECRET,
    SESSION_SECRET,
    KEY,
    WRONG_KEY,
    META_APP_SECRET,
    URL_SECRET,
    WEBHOOK_SECRET: WEBHOOK_SECRET.toString(),
    'WEBHOOK_SECRET in base64': WEBHOOK_SECRET.toString('base64'),
    TOKEN_KEY: TOKEN_KEY.toString(),
    'TOKEN_KEY in base64': TOKEN_KEY.toString('base64'),
    FOREIGN_TOKEN,
    ECHOED_TOKEN,
    FORGED_STATE,
    STRAY_CODE,
  }).map(([name, value]) => ({ name, value }))
  const secrets = [...marked, ...found]
  const shown = seen.responses.filter(({ body }) => body.includes('id="token">IGAA'))
  expect(secrets.filter(({ value }) => value.length < 20)).toStrictEqual([])
  for (const kind of ['a code', 'a state', 'cookie', 'the token', 'a signed_request'])
    expect(secrets.filter(({ name }) => name.startsWith(kind)).length).toBeGreaterThan(3)
  expect(receiver.bodies.length).toBeGreaterThan(5)
  for (const type of ['token.refreshed', 'account.needs_reconnect', 'account.disconnected', 'account.deauthorized'])
    expect(world.events.map((event) => event.type)).toContain(type)
  expect(shown.length).toBeGreaterThan(0)
  expect(
    await seen.leaks(secrets, {
      'a webhook': receiver.bodies.join(''),
      'the headers of a webhook': receiver.headers.join(''),
    }),
  ).toStrictEqual([])
})

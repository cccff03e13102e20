import { expect, test } from 'vitest'
import { DAY_MS } from '../../src/facts.ts'
import { startWorld } from '../support/world.ts'
import {
  ACCOUNT,
  ACCOUNTS,
  APP_ID,
  KEY,
  program,
  startApiWorld,
  startSharedWorld,
  TOKEN,
  UNTIL_DUE,
} from './support.ts'

const NEWER_KEY = 'newer-key-marked-canary-0123456789abcd'

const world = await startSharedWorld()
const withKey = program(world)
const withoutKey = program(world, { key: '' })

test.each(['Bearer', 'bearer', 'BEARER', 'Bearer  '])('a program with the key may write “%s”', async (scheme) => {
  const { status } = await withoutKey.get(ACCOUNTS, { Authorization: `${scheme} ${KEY}` })

  expect(status).toBe(200)
})

test('both keys are valid while one replaces the other, and a removed key is refused', async () => {
  await using other = await startWorld({ API_KEYS: `${NEWER_KEY},${KEY}` })
  const newer = program(other, { key: NEWER_KEY })
  const older = program(other, { key: KEY })

  const before = [await newer.get(ACCOUNTS), await older.get(ACCOUNTS)]
  const both = await newer.get(ACCOUNTS, { Authorization: `Bearer ${NEWER_KEY},${KEY}` })
  other.restart({ API_KEYS: NEWER_KEY })
  const after = [await newer.get(ACCOUNTS), await older.get(ACCOUNTS)]

  expect(before.map(({ status }) => status)).toStrictEqual([200, 200])
  expect(both.status).toBe(401)
  expect(after.map(({ status }) => status)).toStrictEqual([200, 401])
})

test.each([
  ['another key of the same length', KEY.replace(/.$/, 'X')],
  ['the beginning of the key', KEY.slice(0, -1)],
  ['the key and more', `${KEY}f`],
  ['the key in capitals', KEY.toUpperCase()],
])('a program with %s is refused', async (_, key) => {
  const response = await program(world, { key }).get(ACCOUNTS)

  expect(response.status).toBe(401)
  expect(response.get('WWW-Authenticate')).toBe('Bearer error="invalid_token"')
})

test.each([
  ['without a key', ACCOUNTS, {}],
  ['with a key under another scheme', ACCOUNTS, { Authorization: `Basic ${KEY}` }],
  ['with a key without a scheme', ACCOUNTS, { Authorization: KEY }],
  ['with an empty key', ACCOUNTS, { Authorization: 'Bearer ' }],
  ['with a key in the URL', `${ACCOUNTS}?api_key=${KEY}&access_token=${KEY}`, {}],
])('a program %s learns which header is missing', async (_, path, headers) => {
  const response = await withoutKey.get(path, headers)

  expect(response.status).toBe(401)
  expect(response.get('WWW-Authenticate')).toBe('Bearer')
  expect(response.body).toMatchObject({ type: '/problems/unauthorized' })
  expect(world.log.join()).not.toContain(KEY)
})

test.each(['/api', '/api/nothing', '/api/accounts/1/token'])(
  'a program without a key learns nothing of %s',
  async (path) => {
    expect((await withoutKey.get(path)).status).toBe(401)
  },
)

test('a client that tries sixty wrong keys in a minute gets 429, and a program with the right one does not', async () => {
  await using other = await startApiWorld()
  const guess = program(other, { key: `${KEY}x` })
  for (let attempt = 0; attempt < 60; attempt += 1) await guess.get(ACCOUNTS)

  const refused = await guess.get(ACCOUNTS)
  const served = await program(other).get(ACCOUNTS)

  expect(refused.status).toBe(429)
  expect(Number(refused.get('Retry-After'))).toBeGreaterThan(0)
  expect(refused.body).toMatchObject({ type: '/problems/too_many_requests' })
  expect(served.status).toBe(200)
})

test('without API_KEYS there is no API, whatever key is sent', async () => {
  await using other = await startWorld()

  for (const path of [ACCOUNTS, '/api/accounts/1/token', '/api/openapi.json', '/api/nothing', '/metrics']) {
    const { status, body } = await program(other).get(path)
    expect(status).toBe(404)
    expect(body).toMatchObject({ type: '/problems/not_found' })
    expect(body.detail).toContain('API_KEYS')
  }
})

test.each(['/api', '/api/', '/api/nothing', '/api/accounts/1/2', `${TOKEN}/x`])(
  'a program finds nothing at %s',
  async (path) => {
    const { status, body } = await withKey.get(path)

    expect(status).toBe(404)
    expect(body).toMatchObject({ type: '/problems/not_found' })
  },
)

test.each(['/api/accounts/%E0%A4%A', '/api/accounts/%/token'])(
  'a URL with a broken escape, %s, is malformed',
  async (path) => {
    const { status, body } = await withKey.get(path)

    expect(status).toBe(400)
    expect(body).toMatchObject({ type: '/problems/bad_request' })
  },
)

test.each([
  ['put', ACCOUNTS, 'GET, HEAD, POST'],
  ['delete', ACCOUNTS, 'GET, HEAD, POST'],
  ['options', ACCOUNTS, 'GET, HEAD, POST'],
  ['post', ACCOUNT, 'GET, HEAD, DELETE'],
  ['patch', ACCOUNT, 'GET, HEAD, DELETE'],
  ['delete', TOKEN, 'GET, HEAD'],
  ['trace', TOKEN, 'GET, HEAD'],
  ['post', '/api/openapi.json', 'GET, HEAD'],
] as const)('%s %s is refused with the methods that are allowed', async (method, path, allowed) => {
  const response = await withKey.send(method, path)

  expect(response.status).toBe(405)
  expect(response.get('Allow')).toBe(allowed)
  expect(response.body).toMatchObject({ type: '/problems/method_not_allowed' })
  expect((await withKey.get(ACCOUNT)).status).toBe(200)
})

test('HEAD is GET without the body', async () => {
  const response = await withKey.send('head', TOKEN)

  expect(response.status).toBe(200)
  expect(response.type).toBe('application/json')
  expect(response.text).toBeUndefined()
})

test('an unexpected error shows the program a reference, and the operator the rest', async () => {
  await world.database.query('ALTER TABLE accounts RENAME TO hidden')

  const { status, body, text } = await withKey.get(ACCOUNT)

  await world.database.query('ALTER TABLE hidden RENAME TO accounts')
  expect(status).toBe(500)
  expect(body).toMatchObject({ type: '/problems/internal', title: 'Something went wrong' })
  expect(text).not.toContain('no such table')
  const line = world.log.find((entry) => entry.includes(String(body.reference)))
  expect(line).toContain('no such table')
  expect(line).toContain('"route":"/api/accounts/:id","outcome":"internal"')
})

test('no token and no key is logged, whatever programs ask', async () => {
  await withKey.get(TOKEN)
  await withKey.post(ACCOUNTS, { access_token: world.sandbox.dashboardToken('creator', 2 * DAY_MS) })
  await withKey.post(ACCOUNTS, { access_token: 'EAABwzLixnjYBO9ZC' })
  await withKey.post(ACCOUNTS, { access_token: `IGAA${'x'.repeat(160)}` })
  await program(world, { key: `${KEY}x` }).get(TOKEN)
  await withKey.get(`${ACCOUNTS}?access_token=${KEY}`)
  world.pass(UNTIL_DUE)
  world.sandbox.answerNext('refresh', { status: 500, body: '{}' })
  await withKey.get(TOKEN)
  world.sandbox.revoke('business')
  world.pass(DAY_MS)

  const last = await withKey.get(`${ACCOUNTS}/${APP_ID}/token`)

  expect(last.status).toBe(409)
  const log = world.log.join()
  expect([KEY, 'IGAA', 'EAAB'].filter((secret) => log.includes(secret))).toStrictEqual([])
})

import request from 'supertest'
import { expect, test } from 'vitest'
import { startWorld } from '../support/world.ts'
import { KEY, program, startApiWorld } from './support.ts'

const NEWER_KEY = 'newer-key-marked-canary-0123456789abcd'

test('a program with the key is let in, however it spells “Bearer”', async () => {
  await using world = await startApiWorld()

  const answers = await Promise.all(
    ['Bearer', 'bearer', 'BEARER', 'Bearer  '].map((scheme) =>
      request(world.origin).get('/api/accounts').set('Authorization', `${scheme} ${KEY}`),
    ),
  )

  expect(answers.map(({ status }) => status)).toStrictEqual([200, 200, 200, 200])
})

test('both keys are good while one replaces the other', async () => {
  await using world = await startWorld({ API_KEYS: `${NEWER_KEY},${KEY}` })

  const newer = await program(world, { key: NEWER_KEY }).get('/api/accounts')
  const older = await program(world, { key: KEY }).get('/api/accounts')

  expect([newer.status, older.status]).toStrictEqual([200, 200])
})

test('a key that was taken out of the settings is refused', async () => {
  await using world = await startWorld({ API_KEYS: `${NEWER_KEY},${KEY}` })
  world.restart({ API_KEYS: NEWER_KEY })

  const answer = await program(world).get('/api/accounts')

  expect(answer.status).toBe(401)
})

test('a request without a key is refused, and told which header is missing', async () => {
  await using world = await startApiWorld()

  const answer = await request(world.origin).get('/api/accounts')

  expect(answer.status).toBe(401)
  expect(answer.get('WWW-Authenticate')).toBe('Bearer')
  expect(answer.type).toBe('application/problem+json')
  expect(answer.body).toMatchObject({ type: '/problems/unauthorized', status: 401 })
})

test.each([
  ['another key of the same length', `Bearer ${KEY.replace(/.$/, 'X')}`],
  ['the beginning of the key', `Bearer ${KEY.slice(0, -1)}`],
  ['the key and more', `Bearer ${KEY}f`],
  ['the key in capitals', `Bearer ${KEY.toUpperCase()}`],
  ['all keys at once', `Bearer ${KEY},${NEWER_KEY}`],
])('%s is refused', async (_, authorization) => {
  await using world = await startWorld({ API_KEYS: `${KEY},${NEWER_KEY}` })

  const answer = await request(world.origin).get('/api/accounts').set('Authorization', authorization)

  expect(answer.status).toBe(401)
  expect(answer.get('WWW-Authenticate')).toBe('Bearer error="invalid_token"')
})

test.each([
  ['under another scheme', `Basic ${KEY}`],
  ['without a scheme', KEY],
  ['as an empty word', 'Bearer '],
])('a key %s is refused like none', async (_, authorization) => {
  await using world = await startApiWorld()

  const answer = await request(world.origin).get('/api/accounts').set('Authorization', authorization)

  expect(answer.status).toBe(401)
  expect(answer.get('WWW-Authenticate')).toBe('Bearer')
})

test.each(['api_key', 'key', 'access_token'])(
  'a key in the address, as “%s”, is refused like none',
  async (name) => {
    await using world = await startApiWorld()

    const answer = await request(world.origin).get(`/api/accounts?${name}=${KEY}`)

    expect(answer.status).toBe(401)
    expect(world.log.join()).not.toContain(KEY)
  },
)

test.each(['/api', '/api/nothing', '/api/accounts/%E0%A4%A', '/api/accounts/1/token'])(
  'whoever has no key learns nothing of %s',
  async (path) => {
    await using world = await startApiWorld()

    const answer = await request(world.origin).get(path)

    expect(answer.status).toBe(401)
  },
)

test.each(['/api/accounts', '/api/accounts/1/token', '/api/openapi.json', '/api/nothing'])(
  'without API_KEYS there is no %s, whatever key is sent',
  async (path) => {
    await using world = await startWorld()

    const answer = await program(world).get(path)

    expect(answer.status).toBe(404)
    expect(answer.type).toBe('application/problem+json')
    expect(answer.body).toMatchObject({ type: '/problems/not_found' })
    expect(answer.body.detail).toContain('API_KEYS')
  },
)

import request from 'supertest'
import { expect, test } from 'vitest'
import { ACCOUNT, APP_ID, DAY, KEY, program, startConnected, TOKEN, UNTIL_DUE } from './support.ts'

test.each(['/api', '/api/', '/api/nothing', '/api/accounts/1/2', `${TOKEN}/x`])(
  'there is nothing at %s, and a program reads so',
  async (path) => {
    await using world = await startConnected()

    const answer = await program(world).get(path)

    expect(answer.status).toBe(404)
    expect(answer.type).toBe('application/problem+json')
    expect(answer.body).toMatchObject({ type: '/problems/not_found', status: 404 })
  },
)

test.each(['/api/accounts/%E0%A4%A', '/api/accounts/%/token'])(
  'an address with a broken escape, %s, is malformed',
  async (path) => {
    await using world = await startConnected()

    const answer = await program(world).get(path)

    expect(answer.status).toBe(400)
    expect(answer.type).toBe('application/problem+json')
    expect(answer.body).toMatchObject({ type: '/problems/bad_request', status: 400 })
  },
)

test.each([
  ['put', '/api/accounts', 'GET, HEAD, POST'],
  ['delete', '/api/accounts', 'GET, HEAD, POST'],
  ['options', '/api/accounts', 'GET, HEAD, POST'],
  ['post', ACCOUNT, 'GET, HEAD, DELETE'],
  ['patch', ACCOUNT, 'GET, HEAD, DELETE'],
  ['delete', TOKEN, 'GET, HEAD'],
  ['post', '/api/openapi.json', 'GET, HEAD'],
] as const)('to %s %s is refused with what is allowed', async (method, path, allowed) => {
  await using world = await startConnected()

  const answer = await request(world.origin)[method](path).set('Authorization', `Bearer ${KEY}`)

  expect(answer.status).toBe(405)
  expect(answer.get('Allow')).toBe(allowed)
  expect(answer.body).toMatchObject({ type: '/problems/method_not_allowed', status: 405 })
  expect((await program(world).get(ACCOUNT)).status).toBe(200)
})

test('HEAD is GET without the body', async () => {
  await using world = await startConnected()

  const answer = await request(world.origin).head(TOKEN).set('Authorization', `Bearer ${KEY}`)

  expect(answer.status).toBe(200)
  expect(answer.type).toBe('application/json')
  expect(answer.text).toBeUndefined()
})

test('a fault of ours tells the program a reference, and the operator the rest', async () => {
  await using world = await startConnected()
  await world.database.run('DROP TABLE accounts')

  const answer = await program(world).get(ACCOUNT)

  expect(answer.status).toBe(500)
  expect(answer.body).toMatchObject({ type: '/problems/internal', title: 'Something broke on our side' })
  expect(answer.text).not.toContain('no such table')
  const line = world.log.find((entry) => entry.includes(String(answer.body.reference)))
  expect(line).toContain('no such table')
  expect(line).toContain('"route":"/api/accounts/:id","outcome":"internal"')
})

test('a program needs no cookie, gets none, and may come from anywhere', async () => {
  await using world = await startConnected()
  const access_token = world.sandbox.dashboardToken('creator')

  const answer = await program(world).post(
    '/api/accounts',
    { access_token },
    { Origin: 'https://elsewhere.example', 'Sec-Fetch-Site': 'cross-site' },
  )

  expect(answer.status).toBe(201)
  expect(answer.get('Set-Cookie')).toBeUndefined()
})

test('no token and no key stands in the log, whatever programs ask', async () => {
  await using world = await startConnected()
  const secrets = [KEY, 'IGAA', 'EAAB']
  const asking = program(world)
  await asking.get(TOKEN)
  await asking.post('/api/accounts', { access_token: world.sandbox.dashboardToken('creator', 2 * DAY) })
  await asking.post('/api/accounts', { access_token: 'EAABwzLixnjYBO9ZC' })
  await asking.post('/api/accounts', { access_token: `IGAA${'x'.repeat(160)}` })
  await program(world, { key: `${KEY}x` }).get(TOKEN)
  await asking.get(`/api/accounts?access_token=${KEY}`)
  world.pass(UNTIL_DUE)
  world.sandbox.answerNext('refresh', { status: 500, body: '{}' })
  await asking.get(TOKEN)
  world.sandbox.revoke('business')
  world.pass(DAY)

  const last = await asking.get(`/api/accounts/${APP_ID}/token`)

  expect(last.status).toBe(409)
  expect(secrets.filter((secret) => world.log.join().includes(secret))).toStrictEqual([])
})

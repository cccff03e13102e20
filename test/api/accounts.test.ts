import { expect, test } from 'vitest'
import { person } from '../support/person.ts'
import {
  ACCOUNT,
  addCopies,
  type Answer,
  APP_ID,
  LIFETIME,
  PROFESSIONAL_ID,
  program,
  SECOND,
  startApiWorld,
  startConnected,
} from './support.ts'

test('a site without accounts has an empty list', async () => {
  await using world = await startApiWorld()

  const answer = await program(world).get('/api/accounts')

  expect(answer.status).toBe(200)
  expect(answer.body).toStrictEqual({ accounts: [], next: null })
})

test('the list tells of each account how it is doing, and of no token', async () => {
  await using world = await startConnected()
  await person(world).login({ as: 'creator' })

  const { body, text } = await program(world).get('/api/accounts')

  const connectedAt = world.now().toISOString()
  expect(body.accounts?.map(({ username }) => username)).toStrictEqual(['mira.draws', 'harbour.bakery'])
  expect(body.accounts?.[1]).toStrictEqual({
    id: APP_ID,
    user_id: PROFESSIONAL_ID,
    username: 'harbour.bakery',
    name: 'Harbour Bakery',
    account_type: 'BUSINESS',
    permissions: ['instagram_business_basic'],
    status: 'ok',
    status_since: connectedAt,
    status_reason: null,
    connected_at: connectedAt,
    token_obtained_at: connectedAt,
    token_expires_at: new Date(world.now().getTime() + LIFETIME * SECOND).toISOString(),
    next_refresh_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
  })
  expect(text).not.toContain('IGAA')
})

test.each([
  ['app-scoped', APP_ID],
  ['professional', PROFESSIONAL_ID],
])('an account is found by its %s id', async (_, id) => {
  await using world = await startConnected()

  const answer = await program(world).get(`/api/accounts/${id}`)

  expect(answer.status).toBe(200)
  expect(answer.body).toMatchObject({ id: APP_ID, user_id: PROFESSIONAL_ID })
})

test.each(['27640875392278830', 'harbour.bakery', '%27%20OR%201=1', '0'])(
  'nobody is called “%s”',
  async (id) => {
    await using world = await startConnected()

    const answer = await program(world).get(`/api/accounts/${id}`)

    expect(answer.status).toBe(404)
    expect(answer.body).toMatchObject({ type: '/problems/unknown_account', status: 404 })
  },
)

test.each([
  ['app-scoped', APP_ID],
  ['professional', PROFESSIONAL_ID],
])('an account that is removed by its %s id is gone, and its token with it', async (_, id) => {
  await using world = await startConnected()

  const answer = await program(world).remove(`/api/accounts/${id}`)

  expect(answer.status).toBe(204)
  expect(answer.text).toBe('')
  expect((await program(world).get(ACCOUNT)).status).toBe(404)
  expect(await world.database.all('SELECT * FROM accounts')).toStrictEqual([])
  expect(world.events.map(({ type }) => type)).toContain('account.disconnected')
})

test('an account that is removed twice was not there the second time', async () => {
  await using world = await startConnected()
  await program(world).remove(ACCOUNT)

  const answer = await program(world).remove(ACCOUNT)

  expect(answer.status).toBe(404)
})

test('a program that follows “next” sees every account once, in the order of the ids', async () => {
  await using world = await startConnected()
  const ids = [...(await addCopies(world, 120, 4_000_000_000_000_001)), APP_ID].sort()
  const seen: string[] = []
  const sizes: number[] = []

  let path: string | null | undefined = '/api/accounts'
  while (path) {
    const { body }: Answer = await program(world).get(path)
    seen.push(...(body.accounts?.map(({ id }) => id) ?? []))
    sizes.push(body.accounts?.length ?? 0)
    path = body.next
  }

  expect(seen).toStrictEqual(ids)
  expect(sizes).toStrictEqual([50, 50, 21])
})

test('an account that goes while a program pages makes it miss no other', async () => {
  await using world = await startConnected()
  const ids = [...(await addCopies(world, 5, 4_000_000_000_000_001)), APP_ID].sort()
  const first = await program(world).get('/api/accounts?limit=3')
  await program(world).remove(`/api/accounts/${ids[2]}`)

  const second = await program(world).get(String(first.body.next))

  expect(second.body.accounts?.map(({ id }) => id)).toStrictEqual(ids.slice(3))
  expect(second.body.next).toBeNull()
})

test('a page that is just full has no next one', async () => {
  await using world = await startConnected()
  await addCopies(world, 2, 4_000_000_000_000_001)

  const { body } = await program(world).get('/api/accounts?limit=3')

  expect(body.accounts).toHaveLength(3)
  expect(body.next).toBeNull()
})

test.each([
  'limit=0',
  'limit=101',
  'limit=-1',
  'limit=1.5',
  'limit=ten',
  'limit=',
  'limit=%201',
  'limit=1e1',
  'limit=9999999999',
  'limit=1&limit=2',
  'after=',
  'after=abc',
  'after=1&after=2',
  'after=%27',
])('a list of ?%s is refused', async (query) => {
  await using world = await startConnected()

  const answer = await program(world).get(`/api/accounts?${query}`)

  expect(answer.status).toBe(400)
  expect(answer.body).toMatchObject({ type: '/problems/bad_request', status: 400 })
  expect(answer.body.detail).toMatch(/^“(limit|after)”/)
})

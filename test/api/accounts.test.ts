import { expect, test } from 'vitest'
import { DAY_MS } from '../../src/facts.ts'
import { person } from '../support/person.ts'
import type { World } from '../support/world.ts'
import {
  ACCOUNT,
  ACCOUNTS,
  addCopies,
  type ApiResponse,
  APP_ID,
  LIFETIME,
  PROFESSIONAL_ID,
  program,
  startSharedWorld,
  TOKEN,
} from './support.ts'

const FIRST_COPY = 4_000_000_000_000_001

const world = await startSharedWorld()
const { get, post, remove } = program(world)

test('the list shows each account with its status, and no token', async () => {
  await person(world).login({ as: 'creator' })

  const { body, text } = await get(ACCOUNTS)

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
    token_expires_at: new Date(world.now().getTime() + LIFETIME * 1000).toISOString(),
    next_refresh_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
  })
  expect(text).not.toContain('IGAA')
})

test.each([
  ['app-scoped', APP_ID],
  ['professional', PROFESSIONAL_ID],
])('an account is found and removed by its %s id, and its token with it', async (_, id) => {
  const shown = await get(`${ACCOUNTS}/${id}`)
  const removed = await remove(`${ACCOUNTS}/${id}`)
  const again = await remove(`${ACCOUNTS}/${id}`)

  expect(shown.body).toMatchObject({ id: APP_ID, user_id: PROFESSIONAL_ID })
  expect([removed.status, again.status]).toStrictEqual([204, 404])
  expect((await get(ACCOUNT)).status).toBe(404)
  expect((await get(ACCOUNTS)).body).toStrictEqual({ accounts: [], next: null })
  expect((await world.database.query('SELECT id FROM accounts')).rows).toStrictEqual([])
  expect(world.events.at(-1)?.type).toBe('account.disconnected')
})

test.each(['27640875392278830', 'harbour.bakery', '%27%20OR%201=1', '0'])('no account has the id “%s”', async (id) => {
  const { status, body } = await get(`${ACCOUNTS}/${id}`)

  expect(status).toBe(404)
  expect(body).toMatchObject({ type: '/problems/unknown_account' })
})

test('a program that follows “next” gets every account once, in the order of the ids', async () => {
  const ids = [...(await addCopies(world, 120, FIRST_COPY)), APP_ID].sort()
  const seen: string[] = []
  const sizes: number[] = []

  let path: string | null | undefined = ACCOUNTS
  while (path) {
    const { body }: ApiResponse = await get(path)
    seen.push(...(body.accounts?.map(({ id }) => id) ?? []))
    sizes.push(body.accounts?.length ?? 0)
    path = body.next
  }

  expect(seen).toStrictEqual(ids)
  expect(sizes).toStrictEqual([50, 50, 21])
})

test('a program that pages misses no account when another one is removed', async () => {
  const ids = [...(await addCopies(world, 5, FIRST_COPY)), APP_ID].sort()
  const first = await get(`${ACCOUNTS}?limit=3`)
  await remove(`${ACCOUNTS}/${ids[2]}`)

  const second = await get(String(first.body.next))

  expect(second.body.accounts?.map(({ id }) => id)).toStrictEqual(ids.slice(3))
  expect(second.body.next).toBeNull()
})

test('a full last page has no next one, also with the largest limit', async () => {
  await addCopies(world, 99, FIRST_COPY)

  const { body } = await get(`${ACCOUNTS}?limit=100`)

  expect(body.accounts).toHaveLength(100)
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
  'after=1?limit=1',
])('a list of ?%s is refused', async (query) => {
  const { status, body } = await get(`${ACCOUNTS}?${query}`)

  expect(status).toBe(400)
  expect(body).toMatchObject({ type: '/problems/bad_request' })
  expect(body.detail).toMatch(/^“(limit|after)”/)
})

test('a dashboard token of two days becomes an account, and is refreshed at once', async () => {
  await remove(ACCOUNT)
  const access_token = world.sandbox.dashboardToken('business', 2 * DAY_MS)

  const added = await post(ACCOUNTS, { access_token })

  expect(added.status).toBe(201)
  expect(added.get('Location')).toBe(ACCOUNT)
  expect(added.body).toMatchObject({ id: APP_ID, user_id: PROFESSIONAL_ID, status: 'ok', permissions: null })
  expect(added.text).not.toContain('IGAA')
  expect((await get(ACCOUNT)).body).toStrictEqual(added.body)
  const { body } = await get(TOKEN)
  expect(body.access_token).not.toBe(access_token)
  expect(body.expires_in).toBe(LIFETIME)
})

test('a dashboard token of today is stored as it is, with the 59 days that it has for sure', async () => {
  await remove(ACCOUNT)
  const access_token = world.sandbox.dashboardToken('business')

  const added = await post(ACCOUNTS, { access_token })

  expect(added.status).toBe(201)
  expect((await get(TOKEN)).body).toMatchObject({ access_token, expires_in: (59 * DAY_MS) / 1000 })
})

test('a short-lived token is exchanged for a long-lived one', async () => {
  const access_token = await shortLivedToken(world)

  const added = await post(ACCOUNTS, { access_token })

  expect(added.status).toBe(201)
  const { body } = await get(TOKEN)
  expect(body.access_token).not.toBe(access_token)
  expect(body.expires_in).toBe(LIFETIME)
})

test('a token of a known account replaces the one that it has', async () => {
  world.pass(DAY_MS)
  const access_token = world.sandbox.dashboardToken('business')

  const added = await post(ACCOUNTS, { access_token })

  expect(added.status).toBe(201)
  expect((await get(TOKEN)).body.access_token).toBe(access_token)
  expect((await get(ACCOUNTS)).body.accounts).toHaveLength(1)
})

test.each([
  ['blanks and a line break', (token: string) => `  ${token}\r\n`],
  ['double quotes', (token: string) => `"${token}"`],
  ['single quotes and blanks', (token: string) => ` ' ${token} ' `],
])('%s around a token are ignored', async (_, wrapped) => {
  const access_token = wrapped(world.sandbox.dashboardToken('business', 2 * DAY_MS))

  expect((await post(ACCOUNTS, { access_token })).status).toBe(201)
})

/** A token of one hour, as a program gets it that does the login by itself. */
async function shortLivedToken({ sandbox, database }: World): Promise<string> {
  sandbox.answerNext('long_lived', { status: 500, body: '{}' })
  await person(world).login()
  const { body } = await get(TOKEN)
  // A disconnect would revoke it.
  await database.query('DELETE FROM accounts')
  return String(body.access_token)
}

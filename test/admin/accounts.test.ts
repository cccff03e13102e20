import { expect, test } from 'vitest'
import { DAY_MS } from '../../src/facts.ts'
import { addCopies, refreshes } from '../api/support.ts'
import { linkCalled, person } from '../support/person.ts'
import { admin, APP_ID, rowsOf, startSharedAdminWorld } from './support.ts'

const FIRST_COPY = 4_000_000_000_000_001

const world = await startSharedAdminWorld()
const { sandbox } = world

test('an admin sees each account with its status, and no token', async () => {
  await person(world).login({ as: 'creator' })

  const { text } = await (await admin(world)).get('/accounts')

  expect(rowsOf(text)).toHaveLength(2)
  expect(rowsOf(text)[1]).toMatch(
    /^@harbour.bakery Harbour Bakery 27640875392278831 · 17841403815449847 OK Token expires .* in 59 days Next refresh .* in 5\d days /,
  )
  expect(text).toContain(`${world.origin}/reconnect/${APP_ID}`)
  expect(text).not.toContain('IGAA')
})

test('an admin sees why an account was lost', async () => {
  const somebody = await admin(world)
  sandbox.revoke('business')
  world.pass(DAY_MS)

  await somebody.post(`/accounts/${APP_ID}/refresh`)
  const { text } = await somebody.get('/accounts')

  expect(rowsOf(text)[0]).toMatch(
    /Needs reconnect since .* The app was removed on Instagram, .* no valid token Next refresh none/,
  )
  expect(text).toMatch(/role="status">@harbour.bakery was not refreshed\. The app was removed on Instagram/)
})

test('an admin refreshes an account, and the next page says so, once', async () => {
  const somebody = await admin(world)
  world.pass(DAY_MS)
  const before = refreshes(world)

  const { headers } = await somebody.post(`/accounts/${APP_ID}/refresh?status=ok`)
  const page = await somebody.get('/accounts?status=ok')
  const again = await somebody.get('/accounts?status=ok')

  expect(headers['location']).toBe('/accounts?status=ok')
  expect(page.text).toContain('@harbour.bakery was refreshed.')
  expect(again.text).not.toContain('was refreshed')
  expect(refreshes(world) - before).toBe(1)
})

test('an admin sees why a refresh failed, and again when it fails for the same reason', async () => {
  const somebody = await admin(world)
  world.pass(DAY_MS)

  for (let attempt = 0; attempt < 2; attempt += 1) {
    sandbox.answerNext('refresh', { status: 500, body: 'Sorry, something went wrong.' })
    await somebody.post(`/accounts/${APP_ID}/refresh`)
    expect((await somebody.get('/accounts')).text).toMatch(
      /was not refreshed\. Instagram says that something is broken/,
    )
  }
})

test('an admin is told that another process is refreshing the account', async () => {
  const somebody = await admin(world)
  world.pass(DAY_MS)
  await world.database.query("UPDATE accounts SET lease = 'theirs', leased_until = $1", [
    world.now().getTime() + 60_000,
  ])

  await somebody.post(`/accounts/${APP_ID}/refresh`)

  expect((await somebody.get('/accounts')).text).toContain('@harbour.bakery was not tried')
})

test('a token that is younger than a day has no refresh button, and is not refreshed', async () => {
  const somebody = await admin(world)
  const before = refreshes(world)

  const page = await somebody.get('/accounts')
  await somebody.post(`/accounts/${APP_ID}/refresh`)

  expect(page.text).not.toContain('Refresh now')
  expect((await somebody.get('/accounts')).text).toContain('Instagram wants a token to be a day old.')
  expect(refreshes(world)).toBe(before)
})

test('disconnecting asks first, and then deletes the account and its token', async () => {
  const somebody = await admin(world)

  const question = await somebody.get(`/accounts/${APP_ID}/disconnect?search=harb`)
  const kept = await world.database.query('SELECT id FROM accounts')
  const { headers } = await somebody.post(`/accounts/${APP_ID}/disconnect?search=harb`)

  expect(question.text).toContain('Disconnect @harbour.bakery?')
  expect(linkCalled('Keep it', question.text)).toBe('/accounts?search=harb')
  expect(kept.rows).toHaveLength(1)
  expect(headers['location']).toBe('/accounts?search=harb')
  expect((await world.database.query('SELECT id FROM accounts')).rows).toStrictEqual([])
  expect(world.events.at(-1)?.type).toBe('account.disconnected')
  expect((await somebody.get('/accounts')).text).toContain('@harbour.bakery was disconnected')
})

test.each([
  ['post', 'refresh'],
  ['post', 'disconnect'],
  ['get', 'disconnect'],
] as const)('a request to %s %s of an unknown account leads back to the list', async (method, action) => {
  const { status, headers } = await (await admin(world))[method](`/accounts/27640875392278830/${action}`)

  expect(status).toBe(303)
  expect(headers['location']).toBe('/accounts')
})

test.each(['refresh', 'disconnect'])('nobody who is not signed in can %s an account', async (action) => {
  world.pass(DAY_MS)
  const before = refreshes(world)

  const { headers } = await person(world).post(`/accounts/${APP_ID}/${action}`)

  expect(headers['location']).toBe('/accounts')
  expect((await world.database.query('SELECT id FROM accounts')).rows).toHaveLength(1)
  expect(refreshes(world)).toBe(before)
})

test.each([
  ['search=HARB', 1],
  ['search=@harbour', 1],
  ['search=17841403815449847', 1],
  ['search=bakery', 0],
  ['search=%27%20OR%201=1', 0],
  ['search=%00', 0],
  ['search=harb&status=ok', 1],
  ['search=harb&status=expiring', 0],
  ['search=harb?', 0],
  ['status=expiring', 0],
  ['status=', 1],
])('a list of ?%s has %i accounts', async (query, count) => {
  const { status, text } = await (await admin(world)).get(`/accounts?${query}`)

  expect(status).toBe(200)
  expect(rowsOf(text)).toHaveLength(count)
})

test('what was searched for is shown as text', async () => {
  const { text } = await (await admin(world)).get('/accounts?search="><script>alert(1)</script>')

  expect(text).not.toContain('<script>alert')
})

test('a list of an unknown status is refused', async () => {
  expect((await (await admin(world)).get('/accounts?status=splendid')).status).toBe(400)
})

test('an admin who follows “Next page” sees every account once, and can go back to the first page', async () => {
  await addCopies(world, 120, FIRST_COPY)
  const somebody = await admin(world)
  const sizes: number[] = []
  const seen = new Set<string>()

  let text = ''
  for (let path = '/accounts?status=ok'; path;) {
    text = (await somebody.get(path)).text
    for (const row of rowsOf(text)) seen.add(row)
    sizes.push(rowsOf(text).length)
    path = text.includes('>Next page<') ? linkCalled('Next page', text) : ''
  }

  expect(sizes).toStrictEqual([50, 50, 21])
  expect(seen.size).toBe(121)
  expect(linkCalled('First page', text)).toBe('/accounts?status=ok')
})

test('a search that finds more than a page says so', async () => {
  await addCopies(world, 60, FIRST_COPY)

  const { text } = await (await admin(world)).get('/accounts?search=harbour')

  expect(rowsOf(text)).toHaveLength(50)
  expect(text).toContain('A longer beginning finds fewer.')
})

test('the filters show how many accounts there are, and how many are due', async () => {
  await person(world).login({ as: 'creator' })
  world.pass(58 * DAY_MS)

  const { text } = await (await admin(world)).get('/accounts')

  expect(text).toMatch(/OK <span>2<\/span>/)
  expect(text).toContain('<strong>2 due to be refreshed</strong>')
})

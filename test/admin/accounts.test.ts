import { expect, test } from 'vitest'
import { DAY_MS, HOUR_MS } from '../../src/facts.ts'
import { addCopies, refreshes } from '../api/support.ts'
import { linkCalled, person } from '../support/person.ts'
import { admin, APP_ID, plainText, rowsOf, startSharedAdminWorld } from './support.ts'

const FIRST_COPY = 4_000_000_000_000_001

const world = await startSharedAdminWorld()
const { sandbox } = world

test('an admin sees each account with its status, and no token', async () => {
  await person(world).login({ as: 'creator' })

  const { text } = await (await admin(world)).get('/accounts')

  expect(rowsOf(text)).toHaveLength(2)
  expect(rowsOf(text)[1]).toMatch(/^@harbour.bakery Harbour Bakery OK Expires in \d+ days \d+ \w+ \d{4} .*Disconnect…$/)
  expect(text).toContain(`${world.origin}/reconnect/`)
  expect(text).not.toContain('IGAA')
})

test('the list stays as it is while nothing changes, so that a page that fetches it again keeps its rows', async () => {
  const somebody = await admin(world)
  world.pass(HOUR_MS - (world.now().getTime() % HOUR_MS))
  const before = await somebody.get('/accounts')
  world.pass(3_000)

  const after = await somebody.get('/accounts')

  expect(after.text).toBe(before.text)
})

test('each account has a page with its permissions, ids and times, and without its token', async () => {
  await person(world).login({ as: 'creator' })
  const { rows } = await world.database.query("SELECT id FROM accounts WHERE username = 'mira.draws'")

  const { text } = await (await admin(world)).get(`/accounts/${String(rows[0]?.['id'])}?status=ok`)

  const words = plainText(text)
  expect(words).toContain('@mira.draws')
  expect(words).toMatch(
    /Status OK Last error None Expires .* \(in \d+ days\) Last renewed .* Next renewal .* \(in \d+ days\)/,
  )
  expect(words).toMatch(/First connected \d+ \w+ \d{4}/)
  expect(words).toContain('Permissions Read the profile and its media instagram_business_basic')
  expect(linkCalled('Accounts', text)).toBe('/accounts?status=ok')
  expect(text).not.toContain('IGAA')
})

test('an admin sees why an account was lost', async () => {
  const somebody = await admin(world)
  sandbox.revoke('business')
  world.pass(DAY_MS)

  await somebody.post(`/accounts/${APP_ID}/refresh`)
  const page = await somebody.get(`/accounts/${APP_ID}`)
  const list = await somebody.get('/accounts')

  expect(plainText(page.text)).toMatch(
    /Needs reconnect since .* Last error The app was removed on Instagram.* Expires No valid token .* Next renewal None/,
  )
  expect(page.text).toMatch(
    /class="notice">The token of @harbour.bakery was not renewed\. The app was removed on Instagram/,
  )
  expect(rowsOf(list.text)[0]).toMatch(/Needs reconnect The app was removed on Instagram.* No valid token/)
})

test('an admin refreshes an account, and the next page says so, once', async () => {
  const somebody = await admin(world)
  world.pass(DAY_MS)
  const before = refreshes(world)

  const { headers } = await somebody.post(`/accounts/${APP_ID}/refresh?status=ok`)
  const page = await somebody.get(headers['location'] ?? '')
  const again = await somebody.get(headers['location'] ?? '')

  expect(headers['location']).toBe(`/accounts/${APP_ID}?status=ok`)
  expect(page.text).toContain('The token of @harbour.bakery was renewed.')
  expect(again.text).not.toContain('was renewed')
  expect(refreshes(world) - before).toBe(1)
})

test('an admin sees why a refresh failed, and again when it fails for the same reason', async () => {
  const somebody = await admin(world)
  world.pass(DAY_MS)

  for (let attempt = 0; attempt < 2; attempt += 1) {
    sandbox.answerNext('refresh', { status: 500, body: 'Sorry, something went wrong.' })
    await somebody.post(`/accounts/${APP_ID}/refresh`)
    expect((await somebody.get('/accounts')).text).toMatch(/was not renewed\. Instagram reports a problem on its side/)
  }
})

test('an admin is told that another process is refreshing the account', async () => {
  const somebody = await admin(world)
  world.pass(DAY_MS)
  await world.database.query("UPDATE accounts SET lease = 'theirs', leased_until = $1", [
    world.now().getTime() + 60_000,
  ])

  await somebody.post(`/accounts/${APP_ID}/refresh`)

  expect((await somebody.get('/accounts')).text).toContain(
    'The token of @harbour.bakery was not renewed: Instagram allows no more calls now, or another process',
  )
})

test('a token that is younger than a day has no refresh button, and is not refreshed', async () => {
  const somebody = await admin(world)
  const before = refreshes(world)

  const page = await somebody.get('/accounts')
  await somebody.post(`/accounts/${APP_ID}/refresh`)

  expect(page.text).not.toContain('Renew now')
  expect((await somebody.get('/accounts')).text).toContain('Instagram requires tokens to be 24 hours old.')
  expect(refreshes(world)).toBe(before)
})

test('disconnecting asks first, and then deletes the account and its token', async () => {
  const somebody = await admin(world)

  const question = await somebody.get(`/accounts/${APP_ID}/disconnect?search=harb`)
  const kept = await world.database.query('SELECT id FROM accounts')
  const { headers } = await somebody.post(`/accounts/${APP_ID}/disconnect?search=harb`)

  expect(question.text).toContain('Disconnect @harbour.bakery?')
  expect(linkCalled('Cancel', question.text)).toBe('/accounts?search=harb')
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
  ['get', ''],
] as const)(
  'a request to %s %s of an unknown account leads back to the list, which says so',
  async (method, action) => {
    const somebody = await admin(world)

    const { status, headers } = await somebody[method](`/accounts/27640875392278830/${action}?search=x`)
    const { text } = await somebody.get(headers['location'] ?? '')

    expect(status).toBe(303)
    expect(headers['location']).toBe('/accounts?search=x')
    expect(text).toContain('This account is not connected.')
  },
)

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

test('an admin who follows “Next” sees every account once with its place among all, and can go back', async () => {
  await addCopies(world, 120, FIRST_COPY)
  const somebody = await admin(world)
  const places: string[] = []
  const seen = new Set<string>()

  let text = ''
  for (let path = '/accounts?status=ok'; path;) {
    text = (await somebody.get(path)).text
    for (const row of rowsOf(text)) seen.add(row)
    places.push(/<p>(\d+–\d+ of \d+)/.exec(text)?.[1] ?? '')
    path = text.includes('>Next<') ? linkCalled('Next', text) : ''
  }

  expect(places).toStrictEqual(['1–50 of 121', '51–100 of 121', '101–121 of 121'])
  expect(seen.size).toBe(121)
  expect(linkCalled('Previous', text)).toBe('/accounts?status=ok&page=2')
  expect(linkCalled('All <span>121</span>', text)).toBe('/accounts')
})

test.each(['0', '-1', 'x', '1e99', '9'])(
  'page %s of a list is one that there is, or says that it is empty',
  async (page) => {
    const { status, text } = await (await admin(world)).get(`/accounts?page=${page}`)

    expect(status).toBe(200)
    expect(rowsOf(text).length === 1 || text.includes('Show all accounts')).toBe(true)
  },
)

test('accounts with problems come first, then those that expire soonest', async () => {
  const [soon, lost, failing, forever] = await addCopies(world, 4, FIRST_COPY)
  const update = (id: string | undefined, change: string) =>
    world.database.query(`UPDATE accounts SET username = id, ${change} WHERE id = $1`, [id ?? null])
  await update(soon, 'expires_at = expires_at - 1')
  await update(lost, "status = 'needs_reconnect', expires_at = expires_at + 1")
  await update(failing, "status = 'expiring'")
  await update(forever, 'expires_at = NULL')

  const { text } = await (await admin(world)).get('/accounts')

  const order = rowsOf(text).map((row) => row.split(' ')[0])
  expect(order).toStrictEqual([`@${lost}`, `@${failing}`, `@${soon}`, '@harbour.bakery', `@${forever}`])
})

test('a search that finds more than a page says so, and one that finds nothing does too', async () => {
  await addCopies(world, 60, FIRST_COPY)
  const somebody = await admin(world)

  const [many, one, none] = [
    await somebody.get('/accounts?search=harbour'),
    await somebody.get(`/accounts?search=${FIRST_COPY}`),
    await somebody.get('/accounts?search=zzz'),
  ]

  expect(rowsOf(many.text)).toHaveLength(50)
  expect(many.text).toContain('The first 50 matches. Type more of the name or ID to find others.')
  expect(one.text).toContain('1 account matches')
  expect(plainText(none.text)).toContain('No accounts match “zzz”.')
})

test('without accounts, the page shows the link to send to people, and no search', async () => {
  await world.database.query('DELETE FROM accounts')

  const { text } = await (await admin(world)).get('/accounts')

  expect(text).toContain('No accounts yet')
  expect(text).toContain(`>${world.origin}/</code>`)
  expect(text).not.toContain('type="search"')
})

test('the filters show how many accounts there are of each status, and the page how many are due', async () => {
  await person(world).login({ as: 'creator' })
  world.pass(58 * DAY_MS)

  const { text } = await (await admin(world)).get('/accounts')

  expect(text).toMatch(/OK <span>2<\/span>/)
  expect(text).not.toContain('Needs reconnect <span>')
  expect(text).toContain('2 due to be renewed')
})

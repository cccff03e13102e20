import { expect, test } from 'vitest'
import { onlyAccount, OUT_OF_ORDER, refreshCount } from '../accounts/refreshWorld.ts'
import { addCopies } from '../api/support.ts'
import { linkCalled, person } from '../support/person.ts'
import { APP_ID, operator, rowsOf, startOperatedWorld } from './support.ts'

const DAY_MS = 24 * 60 * 60 * 1000

test('the list tells of each account who it is and how it is doing, and of no token', async () => {
  await using world = await startOperatedWorld()
  await person(world).login({ as: 'creator' })

  const { text } = await (await operator(world)).get('/accounts')

  expect(rowsOf(text)).toHaveLength(2)
  expect(rowsOf(text)[1]).toMatch(
    /^@harbour.bakery Harbour Bakery 27640875392278831 · 17841403815449847 OK Token expires .* in 59 days Next refresh .* in 5\d days /,
  )
  expect(text).toContain(`${world.origin}/reconnect/${APP_ID}`)
  expect(text).not.toContain('IGAA')
})

test('an account that is lost says why', async () => {
  await using world = await startOperatedWorld()
  const somebody = await operator(world)
  world.sandbox.revoke('business')
  world.pass(DAY_MS)

  await somebody.post(`/accounts/${APP_ID}/refresh`)
  const { text } = await somebody.get('/accounts')

  expect(rowsOf(text)[0]).toMatch(
    /Needs reconnect since .* The app was removed on Instagram, .* no valid token Next refresh none/,
  )
  expect(text).toMatch(/role="status">@harbour.bakery was not refreshed\. The app was removed on Instagram/)
})

test('a click refreshes, and the next page says so, once', async () => {
  await using world = await startOperatedWorld()
  const somebody = await operator(world)
  world.pass(DAY_MS)

  const answer = await somebody.post(`/accounts/${APP_ID}/refresh?status=ok`)
  const page = await somebody.get('/accounts?status=ok')
  const again = await somebody.get('/accounts?status=ok')

  expect(answer.headers['location']).toBe('/accounts?status=ok')
  expect(page.text).toContain('@harbour.bakery was refreshed.')
  expect(again.text).not.toContain('was refreshed')
  expect(refreshCount(world)).toBe(1)
})

test('a refresh that fails says why', async () => {
  await using world = await startOperatedWorld()
  const somebody = await operator(world)
  world.pass(DAY_MS)
  world.sandbox.answerNext('refresh', OUT_OF_ORDER)

  await somebody.post(`/accounts/${APP_ID}/refresh`)

  expect((await somebody.get('/accounts')).text).toMatch(
    /was not refreshed\. Instagram says that something is broken/,
  )
})

test('a token that is younger than a day has no button, and is not asked for', async () => {
  await using world = await startOperatedWorld()
  const somebody = await operator(world)

  const before = await somebody.get('/accounts')
  await somebody.post(`/accounts/${APP_ID}/refresh`)

  expect(before.text).not.toContain('Refresh now')
  expect((await somebody.get('/accounts')).text).toContain('Instagram wants a token to be a day old.')
  expect(refreshCount(world)).toBe(0)
})

test('disconnecting asks first, and then deletes the account and its token', async () => {
  await using world = await startOperatedWorld()
  const somebody = await operator(world)

  const question = await somebody.get(`/accounts/${APP_ID}/disconnect?search=harb`)
  const still = await onlyAccount(world)
  const answer = await somebody.post(`/accounts/${APP_ID}/disconnect?search=harb`)

  expect(question.text).toContain('Disconnect @harbour.bakery?')
  expect(linkCalled('Keep it', question.text)).toBe('/accounts?search=harb')
  expect(still.username).toBe('harbour.bakery')
  expect(answer.headers['location']).toBe('/accounts?search=harb')
  expect(await world.database.all('SELECT * FROM accounts')).toStrictEqual([])
  expect(world.events.at(-1)?.type).toBe('account.disconnected')
  expect((await somebody.get('/accounts')).text).toContain('@harbour.bakery was disconnected')
})

test.each(['refresh', 'disconnect'])('to %s an account that is gone leads back to the list', async (deed) => {
  await using world = await startOperatedWorld()
  const somebody = await operator(world)

  const answer = await somebody.post(`/accounts/27640875392278830/${deed}`)

  expect(answer.status).toBe(303)
  expect(answer.headers['location']).toBe('/accounts')
})

test.each(['refresh', 'disconnect'])('nobody who is not signed in can %s', async (deed) => {
  await using world = await startOperatedWorld()
  world.pass(DAY_MS)

  const answer = await person(world).post(`/accounts/${APP_ID}/${deed}`)

  expect(answer.headers['location']).toBe('/accounts')
  expect((await onlyAccount(world)).username).toBe('harbour.bakery')
  expect(refreshCount(world)).toBe(0)
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
  ['status=expiring', 0],
  ['status=', 1],
])('a list of ?%s has %i accounts', async (query, count) => {
  await using world = await startOperatedWorld()

  const { status, text } = await (await operator(world)).get(`/accounts?${query}`)

  expect(status).toBe(200)
  expect(rowsOf(text)).toHaveLength(count)
})

test('what was searched for is shown as text', async () => {
  await using world = await startOperatedWorld()

  const { text } = await (await operator(world)).get('/accounts?search="><script>alert(1)</script>')

  expect(text).not.toContain('<script>alert')
})

test('a status that there is not is refused', async () => {
  await using world = await startOperatedWorld()

  const { status } = await (await operator(world)).get('/accounts?status=splendid')

  expect(status).toBe(400)
})

test('an operator who follows “Next page” sees every account once', async () => {
  await using world = await startOperatedWorld()
  await addCopies(world, 120, 4_000_000_000_000_001)
  const somebody = await operator(world)
  const sizes: number[] = []
  const seen = new Set<string>()

  for (let path = '/accounts?status=ok'; path;) {
    const { text } = await somebody.get(path)
    for (const row of rowsOf(text)) seen.add(row)
    sizes.push(rowsOf(text).length)
    path = text.includes('>Next page<') ? linkCalled('Next page', text) : ''
  }

  expect(sizes).toStrictEqual([50, 50, 21])
  expect(seen.size).toBe(121)
})

test('a search that finds more than a page says so', async () => {
  await using world = await startOperatedWorld()
  await addCopies(world, 60, 4_000_000_000_000_001)

  const { text } = await (await operator(world)).get('/accounts?search=harbour')

  expect(rowsOf(text)).toHaveLength(50)
  expect(text).toContain('A longer beginning finds fewer.')
})

test('the filters tell how many there are, and how many are due', async () => {
  await using world = await startOperatedWorld()
  await person(world).login({ as: 'creator' })
  world.pass(58 * DAY_MS)

  const { text } = await (await operator(world)).get('/accounts')

  expect(text).toMatch(/OK <span>2<\/span>/)
  expect(text).toContain('<strong>2 due to be refreshed</strong>')
})

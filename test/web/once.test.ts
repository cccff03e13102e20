import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { AccountEvent } from '../../src/accounts/events.ts'
import { createCallbacks, type Ways } from '../../src/login/callbacks.ts'
import { person } from '../support/person.ts'
import { startWorld, type World } from '../support/world.ts'
import { onSqlite } from '../support/places.ts'

function exchanges({ sandbox }: World): number {
  return sandbox.calls.filter(({ endpoint }) => endpoint === 'token').length
}

test('a callback that is reloaded shows the same success without a second exchange', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted())
  await somebody.get(callback)

  const again = await somebody.get(callback)

  expect(again.status).toBe(200)
  expect(again.text).toContain('@harbour.bakery')
  expect(exchanges(world)).toBe(1)
})

test('a callback that is reloaded an hour later still shows the success', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted())
  await somebody.get(callback)
  world.pass(60 * 60 * 1000)

  const again = await somebody.get(callback)

  expect([again.status, exchanges(world)]).toStrictEqual([200, 1])
})

test('the same callback many times at the same moment makes one exchange and shows success every time', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted())

  const pages = await Promise.all(Array.from({ length: 8 }, () => somebody.get(callback)))

  expect(pages.map(({ status }) => status)).toStrictEqual(Array(8).fill(200))
  expect(exchanges(world)).toBe(1)
})

test('the same callback at the same moment on two processes makes one exchange and shows success on both', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted())
  const elsewhere = person(world, await world.startAnother())
  for (const [name, value] of somebody.cookies) elsewhere.cookies.set(name, value)

  const pages = await Promise.all([somebody.get(callback), elsewhere.get(callback)])

  expect(pages.map(({ status }) => status)).toStrictEqual([200, 200])
  expect(exchanges(world)).toBe(1)
})

test('a browser that lost the first answer, and its new cookie, still gets the success', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted())
  const before = new Map(somebody.cookies)
  await somebody.get(callback)
  const lost = person(world)
  for (const [name, value] of before) lost.cookies.set(name, value)

  const page = await lost.get(callback)

  expect([page.status, exchanges(world)]).toStrictEqual([200, 1])
})

test('a failed login that is reloaded fails alike, under the same reference, without a second exchange', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted())
  world.sandbox.answerNext('token', { status: 500, contentType: 'text/html', body: '<h1>Sorry</h1>' })
  const reference = (html: string) => /Reference for whoever runs this site: <code>([^<]+)</.exec(html)?.[1]
  const first = await somebody.get(callback)

  const again = await somebody.get(callback)

  expect([first.status, again.status]).toStrictEqual([502, 502])
  expect(reference(again.text)).toBe(reference(first.text))
  expect(exchanges(world)).toBe(1)
})

test('a state is good for one answer only', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  const link = await somebody.getStarted()
  await somebody.get(await somebody.authorize(link))
  const second = await somebody.authorize(link)

  const page = await somebody.get(second)

  expect(page.status).toBe(400)
  expect(page.text).toContain('This login is over already')
  expect(exchanges(world)).toBe(1)
})

test('a login that a process began and never ended is given up, not waited for without end', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted())
  await somebody.get(callback)
  await world.database.run('UPDATE callbacks SET account_key = NULL')
  world.pass(31_000)

  const page = await somebody.get(callback)

  expect([page.status, exchanges(world)]).toStrictEqual([503, 1])
  expect(page.text).toContain('We were interrupted')
})

test('a login that a process began and never ended is logged once, whether or not anybody comes back to it', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted())
  await somebody.get(callback)
  await person(world).login({ as: 'creator' })
  await world.database.run(
    `UPDATE callbacks SET account_key = NULL
     WHERE account_key = (SELECT account_key FROM accounts WHERE username = 'harbour.bakery')`,
  )
  world.pass(61_000)

  await world.upkeep()
  await world.upkeep()
  const page = await somebody.get(callback)

  expect(world.log.filter((line) => line.includes('logins were interrupted'))).toHaveLength(1)
  expect(world.log.join('')).toMatch(/"count":1,"msg":"logins were interrupted/)
  expect(page.status).toBe(503)
  expect(page.text).toContain('We were interrupted')
})

test('those who wait for a login under way ask the database less and less often', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted())
  await somebody.get(callback)
  await world.database.run('UPDATE callbacks SET account_key = NULL')
  const before = world.outage.asked()

  const waiting = somebody.get(callback)
  await sleep(3_000)
  world.pass(31_000)
  const page = await waiting

  expect(page.text).toContain('We were interrupted')
  expect(world.outage.asked() - before).toBeLessThan(25)
})

test('the session id is new after the login, and the old one is connected to nothing', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted())
  const before = new Map(somebody.cookies)
  await somebody.get(callback)
  const thief = person(world)
  for (const [name, value] of before) thief.cookies.set(name, value)

  const page = await thief.get('/')

  expect([...before.values()]).not.toStrictEqual([...somebody.cookies.values()])
  expect(page.text).toContain('Get Started</a>')
})

test('a login that was kept and failed only then is the success that it was, when it comes again', async () => {
  await using world = await startWorld()
  await person(world).login()
  const [{ account }] = world.events as [AccountEvent]
  const callbacks = createCallbacks(
    world.database,
    () => world.now(),
    () => undefined,
  )
  const callback = { state: 'a state', code: 'a code', fresh: true, reference: '2222-2222' }
  const ways: Ways = {
    async login(finish) {
      await world.database.transaction((queries) => finish(queries, account))
      throw new Error('too late')
    },
    again: (accountKey) => Promise.resolve({ ...account, key: accountKey }),
  }
  await expect(callbacks.once(callback, ways)).rejects.toThrow('too late')

  const again = await callbacks.once(callback, ways)

  expect(again).toStrictEqual(account)
})

onSqlite('page views write nothing, not even the first', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  const changes = () => world.database.all('SELECT total_changes() AS total')
  const before = await changes()

  await somebody.get('/')
  await somebody.get('/')

  expect(await world.database.all('SELECT * FROM sessions')).toStrictEqual([])
  expect(await changes()).toStrictEqual(before)
})

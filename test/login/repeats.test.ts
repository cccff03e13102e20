import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HOUR_MS } from '../../src/facts.ts'
import { person, type Person } from '../support/person.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let guests = 0
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

/** A new person who has just authorized: `callback` is where Instagram sends the browser. */
async function authorize() {
  const somebody = person(world)
  const href = await somebody.getStarted()
  const as = `guest-${(guests += 1)}` as const
  const callback = await somebody.authorize(href, { as })
  return { somebody, href, as, callback, username: as.replace('-', '.') }
}

/** The same browser with other cookies, or in front of another process. */
function sameBrowser({ cookies }: Person, origin = world.origin): Person {
  return person(world, origin, new Map(cookies))
}

/** How often Instagram was asked to exchange the code of a callback. */
function exchanges(callback: string): number {
  const code = new URLSearchParams(callback.split('?')[1]).get('code')
  return world.sandbox.calls.filter(
    ({ endpoint, fields }) => endpoint === 'token' && new Map(fields).get('code') === code,
  ).length
}

/** The login of this person loses its outcome, as if its process had been killed. */
async function forgetOutcome(username: string): Promise<void> {
  await world.database.query(
    'UPDATE login_attempts SET account_key = NULL WHERE account_key = (SELECT account_key FROM accounts WHERE username = $1)',
    [username],
  )
}

test('a person who reloads the page after the login, even an hour later, sees the same success', async () => {
  const { somebody, callback, username } = await authorize()
  await somebody.get(callback)

  const soon = await somebody.get(callback)
  world.pass(HOUR_MS)
  const later = await somebody.get(callback)

  expect([soon.status, later.status]).toStrictEqual([200, 200])
  expect(soon.text).toContain(`@${username}`)
  expect(later.text).toContain(`@${username}`)
  expect(exchanges(callback)).toBe(1)
})

test('a callback that arrives many times at the same moment, at two processes, always succeeds with one exchange', async () => {
  const { somebody, callback } = await authorize()
  const elsewhere = sameBrowser(somebody, await world.startAnother())

  const pages = await Promise.all(
    Array.from({ length: 8 }, (_, index) => (index % 2 ? somebody : elsewhere).get(callback)),
  )

  expect(pages.map(({ status }) => status)).toStrictEqual(Array(8).fill(200))
  expect(exchanges(callback)).toBe(1)
})

test('a person whose browser lost the response, and its new cookie, still gets the success', async () => {
  const { somebody, callback } = await authorize()
  const before = sameBrowser(somebody)
  await somebody.get(callback)

  const page = await before.get(callback)

  expect([page.status, exchanges(callback)]).toStrictEqual([200, 1])
})

test('a person who reloads the page of a failed login sees the same failure and reference', async () => {
  const { somebody, callback } = await authorize()
  world.sandbox.answerNext('token', { status: 500, contentType: 'text/html', body: '<h1>Sorry</h1>' })
  const reference = (html: string) => /<code>([\w-]{9})<\/code>/.exec(html)?.[1]
  const first = await somebody.get(callback)

  const again = await somebody.get(callback)

  expect([first.status, again.status]).toStrictEqual([502, 502])
  expect(reference(first.text)).toBeDefined()
  expect(reference(again.text)).toBe(reference(first.text))
  expect(exchanges(callback)).toBe(1)
})

test('a person who goes back and authorizes again with the same link is told that its login is over', async () => {
  const { somebody, href, as, callback } = await authorize()
  await somebody.get(callback)
  const second = await somebody.authorize(href, { as })

  const page = await somebody.get(second)

  expect(page.status).toBe(400)
  expect(page.text).toContain('This login is over already')
  expect(exchanges(second)).toBe(0)
})

test('a person whose account was disconnected since is told so', async () => {
  const { somebody, callback } = await authorize()
  await somebody.get(callback)
  await somebody.post('/disconnect')

  const page = await somebody.get(callback)

  expect([page.status, exchanges(callback)]).toStrictEqual([410, 1])
})

test('a person whose login is interrupted is told so after half a minute, and the log once', async () => {
  const { somebody, callback, username } = await authorize()
  await somebody.get(callback)
  await forgetOutcome(username)
  world.pass(31_000)
  const page = await somebody.get(callback)
  world.pass(30_000)

  await world.runJobs()
  await world.runJobs()
  const later = await somebody.get(callback)

  expect([page.status, later.status]).toStrictEqual([503, 503])
  expect(page.text).toContain('We were interrupted')
  expect(later.text).toContain('We were interrupted')
  expect(exchanges(callback)).toBe(1)
  expect(world.log.join('').match(/"count":1,"msg":"logins were interrupted/g)).toHaveLength(1)
})

test('while another request carries out a login, the database is asked for its outcome less and less often', async () => {
  const { somebody, callback, username } = await authorize()
  await somebody.get(callback)
  await forgetOutcome(username)
  const before = world.outage.asked()

  const waiting = somebody.get(callback)
  await sleep(1_000) // A slow machine asks less often still.
  const asked = world.outage.asked() - before
  world.pass(31_000)
  const page = await waiting

  expect(page.text).toContain('We were interrupted')
  expect(asked).toBeLessThan(12)
})

test('the session id is new after the login, and the old one is connected to nothing', async () => {
  const { somebody, callback } = await authorize()
  const before = sameBrowser(somebody)
  await somebody.get(callback)

  const page = await before.get('/')

  expect([...before.cookies.values()]).not.toStrictEqual([...somebody.cookies.values()])
  expect(page.text).toContain('Get Started</a>')
})

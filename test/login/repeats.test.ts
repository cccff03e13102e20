import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { HOUR_MS, MINUTE_MS } from '../../src/facts.ts'
import { linkCalled, person, type Person } from '../support/person.ts'
import { meta } from '../web/metaCalls.ts'
import { startWorld, type World } from '../support/world.ts'

let world: World
let guests = 0
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

/** A new person who has just authorized: `callback` is where Instagram sends the browser. */
async function authorize(somebody = person(world)) {
  const href = (await somebody.get('/login')).get('Location') ?? ''
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

/** The sessions of this person's account. */
async function sessionsOf(username: string): Promise<unknown[]> {
  const { rows } = await world.database.query(
    `SELECT sid FROM sessions s JOIN accounts a ON s.account_key LIKE a.account_key || '%' WHERE username = $1`,
    [username],
  )
  return rows
}

const isConnected = async (somebody: Person) => !(await somebody.get('/')).text.includes('Get Started</a>')

test('a person who reloads the page after the login, even an hour later, sees their account', async () => {
  const { somebody, callback, username } = await authorize()
  await somebody.get(callback)

  const soon = await somebody.get(callback)
  world.pass(HOUR_MS)
  const later = await somebody.get(callback)

  expect([soon.status, later.status]).toStrictEqual([200, 200])
  expect(soon.text).toContain(`@${username}`)
  expect(later.text).toContain(`@${username}`)
  expect(exchanges(callback)).toBe(1)
  expect(await sessionsOf(username)).toHaveLength(1)
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

test.each([
  ['a new browser', {}],
  ['a browser that is connected to another account', { as: 'creator' }],
] as const)(
  'of %s whose callback arrives twice at the same moment, either response may be the last',
  async (_, before) => {
    const newcomer = person(world)
    if ('as' in before) await newcomer.login(before)
    world.pass(1)
    const { somebody, callback, username } = await authorize(newcomer)
    const [one, other] = [sameBrowser(somebody), sameBrowser(somebody, await world.startAnother())]

    await Promise.all([one.get(callback), other.get(callback)])

    for (const browser of [one, other]) {
      expect((await browser.get('/picture')).status).toBe(200)
      expect((await browser.get('/')).text).toContain(`@${username}`)
    }
    expect(await sessionsOf(username)).toHaveLength(1)
  },
)

test('a person whose browser lost the response, and its new cookies, gets the success and the same session again', async () => {
  const { somebody, callback, username } = await authorize()
  const before = Array.from({ length: 3 }, () => sameBrowser(somebody))
  await somebody.get(callback)

  const pages = []
  for (const browser of before) pages.push(await browser.get(callback))

  expect(pages.map(({ status }) => status)).toStrictEqual([200, 200, 200])
  expect(exchanges(callback)).toBe(1)
  expect(await Promise.all([somebody, ...before].map(isConnected))).toStrictEqual([true, true, true, true])
  expect(await sessionsOf(username)).toHaveLength(1)
})

test('two minutes after the login, its callback signs no browser in again', async () => {
  const { somebody, callback, username } = await authorize()
  const [soon, late] = [sameBrowser(somebody), sameBrowser(somebody)]
  await somebody.get(callback)

  world.pass(2 * MINUTE_MS)
  const inTime = await soon.get(callback)
  world.pass(1)
  const page = await late.get(callback)

  expect([inTime.status, page.status]).toStrictEqual([200, 400])
  expect(page.text).toContain('This sign-in link was already used')
  expect(await isConnected(late)).toBe(false)
  expect(await sessionsOf(username)).toHaveLength(1)
})

test('a person who has connected another account since sees the former one again, and the other stays the first', async () => {
  const { somebody, callback, username } = await authorize()
  await somebody.get(callback)
  await somebody.get(await somebody.authorize(linkCalled('Connect another account', (await somebody.get('/')).text)))

  const page = await somebody.get(callback)

  expect(page.status).toBe(200)
  expect(page.text).toContain(`<h1>@${username}`)
  expect((await somebody.get('/')).text).toContain('<h1>@harbour.bakery')
})

test('a person who reloads the page of a failed login sees the same failure and reference', async () => {
  const { somebody, callback } = await authorize()
  world.sandbox.answerNext('token', { status: 500, contentType: 'text/html', body: '<h1>Sorry</h1>' })
  const reference = (html: string) => /<code id="reference">([\w-]{9})</.exec(html)?.[1]
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
  expect(page.text).toContain('This sign-in link was already used')
  expect(page.text).toContain('Go to your account')
  expect(exchanges(second)).toBe(0)
})

test.each([
  ['disconnected', (somebody: Person, account: string) => somebody.submit('/disconnect', { account })],
  ['removed the app at Instagram', (_: Person, userId: string) => meta(world, '/deauthorize', { userId })],
])('a person who has %s since sees that the login is over, and is not signed in', async (_, end) => {
  const { somebody, callback, username } = await authorize()
  const before = sameBrowser(somebody)
  await somebody.get(callback)
  const { rows } = await world.database.query('SELECT id FROM accounts WHERE username = $1', [username])
  await end(somebody, String(rows[0]?.['id']))

  const pages = [await somebody.get(callback), await before.get(callback)]

  expect(pages.map(({ status }) => status)).toStrictEqual([400, 400])
  for (const page of pages) {
    expect(page.text).toContain('This sign-in link was already used')
    expect(page.text).not.toContain('Go to your account')
  }
  expect([await isConnected(somebody), await isConnected(before)]).toStrictEqual([false, false])
  expect(exchanges(callback)).toBe(1)
})

test('repeated callbacks count for the limit on callbacks', async () => {
  const { somebody, callback } = await authorize()
  const remaining = async (path: string) =>
    Number(/r=(\d+)/.exec((await somebody.get(path)).get('RateLimit') ?? '')?.[1])
  await somebody.get(callback)

  const [first, second, visit] = [await remaining(callback), await remaining(callback), await remaining('/response')]

  expect([second, visit]).toStrictEqual([first - 1, first - 2])
  expect(await remaining('/response')).toBe(visit)
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
  expect(page.text).toContain('This login was interrupted')
  expect(later.text).toContain('This login was interrupted')
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

  expect(page.text).toContain('This login was interrupted')
  expect(asked).toBeLessThan(12)
})

test('nobody waits longer than half a minute for another request, even if the clock is set back', async () => {
  const { somebody, callback, username } = await authorize()
  await somebody.get(callback)
  await forgetOutcome(username)
  await world.database.query('UPDATE login_attempts SET claimed_at = claimed_at + $1', [HOUR_MS])
  const before = world.outage.asked()

  const waiting = somebody.get(callback)
  await vi.waitFor(() => {
    expect(world.outage.asked()).toBeGreaterThan(before + 2)
  })
  const monotonic = performance.now.bind(performance)
  vi.spyOn(performance, 'now').mockImplementation(() => monotonic() + 31_000)
  const page = await waiting
  vi.restoreAllMocks()

  expect(page.text).toContain('This login was interrupted')
})

test('the session id is new after the login, and the old one is connected to nothing', async () => {
  const { somebody, callback } = await authorize()
  const before = sameBrowser(somebody)
  await somebody.get(callback)

  const page = await before.get('/')

  expect([...before.cookies.values()]).not.toStrictEqual([...somebody.cookies.values()])
  expect(page.text).toContain('Get Started</a>')
})

test('a login that failed with an error code of another version shows the unknown page when its callback is repeated', async () => {
  const { somebody, callback } = await authorize()
  world.sandbox.fail('code_expired')
  await somebody.get(callback)
  const outcome = JSON.stringify({ code: 'of_a_newer_version', reference: '7K2M-QX4D' })
  await world.database.query('UPDATE login_attempts SET outcome = $1 WHERE account_key IS NULL', [outcome])

  const page = await somebody.get(callback)

  expect(page.status).toBe(502)
  expect(page.text).toContain('7K2M-QX4D')
  expect(exchanges(callback)).toBe(1)
})

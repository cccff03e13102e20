import type { Response } from 'supertest'
import { afterAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { DAY_MS } from '../../src/facts.ts'
import { linkCalled, person, type Person } from '../support/person.ts'
import { connectShop } from '../support/shops.ts'
import { startWorld } from '../support/world.ts'

const BROWSER = /-browser=/
const SESSION = /^[^=]+-\d+=/
const HTTPS = { INSTAGRAM_REDIRECT_URI: 'https://tokens.example/response' }

const world = await startWorld()
afterAll(() => world[Symbol.asyncDispose]())
beforeEach(async () => {
  await world.database.query('DELETE FROM sessions')
})

async function sessions(): Promise<unknown[]> {
  return (await world.database.query('SELECT sid, data, expires_at FROM sessions')).rows
}

/** Moves the system's clock, by which sessions expire, until the test is finished. */
function passDays(days: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + days * DAY_MS })
  onTestFinished(() => {
    vi.useRealTimers()
  })
}

/** Changes the last letters of the cookie whose name ends like this. */
function changeCookie({ cookies }: Person, ending: RegExp): void {
  const name = [...cookies.keys()].find((known) => ending.test(known)) ?? ''
  const value = cookies.get(name) ?? ''
  cookies.set(name, `${value.slice(0, -2)}${value.endsWith('AA') ? 'BA' : 'AA'}`)
}

/** For how many days a response's cookie lasts; `undefined`: it sets none. */
function daysOf(response: Response, cookie: RegExp): number | undefined {
  const found = response.get('Set-Cookie')?.find((text) => cookie.test(text))
  const [, expires = ''] = /Expires=([^;]+)/.exec(found ?? '') ?? []
  return found === undefined ? undefined : Math.round((Date.parse(expires) - Date.now()) / DAY_MS)
}

/** The cookies that a login sets, from the start page on. */
async function cookiesOfLogin(somebody: Person): Promise<string[]> {
  const start = await somebody.get('/')
  const page = await somebody.get(await somebody.authorize(linkCalled('Get Started', start.text)))
  return [start, page].flatMap((response) => response.get('Set-Cookie') ?? []).sort()
}

test('the cookies on http are HttpOnly and SameSite=Lax', async () => {
  const cookies = await cookiesOfLogin(person(world))

  expect(cookies).toStrictEqual([
    expect.stringMatching(
      /^instagram-access-token-\d+-browser=[^;]+; Max-Age=86400; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
    ),
    expect.stringMatching(
      /^instagram-access-token-\d+-finished=\d+; Max-Age=120; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
    ),
    expect.stringMatching(/^instagram-access-token-\d+=[^;]+; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/),
  ])
})

test('the cookies on https are Secure and have __Host- names', async () => {
  await using https = await startWorld(HTTPS)
  const somebody = person(https, https.origin, new Map(), { 'X-Forwarded-Proto': 'https' })

  const cookies = await cookiesOfLogin(somebody)

  expect(cookies).toStrictEqual([
    expect.stringMatching(
      /^__Host-instagram-access-token-browser=[^;]+; Max-Age=86400; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
    ),
    expect.stringMatching(
      /^__Host-instagram-access-token-finished=\d+; Max-Age=120; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
    ),
    expect.stringMatching(
      /^__Host-instagram-access-token=[^;]+; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
    ),
  ])
  expect((await somebody.get('/')).text).toContain('@harbour.bakery')
  expect(https.log.join('')).not.toContain('X-Forwarded-Proto')
})

test('behind a proxy that does not tell of https there is no session, and the log says once why', async () => {
  await using https = await startWorld(HTTPS)
  const somebody = person(https)

  const page = await somebody.login()
  const again = await somebody.get('/')

  expect(page.text).toContain('@harbour.bakery')
  expect(again.text).toContain('Get Started</a>')
  expect(https.log.filter((line) => line.includes('X-Forwarded-Proto: https'))).toHaveLength(1)
})

test('a visitor who only looks gets no session', async () => {
  const page = await person(world).get('/')

  expect(page.get('Set-Cookie')).toHaveLength(1)
  expect(await sessions()).toStrictEqual([])
})

test('a visitor is remembered for a day, a connected person for thirty', async () => {
  const somebody = person(world)

  const start = await somebody.get('/')
  const account = await somebody.login()

  expect(daysOf(start, BROWSER)).toBe(1)
  expect(daysOf(account, SESSION)).toBe(30)
})

test('a session and its cookie are prolonged to thirty days, at most once a day', async () => {
  const somebody = person(world)
  await somebody.login()

  passDays(29)
  const late = await somebody.get('/')
  const again = await somebody.get('/')
  const days = [daysOf(late, SESSION), daysOf(again, SESSION)]
  passDays(29)

  expect(late.text).toContain('@harbour.bakery')
  expect(days).toStrictEqual([30, undefined])
  expect((await somebody.get('/')).text).toContain('@harbour.bakery')
})

test('a session ends thirty days after the last visit', async () => {
  const somebody = person(world)
  await somebody.login()

  passDays(30.1)

  expect((await somebody.get('/')).text).toContain('Get Started</a>')
})

test('a visit changes nothing in the database', async () => {
  const somebody = person(world)
  await somebody.login()
  const before = await sessions()

  for (let visit = 0; visit < 3; visit += 1) await somebody.get('/')

  expect(await sessions()).toStrictEqual(before)
})

test('another process of the site knows the session', async () => {
  const somebody = person(world)
  await somebody.login()
  const another = await world.startAnother()

  const page = await person(world, another, somebody.cookies).get('/')

  expect(page.text).toContain('@harbour.bakery')
})

test('many people at once do not see each other’s accounts', async () => {
  const users = Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? 'business' : 'creator'))

  const pages = await Promise.all(
    users.map(async (as) => {
      const somebody = person(world)
      await somebody.login({ as })
      return (await somebody.get('/')).text
    }),
  )

  const names = pages.map((page) => /<h1>@([^<]+)/.exec(page)?.[1])
  expect(names).toStrictEqual(users.map((as) => (as === 'business' ? 'harbour.bakery' : 'mira.draws')))
  expect(await sessions()).toHaveLength(12)
})

test('a session cookie with a wrong signature is ignored', async () => {
  const somebody = person(world)
  await somebody.login()
  changeCookie(somebody, /-\d+$/)

  const page = await somebody.get('/')

  expect(page.text).toContain('Get Started</a>')
})

test('a session cookie that was signed with the previous secret is still valid', async () => {
  const somebody = person(world)
  await somebody.login()

  world.restart({
    SESSION_SECRETS: 'another-session-secret-0123456789abc,session-secret-marked-canary-0123456789',
  })
  const page = await somebody.get('/')
  world.restart()

  expect(page.text).toContain('@harbour.bakery')
})

test('a login cannot be finished with another browser secret', async () => {
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted())
  changeCookie(somebody, /-browser$/)

  const page = await somebody.get(callback)

  expect(page.status).toBe(403)
  expect(page.text).toContain('data-error="other_browser"')
})

test.each(['', 'x', '"', 'A'.repeat(44), 'constructor', '%'])(
  'a browser whose cookie holds %j gets a new secret, and logs in',
  async (value) => {
    const somebody = person(world)
    await somebody.get('/')
    const [name = ''] = somebody.cookies.keys()
    somebody.cookies.set(name, value)

    const page = await somebody.login()

    expect(page.text).toContain('@harbour.bakery')
    expect(somebody.cookies.get(name)).toMatch(/^[\w-]{36}$/)
  },
)

test('a session that cannot be stored is an error, and the login can be repeated', async () => {
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted())
  world.outage.beginAt(/INSERT INTO sessions/)

  const page = await somebody.get(callback)
  world.outage.end()
  const again = await somebody.get(callback)

  expect(page.status).toBe(503)
  expect(page.text).toContain('Temporarily unavailable')
  expect(page.get('Set-Cookie')?.filter((cookie) => SESSION.test(cookie)) ?? []).toStrictEqual([])
  expect(again.text).toContain('@harbour.bakery')
})

describe('a browser with two accounts', () => {
  const IDS = { business: '27640875392278831', creator: '25081994730615283' }

  beforeEach(async () => {
    await world.database.query('DELETE FROM accounts')
  })

  async function add(somebody: Person, as: keyof typeof IDS): Promise<Response> {
    const link = (await somebody.get('/login')).get('Location') ?? ''
    return somebody.get(await somebody.authorize(link, { as }))
  }

  async function withTwoAccounts(): Promise<Person> {
    const somebody = person(world)
    await add(somebody, 'business')
    await add(somebody, 'creator')
    return somebody
  }

  const headingOn = ({ text }: Response) => /<h1>@?([^<]+)/.exec(text)?.[1]
  const noticeOn = ({ text }: Response) => /<p class="notice">([^<]+)/.exec(text)?.[1]
  const switcherOn = ({ text }: Response) => Array.from(text.matchAll(/<a href="\/\?account=(\d+)"/g), ([, id]) => id)
  const names = async () =>
    (await world.database.query('SELECT username FROM accounts')).rows.map((row) => row['username'])

  test('shows the one connected last, and leads to each and to a further one', async () => {
    const somebody = await withTwoAccounts()

    const page = await somebody.get('/')
    const other = await somebody.get(`/?account=${IDS.business}`)

    expect([headingOn(page), headingOn(other)]).toStrictEqual(['mira.draws', 'harbour.bakery'])
    expect([switcherOn(page), switcherOn(other)]).toStrictEqual([
      [IDS.creator, IDS.business],
      [IDS.creator, IDS.business],
    ])
    expect(linkCalled('Add account', page.text)).toBe('/login?force_reauth=1')
    expect((await somebody.get('/picture')).body).not.toStrictEqual(
      (await somebody.get(`/picture?account=${IDS.business}`)).body,
    )
  })

  test('disconnects the one that the form names, and stays connected to the other', async () => {
    const somebody = await withTwoAccounts()

    const question = await somebody.get(`/disconnect?account=${IDS.business}`)
    const unnamed = await somebody.get('/disconnect')
    const asked = await names()
    await somebody.submit('/disconnect', { account: IDS.business })

    const page = await somebody.get('/')
    expect([headingOn(question), headingOn(unnamed)]).toStrictEqual([
      'Disconnect @harbour.bakery?',
      'Disconnect @mira.draws?',
    ])
    expect(asked).toHaveLength(2)
    expect(headingOn(page)).toBe('mira.draws')
    expect(noticeOn(page)).toContain('@harbour.bakery was disconnected, and its token was deleted.')
    expect([switcherOn(page), await names()]).toStrictEqual([[], ['mira.draws']])
  })

  test('renews the one that the form names, and returns to it', async () => {
    const somebody = await withTwoAccounts()
    world.pass(2 * DAY_MS)

    const response = await somebody.submit('/refresh', { account: IDS.business })

    const page = await somebody.get(response.get('Location') ?? '')
    expect([headingOn(page), noticeOn(page)]).toStrictEqual([
      'harbour.bakery',
      'The token of @harbour.bakery was renewed.',
    ])
  })

  test.each(['/refresh', '/disconnect'])(
    'changes nothing where the page of a form (POST %s) is of an account that it left',
    async (path) => {
      const somebody = await withTwoAccounts()
      await somebody.submit('/disconnect', { account: IDS.creator })
      await person(world).login({ as: 'creator' })
      await somebody.get('/')

      await somebody.submit(path, { account: IDS.creator })
      const named = await somebody.get('/')
      await somebody.post(path)
      const unnamed = await somebody.get('/')

      const notice =
        'Nothing was changed: this browser is no longer connected to that account. It is connected to @harbour.bakery now.'
      expect([noticeOn(named), noticeOn(unnamed)]).toStrictEqual([notice, notice])
      expect((await names()).sort()).toStrictEqual(['harbour.bakery', 'mira.draws'])
    },
  )

  test.each(['deauthorize', 'data_deletion'] as const)(
    'stays connected to the other one after %s, also when the first is connected again elsewhere',
    async (request) => {
      const somebody = await withTwoAccounts()
      await world.sandbox.tell(request, 'creator')
      const page = await somebody.get('/')
      await person(world).login({ as: 'creator' })

      const later = await somebody.get('/')

      expect([headingOn(page), headingOn(later)]).toStrictEqual(['harbour.bakery', 'harbour.bakery'])
      expect([switcherOn(page), switcherOn(later)]).toStrictEqual([[], []])
    },
  )
})

test('a browser keeps the five accounts that were connected last', async () => {
  const somebody = person(world)
  for (let number = 1; number <= 6; number++) await connectShop(world, somebody, number)

  const page = await somebody.get('/')

  expect(Array.from(page.text.matchAll(/account=\d+"[^>]*>@(shop\d)</g), ([, name]) => name)).toStrictEqual([
    'shop6',
    'shop5',
    'shop4',
    'shop3',
    'shop2',
  ])
})

import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Express, Request, RequestHandler } from 'express'
import session, { type CookieOptions } from 'express-session'
import { describe, expect, test } from 'vitest'
import { createInstagram, createSandbox } from '../../src/index.ts'
import { APP_ID, PASSWORD } from '../admin/support.ts'
import { person, type Person } from '../support/person.ts'
import { allow, logIn, type Site, type SiteOptions, startSite } from './support.ts'

/** A host that stores something in its session, and shows all of it. */
function withSession(sessions: RequestHandler | RequestHandler[]): SiteOptions {
  return {
    before(host: Express) {
      host.use(sessions)
      host.get('/basket', (request, response) => {
        dataOf(request)['basket'] = ['bread']
        response.json('kept')
      })
      host.get('/session', (request, response) => {
        response.json({ id: request.sessionID, data: dataOf(request) })
      })
    },
  }
}

function dataOf({ session: data }: Request): Record<string, unknown> {
  return data as unknown as Record<string, unknown>
}

const expressSession = () => session({ secret: 'the host’s', resave: false, saveUninitialized: false })

/** As cookie-session does it: all is in a cookie, and the session has no methods. */
const cookieSession: RequestHandler = (request, response, next) => {
  const [, kept = ''] = /(?:^|; )basket=([^;]*)/.exec(request.headers.cookie ?? '') ?? []
  const data: object = kept ? (JSON.parse(Buffer.from(kept, 'base64url').toString()) as object) : {}
  Object.assign(request, { session: data })
  const writeHead = response.writeHead.bind(response)
  response.writeHead = (...head: [number]) => {
    response.cookie('basket', Buffer.from(JSON.stringify(data)).toString('base64url'))
    return writeHead(...head)
  }
  next()
}

const methodsThatDoNothing: RequestHandler = (request, _response, next) => {
  const nothing = (done: () => void) => {
    done()
  }
  Object.assign(request.session, { regenerate: nothing, save: nothing })
  next()
}

/** As iron-session does it: `save` takes no callback, and nothing is kept without it. */
const sessionWithPromises = (): RequestHandler => {
  const kept = new Map<string, object>()
  return (request, response, next) => {
    const [, id = randomUUID()] = /(?:^|; )sealed=([^;]*)/.exec(request.headers.cookie ?? '') ?? []
    const save = async () => {
      await setImmediate()
      kept.set(id, { ...data })
      response.cookie('sealed', id)
    }
    const data: object = Object.defineProperties({ ...kept.get(id) }, { save: { value: save } })
    Object.assign(request, { session: data })
    next()
  }
}

/** Properties of a session that are not ours. */
const OF_HOST = ['basket', 'cookie', 'regenerate', 'save']

/** A host behind a proxy for https that does not trust it, or with another mistake about its cookie. */
const withCookie = (cookie: CookieOptions) =>
  withSession(session({ secret: 'the host’s', resave: false, saveUninitialized: false, cookie }))

/** As cookie-session does it: options can be seen at the request, and a secure cookie is not sent by http. */
const secureCookieSession: RequestHandler = (request, _response, next) => {
  Object.assign(request, { session: {}, sessionOptions: { secure: true } })
  next()
}

describe('one warning names the cause when the cookie of a host', () => {
  const warnings = ({ log }: Site) =>
    log.filter(({ level, message }) => level === 'warn' && message.includes('cookie')).map(({ message }) => message)

  test.each([
    ['is secure and Express takes requests for http', withCookie({ secure: true }), 'set “trust proxy”'],
    ['of cookie-session is secure', withSession(secureCookieSession), 'set “trust proxy”'],
    ['is SameSite=Strict', withCookie({ sameSite: 'strict' }), 'Set sameSite to “lax”'],
  ])('%s', async (_, how, cause) => {
    await using site = await startSite(how)

    for (let logins = 0; logins < 2; logins++) await logIn(person(site))

    expect(warnings(site)).toStrictEqual([expect.stringContaining(cause)])
  })

  test('comes back, there is none', async () => {
    const { before } = withCookie({ secure: true, sameSite: 'lax' })
    const publicOrigin = 'https://shop.example'
    await using site = await startSite({
      publicOrigin,
      before(host) {
        host.set('trust proxy', 1)
        before?.(host)
      },
    })

    await logIn(person(site, site.origin, new Map(), { 'X-Forwarded-Proto': 'https' }))

    expect(warnings(site)).toStrictEqual([])
  })
})

interface Seen {
  id?: string
  data: Record<string, unknown>
}

async function sessionOf(somebody: Person): Promise<Seen> {
  return (await somebody.get('/session')).body as Seen
}

const isConnected = async (somebody: Person, base = '/instagram') =>
  (await somebody.get(`${base}/`)).text.includes('@harbour.bakery')

describe.each([
  ['express-session', expressSession],
  ['cookie-session', () => cookieSession],
  // Which passport asks of whoever has cookie-session: https://github.com/jaredhanson/passport/issues/904
  ['cookie-session, and methods that do nothing', () => [cookieSession, methodsThatDoNothing]],
])('a host with %s', (_, sessions) => {
  test('keeps its own data when a person logs in, and sends no second session cookie', async () => {
    await using site = await startSite(withSession(sessions()))
    const somebody = person(site)
    await somebody.get('/basket')
    const names = [...somebody.cookies.keys()]

    await logIn(somebody)

    expect(await isConnected(somebody)).toBe(true)
    const { data } = await sessionOf(somebody)
    expect(data).toMatchObject({ basket: ['bread'] })
    const ours = `instagram-access-token ${site.sandbox.options.clientId} /instagram`
    expect(Object.keys(data).filter((name) => !OF_HOST.includes(name))).toStrictEqual([ours])
    const added = [...somebody.cookies.keys()].filter((name) => !names.includes(name))
    expect(added).toStrictEqual([
      expect.stringMatching(/-browser\.instagram$/),
      expect.stringMatching(/-finished\.instagram$/),
    ])
  })

  test('keeps its own data when a person disconnects, and nothing of ours', async () => {
    await using site = await startSite(withSession(sessions()))
    const somebody = person(site)
    await somebody.get('/basket')
    await logIn(somebody)

    await somebody.submit('/instagram/disconnect', { account: APP_ID })

    expect(await isConnected(somebody)).toBe(false)
    const { data } = await sessionOf(somebody)
    expect(Object.keys(data).filter((name) => !OF_HOST.includes(name))).toStrictEqual([])
    expect(data).toHaveProperty('basket')
  })

  test('that signs a person out does not have a repeated callback sign them in again', async () => {
    const how = withSession(sessions())
    const before = (host: Express) => {
      how.before?.(host)
      host.get('/sign-out', (request, response) => {
        for (const name of Object.keys(dataOf(request)))
          if (name !== 'cookie') Reflect.deleteProperty(dataOf(request), name)
        response.json('signed out')
      })
    }
    await using site = await startSite({ before })
    const somebody = person(site)
    const callback = await allow(somebody)
    await somebody.get(callback)
    await somebody.get('/sign-out')

    const page = await somebody.get(callback)

    expect([page.status, await isConnected(somebody)]).toStrictEqual([400, false])
  })

  test('keeps a person connected whose session was empty before', async () => {
    await using site = await startSite(withSession(sessions()))
    const somebody = person(site)

    await logIn(somebody)

    expect(await isConnected(somebody)).toBe(true)
    expect(await isConnected(person(site))).toBe(false)
  })

  test('keeps the admin signed in beside an account, each until its end', async () => {
    const how = withSession(sessions())
    await using site = await startSite({ ...how, options: { adminPassword: PASSWORD } })
    const somebody = person(site)
    const isOperator = async () => (await somebody.get('/instagram/accounts')).text.includes('Sign out')
    await logIn(somebody)

    await somebody.submit('/instagram/accounts/sign-in', { password: PASSWORD })
    const both = [await isOperator(), await isConnected(somebody)]
    await somebody.post('/instagram/accounts/sign-out')
    const after = [await isOperator(), await isConnected(somebody)]

    expect([both, after]).toStrictEqual([
      [true, true],
      [false, true],
    ])
  })

  test('shows the admin the result of a button once', async () => {
    const how = withSession(sessions())
    await using site = await startSite({ ...how, options: { adminPassword: PASSWORD } })
    const [operator, somebody] = [person(site), person(site)]
    await logIn(somebody)
    const [account] = (await site.instagram.accounts.list()).accounts
    await operator.submit('/instagram/accounts/sign-in', { password: PASSWORD })

    await operator.post(`/instagram/accounts/${account?.id ?? ''}/disconnect`)
    const [first, second] = [await operator.get('/instagram/accounts'), await operator.get('/instagram/accounts')]

    const notice = '@harbour.bakery was disconnected, and its token was deleted.'
    expect([first.text.includes(notice), second.text.includes(notice)]).toStrictEqual([true, false])
  })
})

test('the id of a host’s session that was there before a login opens nothing afterwards', async () => {
  await using site = await startSite(withSession(expressSession()))
  const somebody = person(site)
  await somebody.get('/basket')
  const thief = person(site, site.origin, new Map(somebody.cookies))
  const before = await sessionOf(somebody)

  await logIn(somebody)
  const after = await sessionOf(somebody)

  expect(after.id).not.toBe(before.id)
  expect(await isConnected(thief)).toBe(false)
  expect((await sessionOf(thief)).data).not.toHaveProperty('basket')
})

test('a host whose session is saved by a promise keeps a person connected until they disconnect', async () => {
  await using site = await startSite(withSession(sessionWithPromises()))
  const somebody = person(site)

  await logIn(somebody)
  const connected = await isConnected(somebody)
  await somebody.submit('/instagram/disconnect', { account: APP_ID })

  expect([connected, await isConnected(somebody)]).toStrictEqual([true, false])
})

test('a host whose session is saved by a promise shows the admin the result of a button once', async () => {
  const how = withSession(sessionWithPromises())
  await using site = await startSite({ ...how, options: { adminPassword: PASSWORD } })
  const [operator, somebody] = [person(site), person(site)]
  await logIn(somebody)
  const [account] = (await site.instagram.accounts.list()).accounts
  await operator.submit('/instagram/accounts/sign-in', { password: PASSWORD })
  const isTold = async () => (await operator.get('/instagram/accounts')).text.includes('was disconnected, ')

  await operator.post(`/instagram/accounts/${account?.id ?? ''}/disconnect`)

  expect([await isTold(), await isTold()]).toStrictEqual([true, false])
})

test('people log in at a host that has cleared request.session', async () => {
  const sessions: RequestHandler = (request, _response, next) => {
    Object.assign(request, { session: null })
    next()
  }
  await using site = await startSite({ before: (host) => host.use(sessions) })
  const somebody = person(site)

  await logIn(somebody)

  expect(await isConnected(somebody)).toBe(true)
})

test('data of a host’s session called save and regenerate is left alone', async () => {
  const data = { save: true, regenerate: 'on Mondays' }
  const sessions: RequestHandler = (request, _response, next) => {
    Object.assign(request, { session: data })
    next()
  }
  await using site = await startSite({ before: (host) => host.use(sessions) })

  const page = await logIn(person(site))

  expect(page.text).toContain('@harbour.bakery')
  expect(data).toMatchObject({ save: true, regenerate: 'on Mondays' })
})

test('the lifetime of the host’s session stays as the host has set it', async () => {
  const how = withSession(expressSession())
  const before = (host: Express) => {
    how.before?.(host)
    host.get('/remember', ({ session: { cookie } }, response) => {
      cookie.maxAge = 1_000_000
      response.json('remembered')
    })
  }
  await using site = await startSite({ before })
  const somebody = person(site)
  await somebody.get('/basket')
  await somebody.get('/remember')

  await logIn(somebody)

  // express-session computes it from its clock, which goes on.
  const { cookie } = (await sessionOf(somebody)).data as { cookie: { originalMaxAge: number } }
  expect(cookie.originalMaxAge).toBeGreaterThan(900_000)
  expect(cookie.originalMaxAge).toBeLessThanOrEqual(1_000_000)
})

test('a host can have sessions for some requests only', async () => {
  const sessions = expressSession()
  const before = (host: Express) =>
    host.use((request, response, next) => {
      if (request.headers['x-host-session']) void sessions(request, response, next)
      else next()
    })
  await using site = await startSite({ before })
  const somebody = person(site)

  await logIn(somebody)

  expect(await isConnected(somebody)).toBe(true)
  const { text } = await somebody.get('/instagram/', { 'X-Host-Session': 'yes' })
  expect(text).toContain('Get Started')
})

test('people stay connected at a host without sessions', async () => {
  await using site = await startSite()
  const somebody = person(site)

  await logIn(somebody)

  expect(await isConnected(somebody)).toBe(true)
  expect(await isConnected(person(site))).toBe(false)
})

test('cookies at an https address are for https only, also behind a proxy that the host does not trust', async () => {
  await using site = await startSite({ publicOrigin: 'https://site.example' })
  const somebody = person(site)
  const proxied = { 'X-Forwarded-Proto': 'https' }

  const begun = await somebody.get('/instagram/login', proxied)
  const page = await somebody.get(await somebody.authorize(begun.headers['location'] ?? 'none'), proxied)

  const cookies = [begun, page].map(({ headers }) => String(headers['set-cookie']))
  for (const cookie of cookies) expect(cookie).toMatch(/^__Host-instagram-access-token.*; Path=\/;.*; Secure/)
  expect(await isConnected(somebody)).toBe(true)
})

describe('two routers side by side with different settings', () => {
  /** One more of ours in the host, with a sandbox of its own. */
  async function startTwo(how: SiteOptions) {
    const ending = new AsyncDisposableStack()
    const site: Site = ending.use(
      await startSite({
        ...how,
        after: (host) => {
          host.use('/other', (request, response, next) => {
            other.router(request, response, next)
          })
        },
      }),
    )
    const sandbox = ending.use(await createSandbox({ redirectUri: `${site.origin}/other/response` }))
    const other = ending.use(createInstagram({ ...sandbox.options, log: site.options.log, jobs: false }))
    return { site, other, [Symbol.asyncDispose]: () => ending.disposeAsync() }
  }

  test.each([
    ['without a session', {}],
    ['with a session', withSession(expressSession())],
  ])('have separate accounts and sessions, in a host %s', async (_, how) => {
    await using two = await startTwo(how)
    const somebody = person(two.site)

    await logIn(somebody)
    const first = [await isConnected(somebody), await isConnected(somebody, '/other')]
    await logIn(somebody, { base: '/other' })
    const second = [await isConnected(somebody), await isConnected(somebody, '/other')]
    await somebody.submit('/instagram/disconnect', { account: APP_ID })
    const third = [await isConnected(somebody), await isConnected(somebody, '/other')]

    expect([first, second, third]).toStrictEqual([
      [true, false],
      [true, true],
      [false, true],
    ])
    const keys = await Promise.all(
      [two.site.instagram, two.other].map(async ({ accounts }) => (await accounts.list()).accounts.length),
    )
    expect(keys).toStrictEqual([0, 1])
  })
})

import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import type { Express, NextFunction, Response } from 'express'
import session from 'express-session'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { MINUTE_MS } from '../../src/facts.ts'
import type { Hooks, ViewName } from '../../src/index.ts'
import { linkCalled, person } from '../support/person.ts'
import { viewsOfHost } from './engine.ts'
import { allow, logIn, startSite } from './support.ts'

type OnConnected = NonNullable<Hooks['onConnected']>
type OnFailure = NonNullable<Hooks['onFailure']>
type Render = NonNullable<Hooks['render']>

/** The hooks of the running test. */
let hooks: Hooks = {}
const callNext = (...[, , , next]: [unknown, unknown, unknown, NextFunction]) => {
  next()
}
const POLICY = "default-src 'self' https://cdn.example"
const views = await viewsOfHost()
const site = await startSite({
  before(host: Express) {
    views.before(host)
    host.use(session({ secret: 'the host’s', resave: false, saveUninitialized: false }))
    host.use((request, response, next) => {
      Object.assign(request.session, { basket: 'bread' })
      response.set('Content-Security-Policy', POLICY)
      next()
    })
  },
  options: {
    adminPassword: 'a long enough one',
    bindTo: (request) => request.get('X-User'),
    onConnected: (login, request, response, next) => (hooks.onConnected ?? callNext)(login, request, response, next),
    onFailure: (failure, request, response, next) => (hooks.onFailure ?? callNext)(failure, request, response, next),
    render: (page, request, response, next) => (hooks.render ?? callNext)(page, request, response, next),
  },
})
beforeEach(() => {
  hooks = {}
  site.log.length = 0
})
afterAll(async () => {
  await site[Symbol.asyncDispose]()
  await views[Symbol.asyncDispose]()
})

const logged = (message: string) => site.log.filter((line) => line.message === message)

describe('a login that is bound to the user of the host', () => {
  const as = (user: string) => ({ 'X-User': user })

  test.each(['', 'Bob'])('is refused if “%s” has signed in at the host instead', async (user) => {
    const somebody = person(site)
    const begun = await somebody.get('/instagram/login', as('Ann'))
    const callback = await somebody.authorize(begun.headers['location'] ?? 'none', { as: 'creator' })

    const page = await somebody.get(callback, as(user))
    const pasted = await somebody.submit('/instagram/help', { pasted: site.origin + callback })
    const opened = await somebody.get(pasted.headers['location'] ?? 'none', as(user))
    const { accounts } = await site.instagram.accounts.list()

    expect([page.status, opened.status]).toStrictEqual([403, 403])
    expect(page.text).toContain('You’re signed in as a different user')
    expect(accounts.map(({ username }) => username)).not.toContain('mira.draws')
  })

  test.each(['Get Started', 'Connect another account'])('ends for the user who chose %s', async (link) => {
    const somebody = person(site)
    if (link !== 'Get Started') await logIn(somebody)
    const href = linkCalled(link, (await somebody.get('/instagram/', as('Ann'))).text)
    const begun = href.startsWith('/') ? ((await somebody.get(href, as('Ann'))).headers['location'] ?? '') : href
    const callback = await somebody.authorize(begun)

    const pages = [await somebody.get(callback, as('Ann')), await somebody.get(callback, as('Ann'))]

    expect(pages.map(({ status }) => status)).toStrictEqual([200, 200])
  })
})

describe('after a successful login', () => {
  test('the host gets the account, has its own session, and sends the response', async () => {
    const seen: unknown[] = []
    hooks.onConnected = async ({ account, ...login }, request, response) => {
      await setImmediate()
      const { basket } = request.session as unknown as { basket: unknown }
      seen.push({ ...login, username: account.username, basket })
      response.redirect('/own')
    }

    const answer = await logIn(person(site))

    expect([answer.status, answer.headers['location']]).toStrictEqual([302, '/own'])
    expect(seen).toStrictEqual([
      { username: 'harbour.bakery', basket: 'bread', isRepeated: false, returnTo: undefined },
    ])
  })

  test('by a callback that the person pasted on the help page, the host is called too', async () => {
    hooks.onConnected = ({ account, returnTo }, _request, response) => {
      response.send(`Hello @${account.username ?? '?'}, on your way to ${returnTo ?? 'nowhere'}`)
    }
    const somebody = person(site)
    const pasted = site.origin + (await allow(somebody, { query: '?return_to=/own' }))

    const { headers } = await somebody.submit('/instagram/help', { pasted })
    const answer = await somebody.get(headers['location'] ?? 'none')

    expect(answer.text).toBe(`Hello @harbour.bakery, on your way to ${site.origin}/own`)
  })

  test('a repeated callback gets the same response, and the host learns that it is repeated', async () => {
    const seen: unknown[] = []
    hooks.onConnected = ({ returnTo, isRepeated }, _request, response) => {
      seen.push({ returnTo, isRepeated })
      response.send('Hello')
    }
    const somebody = person(site)
    const callback = await allow(somebody, { query: '?return_to=/own' })

    const answers = [await somebody.get(callback), await somebody.get(callback)]

    expect(answers.map(({ text }) => text)).toStrictEqual(['Hello', 'Hello'])
    const returnTo = `${site.origin}/own`
    expect(seen).toStrictEqual([
      { returnTo, isRepeated: false },
      { returnTo, isRepeated: true },
    ])
  })

  test('a callback that is repeated later than two minutes shows the account, and the host is not called', async () => {
    let calls = 0
    hooks.onConnected = (_login, _request, response) => {
      calls += 1
      response.send('Hello')
    }
    const somebody = person(site)
    const callback = await allow(somebody, { query: '?return_to=/own' })
    const stranger = person(site, site.origin, new Map(somebody.cookies))
    await somebody.get(callback)
    site.sandbox.pass(2 * MINUTE_MS + 1)

    const [own, other] = [await somebody.get(callback), await stranger.get(callback)]

    expect([own.status, other.status, calls]).toStrictEqual([200, 400, 1])
    expect(own.text).toContain('@harbour.bakery')
  })

  test.each([
    ['', 200, undefined],
    ['?return_to=/own%3Fa=b', 303, '/own?a=b#'],
  ])('a hook that calls next() gets the default response, with “%s”', async (query, status, path) => {
    let calls = 0
    hooks.onConnected = async (_login, _request, _response, next) => {
      calls++
      await setImmediate()
      next()
    }

    const answer = await logIn(person(site), { query })

    expect([calls, answer.status]).toStrictEqual([1, status])
    expect(answer.headers['location']).toBe(path && site.origin + path)
    if (!path) expect(answer.text).toContain('@harbour.bakery')
  })

  const broken = () => new Error('The host broke', { cause: new TypeError('deep down') })
  test.each<[string, OnConnected]>([
    [
      'throws',
      () => {
        throw broken()
      },
    ],
    [
      'rejects',
      async () => {
        await setImmediate()
        throw broken()
      },
    ],
    [
      'calls next with an error',
      (_login, _request, _response, next) => {
        next(broken())
      },
    ],
  ])('the error of a hook that %s is logged, and the person is connected and gets a page', async (_, onConnected) => {
    hooks.onConnected = onConnected
    const somebody = person(site)

    const page = await logIn(somebody)

    expect(page.status).toBe(500)
    expect(page.text).toContain('You’re connected, but the next step failed')
    expect((await somebody.get('/instagram/')).text).toContain('@harbour.bakery')
    const [line] = logged('onConnected failed')
    const { err } = line?.details as { err: Error }
    expect([line?.level, err.message, String(err.cause)]).toStrictEqual([
      'error',
      'The host broke',
      'TypeError: deep down',
    ])
  })

  test.each<[string, (response: Response, next: NextFunction) => unknown, string]>([
    [
      'renders a view of its own engine',
      (response) => {
        response.render('connected', { who: 'you' })
      },
      'The host’s page for you',
    ],
    [
      'renders within a layout',
      (response) => {
        response.render('connected', { who: 'you' }, (_error, body) => {
          response.render('connected', { who: `all, around: ${body}` })
        })
      },
      'The host’s page for all, around: The host’s page for you',
    ],
    [
      'sends a file',
      (response) => {
        response.type('text').sendFile(join(views.folder, 'connected.slow'))
      },
      'A file of the host',
    ],
    [
      'pipes a stream',
      (response) => {
        Readable.from(['in ', 'parts']).pipe(response.type('text'))
      },
      'in parts',
    ],
    [
      'sends a response without a body',
      (response) => {
        response.status(204).end()
      },
      '',
    ],
    [
      'answers long after it has returned',
      (response) => void setImmediate().then(() => response.send('late, and in time')),
      'late, and in time',
    ],
  ])('a hook that %s is the response', async (_, respond, text) => {
    hooks.onConnected = (_login, _request, response, next) => respond(response, next)

    const page = await logIn(person(site))

    expect(page.status).toBeLessThan(300)
    expect(page.text).toBe(text)
    expect(site.log.filter(({ level }) => level === 'error')).toStrictEqual([])
  })

  test('a response that has begun when the hook fails is broken off', async () => {
    hooks.onConnected = (_login, _request, response) => {
      response.write('Hel')
      throw new Error('The host broke')
    }
    const somebody = person(site)
    const callback = await allow(somebody)

    await expect(somebody.get(callback)).rejects.toThrow()

    expect(logged('onConnected failed')).toHaveLength(1)
  })
})

describe('after a failed login', () => {
  const DECLINE = { cancel: true }

  test('the host gets the explanation, and may send the response', async () => {
    hooks.onFailure = ({ name, title }, request, response) => {
      response.json({ name, title, path: request.path })
    }

    const answer = await logIn(person(site), { decision: DECLINE })

    expect(answer.status).toBe(403)
    expect(answer.body).toStrictEqual({
      name: 'declined',
      title: expect.any(String) as string,
      path: '/response',
    })
    await expect
      .poll(() => site.log)
      .toContainEqual(
        expect.objectContaining({
          level: 'info',
          details: expect.objectContaining({ outcome: 'declined' }) as unknown,
        }),
      )
  })

  test.each<[string, OnFailure, boolean]>([
    [
      'calls next()',
      (_failure, _request, _response, next) => {
        next()
      },
      false,
    ],
    [
      'throws',
      () => {
        throw new Error('The host broke')
      },
      true,
    ],
    ['rejects', () => Promise.reject(new Error('The host broke')), true],
  ])('the person sees our page if the hook %s', async (_, onFailure, isLogged) => {
    hooks.onFailure = onFailure

    const page = await logIn(person(site), { decision: DECLINE })

    expect(page.status).toBe(403)
    expect(page.text).toContain('href="/instagram/">Back to the start page</a>')
    expect(logged('onFailure failed')).toHaveLength(isLogged ? 1 : 0)
  })

  test('the host is not called for errors of other pages', async () => {
    const seen: string[] = []
    hooks.onFailure = ({ name }, _request, _response, next) => {
      seen.push(name)
      next()
    }
    const somebody = person(site)

    await somebody.get('/instagram/')
    await somebody.get('/instagram/data-deletion/none')
    await somebody.get('/instagram/response')
    await somebody.get('/instagram/login?return_to=//evil.example')
    await somebody.get('/instagram/response?code=a&state=b')

    expect(seen).toStrictEqual(['state_foreign'])
  })
})

describe('a host with pages of its own', () => {
  const simple: Render = ({ view, locals }, _request, response, next) => {
    if (view === 'index') response.send(`Connect: ${locals.getStarted}`)
    else if (view === 'response') response.send(`You are ${locals.account.title}`)
    else if (view === 'auth_error') response.send(`${locals.name} at ${locals.base}`)
    else next()
  }

  test('shows them in place of ours, and ours otherwise', async () => {
    hooks.render = simple
    const somebody = person(site)

    const start = await somebody.get('/instagram/')
    const page = await somebody.get(await somebody.authorize(start.text.replace('Connect: ', '')))
    const failed = await somebody.get('/instagram/response?code=a&state=b')
    const help = await somebody.get('/instagram/help/declined')

    expect(page.text).toBe('You are @harbour.bakery')
    expect([failed.status, failed.text]).toStrictEqual([403, 'state_foreign at /instagram'])
    expect(help.text).toContain('href="/instagram/assets/style.css"')
  })

  test('sends its own security headers, and we send ours with our pages', async () => {
    hooks.render = simple

    const [theirs, ours] = [await person(site).get('/instagram/'), await person(site).get('/instagram/help')]

    expect([theirs.headers['content-security-policy'], theirs.headers['x-frame-options']]).toStrictEqual([
      POLICY,
      undefined,
    ])
    expect(ours.headers['content-security-policy']).toContain("default-src 'none'")
    expect(ours.headers['x-frame-options']).toBe('DENY')
    expect([theirs, ours].map(({ headers }) => headers['cache-control'] as unknown)).toStrictEqual([
      'no-store',
      'no-store',
    ])
  })

  test('renders them with its own engine', async () => {
    hooks.render = ({ view }, _request, response) => {
      response.render('connected', { who: view })
    }

    const page = await person(site).get('/instagram/')

    expect([page.text, page.type]).toStrictEqual(['The host’s page for index', 'text/html'])
  })

  test.each<[string, Render]>([
    [
      'throws',
      () => {
        throw new Error('The host broke')
      },
    ],
    ['rejects', () => Promise.reject(new Error('The host broke'))],
    [
      'passes an error of its template on',
      (_page, _request, response, next) => {
        response.render('broken', (error: Error) => {
          next(error)
        })
      },
    ],
  ])('shows ours if its hook %s, and the log says why', async (_, render) => {
    hooks.render = render

    const pages = [await person(site).get('/instagram/'), await person(site).get('/instagram/response?code=a&state=b')]

    expect(pages.map(({ status }) => status)).toStrictEqual([200, 400])
    expect(pages[0]?.text).toContain('Get Started')
    expect(pages[1]?.text).toContain('href="/instagram/">Back to the start page</a>')
    expect(logged('render failed').map(({ level }) => level)).toStrictEqual(['error', 'error'])
  })

  test('is asked for every page by its name', async () => {
    const asked = new Set<ViewName>()
    hooks.render = ({ view }, _request, _response, next) => {
      asked.add(view)
      next()
    }
    const somebody = person(site)

    for (const path of ['', 'help', 'help/declined', 'setup', 'data-deletion', 'accounts', 'picture'])
      await somebody.get(`/instagram/${path}`)
    await logIn(somebody)

    expect(asked).toStrictEqual(
      new Set(['index', 'help', 'help_entry', 'setup', 'data_deletion', 'sign_in', 'auth_error', 'response']),
    )
  })
})

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import type { Express, Response } from 'express'
import session from 'express-session'
import { describe, expect, test } from 'vitest'
import type { ConnectedLogin, InstagramOptions, Page, ViewName } from '../../src/index.ts'
import { person } from '../support/person.ts'
import { allow, logIn, startSite } from './support.ts'

type OnConnected = NonNullable<InstagramOptions['onConnected']>
type OnFailure = NonNullable<InstagramOptions['onFailure']>

const DECLINE = { cancel: true }

/** A host's engine, which takes its time: views are `<name>.slow`, and say who they are. */
function withEngine(host: Express): void {
  host.engine('slow', (path, options, done) => {
    void setImmediate().then(() => {
      if (path.includes('broken')) done(new Error('The template is broken'))
      else done(null, `The host’s page for ${String((options as { who: unknown }).who)}`)
    })
  })
  host.set('view engine', 'slow')
}

/** The folder of the host's views. */
async function viewsOfHost() {
  const folder = await mkdtemp(join(tmpdir(), 'views-'))
  for (const name of ['connected', 'broken'])
    await writeFile(join(folder, `${name}.slow`), 'A file of the host')
  return {
    folder,
    before: (host: Express) => {
      withEngine(host)
      host.set('views', folder)
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

describe('after a login that ended well', () => {
  test('the host is told of the account, with its own session, and says what comes', async () => {
    const told: (ConnectedLogin & { username: string | null; basket: unknown })[] = []
    const onConnected: OnConnected = async ({ username }, request, response, login) => {
      await setImmediate()
      const { basket } = request.session as unknown as { basket: unknown }
      told.push({ ...login, username, basket })
      response.redirect('/own')
    }
    const before = (host: Express) =>
      host.use(
        session({ secret: 'the host’s', resave: false, saveUninitialized: false }),
        (request, _response, next) => {
          Object.assign(request.session, { basket: 'bread' })
          next()
        },
      )
    await using site = await startSite({ before, options: { onConnected } })

    const answer = await logIn(person(site))

    expect([answer.status, answer.headers['location']]).toStrictEqual([302, '/own'])
    expect(told).toStrictEqual([
      { username: 'harbour.bakery', basket: 'bread', isRepeated: false, returnTo: undefined },
    ])
  })

  test('a way back that was pasted by hand is one more', async () => {
    const onConnected: OnConnected = ({ username }, _request, response, { returnTo }) => {
      response.send(`Hello @${username ?? '?'}, on your way to ${returnTo ?? 'nowhere'}`)
    }
    await using site = await startSite({ options: { onConnected } })
    const somebody = person(site)
    const pasted = site.origin + (await allow(somebody, { query: '?return_to=/own' }))

    const answer = await somebody.submit('/instagram/help', { pasted })

    expect(answer.text).toBe(`Hello @harbour.bakery, on your way to ${site.origin}/own`)
  })

  test('a callback that comes again shows the same, and the host is told that it does', async () => {
    const told: ConnectedLogin[] = []
    const onConnected: OnConnected = ({ username }, _request, response, login) => {
      told.push(login)
      response.send(`Hello @${username ?? '?'}`)
    }
    await using site = await startSite({ options: { onConnected } })
    const somebody = person(site)
    const callback = await allow(somebody, { query: '?return_to=/own' })

    const answers = [await somebody.get(callback), await somebody.get(callback)]

    expect(answers.map(({ text }) => text)).toStrictEqual(['Hello @harbour.bakery', 'Hello @harbour.bakery'])
    const returnTo = `${site.origin}/own`
    expect(told).toStrictEqual([
      { returnTo, isRepeated: false },
      { returnTo, isRepeated: true },
    ])
  })

  test.each([
    ['', 200, undefined],
    ['?return_to=/own%3Fa=b', 303, '/own?a=b'],
  ])('a host that does not answer leaves it to us, with “%s”', async (query, status, path) => {
    let calls = 0
    const onConnected: OnConnected = () => {
      calls++
    }
    await using site = await startSite({ options: { onConnected } })

    const answer = await logIn(person(site), { query })

    expect(calls).toBe(1)
    expect(answer.status).toBe(status)
    expect(answer.headers['location']).toBe(path && site.origin + path)
    if (!path) expect(answer.text).toContain('@harbour.bakery')
  })

  test.each<[string, OnConnected]>([
    [
      'throws',
      () => {
        throw new Error('The host broke', { cause: new TypeError('deep down') })
      },
    ],
    [
      'rejects',
      async () => {
        await setImmediate()
        throw new Error('The host broke', { cause: new TypeError('deep down') })
      },
    ],
    [
      'cannot render',
      (_account, _request, response) => {
        response.render('no such view')
      },
    ],
  ])(
    'a host that %s is told of in the log, and the person that they are connected',
    async (how, onConnected) => {
      await using site = await startSite({ options: { onConnected } })
      const somebody = person(site)

      const page = await logIn(somebody)

      expect(page.status).toBe(500)
      expect(page.text).toContain('You are connected, but this site could not go on')
      expect((await somebody.get('/instagram/')).text).toContain('@harbour.bakery')
      const line = site.log.find(({ message }) => message === 'onConnected failed')
      expect(line?.level).toBe('error')
      const { err } = line?.details as { err: Error }
      if (how !== 'cannot render')
        expect([err.message, String(err.cause)]).toStrictEqual(['The host broke', 'TypeError: deep down'])
    },
  )

  test.each<[string, (response: Response, folder: string) => unknown, string]>([
    [
      'renders',
      (response) => {
        response.render('connected', { who: 'you' })
      },
      'The host’s page for you',
    ],
    [
      'renders, and sends that itself',
      (response) => {
        response.render('connected', { who: 'me' }, (_error, html) => {
          response.send(`${html}!`)
        })
      },
      'The host’s page for me!',
    ],
    [
      'sends a file',
      (response, folder) => {
        response.type('text').sendFile(join(folder, 'connected.slow'))
      },
      'A file of the host',
    ],
    [
      'pipes',
      (response) => {
        Readable.from(['in ', 'parts']).pipe(response.type('text'))
      },
      'in parts',
    ],
    [
      'ends it with nothing',
      (response) => {
        response.status(204).end()
      },
      '',
    ],
  ])('what a host %s once its hook has returned is the answer', async (_, answer, text) => {
    await using views = await viewsOfHost()
    const { before } = views
    const options = {
      onConnected: ((_account, _request, response) => {
        answer(response, views.folder)
      }) as OnConnected,
    }
    await using site = await startSite({ before, options })

    const page = await logIn(person(site))

    expect(page.status).toBeLessThan(300)
    expect(page.text).toBe(text)
    expect(site.log.filter(({ level }) => level === 'error')).toStrictEqual([])
  })

  test('an answer that was given before the host breaks stands, though its session is still being saved', async () => {
    const onConnected: OnConnected = ({ key }, request, response) => {
      Object.assign(request.session, { user: key })
      response.redirect('/own')
      throw new Error('The host broke')
    }
    const before = (host: Express) =>
      host.use(session({ secret: 'the host’s', resave: false, saveUninitialized: false }))
    await using site = await startSite({ before, options: { onConnected } })

    const answer = await logIn(person(site))

    expect([answer.status, answer.headers['location']]).toStrictEqual([302, '/own'])
    expect(site.log.map(({ message }) => message)).toContain('onConnected failed')
  })

  test('an answer that has begun when the host breaks is broken off', async () => {
    const onConnected: OnConnected = (_account, _request, response) => {
      response.write('Hel')
      throw new Error('The host broke')
    }
    await using site = await startSite({ options: { onConnected } })
    const somebody = person(site)
    const callback = await allow(somebody)

    await expect(somebody.get(callback)).rejects.toThrow('socket hang up')

    expect(site.log.map(({ message }) => message)).toContain('onConnected failed')
  })
})

describe('after a login that failed', () => {
  test('the host is told what that means, and may say what comes', async () => {
    const onFailure: OnFailure = ({ name, title }, request, response) => {
      response.json({ name, title, path: request.path })
    }
    await using site = await startSite({ options: { onFailure } })

    const answer = await logIn(person(site), { decision: DECLINE })

    expect(answer.status).toBe(403)
    expect(answer.body).toStrictEqual({ name: 'declined', title: 'You said no', path: '/response' })
    expect(site.log.at(-1)).toMatchObject({ level: 'warn', details: { outcome: 'declined' } })
  })

  test.each<[string, OnFailure, boolean]>([
    ['does not answer', () => undefined, false],
    [
      'throws',
      () => {
        throw new Error('The host broke')
      },
      true,
    ],
    ['rejects', () => Promise.reject(new Error('The host broke')), true],
    [
      'sets a status and leaves it there',
      (_failure, _request, response) => {
        response.status(200)
      },
      false,
    ],
  ])('where the host %s, our page is shown', async (_, onFailure, isLogged) => {
    await using site = await startSite({ options: { onFailure } })

    const page = await logIn(person(site), { decision: DECLINE })

    expect(page.status).toBe(403)
    expect(page.text).toContain('You said no')
    expect(site.log.some(({ message }) => message === 'onFailure failed')).toBe(isLogged)
  })

  test('the host is not told of what was no login', async () => {
    const told: string[] = []
    const onFailure: OnFailure = ({ name }) => told.push(name)
    await using site = await startSite({ options: { onFailure } })
    const somebody = person(site)

    await somebody.get('/instagram/data-deletion/none')
    await somebody.get('/instagram/response')
    await somebody.get('/instagram/login?return_to=//evil.example')
    await somebody.get('/instagram/response?code=a&state=b')

    expect(told).toStrictEqual(['state_foreign'])
  })
})

describe('a host with pages of its own', () => {
  const simple = (...[view, locals, , response]: Page): void => {
    if (view === 'index') response.send(`Connect: ${locals.getStarted}`)
    if (view === 'response') response.send(`You are ${locals.account.title}`)
    if (view === 'auth_error') response.send(`${locals.name} at ${locals.base}`)
  }

  test('shows them in place of ours, without any engine', async () => {
    await using site = await startSite({ options: { render: simple } })
    const somebody = person(site)

    const start = await somebody.get('/instagram/')
    const page = await somebody.get(await somebody.authorize(start.text.replace('Connect: ', '')))
    const failed = await somebody.get('/instagram/response?code=a&state=b')

    expect(page.text).toBe('You are @harbour.bakery')
    expect([failed.status, failed.text]).toStrictEqual([403, 'state_foreign at /instagram'])
  })

  test('and shows ours where it has none', async () => {
    await using site = await startSite({ options: { render: simple } })

    const page = await person(site).get('/instagram/help/declined')

    expect(page.text).toContain('You said no')
  })

  test('may render them by its own engine', async () => {
    await using views = await viewsOfHost()
    const render = (...[view, , , response]: Page): void => {
      response.render('connected', { who: view })
    }
    await using site = await startSite({ before: views.before, options: { render } })

    const page = await person(site).get('/instagram/')

    expect(page.text).toBe('The host’s page for index')
    expect(page.type).toBe('text/html')
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('The host broke')
      },
    ],
    ['rejects', () => Promise.reject(new Error('The host broke'))],
    [
      'has a broken template',
      (...[, , , response]: Page) => {
        response.render('broken')
      },
    ],
  ])('that %s shows ours, and the log has why', async (_, render) => {
    await using views = await viewsOfHost()
    await using site = await startSite({ before: views.before, options: { render } })

    const pages = [
      await person(site).get('/instagram/'),
      await person(site).get('/instagram/response?code=a&state=b'),
    ]

    expect(pages.map(({ status }) => status)).toStrictEqual([200, 400])
    expect(pages[0]?.text).toContain('Get Started')
    expect(pages[1]?.text).toContain('brought no cookie')
    const lines = site.log.filter(({ message }) => message === 'render failed')
    expect(lines.map(({ level }) => level)).toStrictEqual(['error', 'error'])
  })

  test('says itself what they may do, and we say it for ours', async () => {
    const policy = "default-src 'self' https://cdn.example"
    const before = (host: Express) =>
      host.use((_request, response, next) => {
        response.set('Content-Security-Policy', policy)
        next()
      })
    await using site = await startSite({ before, options: { render: simple } })

    const [theirs, ours] = [await person(site).get('/instagram/'), await person(site).get('/instagram/help')]

    expect([theirs.headers['content-security-policy'], theirs.headers['x-frame-options']]).toStrictEqual([
      policy,
      undefined,
    ])
    expect(ours.headers['content-security-policy']).toContain("default-src 'none'")
    expect(ours.headers['x-frame-options']).toBe('DENY')
    expect([theirs, ours].map(({ headers }) => headers['cache-control'] as unknown)).toStrictEqual([
      'no-store',
      'no-store',
    ])
  })

  test('is asked for every page by its name', async () => {
    const asked = new Set<ViewName>()
    const render = (...[view]: Page) => asked.add(view)
    await using site = await startSite({ options: { render, adminPassword: 'a long enough one' } })
    const somebody = person(site)

    for (const path of ['', 'help', 'help/declined', 'setup', 'data-deletion', 'accounts', 'picture'])
      await somebody.get(`/instagram/${path}`)
    await logIn(somebody)

    expect(asked).toStrictEqual(
      new Set(['index', 'help', 'help_entry', 'setup', 'data_deletion', 'sign_in', 'auth_error', 'response']),
    )
  })
})

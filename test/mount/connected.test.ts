import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import type { Express, Response } from 'express'
import session from 'express-session'
import { describe, expect, test, vi } from 'vitest'
import type { ConnectedLogin, InstagramOptions } from '../../src/index.ts'
import { person } from '../support/person.ts'
import { viewsOfHost } from './engine.ts'
import { allow, logIn, type Site, startSite } from './support.ts'

type OnConnected = NonNullable<InstagramOptions['onConnected']>

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

  test('a host that renders in its own way keeps that after a hook that does not answer', async () => {
    await using views = await viewsOfHost()
    const before = (host: Express) => {
      views.before(host)
      // As express-ejs-layouts does.
      host.use((_request, response, next) => {
        const render = response.render.bind(response)
        response.render = (_view: string, ...rest: unknown[]) => {
          render('connected', ...(rest as [object]))
        }
        next()
      })
    }
    const render: NonNullable<InstagramOptions['render']> = (view, _locals, _request, response) => {
      response.render(view, { who: view })
    }
    await using site = await startSite({ before, options: { onConnected: () => undefined, render } })

    const page = await logIn(person(site))

    expect(page.text).toBe('The host’s page for response')
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

  test.each<[string, (response: Response) => unknown]>([
    [
      'redirects',
      (response) => {
        response.redirect('/own')
      },
    ],
    ['sends', (response) => response.send('too late')],
    [
      'renders',
      (response) => {
        response.render('connected', { who: 'nobody' })
      },
    ],
    [
      'writes',
      (response) => {
        response.write('too')
        response.end('late')
      },
    ],
    ['pipes', (response) => Readable.from(['too ', 'late']).pipe(response)],
  ])('a host that %s once we have answered is told so, and its visitor keeps our page', async (_, answer) => {
    await using views = await viewsOfHost()
    const late = Promise.withResolvers<undefined>()
    const onConnected: OnConnected = (_account, _request, response) => {
      void setImmediate()
        .then(() => {
          answer(response)
          late.resolve(undefined)
        })
        .catch(late.reject)
    }
    await using site = await startSite({ before: views.before, options: { onConnected } })

    const page = await logIn(person(site))
    await late.promise

    expect(page.text).toContain('@harbour.bakery')
    await vi.waitFor(() => {
      expect(lateAnswers(site)).toHaveLength(1)
    })
    expect(lateAnswers(site)[0]).toMatch(/^Error: onConnected answered after .*return a promise/)
  })

  test('a host that answers while we are about to is told so, and its answer goes out', async () => {
    const start = new Date()
    let answer: (() => void) | undefined
    // We look at the clock before we answer.
    const now = () => {
      answer?.()
      answer = undefined
      return start
    }
    const onConnected: OnConnected = (_account, _request, response) => {
      answer = () => {
        response.redirect('/own')
      }
    }
    await using site = await startSite({ options: { onConnected, now } })

    const page = await logIn(person(site))

    expect([page.status, page.headers['location']]).toStrictEqual([302, '/own'])
    expect(lateAnswers(site)).toStrictEqual([expect.stringMatching(/^Error: onConnected answered after /)])
  })
})

/** What the log says of answers that came too late. */
function lateAnswers(site: Site): string[] {
  return site.log
    .filter(({ level, message }) => level === 'error' && message === 'a second answer was dropped')
    .map(({ details }) => String(details['err']))
}

import type { Express } from 'express'
import { describe, expect, test } from 'vitest'
import type { Page, ViewName } from '../../src/index.ts'
import { person } from '../support/person.ts'
import { viewsOfHost } from './engine.ts'
import { logIn, startSite } from './support.ts'

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

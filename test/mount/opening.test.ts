import { get } from 'node:http'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import express, { type Express } from 'express'
import request from 'supertest'
import { describe, expect, test } from 'vitest'
import { ConfigError, createSandbox, instagram, type InstagramOptions } from '../../src/index.ts'
import { KEY, rejection } from '../functions/support.ts'
import { linkCalled, person } from '../support/person.ts'
import { allow, startSite } from './support.ts'

test('by three lines an app has the login, and the account is there for its functions', async () => {
  await using site = await startSite()
  const somebody = person(site)

  const start = await somebody.get('/instagram/')
  const href = linkCalled('Get Started', start.text)
  const page = await somebody.get(await somebody.authorize(href))

  expect(page.text).toContain('@harbour.bakery')
  const { accounts } = await site.router.accounts.list()
  expect(accounts.map(({ username }) => username)).toStrictEqual(['harbour.bakery'])
  const { accessToken } = await site.router.accounts.token(accounts[0]?.id ?? '')
  expect(accessToken).toMatch(/^IGAA/)
})

test('the page offers to take a token only where an option says so', async () => {
  await using without = await startSite()
  await using withIt = await startSite({ options: { takesTokens: true } })
  const token = (site: typeof without) => ({ access_token: site.sandbox.dashboardToken('business') })

  const [page, offering] = [await person(without).get('/instagram/'), await person(withIt).get('/instagram/')]
  const [refused, taken] = [
    await person(without).submit('/instagram/import', token(without)),
    await person(withIt).submit('/instagram/import', token(withIt)),
  ]

  expect([page.text, offering.text].map((text) => text.includes('I have a token already'))).toStrictEqual([
    false,
    true,
  ])
  expect([refused.status, taken.status]).toStrictEqual([404, 303])
  expect(refused.text).toBe('The host has no such page')
})

test('all mistakes in options are told at once, when it is mounted', () => {
  const options = { clientId: 'id', render: 'pug', onConnected: true, onFailure: 1, takesTokens: 'no' }

  const mount = () => instagram(options as unknown as InstagramOptions)

  expect(mount).toThrow(ConfigError)
  expect(mount).toThrow(
    [
      'takesTokens must be true or false.',
      'onConnected must be a function.',
      'onFailure must be a function.',
      'render must be a function.',
      'clientSecret and redirectUri must be set: from your Instagram app, or from createSandbox() to begin with.',
    ].join('\n'),
  )
})

test.each(['/', '/setup', '/instagram/Setup/', '/instagram/accounts', '/instagram/api', '/assets'])(
  'a redirect URI that ends where something else of ours is (%s) is a mistake',
  async (path) => {
    await using sandbox = await createSandbox({ redirectUri: `http://localhost:3000${path}` })

    const mount = () => instagram({ ...sandbox.options, scopes: ',' })

    expect(mount).toThrow(/^scopes must name at least one scope\.\nredirectUri must not end in \//)
  },
)

describe('where the database cannot be opened', () => {
  /** A folder whose path stands in the way, until it is taken away. */
  async function obstacle() {
    const folder = await mkdtemp(join(tmpdir(), 'mount-'))
    const path = join(folder, 'data')
    await writeFile(path, 'not a folder')
    return {
      options: {
        databaseUrl: `file:${join(path, 'accounts.db')}`,
        tokenKeys: KEY,
        sessionSecrets: 'x'.repeat(32),
      },
      remove: () => rm(path),
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
    }
  }

  test('every page says that it comes later, the log says why, and the host goes on', async () => {
    await using away = await obstacle()
    await using site = await startSite({ options: away.options })

    const page = await person(site).get('/instagram/')
    const elsewhere = await person(site).get('/')
    const api = await person(site).get('/instagram/healthz')
    const readiness = await person(site).get('/instagram/readyz')

    expect([page.status, page.headers['retry-after']]).toStrictEqual([503, '10'])
    expect(page.text).toMatch(/not ready yet[^]+Wait ten seconds, then reload this page/)
    expect(page.text).toContain('href="/instagram/assets/style.css"')
    expect([elsewhere.status, elsewhere.text]).toStrictEqual([404, 'The host has no such page'])
    expect([api.status, readiness.status]).toStrictEqual([200, 503])
    expect(site.log[0]).toMatchObject({
      level: 'error',
      message: 'Instagram cannot be opened, and is tried again with a later request',
      details: { err: { message: expect.stringMatching(/cannot be opened/) as string } },
    })
  })

  test('whoever asks for it is told what stands in the way', async () => {
    await using away = await obstacle()
    await using site = await startSite({ options: away.options })

    const errors = await Promise.all(
      [
        site.router.ready(),
        site.router.beginLogin(),
        site.router.accounts.list(),
        site.router.accounts.token('1'),
        site.router.withdrawals.findDeletion('1'),
        site.router.upkeep(),
      ].map(rejection),
    )

    for (const error of errors) expect(String(error)).toMatch(/^Error: The database .+ cannot be opened/)
  })

  test('it is opened with the first request after ten seconds, and not before', async () => {
    await using away = await obstacle()
    await using site = await startSite({ options: away.options })
    const first = await person(site).get('/instagram/')
    await away.remove()

    const soon = await person(site).get('/instagram/')
    site.sandbox.pass(10_000)
    const later = await person(site).get('/instagram/')

    expect([first.status, soon.status, later.status]).toStrictEqual([503, 503, 200])
    await expect(site.router.ready()).resolves.toBeUndefined()
  })

  test('it can be closed all the same, and is not tried again', async () => {
    await using away = await obstacle()
    await using site = await startSite({ options: away.options })
    await rejection(site.router.ready())

    await site.router.close()
    await away.remove()
    site.sandbox.pass(10_000)

    expect((await person(site).get('/instagram/')).status).toBe(503)
    expect(String(await rejection(site.router.ready()))).toContain('cannot be opened')
  })
})

test('requests and functions that come before it is open wait for it', async () => {
  await using site = await startSite()
  const server = express().use('/instagram', site.router)

  const [page, accounts] = await Promise.all([
    request(server).get('/instagram/'),
    site.router.accounts.list(),
    site.router.ready(),
  ])

  expect(page.status).toBe(200)
  expect(accounts).toStrictEqual({ accounts: [], next: null })
})

test('closing waits for a login on its way, and afterwards pages say that they are closed', async () => {
  const arrived = Promise.withResolvers<undefined>()
  const before = (host: Express) =>
    host.use(({ url }, _response, next) => {
      if (url.includes('code=')) arrived.resolve(undefined)
      next()
    })
  await using site = await startSite({ before })
  const somebody = person(site)
  const callback = await allow(somebody)
  const login = somebody.get(callback)
  await arrived.promise

  await site.router.close()

  expect((await login).text).toContain('@harbour.bakery')
  expect((await person(site).get('/instagram/')).status).toBe(503)
  expect(String(await rejection(site.router.accounts.list()))).toContain('was closed')
})

test('closing waits for nobody who has gone before their request came to us', async () => {
  const arrived = Promise.withResolvers<undefined>()
  const passedOn = Promise.withResolvers<undefined>()
  const before = (host: Express) =>
    host.use((_request, response, next) => {
      arrived.resolve(undefined)
      response.once('close', () => {
        next()
        passedOn.resolve(undefined)
      })
    })
  await using site = await startSite({ before })
  const gone = get(`${site.origin}/instagram/`).on('error', () => undefined)
  await arrived.promise
  gone.destroy()
  await passedOn.promise

  await expect(site.router.close()).resolves.toBeUndefined()
})

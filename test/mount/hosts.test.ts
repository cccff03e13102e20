import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import express, { type Express, Router } from 'express'
import helmet from 'helmet'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { AccountEvent, InstagramOptions } from '../../src/index.ts'
import { KEY, program } from '../api/support.ts'
import { PASSWORD } from '../operator/support.ts'
import { linkCalled, person } from '../support/person.ts'
import { sqlite } from '../support/places.ts'
import { logIn, startSite } from './support.ts'

const tokenKey = (id: string) => `${id}:${Buffer.alloc(32, id).toString('base64')}`

/** What hosts do before us, each of which has broken a middleware once. */
const HABITS: Record<string, (host: Express) => void> = {
  'no habits': () => undefined,
  'another view engine': (host) => {
    host.engine('pug', () => {
      throw new Error('Not ours')
    })
    host.set('view engine', 'pug').set('views', '/nowhere')
  },
  'no engine, and no folder of views': (host) => host.set('views', undefined),
  'parsers for bodies': (host) => host.use(express.json(), express.urlencoded({ extended: true })),
  'bodies read as text': (host) => host.use(express.text({ type: '*/*' })),
  'bodies read as bytes': (host) => host.use(express.raw({ type: '*/*' })),
  'simple parsers': (host) => host.use(express.urlencoded({ extended: false })),
  'its own query parser': (host) => host.set('query parser', () => ({ code: 'none', state: 'none' })),
  'no query parser': (host) => host.set('query parser', false),
  'case-sensitive and strict routing': (host) =>
    host.enable('case sensitive routing').enable('strict routing'),
  production: (host) => host.set('env', 'production'),
  'locals with our names': (host) => {
    Object.assign(host.locals, { base: '/evil', sandbox: null, title: 'Not ours', include: 'nothing' })
  },
  'headers of its own': (host) => host.use(helmet()),
  'a proxy that it trusts': (host) => host.set('trust proxy', 1),
  'a request that holds names of ours': (host) =>
    host.use((request, _response, next) => {
      Object.assign(request, { browser: 'theirs', visit: 'theirs', log: 'theirs', id: 'theirs', user: {} })
      next()
    }),
}

describe.each(Object.entries(HABITS))('in a host with %s', (_, before) => {
  test('somebody logs in, comes back to their account, and disconnects', async () => {
    await using site = await startSite({ before })
    const somebody = person(site)

    const start = await somebody.get('/instagram/')
    const href = linkCalled('Get Started', start.text)
    const page = await somebody.get(await somebody.authorize(href))
    const again = await somebody.get('/instagram/')
    const over = await somebody.post('/instagram/disconnect')

    expect(page.text).toContain('@harbour.bakery')
    expect(page.text).toContain('href="/instagram/assets/style.css"')
    expect(again.text).toContain('@harbour.bakery')
    expect([over.status, over.headers['location']]).toStrictEqual([303, '/instagram/'])
    expect((await site.router.accounts.list()).accounts).toStrictEqual([])
  })

  test('forms are read, and Meta is heard', async () => {
    await using site = await startSite({
      before,
      options: { adminPassword: PASSWORD, takesTokens: true },
    })
    const somebody = person(site)
    await logIn(somebody)

    const signedIn = await somebody.submit('/instagram/accounts/sign-in', { password: PASSWORD })
    const helped = await somebody.submit('/instagram/help', { pasted: 'Invalid platform app' })
    const imported = await somebody.submit('/instagram/import', {
      access_token: site.sandbox.dashboardToken('creator'),
    })
    const told = await site.sandbox.tell('data_deletion', 'business')

    expect([signedIn.status, imported.status]).toStrictEqual([303, 303])
    expect(helped.text).toContain('Invalid platform app')
    expect(told.problem).toBeNull()
    const { accounts } = await site.router.accounts.list()
    expect(accounts.map(({ username }) => username)).not.toContain('harbour.bakery')
  })
})

test('in an app within an app, and in a router, it is the same', async () => {
  const callback = '/shop/social/instagram/response'
  await using site = await startSite({
    callback,
    at: '/unused',
    after: (host, { router }) => {
      host.use('/shop', express().use('/social', Router().use('/instagram', router)))
    },
  })

  const page = await logIn(person(site), { base: '/shop/social/instagram' })

  expect(page.text).toContain('@harbour.bakery')
})

test('the host hears of everything that happens to accounts', async () => {
  const events: AccountEvent[] = []
  await using site = await startSite({ options: { onEvent: (event) => events.push(event) } })
  const somebody = person(site)

  await logIn(somebody)
  await somebody.post('/instagram/disconnect')

  expect(events.map(({ type, account: { username } }) => [type, username])).toStrictEqual([
    ['account.connected', 'harbour.bakery'],
    ['account.disconnected', 'harbour.bakery'],
  ])
})

test('programs get tokens where there are keys, and where there are none the address is the host’s', async () => {
  const key = createHash('sha256').update('a key').digest('hex')
  await using withKeys = await startSite({ options: { apiKeys: key } })
  await using without = await startSite()
  await logIn(person(withKeys))
  const ask = (site: typeof without) =>
    person(site).get('/instagram/api/accounts', { Authorization: `Bearer ${key}` })

  const [answer, none] = [await ask(withKeys), await ask(without)]

  expect(
    (answer.body as { accounts: { username: string }[] }).accounts.map(({ username }) => username),
  ).toStrictEqual(['harbour.bakery'])
  expect([none.status, none.text]).toStrictEqual([404, 'The host has no such page'])
})

test('programs are told nothing of variables, which a host does not have', async () => {
  await using place = await sqlite.place()
  const options = { apiKeys: KEY, databaseUrl: place.url, sessionSecrets: 's'.repeat(32) }
  await using before = await startSite({ options: { ...options, tokenKeys: tokenKey('old') } })
  await logIn(person(before))
  await using site = await startSite({ options: { ...options, tokenKeys: tokenKey('new') } })
  const api = program(site, { origin: site.home })
  const { id } = (await site.router.accounts.list()).accounts[0] ?? { id: 'none' }

  const answers = [
    await api.get('/api/openapi.json'),
    await program(site, { origin: site.home, key: '' }).get('/api/accounts'),
    await program(site, { origin: site.home, key: 'a wrong one' }).get('/metrics'),
    await api.get(`/api/accounts/${id}/token`),
    await api.get(`/api/accounts/${id}`),
  ]

  expect(answers.map(({ status }) => status)).toStrictEqual([200, 401, 401, 409, 200])
  for (const { text } of answers) expect(text).not.toMatch(/(API|TOKEN)_KEYS/)
})

test('what it logs holds no code, state, cookie, token or secret', async () => {
  const onFailure: InstagramOptions['onFailure'] = () => Promise.reject(new Error('The host broke'))
  await using site = await startSite({ options: { onFailure } })
  const somebody = person(site)
  const begun = await somebody.get('/instagram/login?return_to=/canary')
  const callback = await somebody.authorize(begun.headers['location'] ?? 'none')
  await somebody.get(callback)
  await somebody.get(`${callback}x`)
  const { accounts } = await site.router.accounts.list()
  const { accessToken } = await site.router.accounts.token(accounts[0]?.id ?? '')

  const said = site.log.map(({ details, message }) => {
    const { err, ...rest } = details as { err?: Error }
    return `${message} ${JSON.stringify(rest)} ${err?.stack ?? ''} ${inspect(err?.cause)}`
  })

  const query = new URLSearchParams(callback.split('?')[1])
  const secrets = [
    ...[query.get('code') ?? 'none', query.get('state') ?? 'none', accessToken, 'canary'],
    ...[site.sandbox.options.clientSecret, ...somebody.cookies.values()],
  ]
  expect(said.length).toBeGreaterThan(3)
  for (const secret of secrets) expect(said.join('\n')).not.toContain(secret)
})

test('a log of the host that throws ends nothing', async () => {
  const told = vi.spyOn(console, 'error').mockReturnValue()
  onTestFinished(() => {
    told.mockRestore()
  })
  const broken = () => {
    throw new Error('the disk is full')
  }
  const log = { debug: broken, info: broken, warn: broken, error: broken }
  await using site = await startSite({ options: { log } })

  const page = await logIn(person(site))

  expect(page.text).toContain('@harbour.bakery')
  expect(told.mock.lastCall?.[0]).toBe('instagram-access-token: the log failed')
})

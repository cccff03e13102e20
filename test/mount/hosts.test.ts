import type { RequestListener } from 'node:http'
import { inspect } from 'node:util'
import express, { type Express, Router } from 'express'
import helmet from 'helmet'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { AccountEvent, InstagramOptions } from '../../src/index.ts'
import { KEY, program } from '../api/support.ts'
import { APP_ID, PASSWORD } from '../admin/support.ts'
import { listen } from '../support/listening.ts'
import { linkCalled, person } from '../support/person.ts'
import { sqlite } from '../support/places.ts'
import { logIn, startSite } from './support.ts'

const ALL_PAGES = { apiKeys: KEY, adminPassword: PASSWORD, takesTokens: true }
const tokenKey = (id: string) => `${id}:${Buffer.alloc(32, id).toString('base64')}`

/** Middleware and settings of hosts, each of which has broken a router once. */
const HABITS: Record<string, (host: Express) => void> = {
  'nothing special': () => undefined,
  'another view engine': (host) => {
    host.engine('pug', () => {
      throw new Error('Not ours')
    })
    host.set('view engine', 'pug').set('views', '/nowhere')
  },
  'no view engine and no views': (host) => host.set('views', undefined),
  'body parsers': (host) => host.use(express.json(), express.urlencoded({ extended: true })),
  'bodies parsed as text': (host) => host.use(express.text({ type: '*/*' })),
  'bodies parsed as bytes': (host) => host.use(express.raw({ type: '*/*' })),
  'a simple form parser': (host) => host.use(express.urlencoded({ extended: false })),
  'its own query parser': (host) => host.set('query parser', () => ({ code: 'none', state: 'none' })),
  'no query parser': (host) => host.set('query parser', false),
  'case-sensitive and strict routing': (host) => host.enable('case sensitive routing').enable('strict routing'),
  production: (host) => host.set('env', 'production'),
  'locals of the same names': (host) => {
    Object.assign(host.locals, { base: '/evil', sandbox: null, title: 'Not ours', include: 'nothing' })
  },
  'its own security headers': (host) => host.use(helmet()),
  'a trusted proxy': (host) => host.set('trust proxy', 1),
  'request properties of the same names': (host) =>
    host.use((request, _response, next) => {
      Object.assign(request, { browser: 'theirs', visit: 'theirs', log: 'theirs', id: 'theirs', user: {} })
      next()
    }),
}

describe.each(Object.entries(HABITS))('in a host with %s', (_, before) => {
  test('people log in, come back to their account, send forms and disconnect; Meta and programs are answered', async () => {
    await using site = await startSite({ before, options: ALL_PAGES })
    const somebody = person(site)
    const added = await program(site, { origin: site.home }).post('/api/accounts', {
      access_token: site.sandbox.dashboardToken('creator'),
    })

    const start = await somebody.get('/instagram/')
    const page = await somebody.get(await somebody.authorize(linkCalled('Get Started', start.text)))
    const again = await somebody.get('/instagram/')
    const signedIn = await somebody.submit('/instagram/accounts/sign-in', { password: PASSWORD })
    const helped = await somebody.submit('/instagram/help', { pasted: 'Invalid platform app' })
    const deletion = await site.sandbox.tell('data_deletion', 'creator')
    const disconnected = await somebody.submit('/instagram/disconnect', { account: APP_ID })
    const imported = await somebody.submit('/instagram/import', {
      access_token: site.sandbox.dashboardToken('business'),
    })

    expect(page.text).toContain('@harbour.bakery')
    expect(page.text).toContain('href="/instagram/assets/style.css"')
    expect(again.text).toContain('@harbour.bakery')
    expect([added.status, signedIn.status, imported.status]).toStrictEqual([201, 303, 303])
    expect(helped.text).toContain('Invalid platform app')
    expect(deletion.problem).toBeNull()
    expect([disconnected.status, disconnected.headers['location']]).toStrictEqual([303, '/instagram/'])
    const { accounts } = await site.instagram.accounts.list()
    expect(accounts.map(({ username }) => username)).toStrictEqual(['harbour.bakery'])
  })
})

test('people log in where the router is in a nested app and router', async () => {
  const callback = '/shop/social/instagram/response'
  await using site = await startSite({
    callback,
    at: '/unused',
    after: (host, { instagram }) => {
      host.use('/shop', express().use('/social', Router().use('/instagram', instagram.router)))
    },
  })

  const page = await logIn(person(site), { base: '/shop/social/instagram' })

  expect(page.text).toContain('@harbour.bakery')
})

test('the host is called with every event of an account', async () => {
  const events: AccountEvent[] = []
  await using site = await startSite({ options: { onEvent: (event) => events.push(event) } })
  const somebody = person(site)

  await logIn(somebody)
  await somebody.submit('/instagram/disconnect', { account: APP_ID })

  expect(events.map(({ type, account: { username } }) => [type, username])).toStrictEqual([
    ['account.connected', 'harbour.bakery'],
    ['account.disconnected', 'harbour.bakery'],
  ])
})

test('responses of the API name options, no environment variables', async () => {
  await using place = await sqlite.place()
  const options = { apiKeys: KEY, databaseUrl: place.url, sessionSecrets: 's'.repeat(32) }
  await using before = await startSite({ options: { ...options, tokenKeys: tokenKey('old') } })
  await logIn(person(before))
  await using site = await startSite({ options: { ...options, tokenKeys: tokenKey('new') } })
  const api = program(site, { origin: site.home })
  const { id } = (await site.instagram.accounts.list()).accounts[0] ?? { id: 'none' }

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

test('the log holds no code, state, cookie, token or secret', async () => {
  const onFailure: InstagramOptions['onFailure'] = () => Promise.reject(new Error('The host broke'))
  await using site = await startSite({ options: { onFailure } })
  const somebody = person(site)
  const begun = await somebody.get('/instagram/login?return_to=/canary')
  const callback = await somebody.authorize(begun.headers['location'] ?? 'none')
  await somebody.get(callback)
  await somebody.get(`${callback}x`)
  const { accounts } = await site.instagram.accounts.list()
  const { accessToken } = await site.instagram.accounts.token(accounts[0]?.id ?? '')

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

test('a person logs in although the host’s logger throws', async () => {
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
  expect(told.mock.lastCall?.slice(0, 2)).toStrictEqual(['instagram-access-token:', 'the log failed'])
})

test('a router without an Express app answers with a sentence that the log has too', async () => {
  await using site = await startSite()
  await using listening = await listen()
  listening.server.on('request', site.instagram.router as unknown as RequestListener)

  const response = await fetch(`${listening.origin}/instagram/`)

  expect(response.status).toBe(500)
  const sentence = await response.text()
  expect(sentence).toContain('express().use(path, instagram.router)')
  expect(site.log).toMatchObject([{ level: 'error', message: sentence }])
})

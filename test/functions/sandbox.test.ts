import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createInstagram, createSandbox, verifySignedRequest } from '../../src/index.ts'
import { configFromOptions } from '../../src/config.ts'
import { DAY_MS } from '../../src/facts.ts'
import { connect, startSite } from '../mount/support.ts'

const OPTIONS = { jobs: false }

test('an app takes a sandbox for Instagram by spreading its options', async () => {
  await using sandbox = await createSandbox()
  await using instagram = createInstagram({ ...sandbox.options, ...OPTIONS })

  const { account } = await connect({ instagram, sandbox }, 'creator')

  const { id, userId, username, name, accountType } = account
  expect({ id, userId, username, name, accountType }).toStrictEqual(sandbox.testUsers.creator)
})

test('a sandbox without options redirects to the README’s mount path', async () => {
  await using sandbox = await createSandbox()
  await using instagram = createInstagram({ ...sandbox.options, ...OPTIONS })

  const address = await sandbox.authorize(instagram.beginLogin().url)

  expect(address.href).toMatch(/^http:\/\/localhost:3000\/instagram\/response\?code=[^&]+&state=[^&]+#_$/)
})

test('every page says that it is a sandbox, and in production it is refused', async () => {
  await using sandbox = await createSandbox()

  expect(configFromOptions(sandbox.options, {}).sandbox).toBe(true)
  expect(() => configFromOptions(sandbox.options, { NODE_ENV: 'production' })).toThrow('sandbox must be')
})

test('two sandboxes at once are separate', async () => {
  await using one = await createSandbox()
  await using other = await createSandbox({ redirectUri: 'https://site.example/auth/instagram/callback' })
  one.pass(DAY_MS)

  expect(one.origin).not.toBe(other.origin)
  expect(one.options.now().getTime() - other.options.now().getTime()).toBeGreaterThan(DAY_MS - 60_000)
  await using instagram = createInstagram({ ...one.options, ...OPTIONS })
  await expect(other.authorize(instagram.beginLogin().url)).rejects.toThrow('not an address of the sandbox')
})

test.each([
  ['personal', 'Only professional accounts'],
  ['outsider', 'Insufficient Developer Role'],
] as const)('a %s account is refused on Instagram’s page, in its words', async (as, words) => {
  await using site = await startSite()
  const { url } = site.instagram.beginLogin()

  await expect(site.sandbox.authorize(url, { as })).rejects.toThrow(words)
})

test('an app with another redirect URI is refused', async () => {
  await using site = await startSite({ options: { redirectUri: 'https://elsewhere.example/response' } })
  const { url } = site.instagram.beginLogin()

  await expect(site.sandbox.authorize(url)).rejects.toThrow('Invalid redirect_uri')
})

test('a sandbox sends people back to each of its redirect URIs, and the app uses the first', async () => {
  const [first, second] = ['http://localhost:3000/response', 'https://site.example/auth/response'] as const
  await using sandbox = await createSandbox({ redirectUri: [first, second] })

  for (const redirectUri of [sandbox.options.redirectUri, second]) {
    await using instagram = createInstagram({ ...sandbox.options, redirectUri, ...OPTIONS })
    const address = await sandbox.authorize(instagram.beginLogin().url)
    expect(address.origin + address.pathname).toBe(redirectUri)
  }
  expect(sandbox.options.redirectUri).toBe(first)
})

test.each([
  [{}, /^\{"access_token": "[^"]+", "user_id": \d+, "permissions": \["instagram_business_basic"\]\}$/],
  [
    { permissions: 'string' },
    /^\{"access_token": "[^"]+", "user_id": \d+, "permissions": "instagram_business_basic"\}$/,
  ],
  [
    { envelope: 'data', userId: 'string' },
    /^\{"data": \[\{"access_token": "[^"]+", "user_id": "\d+", "permissions": \[/,
  ],
  [{ generation: 'classic' }, /^\{"access_token":"\d+\.[^"]+","user":\{/],
] as const)('a sandbox with the dialect %j answers a code in it', async (dialect, form) => {
  await using sandbox = await createSandbox({ dialect })
  const { clientId, clientSecret, redirectUri, tokenUrl } = sandbox.options
  await using instagram = createInstagram({ ...sandbox.options, ...OPTIONS })
  const address = await sandbox.authorize(instagram.beginLogin().url)

  const code = address.searchParams.get('code') ?? ''
  const fields = { client_id: clientId, client_secret: clientSecret, redirect_uri: redirectUri, code }
  const body = new URLSearchParams({ ...fields, grant_type: 'authorization_code' })
  const response = await fetch(tokenUrl, { method: 'POST', body })

  expect(await response.text()).toMatch(form)
})

test('an unknown user cannot authorize', async () => {
  await using site = await startSite()
  const { url } = site.instagram.beginLogin()

  await expect(site.sandbox.authorize(url, { as: 'guest-0' })).rejects.toThrow('“guest-0”')
})

test('Meta calls a site at the addresses beside its redirect URI', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await using sandbox = await createSandbox({ redirectUri: `${origin}/auth/instagram/callback/` })
  server.on('request', (request, response) => {
    let body = ''
    request.on('data', (bytes) => (body += String(bytes)))
    request.on('end', () => {
      const text = new URLSearchParams(body).get('signed_request') ?? ''
      const { userId } = verifySignedRequest(text, sandbox.options.clientSecret)
      response.end(JSON.stringify({ path: request.url, userId }))
    })
  })

  const told = await sandbox.tell('deauthorize', 'business')

  expect(told).toMatchObject({ status: 200, problem: null })
  expect(JSON.parse(told.body)).toStrictEqual({
    path: '/auth/instagram/deauthorize',
    userId: sandbox.testUsers.business.id,
  })
})

test('throttled calls are refused, and later ones are not', async () => {
  await using site = await startSite()
  site.sandbox.throttle(1)

  const { withheld } = await connect(site)

  expect(withheld.map(({ code }) => code)).toStrictEqual(['throttled'])
  expect((await connect(site, 'creator')).withheld).toStrictEqual([])
})

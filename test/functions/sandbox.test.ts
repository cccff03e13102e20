import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createSandbox, openInstagram, verifySignedRequest } from '../../src/index.ts'
import { readOptions } from '../../src/host/readOptions.ts'
import { connect, DAY, SILENT, startSite } from './support.ts'

test('an app takes a sandbox for Instagram by spreading its options', async () => {
  await using sandbox = await createSandbox()
  await using instagram = await openInstagram({ ...sandbox.options, log: SILENT })

  const { account } = await connect({ instagram, sandbox }, 'creator')

  const { id, userId, username, name, accountType } = account
  expect({ id, userId, username, name, accountType }).toStrictEqual(sandbox.people.creator)
})

test('a sandbox without options sends people back to where a host mounts us by the README', async () => {
  await using sandbox = await createSandbox()
  await using instagram = await openInstagram({ ...sandbox.options, log: SILENT })

  const address = await sandbox.authorize(instagram.beginLogin().url)

  expect(address.href).toMatch(/^http:\/\/localhost:3000\/instagram\/response\?code=[^&]+&state=[^&]+#_$/)
})

test('every page says that it is a sandbox, and in production it is refused', async () => {
  await using sandbox = await createSandbox()

  expect(readOptions(sandbox.options, {}).settings.sandbox).toBe(true)
  expect(() => readOptions(sandbox.options, { NODE_ENV: 'production' })).toThrow('sandbox must be left out')
})

test('two sandboxes at once are two', async () => {
  await using one = await createSandbox()
  await using other = await createSandbox({ redirectUri: 'https://site.example/auth/instagram/callback' })
  one.pass(DAY)

  expect(one.origin).not.toBe(other.origin)
  expect(one.options.now().getTime() - other.options.now().getTime()).toBeGreaterThan(DAY - 60_000)
  await using instagram = await openInstagram({ ...one.options, log: SILENT })
  await expect(other.authorize(instagram.beginLogin().url)).rejects.toThrow('The sandbox is at')
})

test.each([
  ['personal', 'Only professional accounts'],
  ['outsider', 'Insufficient Developer Role'],
] as const)('a person whose account is %s is not sent back, in Instagram’s words', async (as, words) => {
  await using site = await startSite()
  const { url } = site.instagram.beginLogin()

  await expect(site.sandbox.authorize(url, { as })).rejects.toThrow(words)
})

test('an app with another redirect URI is turned away as by Instagram', async () => {
  await using site = await startSite({ redirectUri: 'https://elsewhere.example/response' })
  const { url } = site.instagram.beginLogin()

  await expect(site.sandbox.authorize(url)).rejects.toThrow('Invalid redirect_uri')
})

test('somebody who does not live there cannot authorize', async () => {
  await using site = await startSite()
  const { url } = site.instagram.beginLogin()

  await expect(site.sandbox.authorize(url, { as: 'guest-0' })).rejects.toThrow('“guest-0”')
})

test('scopes stay ticked unless somebody takes them away', async () => {
  const scopes = ['instagram_business_basic', 'instagram_business_manage_comments']
  await using site = await startSite({ scopes })

  const { account } = await connect(site)

  expect(account.permissions).toStrictEqual(scopes)
})

test('a site is told by Meta at the addresses beside its redirect URI', async () => {
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
    userId: sandbox.people.business.id,
  })
})

test('too many calls are refused until they are no more', async () => {
  await using site = await startSite()
  site.sandbox.throttle(1)

  const { withheld } = await connect(site)

  expect(withheld.map(({ reason }) => reason)).toStrictEqual(['throttled'])
  expect((await connect(site, 'creator')).withheld).toStrictEqual([])
})

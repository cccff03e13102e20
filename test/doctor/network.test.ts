import { once } from 'node:events'
import { createServer as createHttpsServer } from 'node:https'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import { generate } from 'selfsigned'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { certificateFor } from '../../src/certificate.ts'
import { findingsOn, sharedSite, startServer, startSite } from './support.ts'

const site = await sharedSite()

const silent = createServer().listen(0, '127.0.0.1')
await once(silent, 'listening')
afterAll(() => void silent.close())
const silentOrigin = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`

/** Takes five seconds, which pass during the other tests. */
const silentFindings = site.examine({
  INSTAGRAM_GRAPH_URL: silentOrigin,
  INSTAGRAM_REDIRECT_URI: `${silentOrigin}/response`,
})

test('each of Instagram’s hosts has a finding of its own', async () => {
  const [authorize, graph] = [
    await startServer((_, response) => response.end()),
    await startServer((_, response) => response.end()),
  ]

  const findings = await site.examine({
    INSTAGRAM_AUTHORIZE_URL: `${authorize}/oauth/authorize`,
    INSTAGRAM_GRAPH_URL: graph,
  })

  for (const origin of [authorize, site.world.sandbox.origin, graph])
    expect(findingsOn(new URL(origin).host, findings)).toMatchObject([
      { outcome: 'ok', says: expect.stringMatching(/^Answers in \d+ ms\.$/) as string },
    ])
})

test('a host that answers with an error is fine, unless it has a problem', async () => {
  const refusing = await startServer((_, response) => response.writeHead(400).end())
  const broken = await startServer((_, response) => response.writeHead(503).end())

  const findings = await site.examine({ INSTAGRAM_AUTHORIZE_URL: refusing, INSTAGRAM_GRAPH_URL: broken })

  expect(findingsOn(new URL(refusing).host, findings)).toMatchObject([{ outcome: 'ok' }])
  expect(findingsOn(new URL(broken).host, findings)).toMatchObject([
    { outcome: 'unknown', says: 'Answers with status 503: Instagram has a problem.' },
  ])
})

test('a host name without an address is wrong', async () => {
  const findings = await site.examine({ INSTAGRAM_GRAPH_URL: 'https://graph.invalid' })

  expect(findingsOn('graph.invalid', findings)).toMatchObject([{ outcome: 'wrong', says: 'DNS lookup failed.' }])
})

test('a port where nothing listens is wrong', async () => {
  const findings = await site.examine({ INSTAGRAM_GRAPH_URL: 'http://127.0.0.1:1' })

  expect(findingsOn('127.0.0.1:1', findings)).toMatchObject([{ outcome: 'wrong', says: 'The connection was refused.' }])
})

test('a connection that is closed before a response is wrong', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`

  const findings = await site.examine({ INSTAGRAM_GRAPH_URL: `http://${host}` })

  expect(findingsOn(host, findings)).toMatchObject([
    { outcome: 'wrong', says: 'The connection was lost before a response.' },
  ])
})

test('an untrusted certificate is wrong', async () => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }])
  const server = createHttpsServer({ cert, key }, (_, response) => response.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const host = `localhost:${(server.address() as AddressInfo).port}`

  const findings = await site.examine({ INSTAGRAM_GRAPH_URL: `https://${host}` })

  expect(findingsOn(host, findings)).toMatchObject([
    { outcome: 'wrong', says: expect.stringContaining('not trusted') as string },
  ])
})

test('https to a server that serves http is wrong', async () => {
  const origin = await startServer((_, response) => response.end())
  const { host } = new URL(origin)

  const findings = await site.examine({ INSTAGRAM_GRAPH_URL: `https://${host}` })

  expect(findingsOn(host, findings)).toMatchObject([
    { outcome: 'wrong', says: expect.stringContaining('does not speak TLS') as string },
  ])
})

test.each([
  [0, 'ok', /^It matches Instagram’s/],
  [-50, 'ok', /to within (49|50|51) seconds/],
  [50, 'ok', /to within (49|50|51) seconds/],
  [300, 'wrong', /(299|300|301) seconds ahead of/],
  [-7200, 'wrong', /(7199|7200|7201) seconds behind/],
] as const)('a clock that is %i seconds ahead of Instagram’s is %s', async (seconds, outcome, says) => {
  const server = await startServer((_, response) => {
    response.setHeader('date', new Date(Date.now() - seconds * 1000).toUTCString()).end()
  })

  const findings = await site.examine(everyHost(server))

  expect(findingsOn('Clock', findings)).toMatchObject([{ outcome, says: expect.stringMatching(says) as string }])
})

test('the sandbox’s clock, which can be moved, says nothing about this machine’s', async () => {
  await using own = await startSite()
  own.world.sandbox.pass(3_600_000)
  const unset = Object.fromEntries(Object.keys(own.environment).map((name) => [name, '']))

  const findings = await own.examine({ ...unset, PORT: '1', SANDBOX_PORT: new URL(own.world.sandbox.origin).port })

  expect(findingsOn('Clock', findings)).toEqual([])
  expect(findingsOn(new URL(own.world.sandbox.origin).host, findings)).toMatchObject([{ outcome: 'ok' }])
})

test('the clock is unknown when no host sends the time', async () => {
  const server = await startServer((_, response) => {
    response.sendDate = false
    response.end()
  })

  expect(findingsOn('Clock', await site.examine(everyHost(server)))).toMatchObject([{ outcome: 'unknown' }])
})

test('a site whose app answers is fine', async () => {
  const findings = await site.examine()

  expect(findingsOn('Redirect URI reachable', findings)).toEqual([
    { outcome: 'ok', says: 'Yes, without further redirects.' },
  ])
})

test.each([
  [301, 'https://www.site.example/response', 'https://www.site.example/response'],
  [302, '//site.example/response?canary', 'http://site.example/response'],
  [308, '/response/', '/response/'],
])('a redirect URI that answers %i to %s is wrong', async (status, location, target) => {
  const origin = await startServer((_, response) => response.writeHead(status, { location }).end())

  const findings = await site.examine({ INSTAGRAM_REDIRECT_URI: `${origin}/response` })

  expect(findingsOn('Redirect URI reachable', findings)).toMatchObject([
    { outcome: 'wrong', says: expect.stringContaining(new URL(target, origin).href) as string },
  ])
  expect(JSON.stringify(findings)).not.toContain('canary')
})

test.each([
  [404, 'wrong', /Another server/],
  [502, 'unknown', /answers with status 502/],
  [401, 'unknown', /log in there first/],
  [403, 'unknown', /log in there first/],
] as const)('a redirect URI that answers %i is %s', async (status, outcome, says) => {
  const origin = await startServer((_, response) => response.writeHead(status).end())

  const findings = await site.examine({ INSTAGRAM_REDIRECT_URI: `${origin}/response` })

  expect(findingsOn('Redirect URI reachable', findings)).toMatchObject([
    { outcome, says: expect.stringMatching(says) as string },
  ])
})

test('a redirect URI without an address is wrong', async () => {
  const findings = await site.examine({ INSTAGRAM_REDIRECT_URI: 'https://site.invalid/response' })

  expect(findingsOn('Redirect URI reachable', findings)).toMatchObject([
    { outcome: 'wrong', says: 'DNS lookup of site.invalid failed.' },
  ])
})

test('a site where nothing answers is unknown, because the app may not be running', async () => {
  const findings = await site.examine({ INSTAGRAM_REDIRECT_URI: 'http://localhost:1/response' })

  expect(findingsOn('Redirect URI reachable', findings)).toMatchObject([{ outcome: 'unknown' }])
})

test('https on localhost where the app serves http is wrong, with HTTPS as the fix', async () => {
  const uri = site.world.origin.replace('http:', 'https:')

  const findings = await site.examine({ INSTAGRAM_REDIRECT_URI: `${uri}/response`, PORT: '1' })

  expect(findingsOn('Redirect URI reachable', findings)).toMatchObject([
    { outcome: 'wrong', fix: expect.stringContaining('HTTPS=self-signed') as string },
  ])
})

test('the certificate that the app has generated is trusted', async () => {
  const listening = { host: '', port: 1, https: 'self-signed', trustProxy: false } as const
  const databaseUrl = `file:${site.world.databaseFile}`
  const certificate = await certificateFor({ listening, databaseUrl }, new Date())
  const server = createHttpsServer({ ...certificate }, (_, response) => response.writeHead(400).end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const uri = `https://localhost:${(server.address() as AddressInfo).port}/response`

  const findings = await site.examine({ HTTPS: 'self-signed', INSTAGRAM_REDIRECT_URI: uri })
  const elsewhere = await site.examine({
    HTTPS: 'self-signed',
    INSTAGRAM_REDIRECT_URI: uri,
    DATABASE_URL: `file:${dirname(site.world.databaseFile)}/other/accounts.db`,
  })

  expect(findingsOn('Redirect URI reachable', findings)).toMatchObject([{ outcome: 'ok' }])
  expect(findingsOn('Redirect URI reachable', elsewhere)).toMatchObject([{ outcome: 'wrong' }])
})

test('a missing certificate file is wrong', async () => {
  const findings = await site.examine({
    HTTPS: '/nowhere/cert.pem,/nowhere/key.pem',
    INSTAGRAM_REDIRECT_URI: 'https://localhost:1/response',
  })

  expect(findingsOn('Certificate', findings)).toMatchObject([
    { outcome: 'wrong', says: 'HTTPS names /nowhere/cert.pem, which does not exist.' },
  ])
})

test('a host that does not answer within five seconds is wrong, and such a site is unknown', async () => {
  const findings = await silentFindings

  expect(findingsOn(new URL(silentOrigin).host, findings)).toMatchObject([
    { outcome: 'wrong', says: 'No response within 5 seconds.' },
  ])
  expect(findingsOn('Redirect URI reachable', findings)).toMatchObject([{ outcome: 'unknown' }])
})

function everyHost(origin: string): Record<string, string> {
  return {
    INSTAGRAM_AUTHORIZE_URL: origin,
    INSTAGRAM_TOKEN_URL: origin,
    INSTAGRAM_GRAPH_URL: origin,
  }
}

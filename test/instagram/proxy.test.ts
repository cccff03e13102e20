import { afterAll, beforeEach, expect, test } from 'vitest'
import { createInstagramClient } from '../../src/instagram/client.ts'
import { findingsOn, startSite } from '../doctor/support.ts'
import { person } from '../support/person.ts'
import { freePort } from '../support/place.ts'
import { startProxy } from '../support/proxy.ts'
import { startWorld } from '../support/world.ts'
import { settingsFor } from './support.ts'

const closing = new AsyncDisposableStack()
afterAll(() => closing.disposeAsync())

const INSTAGRAM = {
  INSTAGRAM_TOKEN_URL: 'https://api.instagram.test/oauth/access_token',
  INSTAGRAM_GRAPH_URL: 'https://graph.instagram.test',
}
const proxy = closing.use(await startProxy())
const world = closing.use(
  await startWorld({
    ...INSTAGRAM,
    HTTPS_PROXY: proxy.url,
    WEBHOOK_URL: 'https://hooks.test/instagram',
    WEBHOOK_SECRETS: `whsec_${Buffer.alloc(32, 1).toString('base64')}`,
  }),
)
proxy.behind = world.sandbox.origin

beforeEach(() => {
  proxy.targets.length = 0
  proxy.status = 200
  world.log.length = 0
})

test('a login and a webhook work where only the proxy reaches Instagram and the receiver', async () => {
  const page = await person(world).login()
  await world.runJobs()

  expect(page.status).toBe(200)
  expect(page.text).toContain('href="/disconnect?account=')
  expect(new Set(proxy.targets)).toStrictEqual(
    new Set(['api.instagram.test:443', 'graph.instagram.test:443', 'hooks.test:443']),
  )
  const { rows } = await world.database.query('SELECT id FROM events')
  expect(rows).toStrictEqual([])
})

test('pictures come through the proxy, too', async () => {
  await using client = closingClient({ httpsProxy: proxy.url })

  const picture = await client.picture('https://scontent.cdninstagram.com/pictures/business.png')

  expect(picture.contentType).toBe('image/png')
  expect(proxy.targets).toStrictEqual(['scontent.cdninstagram.com:443'])
})

test.each([
  ['another host of NO_PROXY', 'https://api.instagram.test', 'example.com,instagram.test'],
  ['every host, with *', 'https://api.instagram.test', '*'],
  ['this machine, without any setting', world.sandbox.origin, undefined],
])('%s is reached directly', async (_, origin, noProxy) => {
  await using client = closingClient(
    { httpsProxy: proxy.url, httpProxy: proxy.url, ...(noProxy && { noProxy }) },
    origin,
  )

  await client.exchangeCode('AQ').catch(() => undefined)

  expect(proxy.targets).toStrictEqual([])
})

test.each([
  ['wants another password', 407, /^The proxy 127\.0\.0\.1:\d+ answered 407 to CONNECT api\./],
  ['does not allow the host', 403, /^The proxy 127\.0\.0\.1:\d+ answered 403 to CONNECT api\./],
  ['hangs up', 0, /^The proxy 127\.0\.0\.1:\d+ cannot be reached\.$/],
])('a proxy that %s is named in the log, and its password nowhere', async (_, status, message) => {
  proxy.status = status
  world.restart() // Without the connections of other tests.

  const page = await person(world).login()

  expect(page.status).toBe(502)
  expect(page.text).toContain('A proxy blocks the connection to Instagram')
  const line = world.log.map((text) => JSON.parse(text) as { explained?: string; fix?: string; err?: { cause: Error } })
  const failure = line.find(({ explained }) => explained === 'proxy_failed')
  expect(failure?.fix).toContain('HTTPS_PROXY')
  expect(failure?.err?.cause.message).toMatch(message)
  expect(page.text + world.log.join('')).not.toContain('pass-canary')
})

test('a proxy that does not run is named', async () => {
  const host = `127.0.0.1:${await freePort()}`
  await using client = closingClient({ httpsProxy: `http://user:pass-canary@${host}` })

  const error = await client.exchangeCode('AQ').catch((reason: unknown) => reason)

  expect(error).toMatchObject({
    code: 'proxy_failed',
    cause: { message: `The proxy ${host} cannot be reached.`, cause: { code: 'ECONNREFUSED' } },
  })
})

test('the doctor goes through the proxy and names it without its password, and what it refuses', async () => {
  await using site = await startSite()
  const settings = { ...INSTAGRAM, https_proxy: ` ${proxy.url} `, NO_PROXY: 'intern.example' }

  const findings = await site.examine(settings)
  proxy.status = 403
  const refused = await site.examine(settings)

  expect(findingsOn('Proxy', findings)).toStrictEqual([
    {
      outcome: 'ok',
      says: `Calls to other servers go through http://${proxy.host} (HTTPS_PROXY). Calls to this machine and the hosts in NO_PROXY do not.`,
    },
  ])
  expect(findingsOn('api.instagram.test', findings)).toMatchObject([{ outcome: 'ok' }])
  const says = `The proxy ${proxy.host} answered 403 to CONNECT`
  expect(findingsOn('graph.instagram.test', refused)).toMatchObject([
    { outcome: 'wrong', says: `${says} graph.instagram.test:443.` },
  ])
  expect(findingsOn('App ID', refused)).toMatchObject([{ says: `${says} api.instagram.test:443.` }])
  expect(JSON.stringify([findings, refused])).not.toContain('canary')
})

function closingClient(proxySettings: object, origin = 'https://api.instagram.test') {
  const client = createInstagramClient(settingsFor(origin), { now: () => new Date(), proxy: proxySettings })
  return { ...client, [Symbol.asyncDispose]: () => client.close() }
}

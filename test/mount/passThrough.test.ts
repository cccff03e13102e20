import { inspect } from 'node:util'
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import request from 'supertest'
import { describe, expect, test } from 'vitest'
import { KEY, program } from '../api/support.ts'
import { PASSWORD } from '../operator/support.ts'
import { person } from '../support/person.ts'
import { startSite } from './support.ts'

/** Everything of an answer but when it was given. */
async function answer(origin: string, method: 'get' | 'post' | 'put' | 'delete', path: string) {
  const { status, text, headers } = await request(origin)[method](path)
  return { status, text, headers: { ...(headers as Record<string, string>), date: '' } }
}

test.each([
  ['get', '/instagram/nowhere'],
  ['get', '/instagram/response/'.repeat(2)],
  ['get', '/instagram/help/declined/more'],
  ['get', '/instagram/other/%E0%A4%A'],
  ['get', '/instagram/assets/host.css'],
  ['get', '/instagram/assets/../views/index.ejs'],
  ['get', '/instagram/api/other'],
  ['get', '/instagram/api'],
  ['post', '/instagram/'],
  ['post', '/instagram/response'],
  ['put', '/instagram/help'],
  ['delete', '/instagram/setup'],
  // Rooms that these settings leave closed.
  ['get', '/instagram/accounts'],
  ['post', '/instagram/accounts/sign-in'],
  ['get', '/instagram/api/accounts'],
  ['get', '/instagram/metrics'],
  ['post', '/instagram/import'],
  ['get', '/help'],
] as const)('%s %s, which is not ours, reaches the host as if we were not there', async (method, path) => {
  await using host = await startSite()

  const told = await answer(host.origin, method, path)

  expect(told).toStrictEqual(await answer(host.origin, method, '/elsewhere'))
  expect(told).toMatchObject({ status: 404, text: 'The host has no such page' })
  expect(host.log).toStrictEqual([])
})

test('a host is as it was after its visitors came by our pages', async () => {
  const ownPage = (app: Express) =>
    app.get('/own', ({ secure, query, app: { settings } }, response) => {
      response.json({ secure, query, settings: Object.keys(settings as object) })
    })
  await using host = await startSite({ after: ownPage })
  const before = await answer(host.origin, 'get', '/own?a[b]=c')

  await person(host).get('/instagram/')
  await person(host).get('/instagram/response?code=a&state=b')

  expect(await answer(host.origin, 'get', '/own?a[b]=c')).toStrictEqual(before)
  expect(before.headers).toMatchObject({
    'x-powered-by': 'Express',
    etag: expect.stringMatching(/./) as string,
  })
})

test.each([
  ['/instagram/response', 400],
  ['/instagram/response?code=a&state=b', 400],
  ['/instagram/help/nothing-known', 404],
  ['/instagram/help/%E0%A4%A', 400],
  ['/instagram/data-deletion/guess', 404],
  ['/instagram/picture', 404],
] as const)('what goes wrong at %s is told by us, and never by the host', async (path, status) => {
  const met: unknown[] = []
  const meet: ErrorRequestHandler = (error, _request, _response, next) => {
    met.push(error)
    next(error)
  }
  await using host = await startSite({ after: (app) => app.use(meet) })

  const page = await person(host).get(path)

  expect(page.status).toBe(status)
  expect(page.text).toContain('href="/instagram/">Back to Get Started</a>')
  expect(met).toStrictEqual([])
})

describe.each<[string, RequestHandler[]]>([
  ['into objects', [express.json(), express.urlencoded({ extended: true })]],
  ['as text', [express.text({ type: '*/*' })]],
  ['as bytes', [express.raw({ type: '*/*' })]],
])('where the host has read bodies already, %s,', (_, parsers) => {
  test('a form, a call of Meta’s and a program are heard', async () => {
    await using host = await startSite({
      options: { apiKeys: KEY, takesTokens: true },
      before: (app) => app.use(parsers),
    })
    const somebody = person(host)
    const signed = host.sandbox.signedRequest('business')

    const imported = await somebody.submit('/instagram/import', {
      access_token: host.sandbox.dashboardToken('business'),
    })
    const helped = await somebody.submit('/instagram/help', { pasted: 'Invalid platform app' })
    const deauthorized = await somebody.submit('/instagram/deauthorize', { signed_request: signed })
    const added = await program(host).post('/instagram/api/accounts', {
      access_token: host.sandbox.dashboardToken('creator'),
    })

    expect([imported.status, helped.status, deauthorized.status, added.status]).toStrictEqual([
      303, 200, 200, 201,
    ])
    expect(helped.text).toContain('Invalid platform app')
  })
})

test.each([
  ['text', express.text({ type: '*/*' })],
  ['bytes', express.raw({ type: '*/*' })],
])(
  'what is malformed is refused as ever where the host left it as %s, and stands in no log',
  async (_, parser) => {
    await using host = await startSite({ options: { apiKeys: KEY }, before: (app) => app.use(parser) })
    const signed = host.sandbox.signedRequest('business')

    const twice = await request(host.origin)
      .post('/instagram/deauthorize')
      .type('form')
      .send(`signed_request=${signed}&signed_request=${signed}`)
    const cutOff = await program(host).post('/instagram/api/accounts', '{"access_token":"IGAAmarkedcanary')
    const empty = await program(host).post('/instagram/api/accounts', '')

    expect([twice.status, cutOff.status, empty.status]).toStrictEqual([400, 400, 400])
    expect(cutOff.body).toMatchObject({ type: '/problems/bad_request' })
    expect(cutOff.text + inspect(host.log, { depth: Infinity })).not.toMatch(`IGAA|${signed}`)
  },
)

test('where the host has read a body and left nothing of it, the log says so', async () => {
  await using host = await startSite({
    options: { apiKeys: KEY, adminPassword: PASSWORD },
    before: (app) =>
      app.use((incoming, _response, next) => {
        incoming.resume().once('end', next)
      }),
  })
  const signed = host.sandbox.signedRequest('business')

  const answers = [
    await person(host).submit('/instagram/deauthorize', { signed_request: signed }),
    await person(host).submit('/instagram/help', { pasted: 'Invalid platform app' }),
    await person(host).submit('/instagram/accounts/sign-in', { password: PASSWORD }),
    await program(host).post('/instagram/api/accounts', { access_token: 'IGAA' }),
  ]

  expect(answers.map(({ status }) => status)).toStrictEqual([500, 500, 500, 500])
  const told = host.log.filter(({ level }) => level === 'error').map(({ details }) => inspect(details['err']))
  expect(told).toHaveLength(4)
  for (const error of told) expect(error).toContain('had been read before it came to us')
})

import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { DAY_MS, HOUR_MS } from '../../src/facts.ts'
import { verifySignedRequest } from '../../src/instagram/signedRequest.ts'
import { APP, graphErrorOf, locationOf, sharedSandbox, startTestSandbox } from './support.ts'

const sandbox = await sharedSandbox()

test('the home page says what the sandbox is and who its users are, and shows no secret', async () => {
  const page = await sandbox.homePage()
  const style = await fetch(`${sandbox.origin}/sandbox.css`)

  expect(page).toContain('not Instagram')
  expect(page).toContain('27640875392278831')
  expect(page).toContain(APP.redirectUris[0])
  expect(page).toContain('<a href="https://localhost:3000/">start in your app</a>')
  expect(page).not.toContain(APP.clientSecret)
  expect(page).not.toContain("'")
  expect(style.headers.get('content-type')).toContain('text/css')
})

test('the home page shows the sandbox’s time, and says that no other clock moves', async () => {
  const page = await sandbox.homePage()

  expect(page).toContain(
    '<time datetime="2026-11-23T12:00:00.000Z"><b>Monday, 23 November 2026 at 12:00:00 UTC</b></time>',
  )
  expect(page).not.toContain('moved forward')
  expect(page).toContain('An app that was started with this sandbox uses this clock')
  expect(page).toContain('No other clock changes')
})

test('buttons move the clock of this sandbox forward, one step after the other', async () => {
  await using own = await startTestSandbox()
  const moves: [step: string, time: string, moved: string][] = [
    ['1 hour', '2026-11-23T13:00:00.000Z', '1 hour'],
    ['1 day', '2026-11-24T13:00:00.000Z', '1 day, 1 hour'],
    ['30 days', '2026-12-24T13:00:00.000Z', '31 days, 1 hour'],
    ['60 days', '2027-02-22T13:00:00.000Z', '91 days, 1 hour'],
  ]

  for (const [forward, time, moved] of moves) {
    const response = await own.submit('/clock', { forward })
    const page = await own.homePage()

    expect([response.status, locationOf(response)]).toEqual([303, '/#clock'])
    expect(page).toContain(`datetime="${time}"`)
    expect(page).toContain(`moved forward by ${moved}.`)
  }
  expect(await sandbox.homePage()).toContain('datetime="2026-11-23T12:00:00.000Z"')
})

test('a test moves the clock on top of a clock that moves by itself, and back', async () => {
  let time = Date.parse('2026-11-23T12:00:00Z')
  await using own = await startTestSandbox({ now: () => new Date(time) })
  const token = await own.longLivedToken()

  time += DAY_MS
  own.pass(HOUR_MS)
  expect(await own.homePage()).toContain('datetime="2026-11-24T13:00:00.000Z"')
  expect(own.now()).toEqual(new Date('2026-11-24T13:00:00Z'))
  expect((await own.refresh(token)).status).toBe(200)
  own.pass(-2 * HOUR_MS)

  expect((await own.refresh(token)).status).toBe(400)
  expect(await own.homePage()).not.toContain('moved forward')
})

test.for<[string, Record<string, string>]>([
  ['no step', {}],
  ['a step that is not offered', { forward: '-1 day' }],
  ['a step named like a property of objects', { forward: 'constructor' }],
])('a clock form with %s is refused', async ([, fields]) => {
  const response = await sandbox.submit('/clock', fields)

  expect(response.status).toBe(400)
  expect(await response.text()).toContain('Choose how far to move the clock.')
  expect(await sandbox.homePage()).toContain('datetime="2026-11-23T12:00:00.000Z"')
})

test('the app can be removed only from accounts with living tokens', async () => {
  await using own = await startTestSandbox()

  const before = await own.homePage()
  await own.longLivedToken('creator')
  const during = await own.homePage()
  own.pass(60 * DAY_MS)
  const after = await own.homePage()

  expect(actionsOn(before)).toEqual([
    'business/generate-token',
    'business/ask-for-deletion',
    'creator/generate-token',
    'creator/ask-for-deletion',
  ])
  expect(actionsOn(during)).toEqual([
    'business/generate-token',
    'business/ask-for-deletion',
    'creator/generate-token',
    'creator/remove-app',
    'creator/change-password',
    'creator/ask-for-deletion',
  ])
  expect(during).toContain('Active tokens: 2')
  expect(actionsOn(after)).toEqual(actionsOn(before))
  own.dashboardToken('business')
  own.takePermission('business')
  expect(actionsOn(await own.homePage())).toContain('business/remove-app')
})

test.for([
  ['remove-app', { code: 190, error_subcode: 458 }],
  ['change-password', { code: 190, message: expect.stringContaining('changed their password') as string }],
  ['ask-for-deletion', { code: 190, error_subcode: 458 }],
] as const)('the button %s makes the tokens of one account invalid', async ([change, error]) => {
  await using own = await startTestSandbox()
  const token = await own.longLivedToken()
  const other = await own.longLivedToken('creator')

  const response = await own.submit(`/people/business/${change}`)

  expect([response.status, locationOf(response)]).toEqual([303, '/#business'])
  expect(await graphErrorOf(await own.me(token))).toMatchObject(error)
  expect((await own.me(other)).status).toBe(200)
  expect(actionsOn(await own.homePage())).not.toContain('business/remove-app')
})

test('a generated token is shown once', async () => {
  const response = await sandbox.submit('/people/creator/generate-token')
  const [, token = ''] = /<code>(IGAA\w+)<\/code>/.exec(await response.text()) ?? []

  expect(response.status).toBe(200)
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(await (await sandbox.me(token)).json()).toMatchObject({ user_id: '17841465209137453' })
  expect(await sandbox.homePage()).not.toContain('IGAA')
})

test.for(['nobody/generate-token', 'outsider/generate-token', 'personal/remove-app', 'business/delete'])(
  'a form sent to /people/%s gets 404',
  async (path) => {
    expect((await sandbox.submit(`/people/${path}`)).status).toBe(404)
  },
)

test.for(['/clock', '/people/business/generate-token'])(
  'a person who opens the address of the form %s gets the home page',
  async (path) => {
    const response = await fetch(sandbox.origin + path)

    expect([response.status, response.url]).toEqual([200, `${sandbox.origin}/`])
  },
)

test.for(['cross-site', 'same-site'])('a form of a %s page is refused', async (site) => {
  await using own = await startTestSandbox()
  const token = await own.longLivedToken()
  const headers = { 'sec-fetch-site': site }

  const responses = [
    await own.submit('/clock', { forward: '60 days' }, headers),
    await own.submit('/people/business/remove-app', {}, headers),
    await own.submit('/people/business/generate-token', {}, headers),
  ]

  for (const response of responses) {
    const page = await response.text()
    expect(response.status).toBe(403)
    expect(page).toContain('Another site sent this request.')
    expect(page).not.toContain('IGAA')
  }
  expect((await own.me(token)).status).toBe(200)
  const ownForm = await own.submit('/clock', { forward: '1 day' }, { 'sec-fetch-site': 'same-origin' })
  expect(ownForm.status).toBe(303)
})

test('requests of a browser are not among the recorded calls', async () => {
  await using own = await startTestSandbox()

  await own.submit('/clock', { forward: '1 day' })
  await own.submit('/people/business/generate-token')
  const page = await own.homePage()
  const [, face = ''] = /<img src="([^"]+)"/.exec(page) ?? []
  const picture = await fetch(own.origin + face)

  expect(picture.headers.get('content-type')).toBe('image/png')
  expect(own.calls).toEqual([])
})

type Answer = (response: ServerResponse) => void

/** A sandbox with an app that records Meta's callbacks and answers them. */
async function startWithApp(answer: Answer) {
  const received: { path: string; type: string | undefined; body: string }[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({ path: request.url ?? '', type: request.headers['content-type'], body })
      answer(response)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close().closeAllConnections()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const app = { ...APP, deauthorizeUrl: `${origin}/gone`, dataDeletionUrl: `${origin}/erase` }
  const own = await startTestSandbox({ app })
  onTestFinished(() => own.close())
  const press = async (change: string) => (await own.submit(`/people/business/${change}`)).text()
  return { received, sandbox: own, press }
}

const json =
  (body: unknown): Answer =>
  (response) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body))

test('when a person removes the app, the app gets a signed request', async () => {
  const { received, sandbox: own, press } = await startWithApp(json({}))
  const token = own.dashboardToken('business', DAY_MS)

  const page = await press('remove-app')

  const [call, ...others] = received
  expect(call).toMatchObject({ path: '/gone', type: 'application/x-www-form-urlencoded;charset=UTF-8' })
  expect(others).toStrictEqual([])
  const signed = new URLSearchParams(call?.body).get('signed_request') ?? ''
  expect(verifySignedRequest(signed, [APP.clientSecret]).userId).toBe('27640875392278831')
  expect(verifySignedRequest(own.signedRequest('creator'), [APP.clientSecret]).userId).toBe('25081994730615283')
  expect(page).toContain('It responded with <b>200</b>')
  expect((await own.me(token)).status).toBe(400)
})

test('a person who asks for deletion gets a link to the status page', async () => {
  const { received, press } = await startWithApp(json({ url: 'https://a.example/s/1', confirmation_code: 'abc123' }))

  const page = await press('ask-for-deletion')

  expect(received.map(({ path }) => path)).toStrictEqual(['/erase'])
  expect(page).toContain('<a href="https://a.example/s/1">Open the status page</a>')
})

test.for<[string, Answer]>([
  ['a script as its address', json({ url: 'javascript:alert(1)', confirmation_code: 'a1' })],
  ['no code', json({ url: 'https://a.example/' })],
  ['a code with blanks', json({ url: 'https://a.example/', confirmation_code: 'a 1' })],
  ['null', json(null)],
  ['text', (response) => response.end('<b>done</b>')],
])('the page says what Meta expects when the app answers a deletion with %s', async ([, answer]) => {
  const { press } = await startWithApp(answer)

  const page = await press('ask-for-deletion')

  expect(page).toContain('Meta expects JSON with an http “url”')
  expect(page).not.toContain('Open the status page')
  expect(page).not.toContain('<b>done</b>')
})

test('the page says when the app refuses the callback or cannot be reached', async () => {
  const refusing = await startWithApp((response) => response.writeHead(404).end())
  const gone = await startWithApp((response) => response.destroy())

  expect(await refusing.press('remove-app')).toContain('Meta expects the status 200.')
  expect(await gone.press('remove-app')).toContain('The app could not be reached.')
})

test('a test sends a callback with the id as a bare number and with another secret', async () => {
  const { received, sandbox: own } = await startWithApp(json({}))

  const answer = await own.tell('deauthorize', 'creator', { secret: 'of-the-meta-app', userIdAs: 'number' })

  expect(answer).toMatchObject({ status: 200, body: '{}', problem: null, statusUrl: null })
  const signed = new URLSearchParams(received[0]?.body).get('signed_request') ?? ''
  expect(Buffer.from(signed.split('.')[1] ?? '', 'base64url').toString()).toContain('"user_id":25081994730615283,')
  expect(verifySignedRequest(signed, ['of-the-meta-app']).userId).toBe('25081994730615283')
})

test('an app that registered no address gets no callback', async () => {
  expect(await sandbox.tell('deauthorize', 'business')).toBeUndefined()
})

/** Where the buttons of the users lead. */
function actionsOn(page: string): (string | undefined)[] {
  return [...page.matchAll(/formaction="\/people\/([^"#]+)/g)].map(([, path]) => path)
}

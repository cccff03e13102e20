import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { verifySignedRequest } from '../../src/instagram/signedRequest.ts'
import { APP, DAY_MS } from './support.ts'

type Answer = (response: ServerResponse) => void

/** A sandbox, and an app of somebody's that hears what Meta tells it, and answers as it is told. */
async function startPair(answer: Answer) {
  const heard: { path: string; type: string | undefined; body: string }[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      heard.push({ path: request.url ?? '', type: request.headers['content-type'], body })
      answer(response)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close().closeAllConnections()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const app = { ...APP, deauthorizeUrl: `${origin}/gone`, dataDeletionUrl: `${origin}/erase` }
  const sandbox = await startSandbox({ port: 0, app })
  onTestFinished(() => sandbox.close())
  const press = async (change: string) => {
    const page = await fetch(`${sandbox.origin}/people/business/${change}`, { method: 'POST' })
    return page.text()
  }
  return { heard, origin, sandbox, press }
}

const json =
  (said: unknown): Answer =>
  (response) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify(said))

test('who removes the app loses their tokens, and the app hears of it by a signed request', async () => {
  const { heard, sandbox, press } = await startPair(json({}))
  const token = sandbox.dashboardToken('business', DAY_MS)

  const page = await press('remove-app')

  const [{ path, type, body } = { path: '', type: '', body: '' }, ...others] = heard
  expect([path, type, others]).toStrictEqual(['/gone', 'application/x-www-form-urlencoded;charset=UTF-8', []])
  const signed = new URLSearchParams(body).get('signed_request') ?? ''
  expect(verifySignedRequest(signed, [APP.clientSecret]).userId).toBe('27640875392278831')
  expect(page).toContain('which answered <b>200</b>')
  const me = await fetch(`${sandbox.graphUrl}/v26.0/me?access_token=${token}`)
  expect(me.status).toBe(400)
})

test('who asks for deletion is shown the way to the status page', async () => {
  const { heard, press } = await startPair(
    json({ url: 'https://a.example/s/1', confirmation_code: 'abc123' }),
  )

  const page = await press('ask-for-deletion')

  expect(heard.map(({ path }) => path)).toStrictEqual(['/erase'])
  expect(page).toContain('<a href="https://a.example/s/1">Open the status page</a>')
})

test.for<[string, Answer]>([
  ['a script for an address', json({ url: 'javascript:alert(1)', confirmation_code: 'a1' })],
  ['no code', json({ url: 'https://a.example/' })],
  ['a code with blanks', json({ url: 'https://a.example/', confirmation_code: 'a 1' })],
  ['null', json(null)],
  ['text', (response) => response.end('<b>done</b>')],
])('an app that answers a deletion with %s is told what Meta wants', async ([, answer]) => {
  const { press } = await startPair(answer)

  const page = await press('ask-for-deletion')

  expect(page).toContain('Meta wants JSON with an http “url”')
  expect(page).not.toContain('Open the status page')
  expect(page).not.toContain('<b>done</b>')
})

test('an app that refuses, or is not there, is told so', async () => {
  const { press } = await startPair((response) => response.writeHead(404).end())
  const gone = await startPair((response) => response.destroy())

  const [refused, unheard] = [await press('remove-app'), await gone.press('remove-app')]

  expect(refused).toContain('Meta wants the status 200.')
  expect(unheard).toContain('The app could not be reached.')
})

test('an id comes as a bare number, and with another secret, for whoever asks', async () => {
  const { heard, sandbox } = await startPair(json({}))

  await sandbox.tell('deauthorize', 'creator', { secret: 'of-the-meta-app', userIdAs: 'number' })

  const signed = new URLSearchParams(heard[0]?.body).get('signed_request') ?? ''
  expect(Buffer.from(signed.split('.')[1] ?? '', 'base64url').toString()).toContain(
    '"user_id":25081994730615283,',
  )
  expect(verifySignedRequest(signed, ['of-the-meta-app']).userId).toBe('25081994730615283')
})

test('an app that registered no address is not told', async () => {
  const sandbox = await startSandbox({ port: 0, app: APP })
  onTestFinished(() => sandbox.close())

  expect(await sandbox.tell('deauthorize', 'business')).toBeUndefined()
})

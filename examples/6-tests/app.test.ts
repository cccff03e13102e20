// Tests of your own app, offline and in no time: Instagram is a sandbox, people decide by a call, and days pass by moving its clock.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { createSandbox } from 'instagram-access-token'
import request from 'supertest'
import { createApp } from './app.ts'

const DAY = 24 * 60 * 60 * 1000
const silent = () => undefined
const SILENT = { debug: silent, info: silent, warn: silent, error: silent }

test('somebody who allows it is connected', async (context) => {
  const { sandbox, browser } = await start(context)

  const login = await browser.get('/instagram/login?return_to=/accounts')
  const back = await sandbox.authorize(login.get('location') ?? '')
  const callback = await browser.get(back.pathname + back.search)

  assert.match(callback.get('location') ?? '', /\/accounts$/)
  const page = await browser.get('/accounts')
  assert.deepEqual(page.body, [{ username: 'harbour.bakery', token: 'valid' }])
})

test('somebody who says no is not', async (context) => {
  const { sandbox, browser } = await start(context)

  const login = await browser.get('/instagram/login')
  const back = await sandbox.authorize(login.get('location') ?? '', { cancel: true })
  const callback = await browser.get(back.pathname + back.search)

  assert.equal(callback.status, 403)
  assert.match(callback.text, /You said no/)
  assert.deepEqual((await browser.get('/accounts')).body, [])
})

test('somebody who removes the app on Instagram has no token any more', async (context) => {
  const { sandbox, logins, browser } = await start(context)
  await connect(sandbox, logins)

  sandbox.revoke('business')
  const told = await sandbox.tell('deauthorize', 'business')

  assert.equal(told.problem, null)
  const page = await browser.get('/accounts')
  assert.deepEqual(page.body, [{ username: 'harbour.bakery', token: 'app_removed' }])
})

test('a token is refreshed long before its end', async (context) => {
  const { sandbox, logins, browser } = await start(context)
  await connect(sandbox, logins)

  for (let day = 0; day < 365; day += 1) {
    sandbox.pass(DAY)
    await logins.upkeep()
  }

  const page = await browser.get('/accounts')
  assert.deepEqual(page.body, [{ username: 'harbour.bakery', token: 'valid' }])
})

test('a token that nobody refreshed in time has ended', async (context) => {
  const { sandbox, logins, browser } = await start(context)
  await connect(sandbox, logins)

  sandbox.pass(61 * DAY)

  const page = await browser.get('/accounts')
  assert.deepEqual(page.body, [{ username: 'harbour.bakery', token: 'token_expired' }])
})

/** The app on a port of its own, a sandbox that it takes for Instagram, and a browser that keeps cookies; all end with the test. */
async function start(context: TestContext) {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`
  const sandbox = await createSandbox({ redirectUri: `${origin}/instagram/response` })
  // Upkeep is called by the tests, when they want it; refusals are wanted, and need no log.
  const { app, logins } = createApp({ ...sandbox.options, upkeep: false, log: SILENT })
  server.on('request', app)
  context.after(async () => {
    server.close()
    await logins.close()
    await sandbox.close()
  })
  return { sandbox, logins, browser: request.agent(origin) }
}

type Started = Awaited<ReturnType<typeof start>>

/** A login by the functions, for tests that are about something else. */
async function connect(sandbox: Started['sandbox'], logins: Started['logins']) {
  const { url, browser } = await logins.beginLogin()
  return logins.finishLogin({ callback: await sandbox.authorize(url), browser })
}

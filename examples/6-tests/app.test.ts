// Tests of your app, offline and quick: Instagram is a sandbox, people decide by a function call, and days pass by moving its clock.
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

test('a person who presses Allow is connected', async (context) => {
  const { sandbox, browser } = await start(context)

  const login = await browser.get('/instagram/login?return_to=/accounts')
  const back = await sandbox.authorize(login.get('location') ?? '')
  const callback = await browser.get(back.pathname + back.search)

  const { pathname } = new URL(callback.get('location') ?? '')
  assert.equal(pathname, '/accounts')
  const page = await browser.get('/accounts')
  assert.deepEqual(page.body, [{ username: 'harbour.bakery', token: 'valid' }])
})

test('a person who presses Cancel is not connected', async (context) => {
  const { sandbox, browser } = await start(context)

  const login = await browser.get('/instagram/login')
  const back = await sandbox.authorize(login.get('location') ?? '', { cancel: true })
  const callback = await browser.get(back.pathname + back.search)

  assert.equal(callback.status, 403)
  assert.deepEqual((await browser.get('/accounts')).body, [])
})

test('a person who removes the app on Instagram has no valid token', async (context) => {
  const { sandbox, instagram, browser } = await start(context)
  await connect(sandbox, instagram)

  sandbox.revoke('business')
  const told = await sandbox.tell('deauthorize', 'business')

  assert.equal(told.problem, null)
  const page = await browser.get('/accounts')
  assert.deepEqual(page.body, [{ username: 'harbour.bakery', token: 'app_removed' }])
})

test('a token is refreshed long before it expires', async (context) => {
  const { sandbox, instagram, browser } = await start(context)
  await connect(sandbox, instagram)

  for (let day = 0; day < 365; day += 1) {
    sandbox.pass(DAY)
    await instagram.runJobs()
  }

  const page = await browser.get('/accounts')
  assert.deepEqual(page.body, [{ username: 'harbour.bakery', token: 'valid' }])
})

test('a token that was not refreshed in time has expired', async (context) => {
  const { sandbox, instagram, browser } = await start(context)
  await connect(sandbox, instagram)

  sandbox.pass(61 * DAY)

  const page = await browser.get('/accounts')
  assert.deepEqual(page.body, [{ username: 'harbour.bakery', token: 'token_expired' }])
})

/** The app on its own port, a sandbox instead of Instagram, and a browser that keeps cookies; all end with the test. */
async function start(context: TestContext) {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`
  const sandbox = await createSandbox({ redirectUri: `${origin}/instagram/response` })
  // The tests run the jobs themselves; failures are part of the tests, and need no log.
  const { app, instagram } = createApp({ ...sandbox.options, jobs: false, log: SILENT })
  server.on('request', app)
  context.after(async () => {
    server.close()
    await instagram.close()
    await sandbox.close()
  })
  return { sandbox, instagram, browser: request.agent(origin) }
}

type Started = Awaited<ReturnType<typeof start>>

/** A login by functions, for tests of something else. */
async function connect(sandbox: Started['sandbox'], instagram: Started['instagram']) {
  const { url, browserSecret } = instagram.beginLogin()
  return instagram.finishLogin({ callback: await sandbox.authorize(url), browserSecret })
}

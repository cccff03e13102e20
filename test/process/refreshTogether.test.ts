import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { createKeeping } from '../../src/accounts/keeping.ts'
import { createInstagram } from '../../src/instagram/client.ts'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { idOf, LIFETIME_SECONDS } from '../accounts/refreshStage.ts'
import { DAY, refreshedTokens } from '../accounts/refreshWorld.ts'
import { CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, settingsFor } from '../instagram/support.ts'
import { freePort } from '../support/place.ts'
import { projectEngine } from '../support/places.ts'
import { programs } from '../support/programs.ts'

const KEY = { id: 'k1', secret: Buffer.alloc(32, 7) }

/** One Instagram and one database, for processes that share both. Whoever refreshes passes a gate on the way back. */
async function startSite() {
  await using starting = new AsyncDisposableStack()
  const { url: databaseUrl } = starting.use(await projectEngine().place())
  const now = () => new Date()
  const app = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, redirectUris: [REDIRECT_URI] }
  const sandbox = starting.adopt(await startSandbox({ port: 0, app, now }), (started) => started.close())
  const database = starting.adopt(await openDatabase(databaseUrl), (opened) => opened.close())
  const instagram = starting.adopt(createInstagram(settingsFor(sandbox.origin), now), (client) =>
    client.close(),
  )
  const { accounts } = createKeeping({
    database,
    instagram,
    tokenKeys: [KEY],
    refreshDaysBeforeExpiry: 10,
    listeners: [],
    keepEvents: false,
    reconnectUrl: () => '',
    onError: () => undefined,
    now,
  })

  const gate = { open: true, reached: Promise.withResolvers<undefined>() }
  const graph = starting.adopt(await startGate(sandbox.origin, gate), (opened) => opened.close())
  const { start } = starting.use(await programs())
  const ending = starting.move()

  return {
    sandbox,
    database,
    accounts,
    gate,
    /** One more process. */
    async start() {
      return start('start.js', {
        PORT: String(await freePort()),
        NODE_ENV: 'production',
        DATABASE_URL: databaseUrl,
        INSTAGRAM_CLIENT_ID: CLIENT_ID,
        INSTAGRAM_CLIENT_SECRET: CLIENT_SECRET,
        INSTAGRAM_REDIRECT_URI: REDIRECT_URI,
        INSTAGRAM_TOKEN_URL: sandbox.tokenUrl,
        INSTAGRAM_GRAPH_URL: graph.origin,
        SESSION_SECRETS: 'session-secret-marked-canary-0123456789',
        TOKEN_KEYS: `${KEY.id}:${KEY.secret.toString('base64')}`,
      })
    },
    /** Accounts whose token is 55 days old, and due therefore. */
    async connect(count: number) {
      for (let number = 0; number < count; number += 1) {
        const obtainedAt = new Date(Date.now() - 55 * DAY)
        await accounts.connect({
          token: {
            kind: 'long_lived',
            accessToken: sandbox.dashboardToken('business', 55 * DAY),
            obtainedAt,
            expiresAt: new Date(obtainedAt.getTime() + LIFETIME_SECONDS * 1000),
          },
          userId: idOf(number),
          permissions: null,
          askedScopes: [],
          profile: null,
        })
      }
    },
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  }
}

/** Hands every call on to the sandbox; while it is shut, the answers stay here. */
async function startGate(target: string, gate: { open: boolean; reached: PromiseWithResolvers<undefined> }) {
  async function pass(path: string, response: ServerResponse) {
    const answer = await fetch(target + path)
    const body = await answer.text()
    if (!gate.open) {
      gate.reached.resolve(undefined)
      return
    }
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(body)
  }
  const server = createServer((request, response) => void pass(request.url ?? '', response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

test('two processes refresh forty due accounts forty times, each once', { timeout: 60_000 }, async () => {
  await using site = await startSite()
  await site.connect(40)

  const processes = [await site.start(), await site.start()]
  const refreshes = () => processes.map(({ output }) => output().split('token.refreshed').length - 1)
  await expect.poll(() => refreshes().reduce((one, other) => one + other), { timeout: 20_000 }).toBe(40)
  for (const { child, ended } of processes) {
    child.kill('SIGTERM')
    await ended
  }

  const tokens = refreshedTokens(site)
  expect(tokens).toHaveLength(40)
  expect(new Set(tokens).size).toBe(40)
  for (const { child, output } of processes) {
    expect(child.exitCode).toBe(0)
    expect(output()).not.toMatch(/"level":[45]0|IGAA/)
  }
})

test(
  'what a process was refreshing when it was killed with -9 is refreshed by the next, and nothing is lost',
  { timeout: 60_000 },
  async () => {
    await using site = await startSite()
    await site.connect(1)
    site.gate.open = false
    const first = await site.start()
    await site.gate.reached.promise
    first.child.kill('SIGKILL')
    await first.ended
    const [left] = await site.accounts.list({ after: '', limit: 1 })
    const held = await site.accounts.accessToken(left?.key ?? '')
    site.gate.open = true

    const second = await site.start()
    await expect.poll(second.output, { timeout: 20_000 }).toContain('Ready')
    second.child.kill('SIGTERM')
    await second.ended
    const whileLeased = refreshedTokens(site)
    await site.database.run('UPDATE accounts SET leased_until = leased_until - 60000')
    const third = await site.start()
    await expect.poll(third.output, { timeout: 20_000 }).toContain('token.refreshed')
    third.child.kill('SIGTERM')
    await third.ended

    const [account] = await site.accounts.list({ after: '', limit: 1 })
    const renewed = await site.accounts.accessToken(account?.key ?? '')
    expect(left).toMatchObject({ status: 'ok', failedTries: 0 })
    expect(whileLeased).toStrictEqual([held])
    expect(refreshedTokens(site)).toStrictEqual([held, held])
    expect(account).toMatchObject({ status: 'ok', failedTries: 0 })
    expect(renewed).not.toBe(held)
    expect(Number(account?.tokenExpiresAt)).toBeGreaterThan(Date.now() + 59 * DAY)
  },
)

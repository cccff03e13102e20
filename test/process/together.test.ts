import pino from 'pino'
import type { Response } from 'supertest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTokenCipher } from '../../src/accounts/tokenCipher.ts'
import { configFromEnvironment } from '../../src/config.ts'
import { createContext } from '../../src/context.ts'
import { openDatabase } from '../../src/database/database.ts'
import { DAY_MS } from '../../src/facts.ts'
import { startSandbox } from '../../src/sandbox/server.ts'
import { person, type Person } from '../support/person.ts'
import { freePort } from '../support/place.ts'
import { postgres } from '../support/places.ts'
import { type Program, programs } from '../support/programs.ts'
import { CLIENT_ID, CLIENT_SECRET, variablesOf } from '../support/world.ts'

const KEY = { id: 'k1', secret: Buffer.alloc(32, 7) }
/** The load balancer’s address; the tests send requests to the processes themselves. */
const REDIRECT_URI = 'https://site.example/response'
/** People who log in at once. */
const CROWD = 60
/** Accounts whose refresh is due when the processes start. */
const DUE = 20

type SiteProcess = Program & { origin: string }

let site: Awaited<ReturnType<typeof startSite>>
beforeAll(async () => {
  site = await startSite()
}, 120_000)
afterAll(() => site[Symbol.asyncDispose]())

/** A site of two processes on one PostgreSQL database, as in production, with the sandbox for Instagram. */
async function startSite() {
  await using starting = new AsyncDisposableStack()
  const { url } = starting.use(await postgres.place())
  const app = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, redirectUris: [REDIRECT_URI] }
  const sandbox = starting.adopt(await startSandbox({ port: 0, app }), (started) => started.close())
  const environment = {
    NODE_ENV: 'production',
    DATABASE_URL: url,
    ...variablesOf(sandbox, REDIRECT_URI),
    SESSION_SECRETS: 'session-secret-marked-canary-0123456789',
    TOKEN_KEYS: `${KEY.id}:${KEY.secret.toString('base64')}`,
  }
  const database = await openDatabase(url)
  const config = configFromEnvironment(environment)
  const context = starting.use(createContext(config, { database, log: pino({ level: 'silent' }) }))
  for (let number = 0; number < DUE; number += 1)
    await context.accounts.connect({
      token: {
        kind: 'long_lived',
        accessToken: sandbox.dashboardToken('business', 55 * DAY_MS),
        obtainedAt: new Date(Date.now() - 55 * DAY_MS),
        expiresAt: new Date(Date.now() + 5 * DAY_MS),
      },
      userId: `27640875392${number}`,
      permissions: null,
      askedScopes: [],
      profile: null,
    })

  const { start } = starting.use(await programs())
  async function startProcess(): Promise<SiteProcess> {
    const port = await freePort()
    const program = start('start.js', { ...environment, PORT: String(port) })
    await program.says('Ready')
    if (!program.output().includes('Ready')) throw new Error(`A process did not start: ${program.output()}`)
    return { origin: `http://127.0.0.1:${port}`, ...program }
  }
  const [one, other] = await Promise.all([startProcess(), startProcess()])
  const ending = starting.move()
  return {
    ...context,
    sandbox,
    one,
    other,
    /** The username of each account, with the username of the person whose token it has, as Instagram says. */
    async owners(): Promise<Map<string, string | null>> {
      const { rows } = await database.query('SELECT * FROM accounts WHERE username IS NOT NULL')
      const cipher = createTokenCipher([KEY])
      const owners = new Map<string, string | null>()
      for (const row of rows) {
        const token = cipher.decrypt(String(row['sealed_token']), String(row['account_key']))
        owners.set(String(row['username']), (await context.instagram.profile(token)).username)
      }
      return owners
    },
    [Symbol.asyncDispose]: () => ending.disposeAsync(),
  }
}

/** The same browser, which the load balancer sends to this process. */
function through({ origin }: SiteProcess, { cookies }: Person): Person {
  return person({ origin }, origin, cookies)
}

interface Arrival {
  username: string
  somebody: Person
  callback: string
}

/** Each person opens the start page of one process, authorizes, and comes back to the other. */
function arrive(first: number, count: number): Promise<Arrival[]> {
  const { one, other } = site
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const [from, to] = index % 2 ? [one, other] : [other, one]
      const somebody = person(from)
      const number = first + index
      const callback = await somebody.authorize(await somebody.getStarted(), { as: `guest-${number}` })
      return { username: `guest.${number}`, somebody: through(to, somebody), callback }
    }),
  )
}

/** The codes that Instagram was asked to exchange, each as often as it was. */
function exchangedCodes(): string[] {
  return site.sandbox.calls
    .filter(({ endpoint }) => endpoint === 'token')
    .map(({ fields }) => new Map(fields).get('code') ?? '')
}

function codeIn(callback: string): string {
  return new URLSearchParams(callback.split('?')[1]).get('code') ?? ''
}

/** The lines in which a process logged an error, or a token. */
function troubles({ output }: SiteProcess): string[] {
  return output()
    .split('\n')
    .filter((line) => /"level":[56]0|IGAA/.test(line))
}

test('two processes refresh each due account once after their start', async () => {
  const refreshed = () =>
    [site.one, site.other].reduce((sum, { output }) => sum + output().split('token.refreshed').length - 1, 0)

  await expect.poll(refreshed, { timeout: 60_000 }).toBe(DUE)

  const tokens = site.sandbox.calls
    .filter(({ endpoint }) => endpoint === 'refresh')
    .map(({ query }) => new Map(query).get('access_token'))
  expect(tokens).toHaveLength(DUE)
  expect(new Set(tokens).size).toBe(DUE)
})

test('logins that begin at one process and come back to both at once succeed everywhere, with one exchange', async () => {
  const arrivals = await arrive(1, 10)
  const before = exchangedCodes().length

  const pages = await Promise.all(
    arrivals.flatMap(({ somebody, callback }) =>
      [site.one, site.other].map(({ origin }) => person(site.one, origin, new Map(somebody.cookies)).get(callback)),
    ),
  )

  expect(pages.map(({ status }) => status)).toStrictEqual(Array(20).fill(200))
  for (const [index, { username }] of arrivals.entries())
    for (const { text } of pages.slice(2 * index, 2 * index + 2)) expect(text).toContain(`@${username}<`)
  expect(exchangedCodes().slice(before).toSorted()).toStrictEqual(
    arrivals.map(({ callback }) => codeIn(callback)).toSorted(),
  )
})

test(`${CROWD} logins at once over two processes all succeed, each with a token of its own`, async () => {
  const arrivals = await arrive(101, CROWD)

  const pages = await Promise.all(arrivals.map(({ somebody, callback }) => somebody.get(callback)))

  expect(pages.map(({ status }) => status)).toStrictEqual(Array(CROWD).fill(200))
  for (const [index, { username }] of arrivals.entries()) expect(pages[index]?.text).toContain(`@${username}<`)
  const codes = exchangedCodes()
  expect(new Set(codes).size).toBe(codes.length)
  for (const [username, owner] of await site.owners()) expect(owner).toBe(username)
  expect([...troubles(site.one), ...troubles(site.other)]).toStrictEqual([])
})

test('of many logins, while one of two processes is killed, none is lost without a word', async () => {
  const arrivals = await arrive(201, CROWD)
  const connected = () => site.one.output().split('account.connected').length
  const before = connected()

  const responses = arrivals.map(async ({ somebody, callback }) => somebody.get(callback).catch(() => undefined))
  await expect.poll(connected, { timeout: 60_000, interval: 2 }).toBeGreaterThan(before)
  site.one.child.kill('SIGKILL')
  await site.one.ended
  const first = await Promise.all(responses)
  await site.database.query(
    'UPDATE login_attempts SET claimed_at = claimed_at - 31000 WHERE account_key IS NULL AND outcome IS NULL',
  )
  const again = await Promise.all(
    arrivals.map(async ({ somebody, callback }, index) => first[index] ?? through(site.other, somebody).get(callback)),
  )

  const isInterrupted = (page?: Response) => page?.status === 503 && page.text.includes('This login was interrupted')
  const interrupted = arrivals.filter((_, index) => isInterrupted(again[index]))
  const succeeded = arrivals.filter((_, index) => again[index]?.status === 200)
  expect(first.filter((response) => response === undefined)).not.toHaveLength(0)
  expect(interrupted.length + succeeded.length).toBe(CROWD)
  const codes = exchangedCodes()
  expect(new Set(codes).size).toBe(codes.length)
  const owners = await site.owners()
  for (const { username } of succeeded) expect(owners.get(username)).toBe(username)

  const fresh = await Promise.all(
    interrupted.map(({ username, somebody }) =>
      through(site.other, somebody).login({ as: username.replace('.', '-') as `guest-${number}` }),
    ),
  )

  expect(fresh.map(({ status }) => status)).toStrictEqual(Array(interrupted.length).fill(200))
  expect(troubles(site.other)).toHaveLength(interrupted.length)
  expect(site.other.output()).not.toContain('IGAA')
})

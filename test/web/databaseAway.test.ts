import { DatabaseSync } from 'node:sqlite'
import request from 'supertest'
import { expect, test } from 'vitest'
import { logged } from '../accounts/refreshWorld.ts'
import { ACCOUNT, APP_ID, program, startConnected, TOKEN } from '../api/support.ts'
import { person } from '../support/person.ts'
import { startWorld } from '../support/world.ts'
import { meta } from './metaCalls.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** Somebody back from Instagram, whose database fails where the token is to be stored. */
async function comeBack(refusals?: number) {
  const world = await startWorld()
  const somebody = person(world)
  const callback = await somebody.authorize(await somebody.getStarted())
  world.outage.beginAt(/BEGIN/, refusals)
  const page = await somebody.get(callback)
  return { world, somebody, page, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
}

test.each(['/', '/reconnect/27640875392278831', '/data-deletion/abc', '/response?code=a&state=b'])(
  'while the database is away the page %s says so and when to come again, and is itself once it is back',
  async (path) => {
    await using world = await startWorld()
    const somebody = person(world)
    await somebody.login()
    const usual = await somebody.get(path)
    world.outage.begin()

    const page = await somebody.get(path)
    world.outage.end()
    const again = await somebody.get(path)

    expect(page.status).toBe(503)
    expect(page.get('Retry-After')).toBe('10')
    expect(page.text).toContain('Our database is away')
    expect(page.text).toContain('reload this page')
    expect(page.text).toMatch(/Reference[^<]*<code>[\w-]{9}</)
    expect(again.status).toBe(usual.status)
  },
)

test('a program is told by a problem, with when to try again', async () => {
  await using world = await startConnected()
  world.outage.begin()

  const answers = [
    await program(world).get(ACCOUNT),
    await program(world).get(TOKEN),
    await program(world).remove(ACCOUNT),
    await program(world).post('/api/accounts', { access_token: world.sandbox.dashboardToken('creator') }),
  ]
  world.outage.end()
  const back = await program(world).get(TOKEN)

  for (const answer of answers) {
    expect(answer.status).toBe(503)
    expect(answer.type).toBe('application/problem+json')
    expect(answer.get('Retry-After')).toBe('10')
    expect(answer.body).toMatchObject({ type: '/problems/database_unavailable', status: 503 })
  }
  expect(back.status).toBe(200)
})

test.each(['/deauthorize', '/data-deletion'])(
  'Meta hears 503 at %s, and what it sends again later is done',
  async (path) => {
    await using world = await startWorld()
    await person(world).login()
    world.outage.begin()

    const answer = await meta(world, path)
    world.outage.end()
    const again = await meta(world, path)

    expect(answer.status).toBe(503)
    expect(answer.body).toStrictEqual({ error: 'temporarily_unavailable' })
    expect(answer.get('Retry-After')).toBe('10')
    expect(again.status).toBe(200)
  },
)

test('pages that need no database are there all the same', async () => {
  await using world = await startWorld()
  world.outage.begin()

  const pages = await Promise.all(
    ['/', '/assets/style.css', '/data-deletion', '/healthz'].map((path) => request(world.origin).get(path)),
  )

  expect(pages.map(({ status }) => status)).toStrictEqual([200, 200, 200, 200])
})

test('a visitor whose session cannot be prolonged sees the whole page, and the log says so', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  await somebody.login()
  await world.database.run('UPDATE sessions SET expires_at = expires_at - $1', 2 * DAY_MS)
  await world.database.run('PRAGMA query_only = ON')

  const page = await somebody.get('/')
  const next = await somebody.get('/')
  await world.database.run('PRAGMA query_only = OFF')

  expect([page.status, next.status]).toStrictEqual([200, 200])
  expect(page.text).toMatch(/@harbour\.bakery[^]+<\/html>/)
  expect(logged(world, 'a session could not be prolonged')).not.toHaveLength(0)
})

test('a file that is locked by another program for too long is a database that is away, until it is let go', async () => {
  await using world = await startWorld()
  const somebody = person(world)
  await somebody.login()
  const other = new DatabaseSync(world.databaseFile)
  other.exec('BEGIN IMMEDIATE')

  const page = await somebody.post('/disconnect')
  other.exec('ROLLBACK')
  other.close()
  const again = await somebody.post('/disconnect')

  expect([page.status, again.status]).toStrictEqual([503, 303])
  expect(page.text).toContain('Our database is away')
})

test('a database that falters while a new token is stored costs the person nothing', async () => {
  await using here = await comeBack(2)

  expect(here.page.status).toBe(200)
  expect(here.page.text).toContain('@harbour.bakery')
})

test('a failed login whose outcome cannot be noted says all the same how it failed', async () => {
  await using world = await startWorld()
  world.sandbox.answerNext('token', { fault: 'reset' })
  world.outage.beginAt(/UPDATE callbacks/, 1)

  const page = await person(world).login()

  expect(page.status).toBe(502)
  expect(page.text).toContain('Instagram cannot be reached')
  expect(logged(world, 'the outcome of a login could not be kept')).toHaveLength(1)
})

test('a token that Instagram gave and that cannot be stored is said to be lost, on the page and in the log', async () => {
  await using here = await comeBack()
  const { world, somebody, page } = here
  world.outage.end()
  const [row, ...others] = await world.database.all('SELECT * FROM accounts')

  const again = await somebody.login()

  expect(page.status).toBe(503)
  expect(page.get('Retry-After')).toBe('10')
  expect(page.text).toContain('We could not keep your token')
  expect(page.text).toContain('Nothing was kept')
  const [, reference = 'none'] = /<code>([\w-]+)</.exec(page.text) ?? []
  const line = world.log.find((text) => text.includes(reference) && text.includes('TokenNotKeptError')) ?? ''
  expect(line).toContain(`Instagram gave a token for the account ${APP_ID}, and it could not be stored`)
  expect(line).toContain('the line is cut')
  expect(page.text + world.log.join('')).not.toMatch(/IGAA/)
  expect([row, ...others]).toStrictEqual([undefined])
  expect(again.text).toContain('@harbour.bakery')
})

import request from 'supertest'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { ACCOUNT, APP_ID, KEY, program, TOKEN } from '../api/support.ts'
import { person } from '../support/person.ts'
import { startWorld } from '../support/world.ts'
import { meta } from './metaCalls.ts'

const world = await startWorld({ API_KEYS: KEY })
afterAll(() => world[Symbol.asyncDispose]())
beforeEach(async () => {
  world.outage.end()
  await world.database.query('DELETE FROM accounts')
  world.log.length = 0
})

function logged(message: string): string[] {
  return world.log.filter((line) => line.includes(`"msg":"${message}"`))
}

async function connect() {
  const somebody = person(world)
  await somebody.login()
  return somebody
}

describe('while the database is unavailable', () => {
  test.each(['/', '/data-deletion/abc', '/response?code=a&state=b'])(
    'the page %s says so and when to come again, and works again afterwards',
    async (path) => {
      const somebody = await connect()
      const usual = await somebody.get(path)
      world.outage.begin()

      const page = await somebody.get(path)
      world.outage.end()
      const again = await somebody.get(path)

      expect(page.status).toBe(503)
      expect(page.get('Retry-After')).toBe('10')
      expect(page.text).toContain('Temporarily unavailable')
      expect(page.text).toContain('reload this page')
      expect(page.text).toMatch(/Reference: <code id="reference">[\w-]{9}</)
      expect(again.status).toBe(usual.status)
    },
  )

  test('a program is told by a problem, with when to try again', async () => {
    await connect()
    world.outage.begin()

    const responses = [
      await program(world).get(ACCOUNT),
      await program(world).get(TOKEN),
      await program(world).remove(ACCOUNT),
      await program(world).post('/api/accounts', { access_token: world.sandbox.dashboardToken('creator') }),
    ]
    world.outage.end()
    const back = await program(world).get(TOKEN)

    for (const response of responses) {
      expect(response.status).toBe(503)
      expect(response.type).toBe('application/problem+json')
      expect(response.get('Retry-After')).toBe('10')
      expect(response.body).toMatchObject({ type: '/problems/database_unavailable', status: 503 })
    }
    expect(back.status).toBe(200)
  })

  test.each(['/deauthorize', '/data-deletion'])(
    'Meta is told to send %s again, and the repetition is processed',
    async (path) => {
      await connect()
      world.outage.begin()

      const response = await meta(world, path)
      world.outage.end()
      const again = await meta(world, path)

      expect(response.status).toBe(503)
      expect(response.body).toStrictEqual({ error: 'temporarily_unavailable' })
      expect(response.get('Retry-After')).toBe('10')
      expect(again.status).toBe(200)
    },
  )

  test('pages that need no database work', async () => {
    world.outage.begin()

    const paths = ['/', '/assets/style.css', '/data-deletion', '/healthz']
    const pages = await Promise.all(paths.map((path) => request(world.origin).get(path)))

    expect(pages.map(({ status }) => status)).toStrictEqual([200, 200, 200, 200])
  })
})

test('a scrape of the metrics asks the database for each figure once', async () => {
  const before = world.outage.asked()

  const metrics = await person(world).get('/metrics', { Authorization: `Bearer ${KEY}` })

  expect(metrics.text).toMatch(/^instagram_refresh_lag_seconds \d/m)
  expect(world.outage.asked() - before).toBe(4)
})

describe('a person back from Instagram', () => {
  test('notices nothing when the database fails twice while the token is stored', async () => {
    const somebody = person(world)
    const callback = await somebody.authorize(await somebody.getStarted())
    world.outage.beginAt(/BEGIN/, 2)

    const page = await somebody.get(callback)

    expect(page.status).toBe(200)
    expect(page.text).toContain('@harbour.bakery')
  })

  test('is told that the token is lost when it cannot be stored, and so is the operator', async () => {
    const somebody = person(world)
    const callback = await somebody.authorize(await somebody.getStarted())
    world.outage.beginAt(/BEGIN/)

    const page = await somebody.get(callback)

    world.outage.end()
    expect(page.status).toBe(503)
    expect(page.get('Retry-After')).toBe('10')
    expect(page.text).toContain('Your token couldn’t be stored')
    expect(page.text).toContain('Nothing was stored')
    const [, reference = 'none'] = /<code id="reference">([\w-]+)</.exec(page.text) ?? []
    const line = world.log.find((text) => text.includes(reference) && text.includes('could not be stored')) ?? ''
    expect(line).toContain(`Instagram issued a token for the account ${APP_ID}, and it could not be stored`)
    expect(line).toContain('the line is cut')
    expect(page.text + world.log.join('')).not.toMatch(/IGAA/)
    expect((await world.database.query('SELECT * FROM accounts')).rows).toStrictEqual([])
    expect((await somebody.login()).text).toContain('@harbour.bakery')
  })

  test('is told why the login failed, even if that cannot be stored', async () => {
    world.sandbox.answerNext('token', { fault: 'reset' })
    world.outage.beginAt(/UPDATE login_attempts/, 1)

    const page = await person(world).login()

    expect(page.status).toBe(502)
    expect(page.text).toContain('Instagram cannot be reached')
    expect(logged('the outcome of a login could not be stored')).toHaveLength(1)
  })
})

import request from 'supertest'
import { expect, test } from 'vitest'
import { person } from '../support/person.ts'
import { startPostgres } from '../support/postgresServer.ts'
import { startWorld } from '../support/world.ts'

const PATIENCE = { timeout: 90_000, interval: 50 }

/** What a person saw at the end of a login. */
interface LastPage {
  username: string
  status: number
  text: string
}

/** People who log in one after the other, whatever they are told, until `end`. */
function startLoad(origins: readonly string[]) {
  const pages: LastPage[] = []
  let guests = 0
  let isOver = false

  async function queue(origin: string): Promise<void> {
    while (!isOver) {
      const as = `guest-${(guests += 1)}` as const
      const somebody = person({ origin })
      const start = await somebody.get('/')
      const [, href] = /href="([^"]*)">Get Started/.exec(start.text) ?? []
      const last = href ? await somebody.get(await somebody.authorize(href.replaceAll('&amp;', '&'), { as })) : start
      pages.push({ username: as.replace('-', '.'), status: last.status, text: last.text })
    }
  }

  const queues = origins.flatMap((origin) => [queue(origin), queue(origin), queue(origin)])
  return {
    pages,
    connected: () => pages.filter(({ status }) => status === 200).length,
    async end() {
      isOver = true
      await Promise.all(queues)
    },
  }
}

test('while PostgreSQL restarts under load, people are told so, and everything works again afterwards', async () => {
  await using server = await startPostgres()
  const place = () => Promise.resolve({ url: server.url, [Symbol.asyncDispose]: () => Promise.resolve() })
  await using world = await startWorld({}, { engine: { name: 'PostgreSQL', place } })
  const origins = [world.origin, await world.startAnother()]
  const readiness = () => Promise.all(origins.map(async (origin) => (await request(origin).get('/readyz')).status))
  const before = await readiness()
  const load = startLoad(origins)
  await expect.poll(load.connected, PATIENCE).toBeGreaterThan(10)

  await server.stop()
  await expect.poll(readiness, PATIENCE).toStrictEqual([503, 503])
  const pages = await Promise.all(origins.map((origin) => request(origin).get('/data-deletion/1')))
  const alive = await Promise.all(origins.map((origin) => request(origin).get('/healthz')))
  await server.start()
  await expect.poll(readiness, PATIENCE).toStrictEqual([200, 200])
  const connectedBefore = load.connected()
  await expect.poll(load.connected, PATIENCE).toBeGreaterThan(connectedBefore + 10)
  await load.end()

  expect(before).toStrictEqual([200, 200])
  for (const page of pages) {
    expect([page.status, page.get('Retry-After')]).toStrictEqual([503, '10'])
    expect(page.text).toContain('Temporarily unavailable')
  }
  expect(alive.map(({ status }) => status)).toStrictEqual([200, 200])

  const failed = load.pages.filter(({ status }) => status !== 200)
  expect(failed.filter(({ status }) => status !== 503)).toStrictEqual([])
  for (const { text } of failed) expect(text).toMatch(/Temporarily unavailable|Your token couldn’t be stored/)
  const { rows } = await world.database.query('SELECT username FROM accounts')
  const stored = new Set(rows.map(({ username }) => username))
  for (const { username, status } of load.pages) if (status === 200) expect(stored).toContain(username)
  const lost = failed.filter(({ text }) => text.includes('Your token couldn’t be stored'))
  const logged = world.log.filter((line) => line.includes('could not be stored"'))
  expect(new Set(logged.map((line) => /account (\d+),/.exec(line)?.[1])).size).toBe(lost.length)
  expect(world.log.join('')).not.toContain('IGAA')
}, 240_000)

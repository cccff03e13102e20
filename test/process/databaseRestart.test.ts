import request from 'supertest'
import { expect, test } from 'vitest'
import { person } from '../support/person.ts'
import { startPostgres } from '../support/postgresServer.ts'
import { codeIn, type SiteProcess, startProcesses, troubles } from './site.ts'

const PATIENCE = { timeout: 90_000, interval: 100 }

/** What a person saw at the end of a login: where they were sent back to, and the page there. */
interface Seen {
  username: string
  code: string
  status: number
  text: string
}

/** People who log in one after the other at one process, whatever they are told, until it is enough. */
function startLoad(processes: readonly SiteProcess[]) {
  const seen: Seen[] = []
  let number = 0
  let enough = false

  async function queue(at: SiteProcess): Promise<void> {
    while (!enough) {
      const guest = `guest-${(number += 1)}` as const
      const somebody = person(at)
      const start = await somebody.get('/')
      const [, href] = /href="([^"]*)">Get Started/.exec(start.text) ?? []
      if (!href) {
        seen.push({ username: '', code: '', ...start })
        continue
      }
      const callback = await somebody.authorize(href.replaceAll('&amp;', '&'), { as: guest })
      const { status, text } = await somebody.get(callback)
      seen.push({ username: guest.replace('-', '.'), code: codeIn(callback), status, text })
    }
  }

  const queues = processes.flatMap((at) => [queue(at), queue(at), queue(at)])
  return {
    seen,
    connected: () => seen.filter(({ status }) => status === 200).length,
    async end() {
      enough = true
      await Promise.all(queues)
    },
  }
}

test(
  'PostgreSQL stopped and started under load is said to be away, and all heals without a restart of ours',
  { timeout: 240_000 },
  async () => {
    await using server = await startPostgres()
    await using site = await startProcesses(2, server.url)
    const readiness = () =>
      Promise.all(site.processes.map(async ({ origin }) => (await request(origin).get('/readyz')).status))
    const before = await readiness()
    const load = startLoad(site.processes)
    await expect.poll(load.connected, PATIENCE).toBeGreaterThan(10)

    await server.stop()
    await expect.poll(readiness, PATIENCE).toStrictEqual([503, 503])
    const pages = await Promise.all(site.processes.map(({ origin }) => request(origin).get('/reconnect/1')))
    const alive = await Promise.all(site.processes.map(({ origin }) => request(origin).get('/healthz')))
    await server.start()
    await expect.poll(readiness, PATIENCE).toStrictEqual([200, 200])
    const connectedBefore = load.connected()
    await expect.poll(load.connected, PATIENCE).toBeGreaterThan(connectedBefore + 10)
    await load.end()

    expect(before).toStrictEqual([200, 200])
    for (const page of pages) {
      expect([page.status, page.get('Retry-After')]).toStrictEqual([503, '10'])
      expect(page.text).toContain('Our database is away')
    }
    expect(alive.map(({ status }) => status)).toStrictEqual([200, 200])
    expect(site.processes.map(({ child }) => child.exitCode)).toStrictEqual([null, null])

    const succeeded = load.seen.filter(({ status }) => status === 200)
    const told = load.seen.filter(({ status }) => status !== 200)
    expect(told.filter(({ status }) => status !== 503)).toStrictEqual([])
    for (const { text } of told) expect(text).toMatch(/Our database is away|We could not keep your token/)
    const owners = await site.owners()
    for (const { username } of succeeded) expect(owners.get(username)).toBe(username)
    const answered = new Set(load.seen.map(({ code }) => code))
    for (const code of site.exchanged()) expect(answered).toContain(code)
    const lost = told.filter(({ text }) => text.includes('We could not keep your token'))
    const logged = site.processes.flatMap(troubles).filter((line) => line.includes('TokenNotKeptError'))
    expect(logged).toHaveLength(lost.length)
    expect(site.processes.map(({ output }) => output()).join('')).not.toContain('IGAA')
  },
)

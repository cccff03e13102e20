import type { Response } from 'supertest'
import { expect, test } from 'vitest'
import { person, type Person } from '../support/person.ts'
import { postgres } from '../support/places.ts'
import { codeIn, kill, troubles, type SiteProcess, startProcesses } from './site.ts'

/** How many people log in at once. */
const CROWD = 200

/** A site of two processes on an empty database. */
async function startSite() {
  await using starting = new AsyncDisposableStack()
  const { url } = starting.use(await postgres.place())
  const site = starting.use(await startProcesses(2, url))
  const [one, other] = site.processes as [SiteProcess, SiteProcess]
  const ending = starting.move()
  return { ...site, one, other, [Symbol.asyncDispose]: () => ending.disposeAsync() }
}

/** The same browser, led to another process. */
function through({ origin }: SiteProcess, { cookies }: Person): Person {
  return person({ origin }, origin, cookies)
}

/** Somebody of the crowd who has allowed the app, and where Instagram sends them. */
interface Arrival {
  username: string
  somebody: Person
  callback: string
}

/** Everybody opens a page of one process, and will come back to the other. */
function arrive(crowd: number, { one, other }: Record<'one' | 'other', SiteProcess>): Promise<Arrival[]> {
  return Promise.all(
    Array.from({ length: crowd }, async (_, index) => {
      const [from, to] = index % 2 ? [one, other] : [other, one]
      const somebody = person(from)
      const callback = await somebody.authorize(await somebody.getStarted(), { as: `guest-${index + 1}` })
      return { username: `guest.${index + 1}`, somebody: through(to, somebody), callback }
    }),
  )
}

function names(crowd: number): [string, string][] {
  return Array.from({ length: crowd }, (_, index) => [`guest.${index + 1}`, `guest.${index + 1}`])
}

test(
  'Get Started is served by one process, and the callback answered by another',
  { timeout: 120_000 },
  async () => {
    await using site = await startSite()
    const somebody = person(site.one)
    const callback = await somebody.authorize(await somebody.getStarted())

    const page = await through(site.other, somebody).get(callback)
    const home = await through(site.one, somebody).get('/')

    expect([page.status, home.status]).toStrictEqual([200, 200])
    for (const { text } of [page, home]) expect(text).toContain('@harbour.bakery')
    expect(site.exchanged()).toStrictEqual([codeIn(callback)])
  },
)

test(
  'the same callback at the same moment on both makes one exchange, and both show the same success',
  { timeout: 120_000 },
  async () => {
    await using site = await startSite()
    const arrivals = await arrive(10, site)

    const pages = await Promise.all(
      arrivals.flatMap(({ somebody, callback }) =>
        [site.one, site.other].map((one) => person(one, one.origin, new Map(somebody.cookies)).get(callback)),
      ),
    )

    expect(pages.map(({ status }) => status)).toStrictEqual(Array(20).fill(200))
    for (const [index, { username }] of arrivals.entries())
      for (const { text } of pages.slice(2 * index, 2 * index + 2)) expect(text).toContain(`@${username}<`)
    expect(site.exchanged().sort()).toStrictEqual(arrivals.map(({ callback }) => codeIn(callback)).sort())
  },
)

test(
  `${CROWD} logins at once over two processes all succeed, each with a token of its own`,
  { timeout: 240_000 },
  async () => {
    await using site = await startSite()
    const arrivals = await arrive(CROWD, site)

    const pages = await Promise.all(arrivals.map(({ somebody, callback }) => somebody.get(callback)))

    expect(pages.map(({ status }) => status)).toStrictEqual(Array(CROWD).fill(200))
    for (const [index, { username }] of arrivals.entries())
      expect(pages[index]?.text).toContain(`@${username}<`)
    expect(site.exchanged().sort()).toStrictEqual(arrivals.map(({ callback }) => codeIn(callback)).sort())
    expect(await site.owners()).toStrictEqual(new Map(names(CROWD)))
    expect(site.processes.flatMap(troubles)).toStrictEqual([])
  },
)

test(
  `of ${CROWD} logins at once, with one of two processes killed in the middle, none is lost without a word`,
  { timeout: 240_000 },
  async () => {
    await using site = await startSite()
    const arrivals = await arrive(CROWD, site)
    const connected = () => site.one.output().split('account.connected').length - 1

    const answers = arrivals.map(async ({ somebody, callback }) =>
      somebody.get(callback).catch(() => undefined),
    )
    await expect.poll(connected, { timeout: 60_000, interval: 5 }).toBeGreaterThan(CROWD / 20)
    await kill(site.one)
    const first = await Promise.all(answers)
    await site.database.run(
      'UPDATE callbacks SET claimed_at = claimed_at - 31000 WHERE account_key IS NULL AND outcome IS NULL',
    )
    const again = await Promise.all(
      arrivals.map(async ({ somebody, callback }, index) => {
        return first[index] ?? through(site.other, somebody).get(callback)
      }),
    )

    const isInterrupted = (page?: Response) =>
      page?.status === 503 && page.text.includes('We were interrupted')
    const interrupted = arrivals.filter((_, index) => isInterrupted(again[index]))
    const succeeded = arrivals.filter((_, index) => again[index]?.status === 200)
    expect(first.filter((answer) => answer === undefined)).not.toHaveLength(0)
    expect(interrupted).not.toHaveLength(0)
    expect(interrupted.length + succeeded.length).toBe(CROWD)
    const codes = site.exchanged()
    expect(new Set(codes).size).toBe(codes.length)
    const stored = await site.owners()
    for (const { username } of succeeded) expect(stored.get(username)).toBe(username)

    const fresh = await Promise.all(
      interrupted.map(({ username, somebody }) =>
        through(site.other, somebody).login({ as: username.replace('.', '-') as `guest-${number}` }),
      ),
    )

    expect(fresh.map(({ status }) => status)).toStrictEqual(Array(interrupted.length).fill(200))
    expect(await site.owners()).toStrictEqual(new Map(names(CROWD)))
    expect(troubles(site.other)).toHaveLength(interrupted.length)
    expect(site.other.output()).not.toContain('IGAA')
  },
)

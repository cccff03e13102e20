import { cpuOf } from '../accounting.ts'
import { openList, search, signInAdmin } from '../adminPages.ts'
import type { Bench } from '../bench.ts'
import type { Contestant } from '../contestants.ts'
import { fill } from '../fill.ts'
import { load } from '../load.ts'
import { refreshLeases } from '../refreshLeases.ts'
import type { Running } from '../running.ts'
import { ratio, type Row, type Table } from '../table.ts'
import { takeTurns } from '../takeTurns.ts'
import { readToken } from '../tokenRead.ts'
import { AT_ONCE } from './logins.ts'

/** What a login, a token read, the admin's list and search, and the lease of a refresh cost among few and among many accounts. */
export async function growth(bench: Bench): Promise<readonly Table[]> {
  const tables: Table[] = []
  for (const contestant of bench.ours) tables.push(await growthOf(bench, contestant))
  return tables
}

async function growthOf(bench: Bench, contestant: Contestant): Promise<Table> {
  const { sizes, rounds, warm } = bench.options.scale
  const filled = new Map<string, Filled>()
  bench.progress.expect(sizes.length * 2)
  for (const size of sizes) {
    const name = `${contestant.name}-${size}`
    bench.progress.step(`growth: filling ${name}`)
    const took = await fill(bench.databaseUrl(contestant, name), { accounts: size, sessions: size, due: 0 })
    filled.set(name, { size, took })
  }

  const { figures, notes } = await takeTurns(bench, {
    contestants: Array.from(filled.keys(), (name) => ({ ...contestant, name })),
    what: 'growth',
    database: ({ name }) => name,
    prepare: (running) => bench.logIn(running, warm, AT_ONCE),
    measure: async (running) => ({
      login: await loginCost(bench, running),
      read: await readCost(bench, running, filled.get(running.contestant.name)?.size ?? 0),
      ...(await adminCost(running, filled.get(running.contestant.name)?.size ?? 0)),
    }),
  })
  // Afterwards, for an app that runs would refresh what is due itself.
  const leases = await refreshLeases(
    bench,
    Array.from(filled.keys(), (name) => ({ ...contestant, name })),
  )

  const [first] = figures.keys()
  const few = first === undefined ? undefined : figures.get(first)
  const rows = Array.from(figures, ([name, { login, read, list, search }]): Row => {
    const lease = leases.get(name) ?? NaN
    return {
      database: name,
      'filled in s': (filled.get(name)?.took ?? NaN) / 1000,
      'login CPU ms': login,
      'login/fewest': ratio(login, few?.login),
      'token CPU ms': read,
      'token/fewest': ratio(read, few?.read),
      'list CPU ms': list,
      'list/fewest': ratio(list, few?.list),
      'search CPU ms': search,
      'search/fewest': ratio(search, few?.search),
      'lease ms': lease,
      'lease/fewest': ratio(lease, leases.get(first ?? '')),
    }
  })
  const explained =
    "filled: with as many accounts as sessions. lease: leasing the account that has been due longest, and settling the lease. list, search: the admin's pages."
  return { title: `Few and many accounts (medians of ${rounds} rounds)`, rows, notes: [explained, ...notes] }
}

/** Pages of the admin in a round, of each kind. */
const ADMIN_PAGES = 100

interface Filled {
  size: number
  /** Milliseconds. */
  took: number
}

async function loginCost(bench: Bench, running: Running): Promise<number> {
  const { batch } = bench.options.scale
  const before = cpuOf(running.pid)
  await bench.logIn(running, batch, AT_ONCE)
  return (cpuOf(running.pid) - before) / batch
}

/** Spread over all accounts, in no order. */
async function readCost(bench: Bench, { pid, site }: Running, size: number): Promise<number> {
  const { batch } = bench.options.scale
  const before = cpuOf(pid)
  await load(batch, AT_ONCE, () => readToken(site.connection, Math.floor(Math.random() * size)))
  return (cpuOf(pid) - before) / batch
}

/** The admin's pages: the list, and the search for an account by its username. */
async function adminCost({ pid, site }: Running, size: number) {
  const admin = await signInAdmin(site.connection)
  const cost = async (page: () => Promise<void>) => {
    const before = cpuOf(pid)
    await load(ADMIN_PAGES, 1, page)
    return (cpuOf(pid) - before) / ADMIN_PAGES
  }
  const list = await cost(() => openList(admin))
  return { list, search: await cost(() => search(admin, Math.floor(Math.random() * size))) }
}

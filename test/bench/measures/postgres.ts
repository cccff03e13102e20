import pg from 'pg'
import { startDelayingProxy } from '../../support/delayingProxy.ts'
import { startPostgres } from '../../support/postgresServer.ts'
import { cpuOfAll } from '../accounting.ts'
import type { Bench } from '../bench.ts'
import { OURS } from '../contestants.ts'
import { refreshAll } from '../refreshing.ts'
import { medians } from '../statistics.ts'
import type { Row, Table } from '../table.ts'

/** Processes that share the database. */
const PROCESSES = [1, 2, 4]

/** Logins under way at once, in all processes together. */
const AT_ONCE = 40

/** Milliseconds to the database, each way. */
const DELAYS_MS = [0, 5]

/** Logins of each new process before the first round. */
const WARM = 300

/** Tokens that are due at the start of the processes: more than they refresh until all of them run. */
const DUE = 1_000

/** Logins in a round: one at a time, and many at once. */
const [ALONE, TOGETHER] = [40, 400]

/** Logins and refreshes a second by several processes with one PostgreSQL, on this machine and some milliseconds away. */
export async function postgres(bench: Bench): Promise<readonly Table[]> {
  const { rounds } = bench.options.scale
  bench.progress.expect(DELAYS_MS.length * PROCESSES.length * rounds * 2)
  await using server = await startPostgres()
  const rows: Row[] = []
  for (const delay of DELAYS_MS) {
    await using proxy = delay === 0 ? undefined : await startDelayingProxy(server.url, delay)
    const database = (name: string) => databaseNamed(server.url, name, proxy?.url)
    for (const count of PROCESSES) rows.push(await measure(bench, { delay, count, database }))
  }
  const title = `Our app on PostgreSQL, by number of processes (medians of ${rounds} rounds)`
  const notes = [
    `${AT_ONCE} logins at once; ${DUE} tokens due. PostgreSQL is ${DELAYS_MS.join(' or ')} ms away each way.`,
    'All processes share one core; PostgreSQL, driver and stub share the other. CPU is that of the processes.',
  ]
  return [{ title, rows, notes }]
}

interface Place {
  delay: number
  count: number
  /** Creates an empty database. */
  database: (name: string) => Promise<{ direct: string; url: string }>
}

async function measure(bench: Bench, place: Place): Promise<Row> {
  const logins = await measureLogins(bench, place)
  const refreshes = await measureRefreshes(bench, place)
  return {
    'ms away': place.delay,
    processes: place.count,
    'logins/s one at a time': logins.alone,
    'logins/s': logins.together,
    'times as many': logins.together / logins.alone,
    'login CPU ms': logins.cpu,
    'refreshes/s': refreshes.rate,
    'refresh CPU ms': refreshes.cpu,
  }
}

async function measureLogins(bench: Bench, { delay, count, database }: Place) {
  const { url } = await database(`logins_${delay}_${count}`)
  await using processes = await startAll(bench, count, url)
  const { running } = processes
  await bench.logIn(running, WARM * count, AT_ONCE)
  const found: Record<'alone' | 'together' | 'cpu', number>[] = []
  for (let round = 1; round <= bench.options.scale.rounds; round += 1) {
    bench.progress.step(`PostgreSQL ${delay} ms away, processes: ${count}, round ${round} of logins`)
    const alone = await bench.logIn(running, ALONE, 1)
    const before = cpuOfAll(running)
    const together = await bench.logIn(running, TOGETHER, AT_ONCE)
    found.push({
      alone: (ALONE / alone.took) * 1000,
      together: (TOGETHER / together.took) * 1000,
      cpu: (cpuOfAll(running) - before) / TOGETHER,
    })
  }
  return medians(found)
}

async function measureRefreshes(bench: Bench, { delay, count, database }: Place) {
  const found: { rate: number; cpu: number }[] = []
  for (let round = 1; round <= bench.options.scale.rounds; round += 1) {
    bench.progress.step(`PostgreSQL ${delay} ms away, processes: ${count}, round ${round} of refreshes`)
    const { url, direct } = await database(`refreshes_${delay}_${count}_${round}`)
    const start = () => startAll(bench, count, url)
    found.push(await refreshAll(bench, { due: DUE, databaseUrl: direct, start }))
  }
  return medians(found)
}

async function startAll(bench: Bench, count: number, databaseUrl: string) {
  const contestant = {
    ...OURS,
    name: 'ours-postgres',
    environment: (place: Parameters<typeof OURS.environment>[0]) => OURS.environment({ ...place, databaseUrl }),
  }
  await using starting = new AsyncDisposableStack()
  const running = await Promise.all(
    Array.from({ length: count }, async () => starting.use(await bench.start(contestant))),
  )
  const started = starting.move()
  return { running, [Symbol.asyncDispose]: () => started.disposeAsync() }
}

/** Creates a database: its URL past the proxy, and through it. */
async function databaseNamed(serverUrl: string, name: string, proxyUrl = serverUrl) {
  const client = new pg.Client(serverUrl)
  await client.connect()
  await client.query(`CREATE DATABASE ${name}`)
  await client.end()
  const withName = (url: string) => Object.assign(new URL(url), { pathname: `/${name}` }).href
  return { direct: withName(serverUrl), url: withName(proxyUrl) }
}

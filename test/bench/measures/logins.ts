import { setTimeout as sleep } from 'node:timers/promises'
import { cpuOf, memoryOf } from '../accounting.ts'
import type { Bench } from '../bench.ts'
import type { Running } from '../running.ts'
import { percentile } from '../statistics.ts'
import { ratio, type Table } from '../table.ts'
import { takeTurns } from '../takeTurns.ts'

/** Logins that a hot process has under way at once. */
export const AT_ONCE = 16

/** Milliseconds in which a process that has just answered comes to rest. */
const REST_MS = 500

/** The login, by everybody: what it costs hot and fresh, how long it takes, and what the process costs before anybody comes. */
export async function logins(bench: Bench): Promise<readonly Table[]> {
  const { contestants, scale } = bench.options
  const { figures, notes } = await takeTurns(bench, {
    contestants,
    what: 'logins',
    prepare: (running) => bench.logIn(running, scale.warm, AT_ONCE),
    measure: async (running) => ({ ...(await hot(bench, running)), ...(await fresh(bench, running)) }),
  })
  const [floor, express, passport] = ['floor-same', 'express-same', 'passport-same'].map((name) => figures.get(name))
  const rows = Array.from(figures, ([server, own]) => ({
    server,
    'hot ms': own.hotCpu,
    'fresh ms': own.freshCpu,
    'logins/s': own.rate,
    'busy %': own.busy,
    'p50 ms': own.p50,
    'p99 ms': own.p99,
    'start ms': own.startedIn,
    'idle MB': own.idle,
    'peak MB': own.peak,
  }))
  const ratios = Array.from(figures, ([server, own]) => ({
    server,
    'hot/floor-same': ratio(own.hotCpu, floor?.hotCpu),
    'hot/express-same': ratio(own.hotCpu, express?.hotCpu),
    'hot/passport-same': ratio(own.hotCpu, passport?.hotCpu),
    'fresh/floor-same': ratio(own.freshCpu, floor?.freshCpu),
    'fresh/passport-same': ratio(own.freshCpu, passport?.freshCpu),
    'p50/passport-same': ratio(own.p50, passport?.p50),
    'rate/express-same': ratio(own.rate, express?.rate),
    'start/express-same': ratio(own.startedIn, express?.startedIn),
    'idle/express-same': ratio(own.idle, express?.idle),
  }))
  return [
    { title: `A login (medians of ${scale.rounds} rounds)`, rows, notes: [...explained(bench), ...notes] },
    { title: 'Compared with those that do the same job', rows: ratios },
  ]
}

/** A process with many logins behind it: many more at once, then some one at a time. */
async function hot(bench: Bench, running: Running) {
  const { batch, alone } = bench.options.scale
  const before = cpuOf(running.pid)
  const { took } = await bench.logIn(running, batch, AT_ONCE)
  const cpu = cpuOf(running.pid) - before
  const { latencies } = await bench.logIn(running, alone, 1)
  return {
    hotCpu: cpu / batch,
    rate: (batch / took) * 1000,
    busy: (cpu / took) * 100,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    peak: memoryOf(running.pid).peak,
  }
}

/** A new process: its start, its memory at rest, and its first logins, one at a time. */
async function fresh(bench: Bench, { contestant }: Running) {
  const count = bench.options.scale.fresh
  await using running = await bench.start(contestant)
  await sleep(REST_MS)
  const { now: idle } = memoryOf(running.pid)
  const before = cpuOf(running.pid)
  await bench.logIn(running, count, 1)
  return { freshCpu: (cpuOf(running.pid) - before) / count, startedIn: running.startedIn, idle }
}

function explained({ options }: Bench): string[] {
  const { warm, batch, fresh } = options.scale
  return [
    `hot, fresh: CPU of a login. hot: after ${warm} logins, ${batch} more, ${AT_ONCE} at once; fresh: the first ${fresh} of a new process, one at a time.`,
    'CPU by the kernel’s account of the server process. p50, p99: a whole login, one at a time, Instagram answering at once.',
    'busy: CPU of the time that the batch took; well below 100 the driver, the stub or the disk was waited for.',
  ]
}

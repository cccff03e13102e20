import type { Bench } from '../bench.ts'
import { load } from '../load.ts'
import { authorize, begin } from '../login.ts'
import type { Running } from '../running.ts'
import { percentile } from '../statistics.ts'
import { ratio, type Table } from '../table.ts'
import { takeTurns } from '../takeTurns.ts'
import { Visitor } from '../visitor.ts'
import { AT_ONCE } from './logins.ts'

/** Callbacks that arrive at once. */
const CALLBACKS = 256

/** Milliseconds that Instagram takes for each answer. */
const UPSTREAM_MS = 50

/** Answers of Instagram that have to be waited for, one after the other: the token, then the profile (and with it the long-lived token). */
const CALLS_IN_A_ROW = 2

/** What a server adds to Instagram's own time, when many come back from there at the same moment. */
export async function burst(bench: Bench): Promise<readonly Table[]> {
  const { contestants, scale } = bench.options
  const { figures, notes } = await takeTurns(bench, {
    contestants,
    what: 'burst',
    prepare: (running) => bench.logIn(running, scale.warm, AT_ONCE),
    measure: (running) => callbacks(bench, running),
  })
  const passport = figures.get('passport-same')
  const rows = Array.from(figures, ([server, { p50, p99 }]) => ({
    server,
    'added p50 ms': p50,
    'added p99 ms': p99,
    'p99/passport-same': ratio(p99, passport?.p99),
  }))
  const title = `${CALLBACKS} callbacks at once, Instagram taking ${UPSTREAM_MS} ms (medians of ${scale.rounds} rounds)`
  const added = `added: to the ${UPSTREAM_MS * CALLS_IN_A_ROW} ms that Instagram takes for its two answers in a row.`
  return [{ title, rows, notes: [added, ...notes] }]
}

async function callbacks(bench: Bench, { site }: Running) {
  const people = await Promise.all(
    Array.from({ length: CALLBACKS }, async () => {
      const visitor = new Visitor(site.connection)
      return { visitor, back: authorize(await begin(visitor), bench.nextLogin()) }
    }),
  )
  const before = await bench.upstream.counts()
  await bench.upstream.delay(UPSTREAM_MS)
  try {
    const { latencies } = await load(CALLBACKS, CALLBACKS, async (piece) => {
      const person = people[piece]
      const page = await person?.visitor.get(person.back)
      if (page?.status !== 200 && page?.status !== 302) throw new Error(`A callback answered ${page?.status}`)
    })
    const after = await bench.upstream.counts()
    if (after.exchange - before.exchange !== CALLBACKS || after.profile - before.profile !== CALLBACKS)
      throw new Error(`${CALLBACKS} callbacks did not make as many logins`)
    const added = latencies.map((latency) => latency - UPSTREAM_MS * CALLS_IN_A_ROW)
    return { p50: percentile(added, 0.5), p99: percentile(added, 0.99) }
  } finally {
    await bench.upstream.delay(0)
  }
}

import { cpuOf } from '../accounting.ts'
import type { Bench } from '../bench.ts'
import { load } from '../load.ts'
import { begin } from '../login.ts'
import type { Running } from '../running.ts'
import { ratio, type Table } from '../table.ts'
import { takeTurns } from '../takeTurns.ts'
import { Visitor } from '../visitor.ts'
import { AT_ONCE } from './logins.ts'

/** The Get Started page: for somebody new each time, whose session is made, and for somebody who has been here before. */
export async function startPage(bench: Bench): Promise<readonly Table[]> {
  const { requests, rounds } = bench.options.scale
  const { figures, notes } = await takeTurns(bench, {
    contestants: bench.options.contestants,
    what: 'start page',
    prepare: (running) => visits(running, requests, () => new Visitor(running.site.connection)),
    async measure(running) {
      const first = await visits(running, requests, () => new Visitor(running.site.connection))
      const known = new Visitor(running.site.connection)
      await known.get('/')
      const again = await visits(running, requests, () => known)
      return { firstRate: first.rate, firstCpu: first.cpu, againRate: again.rate, againCpu: again.cpu }
    },
  })
  const byHand = figures.get('express-same')
  const rows = Array.from(figures, ([server, own]) => ({
    server,
    'first visits/s': own.firstRate,
    'first/express-same': ratio(own.firstRate, byHand?.firstRate),
    'first CPU ms': own.firstCpu,
    'later visits/s': own.againRate,
    'later/express-same': ratio(own.againRate, byHand?.againRate),
    'later CPU ms': own.againCpu,
  }))
  return [{ title: `The Get Started page (medians of ${rounds} rounds)`, rows, notes }]
}

async function visits({ pid }: Running, count: number, visitor: () => Visitor) {
  // Once all the way, so that it is sure to be the page.
  await begin(visitor())
  const before = cpuOf(pid)
  const { took } = await load(count, AT_ONCE, async () => {
    const { status } = await visitor().get('/')
    if (status !== 200) throw new Error(`The start page answered ${status}`)
  })
  return { rate: (count / took) * 1000, cpu: (cpuOf(pid) - before) / count }
}

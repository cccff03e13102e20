import { setTimeout as sleep } from 'node:timers/promises'
import { cpuOf } from '../accounting.ts'
import type { Bench } from '../bench.ts'
import type { Contestant } from '../contestants.ts'
import { fill } from '../fill.ts'
import { median } from '../statistics.ts'
import type { Row, Table } from '../table.ts'

/** Milliseconds that Instagram takes for each answer: none, and what is usual. */
const UPSTREAM_MS = [0, 50]

/** Milliseconds between two looks at how far it is. */
const POLL_MS = 10

/** Milliseconds without a refresh after which no more is hoped for. */
const PATIENCE_MS = 10_000

/** How many tokens one process refreshes a second, when many are due at its start. */
export async function refreshes(bench: Bench): Promise<readonly Table[]> {
  const { due, rounds } = bench.options.scale
  bench.progress.expect(bench.ours.length * UPSTREAM_MS.length * rounds)
  const rows: Row[] = []
  for (const contestant of bench.ours)
    for (const delay of UPSTREAM_MS) {
      const found: { rate: number; cpu: number }[] = []
      for (let round = 1; round <= rounds; round += 1) {
        bench.progress.step(`refreshes: round ${round} of ${rounds}, ${contestant.name}, Instagram taking ${delay} ms`)
        await bench.upstream.delay(delay)
        found.push(await refreshAll(bench, contestant, `due-${contestant.name}-${delay}-${round}`))
        await bench.upstream.delay(0)
      }
      rows.push({
        server: contestant.name,
        'Instagram takes ms': delay,
        'refreshes/s': median(found.map(({ rate }) => rate)),
        'CPU ms': median(found.map(({ cpu }) => cpu)),
      })
    }
  return [{ title: `${due} tokens that are due, refreshed by one process (medians of ${rounds} rounds)`, rows }]
}

/** The rate counts from the first refresh that is seen; the CPU too, so that the start is not in it. */
async function refreshAll(bench: Bench, contestant: Contestant, database: string) {
  const { due } = bench.options.scale
  await fill(bench.databaseUrl(contestant, database), { accounts: due, sessions: 0, due })
  const before = (await bench.upstream.counts()).refresh
  await using running = await bench.start(contestant, { database })

  const seen = async () => ({
    count: (await bench.upstream.counts()).refresh - before,
    time: performance.now(),
    cpu: cpuOf(running.pid),
  })
  const first = await seen()
  let last = first
  while (last.count < due) {
    await sleep(POLL_MS)
    const now = await seen()
    if (now.count > last.count || now.count >= due) last = now
    else if (now.time - last.time > PATIENCE_MS)
      throw new Error(`${contestant.name} refreshed ${last.count} of ${due} tokens, and no more`)
  }
  const count = last.count - first.count
  return { rate: (count / (last.time - first.time)) * 1000, cpu: (last.cpu - first.cpu) / count }
}

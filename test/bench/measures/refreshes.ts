import type { Bench } from '../bench.ts'
import { refreshAll } from '../refreshing.ts'
import { median } from '../statistics.ts'
import type { Row, Table } from '../table.ts'

/** Milliseconds that Instagram takes for each answer: none, and what is usual. */
const UPSTREAM_MS = [0, 50]

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
        const database = `due-${contestant.name}-${delay}-${round}`
        const start = async () => {
          const running = await bench.start(contestant, { database })
          return { running: [running], [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() }
        }
        found.push(await refreshAll(bench, { due, databaseUrl: bench.databaseUrl(contestant, database), start }))
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

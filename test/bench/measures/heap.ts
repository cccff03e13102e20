import type { Bench } from '../bench.ts'
import { ask, PROBE } from '../probing.ts'
import { ratio, type Row, type Table } from '../table.ts'
import { AT_ONCE } from './logins.ts'

/** Looks at the heap, beside the first. */
const LOOKS = 10

/** What stays in memory, login after login. */
export async function heap(bench: Bench): Promise<readonly Table[]> {
  const { warm, watched } = bench.options.scale
  bench.progress.expect(bench.ours.length * (LOOKS + 1))
  const rows: Row[] = []
  for (const contestant of bench.ours) {
    bench.progress.step(`heap: ${contestant.name} starts and warms up`)
    await using running = await bench.start(contestant, { nodeArguments: PROBE })
    await bench.logIn(running, warm, AT_ONCE)
    const first = await ask(running, { ask: 'heap' })
    rows.push({ server: contestant.name, 'after logins': warm, 'heap MB': megabytes(first), '× first': 1 })
    for (let look = 1; look <= LOOKS; look += 1) {
      bench.progress.step(`heap: ${contestant.name}, look ${look} of ${LOOKS}`)
      await bench.logIn(running, watched / LOOKS, AT_ONCE)
      const used = await ask(running, { ask: 'heap' })
      rows.push({
        server: contestant.name,
        'after logins': warm + (watched / LOOKS) * look,
        'heap MB': megabytes(used),
        '× first': ratio(used, first),
      })
    }
  }
  return [{ title: 'The heap, after collection', rows }]
}

const megabytes = (bytes: number) => bytes / 1024 / 1024

import { readFileSync } from 'node:fs'
import type { Bench } from '../bench.ts'
import { ask, PROBE } from '../probing.ts'
import { byFunction, byPackage, type CpuProfile } from '../cpuProfile.ts'
import type { Table } from '../table.ts'
import { AT_ONCE } from './logins.ts'

/** Functions that are named. */
const FUNCTIONS = 30

/** Where our CPU goes while people log in, once the process is hot. */
export async function profile(bench: Bench): Promise<readonly Table[]> {
  const { warm, batch } = bench.options.scale
  bench.progress.expect(bench.ours.length * 2)
  const tables: Table[] = []
  for (const contestant of bench.ours) {
    bench.progress.step(`profile: ${contestant.name} starts and warms up`)
    await using running = await bench.start(contestant, { nodeArguments: PROBE, inMemory: true })
    await bench.logIn(running, warm, AT_ONCE)
    bench.progress.step(`profile: ${contestant.name} under load`)
    const file = bench.fileNamed(`${contestant.name}.cpuprofile`)
    await ask(running, { ask: 'profile' })
    await bench.logIn(running, batch, AT_ONCE)
    await ask(running, { ask: 'profiled', file })

    const taken = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile
    tables.push(
      {
        title: `Where ${contestant.name} spends a login, by package (${batch} logins)`,
        rows: byPackage(taken, batch),
        notes: [
          'on behalf: in its own functions, and in those of Node and V8 that it called. self: in its own alone.',
          'The SQLite file is in memory here, for the profiler cannot tell waiting for a disk from work.',
          'program: V8 and the operating system where no function is named.',
        ],
      },
      { title: `… by function`, rows: byFunction(taken, batch).slice(0, FUNCTIONS) },
    )
  }
  return tables
}

import type { Bench } from './bench.ts'
import type { Contestant } from './contestants.ts'
import type { Running } from './running.ts'
import { medians } from './statistics.ts'

/** What is done with every server. */
interface Turns<Figures> {
  contestants: readonly Contestant[]
  what: string
  /** Before the first round. */
  prepare: (running: Running) => Promise<unknown>
  measure: (running: Running) => Promise<Figures>
  /** How ours finds its database; a new one where this says nothing. */
  database?: (contestant: Contestant) => string
}

/** What came of it: by server the medians of all rounds, and who had to be left out. */
export interface Turned<Figures> {
  figures: ReadonlyMap<string, Figures>
  notes: readonly string[]
}

/**
 * Measures every server once in each round, A B C … A B C …, so that whatever else the machine does meets them all alike.
 * A server that does not do its job is left out, and the run has failed.
 */
export async function takeTurns<Figures extends Record<keyof Figures, number>>(
  bench: Bench,
  { contestants, what, prepare, measure, database }: Turns<Figures>,
): Promise<Turned<Figures>> {
  await using ending = new AsyncDisposableStack()
  const { progress } = bench
  const { rounds } = bench.options.scale
  const failures = new Map<string, unknown>()
  const found = new Map<Running, Figures[]>()
  progress.expect(contestants.length * (1 + rounds))

  for (const contestant of contestants) {
    progress.step(`${what}: ${contestant.name} starts and warms up`)
    try {
      const running = await bench.start(contestant, database && { database: database(contestant) })
      ending.use(running)
      await prepare(running)
      found.set(running, [])
    } catch (error) {
      failures.set(contestant.name, error)
    }
  }
  for (let round = 1; round <= rounds; round += 1)
    for (const [running, figures] of found) {
      const { name } = running.contestant
      progress.step(`${what}: round ${round} of ${rounds}, ${name}`)
      try {
        figures.push(await measure(running))
      } catch (error) {
        failures.set(name, error)
        found.delete(running)
      }
    }

  if (failures.size > 0) process.exitCode = 1
  return {
    figures: new Map(Array.from(found, ([{ contestant }, figures]) => [contestant.name, medians(figures)])),
    notes: Array.from(failures, ([name, error]) => `${name} is left out: ${String(error)}`),
  }
}

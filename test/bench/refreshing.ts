import { setTimeout as sleep } from 'node:timers/promises'
import { cpuOfAll } from './accounting.ts'
import type { Bench } from './bench.ts'
import { fill } from './fill.ts'
import type { Running } from './running.ts'

/** Milliseconds between two looks at the number of refreshes. */
const POLL_MS = 10

/** Milliseconds without a refresh after which the measure fails. */
const PATIENCE_MS = 10_000

/** What is refreshed, and by which processes. */
interface Refreshing {
  /** Tokens that are due. */
  due: number
  /** An empty database, which is filled. */
  databaseUrl: string
  /** Starts the processes. */
  start: () => Promise<{ running: readonly Running[] } & AsyncDisposable>
}

/**
 * Refreshes that several processes make a second, and the CPU of one in milliseconds. Both count from the moment when all processes run, so
 * that their start is not included.
 */
export async function refreshAll(bench: Bench, { due, databaseUrl, start }: Refreshing) {
  await fill(databaseUrl, { accounts: due, sessions: 0, due })
  const before = (await bench.upstream.counts()).refresh
  await using processes = await start()

  const look = async () => ({
    count: (await bench.upstream.counts()).refresh - before,
    time: performance.now(),
    cpu: cpuOfAll(processes.running),
  })
  const first = await look()
  let last = first
  while (last.count < due) {
    await sleep(POLL_MS)
    const now = await look()
    if (now.count > last.count || now.count >= due) last = now
    else if (now.time - last.time > PATIENCE_MS) throw new Error(`Only ${last.count} of ${due} tokens were refreshed`)
  }
  const count = last.count - first.count
  return { rate: (count / (last.time - first.time)) * 1000, cpu: (last.cpu - first.cpu) / count }
}

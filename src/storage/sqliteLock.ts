import { setTimeout } from 'node:timers/promises'
import { isBusy } from './sqliteErrors.ts'

/** How long a lock that another connection holds is waited for. */
const LOCK_LIMIT_MS = 5_000

/** The longest pause between two tries. */
const MAX_PAUSE_MS = 32

/**
 * Tries until no other connection's lock is in the way, for five seconds. The first try is made at once. SQLite's own
 * busy_timeout waits asleep: no other request would be served meanwhile, and a transaction of another connection in this
 * same process could never end.
 *
 * @throws what the last try threw.
 */
export async function patiently<Result>(attempt: () => Result): Promise<Result> {
  const deadline = performance.now() + LOCK_LIMIT_MS
  for (let pause = 1; ; pause = Math.min(pause * 2, MAX_PAUSE_MS)) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error
    }
    await setTimeout(pause)
  }
}

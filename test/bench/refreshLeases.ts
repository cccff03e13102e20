import { createEvents } from '../../src/accounts/events.ts'
import { createLeases, type Leases } from '../../src/accounts/refresher.ts'
import { createTokenCipher } from '../../src/accounts/tokenCipher.ts'
import { openDatabase } from '../../src/database/database.ts'
import { DAY_MS } from '../../src/facts.ts'
import type { Bench } from './bench.ts'
import { type Contestant, TOKEN_KEY } from './contestants.ts'
import { median } from './statistics.ts'

/** Leases in a row. */
const LEASES = 50

/** Milliseconds: by then everything is due. */
const LATER_MS = 365 * DAY_MS

/**
 * Milliseconds that it takes to lease the account that has been due longest and to settle the lease, in each of the databases, when all of
 * their accounts are due. No token is refreshed.
 */
export async function refreshLeases(
  bench: Bench,
  databases: readonly Contestant[],
): Promise<ReadonlyMap<string, number>> {
  await using ending = new AsyncDisposableStack()
  const now = () => new Date(Date.now() + LATER_MS)
  const cipher = createTokenCipher([TOKEN_KEY])
  const events = createEvents({ now, listeners: [], forWebhook: false, reconnectUrl: () => null })
  const opened: { name: string; leases: Leases; taken: number[] }[] = []
  for (const contestant of databases) {
    bench.progress.step(`growth: leases in ${contestant.name}`)
    const url = bench.databaseUrl(contestant, contestant.name)
    const database = ending.adopt(await openDatabase(url), (one) => one.close())
    opened.push({ name: contestant.name, leases: createLeases(database, cipher, events, now), taken: [] })
  }

  for (let round = 0; round < bench.options.scale.rounds * 3; round += 1)
    for (const { leases, taken } of opened) {
      const begun = performance.now()
      for (let count = 0; count < LEASES; count += 1) {
        const [lease] = await leases.takeDue(1)
        if (!lease) throw new Error('Nothing is due where everything should be')
        await leases.settle(lease, { account: { ...lease.account, dueAt: null } })
      }
      taken.push((performance.now() - begun) / LEASES)
    }
  return new Map(opened.map(({ name, taken }) => [name, median(taken)]))
}

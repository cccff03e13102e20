import { createClaims } from '../../src/accounts/claims.ts'
import { createEvents } from '../../src/accounts/events.ts'
import { createKeyRing } from '../../src/accounts/keyRing.ts'
import { openDatabase } from '../../src/storage/database.ts'
import type { Bench } from './bench.ts'
import { type Contestant, TOKEN_KEY } from './contestants.ts'
import { median } from './statistics.ts'

/** Claims in a row. */
const CLAIMS = 50

/** Milliseconds: by then everything is due. */
const LATER_MS = 365 * 24 * 60 * 60 * 1000

/**
 * Milliseconds that it takes to claim the account that is due longest and to settle it, in each of the databases, when all of
 * their accounts are due. No token is refreshed.
 */
export async function refreshClaims(
  bench: Bench,
  databases: readonly Contestant[],
): Promise<ReadonlyMap<string, number>> {
  await using ending = new AsyncDisposableStack()
  const now = () => new Date(Date.now() + LATER_MS)
  const keyRing = createKeyRing([TOKEN_KEY])
  const events = createEvents({ now, listeners: [], kept: false, reconnectUrl: () => '' })
  const opened: { name: string; claims: ReturnType<typeof createClaims>; taken: number[] }[] = []
  for (const contestant of databases) {
    bench.progress.step(`growth: claims in ${contestant.name}`)
    const url = bench.databaseUrl(contestant, contestant.name)
    const database = ending.adopt(await openDatabase(url), (one) => one.close())
    opened.push({ name: contestant.name, claims: createClaims(database, keyRing, events, now), taken: [] })
  }

  for (let round = 0; round < bench.options.scale.rounds * 3; round += 1)
    for (const { claims, taken } of opened) {
      const begun = performance.now()
      for (let count = 0; count < CLAIMS; count += 1) {
        const [claim] = await claims.due(1)
        if (!claim) throw new Error('Nothing is due where everything should be')
        await claims.settle(claim, { account: { ...claim.account, dueAt: null } })
      }
      taken.push((performance.now() - begun) / CLAIMS)
    }
  return new Map(opened.map(({ name, taken }) => [name, median(taken)]))
}

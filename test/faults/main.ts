import { startPostgres } from '../support/postgresServer.ts'
import { runKills } from './kills.ts'
import { runOutages } from './outages.ts'
import { type FaultSite, startSite } from './site.ts'

/** Milliseconds of kills on each engine, unless `KILLS` says how many kills. With the outages, both engines take two minutes. */
const DEFAULT_TIME_MS = 40_000

/** Counts of which one is too many. */
const MUST_BE_ZERO = ['lost tokens', 'refreshed twice', 'unexplained']

// The process: for each engine an app, which is killed at random moments, and whose database fails. Exits 1 after any loss.
const { KILLS: wanted } = process.env
if (wanted !== undefined && !(Number(wanted) > 0))
  throw new Error('KILLS must be the number of kills on both engines together.')
const limit = wanted === undefined ? { timeMs: DEFAULT_TIME_MS } : { kills: Math.ceil(Number(wanted) / 2) }
let isGood = true

await using stack = new AsyncDisposableStack()
const postgres = stack.use(await startPostgres())
for (const server of [undefined, postgres]) {
  await using site = await startSite(server)
  isGood = report(`kills on ${site.engine}`, await runKills(site, limit)) && isGood
  for (const { name, counts } of await runOutages(site)) isGood = report(`${name} on ${site.engine}`, counts) && isGood
  isGood = (await reportAll(site)) && isGood
}
process.exitCode = isGood ? 0 : 1

/** Prints counts. Returns whether none of those that must be zero is more. */
function report(title: string, { kills, ...counts }: Record<string, number>): boolean {
  const head = kills === undefined ? title : `${title}: ${kills}`
  const texts = Object.entries(counts).map(([name, count]) => `${name}: ${count}`)
  console.log([head, ...texts].join(', '))
  return MUST_BE_ZERO.every((name) => (counts[name] ?? 0) === 0)
}

/** Looks once more for the token of everybody. */
async function reportAll(site: FaultSite): Promise<boolean> {
  const { people, accounts } = site.known
  return report(`at the end on ${site.engine}`, {
    people: people.size,
    'refreshed accounts': accounts.size,
    'lost tokens': (await site.lostPeople(people)) + (await site.lostAccounts()),
    'refreshed twice': site.refreshedTwice(),
  })
}

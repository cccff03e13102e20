import { startDelayingProxy } from '../../support/delayingProxy.ts'
import { startPostgres } from '../../support/postgresServer.ts'
import type { Bench } from '../bench.ts'
import { OURS } from '../contestants.ts'
import type { Table } from '../table.ts'
import { takeTurns } from '../takeTurns.ts'

/** Logins in flight. */
const LOGINS = 40

/** Milliseconds to the database, each way. */
const DELAY_MS = 5

/** Logins before the first round, so that all connections are made. */
const WARM = 200

/** How much quicker many logins at once are than one after the other, while each waits for a PostgreSQL that is far away. */
export async function postgresLatency(bench: Bench): Promise<readonly Table[]> {
  await using server = await startPostgres()
  await using proxy = await startDelayingProxy(server.url, DELAY_MS)
  const contestant = {
    ...OURS,
    name: 'ours-postgres',
    environment: (place: Parameters<typeof OURS.environment>[0]) =>
      OURS.environment({ ...place, databaseUrl: proxy.url }),
  }
  const { figures, notes } = await takeTurns(bench, {
    contestants: [contestant],
    what: 'PostgreSQL latency',
    prepare: (running) => bench.logIn(running, WARM, LOGINS),
    measure: async (running) => {
      const alone = await bench.logIn(running, LOGINS, 1)
      const together = await bench.logIn(running, LOGINS, LOGINS)
      return { alone: alone.took, together: together.took, ratio: alone.took / together.took }
    },
  })
  const rows = Array.from(figures, ([server, { alone, together, ratio }]) => ({
    server,
    'one after the other ms': alone,
    'at once ms': together,
    'times as fast': ratio,
  }))
  const { rounds } = bench.options.scale
  const title = `${LOGINS} logins with PostgreSQL ${DELAY_MS} ms away each way (medians of ${rounds} rounds)`
  return [{ title, rows, notes }]
}

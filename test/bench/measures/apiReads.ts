import { cpuOf } from '../accounting.ts'
import type { Bench } from '../bench.ts'
import { fill } from '../fill.ts'
import { load } from '../load.ts'
import type { Running } from '../running.ts'
import type { Table } from '../table.ts'
import { takeTurns } from '../takeTurns.ts'
import { readToken } from '../tokenRead.ts'
import { AT_ONCE } from './logins.ts'

/** Accounts whose tokens are asked for. */
const ACCOUNTS = 1_000

const DATABASE = 'api'

/** Tokens for programs: how many a second, and what one costs. */
export async function apiReads(bench: Bench): Promise<readonly Table[]> {
  const { requests, rounds } = bench.options.scale
  for (const contestant of bench.ours)
    await fill(bench.databaseUrl(contestant, DATABASE), { accounts: ACCOUNTS, sessions: 0, due: 0 })
  const { figures, notes } = await takeTurns(bench, {
    contestants: bench.ours,
    what: 'API',
    database: () => DATABASE,
    prepare: (running) => reads(running, requests),
    measure: (running) => reads(running, requests),
  })
  const rows = Array.from(figures, ([server, { rate, cpu }]) => ({
    server,
    'tokens/s': rate,
    'CPU ms': cpu,
  }))
  return [{ title: `Tokens for programs, of ${ACCOUNTS} accounts (medians of ${rounds} rounds)`, rows, notes }]
}

async function reads({ pid, site }: Running, count: number) {
  const before = cpuOf(pid)
  const { took } = await load(count, AT_ONCE, (piece) => readToken(site.connection, (piece * 7919) % ACCOUNTS))
  return { rate: (count / took) * 1000, cpu: (cpuOf(pid) - before) / count }
}

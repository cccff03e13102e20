import { execFile } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Client } from 'pg'
import type { FaultSite } from './site.ts'

/** Milliseconds that an outage lasts. */
const OUTAGE_MS = 2_500

/** People who come back while an outage begins, and while it lasts. */
const AT_ONCE = 6

/** A failure of the database. Settles once it has begun; the returned function ends it. `undefined`: impossible on this machine. */
type Outage = (site: FaultSite) => Promise<(() => Promise<unknown>) | undefined>

const SQLITE: Readonly<Record<string, Outage>> = {
  'database locked': ({ databaseUrl }) => {
    const other = new DatabaseSync(databaseUrl.replace(/^file:/, ''))
    other.exec('PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE')
    return Promise.resolve(() => {
      other.close()
      return Promise.resolve()
    })
  },

  /** The database's files cannot grow any more. */
  'disk full': async ({ databaseUrl, pid }) => {
    const { size } = await stat(`${databaseUrl.replace(/^file:/, '')}-wal`)
    const limit = (bytes: number | 'unlimited') =>
      promisify(execFile)('prlimit', ['--pid', String(pid()), `--fsize=${bytes}:unlimited`])
    const isLimited = await limit(size).then(
      () => true,
      () => false,
    )
    return isLimited ? () => limit('unlimited') : undefined
  },
}

const POSTGRES: Readonly<Record<string, Outage>> = {
  'database away': async ({ server }) => {
    await server?.stop()
    return () => server?.start() ?? Promise.resolve()
  },

  'database frozen': async ({ databaseUrl }) => {
    const { rows } = await administer(databaseUrl, `SELECT pid ${OTHERS}`)
    for (const { pid } of rows) process.kill(Number(pid), 'SIGSTOP')
    return () => {
      for (const { pid } of rows) process.kill(Number(pid), 'SIGCONT')
      return Promise.resolve()
    }
  },

  'database read-only': async ({ databaseUrl }) => {
    const set = async (sql: string) => {
      await administer(databaseUrl, `ALTER DATABASE postgres ${sql}`)
      await administer(databaseUrl, `SELECT pg_terminate_backend(pid) ${OTHERS}`)
    }
    await set('SET default_transaction_read_only = on')
    return () => set('RESET default_transaction_read_only')
  },
}

const OTHERS = "FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"

/**
 * Lets the database of the running app fail in each way, while people come back from Instagram. Afterwards the app must be ready again, a login
 * must succeed, and everybody who saw a success page must have a token.
 */
export async function runOutages(site: FaultSite): Promise<{ name: string; counts: Record<string, number> }[]> {
  const results = []
  for (const [name, begin] of Object.entries(site.server ? POSTGRES : SQLITE)) {
    const before = new Set(site.known.people)
    const [first, later] = [await site.arrive(AT_ONCE), await site.arrive(AT_ONCE)]
    const pages = first.map((arrival) => site.comeBack(arrival))
    await sleep(randomInt(100))
    const end = await begin(site)
    if (!end) {
      console.log(`${name} on ${site.engine}: skipped, as this machine has no prlimit`)
      await Promise.all(pages)
      continue
    }
    pages.push(...later.map((arrival) => site.comeBack(arrival)))
    await sleep(OUTAGE_MS)
    await end()
    const seen = await Promise.all(pages)
    await site.ready()
    const afterwards = await Promise.all((await site.arrive(1)).map((arrival) => site.comeBack(arrival)))
    const successes = site.known.people.difference(before)
    const unexplained = [...seen.filter((page) => page?.status !== 200 && page?.status !== 503)]
    for (const page of unexplained)
      console.error(`During “${name}”, a login ended with ${String(page?.status)}: ${page?.text ?? ''}`)
    results.push({
      name,
      counts: {
        logins: seen.length + afterwards.length,
        'success pages': successes.size,
        '503 pages': seen.filter((page) => page?.status === 503).length,
        'lost tokens': await site.lostPeople(successes),
        unexplained: unexplained.length + afterwards.filter((page) => page?.status !== 200).length,
      },
    })
  }
  return results
}

/** Runs SQL as an administrator, who may write even while the database is read-only. */
async function administer(url: string, sql: string) {
  const client = new Client({ connectionString: url, options: '-c default_transaction_read_only=off' })
  await client.connect()
  try {
    return await client.query<Record<string, unknown>>(sql)
  } finally {
    await client.end()
  }
}

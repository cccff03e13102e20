import { z } from 'zod'
import type { Database } from '../storage/database.ts'
import type { AccountStatus } from './status.ts'

/** Milliseconds for which a count is good enough: at a million accounts it takes a tenth of a second. */
const COUNT_LIFETIME_MS = 30_000

/** The accounts in numbers: for metrics. Every number is one indexed query. */
export interface Census {
  /** How many accounts have each status; half a minute old at most. */
  byStatus(): Promise<Record<AccountStatus, number>>
  /** How many events wait to be delivered; half a minute old at most. */
  eventsWaiting(): Promise<number>
  /** Seconds until the first of the long-lived tokens that are kept alive ends; `undefined`: there is none. */
  nearestExpiry(): Promise<number | undefined>
  /** Seconds by which the most overdue account is late; 0: none is due. */
  refreshLag(): Promise<number>
}

const number = z.number().nullable()
const counts = z.array(z.object({ status: z.string(), count: z.number() }))

/** The census of a database. */
export function createCensus(database: Database, now: () => Date): Census {
  async function ask(sql: string): Promise<number | null> {
    const [row] = await database.all(sql)
    return number.parse(row?.['answer'] ?? null)
  }

  async function countAccounts(): Promise<Record<AccountStatus, number>> {
    // Most are well, and those are not looked at one by one.
    const unwell = counts.parse(
      await database.all(
        "SELECT status, COUNT(*) AS count FROM accounts WHERE status <> 'ok' GROUP BY status",
      ),
    )
    const all = (await ask('SELECT COUNT(*) AS answer FROM accounts')) ?? 0
    const ok = unwell.reduce((left, { count }) => left - count, all)
    return { ...NOBODY, ...Object.fromEntries(unwell.map(({ status, count }) => [status, count])), ok }
  }

  return {
    byStatus: keptFor(COUNT_LIFETIME_MS, now, countAccounts),

    eventsWaiting: keptFor(
      COUNT_LIFETIME_MS,
      now,
      async () => (await ask('SELECT COUNT(*) AS answer FROM events')) ?? 0,
    ),

    async nearestExpiry() {
      const expiresAt = await ask(
        "SELECT MIN(expires_at) AS answer FROM accounts WHERE due_at IS NOT NULL AND token_kind = 'long_lived'",
      )
      return expiresAt === null ? undefined : (expiresAt - now().getTime()) / 1000
    },

    async refreshLag() {
      const dueAt = await ask('SELECT MIN(due_at) AS answer FROM accounts WHERE due_at IS NOT NULL')
      return Math.max(0, now().getTime() - (dueAt ?? Infinity)) / 1000
    },
  }
}

const NOBODY: Record<AccountStatus, number> = {
  ok: 0,
  short_lived: 0,
  expiring: 0,
  needs_reconnect: 0,
  unreadable: 0,
  disconnected_by_instagram: 0,
}

/** The same answer to all who ask within so many milliseconds; a failure is not kept. */
function keptFor<Answer>(lifetimeMs: number, now: () => Date, read: () => Promise<Answer>) {
  let kept: { at: number; answer: Promise<Answer> } | undefined
  return async (): Promise<Answer> => {
    if (kept && Math.abs(now().getTime() - kept.at) < lifetimeMs) return kept.answer
    const answer = read()
    kept = { at: now().getTime(), answer }
    try {
      return await answer
    } catch (error) {
      kept = undefined
      throw error
    }
  }
}

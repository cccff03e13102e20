import type { Database } from '../../src/storage/database.ts'
import { DatabaseUnavailableError } from '../../src/storage/unavailable.ts'

/** How a database on another machine can be: here, away, or taking whatever is asked without an answer. */
export interface Outage {
  /** `times`: so many statements and transactions are refused, then it is back; without a number it stays away. */
  begin(times?: number): void
  /** Whatever is asked next hangs until the end. */
  hang(): void
  /** Begins as soon as such a statement is asked for; a transaction is `BEGIN`, and what is in it does not count. */
  beginAt(statement: RegExp, times?: number): void
  end(): void
  /** How many statements and transactions have been asked for, done or not. */
  asked(): number
}

/**
 * The database over a line that can be cut. SQLite is never away to those who read, so that this stands for a server that is;
 * that PostgreSQL's own outages look the same is tested where it runs.
 */
export function withOutages(database: Database): { database: Database; outage: Outage } {
  let left = 0
  let awaited: { statement: RegExp; times: number } | undefined
  let asked = 0
  let hanging: PromiseWithResolvers<void> | undefined

  async function line<Result>(sql: string, work: () => Promise<Result>): Promise<Result> {
    asked += 1
    await hanging?.promise
    if (awaited?.statement.test(sql)) {
      left = awaited.times
      awaited = undefined
    }
    if (left === 0) return work()
    left -= 1
    throw new DatabaseUnavailableError('The database is unavailable: the line is cut')
  }

  return {
    database: {
      all: (sql, ...parameters) => line(sql, () => database.all(sql, ...parameters)),
      run: (sql, ...parameters) => line(sql, () => database.run(sql, ...parameters)),
      runUnsynced: (sql, ...parameters) => line(sql, () => database.runUnsynced(sql, ...parameters)),
      transaction: (work) => line('BEGIN', () => database.transaction(work)),
      emptyJournal: () => line('PRAGMA', async () => database.emptyJournal?.()),
      close: () => database.close(),
    },
    outage: {
      begin(times = Infinity) {
        left = times
      },
      beginAt(statement, times = Infinity) {
        awaited = { statement, times }
      },
      hang() {
        hanging = Promise.withResolvers()
      },
      end() {
        left = 0
        awaited = undefined
        hanging?.resolve()
        hanging = undefined
      },
      asked: () => asked,
    },
  }
}

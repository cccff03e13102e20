import type { Database } from '../../src/storage/database.ts'
import { DatabaseUnavailableError } from '../../src/storage/unavailable.ts'

/** How a database on another machine can be: here, away, or taking whatever is asked without an answer. */
export interface Outage {
  /** `times`: so many statements and transactions are refused, then it is back; without a number it stays away. */
  begin(times?: number): void
  /** Whatever is asked next hangs until the end. */
  hang(): void
  /** The database is away as soon as a transaction is asked for, such as the one that keeps a new token. */
  beginAtTransaction(times?: number): void
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
  let awaited: number | undefined
  let asked = 0
  let hanging: PromiseWithResolvers<void> | undefined

  async function line<Result>(work: () => Promise<Result>): Promise<Result> {
    asked += 1
    await hanging?.promise
    if (left === 0) return work()
    left -= 1
    throw new DatabaseUnavailableError('The database is unavailable: the line is cut')
  }

  return {
    database: {
      all: (sql, ...parameters) => line(() => database.all(sql, ...parameters)),
      run: (sql, ...parameters) => line(() => database.run(sql, ...parameters)),
      transaction(work) {
        if (awaited !== undefined) left = awaited
        awaited = undefined
        return line(() => database.transaction(work))
      },
      close: () => database.close(),
    },
    outage: {
      begin(times = Infinity) {
        left = times
      },
      beginAtTransaction(times = Infinity) {
        awaited = times
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

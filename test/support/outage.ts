import { type Database } from '../../src/database/database.ts'
import { AppError } from '../../src/errors/errors.ts'

/** Makes a database unavailable. A transaction counts as one statement, `BEGIN`. */
export interface Outage {
  /** Refuses the next `times` statements, or all of them. */
  begin(times?: number): void
  /** Answers no statement before `end`. */
  hang(): void
  /** Begins with the first such statement. */
  beginAt(statement: RegExp, times?: number): void
  end(): void
  /** How many statements have been sent, answered or not. */
  asked(): number
}

/** A database whose connection a test can cut, as that of PostgreSQL, whose own outages test/database/postgres.test.ts tests. */
export function withOutages(database: Database): { database: Database; outage: Outage } {
  let left = 0
  let awaited: { statement: RegExp; times: number } | undefined
  let asked = 0
  let hanging: PromiseWithResolvers<void> | undefined

  async function send<Result>(sql: string, work: () => Promise<Result>): Promise<Result> {
    asked += 1
    await hanging?.promise
    if (awaited?.statement.test(sql)) {
      left = awaited.times
      awaited = undefined
    }
    if (left === 0) return work()
    left -= 1
    throw new AppError('database_unavailable', { message: 'The database is unavailable: the line is cut' })
  }

  return {
    database: {
      engine: database.engine,
      query: (sql, parameters) => send(sql, () => database.query(sql, parameters)),
      transaction: (work) => send('BEGIN', () => database.transaction(work)),
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

import { DatabaseUnavailableError } from './unavailable.ts'

/**
 * What the database answers, if it does so in time; it goes on with the work all the same.
 *
 * @throws {DatabaseUnavailableError} after so many milliseconds
 */
export async function within<Result>(limitMs: number, answer: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    late.reject(new DatabaseUnavailableError(`The database has not answered within ${limitMs} ms`))
  }, limitMs)
  try {
    return await Promise.race([answer, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

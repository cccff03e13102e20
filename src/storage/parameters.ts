import type { Value } from './database.ts'

/** How many values a statement takes: the highest number of a `$1`, `$2`, … in it. */
export function parameterCount(sql: string): number {
  return Math.max(0, ...Array.from(sql.matchAll(/\$(\d+)/g), ([, digits]) => Number(digits)))
}

/**
 * Refuses what a database would take and store as something else: NULL for a missing value or NaN, or what cannot be read
 * again.
 *
 * @throws TypeError if there are not `count` values, or a number is no integer of at most 2^53 − 1
 */
export function checkParameters(count: number, parameters: readonly Value[]): void {
  if (parameters.length !== count) {
    throw new TypeError(`The statement has ${count} parameters, but ${parameters.length} values were given`)
  }
  for (const value of parameters) {
    if (typeof value === 'number' && !Number.isSafeInteger(value)) {
      throw new TypeError('A parameter must be text, an integer of at most 2^53 − 1, or null')
    }
  }
}

/** The value below which the given part (0 to 1) of all values lies. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN
}

/** The value in the middle; of an even number of values, the mean of the two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2
}

/** The figures of several rounds, each as the median of its own. */
export function medians<Figures extends Record<keyof Figures, number>>(rounds: readonly Figures[]): Figures {
  const [first] = rounds
  if (!first) throw new RangeError('There was no round')
  const names = Object.keys(first) as (keyof Figures)[]
  return Object.fromEntries(names.map((name) => [name, median(rounds.map((round) => round[name]))])) as Figures
}

/** What a batch of work came to. */
export interface Load {
  /** Milliseconds for all of it. */
  took: number
  /** Milliseconds for each piece. */
  latencies: readonly number[]
}

/** Does `work` so many times, so many at once, and no piece twice: each gets a number of its own. */
export async function load(count: number, atOnce: number, work: (piece: number) => Promise<void>): Promise<Load> {
  const latencies: number[] = []
  const begun = performance.now()
  let next = 0
  await Promise.all(
    Array.from({ length: Math.min(atOnce, count) }, async () => {
      while (next < count) {
        const start = performance.now()
        await work(next++)
        latencies.push(performance.now() - start)
      }
    }),
  )
  return { took: performance.now() - begun, latencies }
}

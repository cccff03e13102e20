/** Something that may not be there yet. */
export interface Retried<Value> {
  /** Waits for the try that is under way; where the last one failed a pause ago, tries anew. Rejects as that try does. */
  get(): Promise<Value>
  /** The last try, whether it is over or not. */
  last(): Promise<Value>
}

/** How it is tried. */
export interface RetriedOptions {
  /** Milliseconds from a failure on in which it is not tried again. */
  pauseMs: number
  now: () => Date
  /** Told of each try that fails. */
  onError: (error: unknown) => void
}

/** Tries at once, and after a failure again when somebody asks. Who does not ask meets no rejection. */
export function retried<Value>(
  make: () => Promise<Value>,
  { pauseMs, now, onError }: RetriedOptions,
): Retried<Value> {
  let failedAt: number | undefined
  let current = attempt()

  function attempt(): Promise<Value> {
    failedAt = undefined
    const value = make()
    value.catch((error: unknown) => {
      failedAt = now().getTime()
      onError(error)
    })
    return value
  }

  return {
    get() {
      // The clock may be set back too.
      if (failedAt !== undefined && Math.abs(now().getTime() - failedAt) >= pauseMs) current = attempt()
      return current
    },
    last: () => current,
  }
}

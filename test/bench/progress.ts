/** Tells on standard error what is being done: one line that changes in a terminal, a line for each step elsewhere. */
export interface Progress {
  /** Of so many steps that are to come. */
  expect(steps: number): void
  /** The next step begins. */
  step(what: string): void
  /** Leaves no line behind. */
  end(): void
}

/** Progress on a stream, with the time that is left as far as one can tell. */
export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const begun = performance.now()
  let expected = 0
  let taken = 0

  function left(): string {
    if (taken < 2) return ''
    const seconds = ((performance.now() - begun) / (taken - 1) / 1000) * (expected - taken + 1)
    return seconds < 90 ? `, ${Math.ceil(seconds)} s left` : `, ${Math.ceil(seconds / 60)} min left`
  }

  return {
    expect(steps) {
      expected += steps
    },
    step(what) {
      taken += 1
      const line = `[${taken}/${expected}${left()}] ${what}`
      if (stream.isTTY) stream.write(`\r\u001B[K${line.slice(0, stream.columns - 1)}`)
      else stream.write(`${line}\n`)
    },
    end() {
      if (stream.isTTY) stream.write('\r\u001B[K')
    },
  }
}

/** A sandbox's clock: another clock plus an offset that can be changed. */
export class Clock {
  readonly #source: () => Date
  #offsetMs = 0

  constructor(source: () => Date) {
    this.#source = source
  }

  /** Bound, so that it can be passed as a function. */
  readonly now = (): Date => new Date(this.#source().getTime() + this.#offsetMs)

  /** How far this clock is ahead of its source, in milliseconds. */
  get offsetMs(): number {
    return this.#offsetMs
  }

  /** Moves the clock forward; a negative number moves it back. */
  pass(milliseconds: number): void {
    this.#offsetMs += milliseconds
  }
}

/** A sandbox's clock: another clock, and how far it was moved since. */
export class Clock {
  readonly #source: () => Date
  #movedMs = 0

  constructor(source: () => Date) {
    this.#source = source
  }

  /** Bound, so that it can be handed on as a function. */
  readonly now = (): Date => new Date(this.#source().getTime() + this.#movedMs)

  /** How far it is ahead of its source, in milliseconds. */
  get movedMs(): number {
    return this.#movedMs
  }

  /** Moves it forward, or back by less than zero. */
  pass(milliseconds: number): void {
    this.#movedMs += milliseconds
  }
}

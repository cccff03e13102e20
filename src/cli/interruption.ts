/** Milliseconds in which a second Ctrl-C is the first once more: npx hands on what the terminal sent us already. */
const SAME_MS = 500

/** Ctrl-C was pressed. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

/** What Ctrl-C ends. */
export interface Interruption extends Disposable {
  /** Aborts, with an {@link Interrupted}. */
  signal: AbortSignal
  /** As Ctrl-C does. */
  interrupt: () => void
}

/** Lets Ctrl-C, and SIGTERM, end the work in hand in good order; pressed once more, they end the process at once with status 130. */
export function interruption(): Interruption {
  const controller = new AbortController()
  let pressedAt: number | undefined
  const interrupt = () => {
    if (pressedAt !== undefined && performance.now() - pressedAt > SAME_MS) process.exit(130)
    pressedAt ??= performance.now()
    controller.abort(new Interrupted())
  }
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  return {
    signal: controller.signal,
    interrupt,
    [Symbol.dispose]() {
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
    },
  }
}

import { createInterface, type Interface } from 'node:readline'
import { Writable } from 'node:stream'
import type { Interruption } from './interruption.ts'
import { EMPTIED, isAttended, type Terminal } from './terminal.ts'

/** Asks the person, or reads what a program writes in their place. */
export interface Asker extends Disposable {
  /**
   * The next line that is typed. `undefined`: there is none any more.
   *
   * @param how `hidden`: nobody sees what is typed.
   */
  ask(question: string, how?: { hidden?: boolean }): Promise<string | undefined>
  /** Takes the question away while something else is said. */
  withdraw(): void
  /** Puts it again, unless it was answered meanwhile. */
  renew(): void
}

/** Reads nothing until something is asked. A question that is interrupted rejects. */
export function createAsker(terminal: Terminal, { signal, interrupt }: Interruption): Asker {
  const { input, messages } = terminal
  const attended = isAttended(terminal)
  // Lines may come faster than they are asked for.
  const lines: string[] = []
  let waiting: ((line: string | undefined) => void) | undefined
  let reading: Interface | undefined
  let isOver = false
  let isHidden = false

  const shown = new Writable({
    write(chunk, _encoding, done) {
      if (!isHidden) messages.write(chunk as Uint8Array)
      done()
    },
  })

  // By which readline knows where a long line goes on.
  Object.defineProperty(shown, 'columns', { get: () => messages.columns })

  function read(): Interface {
    // No history: a secret does not come back by the arrow keys.
    const opened = createInterface({ input, output: shown, terminal: attended, historySize: 0 })
    opened.on('line', (line) => {
      const answer = waiting
      waiting = undefined
      if (answer) answer(line)
      else lines.push(line)
    })
    opened.on('close', () => {
      isOver = true
      waiting?.(undefined)
    })
    opened.on('SIGINT', interrupt)
    return opened
  }

  return {
    async ask(question, { hidden = false } = {}) {
      signal.throwIfAborted()
      reading ??= read()
      const known = lines.shift()
      if (known !== undefined || isOver) return known
      if (attended) {
        reading.setPrompt(question)
        reading.prompt()
      }
      isHidden = hidden
      const { promise, resolve, reject } = Promise.withResolvers<string | undefined>()
      const interrupted = () => {
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', interrupted)
      waiting = resolve
      try {
        return await promise
      } finally {
        signal.removeEventListener('abort', interrupted)
        waiting = undefined
        isHidden = false
        if (hidden && attended) messages.write('\n')
      }
    },
    withdraw() {
      if (attended && waiting) messages.write(EMPTIED)
    },
    renew() {
      if (attended && waiting) reading?.prompt(true)
    },
    [Symbol.dispose]() {
      if (!reading) return
      isHidden = true
      reading.close()
      // A pipe that is only paused, and stays open, would keep the process.
      input.destroy()
    },
  }
}

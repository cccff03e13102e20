import { closeSync, fdatasync, openSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import { DatabaseUnavailableError } from './unavailable.ts'

/** Brings to the disk what was written to an open file. */
type Sync = (file: number) => Promise<void>

/**
 * The disk under a file. It is waited for without holding up this thread; and whoever comes while it is at work waits for the next
 * turn, together with all others who do, so that many writers cost hardly more than one.
 */
export class Disk {
  readonly #path: string
  readonly #sync: Sync
  #file: number | undefined
  #turn: Promise<void> | undefined
  #nextTurn: Promise<void> | undefined
  /** Once closing. */
  #lastTurn: Promise<void> | undefined
  #failure: DatabaseUnavailableError | undefined

  /** @param path The file, which need not be there before the first `flush`. */
  constructor(path: string, sync: Sync = promisify(fdatasync)) {
    this.#path = path
    this.#sync = sync
  }

  /**
   * Settles once all is on the disk that was written before.
   *
   * @throws {DatabaseUnavailableError} when the file is gone; and for ever from when the disk failed: what it says afterwards is about
   *   what came later, and what was lost stands before that
   */
  flush(): Promise<void> {
    // The turn under way may have begun before the writing.
    this.#nextTurn ??= this.#lastTurn ?? this.#after(this.#turn)
    return this.#nextTurn
  }

  /** Brings there what was written until now, then closes the file. */
  async close(): Promise<void> {
    this.#lastTurn ??= this.flush()
    await this.#lastTurn.catch(() => undefined) // Told to whoever wrote.
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  async #after(former: Promise<void> | undefined): Promise<void> {
    await former?.catch(() => undefined)
    // Whatever is ready in this round of the event loop is written first, and comes along.
    await setImmediate()
    this.#turn = this.#nextTurn
    this.#nextTurn = undefined
    if (this.#failure) throw this.#failure
    await this.#sync(this.#opened()).catch((cause: unknown) => {
      throw (this.#failure = new DatabaseUnavailableError('The disk failed: start anew', { cause }))
    })
  }

  #opened(): number {
    try {
      return (this.#file ??= openSync(this.#path, 'r+'))
    } catch (cause) {
      throw new DatabaseUnavailableError(
        'The database is unavailable: its file cannot be opened (was it moved or deleted?)',
        { cause },
      )
    }
  }
}

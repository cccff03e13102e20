import type { Logger } from 'pino'

/** Milliseconds between two rounds. */
const INTERVAL_MS = 60_000

/** What is to be done without anybody asking: refresh tokens, deliver events, sweep. */
export interface Upkeep {
  /** One round of all that is due. Never rejects: what fails is logged, and done in the next round. */
  run(): Promise<void>
  /** A round now, which catches up with what became due while we were down, and one every minute. */
  start(): void
  /** No more rounds; settles when those under way are over. */
  stop(): Promise<void>
}

/** What upkeep is made of. */
export interface UpkeepOptions {
  log: Logger
  /** Done side by side in every round, by name. */
  chores: Readonly<Record<string, () => Promise<unknown>>>
  /** Brings chores under way to an end. */
  end: () => Promise<void>
}

/** Upkeep that does nothing until it is run or started. */
export function createUpkeep({ log, chores, end }: UpkeepOptions): Upkeep {
  let stopping = false
  const timers = new Map<string, NodeJS.Timeout>()
  const underWay = new Map<string, Promise<void>>()

  async function attempt(chore: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      log.error(error, `${chore} failed, and is tried again later`)
    }
  }

  /** Each chore has a rhythm of its own: one that takes long holds up no other. */
  function repeat(chore: string, work: () => Promise<unknown>): void {
    const round = attempt(chore, work).then(() => {
      if (!stopping) timers.set(chore, setTimeout(repeat, INTERVAL_MS, chore, work))
    })
    underWay.set(chore, round)
  }

  return {
    async run() {
      await Promise.all(Object.entries(chores).map(([chore, work]) => attempt(chore, work)))
    },
    start() {
      for (const [chore, work] of Object.entries(chores)) repeat(chore, work)
    },
    async stop() {
      stopping = true
      for (const timer of timers.values()) clearTimeout(timer)
      await end()
      await Promise.all(underWay.values())
    },
  }
}

/** How much is done of everything. */
export interface Scale {
  rounds: number
  /** Logins before a process counts as hot. */
  warm: number
  /** Logins of a hot process in a round, many at once. */
  batch: number
  /** Logins of a hot process in a round, one at a time. */
  alone: number
  /** The first logins of a new process. */
  fresh: number
  /** Pages, or API answers, in a round. */
  requests: number
  /** Logins through which the heap is watched. */
  watched: number
  /** Accounts that are due at once. */
  due: number
  /** Accounts and sessions in a database. */
  sizes: readonly number[]
}

/** The measure itself, and a small one to see that it works. */
export const SCALES = {
  whole: {
    rounds: 5,
    warm: 10_000,
    batch: 2_000,
    alone: 500,
    fresh: 200,
    requests: 20_000,
    watched: 100_000,
    due: 5_000,
    sizes: [1_000, 100_000, 1_000_000],
  },
  quick: {
    rounds: 2,
    warm: 600,
    batch: 300,
    alone: 60,
    fresh: 100,
    requests: 2_000,
    watched: 2_000,
    due: 300,
    sizes: [1_000, 20_000],
  },
} as const satisfies Record<string, Scale>

import { hash as digest } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Account } from '../accounts/account.ts'
import type { Also } from '../accounts/accounts.ts'
import type { Database } from '../storage/database.ts'
import { type Failure, failureOf, isFailure, Refusal } from './failures.ts'

/** Milliseconds after which a login without an outcome is given up: longer than both rounds of calls to Instagram together. */
const LOGIN_TIME_LIMIT_MS = 30_000

/**
 * Milliseconds before the first look, and at most before any further one, for the outcome of a login that another request, or
 * another process, is carrying out. Each pause is half as long again: many may wait for a process that was killed.
 */
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1_000

/** One arrival at the redirect URI, its `state` verified. */
export interface Callback {
  state: string
  code: string
  /** Whether the state is young enough to begin a login with. */
  fresh: boolean
  /** By which the log names this request. */
  reference: string
}

/**
 * Carries out each login once, however often its callback comes: reloaded, clicked twice, or at the same moment on two
 * processes. Codes and states are kept as hashes only.
 */
export interface Callbacks {
  /**
   * The account that `login` connects now; or, where this callback came before, what `again` makes of the key of the account that
   * it was connected to then. `login` has to keep the account together with what it is given to write.
   *
   * @throws whatever `login` throws; {@link Refusal} with the same failure, and the reference of the first time, when
   *   repeated; `state_expired`, `state_used` (with another code before), `interrupted`
   */
  once(callback: Callback, ways: Ways): Promise<Account>
}

/** What a callback leads to, the first time and each other. */
export interface Ways {
  login: (finish: Also) => Promise<Account>
  again: (accountKey: string) => Promise<Account>
}

/** `now` is the clock by which a login that never ended is given up; `onError` is told where an outcome could not be kept. */
export function createCallbacks(
  database: Database,
  now: () => Date,
  onError: (error: unknown) => void,
): Callbacks {
  return {
    async once(callback, { login, again }) {
      const stateHash = hash(callback.state)
      if (!callback.fresh || !(await claim(stateHash, hash(callback.code))))
        return again(await accountOf(stateHash, hash(callback.code)))

      return login(async (queries, { key }) => {
        await queries.run('UPDATE callbacks SET account_key = $2 WHERE state_hash = $1', stateHash, key)
      }).catch(async (error: unknown) => {
        const failed = { failure: failureOf(error), reference: callback.reference }
        // A repeated callback then finds no outcome, and says so; this one still says what happened.
        await fail(stateHash, JSON.stringify(failed)).catch(onError)
        throw error
      })
    },
  }

  // On the disk no sooner than the account. After a power cut before that there is no token, and Instagram knows the code as used.
  async function claim(stateHash: string, codeHash: string): Promise<boolean> {
    const claimed = await database.runUnsynced(
      'INSERT INTO callbacks (state_hash, code_hash, claimed_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
      stateHash,
      codeHash,
      now().getTime(),
    )
    return claimed === 1
  }

  /** A login that was kept after all, and failed only then, stays kept. */
  async function fail(stateHash: string, failed: string): Promise<void> {
    await database.runUnsynced(
      'UPDATE callbacks SET outcome = $2 WHERE state_hash = $1 AND account_key IS NULL',
      stateHash,
      failed,
    )
  }

  /** The key of the account that the same callback was connected to before, as soon as that is known. */
  async function accountOf(stateHash: string, codeHash: string): Promise<string> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
      const [row] = await database.all('SELECT * FROM callbacks WHERE state_hash = $1', stateHash)
      if (!row) throw new Refusal('state_expired')
      if (row['code_hash'] !== codeHash) throw new Refusal('state_used')
      if (row['account_key'] !== null) return String(row['account_key'])
      if (row['outcome'] !== null) throw repeated(String(row['outcome']))
      if (now().getTime() - Number(row['claimed_at']) > LOGIN_TIME_LIMIT_MS) throw new Refusal('interrupted')
      await sleep(pause)
    }
  }
}

/**
 * Notes of each login that began long ago and never ended that it was interrupted, so that it is told once: its process was
 * killed, and could say nothing. Returns how many they were. One that ends all the same is noted as it ended.
 */
export function noteInterrupted(database: Database, now: Date): Promise<number> {
  return database.run(
    'UPDATE callbacks SET outcome = $1 WHERE claimed_at <= $2 AND account_key IS NULL AND outcome IS NULL',
    JSON.stringify({ failure: 'interrupted' satisfies Failure }),
    now.getTime() - 2 * LOGIN_TIME_LIMIT_MS,
  )
}

function repeated(outcome: string): Refusal {
  const { failure, reference } = failed.parse(JSON.parse(outcome))
  return new Refusal(failure, reference === undefined ? {} : { reference, detail: 'as the first time' })
}

const failed = z.object({
  failure: z.custom<Failure>(isFailure).catch('unknown'), // Another version may have called it otherwise.
  /** None where its process could not say anything. */
  reference: z.string().optional(),
})

function hash(text: string): string {
  return digest('sha256', text, 'base64url')
}

import { hash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Database, Queries } from '../database/database.ts'
import { type ErrorCode, isErrorCode } from '../errors/catalogue.ts'
import { AppError, toAppError } from '../errors/errors.ts'
import { MINUTE_MS } from '../facts.ts'
import type { Logger } from '../log.ts'
import type { ValidCallback } from './callback.ts'

/** Milliseconds after which a login without an outcome is given up: longer than all of its calls to Instagram together. */
const LOGIN_TIME_LIMIT_MS = 30_000

/** How long after a callback's first arrival a repeat (a reload, or a lost response) has the same result, in ms. */
export const REPEAT_LIFETIME_MS = 2 * MINUTE_MS

/** A login attempt: the right to carry out the login, or the account of the same login that was carried out before. */
export interface LoginAttempt {
  stateHash: string
  /** When its callback arrived first, in milliseconds. */
  claimedAt: number
  /** `undefined`: this is the first arrival. */
  accountKey?: string
  /** The id of the browser session that every arrival makes; `undefined`: each makes one of its own. */
  sessionId?: string | undefined
  /** Whether this repeat arrived too late to have the same result. */
  isLate?: boolean
}

const outcomeSchema = z.object({
  // Another version of the app may have had other codes.
  code: z.custom<ErrorCode>(isErrorCode).catch('unknown'),
  reference: z.string().optional(),
})

/** The login attempts of a database. */
export type LoginAttempts = ReturnType<typeof createLoginAttempts>

/**
 * Makes sure that a login is carried out once, however often its callback arrives: reloaded, clicked twice, or at several processes at the
 * same moment. States and codes are stored as hashes only.
 */
export function createLoginAttempts(database: Database, log: Logger, now: () => Date) {
  /** Waits for the outcome of a login that another request or process carries out. Looks every 50 ms at first, later every second. */
  async function firstOutcome(stateHash: string, codeHash: string): Promise<LoginAttempt> {
    const deadline = performance.now() + LOGIN_TIME_LIMIT_MS // The clock may be set back meanwhile.
    for (let pause = 50; ; pause = Math.min(pause * 1.5, 1_000)) {
      const { rows } = await database.query('SELECT * FROM login_attempts WHERE state_hash = $1', [stateHash])
      const [row] = rows
      if (!row) throw new AppError('state_expired')
      if (row['code_hash'] !== codeHash) throw new AppError('state_used')
      const claimedAt = Number(row['claimed_at'])
      const age = now().getTime() - claimedAt
      // An account that was stored before its login failed, because a connection broke, stays.
      if (row['account_key']) {
        const sessionId = row['session_id'] == null ? undefined : String(row['session_id'])
        const accountKey = String(row['account_key'])
        return { stateHash, claimedAt, accountKey, sessionId, isLate: age > REPEAT_LIFETIME_MS }
      }
      if (row['outcome']) throw repeatedError(String(row['outcome']))
      if (age > LOGIN_TIME_LIMIT_MS || performance.now() > deadline) throw new AppError('interrupted')
      await sleep(pause)
    }
  }

  return {
    /**
     * Claims a login, or waits for the outcome of the same callback's first arrival.
     *
     * @param sessionId The id of the session that this request would make
     * @throws {AppError} the first arrival's error, with its reference; `state_expired`; `state_used`: the state came with another code
     *   before; `interrupted`: the first arrival's process never finished
     */
    async claim({ state, code, isFresh }: ValidCallback, sessionId?: string): Promise<LoginAttempt> {
      const stateHash = hash('sha256', state, 'base64url')
      const codeHash = hash('sha256', code, 'base64url')
      if (isFresh) {
        const claimedAt = now().getTime()
        const { rowCount } = await database.query(
          `INSERT INTO login_attempts (state_hash, code_hash, claimed_at, session_id) VALUES ($1, $2, $3, $4)
           ON CONFLICT DO NOTHING`,
          [stateHash, codeHash, claimedAt, sessionId ?? null],
        )
        if (rowCount === 1) return { stateHash, claimedAt, sessionId }
      }
      return firstOutcome(stateHash, codeHash)
    },

    /** Stores the account of a login that succeeded, in the transaction that stores the account itself. */
    async complete(transaction: Queries, stateHash: string, accountKey: string): Promise<void> {
      const sql = 'UPDATE login_attempts SET account_key = $2 WHERE state_hash = $1'
      await transaction.query(sql, [stateHash, accountKey])
    },

    /** Stores why a login failed. `reference` names the request in the log. Never rejects: if it fails, repeated callbacks get `interrupted`. */
    async fail(stateHash: string, error: unknown, reference: string): Promise<void> {
      const outcome = JSON.stringify({ code: toAppError(error).code, reference })
      try {
        const sql = 'UPDATE login_attempts SET outcome = $2 WHERE state_hash = $1'
        await database.query(sql, [stateHash, outcome])
      } catch (failure) {
        log.error({ err: failure }, 'the outcome of a login could not be stored')
      }
    },

    /** Marks logins that began a minute ago and have no outcome: their process was killed. Returns how many were found. */
    async markInterrupted(): Promise<number> {
      const outcome = JSON.stringify({ code: 'interrupted' satisfies ErrorCode })
      const { rowCount } = await database.query(
        'UPDATE login_attempts SET outcome = $1 WHERE claimed_at <= $2 AND account_key IS NULL AND outcome IS NULL',
        [outcome, now().getTime() - 2 * LOGIN_TIME_LIMIT_MS],
      )
      return rowCount
    },
  }
}

function repeatedError(outcome: string): AppError {
  const { code, reference } = outcomeSchema.parse(JSON.parse(outcome))
  return new AppError(code, reference === undefined ? {} : { reference, detail: 'as the first time' })
}

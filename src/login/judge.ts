import { recognise } from '../instagram/recognise.ts'
import { Refusal } from './failures.ts'
import { readState, type State, STATE_LIFETIME_MS } from './state.ts'

/** What a callback is judged by. */
export interface JudgeOptions {
  /** The secret of the browser that brings it; `undefined`: it has none. */
  browser: string | undefined
  /** Any of which the state may have been signed with. */
  secrets: readonly string[]
  now: Date
}

/** A code that comes back to the browser that began the login. */
export interface Answer {
  state: string
  code: string
  /** Whether the state is young enough to begin a login with. */
  fresh: boolean
  returnTo: string | undefined
}

/**
 * Judges what Instagram sent a browser back with: first `state`, then `error`, then `code`.
 *
 * @throws {Refusal} for whatever is not a code for this browser
 */
export function judge(query: URLSearchParams, { browser, secrets, now }: JudgeOptions): Answer {
  const state = query.get('state') ?? ''
  const { madeAt, returnTo } = stateOf(browser, state, secrets)
  const fresh = now.getTime() - madeAt.getTime() <= STATE_LIFETIME_MS
  const error = query.get('error')
  if (error) throw fresh ? refusalFor(error, query) : new Refusal('state_expired')

  const code = query.get('code')
  if (!code) throw new Refusal('no_answer')
  return { state, code, fresh, returnTo }
}

function stateOf(browser: string | undefined, state: string, secrets: readonly string[]): State {
  if (!browser) throw new Refusal('cookie_missing')
  if (!state) throw new Refusal('state_missing')
  for (const secret of secrets) {
    const read = readState({ browser, secret }, state)
    if (read) return read
  }
  throw new Refusal('state_foreign')
}

/** What an `error` (RFC 6749, section 4.1.2.1) means; its words are anybody's, so they go into the log only, and not far. */
function refusalFor(error: string, query: URLSearchParams): Refusal {
  const message = query.get('error_description') ?? query.get('error_message') ?? ''
  const code = Number(query.get('error_code') ?? NaN)
  const detail = [error, query.get('error_reason'), message].filter(Boolean).join(', ').slice(0, 300)
  return new Refusal(recognise({ type: error, message, code }) ?? 'unknown', { detail })
}

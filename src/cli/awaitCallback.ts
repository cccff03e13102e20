import type { InstagramAccess } from '../host/access.ts'
import { nameOf } from '../commands/accountLines.ts'
import type { CallbackFailure } from '../login/callbackFailures.ts'
import { explainByVariables } from '../login/explain.ts'
import { type Failure, Refusal } from '../login/failures.ts'
import type { FinishedLogin } from '../login/logins.ts'
import { callbackIn } from '../login/pastedCallback.ts'
import { STATE_LIFETIME_MS } from '../login/state.ts'
import type { Asker } from './asker.ts'
import type { Closing } from './closingPage.ts'
import type { Landing } from './landing.ts'
import { during, say, type Terminal } from './terminal.ts'
import { explained } from './words.ts'

/** A login for which the person is at Instagram. */
export interface Waiting {
  access: Pick<InstagramAccess, 'finishLogin'>
  /** Of the login that has begun. */
  browser: string
  redirectUri: string
  /** `undefined`: the browser comes back elsewhere. */
  landing: Landing | undefined
  isSandbox: boolean
}

/** What comes back from another login, an old tab, by hand or once more: ours goes on. */
const OTHERS: readonly Failure[] = [
  'no_answer',
  'state_missing',
  'state_foreign',
  'state_used',
  'address_foreign',
] satisfies CallbackFailure[]

/**
 * Finishes the login with what comes first: the browser, or its address that is pasted.
 *
 * @throws {Refusal} the person said no, or it took more than ten minutes
 * @throws {InstagramError} Instagram gives no token
 * @throws Error in a sentence: it cannot come back at all
 */
export async function awaitCallback(
  { access, browser, redirectUri, landing, isSandbox }: Waiting,
  asker: Asker,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<FinishedLogin> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<FinishedLogin>()
  const late = setTimeout(reject, STATE_LIFETIME_MS, new Refusal('state_expired'))
  const interrupt = () => {
    reject(signal.reason as Error)
  }
  signal.addEventListener('abort', interrupt)
  let isOver = false

  async function finish(callback: URLSearchParams): Promise<Closing> {
    try {
      asker.withdraw()
      const finished = await during(terminal, 'Asking Instagram for the token …', () =>
        access.finishLogin({ callback, browser }),
      )
      resolve(finished)
      return { account: nameOf(finished.account), failure: null, isSandbox }
    } catch (error) {
      const failure = explainByVariables(error)
      if (OTHERS.includes(failure.name)) tell(error)
      else reject(error)
      return { account: null, failure, isSandbox }
    }
  }

  function tell(failure: unknown): void {
    asker.withdraw()
    say(terminal, explained(failure, terminal))
    asker.renew()
  }

  async function readPasted(): Promise<void> {
    while (!isOver) {
      const pasted = await asker.ask('> ')
      if (pasted === undefined) break
      if (!pasted.trim()) continue
      try {
        const callback = callbackIn(pasted, redirectUri)
        if (callback) await finish(callback)
        else tell(pasted)
      } catch (error) {
        tell(error)
      }
    }
    if (!landing) reject(new Error('nobody pastes the address that Instagram sends the browser to.'))
  }

  landing?.receive(finish)
  readPasted().catch(reject)
  try {
    return await promise
  } finally {
    isOver = true
    asker.withdraw()
    clearTimeout(late)
    signal.removeEventListener('abort', interrupt)
  }
}

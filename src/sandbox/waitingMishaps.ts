import type { CallbackMishap, CallPlace, Mishap, PageMishap } from './mishaps/mishap.ts'
import type { Endpoint, Traffic } from './traffic.ts'

/** What is to go wrong in one sandbox: each mishap once, in the order in which they were asked for. */
export class WaitingMishaps {
  readonly #traffic: Traffic
  readonly #refusals: PageMishap[] = []
  readonly #detours: CallbackMishap[] = []

  constructor(traffic: Traffic) {
    this.#traffic = traffic
  }

  add(mishap: Mishap): void {
    if (mishap.at === 'authorize') this.#refusals.push(mishap)
    else if (mishap.at === 'callback') this.#detours.push(mishap)
    else this.#traffic.answerNext(ENDPOINTS[mishap.at], mishap.answer)
  }

  /** For whoever is on the authorize page now. */
  takeRefusal(): PageMishap | undefined {
    return this.#refusals.shift()
  }

  /** For whoever is about to go back to the app. */
  takeDetour(): CallbackMishap | undefined {
    return this.#detours.shift()
  }
}

const ENDPOINTS = {
  exchange: 'token',
  long_lived: 'long_lived',
  me: 'me',
  refresh: 'refresh',
} satisfies Record<CallPlace, Endpoint>

import type { Instagram } from './client.ts'
import { InstagramError, type InstagramFailure } from './failure.ts'

/** What of Instagram's was called. */
export type Endpoint = 'token' | 'long_lived' | 'refresh' | 'me' | 'picture'

/** A call that is over. */
export interface FinishedCall {
  endpoint: Endpoint
  outcome: 'ok' | InstagramFailure
  seconds: number
}

/** The same client, which tells `onCall` of every call when it is over. */
export function observed(instagram: Instagram, onCall: (call: FinishedCall) => void): Instagram {
  const timed =
    <Argument, Result>(endpoint: Endpoint, call: (argument: Argument) => Promise<Result>) =>
    async (argument: Argument): Promise<Result> => {
      const began = performance.now()
      const tell = (outcome: FinishedCall['outcome']) => {
        onCall({ endpoint, outcome, seconds: (performance.now() - began) / 1000 })
      }
      try {
        const result = await call(argument)
        tell('ok')
        return result
      } catch (error) {
        if (error instanceof InstagramError) tell(error.failure)
        throw error
      }
    }

  return {
    authorizeUrl: (state, options) => instagram.authorizeUrl(state, options),
    exchangeCode: timed('token', (code: string) => instagram.exchangeCode(code)),
    exchangeForLongLived: timed('long_lived', (token: string) => instagram.exchangeForLongLived(token)),
    refresh: timed('refresh', (token: string) => instagram.refresh(token)),
    profile: timed('me', (token: string) => instagram.profile(token)),
    picture: timed('picture', (address: string) => instagram.picture(address)),
    close: () => instagram.close(),
  }
}

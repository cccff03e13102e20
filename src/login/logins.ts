import { randomUUID } from 'node:crypto'
import type { Account } from '../accounts/account.ts'
import type { Accounts } from '../accounts/accounts.ts'
import { connectAccount } from '../accounts/connect.ts'
import type { Instagram } from '../instagram/client.ts'
import type { InstagramError } from '../instagram/failure.ts'
import { newBrowser } from './browser.ts'
import { callbackQuery } from './callbackQuery.ts'
import type { Callbacks } from './callbacks.ts'
import { Refusal } from './failures.ts'
import { judge } from './judge.ts'
import { returnAddress, type ReturnOptions } from './returnAddress.ts'
import { createState } from './state.ts'

/** A login in its two halves, between which the person is at Instagram. */
export interface Logins {
  /**
   * Begins a login. Nothing is stored for it, so that a page may begin one for each link that it shows.
   *
   * @throws {Refusal} `return_to_foreign`
   */
  beginLogin(login?: BeginLogin): BegunLogin
  /**
   * Finishes a login, with what Instagram sent the browser back with. The same callback may come any number of times, and to any number
   * of processes: its code is exchanged once, and it ends each time as it ended then.
   *
   * @throws {Refusal} for whatever is not a code for this browser, or no login any more
   * @throws {InstagramError} when Instagram does not give a token for the code
   * @throws {TokenNotKeptError} when it does, and the database does not take it
   */
  finishLogin(login: FinishLogin): Promise<FinishedLogin>
}

/** How a login is to begin. */
export interface BeginLogin {
  /** The browser's secret, by which only this browser can finish it. Default: a new one, for the browser to keep. */
  browser?: string | undefined
  /**
   * Where the person goes afterwards: a path of the redirect URI's origin, or an address there or at one of `returnToOrigins`; 1,000
   * characters at most. It may come from anybody, such as from a query. Default: it is not said.
   */
  returnTo?: string | undefined
  /** Whether to log in at Instagram again, as another account maybe, even with a session there. Default: no. */
  forceReauth?: boolean | undefined
}

/** A login that has begun: good for ten minutes. */
export interface BegunLogin {
  /** Where the person goes to authorize: Instagram's address, with our `state`. */
  url: string
  /** The browser's secret, given or new. It is to come back with the callback: keep it in an `HttpOnly` cookie, or in the session. */
  browser: string
}

/** A login on its way back. */
export interface FinishLogin {
  /** What Instagram sent the browser back with: the address, its path and query, or its query alone. */
  callback: URLSearchParams | URL | string
  /** The secret of the browser that came; `undefined`: it brought none, and is refused. */
  browser: string | undefined
  /** By which your log names this request: where a login failed, every further try tells that of the first. Default: a random one. */
  reference?: string | undefined
}

/** A login that ended well. */
export interface FinishedLogin {
  /** The account that is connected now, without its token. */
  account: Account
  /** Where the person asked to go, as a whole address of an allowed origin; `undefined`: it was not said. */
  returnTo: string | undefined
  /** Whether the same callback ended well before, so that nothing happened now. */
  isRepeated: boolean
  /** Why the token lasts one hour only, or the profile is missing; empty where all was given. The account tells that it is so. */
  withheld: readonly InstagramError[]
}

/** What logins are made with. */
export interface LoginsOptions extends ReturnOptions {
  instagram: Instagram
  accounts: Accounts
  callbacks: Callbacks
  /** Noted as asked for. */
  scopes: readonly string[]
  /** Sign the states; newest first, at least one. */
  secrets: readonly string[]
  now: () => Date
}

/** Logins by these settings. */
export function createLogins(options: LoginsOptions): Logins {
  const { instagram, accounts, callbacks, scopes, secrets, now } = options
  const [newest] = secrets
  if (newest === undefined) throw new TypeError('Logins need at least one secret.')

  return {
    beginLogin({ browser = newBrowser(), returnTo, forceReauth = false } = {}) {
      const address = returnTo === undefined ? undefined : returnAddress(returnTo, options)
      const state = createState({ browser, secret: newest }, now(), address)
      return { url: instagram.authorizeUrl(state, { forceReauth }), browser }
    },

    async finishLogin({ callback, browser, reference = randomUUID() }) {
      const { returnTo, ...answer } = judge(callbackQuery(callback), { browser, secrets, now: now() })
      const withheld: InstagramError[] = []
      let isRepeated = false
      const account = await callbacks.once(
        { ...answer, reference },
        {
          async login(finish) {
            const connection = await connectAccount(instagram, accounts, scopes, answer.code, finish)
            withheld.push(...connection.failures)
            return connection.account
          },
          async again(accountKey) {
            isRepeated = true
            const known = await accounts.find(accountKey)
            if (!known) throw new Refusal('account_gone')
            return known
          },
        },
      )
      return { account, returnTo, isRepeated, withheld }
    },
  }
}

import type { Withdrawals } from '../accounts/withdrawals.ts'
import { type AccountsAccess, createAccountsAccess } from './accountsAccess.ts'
import type { Core } from '../core.ts'
import { forLog } from '../login/failures.ts'
import type { BeginLogin, BegunLogin, FinishedLogin, FinishLogin } from '../login/logins.ts'

/** Logins with Instagram, and the accounts that they connected: for whoever renders their own pages, with or without Express. */
export interface InstagramAccess extends AsyncDisposable {
  /**
   * Begins a login: send the person to its `url`, and keep its `browser` with them. Nothing is stored for it, so that a page may begin one
   * for each link that it shows.
   *
   * @throws {Refusal} `return_to_foreign`: `returnTo` leads elsewhere
   */
  beginLogin(login?: BeginLogin): BegunLogin
  /**
   * Finishes a login, with what Instagram sent the browser back with: the account is connected, its token kept and from now on kept
   * alive. The same callback may come any number of times, and to any number of processes: its code is exchanged once, and it ends each
   * time as it ended then. `explain` says of each error what it means.
   *
   * @throws {Refusal} for whatever is not a code for this browser, or no login any more
   * @throws {InstagramError} when Instagram does not give a token for the code
   * @throws {TokenNotKeptError} when it does, and the database does not take it
   * @throws {DatabaseUnavailableError} when the database is away before that
   */
  finishLogin(login: FinishLogin): Promise<FinishedLogin>
  /** The connected accounts. */
  accounts: AccountsAccess
  /**
   * What people take back on Instagram: for your routes that Meta calls, with what `verifySignedRequest` read. Events tell of it.
   * https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback
   */
  withdrawals: Withdrawals
  /**
   * One round of all that is due: refreshes tokens, delivers events, sweeps. Done by itself once a minute, unless the option `upkeep` is
   * off; safe to call as often as wanted, in any number of processes. Never rejects: what fails is logged, and done in the next round.
   */
  upkeep(): Promise<void>
  /** Waits for what is under way, then ends everything, so that the process can. What is called later is refused. Again does nothing. */
  close(): Promise<void>
}

/** The public face of a core. `end` closes what it works with. */
export function createAccess(core: Core, end: () => Promise<void>): InstagramAccess {
  const underWay = new Set<Promise<unknown>>()
  let closing: Promise<void> | undefined

  const during = <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (closing) return Promise.reject(new Error('This access to Instagram was closed.'))
    const result = work()
    const over = result.then(forget, forget)
    function forget() {
      underWay.delete(over)
    }
    underWay.add(over)
    return result
  }

  async function close(): Promise<void> {
    await Promise.all(underWay)
    await core.upkeep.stop()
    await end()
  }

  const access: InstagramAccess = {
    beginLogin: (login) => core.beginLogin(login),
    finishLogin: (login) =>
      during(async () => {
        const finished = await core.finishLogin(login)
        for (const failure of finished.withheld)
          core.log.warn(
            { err: failure, ...forLog(failure) },
            'connected, but not with all that was asked for',
          )
        return finished
      }),
    accounts: createAccountsAccess(core, during),
    withdrawals: {
      deauthorize: (id, askedAt) => during(() => core.withdrawals.deauthorize(id, askedAt)),
      erase: (id, askedAt) => during(() => core.withdrawals.erase(id, askedAt)),
      findDeletion: (code) => during(() => core.withdrawals.findDeletion(code)),
    },
    upkeep: () => during(() => core.upkeep.run()),
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => access.close(),
  }
  return access
}

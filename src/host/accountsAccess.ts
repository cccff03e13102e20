import type { Account } from '../accounts/account.ts'
import { importToken } from '../accounts/importToken.ts'
import { type RefreshOutcome, refreshByHand } from '../accounts/refreshByHand.ts'
import type { AccountStatus } from '../accounts/status.ts'
import { NoValidTokenError, type ValidToken, validToken } from '../accounts/validToken.ts'
import type { Core } from '../core.ts'

/**
 * The connected accounts. An account is called by its `key`, or by either of Instagram's two ids; the key never changes.
 * Everything rejects with a {@link DatabaseUnavailableError} while the database is away.
 */
export interface AccountsAccess {
  /** One page of the accounts, in the order of their ids. */
  list(query?: ListQuery): Promise<AccountsPage>
  /** The account, without its token; `undefined`: it is not connected. */
  find(id: string): Promise<Account | undefined>
  /**
   * The account's token, refreshed first if that is due; never a dead one. While refreshing fails, the token that we have is given as long
   * as it lives.
   *
   * @throws {NoValidTokenError} which says why there is none
   */
  token(id: string): Promise<ValidToken>
  /** Refreshes the account's token now, without waiting for its turn, if that is possible. */
  refresh(id: string): Promise<Refreshing>
  /** Forgets the account and its token. Returns whether it was there; forgetting twice is no error. */
  disconnect(id: string): Promise<boolean>
  /**
   * Takes a token that was got elsewhere, such as from Meta's dashboard, and keeps it alive like any other. A short-lived one is exchanged
   * for one of 60 days. An account that is known already gets the new token.
   *
   * @throws {ForeignTokenError} for what is no Instagram token
   * @throws {InstagramError} when Instagram does not accept it
   */
  importToken(token: string): Promise<Account>
}

/** Which accounts are wanted. */
export interface ListQuery {
  /** Only those that are doing so. Default: all. */
  status?: AccountStatus | undefined
  /** Accounts on a page, 1 to 1,000. Default: 100. */
  limit?: number | undefined
  /** The `next` of the page before. Default: the first page. */
  after?: string | undefined
}

/** One page of accounts. */
export interface AccountsPage {
  /** In the order of their ids. */
  accounts: readonly Account[]
  /** To be given as `after` for the next page; `null`: there is none. */
  next: string | null
}

/** What came of refreshing an account. */
export interface Refreshing {
  /** Whether it was refreshed, and if not why. */
  outcome: RefreshOutcome
  /** As it is afterwards; `undefined`: it is not connected. */
  account: Account | undefined
}

/** Lets work be done while the access is open. */
type During = <Result>(work: () => Promise<Result>) => Promise<Result>

const PAGE_SIZE = { default: 100, most: 1_000 }

/** The public face of a core's accounts. */
export function createAccountsAccess(core: Core, during: During): AccountsAccess {
  const { accounts, roster } = core
  // A key is a UUID; Instagram's ids are digits.
  const find = (id: string) => (id.includes('-') ? accounts.find(id) : accounts.findById(id))

  return {
    list: ({ status, limit = PAGE_SIZE.default, after = '' } = {}) =>
      during(async () => {
        if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_SIZE.most)
          throw new RangeError(`limit goes from 1 to ${PAGE_SIZE.most}.`)
        const page = await roster.page({ status, limit, after })
        return { accounts: page.accounts, next: page.more ? (page.accounts.at(-1)?.id ?? null) : null }
      }),

    find: (id) => during(() => find(id)),

    token: (id) =>
      during(async () => {
        const account = await find(id)
        if (!account) throw new NoValidTokenError('not_connected')
        return validToken(account, core)
      }),

    refresh: (id) =>
      during(async () => {
        const account = await find(id)
        return account ? refreshByHand(core, account.key) : { outcome: 'gone', account }
      }),

    disconnect: (id) =>
      during(async () => {
        const account = await find(id)
        return account !== undefined && accounts.remove(account.key)
      }),

    importToken: (token) => during(() => importToken(core.instagram, accounts, core.scopes, core.now, token)),
  }
}

import type { Request, Response } from 'express'
import type { Account } from '../accounts/account.ts'
import type { Accounts } from '../accounts/accounts.ts'
import type { Refresher } from '../accounts/refresher.ts'
import { UnreadableTokenError } from '../accounts/keyRing.ts'
import type { Instagram } from '../instagram/client.ts'
import type { Failure } from '../login/failures.ts'
import type { Logins } from '../login/logins.ts'
import { accountView, tokenView, type TokenView } from './accountView.ts'
import { browserOf } from './browser.ts'
import type { Hooks } from './hooks.ts'
import { keptOf } from './session.ts'
import { show } from './views.ts'
import { visitOf } from './visit.ts'

/** What the pages need to know; settings that differ between two apps in one process. */
export interface Login extends Logins, Pick<Hooks, 'onConnected'> {
  instagram: Instagram
  accounts: Accounts
  refresher: Refresher
  /** Asked for at the authorize step. */
  scopes: readonly string[]
  /** Whether the connected person may see the token. */
  showToken: boolean
  /** Whether visitors may paste a token that they have already. */
  takesTokens: boolean
  /** Graph's address with its version, for the command that we show. */
  graph: string
  /** Told of every login that is over: `connected`, or how it failed. */
  onLogin: (outcome: 'connected' | Failure) => void
  now: () => Date
}

/** The account that this browser is connected to, if it is still there and was not removed on Instagram. */
export async function connectedAccount({ accounts }: Login, request: Request): Promise<Account | undefined> {
  const { accountKey } = keptOf(request)
  const account = accountKey ? await accounts.find(accountKey) : undefined
  return account?.status === 'disconnected_by_instagram' ? undefined : account
}

/** Answers with the account's page. `justConnected`: as the end of a login. */
export async function showAccount(
  login: Login,
  account: Account,
  request: Request,
  response: Response,
  { justConnected }: { justConnected: boolean },
): Promise<void> {
  const browser = browserOf(request).remember()
  return show(response, 'response', {
    account: accountView(account, await token(login, account, request), login.now()),
    connectAnother: login.beginLogin({ browser, forceReauth: true }).url,
    justConnected,
  })
}

async function token(
  { accounts, showToken, graph }: Login,
  { key, tokenKind }: Account,
  request: Request,
): Promise<TokenView> {
  if (!showToken) return 'hidden'
  try {
    return tokenView((await accounts.accessToken(key)) ?? '', tokenKind === 'classic' ? null : graph)
  } catch (error) {
    if (!(error instanceof UnreadableTokenError)) throw error
    visitOf(request).log.error(error, 'a token cannot be read')
    return 'unreadable'
  }
}

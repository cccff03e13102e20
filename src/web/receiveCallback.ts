import type { Request } from 'express'
import type { Account } from '../accounts/account.ts'
import type { Also } from '../accounts/accounts.ts'
import { connectAccount } from '../accounts/connect.ts'
import { recognise } from '../instagram/recognise.ts'
import type { Login } from './accountPage.ts'
import type { Callbacks } from './callbacks.ts'
import { failureOf, forLog, Refusal } from './failures.ts'
import { referenceOf } from './requestLog.ts'
import { signIn } from './session.ts'
import { STATE_LIFETIME_MS, stateMadeAt } from './state.ts'

/**
 * Finishes a login, and tells how it ended; not of one that is over already, and only comes once more.
 *
 * @throws {Refusal} or InstagramError
 */
export async function receiveCallback(
  login: Login,
  callbacks: Callbacks,
  query: URLSearchParams,
  request: Request,
): Promise<Account> {
  try {
    const { account, isNew } = await finishLogin(login, callbacks, query, request)
    if (isNew) login.onLogin('connected')
    return account
  } catch (error) {
    const isRepeated = error instanceof Refusal && error.reference !== undefined
    if (!isRepeated) login.onLogin(failureOf(error))
    throw error
  }
}

/**
 * Judges what Instagram sent the browser back with, first `state`, then `error`, then `code`; exchanges the
 * code, once; connects the browser to the account.
 */
async function finishLogin(
  login: Login,
  callbacks: Callbacks,
  query: URLSearchParams,
  request: Request,
): Promise<{ account: Account; isNew: boolean }> {
  const state = query.get('state') ?? ''
  const fresh = login.now().getTime() - judgeState(state, request).getTime() <= STATE_LIFETIME_MS
  const error = query.get('error')
  if (error) throw fresh ? refusalFor(error, query) : new Refusal('state_expired')

  const code = query.get('code') ?? ''
  let isNew = false
  const callback = { state, code, fresh, reference: referenceOf(request) }
  const account = await callbacks.once(callback, {
    login(finish) {
      isNew = true
      return connect(login, code, request, finish)
    },
    async again(accountKey) {
      const known = await login.accounts.find(accountKey)
      if (!known) throw new Refusal('account_gone')
      return known
    },
  })
  await signIn(request, account.key)
  return { account, isNew }
}

/** When this browser's `state` was made. */
function judgeState(state: string, { browser }: Request): Date {
  const keys = browser.keys()
  if (keys.length === 0) throw new Refusal('cookie_missing')
  if (!state) throw new Refusal('state_missing')
  for (const key of keys) {
    const madeAt = stateMadeAt(key, state)
    if (madeAt) return madeAt
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

async function connect(login: Login, code: string, { log }: Request, finish: Also): Promise<Account> {
  const { instagram, accounts, scopes } = login
  const { account, failures } = await connectAccount(instagram, accounts, scopes, code, finish)
  for (const failure of failures)
    log.warn({ err: failure, ...forLog(failure) }, 'connected, but not with all that was asked for')
  return account
}

import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Account, unusableReason } from '../accounts/account.ts'
import { type Accounts, assertAllowed, type Connection } from '../accounts/accounts.ts'
import type { Config } from '../config.ts'
import { AppError, InstagramError, isAppError } from '../errors/errors.ts'
import { BASIC_SCOPE } from '../facts.ts'
import type { InstagramClient } from '../instagram/client.ts'
import type { Profile } from '../instagram/responses.ts'
import type { LoginAttempt, LoginAttempts } from './attempts.ts'
import { callbackQuery, validateCallback } from './callback.ts'
import { createState, validateReturnTo } from './state.ts'

/** Milliseconds between attempts to store a token while the database is unavailable: only a new login would issue another token. */
const STORE_RETRY_PAUSES_MS = [200, 800, 2_000]

/** Milliseconds after which storing is not retried: the person is waiting. */
const STORE_TIME_LIMIT_MS = 5_000

/** The two steps of a login; between them, the person is at Instagram. */
export interface Login {
  /**
   * Begins a login. Stores nothing, so a page can begin one for each of its links.
   *
   * @throws {AppError} `return_to_foreign`
   */
  beginLogin(options?: BeginLogin): BegunLogin
  /**
   * Finishes a login. The same callback may arrive several times, at several processes: its code is exchanged once, and all arrivals within
   * two minutes of the first have the same result.
   *
   * @throws {AppError} the callback is not valid for this browser, or was already used (`state_used`)
   * @throws {InstagramError} Instagram issues no token for the code
   * @throws {AppError} `token_not_kept`: Instagram issued a token, but the database could not store it
   */
  finishLogin(options: FinishLogin): Promise<FinishedLogin>
}

/** Options of {@link Login.beginLogin}. */
export interface BeginLogin {
  /** Only the browser that has this secret can finish the login. Default: a new one. */
  browserSecret?: string | undefined
  /**
   * Where the person returns to after the login: a path or address on the redirect URI's origin, or an address on one of
   * `returnToOrigins`; at most 1,000 characters. May be untrusted, for example from a query. Default: nowhere.
   */
  returnTo?: string | undefined
  /**
   * The user who begins the login, such as a user ID: the login can be finished only with the same value. The link does not contain it.
   * Default: none.
   */
  bindTo?: string | undefined
  /** Whether Instagram asks for a new login, so that the person can choose another account. Default: no. */
  forceReauth?: boolean | undefined
}

/** A login that was begun; it can be finished for ten minutes. */
export interface BegunLogin {
  /** Instagram's authorize URL, with the `state`. */
  url: string
  /** The given or new secret. Store it in an `HttpOnly` cookie or in the session, and pass it to {@link Login.finishLogin}. */
  browserSecret: string
}

/** Options of {@link Login.finishLogin}. */
export interface FinishLogin {
  /** The callback: the whole URL, its path and query, or its query. */
  callback: URLSearchParams | URL | string
  /** The secret of the browser with the callback; `undefined`: it has none, and the login is refused. */
  browserSecret: string | undefined
  /** The user who is signed in to your site now. If another user began the login, it is refused (`user_changed`). Default: none. */
  bindTo?: string | undefined
  /** Names the request in your log. If the login fails, repeated callbacks get the reference of the first one. Default: a random one. */
  reference?: string | undefined
}

/** A login that succeeded. */
export interface FinishedLogin {
  /** The connected account, without its token. */
  account: Account
  /** Where to return to: an absolute URL on an allowed origin; `undefined`: nowhere. */
  returnTo: string | undefined
  /** Whether the same callback already succeeded, so that nothing happened now. Do not sign in a person who has signed out since. */
  isRepeated: boolean
  /** Why the token lasts only an hour or cannot be used, or the profile is missing; usually empty. For the log: the account has it too. */
  withheld: readonly InstagramError[]
}

/** Logins for our own pages, which know what the browser is connected to. */
export interface PageLogin extends Login {
  /** As {@link Login.beginLogin}. `accountId`: the account to reconnect; another one can be connected all the same. */
  beginLogin(options?: BeginLogin & { accountId?: string | undefined }): BegunLogin
  /**
   * As {@link Login.finishLogin}, but repeats that are late succeed too: show them to a browser only that is still connected.
   * `accessToken`: the account's token, unless the login is repeated.
   */
  finishOrRepeat(
    options: FinishLogin & { sessionId?: string | undefined },
  ): Promise<FinishedLogin & { attempt: LoginAttempt; accountId: string | undefined; accessToken?: string }>
}

/** Logins with these settings. */
export function createLogin(options: {
  config: Pick<Config, 'instagram' | 'sessionSecrets' | 'returnToOrigins' | 'allowedAccounts'>
  instagram: InstagramClient
  accounts: Accounts
  attempts: LoginAttempts
  now: () => Date
}): PageLogin {
  const { config, instagram, accounts, attempts, now } = options
  const { redirectUri, scopes, tokenUrl } = config.instagram
  const [newestSecret] = config.sessionSecrets
  if (newestSecret === undefined) throw new TypeError('Logins need at least one session secret')
  const returnToOrigins = [new URL(redirectUri).origin, ...config.returnToOrigins]

  return {
    beginLogin({ browserSecret = randomUUID(), returnTo, bindTo, forceReauth = false, accountId } = {}) {
      const address = returnTo === undefined ? undefined : validateReturnTo(returnTo, returnToOrigins)
      const state = createState({ browserSecret, secret: newestSecret, bindTo }, now(), address, accountId)
      return { url: instagram.authorizeUrl(state, { forceReauth }), browserSecret }
    },

    async finishLogin(finish) {
      const { account, returnTo, isRepeated, withheld, attempt } = await finishOrRepeat(finish)
      if (attempt.isLate) throw new AppError('state_used')
      return { account, returnTo, isRepeated, withheld }
    },

    finishOrRepeat,
  }

  async function finishOrRepeat(options: Parameters<PageLogin['finishOrRepeat']>[0]) {
    const { callback, browserSecret, bindTo, reference = randomUUID(), sessionId } = options
    const secrets = config.sessionSecrets
    const valid = validateCallback(callbackQuery(callback), { browserSecret, bindTo, secrets, now: now() })
    const { code, returnTo, accountId } = valid

    const attempt = await attempts.claim(valid, sessionId)
    if (attempt.accountKey !== undefined) {
      const account = await accounts.find(attempt.accountKey)
      if (!account || account.status === 'disconnected_by_instagram') throw new AppError('state_used')
      return { account, returnTo, isRepeated: true, withheld: [], attempt, accountId }
    }

    try {
      const { connection, withheld } = await exchange(code)
      assertAllowed(config, connection)
      const account = await store(connection, attempt.stateHash)
      const { accessToken } = connection.token
      return { account, returnTo, isRepeated: false, withheld, attempt, accountId, accessToken }
    } catch (error) {
      await attempts.fail(attempt.stateHash, error, reference)
      throw error
    }
  }

  /**
   * Code → short-lived token → long-lived token and profile. Once the code is exchanged, no data of Instagram's is lost: without the
   * long-lived token the short-lived one is used, without the profile the id that came with the token.
   */
  async function exchange(code: string): Promise<{ connection: Connection; withheld: InstagramError[] }> {
    const { token, userId, permissions, profile: classicProfile } = await instagram.exchangeCode(code)
    const connection = (profile: Profile | null): Connection => {
      const id = userId ?? profile?.id ?? profile?.userId ?? ''
      return { token, userId: id, permissions, askedScopes: scopes, profile }
    }
    // A classic token cannot be exchanged, and `/me` does not know it.
    if (token.kind === 'classic') return { connection: connection(classicProfile), withheld: [] }

    const [longLived, me] = await Promise.all([
      orInstagramError(instagram.exchangeForLongLived(token.accessToken)),
      orInstagramError(instagram.profile(token.accessToken)),
    ])
    // Nothing else says whose token it is.
    if (userId === null && me instanceof InstagramError) throw me
    const better = longLived instanceof InstagramError ? { shortLivedReason: longLived.code } : { token: longLived }
    const profile = me instanceof InstagramError ? null : me
    const unusable = unusableReason({ permissions, accountType: profile?.accountType ?? null })
    const withheld = [longLived, me].filter((result) => result instanceof InstagramError)
    if (unusable) withheld.push(new InstagramError(unusable, { endpoint: tokenUrl, received: UNUSABLE[unusable] }))
    return { connection: { ...connection(profile), ...better }, withheld }
  }

  /** Stores the account and completes the attempt, in one transaction. */
  async function store(connection: Connection, stateHash: string): Promise<Account> {
    const began = performance.now()
    for (let tries = 0; ; tries++) {
      try {
        return await accounts.connect(connection, (transaction, { key }) =>
          attempts.complete(transaction, stateHash, key),
        )
      } catch (cause) {
        const pause = STORE_RETRY_PAUSES_MS[tries]
        const isInTime = performance.now() - began < STORE_TIME_LIMIT_MS
        if (pause === undefined || !isInTime || !isAppError(cause, 'database_unavailable')) {
          const message = `Instagram issued a token for the account ${connection.userId}, and it could not be stored`
          throw new AppError('token_not_kept', { message, cause })
        }
        await sleep(pause)
      }
    }
  }
}

/** Why a token cannot be used. */
const UNUSABLE = {
  permission_missing: `a token without ${BASIC_SCOPE}`,
  not_professional: 'a token of a personal account',
}

/** The result, or the error if Instagram refused the call. */
function orInstagramError<Value>(call: Promise<Value>): Promise<Value | InstagramError> {
  return call.catch((error: unknown) => {
    if (error instanceof InstagramError) return error
    throw error
  })
}

import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { type Account, accountTitle } from '../accounts/account.ts'
import { describeDisconnect } from '../accounts/disconnect.ts'
import { REFRESH_MESSAGES } from '../accounts/refresher.ts'
import { importToken } from '../accounts/tokens.ts'
import type { Context } from '../context.ts'
import { AppError, errorLogFields, isAppError, toAppError } from '../errors/errors.ts'
import { isAnswer } from '../login/callback.ts'
import { createReconnectLink, readReconnectLink } from '../login/state.ts'
import { accountView, type TokenView, tokenView } from './accountView.ts'
import type { Reconnect, Views } from './hooks.ts'
import { type Address, fieldOf, parameterOf, queryOf, systemBrowserLink } from './request.ts'
import { requestContext } from './requestContext.ts'
import * as session from './session.ts'
import { redirectTo, renderView, runHook } from './views.ts'

/** The handlers of logins and of the account page. */
export function loginHandlers(context: Context, address: Address) {
  const { accounts, config, instagram, login, metrics, now, refresher } = context
  const { sessionSecrets, showToken, takesTokens } = config

  return {
    /** `GET /`: the account page of a connected browser, else the start page. `?account=`: the ID of one of several accounts. */
    startPage: async (request, response) => {
      const account = await connectedAccount(request)
      if (account) await renderAccount(account, request, response)
      else await renderStart(request, response, { getStarted: beginLogin(request, response), reconnect: null })
    },

    /**
     * `GET /login`: redirects to Instagram at once, for links on other pages. `?return_to=`: where to go after the login, a path of this
     * site or an address of an allowed origin. `?force_reauth=1`: Instagram asks for the password even of people who are logged in there.
     * `?reconnect=`: the last segment of a reconnect link.
     */
    loginRedirect: (request, response) => {
      const query = queryOf(request)
      const returnTo = query.get('return_to') ?? undefined
      const link = query.get('reconnect')
      const accountId = link === null ? undefined : readReconnectLink(link, sessionSecrets, now())
      const forceReauth = accountId !== undefined || query.get('force_reauth') === '1'
      redirectTo(response, beginLogin(request, response, { returnTo, forceReauth, accountId }))
    },

    /** `GET /reconnect/:id`: the start page for one account. The parameter is a signed link; an account's ID alone gets 410. */
    reconnectPage: async (request, response) => {
      const accountId = readReconnectLink(parameterOf(request, 'id'), sessionSecrets, now())
      const account = await accounts.findById(accountId)
      const getStarted = beginLogin(request, response, { forceReauth: true, accountId })
      const reconnect = account ? reconnectView(account) : null
      await renderStart(request, response, { getStarted, reconnect })
    },

    /** `GET /response`: where Instagram sends people back. Without `code` and `error`: the account page. */
    callback: async (request, response) => {
      const query = queryOf(request)
      if (isAnswer(query)) return completeLogin(query, request, response)
      const account = await connectedAccount(request)
      if (!account) throw new AppError('no_answer')
      await renderAccount(account, request, response)
    },

    /** `GET /picture`: the profile picture, from here because the Content Security Policy allows no other origin. */
    picture: async (request, response) => {
      const account = await connectedAccount(request)
      if (!account?.pictureUrl) throw new AppError('not_found')
      const { contentType, bytes } = await instagram.picture(account.pictureUrl).catch((cause: unknown) => {
        throw new AppError('not_found', { detail: 'the picture', cause })
      })
      response.type(contentType).send(bytes)
    },

    /** `POST /refresh`: refreshes the token now. The account page says what happened. */
    refresh: async (request, response) => {
      const named = await namedAccount(fieldOf(request, 'account'), request, response)
      if (!named) return
      const { outcome, account } = await refresher.refresh(named.key)
      if (!account) throw new AppError('account_gone')
      if (outcome === 'too_young') throw new AppError('refresh_too_young')
      await session.setFlash(request, `The token of ${accountTitle(account)} ${REFRESH_MESSAGES[outcome]}`)
      const [current] = session.accountKeys(request)
      redirectTo(response, account.key === current ? '/' : `/?account=${account.id}`)
    },

    /** `POST /import`: connects the account of a token that the person has already. */
    importPastedToken: async (request, response) => {
      const pasted = fieldOf(request, 'access_token') ?? ''
      const account = await importToken(pasted, context)
      await session.signIn(request, account.key)
      await session.setFlash(request, `Token added. ${accountTitle(account)} is connected.`)
      redirectTo(response, '/')
    },

    /** `GET /disconnect?account=`: asks the person to confirm. Without an ID, it is about the account that was connected last. */
    disconnectPage: async (request, response) => {
      const named = queryOf(request).get('account') ?? (await connectedAccount(request))?.id
      const account = await namedAccount(named, request, response)
      if (!account) return
      const { id } = account
      const title = accountTitle(account)
      await renderView(response, 'disconnect', { id, title, query: null, revokes: config.revokeOnDisconnect })
    },

    /** `POST /disconnect`: disconnects the account, and signs the browser out of it. The next page says what happened. */
    disconnect: async (request, response) => {
      const account = await namedAccount(fieldOf(request, 'account'), request, response)
      if (!account) return
      const disconnected = await context.disconnect(account.key)
      // The last account without its name, which would stay in the session.
      const title = session.accountKeys(request).length > 1 ? accountTitle(account) : 'Your account'
      await session.signOut(request, account.key, disconnected && describeDisconnect(disconnected, title))
      redirectTo(response, '/')
    },
  } satisfies Record<string, RequestHandler>

  /**
   * Completes a login: exchanges the code, connects the browser to the account, and responds as the host's `onConnected` hook does, or
   * with a redirect to the login's return address, or with the account page. A late repeat shows the account page of a browser that is still
   * connected. Rejects with the failure of the login.
   */
  async function completeLogin(query: URLSearchParams, request: Request, response: Response): Promise<void> {
    const finished = await finishLogin(query, request)
    const { account, returnTo, isRepeated, attempt } = finished
    session.setFinishedLogin(response, attempt.claimedAt)
    if (attempt.isLate) return renderAccount(account, request, response)
    const { onConnected } = requestContext(request).site.hooks
    if (onConnected) {
      const connected = { account, returnTo, isRepeated }
      const hook = (next: NextFunction) => onConnected(connected, request, response, next)
      const outcome = await runHook(response, 'onConnected', hook)
      if (outcome === 'sent') return
      if (outcome === 'failed') throw new AppError('host_failed')
    }
    if (returnTo === undefined) await renderAccount(account, request, response, finished)
    // A fragment of its own, empty or not: otherwise the browser keeps Instagram's `#_`.
    else redirectTo(response, returnTo.includes('#') ? returnTo : `${returnTo}#`)
  }

  async function finishLogin(callback: URLSearchParams, request: Request) {
    const current = requestContext(request)
    const { log, reference } = current
    try {
      const bindTo = current.site.bindTo?.(request)
      const browserSecret = session.browserSecretOf(request)
      const sessionId = session.newSessionId(request)
      const finished = await login.finishOrRepeat({ callback, browserSecret, bindTo, reference, sessionId })
      for (const err of finished.withheld)
        log.warn({ err, ...errorLogFields(err, config.names) }, 'connected, but with missing data or permissions')
      const { account, isRepeated, attempt } = finished
      current.isRepeatedLogin = isRepeated
      if (!isRepeated || !session.accountKeys(request).includes(account.key)) {
        // A browser that got the response was signed out since.
        if (isRepeated && (attempt.isLate || session.hasFinishedLogin(request, attempt.claimedAt)))
          throw new AppError('state_used')
        await session.signIn(request, account.key, attempt.sessionId)
      }
      if (!isRepeated) metrics.onLogin('connected')
      return finished
    } catch (error) {
      const { code, details } = toAppError(error)
      // A repeated callback fails with the reference of the first one, and was counted then.
      if (details.reference === undefined) metrics.onLogin(code)
      current.isFailedLogin = true
      throw error
    }
  }

  /** Instagram's authorize URL, and the cookie with which only this browser can complete the login. */
  function beginLogin(
    request: Request,
    response: Response,
    options: Parameters<typeof login.beginLogin>[0] = {},
  ): string {
    const bindTo = requestContext(request).site.bindTo?.(request)
    const { url, browserSecret } = login.beginLogin({
      browserSecret: session.browserSecretOf(request),
      bindTo,
      ...options,
    })
    session.setBrowserSecret(response, browserSecret)
    return url
  }

  /** The accounts that this browser is connected to, without those that are gone or were removed on Instagram. */
  async function connectedAccounts(request: Request): Promise<Account[]> {
    const found = await Promise.all(session.accountKeys(request).map((key) => accounts.find(key)))
    return found
      .filter((account) => account !== undefined)
      .filter(({ status }) => status !== 'disconnected_by_instagram')
  }

  /** The account that a page is about: the one that the query names, else the one that was connected last. */
  async function connectedAccount(request: Request): Promise<Account | undefined> {
    const connected = await connectedAccounts(request)
    const id = queryOf(request).get('account')
    return connected.find((account) => account.id === id) ?? connected[0]
  }

  /**
   * The account that a form is about. `undefined`: this browser is not connected to it any more, and is redirected to a page that says so.
   *
   * @throws {AppError} `account_gone`: the browser is connected to no account
   */
  async function namedAccount(
    id: string | null | undefined,
    request: Request,
    response: Response,
  ): Promise<Account | undefined> {
    const connected = await connectedAccounts(request)
    const named = connected.find((account) => account.id === id)
    if (named) return named
    const [current] = connected
    if (!current) throw new AppError('account_gone')
    const title = accountTitle(current)
    await session.setFlash(
      request,
      `Nothing was changed: this browser is no longer connected to that account. It is connected to ${title} now.`,
    )
    redirectTo(response, '/')
    return undefined
  }

  function reconnectView(account: Account): Reconnect {
    const link = createReconnectLink(account.id, sessionSecrets, now())
    return { title: accountTitle(account), url: `${address.base}/login?reconnect=${link}` }
  }

  async function renderStart(
    request: Request,
    response: Response,
    locals: Pick<Views['index'], 'getStarted' | 'reconnect'>,
  ) {
    const systemBrowser = systemBrowserLink(request.get('User-Agent') ?? '', address.url + request.path)
    const notice = await session.takeFlash(request)
    await renderView(response, 'index', { ...locals, showToken, takesTokens, notice, systemBrowser })
  }

  /** @param finished The login that has just connected the account. `accountId`: the account that it was for; `accessToken`: the new token */
  async function renderAccount(
    account: Account,
    request: Request,
    response: Response,
    finished?: { accountId: string | undefined; accessToken?: string },
  ) {
    // By its key: an account whose profile could not be read at first has another ID now.
    const linked = finished?.accountId === undefined ? undefined : await accounts.findById(finished.accountId)
    const connected = session.accountKeys(request).length > 1 ? await connectedAccounts(request) : []
    await renderView(response, 'response', {
      account: accountView(account, await tokenOf(account, request, finished?.accessToken), now()),
      accounts: connected.length > 1 ? connected.map((each) => ({ id: each.id, title: accountTitle(each) })) : [],
      reconnectUrl: reconnectView(account).url,
      intended: linked && linked.key !== account.key ? reconnectView(linked) : null,
      justConnected: finished !== undefined,
      notice: await session.takeFlash(request),
      tokenApi: { url: `${address.url}/api/accounts/${account.id}/token`, isOn: config.apiKeys.length > 0 },
    })
  }

  async function tokenOf(account: Account, request: Request, known?: string): Promise<TokenView> {
    if (!showToken) return 'hidden'
    const { graphUrl, graphVersion } = config.instagram
    try {
      const token = known ?? (await accounts.accessToken(account.key)) ?? ''
      return tokenView(token, account.tokenKind === 'classic' ? null : `${graphUrl}/${graphVersion}`)
    } catch (error) {
      if (!isAppError(error, 'token_unreadable')) throw error
      requestContext(request).log.error({ err: error }, 'a token cannot be decrypted')
      return 'unreadable'
    }
  }
}

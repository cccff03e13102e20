import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import { type Account, accountTitle } from '../accounts/account.ts'
import { describeDisconnect } from '../accounts/disconnect.ts'
import { REFRESH_MESSAGES } from '../accounts/refresher.ts'
import { importToken } from '../accounts/tokens.ts'
import type { Context } from '../context.ts'
import { AppError, errorLogFields, isAppError, toAppError } from '../errors/errors.ts'
import { isAnswer } from '../login/callback.ts'
import type { BeginLogin } from '../login/login.ts'
import { accountView, type TokenView, tokenView } from './accountView.ts'
import type { Views } from './hooks.ts'
import { systemBrowserLink } from './inAppBrowser.ts'
import { type Address, parameterOf, queryOf } from './request.ts'
import { requestContext } from './requestContext.ts'
import * as session from './session.ts'
import { redirectTo, renderView, runHook } from './views.ts'

/** The import form; anything else counts as an empty token. */
const importForm = z.object({ access_token: z.string().catch('') }).catch({ access_token: '' })

/** The handlers of logins and of the account page. */
export function loginHandlers(context: Context, address: Address) {
  const { accounts, config, instagram, login, metrics, now, refresher } = context
  const { showToken, takesTokens } = config

  const handlers = {
    /** `GET /`: the account page of a connected browser, else the start page. */
    startPage: async (request, response) => {
      const account = await connectedAccount(request)
      if (account) await renderAccount(account, request, response)
      else await renderStart(request, response, { getStarted: beginLogin(request, response), reconnect: null })
    },

    /**
     * `GET /login`: redirects to Instagram at once, for links on other pages. `?return_to=`: where to go after the login, a path of this
     * site or an address of an allowed origin. `?force_reauth=1`: Instagram asks for the password even of people who are logged in there.
     */
    loginRedirect: (request, response) => {
      const query = queryOf(request)
      const returnTo = query.get('return_to') ?? undefined
      const forceReauth = query.get('force_reauth') === '1'
      redirectTo(response, beginLogin(request, response, { returnTo, forceReauth }))
    },

    /** `GET /reconnect/:id`: the start page for one account. */
    reconnectPage: async (request, response) => {
      const id = parameterOf(request, 'id')
      const account = await accounts.findById(id)
      const getStarted = beginLogin(request, response, { forceReauth: true })
      const reconnect = account?.id === id ? (account.username ?? id) : null
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
      const connected = await connectedAccount(request)
      if (!connected) throw new AppError('account_gone')
      const { outcome, account } = await refresher.refresh(connected.key)
      if (!account) throw new AppError('account_gone')
      if (outcome === 'too_young' || outcome === 'not_refreshable') throw new AppError('refresh_too_young')
      await session.setFlash(request, `${accountTitle(account)} ${REFRESH_MESSAGES[outcome]}`)
      redirectTo(response, '/')
    },

    /** `POST /import`: connects the account of a token that the person has already. */
    importPastedToken: async (request, response) => {
      const { access_token: pasted } = importForm.parse(request.body)
      const account = await importToken(pasted, { ...context, askedScopes: config.instagram.scopes })
      await session.signIn(request, account.key)
      redirectTo(response, '/')
    },

    /** `POST /disconnect`: disconnects the account, and signs the browser out. The start page says what happened. */
    disconnect: async (request, response) => {
      const { accountKey } = session.sessionData(request)
      const disconnected = accountKey ? await context.disconnect(accountKey) : undefined
      // Without the name, which would stay in the session.
      await session.signOut(request, disconnected && describeDisconnect(disconnected, 'Your account'))
      redirectTo(response, '/')
    },
  } satisfies Record<string, RequestHandler>

  /**
   * Completes a login: exchanges the code, connects the browser to the account, and responds as the host's `onConnected` hook does, or
   * with a redirect to the login's return address, or with the account page. A late repeat shows the account page of a browser that is still
   * connected. Rejects with the failure of the login.
   */
  async function completeLogin(query: URLSearchParams, request: Request, response: Response): Promise<void> {
    const { account, returnTo, isRepeated, attempt } = await finishLogin(query, request)
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
    if (returnTo === undefined) await renderAccount(account, request, response, true)
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
      for (const error of finished.withheld) {
        const line = { err: error, ...errorLogFields(error, config.names) }
        log.warn(line, 'connected, but with missing data or permissions')
      }
      const { account, isRepeated, attempt } = finished
      current.isRepeatedLogin = isRepeated
      if (session.sessionData(request).accountKey !== account.key) {
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
  function beginLogin(request: Request, response: Response, options: Omit<BeginLogin, 'browserSecret'> = {}): string {
    const bindTo = requestContext(request).site.bindTo?.(request)
    const { url, browserSecret } = login.beginLogin({
      browserSecret: session.browserSecretOf(request),
      bindTo,
      ...options,
    })
    session.setBrowserSecret(response, browserSecret)
    return url
  }

  /** The account that this browser is connected to, unless it is gone or was removed on Instagram. */
  async function connectedAccount(request: Request): Promise<Account | undefined> {
    const { accountKey } = session.sessionData(request)
    const account = accountKey ? await accounts.find(accountKey) : undefined
    return account?.status === 'disconnected_by_instagram' ? undefined : account
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

  async function renderAccount(account: Account, request: Request, response: Response, justConnected = false) {
    await renderView(response, 'response', {
      account: accountView(account, await tokenOf(account, request), now()),
      connectAnother: beginLogin(request, response, { forceReauth: true }),
      justConnected,
      notice: await session.takeFlash(request),
      tokenApi: { url: `${address.url}/api/accounts/${account.id}/token`, isOn: config.apiKeys.length > 0 },
    })
  }

  async function tokenOf(account: Account, request: Request): Promise<TokenView> {
    if (!showToken) return 'hidden'
    const { graphUrl, graphVersion } = config.instagram
    try {
      const token = (await accounts.accessToken(account.key)) ?? ''
      return tokenView(token, account.tokenKind === 'classic' ? null : `${graphUrl}/${graphVersion}`)
    } catch (error) {
      if (!isAppError(error, 'token_unreadable')) throw error
      requestContext(request).log.error({ err: error }, 'a token cannot be decrypted')
      return 'unreadable'
    }
  }

  return handlers
}

import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import { type Account, accountTitle } from '../accounts/account.ts'
import { REFRESH_MESSAGES } from '../accounts/refresher.ts'
import { importToken } from '../accounts/tokens.ts'
import type { Context } from '../context.ts'
import { AppError, errorLogFields, isAppError, toAppError } from '../errors/errors.ts'
import { accountView, type TokenView, tokenView } from './accountView.ts'
import { parameterOf, queryOf } from './request.ts'
import { requestContext } from './requestContext.ts'
import { browserSecretOf, sessionData, setBrowserSecret, setFlash, signIn, signOut, takeFlash } from './session.ts'
import { redirectTo, renderView, runHook } from './views.ts'

/** The import form; anything else counts as an empty token. */
const importForm = z.object({ access_token: z.string().catch('') }).catch({ access_token: '' })

/** `GET /`: the account page of a connected browser, else the start page. */
export function startPage(context: Context): RequestHandler {
  return async (request, response) => {
    const account = await connectedAccount(context, request)
    if (account) await renderAccount(context, account, request, response)
    else await renderStart(context, beginLogin(context, request, response), null, response)
  }
}

/**
 * `GET /login`: redirects to Instagram at once, for links on other pages. `?return_to=`: where to go after the login, a path of this site
 * or an address of an allowed origin. `?force_reauth=1`: Instagram asks for the password even of people who are logged in there.
 */
export function loginRedirect(context: Context): RequestHandler {
  return (request, response) => {
    const query = queryOf(request)
    const returnTo = query.get('return_to') ?? undefined
    const forceReauth = query.get('force_reauth') === '1'
    redirectTo(response, beginLogin(context, request, response, { returnTo, forceReauth }))
  }
}

/** `GET /reconnect/:id`: the start page for one account. */
export function reconnectPage(context: Context): RequestHandler {
  return async (request, response) => {
    const id = parameterOf(request, 'id')
    const account = await context.accounts.findById(id)
    const getStarted = beginLogin(context, request, response, { forceReauth: true })
    await renderStart(context, getStarted, account?.id === id ? (account.username ?? id) : null, response)
  }
}

async function renderStart(
  { config }: Context,
  getStarted: string,
  reconnect: string | null,
  response: Response,
): Promise<void> {
  await renderView(response, 'index', { getStarted, reconnect, takesTokens: config.takesTokens })
}

/** `GET /response`: where Instagram sends people back. Without `code` and `error`: the account page. */
export function callback(context: Context): RequestHandler {
  return async (request, response) => {
    const query = queryOf(request)
    if (query.get('code') || query.get('error')) return completeLogin(context, query, request, response)
    const account = await connectedAccount(context, request)
    if (!account) throw new AppError('no_answer')
    await renderAccount(context, account, request, response)
  }
}

/**
 * Completes a login: exchanges the code, connects the browser to the account, and responds as the host's `onConnected` hook does, or with
 * a redirect to the login's return address, or with the account page.
 *
 * @param query The callback's parameters.
 * @throws {AppError} the failure of the login
 */
export async function completeLogin(
  context: Context,
  query: URLSearchParams,
  request: Request,
  response: Response,
): Promise<void> {
  const { account, returnTo, isRepeated } = await finishLogin(context, query, request)
  const { onConnected } = requestContext(request).site.hooks
  if (onConnected) {
    const login = { account, returnTo, isRepeated }
    const hook = (next: NextFunction) => onConnected(login, request, response, next)
    const outcome = await runHook(response, 'onConnected', hook)
    if (outcome === 'sent') return
    if (outcome === 'failed') throw new AppError('host_failed')
  }
  if (returnTo === undefined) await renderAccount(context, account, request, response, { justConnected: true })
  else redirectTo(response, returnTo)
}

async function finishLogin({ login, metrics, config }: Context, callback: URLSearchParams, request: Request) {
  const current = requestContext(request)
  const { log, reference } = current
  try {
    const finished = await login.finishLogin({ callback, browserSecret: browserSecretOf(request), reference })
    for (const error of finished.withheld)
      log.warn(
        { err: error, ...errorLogFields(error, config.names) },
        'connected, but not with everything that was requested',
      )
    await signIn(request, finished.account.key)
    if (!finished.isRepeated) metrics.onLogin('connected')
    return finished
  } catch (error) {
    const { code, details } = toAppError(error)
    // A repeated callback fails with the reference of the first one, and was counted then.
    if (details.reference === undefined) metrics.onLogin(code)
    current.isFailedLogin = true
    throw error
  }
}

/** `GET /picture`: the profile picture, from here because the Content Security Policy allows no other origin. */
export function picture(context: Context): RequestHandler {
  return async (request, response) => {
    const account = await connectedAccount(context, request)
    if (!account?.pictureUrl) throw new AppError('not_found')
    const { contentType, bytes } = await context.instagram.picture(account.pictureUrl).catch((cause: unknown) => {
      throw new AppError('not_found', { detail: 'the picture', cause })
    })
    response.type(contentType).send(bytes)
  }
}

/** `POST /refresh`: refreshes the token now. The account page says what happened. */
export function refresh(context: Context): RequestHandler {
  return async (request, response) => {
    const connected = await connectedAccount(context, request)
    if (!connected) throw new AppError('account_gone')
    const { outcome, account } = await context.refresher.refresh(connected.key)
    if (!account) throw new AppError('account_gone')
    if (outcome === 'too_young' || outcome === 'not_refreshable') throw new AppError('refresh_too_young')
    await setFlash(request, `${accountTitle(account)} ${REFRESH_MESSAGES[outcome]}`)
    redirectTo(response, '/')
  }
}

/** `POST /import`: connects the account of a token that the person has already. */
export function importPastedToken({ instagram, accounts, config, now }: Context): RequestHandler {
  const askedScopes = config.instagram.scopes
  return async (request, response) => {
    const { access_token: pasted } = importForm.parse(request.body)
    const account = await importToken(pasted, { instagram, accounts, askedScopes, now })
    await signIn(request, account.key)
    redirectTo(response, '/')
  }
}

/** `POST /disconnect`: deletes the account and its token, and signs the browser out. */
export function disconnect({ accounts }: Context): RequestHandler {
  return async (request, response) => {
    const { accountKey } = sessionData(request)
    if (accountKey) await accounts.remove(accountKey)
    await signOut(request)
    redirectTo(response, '/')
  }
}

/** Instagram's authorize URL, and the cookie with which only this browser can complete the login. */
function beginLogin(
  { login }: Context,
  request: Request,
  response: Response,
  options: { returnTo?: string | undefined; forceReauth?: boolean } = {},
): string {
  const { url, browserSecret } = login.beginLogin({ browserSecret: browserSecretOf(request), ...options })
  setBrowserSecret(response, browserSecret)
  return url
}

/** The account that this browser is connected to, unless it is gone or was removed on Instagram. */
async function connectedAccount({ accounts }: Context, request: Request): Promise<Account | undefined> {
  const { accountKey } = sessionData(request)
  const account = accountKey ? await accounts.find(accountKey) : undefined
  return account?.status === 'disconnected_by_instagram' ? undefined : account
}

async function renderAccount(
  context: Context,
  account: Account,
  request: Request,
  response: Response,
  { justConnected = false } = {},
): Promise<void> {
  await renderView(response, 'response', {
    account: accountView(account, await tokenOf(context, account, request), context.now()),
    connectAnother: beginLogin(context, request, response, { forceReauth: true }),
    justConnected,
    notice: await takeFlash(request),
  })
}

async function tokenOf({ accounts, config }: Context, account: Account, request: Request): Promise<TokenView> {
  if (!config.showToken) return 'hidden'
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

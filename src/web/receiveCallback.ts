import type { Request } from 'express'
import { failureOf, forLog, Refusal } from '../login/failures.ts'
import type { FinishedLogin } from '../login/logins.ts'
import type { Login } from './accountPage.ts'
import { browserOf } from './browser.ts'
import { signIn } from './session.ts'
import { visitOf } from './visit.ts'

/**
 * Finishes a login, connects the browser to the account, and tells how it ended; not of one that is over already, and only comes
 * once more.
 *
 * @throws {Refusal} or InstagramError
 */
export async function receiveCallback(
  login: Login,
  query: URLSearchParams,
  request: Request,
): Promise<FinishedLogin> {
  try {
    const finished = await finish(login, query, request)
    if (!finished.isRepeated) login.onLogin('connected')
    return finished
  } catch (error) {
    const isRepeated = error instanceof Refusal && error.reference !== undefined
    if (!isRepeated) login.onLogin(failureOf(error))
    visitOf(request).isFailedLogin = true
    throw error
  }
}

async function finish(login: Login, callback: URLSearchParams, request: Request): Promise<FinishedLogin> {
  const { secret: browser } = browserOf(request)
  const { log, reference } = visitOf(request)
  const finished = await login.finishLogin({ callback, browser, reference })
  for (const failure of finished.withheld)
    log.warn({ err: failure, ...forLog(failure) }, 'connected, but not with all that was asked for')
  await signIn(request, finished.account.key)
  return finished
}

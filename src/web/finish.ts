import type { Request, Response } from 'express'
import { Refusal } from '../login/failures.ts'
import { type Login, showAccount } from './accountPage.ts'
import { answered } from './answered.ts'
import { receiveCallback } from './receiveCallback.ts'

/**
 * Finishes a login with what Instagram sent the browser back with, and answers: as the app around us does, or by sending the browser where
 * the login was to return to, or with the account's page.
 *
 * @throws {Refusal} or InstagramError
 */
export async function finish(
  login: Login,
  callback: URLSearchParams,
  request: Request,
  response: Response,
): Promise<void> {
  const { account, returnTo, isRepeated } = await receiveCallback(login, callback, request)
  const { onConnected } = login
  if (onConnected) {
    const welcome = () => onConnected(account, request, response, { returnTo, isRepeated })
    const outcome = await answered(response, 'onConnected', welcome)
    if (outcome === 'answered') return
    if (outcome === 'failed') throw new Refusal('host_failed')
  }
  if (returnTo === undefined) await showAccount(login, account, request, response, { justConnected: true })
  else response.redirect(303, returnTo)
}

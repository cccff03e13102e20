import type { RequestHandler } from 'express'
import { inWords } from '../../accounts/status.ts'
import { tokenJson } from '../../accounts/tokenJson.ts'
import { NoValidTokenError, type TokenLoss, validToken } from '../../accounts/validToken.ts'
import { type Address, reconnectUrl } from '../address.ts'
import type { ApiOptions } from './api.ts'
import { accountCalled } from './accounts.ts'
import { Problem } from './problem.ts'

/** Why there is no valid token, and where that is mended. */
export interface NoToken {
  account_status: Exclude<TokenLoss, 'not_connected'>
  /** ISO 8601. */
  status_since: string
  /** In words. */
  reason: string | null
  /** Where a person connects the account again. */
  reconnect_url: string
}

const KEY_OR_RECONNECT =
  'Put the key that sealed the token back among this site’s token keys, or connect the account again at “reconnect_url”.'

/** Answers with the account's token, as `validToken` gets it. */
export function answerToken(options: ApiOptions): RequestHandler<{ id: string }> {
  const { accounts, now, address } = options
  return async (request, response) => {
    response.vary('Accept')
    const type = request.accepts(['application/json', 'text/plain'])
    if (!type) throw new Problem('not_acceptable')

    const account = await accountCalled(accounts, request.params.id)
    const token = await validToken(account, options).catch((error: unknown) => {
      throw error instanceof NoValidTokenError ? noToken(error, address) : error
    })

    if (type === 'text/plain') response.type(type).send(token.accessToken)
    else response.json(tokenJson(token, now()))
  }
}

function noToken({ loss, account, since, reason, cause }: NoValidTokenError, address: Address): Problem {
  if (loss === 'not_connected' || !account || !since) return new Problem('unknown_account')
  const members: NoToken = {
    account_status: loss,
    status_since: since.toISOString(),
    reason: reason && inWords(reason),
    reconnect_url: reconnectUrl(address, account),
  }
  return new Problem('no_valid_token', {
    members: { ...members },
    ...(loss === 'unreadable' && { detail: KEY_OR_RECONNECT }),
    cause,
  })
}

import { type RequestHandler, Router } from 'express'
import type { Accounts } from '../../accounts/accounts.ts'
import type { Refresher } from '../../accounts/refresher.ts'
import type { Instagram } from '../../instagram/client.ts'
import type { Address } from '../address.ts'
import { addAccount, listAccounts, removeAccount, showAccount } from './accounts.ts'
import { requireKey } from './keys.ts'
import { answerToken } from './token.ts'
import { openApi } from './openapi.ts'
import { answerProblem, Problem } from './problem.ts'

/** What the JSON API works with. */
export interface ApiOptions {
  instagram: Instagram
  accounts: Accounts
  refresher: Refresher
  /** Noted as asked for with a token that was got elsewhere. */
  scopes: readonly string[]
  now: () => Date
  /** Of those who may use it; none: it is not there. */
  keys: readonly string[]
  /** Where people reach us. */
  address: Address
}

/**
 * The JSON API, for programs. It answers every request that reaches it, with a problem (RFC 9457) where there is nothing
 * better. `openapi.ts` describes it.
 */
export function createApi(options: ApiOptions): Router {
  const { keys, address } = options
  const api = Router()

  if (keys.length > 0) {
    api
      .route('/openapi.json')
      .get((_request, response) => {
        response.json(openApi(`${address.url}/api`))
      })
      .all(allowOnly('GET, HEAD'))
    api.use(requireKey(keys))
    api
      .route('/accounts')
      .get(listAccounts(options))
      .post(addAccount(options))
      .all(allowOnly('GET, HEAD, POST'))
    api
      .route('/accounts/:id')
      .get(showAccount(options))
      .delete(removeAccount(options))
      .all(allowOnly('GET, HEAD, DELETE'))
    api.route('/accounts/:id/token').get(answerToken(options)).all(allowOnly('GET, HEAD'))
  }
  api.use(() => {
    const detail = keys.length > 0 ? undefined : 'This site has no API: its setting API_KEYS is empty.'
    throw new Problem('not_found', { ...(detail && { detail }) })
  })
  api.use(answerProblem)
  return api
}

function allowOnly(methods: string): RequestHandler {
  return () => {
    throw new Problem('method_not_allowed', { headers: { Allow: methods } })
  }
}

import { json, type RequestHandler } from 'express'
import { z } from 'zod'
import type { Account } from '../../accounts/account.ts'
import { type AccountJson, accountJson } from '../../accounts/accountJson.ts'
import type { Accounts } from '../../accounts/accounts.ts'
import { importToken } from '../../accounts/importToken.ts'
import type { ApiOptions } from './api.ts'
import { readLeft } from '../body.ts'
import { limited } from '../limits.ts'
import { Problem } from './problem.ts'

/** Accounts on a page of the list. */
export const PAGE_SIZE = { default: 50, most: 100 }

/** One page of the list. */
export interface AccountsJson {
  accounts: AccountJson[]
  /** Path and query of the next page; `null`: there is none. */
  next: string | null
}

/** The account with this id, which may be either of Instagram's two. Throws the problem `unknown_account`. */
export async function accountCalled(accounts: Accounts, id: string): Promise<Account> {
  const account = await accounts.findById(id)
  if (!account) throw new Problem('unknown_account')
  return account
}

/** Answers with one page of the accounts, in the order of their ids. */
export function listAccounts({ accounts, address }: ApiOptions): RequestHandler {
  return async (request, response) => {
    const query = new URLSearchParams(request.url.split('?')[1])
    const limit = only(query, 'limit', /^\d{1,3}$/) ?? PAGE_SIZE.default
    if (+limit < 1 || +limit > PAGE_SIZE.most)
      throw new Problem('bad_request', { detail: `“limit” goes from 1 to ${PAGE_SIZE.most}.` })
    const after = only(query, 'after', /^\d+$/) ?? ''

    const page = await accounts.list({ after, limit: +limit + 1 })
    const listed = page.slice(0, +limit)
    const more = new URLSearchParams({ limit: String(limit), after: listed.at(-1)?.id ?? '' })
    response.json({
      accounts: listed.map(accountJson),
      next: page.length > listed.length ? `${address.base}/api/accounts?${more.toString()}` : null,
    } satisfies AccountsJson)
  }
}

/** Answers with one account. */
export function showAccount({ accounts }: ApiOptions): RequestHandler<{ id: string }> {
  return async (request, response) => {
    response.json(accountJson(await accountCalled(accounts, request.params.id)))
  }
}

/** Forgets an account and its token. */
export function removeAccount({ accounts }: ApiOptions): RequestHandler<{ id: string }> {
  return async (request, response) => {
    const { key } = await accountCalled(accounts, request.params.id)
    await accounts.remove(key)
    response.status(204).end()
  }
}

const parseJson = json({ limit: '16kb', type: 'application/json' })
const imported = z.object({ access_token: z.string() })

/** Takes a token that was got elsewhere; an account that is known already gets it too. */
export function addAccount({ instagram, accounts, scopes, address, now }: ApiOptions): RequestHandler[] {
  return [
    limited('apiImport'),
    (request, _response, next) => {
      if (request.is('application/json') === false) throw new Problem('not_json')
      next()
    },
    parseJson,
    readLeft(parseText),
    async (request, response) => {
      const { data: body } = imported.safeParse(request.body)
      if (!body)
        throw new Problem('bad_request', {
          detail: 'The body must be a JSON object with the token in “access_token”.',
        })
      const account = await importToken(instagram, accounts, scopes, now, body.access_token)
      response.status(201).location(`${address.base}/api/accounts/${account.id}`).json(accountJson(account))
    },
  ]
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Without a cause: it would hold the body, and the token in it.
    throw new Problem('bad_request')
  }
}

/** A parameter that may stand in a query once and must look like this, or not at all. */
function only(query: URLSearchParams, name: string, form: RegExp): string | undefined {
  const [value, ...others] = query.getAll(name)
  if (others.length > 0 || (value !== undefined && !form.test(value)))
    throw new Problem('bad_request', { detail: `“${name}” must be one whole number.` })
  return value
}

import { hash, timingSafeEqual } from 'node:crypto'
import { json, type RequestHandler, Router } from 'express'
import { z } from 'zod'
import { type Account, accountJson } from '../../accounts/account.ts'
import { importToken, tokenJson, validToken } from '../../accounts/tokens.ts'
import type { Context } from '../../context.ts'
import { type Address, parseUnparsedBody, queryOf } from '../request.ts'
import { limitRequests } from '../security.ts'
import openApi from './openapi.json' with { type: 'json' }
import { ApiError, methodNotAllowed, problemHandlers } from './problem.ts'

/** Accounts on a page of the list. */
const DEFAULT_LIMIT = 50
const MAX_LIMIT = 100

const importBody = z.object({ access_token: z.string() })
const parseJson = json({ limit: '16kb', type: 'application/json' })

/**
 * The JSON API under `/api`, as `openapi.json` describes it, and `/metrics` for Prometheus. Errors are problem details (RFC 9457). The
 * standalone app answers all requests under `/api`; in a host's app there are these routes only, and none without API keys.
 *
 * @param program The middleware of all routes for programs; it opens the request's context.
 */
export function createApiRoutes(context: Context, address: Address, program: readonly RequestHandler[]): Router {
  const { config, accounts, metrics, now } = context
  const hasKeys = config.apiKeys.length > 0
  const authorized = [...program, ...(hasKeys ? [requireKey(config.apiKeys)] : [])]
  const router = Router()
  // So that a proxy's rule for /metrics holds: /METRICS and /metrics/ are not there.
  const exact = Router({ caseSensitive: true, strict: true })

  if (hasKeys) {
    const servers = [{ url: `${address.url}/api` }]
    const document: unknown = JSON.parse(
      JSON.stringify({ ...openApi, servers }).replaceAll('"/problems/', `"${address.base}/problems/`),
    )
    router
      .route('/api/openapi.json')
      .all(...program)
      .get((_request, response) => response.json(document))
      .all(methodNotAllowed('GET, HEAD'))

    router
      .route('/api/accounts')
      .all(authorized)
      .get(async (request, response) => {
        const query = queryOf(request)
        const limit = Number(wholeNumber(query, 'limit') ?? DEFAULT_LIMIT)
        if (limit < 1 || limit > MAX_LIMIT)
          throw new ApiError('bad_request', { detail: `“limit” must be from 1 to ${MAX_LIMIT}.` })
        const page = await accounts.page({ after: wholeNumber(query, 'after') ?? '', limit })
        const next = new URLSearchParams({ limit: String(limit), after: page.accounts.at(-1)?.id ?? '' })
        response.json({
          accounts: page.accounts.map(accountJson),
          next: page.more ? `${address.base}/api/accounts?${next.toString()}` : null,
        })
      })
      .post(limitRequests('apiImport'), requireJson, parseJson, parseUnparsedBody(parseText))
      .post(async (request, response) => {
        const { data: body } = importBody.safeParse(request.body)
        if (!body)
          throw new ApiError('bad_request', {
            detail: 'The body must be a JSON object with the token in “access_token”.',
          })
        const account = await importToken(body.access_token, context)
        response.status(201).location(`${address.base}/api/accounts/${account.id}`).json(accountJson(account))
      })
      .all(methodNotAllowed('GET, HEAD, POST'))

    router
      .route('/api/accounts/:id')
      .all(authorized)
      .get(async (request, response) => {
        response.json(accountJson(await findAccount(context, request.params.id)))
      })
      .delete(limitRequests('disconnect'), async (request, response) => {
        const { key } = await findAccount(context, request.params.id)
        await context.disconnect(key)
        response.status(204).end()
      })
      .all(methodNotAllowed('GET, HEAD, DELETE'))

    router
      .route('/api/accounts/:id/token')
      .all(authorized)
      .get(async (request, response) => {
        response.vary('Accept')
        const type = request.accepts(['application/json', 'text/plain'])
        if (!type) throw new ApiError('not_acceptable')
        const account = await findAccount(context, request.params.id)
        const token = await validToken(account, context)
        if (type === 'text/plain') response.type(type).send(token.accessToken)
        else response.json(tokenJson(token, now()))
      })
      .all(methodNotAllowed('GET, HEAD'))

    router.use(exact)
    exact
      .route('/metrics')
      .all(authorized)
      .get(async (_request, response) => {
        response.set('Content-Type', metrics.contentType).send(await metrics.text())
      })
      .all(methodNotAllowed('GET, HEAD'))
  }
  if (config.listening)
    for (const path of ['/api', '/api/{*path}', '/metrics'])
      router.all(path, ...authorized, () => {
        const missing = path === '/metrics' ? 'metrics' : 'API'
        const detail = `This site has no ${missing}: its setting ${config.names.apiKeys} is empty.`
        throw new ApiError('not_found', hasKeys ? {} : { detail })
      })
  router.use(['/api', '/metrics'], problemHandlers(context, address, program))
  return router
}

/**
 * Lets requests pass that bring one of these keys as a bearer token, in the header only: URLs end up in logs. Others get `unauthorized`.
 * Only requests with wrong keys are limited, so that a client behind a shared proxy cannot lock out the others.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6750
 */
function requireKey(keys: readonly string[]): RequestHandler {
  const digests = keys.map((key) => hash('sha256', key, 'buffer'))
  const limit = limitRequests('wrongKey')
  return (request, response, next) => {
    const [, given] = /^Bearer +(.+)$/i.exec(request.get('Authorization') ?? '') ?? []
    // Node decodes header bytes as Latin-1.
    const digest = hash('sha256', Buffer.from(given ?? '', 'latin1'), 'buffer')
    // Every key is compared, so that the time does not depend on which one matches.
    if (digests.map((known) => timingSafeEqual(known, digest)).includes(true)) next()
    else
      void limit(request, response, (tooMany?: unknown) => {
        next(tooMany ?? new ApiError('unauthorized', given === undefined ? MISSING : WRONG))
      })
  }
}

const MISSING = { headers: { 'WWW-Authenticate': 'Bearer' } }
const WRONG = {
  headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
  detail: 'This is not one of this site’s API keys.',
}

/** The account with this id, which may be either of Instagram's two. Throws `unknown_account`. */
async function findAccount({ accounts }: Context, id: string): Promise<Account> {
  const account = await accounts.findById(id)
  if (!account) throw new ApiError('unknown_account')
  return account
}

const requireJson: RequestHandler = (request, _response, next) => {
  if (request.is('application/json') === false) throw new ApiError('not_json')
  next()
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Without a cause, which would hold the body, and the token in it.
    throw new ApiError('bad_request')
  }
}

/** A query parameter that may be given once, as a whole number; `undefined`: not given. */
function wholeNumber(query: URLSearchParams, name: string): string | undefined {
  const [value, ...others] = query.getAll(name)
  if (others.length > 0 || (value !== undefined && !/^\d+$/.test(value)))
    throw new ApiError('bad_request', { detail: `“${name}” must be one whole number.` })
  return value
}

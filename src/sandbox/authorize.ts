import { type Request, type Response, Router } from 'express'
import { BASIC_SCOPE, SCOPES } from '../facts.ts'
import type { FaultyCallback } from './faults/fault.ts'
import { faultByKey, faultGroups, type FaultQueue } from './faults/faults.ts'
import { ACCOUNT_REFUSALS, DENIED } from './faults/login.ts'
import { ERROR_PAGE, formFields, PageError, queryOf } from './http.ts'
import { findUser, isProfessional, USERS } from './testUsers.ts'
import { homeOf, type RegisteredApp, type Tokens } from './tokens.ts'

interface AuthorizationRequest {
  redirectUri: string
  /** Returned unchanged; null when none was sent. */
  state: string | null
  scopes: string[]
  /** The person must log in again, even if they just did. */
  forceReauth: boolean
}

/** The choices that the page shows as made. */
interface Chosen {
  user?: string | undefined
  fault?: string | undefined
}

/** The page on which a person allows the app or cancels, and Instagram's own error page. */
export function authorizeRouter(app: RegisteredApp, tokens: Tokens, faults: FaultQueue): Router {
  const router = Router()
  let lastAllowed = 'business'

  router.get('/oauth/authorize', (request, response) => {
    const authorization = readRequest(request)
    showPage(response, authorization, authorization.forceReauth ? {} : { user: lastAllowed })
  })

  router.post('/oauth/authorize', async (request, response) => {
    const authorization = readRequest(request)
    const form = await formFields(request)
    const valueOf = (name: string) => form.find(([field]) => field === name)?.[1]
    const user = findUser(valueOf('person'))
    const chosen = { user: user?.key, fault: valueOf('failure') }
    const fault = faultByKey(chosen.fault)

    if (valueOf('decision') === 'cancel') {
      response.redirect(302, callbackUrl(authorization, { query: DENIED }))
    } else if (user === undefined || valueOf('decision') !== 'allow') {
      showPage(response.status(400), authorization, chosen, 'Choose an account.')
    } else if (fault === undefined) {
      showPage(response.status(400), authorization, chosen, 'Choose an error from the list.')
    } else {
      if (fault?.at === 'authorize') throw new PageError(fault.message)
      if (!isProfessional(user)) throw new PageError(user.refusal)
      if (fault) faults.add(fault)
      const ticked = form.filter(([field]) => field === 'scope').map(([, scope]) => scope)
      const scopes = authorization.scopes.filter((scope) => scope === BASIC_SCOPE || ticked.includes(scope))
      const code = tokens.issueCode(user, scopes, authorization.redirectUri)
      lastAllowed = user.key
      const callback: FaultyCallback = faults.takeCallbackFault()?.callback ?? { code: true }
      const address = callbackUrl(authorization, callback, code)
      if (callback.elsewhere) response.location(address).render('elsewhere', { address })
      else response.redirect(302, address)
    }
  })

  router.get(ERROR_PAGE, (request, response) => {
    const message = queryOf(request).get('message') ?? ''
    response.render('error', { message, refusesAccount: ACCOUNT_REFUSALS.includes(message), home: homeOf(app) })
  })

  /** @throws PageError for a request that Instagram would refuse, or when a fault waits */
  function readRequest(request: Request): AuthorizationRequest {
    const authorization = readAuthorizationRequest(queryOf(request), app)
    const fault = faults.takePageFault()
    if (fault) throw new PageError(fault.message)
    return authorization
  }

  /** `problem`: what was wrong with the form that was just sent. */
  function showPage(
    response: Response,
    { redirectUri, forceReauth, scopes }: AuthorizationRequest,
    chosen: Chosen,
    problem: string | null = null,
  ): void {
    response.render('authorize', {
      clientId: app.clientId,
      redirectUri,
      forceReauth,
      users: USERS.map(({ key, username, about }) => ({ key, username, about, chosen: key === chosen.user })),
      scopes: scopes.map((name) => ({
        name,
        about: SCOPE_DESCRIPTIONS[name] ?? '',
        required: name === BASIC_SCOPE,
      })),
      faultGroups: faultGroups(chosen.fault),
      problem,
    })
  }

  return router
}

const SCOPE_DESCRIPTIONS: Readonly<Record<string, string>> = {
  [BASIC_SCOPE]: 'Read the profile and its media (required)',
  instagram_business_content_publish: 'Publish posts, reels and stories',
  instagram_business_manage_messages: 'Read and reply to messages',
  instagram_business_manage_comments: 'Read, reply to and hide comments',
  instagram_business_manage_insights: 'Read statistics of the account and its posts',
}

/**
 * Parses the query of the authorize address.
 * @throws PageError for the first parameter that Instagram would refuse
 * @see https://developers.facebook.com/docs/instagram-platform/reference/oauth-authorize
 */
function readAuthorizationRequest(query: URLSearchParams, app: RegisteredApp): AuthorizationRequest {
  if (query.get('client_id') !== app.clientId) throw invalid('Invalid platform app')
  const redirectUri = query.get('redirect_uri') ?? ''
  if (!app.redirectUris.includes(redirectUri)) throw invalid('Invalid redirect_uri')
  // Not recorded; written like the others.
  if (query.get('response_type') !== 'code') throw invalid('Invalid response_type')
  const scopes = [...new Set((query.get('scope') ?? '').split(/[,\s]+/).filter((scope) => scope !== ''))]
  const unknown = scopes.filter((scope) => !SCOPES.includes(scope))
  if (scopes.length === 0 || unknown.length > 0) throw invalid(`Invalid scope field(s): ${unknown.join(', ')}`)
  // The rule is documented, the message is not recorded.
  if (!scopes.includes(BASIC_SCOPE)) throw invalid(`Invalid scope field(s): ${BASIC_SCOPE} is missing`)
  return {
    redirectUri,
    state: query.get('state'),
    scopes,
    forceReauth: query.get('force_reauth') === 'true',
  }
}

function invalid(reason: string): PageError {
  return new PageError(`Invalid Request: Request parameters are invalid: ${reason}`)
}

/** Appends to the text of the registered address, which must not change. */
function callbackUrl(
  { redirectUri, state: sent }: AuthorizationRequest,
  { query, code, state = 'kept' }: FaultyCallback,
  issuedCode = '',
): string {
  const params = new URLSearchParams({ ...query, ...(code && { code: issuedCode }) })
  const returned = { kept: sent, missing: null, other: 'of-another-login' }[state]
  if (returned !== null) params.set('state', returned)
  return `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${params.toString()}#_`
}

import { Router, type Response } from 'express'
import type { RegisteredApp } from './authorizationRequest.ts'
import { type Credentials, type Grant, LONG_LIVED_SECONDS } from './credentials.ts'
import { authenticate, mustBeGet, mustLive, notPermitted } from './graphToken.ts'
import { queryOf } from './received.ts'
import { GraphRefusal } from './refusals.ts'

const DAY_MS = 86_400_000

/** The long-lived exchange and the refresh. Both are GETs without a version in the path. */
export function longLivedRouter(app: RegisteredApp, credentials: Credentials): Router {
  const router = Router()

  router.all('/access_token', (req, res) => {
    mustBeGet(req)
    const query = queryOf(req)
    mustGrant(query, 'ig_exchange_token')
    const token = authenticate(req, credentials)
    // Judged after the token: with a made-up token Instagram says nothing about the secret.
    if (query.get('client_secret') !== app.clientSecret) {
      throw new GraphRefusal('Error validating client secret.', 100)
    }
    mustLive(token, credentials.now())
    if (token.longLived) throw sessionKeyInvalid()
    answerLongLived(res, token.grant)
  })

  router.all('/refresh_access_token', (req, res) => {
    mustBeGet(req)
    mustGrant(queryOf(req), 'ig_refresh_token')
    const token = authenticate(req, credentials)
    mustLive(token, credentials.now())
    if (!token.longLived) throw sessionKeyInvalid()
    // The rule is documented, the body of this refusal is not confirmed.
    if (credentials.now().getTime() - token.issuedAt.getTime() < DAY_MS) {
      throw notPermitted()
    }
    answerLongLived(res, token.grant)
  })

  /** Every token here may be refreshed as far as scopes go: `instagram_business_basic` cannot be unticked. */
  function answerLongLived(res: Response, grant: Grant): void {
    const access_token = credentials.issueLongLivedToken(grant)
    res.json({ access_token, token_type: 'bearer', expires_in: LONG_LIVED_SECONDS })
  }

  return router
}

/** The words for a wrong `grant_type` are not recorded. */
function mustGrant(query: URLSearchParams, grantType: string): void {
  if (query.get('grant_type') === grantType) return
  throw new GraphRefusal(`Invalid parameter: grant_type must be ${grantType}`, 100)
}

/** Recorded for a token that is long-lived already; for a refresh of a short-lived one it is a guess. */
function sessionKeyInvalid(): GraphRefusal {
  return new GraphRefusal(
    'Session key invalid. This could be because the session key has an incorrect format, ' +
      'or because the user has revoked this session',
    452,
  )
}

import { randomBytes } from 'node:crypto'
import { Router } from 'express'
import { ExchangeError, formFields } from './http.ts'
import { pictureUrl } from './media.ts'
import type { Professional } from './testUsers.ts'
import type { Grant, RegisteredApp, Tokens } from './tokens.ts'

/** The form of the response to a successful code exchange. */
export interface Dialect {
  /** `flat` is what Instagram really sends; `data` (`{"data": [{…}]}`) what Meta's page documents. */
  envelope: 'flat' | 'data'
  /** A list, or one string with commas. */
  permissions: 'array' | 'string'
  /** A bare number above 2^53, or a string. */
  userId: 'number' | 'string'
  /** `classic` is the response of the first Instagram API, with a `user` object; the other choices do not apply to it. */
  generation: 'current' | 'classic'
}

/** What Instagram really sends. */
export const CURRENT_DIALECT: Dialect = {
  envelope: 'flat',
  permissions: 'array',
  userId: 'number',
  generation: 'current',
}

const VERIFICATION_FAILED =
  'Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request'

/** Instagram's codes have about 240 characters; shorter ones than this are malformed. */
const SHORTEST_CODE = 40

/** The code exchange: takes a form, returns a token for an hour, once for each code. */
export function exchangeRouter(origin: string, app: RegisteredApp, tokens: Tokens, dialect: () => Dialect): Router {
  const router = Router()

  router.all('/oauth/access_token', async (request, response) => {
    // Instagram treats a request with cookies as a browser's, and sends a page.
    if (request.headers.cookie !== undefined) {
      response.status(403).render('forbidden')
      return
    }
    // The response to a GET is not recorded for this endpoint; the message is that of the Graph API.
    if (request.method !== 'POST')
      throw new ExchangeError(`Unsupported request - method type: ${request.method.toLowerCase()}`)
    const grant = redeem(new Map(await formFields(request)), app, tokens)
    const written = dialect()
    response
      .type('json')
      .send(
        written.generation === 'classic'
          ? classicResponse(grant.user, pictureUrl(origin, grant.user))
          : currentResponse(tokens.issueShortLivedToken(grant), grant, written),
      )
  })

  return router
}

/** Checks in Instagram's order: a malformed code is refused whatever the secret. Only success uses a code up. */
function redeem(fields: ReadonlyMap<string, string>, app: RegisteredApp, tokens: Tokens): Grant {
  const clientId = required(fields, 'client_id')
  const clientSecret = required(fields, 'client_secret')
  const grantType = required(fields, 'grant_type')
  const redirectUri = required(fields, 'redirect_uri')
  const code = required(fields, 'code')

  if (clientId !== app.clientId) throw new ExchangeError('Invalid platform app')
  // Not recorded.
  if (grantType !== 'authorization_code') throw new ExchangeError('Invalid grant_type')
  if (!code.startsWith('AQ') || code.length < SHORTEST_CODE) throw new ExchangeError('Invalid authorization code')
  if (clientSecret !== app.clientSecret) throw new ExchangeError(VERIFICATION_FAILED)
  const issued = tokens.findCode(code)
  if (!issued) throw new ExchangeError('Matching code was not found or was already used')
  if (redirectUri !== issued.redirectUri) throw new ExchangeError(VERIFICATION_FAILED)
  if (issued.used) throw new ExchangeError('This authorization code has been used')
  if (tokens.now() >= issued.expiresAt) throw new ExchangeError('This authorization code has expired')
  issued.used = true
  return issued.grant
}

function required(fields: ReadonlyMap<string, string>, name: string): string {
  const value = fields.get(name)
  if (!value) throw new ExchangeError(`Missing required field ${name}`)
  return value
}

/** No `token_type`, no `expires_in`. Built as text, because a bare id is a number that JavaScript cannot hold. */
function currentResponse(token: string, { user, scopes }: Grant, dialect: Dialect): string {
  const { id } = user.profile
  const userId = dialect.userId === 'number' ? id : JSON.stringify(id)
  const permissions = JSON.stringify(dialect.permissions === 'array' ? scopes : scopes.join(','))
  const flat = `{"access_token": ${JSON.stringify(token)}, "user_id": ${userId}, "permissions": ${permissions}}`
  return dialect.envelope === 'flat' ? flat : `{"data": [${flat}]}`
}

/** The response of the first Instagram API. Its token never expires. */
function classicResponse({ username, name, profile }: Professional, picture: string): string {
  const { classicId, biography, website } = profile
  return JSON.stringify({
    access_token: `${classicId}.c59cb53.${randomBytes(16).toString('hex')}`,
    user: {
      username,
      bio: biography,
      website,
      profile_picture: picture,
      full_name: name,
      id: classicId,
    },
  })
}

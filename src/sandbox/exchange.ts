import { Router } from 'express'
import type { RegisteredApp } from './authorizationRequest.ts'
import type { Credentials, Grant } from './credentials.ts'
import { classicAnswer, currentAnswer, type Dialect } from './exchangeAnswer.ts'
import { pictureUrl } from './picture.ts'
import { show } from './pages.ts'
import { formFields } from './received.ts'
import { ExchangeRefusal } from './refusals.ts'

interface ExchangeWorld {
  origin: string
  app: RegisteredApp
  credentials: Credentials
  /** How to spell the answer to this call. */
  dialect: () => Dialect
}

const VERIFICATION_FAILED =
  'Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request'

/** A code as Instagram makes them is some 240 characters; shorter than this it is taken for none at all. */
const SHORTEST_CODE = 40

/** The code exchange: a form in, a token for an hour out, once for each code. */
export function exchangeRouter({ origin, app, credentials, dialect }: ExchangeWorld): Router {
  const router = Router()

  router.all('/oauth/access_token', async (req, res) => {
    // Instagram takes a request with cookies for a browser, and answers with a page.
    if (req.headers.cookie !== undefined) {
      show(res.status(403), 'forbidden', {})
      return
    }
    if (req.method !== 'POST') throw unsupportedMethod(req.method)
    const grant = redeem(new Map(await formFields(req)), app, credentials)

    const { person, scopes } = grant
    const spoken = dialect()
    res
      .type('json')
      .send(
        spoken.generation === 'classic'
          ? classicAnswer(person, pictureUrl(origin, person))
          : currentAnswer(credentials.issueShortLivedToken(grant), person, scopes, spoken),
      )
  })

  return router
}

/** What a GET gets is not recorded for this endpoint; the words are those of the Graph API. */
function unsupportedMethod(method: string): ExchangeRefusal {
  return new ExchangeRefusal(`Unsupported request - method type: ${method.toLowerCase()}`)
}

/** Judges in Instagram's order: a malformed code is refused whatever the secret. Only success uses a code up. */
function redeem(fields: ReadonlyMap<string, string>, app: RegisteredApp, credentials: Credentials): Grant {
  const clientId = required(fields, 'client_id')
  const clientSecret = required(fields, 'client_secret')
  const grantType = required(fields, 'grant_type')
  const redirectUri = required(fields, 'redirect_uri')
  const code = required(fields, 'code')

  if (clientId !== app.clientId) throw new ExchangeRefusal('Invalid platform app')
  // Not recorded: every project sends the right one.
  if (grantType !== 'authorization_code') throw new ExchangeRefusal('Invalid grant_type')
  if (!code.startsWith('AQ') || code.length < SHORTEST_CODE) {
    throw new ExchangeRefusal('Invalid authorization code')
  }
  if (clientSecret !== app.clientSecret) throw new ExchangeRefusal(VERIFICATION_FAILED)
  const issued = credentials.findCode(code)
  if (!issued) throw new ExchangeRefusal('Matching code was not found or was already used')
  if (redirectUri !== issued.redirectUri) throw new ExchangeRefusal(VERIFICATION_FAILED)
  if (issued.used) throw new ExchangeRefusal('This authorization code has been used')
  if (credentials.now() >= issued.expiresAt) {
    throw new ExchangeRefusal('This authorization code has expired')
  }
  issued.used = true
  return issued.grant
}

function required(fields: ReadonlyMap<string, string>, name: string): string {
  const value = fields.get(name)
  if (!value) throw new ExchangeRefusal(`Missing required field ${name}`)
  return value
}

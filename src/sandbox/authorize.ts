import { Router } from 'express'
import {
  type AuthorizationRequest,
  BASIC_SCOPE,
  readAuthorizationRequest,
  type RegisteredApp,
  SCOPES,
} from './authorizationRequest.ts'
import type { Credentials } from './credentials.ts'
import { type AuthorizePage, show } from './pages.ts'
import { isProfessional, PEOPLE, type Person, type Professional } from './people.ts'
import { formFields, queryOf } from './received.ts'
import { ERROR_PAGE, PageRefusal } from './refusals.ts'

/** The page on which a person allows the app, or does not; and the page of those who are turned away. */
export function authorizeRouter(app: RegisteredApp, credentials: Credentials): Router {
  const router = Router()
  let lastAllowed = 'business'

  router.get('/oauth/authorize', (req, res) => {
    const request = readAuthorizationRequest(queryOf(req), app)
    show(res, 'authorize', pageFor(request, request.forceReauth ? undefined : lastAllowed))
  })

  router.post('/oauth/authorize', async (req, res) => {
    const request = readAuthorizationRequest(queryOf(req), app)
    const form = await formFields(req)
    const valueOf = (name: string) => form.find(([field]) => field === name)?.[1]
    const person = PEOPLE.find(({ key }) => key === valueOf('person'))

    if (valueOf('decision') === 'cancel') {
      res.redirect(302, callback(request, DENIED))
    } else if (person === undefined || valueOf('decision') !== 'allow') {
      show(res.status(400), 'authorize', pageFor(request, person?.key, 'Choose who you are.'))
    } else {
      const ticked = form.filter(([field]) => field === 'scope').map(([, scope]) => scope)
      const scopes = request.scopes.filter((scope) => scope === BASIC_SCOPE || ticked.includes(scope))
      const code = credentials.issueCode(admit(person), scopes, request.redirectUri)
      lastAllowed = person.key
      res.redirect(302, callback(request, { code }))
    }
  })

  router.get(ERROR_PAGE, (req, res) => {
    show(res, 'error', { message: queryOf(req).get('message') ?? '' })
  })

  function pageFor(request: AuthorizationRequest, chosen?: string, problem?: string): AuthorizePage {
    return {
      clientId: app.clientId,
      redirectUri: request.redirectUri,
      forceReauth: request.forceReauth,
      people: PEOPLE.map(({ key, username, about }) => ({ key, username, about, chosen: key === chosen })),
      scopes: request.scopes.map((name) => ({
        name,
        about: SCOPES[name] ?? '',
        required: name === BASIC_SCOPE,
      })),
      problem: problem ?? null,
    }
  }

  return router
}

const DENIED = {
  error: 'access_denied',
  error_reason: 'user_denied',
  error_description: 'The user denied your request',
}

/** @throws PageRefusal for those whom Instagram turns away */
function admit(person: Person): Professional {
  if (!isProfessional(person)) throw new PageRefusal(person.refusal)
  return person
}

/** Put together as text, so that the registered address stays as it was registered. */
function callback({ redirectUri, state }: AuthorizationRequest, answer: Record<string, string>): string {
  const params = new URLSearchParams(answer)
  if (state !== null) params.set('state', state)
  return `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${params.toString()}#_`
}

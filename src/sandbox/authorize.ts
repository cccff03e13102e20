import { type Request, Router } from 'express'
import {
  type AuthorizationRequest,
  BASIC_SCOPE,
  readAuthorizationRequest,
  type RegisteredApp,
  SCOPES,
} from './authorizationRequest.ts'
import type { Credentials } from './credentials.ts'
import type { Detour } from './mishaps/mishap.ts'
import { DENIED } from './mishaps/onCallback.ts'
import { failureGroups, readFailure } from './mishaps/panel.ts'
import { type AuthorizePage, show } from './pages.ts'
import { isProfessional, PEOPLE, type Person, type Professional } from './people.ts'
import { formFields, queryOf } from './received.ts'
import { ERROR_PAGE, PageRefusal } from './refusals.ts'
import type { WaitingMishaps } from './waitingMishaps.ts'

interface AuthorizeWorld {
  app: RegisteredApp
  credentials: Credentials
  mishaps: WaitingMishaps
}

/** What is chosen on the page already. */
interface Chosen {
  person?: string | undefined
  /** By its key on the panel. */
  failure?: string | undefined
}

/** The page on which a person allows the app, or does not; and the page of those who are turned away. */
export function authorizeRouter({ app, credentials, mishaps }: AuthorizeWorld): Router {
  const router = Router()
  let lastAllowed = 'business'

  router.get('/oauth/authorize', (req, res) => {
    const request = admitRequest(req)
    show(res, 'authorize', pageFor(request, request.forceReauth ? {} : { person: lastAllowed }))
  })

  router.post('/oauth/authorize', async (req, res) => {
    const request = admitRequest(req)
    const form = await formFields(req)
    const valueOf = (name: string) => form.find(([field]) => field === name)?.[1]
    const person = PEOPLE.find(({ key }) => key === valueOf('person'))
    const failure = valueOf('failure')
    const mishap = readFailure(failure)

    const showAgain = (problem: string) => {
      show(res.status(400), 'authorize', pageFor(request, { person: person?.key, failure }, problem))
    }

    if (valueOf('decision') === 'cancel') {
      res.redirect(302, callback(request, { query: DENIED }))
    } else if (person === undefined || valueOf('decision') !== 'allow') {
      showAgain('Choose who you are.')
    } else if (mishap === undefined) {
      showAgain('Choose a failure that is on the list.')
    } else {
      if (mishap?.at === 'authorize') throw new PageRefusal(mishap.message)
      const professional = admit(person)
      if (mishap) mishaps.add(mishap)
      const ticked = form.filter(([field]) => field === 'scope').map(([, scope]) => scope)
      const scopes = request.scopes.filter((scope) => scope === BASIC_SCOPE || ticked.includes(scope))
      const code = credentials.issueCode(professional, scopes, request.redirectUri)
      lastAllowed = person.key
      res.redirect(302, callback(request, mishaps.takeDetour()?.detour ?? { code: true }, code))
    }
  })

  router.get(ERROR_PAGE, (req, res) => {
    show(res, 'error', { message: queryOf(req).get('message') ?? '' })
  })

  /** @throws PageRefusal for what Instagram would not accept, or was told not to */
  function admitRequest(req: Request): AuthorizationRequest {
    const request = readAuthorizationRequest(queryOf(req), app)
    const refusal = mishaps.takeRefusal()
    if (refusal) throw new PageRefusal(refusal.message)
    return request
  }

  function pageFor(request: AuthorizationRequest, chosen: Chosen, problem?: string): AuthorizePage {
    return {
      clientId: app.clientId,
      redirectUri: request.redirectUri,
      forceReauth: request.forceReauth,
      people: PEOPLE.map(({ key, username, about }) => ({
        key,
        username,
        about,
        chosen: key === chosen.person,
      })),
      scopes: request.scopes.map((name) => ({
        name,
        about: SCOPES[name] ?? '',
        required: name === BASIC_SCOPE,
      })),
      failures: failureGroups(chosen.failure),
      problem: problem ?? null,
    }
  }

  return router
}

/** @throws PageRefusal for those whom Instagram turns away */
function admit(person: Person): Professional {
  if (!isProfessional(person)) throw new PageRefusal(person.refusal)
  return person
}

/** Put together as text, so that the registered address stays as it was registered. */
function callback(
  request: AuthorizationRequest,
  { query, code, state = 'kept' }: Detour,
  issued = '',
): string {
  const params = new URLSearchParams({ ...query, ...(code && { code: issued }) })
  const states = { kept: request.state, missing: null, other: 'of-another-login' }
  const sent = states[state]
  if (sent !== null) params.set('state', sent)
  const { redirectUri } = request
  return `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${params.toString()}#_`
}

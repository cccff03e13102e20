import { APP, longLivedToken, loginOf, PATHS, shortLivedToken } from './tokens.ts'

/** What is counted: the four calls, and those that were refused. */
export type Counted = 'exchange' | 'longLived' | 'profile' | 'refresh' | 'refused'

/** An answer as Instagram words it. */
export interface StubAnswer {
  counted: Counted
  status: number
  body: string
}

const DAYS_60 = 60 * 24 * 60 * 60

// Ids past 2^53, odd and even, as Instagram has them: bare numbers in the answer to a code, strings in `/me`.
const appScopedId = (login: string) => String(27640875392278831n + BigInt(login))
const professionalId = (login: string) => String(17841403815449847n + BigInt(login))

/** The answer to a code. Everything in the form must be right. */
export function exchange(form: URLSearchParams): StubAnswer {
  const login = loginOf(form.get('code') ?? '')
  const genuine =
    form.get('client_id') === APP.clientId &&
    form.get('client_secret') === APP.clientSecret &&
    form.get('grant_type') === 'authorization_code' &&
    URL.canParse(form.get('redirect_uri') ?? '')
  if (login === undefined || !genuine) return refused('Error validating verification code.')
  return answer(
    'exchange',
    `{"access_token":"${shortLivedToken(Number(login))}","user_id":${appScopedId(login)},"permissions":["${APP.scope}"]}`,
  )
}

/** The answer to a GET of graph.instagram.com. `bearer`: a token that came in the header. */
export function graph(path: string, query: URLSearchParams, bearer: string | undefined): StubAnswer {
  const login = loginOf(query.get('access_token') ?? bearer ?? '')
  if (login === undefined) return refused('Cannot parse access token')
  if (path === '/access_token' && query.get('client_secret') === APP.clientSecret) return token('longLived', login)
  if (path === '/refresh_access_token') return token('refresh', login)
  if (path === `/${PATHS.graphVersion}/me`) return answer('profile', JSON.stringify(profile(login)))
  return refused('Unsupported request - method type: get')
}

function token(counted: Counted, login: string): StubAnswer {
  const access_token = longLivedToken(Number(login))
  return answer(counted, JSON.stringify({ access_token, token_type: 'bearer', expires_in: DAYS_60 }))
}

function profile(login: string) {
  return {
    id: appScopedId(login),
    user_id: professionalId(login),
    username: `person.${login}`,
    name: `Person Number ${login}`,
    account_type: 'BUSINESS',
    profile_picture_url: `https://scontent.cdninstagram.com/v/t51.2885-19/${login}_n.jpg?stp=dst-jpg_s206x206`,
  }
}

function answer(counted: Counted, body: string): StubAnswer {
  return { counted, status: 200, body }
}

function refused(error_message: string): StubAnswer {
  const body = JSON.stringify({ error_type: 'OAuthException', code: 400, error_message })
  return { counted: 'refused', status: 400, body }
}

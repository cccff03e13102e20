import { APP, PATHS } from '../stub/tokens.ts'

const { PORT = '', UPSTREAM = '' } = process.env

/** What the bench tells the server that it starts. */
export const settings = {
  ...APP,
  port: Number(PORT),
  origin: `http://127.0.0.1:${PORT}`,
  authorizeUrl: `${UPSTREAM}${PATHS.authorize}`,
  tokenUrl: `${UPSTREAM}${PATHS.token}`,
  longLivedUrl: `${UPSTREAM}/access_token`,
  meUrl: `${UPSTREAM}/${PATHS.graphVersion}/me`,
  fields: 'id,user_id,username,name,account_type,profile_picture_url',
  cookieSecret: 'a-secret-for-the-cookies-of-the-bench',
  tokenKey: 'a-key-for-the-tokens-of-the-bench',
}

/** Where Get Started leads. `redirectUri`: where Instagram sends the browser back. */
export function authorizeUrl(state: string, redirectUri: string): string {
  const url = new URL(settings.authorizeUrl)
  url.searchParams.set('client_id', settings.clientId)
  url.searchParams.set('redirect_uri', redirectUri)
  url.searchParams.set('response_type', 'code')
  url.searchParams.set('scope', settings.scope)
  url.searchParams.set('state', state)
  return url.href
}

/** The form that exchanges a code. */
export function exchangeForm(code: string, redirectUri: string): URLSearchParams {
  return new URLSearchParams({
    client_id: settings.clientId,
    client_secret: settings.clientSecret,
    grant_type: 'authorization_code',
    redirect_uri: redirectUri,
    code,
  })
}

/** Where the profile of a token's owner is. */
export function profileUrl(accessToken: string): string {
  return `${settings.meUrl}?fields=${settings.fields}&access_token=${accessToken}`
}

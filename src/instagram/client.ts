import { Agent } from 'undici'
import { read } from './answer.ts'
import { ANSWER_SIZE_LIMIT, call } from './call.ts'
import { codeAnswer, type Grant } from './grant.ts'
import { fetchPicture, type Picture } from './picture.ts'
import { type Profile, PROFILE_FIELDS, profileAnswer } from './profile.ts'
import { longLivedAnswer, type Token } from './token.ts'
import type { Usage } from './usage.ts'

/** The Instagram app (not the Facebook app) that we are, and where Instagram lives. */
export interface InstagramSettings {
  clientId: string
  clientSecret: string
  /** Exactly as registered: Instagram compares it letter by letter. */
  redirectUri: string
  scopes: readonly string[]
  authorizeUrl: string
  tokenUrl: string
  /** Without a version and a slash at the end. */
  graphUrl: string
  /** Goes into the path of `/me`; the token endpoints have none. Such as `v26.0`. */
  graphVersion: string
}

/**
 * Instagram's side of the login. Every method that calls it throws an `InstagramError` for whatever is no success.
 * https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login
 */
export interface Instagram {
  /** Where a person goes to authorize. `forceReauth`: to log in again, as another account maybe, even with a session there. */
  authorizeUrl(state: string, options?: { forceReauth?: boolean }): string
  /** Exchanges a code, which works once and for an hour. Never tried twice: the second try would burn a token of the first. */
  exchangeCode(code: string): Promise<Grant>
  /** Exchanges a short-lived token (an hour) for a long-lived one (60 days). */
  exchangeForLongLived(accessToken: string): Promise<Token>
  /** A long-lived token for 60 days more. The old one must be at least 24 hours old, and not expired. */
  refresh(accessToken: string): Promise<Refreshed>
  /** Whose token it is. */
  profile(accessToken: string): Promise<Profile>
  picture(address: string): Promise<Picture>
  /** Ends the connections once their calls are answered. */
  close(): Promise<void>
}

/** A refreshed token, the same string or another, and how near we are to Instagram's limits. */
export interface Refreshed {
  token: Token
  usage: Usage
}

/** A client with keep-alive connections of its own. `now`: the clock from which expiries count. */
export function createInstagram(settings: InstagramSettings, now: () => Date): Instagram {
  const { clientId, clientSecret, redirectUri, graphUrl } = settings
  const agent = new Agent({ maxResponseSize: ANSWER_SIZE_LIMIT })
  const authorize = new URL(settings.authorizeUrl)
  authorize.searchParams.set('client_id', clientId)
  authorize.searchParams.set('redirect_uri', redirectUri)
  authorize.searchParams.set('response_type', 'code')
  authorize.searchParams.set('scope', settings.scopes.join(','))

  return {
    authorizeUrl: (state, { forceReauth = false } = {}) =>
      `${authorize.href}&state=${encodeURIComponent(state)}${forceReauth ? '&force_reauth=true' : ''}`,

    async exchangeCode(code) {
      const askedAt = now()
      const form = new URLSearchParams({
        client_id: clientId,
        client_secret: clientSecret,
        grant_type: 'authorization_code',
        redirect_uri: redirectUri,
        code,
      })
      return read(await call(agent, { url: new URL(settings.tokenUrl), form }), codeAnswer)(askedAt)
    },

    async exchangeForLongLived(accessToken) {
      const askedAt = now()
      const url = new URL(`${graphUrl}/access_token`)
      url.searchParams.set('grant_type', 'ig_exchange_token')
      url.searchParams.set('client_secret', clientSecret)
      url.searchParams.set('access_token', accessToken)
      return read(await call(agent, { url }), longLivedAnswer)(askedAt)
    },

    async refresh(accessToken) {
      const askedAt = now()
      const url = new URL(`${graphUrl}/refresh_access_token`)
      url.searchParams.set('grant_type', 'ig_refresh_token')
      url.searchParams.set('access_token', accessToken)
      const answer = await call(agent, { url })
      return { token: read(answer, longLivedAnswer)(askedAt), usage: answer.usage }
    },

    async profile(accessToken) {
      const url = new URL(`${graphUrl}/${settings.graphVersion}/me`)
      url.searchParams.set('fields', PROFILE_FIELDS.join(','))
      url.searchParams.set('access_token', accessToken)
      return read(await call(agent, { url }), profileAnswer)
    },

    picture: (address) => fetchPicture(agent, address, graphUrl),
    close: () => agent.close(),
  }
}

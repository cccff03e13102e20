import type { InstagramSettings } from '../config.ts'
import { InstagramError, type Usage } from '../errors/errors.ts'
import { createHttp, type HttpOptions } from './http.ts'
import {
  type Picture,
  type Profile,
  PROFILE_FIELDS,
  readLongLivedToken,
  readPicture,
  readProfile,
  readSuccess,
  readToken,
  type Token,
  type TokenResponse,
} from './responses.ts'

/** Instagram’s side of the login. */
export type InstagramClient = ReturnType<typeof createInstagramClient>

/** Milliseconds: a person waits for this, and does not need it. */
const REVOKE_TIME_LIMIT_MS = 3_000

const PICTURE_HOST = /(^|\.)(cdninstagram\.com|fbcdn\.net)$/

/**
 * Creates a client. Every method that calls Instagram throws an `InstagramError` unless it succeeds. `now`: the clock from which expiries
 * count.
 *
 * @see https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login
 */
export function createInstagramClient(settings: InstagramSettings, options: HttpOptions) {
  const { clientId, clientSecret, redirectUri, graphUrl } = settings
  const { now } = options
  const http = createHttp(options)

  const graphAddress = (path: string, query: Record<string, string>) =>
    new URL(`${graphUrl}/${path}?${new URLSearchParams(query).toString()}`)

  return {
    /** Where a person goes to authorize. `forceReauth`: to log in again, even with a session at Instagram. */
    authorizeUrl(state: string, { forceReauth = false } = {}): string {
      const url = new URL(settings.authorizeUrl)
      url.searchParams.set('client_id', clientId)
      url.searchParams.set('redirect_uri', redirectUri)
      url.searchParams.set('response_type', 'code')
      url.searchParams.set('scope', settings.scopes.join(','))
      url.searchParams.set('state', state)
      if (forceReauth) url.searchParams.set('force_reauth', 'true')
      return url.href
    },

    /** Exchanges a code, which works once and for an hour. Never retried: a second exchange would revoke the token of the first. */
    exchangeCode(code: string): Promise<TokenResponse> {
      const askedAt = now()
      const form = new URLSearchParams({
        client_id: clientId,
        client_secret: clientSecret,
        grant_type: 'authorization_code',
        redirect_uri: redirectUri,
        code,
      })
      const url = new URL(settings.tokenUrl)
      return http.call({ endpoint: 'token', url, form }, (response) => readToken(response, askedAt))
    },

    /** Exchanges a short-lived token (an hour) for a long-lived one (60 days). */
    exchangeForLongLived(accessToken: string): Promise<Token> {
      const askedAt = now()
      const query = { grant_type: 'ig_exchange_token', client_secret: clientSecret, access_token: accessToken }
      const url = graphAddress('access_token', query)
      return http.call({ endpoint: 'long_lived', url }, (response) => readLongLivedToken(response, askedAt))
    },

    /**
     * Refreshes a long-lived token for 60 more days: the same string or another. The old one must be at least 24 hours old, and not expired.
     * `usage`: how near the app is to Instagram’s limits.
     */
    refresh(accessToken: string): Promise<{ token: Token; usage: Usage }> {
      const askedAt = now()
      const url = graphAddress('refresh_access_token', { grant_type: 'ig_refresh_token', access_token: accessToken })
      return http.call({ endpoint: 'refresh', url }, (response) => ({
        token: readLongLivedToken(response, askedAt),
        usage: response.usage,
      }))
    },

    /** The profile of the token’s account. */
    profile(accessToken: string): Promise<Profile> {
      const query = { fields: PROFILE_FIELDS, access_token: accessToken }
      return http.call({ endpoint: 'me', url: graphAddress(`${settings.graphVersion}/me`, query) }, readProfile)
    },

    /**
     * Revokes the app’s access to the token’s account, within three seconds. Public programs do this at this host; Meta documents it for
     * graph.facebook.com only.
     *
     * @see https://developers.facebook.com/docs/facebook-login/guides/permissions/request-revoke
     */
    revoke(accessToken: string): Promise<void> {
      const url = graphAddress('me/permissions', { access_token: accessToken })
      return http.call({ endpoint: 'revoke', method: 'DELETE', url, timeLimitMs: REVOKE_TIME_LIMIT_MS }, readSuccess)
    },

    /** The picture behind a profile’s `pictureUrl`, which works for some days: by https from Meta’s picture hosts, or from the Graph host. */
    async picture(address: string): Promise<Picture> {
      const url = URL.parse(address)
      const isTrusted =
        url &&
        ((url.protocol === 'https:' && PICTURE_HOST.test(url.hostname)) ||
          (/^https?:$/.test(url.protocol) && url.origin === new URL(graphUrl).origin))
      if (!isTrusted) throw new InstagramError('unreadable', { endpoint: url?.origin ?? 'no address' })
      return http.call({ endpoint: 'picture', url, accept: 'image/*' }, readPicture)
    },

    /** Closes the connections after the calls under way. */
    close: http.close,
  }
}

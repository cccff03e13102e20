import { PageRefusal } from './refusals.ts'

/** The one app that a sandbox knows. */
export interface RegisteredApp {
  clientId: string
  clientSecret: string
  /** Compared character by character, as Instagram does. */
  redirectUris: readonly string[]
  /** Told when a person removes the app; by default nobody is. */
  deauthorizeUrl?: string
  /** Told when a person wants their data deleted; by default nobody is. */
  dataDeletionUrl?: string
  /** What it shows by https (PEM), where nobody else vouches for it. */
  certificate?: string
}

/** What an app asks of a person. */
export interface AuthorizationRequest {
  redirectUri: string
  /** Returned unchanged; null when none was sent. */
  state: string | null
  scopes: string[]
  /** The person must log in again, even if they just were here. */
  forceReauth: boolean
}

/** The scope without which nothing is granted. */
export const BASIC_SCOPE = 'instagram_business_basic'

/** The five scopes of today, and what each lets an app do. */
export const SCOPES: Readonly<Record<string, string>> = {
  [BASIC_SCOPE]: 'See the profile and its media (required)',
  instagram_business_content_publish: 'Publish posts, reels and stories',
  instagram_business_manage_messages: 'Read and answer messages',
  instagram_business_manage_comments: 'Read, answer and hide comments',
  instagram_business_manage_insights: 'See statistics of the account and its posts',
}

/**
 * Reads the query of the authorize address.
 * @throws PageRefusal for the first thing that Instagram would not accept
 * @see https://developers.facebook.com/docs/instagram-platform/reference/oauth-authorize
 */
export function readAuthorizationRequest(query: URLSearchParams, app: RegisteredApp): AuthorizationRequest {
  if (query.get('client_id') !== app.clientId) throw invalid('Invalid platform app')
  const redirectUri = query.get('redirect_uri') ?? ''
  if (!app.redirectUris.includes(redirectUri)) throw invalid('Invalid redirect_uri')
  // Not recorded, but spelled like the rest.
  if (query.get('response_type') !== 'code') throw invalid('Invalid response_type')
  return {
    redirectUri,
    state: query.get('state'),
    scopes: readScopes(query.get('scope') ?? ''),
    forceReauth: query.get('force_reauth') === 'true',
  }
}

function readScopes(text: string): string[] {
  const scopes = [...new Set(text.split(/[,\s]+/).filter((scope) => scope !== ''))]
  const unknown = scopes.filter((scope) => !Object.hasOwn(SCOPES, scope))
  if (scopes.length === 0 || unknown.length > 0)
    throw invalid(`Invalid scope field(s): ${unknown.join(', ')}`)
  // That it must be there is documented; how Instagram says so is not recorded.
  if (!scopes.includes(BASIC_SCOPE)) throw invalid(`Invalid scope field(s): ${BASIC_SCOPE} is missing`)
  return scopes
}

function invalid(reason: string): PageRefusal {
  return new PageRefusal(`Invalid Request: Request parameters are invalid: ${reason}`)
}

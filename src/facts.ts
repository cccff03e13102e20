// Facts about Instagram’s API, as known in November 2026. Where no other source is named, it is Meta’s page on business login:
// https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login

/** Milliseconds of a minute, an hour and a day. */
export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/** Where people authorize. https://api.instagram.com/oauth/authorize, which most guides name, has not worked since August 2026. */
export const AUTHORIZE_URL = 'https://www.instagram.com/oauth/authorize'

/** Where a code is exchanged for a short-lived token. */
export const TOKEN_URL = 'https://api.instagram.com/oauth/access_token'

/** Where the rest of the API is: without a version, and without a slash at the end. */
export const GRAPH_URL = 'https://graph.instagram.com'

/** The version in the path of `/me`. @see https://developers.facebook.com/docs/graph-api/changelog/versions */
export const DEFAULT_GRAPH_VERSION = 'v26.0'

/** The oldest major version that is served: v20.0 ended on 24 September 2026; v21.0 ends on 21 January 2027. Same source. */
export const OLDEST_GRAPH_MAJOR = 21

/** Milliseconds that a code can be exchanged for, once. */
export const CODE_LIFETIME_MS = HOUR_MS

/** Seconds that a short-lived token lives. Instagram’s response does not say it. */
export const SHORT_LIVED_SECONDS = 3600

/** Days that a long-lived token lives. */
export const LONG_LIVED_DAYS = 60

/** Milliseconds of age from which a long-lived token can be refreshed. */
export const REFRESHABLE_AFTER_MS = DAY_MS

/** The scope without which nothing is granted, and no token can be refreshed. */
export const BASIC_SCOPE = 'instagram_business_basic'

/** The scopes of Instagram login. */
export const SCOPES: readonly string[] = [
  BASIC_SCOPE,
  'instagram_business_content_publish',
  'instagram_business_manage_messages',
  'instagram_business_manage_comments',
  'instagram_business_manage_insights',
]

const basicDisplay = 'the Basic Display API, which ended on 4 December 2024'
const legacy = 'the Instagram API of 2010 to 2020'
const renamed = 'July 2024, and was renamed; the old name ended on 27 January 2025'
const facebook = 'Facebook Login, which is another product'

/** Scopes that old guides name and Instagram login does not know: the product `of` each, and the scope that replaces it `today`, if one does. */
export const DEAD_SCOPES: ReadonlyMap<string, { of: string; today: string | null }> = new Map([
  ['business_basic', { of: renamed, today: BASIC_SCOPE }],
  ['business_content_publish', { of: renamed, today: 'instagram_business_content_publish' }],
  ['business_manage_messages', { of: renamed, today: 'instagram_business_manage_messages' }],
  ['business_manage_comments', { of: renamed, today: 'instagram_business_manage_comments' }],
  ['user_profile', { of: basicDisplay, today: BASIC_SCOPE }],
  ['user_media', { of: basicDisplay, today: BASIC_SCOPE }],
  ['basic', { of: legacy, today: BASIC_SCOPE }],
  ['public_content', { of: legacy, today: null }],
  ['likes', { of: legacy, today: null }],
  ['comments', { of: legacy, today: 'instagram_business_manage_comments' }],
  ['relationships', { of: legacy, today: null }],
  ['follower_list', { of: legacy, today: null }],
  ['instagram_basic', { of: facebook, today: BASIC_SCOPE }],
  ['instagram_content_publish', { of: facebook, today: 'instagram_business_content_publish' }],
  ['instagram_manage_messages', { of: facebook, today: 'instagram_business_manage_messages' }],
  ['instagram_manage_comments', { of: facebook, today: 'instagram_business_manage_comments' }],
  ['instagram_manage_insights', { of: facebook, today: 'instagram_business_manage_insights' }],
  ['pages_show_list', { of: facebook, today: null }],
  ['pages_read_engagement', { of: facebook, today: null }],
  ['business_management', { of: facebook, today: null }],
])

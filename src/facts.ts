// What is known of Instagram's API, as dated data. Days are written as ISO 8601, a month where the day is not known. `null`: no end is known.

/** Milliseconds of a minute, an hour and a day. */
export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

const META = 'https://developers.facebook.com'

/** Meta's list of changes to Instagram's API (RSS). */
export const CHANGELOG_FEED = `${META}/documentation/instagram-platform/changelog/rss/`

/** Where the facts come from, and the day on which they were last compared with each page. */
export const SOURCES: Readonly<Record<string, string>> = {
  [`${META}/docs/instagram-platform/instagram-api-with-instagram-login/business-login`]: '2026-11-26',
  [`${META}/docs/instagram-platform/changelog`]: '2026-11-26',
  [`${META}/docs/graph-api/changelog/versions`]: '2026-11-26',
  [`${META}/docs/graph-api/overview/rate-limiting`]: '2026-11-26',
}

/** The oldest day of a check. */
export const CHECKED_DAY = Object.values(SOURCES).toSorted()[0] ?? ''

/** Where people authorize. */
export const AUTHORIZE_URL = 'https://www.instagram.com/oauth/authorize'

/** Where a code is exchanged for a short-lived token. */
export const TOKEN_URL = 'https://api.instagram.com/oauth/access_token'

/** Where the rest of the API is: without a version, and without a slash at the end. */
export const GRAPH_URL = 'https://graph.instagram.com'

/** The former authorize URL, which most guides still name. Many programs, but not Meta, report that it was switched off. */
export const FORMER_AUTHORIZE = { url: 'https://api.instagram.com/oauth/authorize', ended: '2026-08' } as const

/** Versions of the Graph API, the newest first, with the first and the last day of each. Those that are not listed had ended before. */
export const GRAPH_VERSIONS = [
  { version: 'v27.0', first: '2026-11-04', last: null },
  { version: 'v26.0', first: '2026-07-29', last: null },
  { version: 'v25.0', first: '2026-02-18', last: '2028-07-29' },
  { version: 'v24.0', first: '2025-10-08', last: '2028-02-18' },
  { version: 'v23.0', first: '2025-05-29', last: '2027-10-08' },
  { version: 'v22.0', first: '2025-01-21', last: '2027-05-20' },
  { version: 'v21.0', first: '2024-10-02', last: '2027-01-21' },
  { version: 'v20.0', first: '2024-05-21', last: '2026-09-24' },
] as const

/** The version in the path of `/me`: the newest. */
export const DEFAULT_GRAPH_VERSION = GRAPH_VERSIONS[0].version

/** Query parameters that apps made since a version can no longer use, from that version on. */
export const ENDED_PARAMETERS = { since: 'v27.0', names: ['method', 'callback', 'date_format'] } as const

/** The scope that Instagram always requires, also for refreshing tokens. */
export const BASIC_SCOPE = 'instagram_business_basic'

/** The scopes of Instagram login. */
export const SCOPES: readonly string[] = [
  BASIC_SCOPE,
  'instagram_business_content_publish',
  'instagram_business_manage_messages',
  'instagram_business_manage_comments',
  'instagram_business_manage_insights',
]

/** What the scopes of old guides belong to. `ended`: its last day. */
export const PRODUCTS = {
  oldNames: { name: 'Instagram login’s old names', ended: '2025-01-27' },
  basicDisplay: { name: 'the Basic Display API', ended: '2024-12-04' },
  firstApi: { name: 'the first Instagram API', ended: '2020-06-29' },
  facebook: { name: 'Facebook Login', ended: null },
  facebookOrUnified: { name: 'Facebook Login or Unified Login', ended: null },
} as const

type Product = (typeof PRODUCTS)[keyof typeof PRODUCTS]
const { oldNames, basicDisplay, firstApi, facebook, facebookOrUnified } = PRODUCTS

/** Scopes that old guides name and Instagram login does not know: the product `of` each, and the scope that replaces it `today`, if one does. */
export const DEAD_SCOPES: ReadonlyMap<string, { of: Product; today: string | null }> = new Map([
  ['business_basic', { of: oldNames, today: BASIC_SCOPE }],
  ['business_content_publish', { of: oldNames, today: 'instagram_business_content_publish' }],
  ['business_manage_messages', { of: oldNames, today: 'instagram_business_manage_messages' }],
  ['business_manage_comments', { of: oldNames, today: 'instagram_business_manage_comments' }],
  ['user_profile', { of: basicDisplay, today: BASIC_SCOPE }],
  ['user_media', { of: basicDisplay, today: BASIC_SCOPE }],
  ['basic', { of: firstApi, today: BASIC_SCOPE }],
  ['public_content', { of: firstApi, today: null }],
  ['likes', { of: firstApi, today: null }],
  ['comments', { of: firstApi, today: 'instagram_business_manage_comments' }],
  ['relationships', { of: firstApi, today: null }],
  ['follower_list', { of: firstApi, today: null }],
  ['instagram_basic', { of: facebookOrUnified, today: BASIC_SCOPE }],
  ['instagram_content_publish', { of: facebookOrUnified, today: 'instagram_business_content_publish' }],
  ['instagram_manage_messages', { of: facebookOrUnified, today: 'instagram_business_manage_messages' }],
  ['instagram_manage_comments', { of: facebookOrUnified, today: 'instagram_business_manage_comments' }],
  ['instagram_manage_insights', { of: facebookOrUnified, today: 'instagram_business_manage_insights' }],
  ['pages_show_list', { of: facebook, today: null }],
  ['pages_read_engagement', { of: facebook, today: null }],
  ['business_management', { of: facebook, today: null }],
])

/** Milliseconds that a code can be exchanged for, once. */
export const CODE_LIFETIME_MS = HOUR_MS

/** Seconds that a short-lived token lives. Instagram’s response does not say it. */
export const SHORT_LIVED_SECONDS = 3600

/** Days that a long-lived token lives. */
export const LONG_LIVED_DAYS = 60

/** Milliseconds of age from which a long-lived token can be refreshed. */
export const REFRESHABLE_AFTER_MS = DAY_MS

/** How many calls an account has in the last `hours` for each impression of its content. `code`: the error above that. */
export const CALL_LIMIT = { callsPerImpression: 4800, hours: 24, code: 80002 } as const

const MONTHS = 'January February March April May June July August September October November December'.split(' ')

/** A day (`2027-01-21`) in words, such as “21 January 2027”, or a month, such as “August 2026”. */
export function dayInWords(day: string): string {
  const [year = '', month, date] = day.split('-')
  return [date && Number(date), MONTHS[Number(month) - 1], year].filter(Boolean).join(' ')
}

/** Days from today (in UTC) to a day of this file; negative once that is over. */
export function daysUntil(day: string, now: Date): number {
  return Math.round((Date.parse(day) - Date.parse(now.toISOString().slice(0, 10))) / DAY_MS)
}

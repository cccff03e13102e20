/** Without it nothing is granted, and no token can be refreshed. */
export const BASIC_SCOPE = 'instagram_business_basic'

/** The scopes of today. https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login */
export const SCOPES: readonly string[] = [
  BASIC_SCOPE,
  'instagram_business_content_publish',
  'instagram_business_manage_messages',
  'instagram_business_manage_comments',
  'instagram_business_manage_insights',
]

/** A name that a login with Instagram does not take. */
export interface DeadScope {
  /** Whose it was, or is. */
  of: string
  /** Today's scope that does its work; `null`: none does. */
  today: string | null
}

const basicDisplay = 'the Basic Display API, which ended on 4 December 2024'
const legacy = 'the Instagram API of 2010 to 2020'
const renamed = 'July 2024, and was renamed; the old name ended on 27 January 2025'
const facebook = 'Facebook Login, which is another product'

/** Names that old guides still give. */
export const DEAD_SCOPES: ReadonlyMap<string, DeadScope> = new Map([
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

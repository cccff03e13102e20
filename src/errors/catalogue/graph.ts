import { CALL_LIMIT, GRAPH_URL } from '../../facts.ts'
import {
  AGAIN,
  CALL_STAGES,
  CONNECT_AGAIN,
  GRAPH_STAGES,
  instagramError,
  LATER,
  LOGIN_SETUP,
  NEW_TOKEN,
  RESTART,
  TELL_OPERATOR,
} from './entry.ts'

const WAIT = 'Wait: accounts stay connected, and the app retries refreshing by itself.'
const NOT_US = [`Check that this machine can reach Instagram: curl -I ${GRAPH_URL}`, WAIT]

/** Errors of calls with a token, limits, and outages. */
export const graphErrors = {
  // A token that no longer works.
  token_expired: instagramError('token_invalid', GRAPH_STAGES, 422, 'person', {
    title: 'The token has expired',
    description: 'The token has expired: Instagram’s tokens last for 60 days, or for an hour.',
    advice: NEW_TOKEN,
    meaning: 'The token was not refreshed in time, or it was a one-hour token. An expired token cannot be restored.',
    steps: [CONNECT_AGAIN, 'Keep this app running: it refreshes its tokens in time.'],
  }),
  session_invalidated: instagramError('token_invalid', GRAPH_STAGES, 422, 'person', {
    title: 'Instagram revoked the token',
    description: 'Instagram revoked the token because the password was changed, or for security reasons.',
    advice: NEW_TOKEN,
    meaning: 'A changed password, a security reset or removed access revokes all tokens of an account.',
    steps: [CONNECT_AGAIN],
  }),
  app_removed: instagramError('token_invalid', GRAPH_STAGES, 422, 'person', {
    title: 'This site was removed on Instagram',
    description: 'The app was removed on Instagram, under Settings → Apps and websites. Its token no longer works.',
    advice: 'If that was a mistake, connect your account again.',
    meaning: 'The person removed the app, or never authorized it. The token stopped working at that moment.',
    steps: [CONNECT_AGAIN],
  }),
  checkpoint: instagramError('token_invalid', CALL_STAGES, 422, 'person', {
    title: 'Instagram needs to verify your account',
    description: 'Instagram has paused the account until its owner logs in and confirms their identity.',
    advice: 'Log in on instagram.com or in the app and follow the instructions. Then connect your account again.',
    meaning: 'A checkpoint: Instagram waits for the owner to confirm something.',
    steps: [
      'Ask the account’s owner to log in on instagram.com, follow the instructions, and connect the account again.',
    ],
    unconfirmed: 'Documented for the Graph API; not recorded on Instagram’s own host.',
  }),
  user_unconfirmed: instagramError('token_invalid', GRAPH_STAGES, 422, 'person', {
    title: 'This account isn’t confirmed',
    description: 'Instagram says that the account hasn’t been confirmed yet.',
    advice:
      'Log in on instagram.com or in the app and confirm the email address or phone number. Then connect your account again.',
    meaning: 'The owner has not confirmed the account on Instagram.',
    steps: ['Ask the account’s owner to confirm the account on instagram.com and connect it again.'],
    unconfirmed: 'Documented for the Graph API; not recorded on Instagram’s own host.',
  }),
  token_revoked: instagramError('token_invalid', GRAPH_STAGES, 422, 'person', {
    title: 'The token was revoked',
    description: 'Instagram says that the token was revoked, or that its owner logged out.',
    advice: NEW_TOKEN,
    meaning: 'Subcode 467: expired, revoked, or otherwise invalid.',
    steps: [CONNECT_AGAIN],
    unconfirmed: 'Documented for the Graph API; not recorded on Instagram’s own host.',
  }),
  session_role: instagramError('token_invalid', GRAPH_STAGES, 422, 'operator', {
    title: 'The account’s role was removed',
    description: 'Instagram says that the account no longer has a role in this site’s app.',
    advice: 'Ask the site owner to restore your account’s role. Then connect your account again.',
    meaning: 'Subcode 492: the session’s user no longer has the required role.',
    steps: [
      'In Meta’s dashboard check that the account is still listed under App roles → Roles → Instagram Testers.',
      CONNECT_AGAIN,
    ],
    unconfirmed: 'Documented for Facebook Pages; its meaning with Instagram login is not recorded.',
  }),
  token_invalid: instagramError('token_invalid', GRAPH_STAGES, 422, 'person', {
    title: 'Instagram doesn’t accept the token',
    description: 'The token has expired or was revoked. Changing the password or removing a permission revokes it.',
    advice: NEW_TOKEN,
    meaning: 'Code 190 or 102 without a more precise subcode or message: expired, revoked, or never valid.',
    steps: [CONNECT_AGAIN],
  }),

  // A token, or an ID, that is used wrongly.
  token_unparseable: instagramError('token_invalid', GRAPH_STAGES, 422, 'person', {
    title: 'Instagram can’t read this token',
    description: 'This isn’t an Instagram token, part of it is missing, or extra characters were copied with it.',
    advice: 'Copy the token again without quotes or spaces, or connect your account to get a new one.',
    meaning:
      'The token was sent to the wrong host: IGAA… goes to graph.instagram.com, EAA… to graph.facebook.com. Or quotes and spaces of a settings file were sent with it.',
    steps: [`Use a token of ${LOGIN_SETUP} → Generate access tokens, or ask the account’s owner to connect it.`],
  }),
  already_long_lived: instagramError('already_long_lived', ['long_lived'], 502, 'operator', {
    title: 'This token is already long-lived',
    description: 'Instagram refused to exchange this token because it already lasts for 60 days.',
    advice: 'Paste it under “Already have a token?” on the start page. It is renewed automatically there.',
    meaning:
      'Tokens of Generate access tokens in Meta’s dashboard are long-lived from the start: refresh them instead of exchanging them. This app does so with tokens that are added under “Already have a token?”.',
    steps: ['Nothing here. In another program: refresh the token (ig_refresh_token) instead of exchanging it.'],
  }),
  permission_missing: instagramError('not_permitted', GRAPH_STAGES, 403, 'person', {
    title: 'A permission is missing',
    description: 'The permission was not granted, was revoked, or was added to this site later.',
    advice: 'Connect your account again, and leave all permissions switched on in Instagram’s dialog.',
    meaning:
      'A scope was not granted, or was added to {scopes} after the token was created. An existing token never gains scopes.',
    steps: [
      'Check that {scopes} contains the scope for the call. instagram_business_basic is always required.',
      CONNECT_AGAIN,
      'For accounts that are not testers the permission needs App Review (Advanced Access).',
    ],
  }),
  refresh_too_young: instagramError('not_permitted', ['refresh'], 409, 'nobody', {
    title: 'It is too early to renew the token',
    description: 'Instagram requires tokens to be at least 24 hours old, and still valid.',
    advice: 'The account page shows when renewing is possible.',
    meaning:
      'A token can be refreshed when it is 24 hours old; this app waits for that. If Instagram answers “no permission” for a token of less than two days, its age may be the reason, and the app retries.',
    unconfirmed: 'The exact message of this refusal is not known: this app does not ask that early.',
  }),
  ids_rounded: instagramError('refused', GRAPH_STAGES, 502, 'operator', {
    title: 'An ID seems to be rounded',
    description: 'This site asked Instagram for an ID that doesn’t exist and looks rounded.',
    advice: TELL_OPERATOR,
    meaning:
      'Instagram’s IDs have 17 digits and come as bare numbers, which JSON.parse in JavaScript rounds. The ID in the message could be a rounded one; about every third ID looks like that by chance. This app keeps IDs as text.',
    steps: [
      'Compare the ID digit by digit with user_id on the account page.',
      'In your own program keep IDs as text, and read them from /me, quoted, or from this app’s API.',
    ],
  }),
  path_unknown: instagramError('app_misconfigured', GRAPH_STAGES, 502, 'operator', {
    title: 'Instagram doesn’t know this address',
    description: 'This site called an Instagram address that doesn’t exist. This is a mistake in this site’s settings.',
    advice: TELL_OPERATOR,
    meaning:
      'Code 2500: {graphVersion} has expired or never existed, or {graphUrl} has a path that Instagram does not know.',
    steps: [
      'Leave {graphVersion} out, or set it to a version that Meta’s changelog lists.',
      `Set {graphUrl} to ${GRAPH_URL}, or leave it out.`,
      RESTART,
    ],
  }),
  object_missing: instagramError('refused', GRAPH_STAGES, 502, 'operator', {
    title: 'Instagram doesn’t know this ID',
    description: 'This site asked Instagram for something that doesn’t exist, or that it has no access to.',
    advice: TELL_OPERATOR,
    meaning:
      'The ID belongs to another account or another kind of object: for example the app-scoped ID instead of the professional account’s, or the app ID instead of a user’s. Or the token has no access to the object.',
    steps: [
      'In addresses use the user_id of the account page or API (it begins with 1784…), never id.',
      'Use it with the token of the same account.',
    ],
  }),

  // Rate limits and blocks.
  throttled: instagramError('throttled', CALL_STAGES, 503, 'nobody', {
    title: 'Instagram’s rate limit is reached',
    retryAfterSeconds: 3600,
    description: 'This site has sent Instagram too many requests in the last hour.',
    advice: 'Your account is fine. Try again in an hour.',
    meaning: `A rate limit is used up: the app’s, which counts one hour, or an account’s (code ${CALL_LIMIT.code}), which counts the last ${CALL_LIMIT.hours} hours and allows ${CALL_LIMIT.callsPerImpression} calls for each impression of its content. This app pauses for as long as Instagram’s usage headers say, and for at least 15 minutes.`,
    steps: ['Wait. Check what else uses the same app ID.'],
    unconfirmed: 'No limit of the code exchange is documented for the current API.',
  }),
  action_blocked: instagramError('refused', GRAPH_STAGES, 503, 'instagram', {
    title: 'Instagram has blocked this action',
    description: 'Instagram has blocked this action for the account, and says that retrying won’t help.',
    advice: 'Open Instagram and read its message there. Wait a day before you try again.',
    meaning:
      'It resembles throttling (code 4), but is_transient is false, or the subcode is 2207051: Instagram considers the account’s activity spam. Retries prolong the block.',
    steps: [
      'Stop all automated activity of this account for a day or more.',
      'Ask the account’s owner to open the Instagram app.',
    ],
  }),
  account_blocked: instagramError('refused', GRAPH_STAGES, 503, 'instagram', {
    title: 'Instagram has blocked this account temporarily',
    description: 'Instagram has temporarily blocked the account because of its rules.',
    advice: 'Open Instagram and read its message there. Then try again.',
    meaning: 'Code 368: temporarily blocked because of Meta’s policies.',
    steps: ['Ask the account’s owner to open the Instagram app, and wait.'],
  }),

  // Outages, mostly temporary, and errors that match nothing.
  temporary_failure: instagramError('unavailable', [...CALL_STAGES, 'callback'], 502, 'instagram', {
    title: 'Instagram is having problems',
    description: 'Instagram reports a problem on its side.',
    advice: LATER,
    meaning:
      'Code 1 or 2, a status of 500 or more, or an RFC 6749 error with the same meaning. The problem is temporary.',
    steps: [WAIT],
    unconfirmed: 'It is not recorded whether Instagram ever sends the RFC 6749 errors in a redirect.',
  }),
  unreachable: instagramError('unreachable', CALL_STAGES, 502, 'instagram', {
    title: 'Instagram cannot be reached',
    description: 'This site couldn’t connect to Instagram, or the connection was lost.',
    advice: LATER,
    meaning: 'DNS, the connection or TLS failed, or the connection was lost before a response. The log has the cause.',
    steps: NOT_US,
  }),
  proxy_failed: instagramError('unreachable', CALL_STAGES, 502, 'operator', {
    title: 'A proxy blocks the connection to Instagram',
    description: 'This site connects to Instagram through a proxy, and the proxy failed.',
    advice: LATER,
    meaning:
      'The proxy of {httpsProxy} or {httpProxy} cannot be reached, or refuses the connection. Status 407 (some proxies: 401) means a wrong username or password; 403 means that Instagram’s hosts are not allowed. The log has its response.',
    steps: [
      'Correct {httpsProxy} or {httpProxy}. Format: http://user:password@proxy.example:3128.',
      'Allow connections to api.instagram.com, graph.instagram.com, *.cdninstagram.com and *.fbcdn.net on port 443 in the proxy, or list the hosts in {noProxy}.',
      RESTART,
    ],
  }),
  timed_out: instagramError('timed_out', CALL_STAGES, 504, 'instagram', {
    title: 'Instagram is too slow',
    description: 'Instagram didn’t respond within ten seconds.',
    advice: LATER,
    meaning: 'Connecting and responding took longer than ten seconds.',
    steps: NOT_US,
  }),
  too_large: instagramError('too_large', CALL_STAGES, 502, 'instagram', {
    title: 'Instagram’s response is too large',
    description: 'Instagram sent a response far larger than expected.',
    advice: LATER,
    meaning: 'The app stops reading at 1 MB. The response probably does not come from Instagram.',
    steps: NOT_US,
  }),
  unreadable: instagramError('unreadable', CALL_STAGES, 502, 'instagram', {
    title: 'Instagram’s response can’t be read',
    description: 'Instagram sent an unexpected response.',
    advice: LATER,
    meaning: 'HTML, an empty or incomplete response, a redirect, JSON of an unknown form, or invalid HTTP.',
    steps: ['The log has the status and the content type. The response may come from a proxy.', ...NOT_US],
  }),
  unknown: instagramError('refused', ['page', 'callback', ...CALL_STAGES], 502, 'operator', {
    title: 'Instagram refused for an unknown reason',
    description: 'Instagram refused the request, and its reason isn’t known.',
    advice: `${AGAIN} If it happens again, contact the site owner.`,
    meaning: 'This message of Instagram’s is not in the catalogue.',
    steps: [
      'Read Instagram’s response. For an error page, it is in the log under the reference on the page.',
      'Search for the message and the code; give Meta’s support the fbtrace_id.',
    ],
  }),
}

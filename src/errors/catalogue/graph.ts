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

const NOT_US = [
  `See whether this machine reaches Instagram: curl -I ${GRAPH_URL}`,
  'Otherwise wait: what was connected stays so, and refreshing is tried again by itself.',
]

/** Errors of calls with a token, limits, and outages. */
export const graphErrors = {
  // The end of a token’s life.
  token_expired: instagramError('token_invalid', GRAPH_STAGES, 422, 'person', {
    title: 'The token has expired',
    description: 'The token has expired: Instagram’s tokens last for 60 days, or for an hour.',
    advice: NEW_TOKEN,
    meaning:
      'Nobody refreshed it in time, or a token of one hour was kept. A token that has lapsed can never be revived.',
    steps: [CONNECT_AGAIN, 'Keep this app running: it refreshes every token that it holds in time.'],
  }),
  session_invalidated: instagramError('token_invalid', GRAPH_STAGES, 422, 'person', {
    title: 'Instagram ended the token',
    description: 'Instagram ended the token: the password was changed, or Instagram did it for safety.',
    advice: NEW_TOKEN,
    meaning: 'A changed password, a security reset or removed access ends all tokens of an account.',
    steps: [CONNECT_AGAIN],
  }),
  app_removed: instagramError('token_invalid', GRAPH_STAGES, 422, 'person', {
    title: 'This site was removed on Instagram',
    description: 'The app was removed on Instagram, under Settings → Apps and websites, and its token is dead.',
    advice: 'If that was a slip, go back and choose Get Started to allow it again.',
    meaning: 'The person removed the app, or never installed it. The token is dead from that moment on.',
    steps: [CONNECT_AGAIN],
  }),
  checkpoint: instagramError('token_invalid', CALL_STAGES, 422, 'person', {
    title: 'Instagram wants to see you first',
    description: 'Instagram has stopped the account until its owner logs in there and answers a question.',
    advice: 'Log in on instagram.com or in the app and do what it asks. Then come back and choose Get Started.',
    meaning: 'A checkpoint: Instagram waits for the owner to confirm something.',
    steps: ['The person logs in at instagram.com, does what is asked, and connects the account again.'],
    unconfirmed: 'Documented for the Graph API; not recorded on Instagram’s own host.',
  }),
  user_unconfirmed: instagramError('token_invalid', GRAPH_STAGES, 422, 'person', {
    title: 'This account is not confirmed',
    description: 'Instagram says that the account has not been confirmed yet.',
    advice:
      'Log in on instagram.com or in the app and confirm the mail address or telephone number. Then come back and choose Get Started.',
    meaning: 'The owner has not confirmed the account to Instagram.',
    steps: ['The person confirms the account at instagram.com, and connects it again.'],
    unconfirmed: 'Documented for the Graph API; not recorded on Instagram’s own host.',
  }),
  token_revoked: instagramError('token_invalid', GRAPH_STAGES, 422, 'person', {
    title: 'The token was withdrawn',
    description: 'Instagram says that the token was withdrawn, or that its owner logged out.',
    advice: NEW_TOKEN,
    meaning: 'Subcode 467: expired, revoked, or otherwise invalid.',
    steps: [CONNECT_AGAIN],
    unconfirmed: 'Documented for the Graph API; not recorded on Instagram’s own host.',
  }),
  session_role: instagramError('token_invalid', GRAPH_STAGES, 422, 'operator', {
    title: 'The account’s role was taken away',
    description: 'Instagram says that whoever allowed this site no longer has the role for it.',
    advice: 'Ask whoever runs this site to give your account its role back. Then choose Get Started again.',
    meaning: 'Subcode 492: the session’s user has no fitting role any more.',
    steps: [
      'In Meta’s dashboard see under App roles → Roles → Instagram Testers that the account is still there.',
      CONNECT_AGAIN,
    ],
    unconfirmed: 'Documented for Facebook Pages; what it means with Instagram login is not recorded.',
  }),
  token_invalid: instagramError('token_invalid', GRAPH_STAGES, 422, 'person', {
    title: 'Instagram does not accept the token',
    description:
      'Instagram no longer accepts the token. It has expired, or was withdrawn: a changed password or a removed permission does that.',
    advice: NEW_TOKEN,
    meaning: 'Code 190 or 102 without a subcode or words that tell more: expired, revoked, or never valid.',
    steps: [CONNECT_AGAIN],
  }),

  // A token, or an id, that is used wrongly.
  token_unparseable: instagramError('token_invalid', GRAPH_STAGES, 422, 'person', {
    title: 'Instagram cannot read this token',
    description: 'It is not a token of Instagram’s, or not the whole of it, or something was copied along.',
    advice: 'Copy the token again, without quotes or blanks, or go back and choose Get Started to get a new one.',
    meaning:
      'A token of one product was shown to the other: IGAA… goes to graph.instagram.com, EAA… to graph.facebook.com. Or quotes and blanks from a settings file came along.',
    steps: [`Take a token of ${LOGIN_SETUP} → Generate access tokens, or let the person choose Get Started.`],
  }),
  already_long_lived: instagramError('already_long_lived', ['long_lived'], 502, 'operator', {
    title: 'This token is long-lived already',
    description: 'When it was to be exchanged, Instagram answered as if this token lasted for 60 days already.',
    advice: 'Go back and paste it under “I have a token already”: it is kept alive there.',
    meaning:
      'Tokens of Generate access tokens in Meta’s dashboard are long-lived from the start: refresh them, do not exchange them. What is pasted under “I have a token already” is treated so by itself.',
    steps: ['Nothing here. In another program: refresh it (ig_refresh_token), do not exchange it.'],
  }),
  permission_missing: instagramError('not_permitted', GRAPH_STAGES, 403, 'person', {
    title: 'A permission is missing',
    description:
      'Instagram says that the permission is gone: it was not given, was taken back, or is asked for only since then.',
    advice: 'Go back, choose Get Started, and leave the boxes ticked on Instagram’s page.',
    meaning: 'A scope was not granted, or was added to {scopes} after the token was made: an old token gains none.',
    steps: [
      'See that {scopes} asks for what the call needs; instagram_business_basic is always needed.',
      CONNECT_AGAIN,
      'For people who are no testers the permission needs App Review (Advanced access).',
    ],
  }),
  refresh_too_young: instagramError('not_permitted', ['refresh'], 409, 'nobody', {
    title: 'It is too early to refresh',
    description: 'Instagram refreshes no token that is younger than a day, and only those that are alive.',
    advice: 'Your account page says when it is possible.',
    meaning:
      'A token can be refreshed from its second day on, and this app waits for that. Where Instagram says “no permission” to one of less than two days, its age may be the reason: it is tried again.',
    unconfirmed: 'How Instagram words this refusal is not known: this app does not ask that early.',
  }),
  ids_rounded: instagramError('refused', GRAPH_STAGES, 502, 'operator', {
    title: 'An id seems to have been rounded',
    description: 'This site asked Instagram for an id that does not exist, and may be off by a few.',
    advice: TELL_OPERATOR,
    meaning:
      'Instagram’s ids have 17 digits and come as bare numbers, which JSON.parse of JavaScript changes. The id in the message is one that a rounded id could be; about every third id looks so by chance. This app keeps ids as text.',
    steps: [
      'Compare the id with user_id on this app’s account page, digit by digit.',
      'In your own program keep ids as text, and take them from /me, quoted, or from this app’s API.',
    ],
  }),
  path_unknown: instagramError('app_misconfigured', GRAPH_STAGES, 502, 'operator', {
    title: 'Instagram does not know this address',
    description: 'This site called Instagram at an address that does not exist. This is a mistake in its settings.',
    advice: TELL_OPERATOR,
    meaning:
      'Code 2500: {graphVersion} has ended or never existed, or {graphUrl} has a path that Instagram does not know.',
    steps: [
      'Leave {graphVersion} out, or set it to a version that Meta’s changelog lists.',
      `Set {graphUrl} to ${GRAPH_URL}, or leave it out.`,
      RESTART,
    ],
  }),
  object_missing: instagramError('refused', GRAPH_STAGES, 502, 'operator', {
    title: 'Instagram does not know this id',
    description: 'This site asked Instagram for something that does not exist, or that it may not see.',
    advice: TELL_OPERATOR,
    meaning:
      'An id belongs to somebody else or to another kind of thing: the app-scoped id was used for the professional account’s, or the app ID for a user’s. Or the token may not see it.',
    steps: [
      'Use the user_id of this app’s account page or API (it begins with 1784…) in addresses, never id.',
      'Use it with the token of the same account.',
    ],
  }),

  // Rate limits and blocks.
  throttled: instagramError('throttled', CALL_STAGES, 503, 'nobody', {
    title: 'Instagram is asking us to slow down',
    retryAfterSeconds: 3600,
    description: 'This site has asked Instagram too often in the last hour.',
    advice: 'Your account is fine. Try again in an hour.',
    meaning: `A limit is used up: the app’s, which counts an hour, or an account’s (code ${CALL_LIMIT.code}), which counts the last ${CALL_LIMIT.hours} hours and allows ${CALL_LIMIT.callsPerImpression} calls for each time that its content was shown. This app pauses for as long as Instagram’s usage headers say, and a quarter of an hour at least.`,
    steps: ['Wait. See what else uses the same app ID.'],
    unconfirmed: 'No limit of the code exchange is recorded for today’s API.',
  }),
  action_blocked: instagramError('refused', GRAPH_STAGES, 503, 'instagram', {
    title: 'Instagram has blocked this action',
    description: 'Instagram has stopped this for the account, and says that trying again will not help.',
    advice: 'Open Instagram and see what it says there. Wait a day before you try again.',
    meaning:
      'It looks like throttling (code 4), but is_transient is false, or the subcode is 2207051: Instagram takes the account’s doings for spam. Trying again makes it longer.',
    steps: ['Stop what is done in this account’s name for a day or more.', 'Let its owner look in the app.'],
  }),
  account_blocked: instagramError('refused', GRAPH_STAGES, 503, 'instagram', {
    title: 'Instagram has blocked this account for a while',
    description: 'Instagram has blocked the account for something that is against its rules.',
    advice: 'Open Instagram and see what it says there. Then try again.',
    meaning: 'Code 368: blocked for a while because of Meta’s policies.',
    steps: ['Let the owner look in the Instagram app, and wait.'],
  }),

  // Outages, which mostly pass, and errors that match nothing.
  temporary_failure: instagramError('unavailable', [...CALL_STAGES, 'callback'], 502, 'instagram', {
    title: 'Instagram is out of order',
    description: 'Instagram says that something is broken on its side.',
    advice: LATER,
    meaning: 'Code 1 or 2, a status of 500 or more, or one of the errors of RFC 6749 that mean the same. It passes.',
    steps: ['Wait: what was connected stays so, and refreshing is tried again by itself.'],
    unconfirmed: 'That Instagram ever sends the errors of RFC 6749 on the way back is not recorded.',
  }),
  unreachable: instagramError('unreachable', CALL_STAGES, 502, 'instagram', {
    title: 'Instagram cannot be reached',
    description: 'We could not connect to Instagram, or the connection broke off before it answered.',
    advice: LATER,
    meaning: 'No name, no connection, no TLS, or a connection that ended before an answer. The log has the cause.',
    steps: NOT_US,
  }),
  proxy_failed: instagramError('unreachable', CALL_STAGES, 502, 'operator', {
    title: 'The way to Instagram is blocked',
    description: 'This site reaches Instagram through a proxy, and the proxy did not connect it.',
    advice: LATER,
    meaning:
      'The proxy of {httpsProxy} or {httpProxy} cannot be reached, or refuses. It answers 407 (some proxies 401) when it wants another user name and password, and 403 when it does not allow Instagram’s hosts. The log has its answer.',
    steps: [
      'Correct {httpsProxy} or {httpProxy}, which is written http://user:password@proxy.example:3128.',
      'Let the proxy connect to api.instagram.com, graph.instagram.com and *.cdninstagram.com on port 443; or name them in {noProxy}.',
      RESTART,
    ],
  }),
  timed_out: instagramError('timed_out', CALL_STAGES, 504, 'instagram', {
    title: 'Instagram is too slow',
    description: 'Instagram did not answer within ten seconds.',
    advice: LATER,
    meaning: 'Connecting and answering together took longer than ten seconds.',
    steps: NOT_US,
  }),
  too_large: instagramError('too_large', CALL_STAGES, 502, 'instagram', {
    title: 'Instagram’s answer is far too long',
    description: 'Instagram’s answer makes no sense: it is far longer than an answer can be.',
    advice: LATER,
    meaning: 'We stopped reading at 1 MB. It is probably not Instagram that answers.',
    steps: NOT_US,
  }),
  unreadable: instagramError('unreadable', CALL_STAGES, 502, 'instagram', {
    title: 'Instagram’s answer makes no sense',
    description: 'Instagram sent something that is not an answer we can read.',
    advice: LATER,
    meaning:
      'HTML, nothing, a redirect, half an answer, JSON of a shape that nobody has recorded, or a response that breaks the rules of HTTP.',
    steps: ['The log has the status and the type of what came: it may be a proxy that answers.', ...NOT_US],
  }),
  unknown: instagramError('refused', ['page', 'callback', ...CALL_STAGES], 502, 'operator', {
    title: 'Instagram refused, and we do not know why',
    description: 'Instagram said no for a reason that we do not know yet.',
    advice: `${AGAIN} If it ends here again, tell whoever runs this site.`,
    meaning: 'These words of Instagram’s are in no list that we have.',
    steps: [
      'What Instagram answered this site is in the log, under the reference that the page shows. What somebody pasted is kept nowhere: ask for the words.',
      'Look the words up, with the code, and fbtrace_id for Meta’s support.',
    ],
  }),
}

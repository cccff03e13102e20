import type { Failure } from './failures.ts'

/** What a failure means for the person in front of it. */
export interface Explanation {
  /** HTTP status of the page. */
  status: number
  title: string
  /** What happened. */
  text: string
  /** What to do now. */
  advice: string
  /** Whether the person can do nothing and needs the number by which the operator finds this in the log. */
  forOperator?: true
}

const AGAIN = 'Nothing was kept. Go back and choose Get Started to try again.'
const LATER = 'Your account is fine. Try again in a few minutes.'
const OPERATOR =
  'You did nothing wrong, and trying again will not help. Tell whoever runs this site, with the reference below.'

/** One explanation for each failure. */
export const explanations = {
  declined: {
    status: 403,
    title: 'You said no',
    text: 'You chose not to authorize on Instagram, so we have no access to your account.',
    advice: 'If that was a slip, go back and choose Get Started again.',
  },
  cookie_missing: {
    status: 400,
    title: 'Your browser brought no cookie back',
    text: 'We set a cookie when you chose Get Started, to be sure that it is you who comes back. It did not come back, or we no longer know it: cookies are blocked for this site, you started under another address of it, or it was too long ago.',
    advice: 'Allow cookies for this site, then go back and choose Get Started, staying in this browser.',
  },
  state_missing: {
    status: 400,
    title: 'This is not a whole answer from Instagram',
    text: 'The address lacks the “state” that we gave Instagram, so we cannot tell whose login this is.',
    advice: AGAIN,
  },
  state_expired: {
    status: 400,
    title: 'That took more than ten minutes',
    text: 'The link to Instagram was older than ten minutes when you came back. For your safety it works no longer than that.',
    advice: AGAIN,
  },
  state_foreign: {
    status: 403,
    title: 'This login was started elsewhere',
    text: 'It was begun in another browser or a private window, under another address of this site, or before its cookie was deleted. We finish a login only where it was begun.',
    advice: 'Go back and choose Get Started in this browser.',
  },
  state_used: {
    status: 400,
    title: 'This login is over already',
    text: 'The link to Instagram was used before, and works once. This second answer was not taken.',
    advice: 'Go back: you see your account there if the first one worked, and Get Started if not.',
  },
  no_answer: {
    status: 400,
    title: 'Nothing came back from Instagram',
    text: 'This page is where Instagram sends you after you authorize. It was opened without an answer from Instagram.',
    advice: 'Go back and choose Get Started.',
  },
  interrupted: {
    status: 503,
    title: 'We were interrupted',
    text: 'This site stopped in the middle of your login and cannot tell how it ended.',
    advice: 'Go back: you see your account there if it ended well, and Get Started if not.',
    forOperator: true,
  },
  account_gone: {
    status: 410,
    title: 'This account was disconnected',
    text: 'The login worked, but the account has been disconnected since, and its token forgotten.',
    advice: 'To connect it again, go back and choose Get Started.',
  },
  no_such_deletion: {
    status: 404,
    title: 'We know no deletion with this code',
    text: 'Every request for deletion gets a code and an address of its own. The one that you opened is not among them: it may have been cut short or mistyped.',
    advice: 'Open the address exactly as Instagram gave it to you, or ask for deletion once more.',
  },
  code_used: {
    status: 400,
    title: 'Instagram’s code was used already',
    text: 'Instagram gives a code that works once. It says that this one was used before, or that it does not know it.',
    advice: AGAIN,
  },
  code_expired: {
    status: 400,
    title: 'Instagram’s code is too old',
    text: 'Instagram gives a code that works for an hour, and says that this one is older.',
    advice: AGAIN,
  },
  code_invalid: {
    status: 400,
    title: 'Instagram does not know this code',
    text: 'The code in the address is not one that Instagram gave. It may have been cut off on the way.',
    advice: AGAIN,
  },
  not_permitted: {
    status: 403,
    title: 'Instagram does not allow this account',
    text: 'Only professional accounts (business or creator) can be connected and, until Meta has reviewed this site’s app, only those invited as Instagram testers who accepted.',
    advice:
      'Check in the Instagram app that the account is professional, and ask whoever runs this site for an invitation. Give them the reference below.',
    forOperator: true,
  },
  verification_failed: {
    status: 502,
    title: 'Instagram refused this site',
    text: 'Instagram did not accept this site’s secret or redirect address. This is a mistake in the site’s settings.',
    advice: OPERATOR,
    forOperator: true,
  },
  app_misconfigured: {
    status: 502,
    title: 'Instagram refused this site',
    text: 'Instagram does not accept how this site introduces itself. This is a mistake in the site’s settings.',
    advice: OPERATOR,
    forOperator: true,
  },
  authorize_refused: {
    status: 502,
    title: 'Instagram refused this site',
    text: 'Instagram did not let you authorize and sent you back with an error. It is not something that you did.',
    advice: OPERATOR,
    forOperator: true,
  },
  token_invalid: {
    status: 422,
    title: 'Instagram does not accept the token',
    text: 'It has expired, or was withdrawn: a changed password or a removed permission does that.',
    advice: 'Go back and choose Get Started to get a new one.',
  },
  already_long_lived: {
    status: 502,
    title: 'Instagram refused',
    text: 'Instagram says that this token is a long-lived one already, and cannot be exchanged.',
    advice: OPERATOR,
    forOperator: true,
  },
  refused: {
    status: 502,
    title: 'Instagram refused',
    text: 'Instagram said no for a reason that we do not know yet. What it said is in the log.',
    advice: OPERATOR,
    forOperator: true,
  },
  throttled: {
    status: 503,
    title: 'Instagram is asking us to slow down',
    text: 'This site has asked Instagram too often in the last hour.',
    advice: 'Your account is fine. Try again in an hour.',
    forOperator: true,
  },
  unavailable: {
    status: 502,
    title: 'Instagram is out of order',
    text: 'Instagram says that something is broken on its side.',
    advice: LATER,
    forOperator: true,
  },
  unreachable: {
    status: 502,
    title: 'Instagram cannot be reached',
    text: 'We could not connect to Instagram, or the connection broke off before it answered.',
    advice: LATER,
    forOperator: true,
  },
  timed_out: {
    status: 504,
    title: 'Instagram is too slow',
    text: 'Instagram did not answer within ten seconds.',
    advice: LATER,
    forOperator: true,
  },
  too_large: {
    status: 502,
    title: 'Instagram’s answer makes no sense',
    text: 'Instagram sent far more than an answer can be, and we stopped reading.',
    advice: LATER,
    forOperator: true,
  },
  unreadable: {
    status: 502,
    title: 'Instagram’s answer makes no sense',
    text: 'Instagram sent something that is not an answer we can read.',
    advice: LATER,
    forOperator: true,
  },
  facebook_token: {
    status: 422,
    title: 'That is a Facebook token',
    text: 'Tokens that begin with EAA come from Facebook Login and work with graph.facebook.com only.',
    advice:
      'Go back and choose Get Started, or take the token from Instagram → API setup with Instagram login → Generate access tokens in Meta’s dashboard.',
  },
  basic_display_token: {
    status: 422,
    title: 'That token’s API has ended',
    text: 'Tokens that begin with IGQV belong to the Basic Display API, which Meta switched off on 4 December 2024.',
    advice:
      'Go back and choose Get Started, or take a new token from Instagram → API setup with Instagram login → Generate access tokens in Meta’s dashboard.',
  },
  no_token: {
    status: 422,
    title: 'That is no token',
    text: 'Instagram’s tokens begin with IGAA and are one long word of letters and digits.',
    advice: 'Go back and paste the whole token, and nothing else.',
  },
  too_young: {
    status: 409,
    title: 'It is too early to refresh',
    text: 'Instagram refreshes no token that is younger than a day, and this app only those that are alive.',
    advice: 'Your account page says when it is possible.',
  },
  cross_site: {
    status: 403,
    title: 'This did not come from our own page',
    text: 'The request was sent by another site, or your browser does not say where it comes from. We act on our own buttons only.',
    advice: 'Go back and use the button on the page itself.',
  },
  too_many_requests: {
    status: 429,
    title: 'That was too much at once',
    text: 'Too many requests came from your address, or from all who share it with you.',
    advice: 'Wait a minute, then try again.',
  },
  database_unavailable: {
    status: 503,
    title: 'Our database is away',
    text: 'This site cannot reach its database for the moment. That passes by itself; it is nothing that you did.',
    advice: 'Wait a moment, then reload this page.',
    forOperator: true,
  },
  token_not_kept: {
    status: 503,
    title: 'We could not keep your token',
    text: 'Instagram gave us a token for your account, but our database was away and we could not store it. Nothing was kept.',
    advice: 'Wait a minute, then go back and choose Get Started to try again.',
    forOperator: true,
  },
  bad_request: {
    status: 400,
    title: 'We do not understand this request',
    text: 'Something in the address or the request is malformed.',
    advice: 'Go back to the start.',
  },
  not_found: {
    status: 404,
    title: 'There is nothing here',
    text: 'The address is mistyped, or the page has gone.',
    advice: 'Go back to the start.',
  },
  internal: {
    status: 500,
    title: 'Something broke on our side',
    text: 'This is our mistake, not yours and not Instagram’s.',
    advice:
      'Try again in a few minutes. If it happens again, tell whoever runs this site, with the reference below.',
    forOperator: true,
  },
} satisfies Record<Failure, Explanation> as Record<Failure, Explanation>

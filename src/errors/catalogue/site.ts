import { dayInWords, PRODUCTS } from '../../facts.ts'
import { AGAIN, type Explanation, LATER, LOGIN_SETUP, type Problem, siteError } from './entry.ts'
import { graphErrors } from './graph.ts'

const START = 'Go back and choose Get Started.'

const ONE_ADDRESS =
  'See that people open this site under the host of {redirectUri}, and under no other: a cookie of localhost is not sent to a tunnel’s address.'

const GET_TOKEN = `Go back and choose Get Started, or take a token of ${LOGIN_SETUP} → Generate access tokens in Meta’s dashboard.`

/** Errors that Instagram did not cause. */
export const siteErrors = {
  // Of the callback.
  cookie_missing: siteError(400, 'person', {
    title: 'Your browser brought no cookie back',
    description:
      'We set a cookie when you chose Get Started, to be sure that it is you who comes back. It did not come back, or we no longer know it: cookies are blocked for this site, you started under another address of it, or it was too long ago.',
    advice: 'Allow cookies for this site, then go back and choose Get Started, staying in this browser.',
    meaning: 'The callback came without the session’s cookie.',
    steps: [ONE_ADDRESS, 'On https see that the proxy hands Set-Cookie on unchanged.'],
  }),
  state_missing: siteError(400, 'person', {
    title: 'This is not a whole answer from Instagram',
    description: 'The address lacks the “state” that we gave Instagram, so we cannot tell whose login this is.',
    advice: AGAIN,
    meaning: 'The callback has no state: it was opened by hand, or cut on the way.',
    steps: ['If it happens at every login, look for a proxy that takes parameters out of addresses.'],
  }),
  state_expired: siteError(400, 'person', {
    title: 'That took more than ten minutes',
    description:
      'The link to Instagram was older than ten minutes when you came back. For your safety it works no longer than that.',
    advice: AGAIN,
    meaning: 'The state was made more than ten minutes ago.',
    steps: ['If it happens at every login, set the clocks of all machines that run this app right.'],
  }),
  state_foreign: siteError(403, 'person', {
    title: 'This login was started elsewhere',
    description:
      'It was begun in another browser or a private window, under another address of this site, or before its cookie was deleted. We finish a login only where it was begun.',
    advice: 'Go back and choose Get Started in this browser.',
    meaning: 'The state was not made for the browser that brought it (in other programs: “state mismatch”).',
    steps: [ONE_ADDRESS, 'Otherwise nothing: this is how a login that somebody else began is kept out.'],
  }),
  other_browser: siteError(403, 'person', {
    title: 'We do not recognise this browser',
    description:
      'We finish a login only in the browser where it began, and recognise that browser by a cookie. Either Instagram’s app or another browser opened this page, or this browser blocks our cookie.',
    advice:
      'Go back to the browser where you began, or open this page there. Or allow cookies for this site, choose Get Started here, and stay in this browser.',
    meaning: 'The state is ours and fresh. The browser that brought it has another cookie, or none.',
    steps: [
      'If it happens now and then, nothing: on a phone, Instagram’s app may open another browser than the one where the login began.',
      `If it happens at every login, two things can be wrong. ${ONE_ADDRESS}`,
      'On https see that the proxy hands Set-Cookie on unchanged.',
    ],
  }),
  user_changed: siteError(403, 'person', {
    title: 'You signed in as somebody else',
    description:
      'You are not signed in at this site as the user who began this login, or not at all. We finish a login only for the user who began it.',
    advice: 'Sign in at this site as the right user, then connect Instagram again.',
    meaning: 'The option bindTo names another user than it did when the login began.',
    steps: ['If it happens at every login, see that bindTo returns the same text for a user at every request.'],
  }),
  state_used: siteError(400, 'person', {
    title: 'This login is over already',
    description: 'The link to Instagram was used before, and works once. This second answer was not taken.',
    advice: 'Go back: you see your account there if the first one worked, and Get Started if not.',
    meaning:
      'A second code came for one state: Allow was pressed again after going back. Or the same callback came again after a sign-out, or later than two minutes.',
  }),
  no_answer: siteError(400, 'person', {
    title: 'Nothing came back from Instagram',
    description:
      'This page is where Instagram sends you after you authorize. It was opened without an answer from Instagram.',
    advice: START,
    meaning: 'The callback has neither code nor error: the address was opened by hand.',
    steps: ['If it happens at every login, look for a proxy that drops what stands behind “?”.'],
  }),
  address_foreign: siteError(400, 'person', {
    title: 'That address belongs to another site',
    description:
      'You pasted an address with an answer from Instagram, but Instagram does not send people of this site there.',
    advice: `${START} When you come to a page that does not load, copy its whole address and paste it here.`,
    meaning: 'Host and path of the pasted address are not those of {redirectUri}.',
    steps: ['Compare the two, letter by letter, and start this app again after a change.'],
  }),
  interrupted: siteError(503, 'nobody', {
    title: 'We were interrupted',
    description: 'This site stopped in the middle of your login and cannot tell how it ended.',
    advice: 'Go back: you see your account there if it ended well, and Get Started if not.',
    meaning: 'The process that carried out this login ended, or could not write down how it went.',
    steps: ['Look in the log for why it ended.'],
  }),
  account_gone: siteError(410, 'person', {
    title: 'This account was disconnected',
    description: 'The account has been disconnected, and its token forgotten.',
    advice: 'To connect it again, go back and choose Get Started.',
    meaning: 'The account is no longer stored.',
  }),

  // Of other requests.
  host_failed: siteError(500, 'operator', {
    title: 'You are connected, but this site could not go on',
    description:
      'The login with Instagram ended well, and your account is connected. What this site does after that failed.',
    advice: 'Go back to where you came from. If something is missing there, tell whoever runs this site.',
    meaning: 'onConnected of the app around us threw, or rejected. The account is connected all the same.',
    steps: ['The log has the error, under the reference that the page shows, on the line “onConnected failed”.'],
  }),
  account_not_allowed: siteError(403, 'operator', {
    title: 'This account may not connect here',
    description: 'This site connects certain accounts only, and yours is not among them. Nothing of it was kept.',
    advice: 'Go back and choose another account. If yours should be among them, tell whoever runs this site.',
    meaning: '{allowedAccounts} names the accounts that may connect, and neither the user name nor an id of this one.',
    steps: ['Add its user name or one of its ids to {allowedAccounts}, then start this app again.'],
  }),
  no_such_deletion: siteError(404, 'person', {
    title: 'We know no deletion with this code',
    description:
      'Every request for deletion gets a code and an address of its own. The one that you opened is not among them: it may have been cut short or mistyped.',
    advice: 'Open the address exactly as Instagram gave it to you, or ask for deletion once more.',
    meaning: 'No deletion with this confirmation code is stored.',
  }),
  facebook_token: siteError(422, 'person', {
    title: 'That is a Facebook token',
    description: 'Tokens that begin with EAA come from Facebook Login and work with graph.facebook.com only.',
    advice: GET_TOKEN,
    meaning: 'A token of another product of Meta’s was pasted.',
  }),
  basic_display_token: siteError(422, 'person', {
    title: 'That token’s API has ended',
    description: `Tokens that begin with IGQV belong to ${PRODUCTS.basicDisplay.name}, which Meta switched off on ${dayInWords(PRODUCTS.basicDisplay.ended)}.`,
    advice: GET_TOKEN,
    meaning: 'A token of the Basic Display API was pasted. None of them works any more.',
  }),
  no_token: siteError(422, 'person', {
    title: 'That is no token',
    description: 'Instagram’s tokens begin with IGAA and are one long word of letters and digits.',
    advice: 'Go back and paste the whole token, and nothing else.',
    meaning: 'What was pasted has not the form of a token.',
  }),
  return_to_foreign: siteError(400, 'operator', {
    title: 'That link leads to another site',
    description:
      'The link that you followed would have sent you to an address that is not this site’s after the login. We begin no such login.',
    advice: 'Go back to the start and choose Get Started there.',
    meaning:
      'The address to return to after a login (return_to) is of another origin than {redirectUri} and those in {returnToOrigins}, has a user name or control characters in it, or is longer than 1,000 characters.',
    steps: [
      'If one of your own pages made the link, give it a path of this site, or add the origin to {returnToOrigins}.',
      'Otherwise nothing: this is how people are kept from being led away.',
    ],
  }),
  cross_site: siteError(403, 'person', {
    title: 'This did not come from our own page',
    description:
      'The request was sent by another site, or your browser does not say where it comes from. We act on our own buttons only.',
    advice: 'Go back and use the button on the page itself.',
    meaning: 'A POST without Sec-Fetch-Site: same-origin, and without our own Origin.',
    steps: [ONE_ADDRESS],
  }),
  wrong_host: siteError(421, 'operator', {
    title: 'This is not the address of this site',
    description: 'You opened this site under a name that is not its own. We show our pages under our own address only.',
    advice: 'Open this site under its own address.',
    meaning:
      'The header Host names neither the host of {redirectUri} nor this machine (localhost, 127.0.0.1, [::1]). Otherwise another site could point its name here and read these pages.',
    steps: [
      'Open the site under the host of {redirectUri}.',
      'If a proxy is in front of the app, have it pass Host on unchanged: “proxy_set_header Host $host” in nginx, “ProxyPreserveHost On” in Apache.',
    ],
  }),
  too_many_requests: siteError(429, 'nobody', {
    title: 'That was too much at once',
    description: 'Too many requests came from your address, or from all who share it with you.',
    advice: 'Wait a minute, then try again.',
    meaning:
      'A limit for each address was reached. Behind a proxy that {trustProxy} does not announce, all people share the proxy’s address.',
    steps: ['If a proxy is in front of the app, set {trustProxy} to how many there are.'],
  }),
  database_unavailable: siteError(503, 'operator', {
    title: 'Our database is away',
    description:
      'This site cannot reach its database for the moment. That mostly passes by itself; it is nothing that you did.',
    advice: 'Wait a moment, then reload this page.',
    retryAfterSeconds: 10,
    meaning: 'The database that {databaseUrl} names cannot be reached, is being restarted, is full or is locked.',
    steps: [
      'See whether the database runs, and what the log says under this reference. All heals by itself when it is back.',
    ],
  }),
  token_not_kept: siteError(503, 'operator', {
    title: 'We could not keep your token',
    description:
      'Instagram gave us a token for your account, but our database was away and we could not store it. Nothing was kept.',
    advice: 'Wait a minute, then go back and choose Get Started to try again.',
    retryAfterSeconds: 10,
    meaning: 'Instagram gave a token, and the database could not store it, though that was tried for some seconds.',
    steps: ['See whether the database runs. The person has to log in once more: a code works once.'],
  }),
  token_unreadable: siteError(503, 'operator', {
    title: 'We cannot open your token',
    description: 'We keep a token for your account, but this site lacks the key that opens it.',
    advice: 'Tell whoever runs this site; or go back and choose Get Started, which brings a new token.',
    meaning: 'The token was sealed with a key that {tokenKeys} does not hold now.',
    steps: [
      'Put the key that sealed the token back into {tokenKeys}, behind the newest.',
      'If it is lost, the person connects the account again.',
    ],
  }),
  bad_request: siteError(400, 'person', {
    title: 'We do not understand this request',
    description: 'Something in the address or the request is malformed.',
    advice: 'Go back to the start.',
    meaning: 'The request could not be read: malformed, or far too large.',
  }),
  not_found: siteError(404, 'person', {
    title: 'There is nothing here',
    description: 'The address is mistyped, or the page has gone.',
    advice: 'Go back to the start.',
    meaning: 'This app has no such page.',
  }),
  internal: siteError(500, 'operator', {
    title: 'Something broke on our side',
    description: 'This is our mistake, not yours and not Instagram’s.',
    advice: 'Try again in a few minutes. If it happens again, tell whoever runs this site.',
    meaning: 'An error that this app did not expect: a full disk, a lost database, or a defect.',
    steps: ['The log has the error, under the reference that the page shows.'],
  }),
}

/** Where to get a token that can be imported, in the words of the JSON API. */
export const RIGHT_TOKEN =
  'Get one by connecting the account on this site’s start page, or in Meta’s dashboard under Instagram → API setup with Instagram login → Generate access tokens.'

/** Errors that only the JSON API responds with. */
export const apiErrors = {
  unauthorized: apiError(
    401,
    'An API key is needed',
    'Send one of this site’s API keys in the header Authorization, as “Bearer <key>”.',
  ),
  unknown_account: apiError(404, 'No such account', 'No connected account has this id. It may have been disconnected.'),
  method_not_allowed: apiError(405, 'This cannot be done here', 'The header Allow names the methods of this address.'),
  not_acceptable: apiError(
    406,
    'No such form of the token',
    'The token comes as application/json or text/plain, and the header Accept allows neither.',
  ),
  no_valid_token: apiError(409, 'There is no valid token', 'The account must be connected again, at “reconnect_url”.'),
  body_too_large: apiError(
    413,
    'The body is too large',
    'The body may have 16 kB, which is far more than a token needs.',
  ),
  not_json: apiError(415, 'The body is not JSON', 'Send JSON in UTF-8, with Content-Type: application/json.'),
  token_refused: apiError(422, graphErrors.token_invalid.title, tokenProblem(graphErrors.token_invalid).detail),
  instagram_failed: siteError(502, 'instagram', {
    title: 'Instagram did not do its part',
    description: graphErrors.temporary_failure.description,
    advice: LATER,
    meaning: graphErrors.temporary_failure.description,
  }),
}

const apiProblems = Object.fromEntries(
  Object.entries(apiErrors).map(([code, error]) => [code, problem(error)]),
) as Record<keyof typeof apiErrors, Problem>

/** Every error that the JSON API responds with. */
export const problems = {
  ...apiProblems,
  bad_request: { status: 400, title: 'The request is malformed', detail: 'The address or the body cannot be read.' },
  not_found: problem(
    siteErrors.not_found,
    'The API has no such address. GET /api/openapi.json lists those that it has.',
  ),
  facebook_token: tokenProblem(siteErrors.facebook_token),
  basic_display_token: tokenProblem(siteErrors.basic_display_token),
  no_token: tokenProblem(siteErrors.no_token),
  account_not_allowed: problem(siteErrors.account_not_allowed),
  too_many_requests: problem(
    siteErrors.too_many_requests,
    'Too many imports or wrong keys came from your address. Try again after the seconds in Retry-After.',
  ),
  database_unavailable: problem(
    siteErrors.database_unavailable,
    'This site cannot reach its database for the moment. Try again after the seconds in Retry-After.',
  ),
  internal: problem(siteErrors.internal),
}

function apiError(status: number, title: string, description: string): Explanation {
  const advice = 'Correct the request of the program that sent it.'
  return siteError(status, 'operator', { title, description, advice, meaning: description })
}

function problem({ status, title, description }: Explanation, detail = description): Problem {
  return { status, title, detail }
}

function tokenProblem(error: Explanation): Problem {
  return problem(error, `${error.description} ${RIGHT_TOKEN}`)
}

/** Errors before there is a site: of its settings, and of a command. */
export const startErrors = {
  settings: siteError(500, 'operator', {
    title: 'The settings have mistakes',
    description: 'This site cannot start with its settings.',
    advice: 'Tell whoever runs this site.',
    meaning: 'A setting is missing, malformed, or contradicts another one. The message names each of them.',
    steps: ['Correct the settings that the message names, then start again.'],
  }),
  usage: siteError(400, 'operator', {
    title: 'The command has mistakes',
    description: 'The command, or one of its arguments, is unknown or malformed.',
    advice: 'See what --help says of the command.',
    meaning: 'The command line cannot be parsed.',
  }),
}
